// LeNet on a picture that the reader draws, with the weights that the build has trained.
"use strict";

(() => {
  const { brief, clamp, define, fill, make, shape } = window.d2lnotesExplorables;

  // -- Computations --------------------------------------------------------------

  const bytesOf = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

  // The layers as a run has kept them: integers, times a scale for each output.
  const readLayers = (layers) =>
    layers.map(({ shape: sizes, integers, scales, biases }) => {
      const whole = new Int8Array(bytesOf(integers).buffer);
      const each = whole.length / sizes[0]; // integers of one output
      const weights = Float64Array.from(whole, (w, i) => w * scales[Math.floor(i / each)]);
      return { sizes, weights, biases };
    });

  // Maps are { count, side, values }, the values map by map and row by row. Below, loops:
  // all this runs while a pen moves.
  const convolveMaps = (maps, { sizes, weights, biases }, padding) => {
    const [count, inputs, kernel] = sizes;
    const from = maps.side;
    const side = from + 2 * padding - kernel + 1;
    const values = new Float64Array(count * side * side);
    for (let o = 0; o < count; o += 1) {
      values.fill(biases[o], o * side * side, (o + 1) * side * side);
      for (let c = 0; c < inputs; c += 1) {
        for (let u = 0; u < kernel; u += 1) {
          for (let v = 0; v < kernel; v += 1) {
            const weight = weights[((o * inputs + c) * kernel + u) * kernel + v];
            for (let i = 0; i < side; i += 1) {
              const row = i + u - padding;
              if (row < 0 || row >= from) continue;
              const first = Math.max(0, padding - v);
              const last = Math.min(side, from + padding - v);
              for (let j = first; j < last; j += 1) {
                values[(o * side + i) * side + j] +=
                  weight * maps.values[(c * from + row) * from + j + v - padding];
              }
            }
          }
        }
      }
    }
    return { count, side, values };
  };

  const rectify = (maps) => ({ ...maps, values: maps.values.map((value) => Math.max(value, 0)) });

  const poolMaps = ({ count, side, values }) => {
    const half = side / 2;
    const place = (o, i, j) => (o * side + 2 * i) * side + 2 * j;
    const pooled = Float64Array.from({ length: count * half * half }, (_, k) => {
      const [o, i, j] = [Math.floor(k / half / half), Math.floor(k / half) % half, k % half];
      const corner = place(o, i, j);
      return Math.max(
        values[corner], values[corner + 1], values[corner + side], values[corner + side + 1]
      );
    });
    return { count, side: half, values: pooled };
  };

  const apply = (values, { sizes, weights, biases }) => {
    const [outputs, inputs] = sizes;
    return Float64Array.from({ length: outputs }, (_, o) => {
      let sum = biases[o];
      for (let i = 0; i < inputs; i += 1) sum += weights[o * inputs + i] * values[i];
      return sum;
    });
  };

  // All that LeNet makes of a picture of 28 × 28 numbers from 0 to 1.
  const runLeNet = (layers, pixels) => {
    const [conv1, conv2, ...dense] = layers;
    const first = rectify(convolveMaps({ count: 1, side: 28, values: pixels }, conv1, 2));
    const firstPooled = poolMaps(first);
    const second = rectify(convolveMaps(firstPooled, conv2, 0));
    const secondPooled = poolMaps(second);
    const wide = apply(secondPooled.values, dense[0]).map((value) => Math.max(value, 0));
    const narrow = apply(wide, dense[1]).map((value) => Math.max(value, 0));
    const logits = apply(narrow, dense[2]);
    return { first, firstPooled, second, secondPooled, wide, narrow, logits };
  };

  const shares = (logits) => {
    const largest = Math.max(...logits);
    const powers = Array.from(logits, (logit) => Math.exp(logit - largest));
    const sum = powers.reduce((a, b) => a + b, 0);
    return powers.map((power) => power / sum);
  };

  // The pixels that a number of a map depends on, along one axis: [first, how many].
  const FIELDS = { first: [1, 5], firstPooled: [2, 6], second: [2, 14], secondPooled: [4, 16] };
  const seenBy = (stage, index) => {
    const [stride, size] = FIELDS[stage];
    const start = Math.max(stride * index - 2, 0);
    return [start, Math.min(stride * index - 2 + size, 28) - start];
  };

  // How much ink a stroke between two places leaves in the middle of a pixel.
  const inkOfStroke = ([x, y], [a, b], [c, d], width) => {
    const [along, down] = [c - a, d - b];
    const length = along ** 2 + down ** 2;
    const part = length ? clamp(((x - a) * along + (y - b) * down) / length, 0, 1) : 0;
    const far = Math.hypot(x - a - part * along, y - b - part * down);
    return clamp(width / 2 + 0.5 - far, 0, 1);
  };

  // -- Widget --------------------------------------------------------------------

  const SIDE = 28;
  const LEVELS = 15; // of ink in a drawing, so that a link can hold it
  const STAGES = { whole: ["first", "second"], pooled: ["firstPooled", "secondPooled"] };
  const TITLES = ["firstTitle", "secondTitle"];
  const COLUMNS = { first: 6, firstPooled: 6, second: 8, secondPooled: 8 };

  const toText = (pixels) =>
    Array.from(pixels, (ink) => Math.round(ink * LEVELS).toString(16))
      .join("")
      .replace(/0{3,}/g, (zeros) => `z${zeros.length}z`);
  const fromText = (text) => {
    const digits = text.replace(/z(\d{1,3})z/g, (_, count) => "0".repeat(Number(count)));
    if (!/^[0-9a-f]{784}$/.test(digits)) return null;
    return Float64Array.from(digits, (digit) => parseInt(digit, 16) / LEVELS);
  };

  const showLeNet = (kit) => {
    const { words } = kit;
    const data = window.d2lnotesData.lenet;
    const layers = readLayers(data.layers);
    const bytes = bytesOf(data.pictures);
    const pictures = data.labels.map((_, n) =>
      Float64Array.from(bytes.subarray(n * SIDE ** 2, (n + 1) * SIDE ** 2), (byte) => byte / 255)
    );
    // The first of each class, then some that the network takes for another.
    const titles = data.labels.map((label, n) => {
      const name = data.names[label];
      return [String(n), n < data.names.length ? name : fill(words.mistaken, { name })];
    });
    const picture = kit.choice("picture", [...titles, ["own", words.own]]);
    const tool = kit.choice("tool", ["pen", "eraser"].map((name) => [name, words[name]]));
    const width = kit.range("width", { min: 1, max: 6, step: 0.5, value: 2 });
    const maps = kit.choice("maps", ["whole", "pooled"].map((name) => [name, words[name]]));

    let pixels = pictures[0];
    picture.addEventListener("input", () => {
      if (picture.value !== "own") pixels = pictures[Number(picture.value)];
    });
    kit.keep("drawing", {
      read: () => (picture.value === "own" ? toText(pixels) : ""),
      write: (text) => {
        if (picture.value === "own") pixels = fromText(text) ?? pixels;
      },
    });
    // From now on the picture is the reader's own.
    const drawOver = (change) => {
      picture.value = "own";
      pixels = pixels.map((ink, k) => Math.round(change(ink, k) * LEVELS) / LEVELS);
    };
    const stroke = (from, to) => {
      const erases = tool.value === "eraser";
      const reach = width.value + (erases ? 2 : 0); // so that faded edges go as well
      drawOver((ink, k) => {
        const middle = [(k % SIDE) + 0.5, Math.floor(k / SIDE) + 0.5];
        const more = inkOfStroke(middle, from, to, reach);
        return erases ? Math.min(ink, 1 - more) : Math.max(ink, more);
      });
    };
    kit.buttons({
      clear: () => {
        drawOver(() => 0);
        kit.update();
      },
    });

    // The number of a map that the frame lies on.
    let unit = { row: 0, map: 3, i: 14, j: 7 };
    const stage = () => STAGES[maps.value][unit.row];
    kit.keep("unit", {
      read: () => [unit.row, unit.map, unit.i, unit.j].join(" "),
      write: (text) => {
        const [row, map, i, j] = text.split(" ").map((number) => Math.round(Number(number)) || 0);
        unit = { row: clamp(row, 0, 1), map, i, j };
      },
    });
    const stayInside = ({ count, side }) => {
      const [i, j] = [unit.i, unit.j].map((index) => clamp(index, 0, side - 1));
      unit = { ...unit, map: clamp(unit.map, 0, count - 1), i, j };
    };

    // -- The paper, and the bars beside it

    const paper = kit.panel("paper");
    let sheet = { left: 4, top: 6, size: 1 };
    let pen = { x: SIDE / 2 + 0.5, y: SIDE / 2 + 0.5, shown: false }; // moved with arrow keys
    let [last, before] = [null, null];
    const onSheet = ([x, y]) => [x - sheet.left, y - sheet.top].map((l) => (l / sheet.size) * SIDE);
    const penCell = () => [Math.floor(pen.y), Math.floor(pen.x)];
    kit.handles(paper, {
      kind: "pixel",
      place: () => [sheet.left, sheet.top, sheet.size, sheet.size],
      label: () => words.sheet,
      text: () => {
        const [row, column] = penCell();
        const ink = brief(pixels[row * SIDE + column]);
        return fill(words.ink, { row, column, ink });
      },
      value: () => {
        const [row, column] = penCell();
        return { now: row * SIDE + column, min: 0, max: SIDE ** 2 - 1 };
      },
      grab: (_, place) => {
        before = [pixels, picture.value];
        last = onSheet(place);
        [pen.x, pen.y] = last.map((length) => clamp(length, 0, SIDE - 0.01));
        pen.shown = false;
        stroke(last, last);
      },
      drag: (_, place) => {
        const now = onSheet(place);
        stroke(last, now);
        last = now;
      },
      cancel: () => {
        [pixels, picture.value] = before;
      },
      press: () => {
        pen.shown = true;
        stroke([pen.x, pen.y], [pen.x, pen.y]);
      },
      step: (_, right, up) => {
        const [x, y] = [Math.floor(pen.x) + right, Math.floor(pen.y) - up];
        pen = { x: clamp(x, 0, SIDE - 1) + 0.5, y: clamp(y, 0, SIDE - 1) + 0.5, shown: true };
      },
    });

    // -- Drawing

    // A picture of numbers in a color, the stronger the larger the number. A power below 1
    // lets small numbers be seen beside large ones.
    const canvas = make("canvas");
    const brush = canvas.getContext("2d", { willReadFrequently: true });
    const paint = (panel, box, { columns, values, color, most, power = 0.6 }) => {
      [canvas.width, canvas.height] = [columns, values.length / columns]; // and empties it
      brush.fillStyle = color;
      values.forEach((value, k) => {
        if (value <= 0) return;
        brush.globalAlpha = Math.min(value / most, 1) ** power;
        brush.fillRect(k % columns, Math.floor(k / columns), 1, 1);
      });
      const image = { ...box, href: canvas.toDataURL(), preserveAspectRatio: "none" };
      panel.svg.append(shape("image", image), shape("rect", { ...box, class: "frame" }));
    };
    const frameOn = (panel, box) =>
      panel.svg.append(shape("rect", { ...box, class: "halo" }), shape("rect", { ...box, class: "window" }));

    const drawPaper = (probs, ink) => {
      paper.clear();
      const size = Math.max(Math.min(paper.height - 12, paper.width * 0.47), 40);
      sheet = { left: 4, top: 6, size };
      const box = { x: sheet.left, y: sheet.top, width: size, height: size };
      paint(paper, box, { columns: SIDE, values: pixels, color: ink, most: 1, power: 1 });
      const pixel = size / SIDE;
      const [[top, high], [left, wide]] = [unit.i, unit.j].map((index) => seenBy(stage(), index));
      frameOn(paper, {
        x: box.x + left * pixel, y: box.y + top * pixel, width: wide * pixel, height: high * pixel,
      });
      if (pen.shown) {
        const [row, column] = penCell();
        const cell = { x: box.x + column * pixel, y: box.y + row * pixel, width: pixel, height: pixel };
        paper.svg.append(shape("rect", { ...cell, class: "pen" }));
      }
      drawBars(probs, size + 14);
    };

    const drawBars = (probs, left) => {
      const row = (paper.height - 8) / probs.length;
      const labels = probs.map((_, k) => {
        const place = { y: 4 + (k + 0.5) * row + 4, "text-anchor": "end" };
        const label = shape("text", place, data.names[k]);
        paper.svg.append(label);
        return label;
      });
      const start = left + Math.max(...labels.map((label) => label.getComputedTextLength()));
      const room = Math.max(paper.width - start - 40, 4);
      probs.forEach((prob, k) => {
        labels[k].setAttribute("x", start);
        const bar = { x: start + 5, y: 4 + k * row + 2, height: row - 4, class: "bar" };
        const value = { x: start + 9 + prob * room, y: 4 + (k + 0.5) * row + 4 };
        paper.svg.append(
          shape("rect", { ...bar, width: prob * room }),
          shape("text", value, prob.toFixed(2))
        );
      });
    };

    const panel = kit.panel("drawing");
    let boxes = [[], []]; // of the maps of both rows, in pixels
    const drawRow = (row, top, size, found, color) => {
      const name = STAGES[maps.value][row];
      const { count, side, values } = found[name];
      const title = fill(words[TITLES[row]], { count, side });
      panel.svg.append(shape("text", { x: 2, y: top + 11 }, title));
      const most = values.reduce((a, b) => Math.max(a, b), 1e-9);
      boxes[row] = Array.from({ length: count }, (_, map) => {
        const x = 2 + (map % COLUMNS[name]) * (size + 4);
        const y = top + 16 + Math.floor(map / COLUMNS[name]) * (size + 4);
        const box = { x, y, width: size, height: size };
        const own = values.subarray(map * side ** 2, (map + 1) * side ** 2);
        paint(panel, box, { columns: side, values: own, color, most });
        return box;
      });
    };
    const drawUnits = (top, { wide, narrow }, color) => {
      const title = fill(words.denseTitle, { wide: wide.length, narrow: narrow.length });
      panel.svg.append(shape("text", { x: 2, y: top + 11 }, title));
      const cell = (panel.width - 14) / (wide.length + narrow.length);
      let x = 2;
      for (const values of [wide, narrow]) {
        const box = { x, y: top + 16, width: cell * values.length, height: 10 };
        const most = Math.max(...values, 1e-9);
        paint(panel, box, { columns: values.length, values, color, most });
        x += box.width + 8;
      }
    };
    const drawMaps = (found, color) => {
      panel.clear();
      const room = Math.max(panel.height - 88, 60); // without titles and units
      const large = Math.min(room * 0.42, (panel.width - 28) / 6);
      const small = Math.min(room * 0.29, (panel.width - 36) / 8);
      drawRow(0, 0, large, found, color);
      drawRow(1, large + 22, small, found, color);
      drawUnits(large + 2 * small + 48, found, color);
      frameOn(panel, unitBox(found[stage()].side));
    };
    const unitBox = (side) => {
      const { x, y, width: size } = boxes[unit.row][unit.map];
      const cell = size / side;
      return { x: x + unit.j * cell, y: y + unit.i * cell, width: cell, height: cell };
    };

    let found = runLeNet(layers, pixels);
    const about = () => {
      const { side, values } = found[stage()];
      const value = values[(unit.map * side + unit.i) * side + unit.j];
      return { layer: unit.row + 1, map: unit.map, row: unit.i, column: unit.j, value: brief(value) };
    };
    // The number of a map that is nearest to a place on the panel.
    const goTo = ([x, y]) => {
      const far = (box) =>
        Math.hypot(x - clamp(x, box.x, box.x + box.width), y - clamp(y, box.y, box.y + box.height));
      const all = boxes.flatMap((row, r) => row.map((box, map) => ({ box, map, row: r })));
      const { box, map, row } = all.reduce((a, b) => (far(b.box) < far(a.box) ? b : a));
      const { side } = found[STAGES[maps.value][row]];
      const index = (length, size) => Math.floor(clamp(length / size, 0, 0.999) * side);
      unit = { row, map, i: index(y - box.y, box.height), j: index(x - box.x, box.width) };
    };
    kit.handles(panel, {
      kind: "window",
      place: () => {
        const { x, y, width: size } = unitBox(found[stage()].side);
        return [x, y, size, size];
      },
      label: () => words.unit,
      text: () => fill(words.where, about()),
      value: () => ({ now: unit.map, min: 0, max: found[stage()].count - 1 }),
      drag: (_, [x, y]) => {
        const half = unitBox(found[stage()].side).width / 2;
        goTo([x + half, y + half]);
      },
      // Along the rows of a map, and on to the next map beyond its edge.
      step: (_, right, up) => {
        const { count, side } = found[stage()];
        let { row, map, i, j } = { ...unit, i: unit.i - up, j: unit.j + right };
        if (j < 0 || j >= side) {
          map = (map + right + count) % count;
          j = right > 0 ? 0 : side - 1;
        }
        if (i < 0 || i >= side) {
          row = 1 - row;
          i = up > 0 ? SIDE : 0; // which is brought inside
        }
        unit = { row, map, i, j };
      },
    });

    const verdict = (best) => {
      if (!pixels.some((ink) => ink > 0)) return words.empty;
      if (picture.value === "own") return words.ownTold;
      const label = data.labels[Number(picture.value)];
      return fill(label === best ? words.right : words.wrong, { name: data.names[label] });
    };

    kit.draw = () => {
      // Asked once and first: after a change to the page it would be laid out again.
      const style = getComputedStyle(paper.svg);
      const [ink, color] = ["--pst-color-text-base", "--first"].map((name) =>
        style.getPropertyValue(name)
      );
      found = runLeNet(layers, pixels);
      stayInside(found[stage()]);
      const probs = shares(found.logits);
      drawPaper(probs, ink);
      drawMaps(found, color);
      const order = probs.map((_, k) => k).sort((a, b) => probs[b] - probs[a]);
      const [best, next] = order;
      const [[, rows], [, columns]] = [unit.i, unit.j].map((index) => seenBy(stage(), index));
      kit.tell(
        fill(words.told, {
          best: data.names[best], first: probs[best].toFixed(3),
          next: data.names[next], second: probs[next].toFixed(3),
        }),
        verdict(best),
        fill(words.seen, { where: fill(words.where, about()), rows, columns })
      );
    };
    // The colors of the pictures are those of the theme when they were drawn.
    new MutationObserver(() => kit.update()).observe(document.documentElement, {
      attributeFilter: ["data-theme"],
    });
  };

  define("lenet", showLeNet, { inkOfStroke, readLayers, runLeNet, seenBy });
})();
