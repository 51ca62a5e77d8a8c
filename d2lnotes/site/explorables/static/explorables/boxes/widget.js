// Boxes on a picture: how well two agree, which are suppressed, what each of them finds.
"use strict";

(() => {
  const { clamp, define, fill, shape, show } = window.d2lnotesExplorables;

  // -- Computations --------------------------------------------------------------

  // A box is [x1, y1, x2, y2], in pixels.
  const boxArea = ([x1, y1, x2, y2]) => Math.max(0, x2 - x1) * Math.max(0, y2 - y1);

  const boxIou = (a, b) => {
    const start = [0, 1].map((k) => Math.max(a[k], b[k]));
    const end = [2, 3].map((k) => Math.min(a[k], b[k]));
    const shared = boxArea([...start, ...end]);
    const union = boxArea(a) + boxArea(b) - shared;
    return union > 0 ? shared / union : 0;
  };

  // Which boxes are kept, best first, and for each box which one removed it, or -1.
  const suppressBoxes = (boxes, scores, threshold) => {
    // Sorting is stable: of equal scores, the earlier comes first.
    let waiting = boxes.map((_, i) => i).sort((i, j) => scores[j] - scores[i]);
    const removedBy = boxes.map(() => -1);
    const kept = [];
    while (waiting.length > 0) {
      const [best, ...others] = waiting;
      kept.push(best);
      waiting = others.filter((i) => boxIou(boxes[best], boxes[i]) <= threshold);
      for (const i of others) if (!waiting.includes(i)) removedBy[i] = best;
    }
    return { kept, removedBy };
  };

  // For each box, best first, the true box that it finds: of those that are free and share
  // at least half with it, the one it shares most with; -1 if there is none.
  const findTrueBoxes = (boxes, truth) => {
    const taken = new Set();
    return boxes.map((box) => {
      const overlaps = truth.map((one, k) => (taken.has(k) ? -1 : boxIou(box, one)));
      const most = Math.max(...overlaps);
      if (most < 0.5) return -1;
      const found = overlaps.indexOf(most);
      taken.add(found);
      return found;
    });
  };

  // -- Widget --------------------------------------------------------------------

  const [WIDTH, HEIGHT] = [210, 170];
  const TRUTH = [[15, 25, 115, 135], [80, 35, 180, 145]];
  const BOXES = [[17, 28, 121, 134], [6, 20, 108, 142], [84, 42, 188, 140], [92, 26, 178, 150]];
  const SCORES = [0.9, 0.7, 0.8, 0.6];
  const LETTERS = ["A", "B", "C", "D"];
  const ALONG = [0.2, 0.45, 0.6, 0.85]; // the top edge: where the letter of a box stands
  const LEAST_SIDE = 16; // so that a box can still be taken hold of
  const STEP = 2; // pixels for each arrow key

  const showBoxes = (kit) => {
    const { words } = kit;
    const threshold = kit.range("threshold", { min: 0, max: 1, step: 0.05, value: 0.5 });
    const scores = LETTERS.map((letter, i) =>
      kit.range(`score${letter}`, { min: 0, max: 1, step: 0.05, value: SCORES[i] })
    );
    let boxes = BOXES;
    kit.keep("places", {
      read: () => (boxes === BOXES ? "" : boxes.flat().join(" ")),
      write: (text) => {
        boxes = BOXES;
        const numbers = text.split(" ").map(Number);
        if (numbers.length !== 16 || !numbers.every(Number.isFinite)) return;
        BOXES.forEach((_, i) => setBox(i, numbers.slice(4 * i, 4 * i + 4)));
      },
    });
    kit.buttons();

    // A box of whole pixels inside the picture.
    const setBox = (i, [x1, y1, x2, y2]) => {
      const [width, height] = [
        clamp(Math.round(x2 - x1), LEAST_SIDE, WIDTH),
        clamp(Math.round(y2 - y1), LEAST_SIDE, HEIGHT),
      ];
      const left = clamp(Math.round(x1), 0, WIDTH - width);
      const top = clamp(Math.round(y1), 0, HEIGHT - height);
      const box = [left, top, left + width, top + height];
      boxes = boxes.map((old, j) => (j === i ? box : old));
    };
    const moveTo = (i, [x, y]) => {
      const [x1, y1, x2, y2] = boxes[i];
      const left = x - ALONG[i] * (x2 - x1);
      setBox(i, [left, y, left + x2 - x1, y + y2 - y1]);
    };
    const stretchTo = (i, [x, y]) => {
      const [x1, y1] = boxes[i];
      setBox(i, [x1, y1, Math.min(x, WIDTH), Math.min(y, HEIGHT)]);
    };

    // The picture in the middle of the panel, as large as fits.
    const panel = kit.panel("picture");
    let [scale, left, top] = [1, 0, 0];
    const fit = () => {
      panel.clear();
      scale = Math.min((panel.width - 4) / WIDTH, (panel.height - 4) / HEIGHT);
      left = (panel.width - scale * WIDTH) / 2;
      top = (panel.height - scale * HEIGHT) / 2;
    };
    const toPixel = ([x, y]) => [left + scale * x, top + scale * y];
    const toUnits = ([x, y]) => [(x - left) / scale, (y - top) / scale];

    // First the letters of the four boxes, then their lower right corners.
    const hold = (i) => {
      const [x1, y1, x2, y2] = boxes[i % 4];
      return i < 4 ? [x1 + ALONG[i] * (x2 - x1), y1] : [x2, y2];
    };
    const bring = (i, place) => (i < 4 ? moveTo(i, place) : stretchTo(i - 4, place));
    kit.handles(panel, {
      kind: "point",
      count: () => 8,
      place: (i) => toPixel(hold(i)),
      label: (i) => fill(i < 4 ? words.move : words.resize, { letter: LETTERS[i % 4] }),
      text: (i) => `(${boxes[i % 4].join(", ")})`,
      value: (i) => ({ now: hold(i)[0], min: 0, max: WIDTH }),
      drag: (i, pixel) => bring(i, toUnits(pixel)),
      step: (i, right, up) => {
        const [x, y] = hold(i);
        bring(i, [x + STEP * right, y - STEP * up]);
      },
    });

    const rectangle = ([x1, y1, x2, y2], kind) => {
      const [x, y] = toPixel([x1, y1]);
      const size = { width: scale * (x2 - x1), height: scale * (y2 - y1) };
      panel.svg.append(shape("rect", { x, y, ...size, class: kind }));
    };
    // A head with two ears that fills its box.
    const drawThing = ([x1, y1, x2, y2], name) => {
      const at = (u, v) => toPixel([x1 + u * (x2 - x1), y1 + v * (y2 - y1)]);
      const outline = `M${at(0.06, 0)} L${at(0.32, 0.2)} Q${at(0.5, 0.14)} ${at(0.68, 0.2)}
        L${at(0.94, 0)} Q${at(1.05, 0.45)} ${at(0.92, 0.75)} Q${at(0.75, 1)} ${at(0.5, 1)}
        Q${at(0.25, 1)} ${at(0.08, 0.75)} Q${at(-0.05, 0.45)} ${at(0.06, 0)} Z`;
      panel.svg.append(shape("path", { d: outline, class: "thing" }));
      for (const u of [0.3, 0.7]) {
        const [cx, cy] = at(u, 0.42);
        panel.svg.append(shape("circle", { cx, cy, r: 4 * scale, class: "eye" }));
      }
      const [x, y] = at(0, 0);
      panel.svg.append(shape("text", { x: x + 4, y: y - 4 }, name));
    };
    const drawHolds = (i) => {
      const [[cx, cy], [x, y]] = [toPixel(hold(i)), toPixel(hold(i + 4))];
      const place = { x: cx, y: cy + 4, "text-anchor": "middle", class: "letter" };
      panel.svg.append(
        shape("rect", { x: x - 4, y: y - 4, width: 8, height: 8, class: "hold" }),
        shape("circle", { cx, cy, r: 9, class: "hold" }),
        shape("text", place, LETTERS[i])
      );
    };

    kit.draw = () => {
      const { kept, removedBy } = suppressBoxes(
        boxes, scores.map(({ value }) => value), threshold.value
      );
      const found = findTrueBoxes(kept.map((i) => boxes[i]), TRUTH);
      const objectOf = (i) => (kept.includes(i) ? found[kept.indexOf(i)] : -1);
      const kindOf = (i) =>
        removedBy[i] >= 0 ? "removed" : objectOf(i) >= 0 ? "right" : "extra";
      fit();
      rectangle([0, 0, WIDTH, HEIGHT], "frame");
      TRUTH.forEach((box, k) => drawThing(box, String(k + 1)));
      for (const box of TRUTH) rectangle(box, "truth");
      boxes.forEach((box, i) => rectangle(box, `box ${kindOf(i)}`));
      boxes.forEach((_, i) => drawHolds(i));
      const say = (i) => {
        const [other, object] = [removedBy[i], objectOf(i)];
        const most = Math.max(...TRUTH.map((box) => boxIou(boxes[i], box)));
        const overlap = other >= 0 ? boxIou(boxes[i], boxes[other])
          : object >= 0 ? boxIou(boxes[i], TRUTH[object])
          : most;
        return fill(words[kindOf(i)], {
          letter: LETTERS[i],
          other: LETTERS[other],
          object: object + 1,
          iou: show(overlap, 2),
        });
      };
      const right = found.filter((object) => object >= 0).length;
      kit.tell(
        ...boxes.map((_, i) => say(i)),
        fill(words.sum, { found: right, extra: kept.length - right })
      );
    };
  };

  define("boxes", showBoxes, { boxIou, findTrueBoxes, suppressBoxes });
})();
