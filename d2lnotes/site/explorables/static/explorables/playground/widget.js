// A small network that learns to part two classes of points, step by step.
"use strict";

(() => {
  const { brief, clamp, contour, define, fill, make, normals, shape, show, total, uniforms } =
    window.d2lnotesExplorables;

  // -- Computations --------------------------------------------------------------

  // Each with its slope, from the weighted sum z.
  const units = {
    ReLU: { value: (z) => Math.max(z, 0), slope: (z) => (z > 0 ? 1 : 0) },
    tanh: { value: Math.tanh, slope: (z) => 1 - Math.tanh(z) ** 2 },
    sigmoid: {
      value: (z) => 1 / (1 + Math.exp(-z)),
      slope: (z) => Math.exp(-Math.abs(z)) / (1 + Math.exp(-Math.abs(z))) ** 2,
    },
    none: { value: (z) => z, slope: () => 1 },
  };

  // Weights W[i][j] from input i to unit j, and biases, as nn.Linear starts them.
  const startNetwork = (sizes, activation, seed) => {
    const uniform = uniforms(seed);
    const layers = sizes.slice(1).map((outputs, k) => {
      const draw = () => (2 * uniform() - 1) / Math.sqrt(sizes[k]);
      const row = () => Array.from({ length: outputs }, draw);
      return { weights: Array.from({ length: sizes[k] }, row), biases: row() };
    });
    return { activation, layers };
  };

  // For one point: the inputs of each layer, and its weighted sums. The last sum is the
  // logit of class 1.
  const forward = ({ activation, layers }, point) => {
    const { value } = units[activation];
    const inputs = [point];
    const sums = [];
    for (const { weights, biases } of layers) {
      const input = inputs.at(-1);
      const z = [...biases]; // loops, for this runs thousands of times in a drawing
      for (let i = 0; i < input.length; i += 1) {
        for (let j = 0; j < z.length; j += 1) z[j] += input[i] * weights[i][j];
      }
      sums.push(z);
      inputs.push(z.map(value));
    }
    return { inputs, sums };
  };
  const logit = (network, point) => forward(network, point).sums.at(-1)[0];

  // The mean cross-entropy over the points, from logits, and its gradient: a network of
  // the same form.
  const lossAndGradient = (network, points, labels) => {
    const { slope } = units[network.activation];
    const layers = network.layers.map(({ weights, biases }) => ({
      weights: weights.map((row) => row.map(() => 0)),
      biases: biases.map(() => 0),
    }));
    let loss = 0;
    points.forEach((point, n) => {
      const { inputs, sums } = forward(network, point);
      const o = sums.at(-1)[0];
      loss += (Math.max(o, 0) - o * labels[n] + Math.log1p(Math.exp(-Math.abs(o)))) / points.length;
      // What the loss gains when a sum of this layer grows: from the last layer back.
      let delta = [(1 / (1 + Math.exp(-o)) - labels[n]) / points.length];
      for (let k = layers.length - 1; k >= 0; k -= 1) {
        const { weights, biases } = layers[k];
        const back = inputs[k].map(() => 0);
        for (let j = 0; j < delta.length; j += 1) {
          biases[j] += delta[j];
          for (let i = 0; i < back.length; i += 1) {
            weights[i][j] += inputs[k][i] * delta[j];
            back[i] += network.layers[k].weights[i][j] * delta[j];
          }
        }
        if (k > 0) delta = back.map((d, i) => d * slope(sums[k - 1][i]));
      }
    });
    return { loss, gradient: { layers } };
  };

  // The network after one step of gradient descent; the old one stays as it is.
  const descend = (network, { layers }, rate) => ({
    ...network,
    layers: network.layers.map(({ weights, biases }, k) => ({
      weights: weights.map((row, i) => row.map((w, j) => w - rate * layers[k].weights[i][j])),
      biases: biases.map((b, j) => b - rate * layers[k].biases[j]),
    })),
  });

  const countParameters = ({ layers }) =>
    total(layers.map(({ weights, biases }) => (weights.length + 1) * biases.length));

  // -- Data ----------------------------------------------------------------------

  const round = (number) => Math.round(number * 100) / 100 + 0;
  const pointSets = {
    xor: (normal) =>
      Array.from({ length: 32 }, (_, n) => {
        const [a, b] = [n & 1, (n >> 1) & 1];
        return { place: [1.6 * a - 0.8 + 0.2 * normal(), 1.6 * b - 0.8 + 0.2 * normal()], label: a ^ b };
      }),
    circles: (normal) =>
      Array.from({ length: 36 }, (_, n) => {
        const label = n % 3 === 0 ? 1 : 0;
        const [turn, radius] = [n * 2.4, (label ? 0.35 : 1.15) + 0.1 * normal()];
        return { place: [radius * Math.cos(turn), radius * Math.sin(turn)], label };
      }),
    moons: (normal) =>
      Array.from({ length: 32 }, (_, n) => {
        const label = n % 2;
        const turn = (Math.PI * (n - label)) / 30;
        const [x, y] = [0.8 * Math.cos(turn), 0.8 * Math.sin(turn)];
        const place = label ? [0.4 - x, 0.25 - y] : [x - 0.4, y - 0.25];
        return { place: place.map((number) => number + 0.07 * normal()), label };
      }),
  };
  const pointSet = (name) =>
    pointSets[name](normals(7)).map(({ place, label }) => ({ place: place.map(round), label }));

  // -- Widget --------------------------------------------------------------------

  const REACH = 1.5; // of the plane, to all sides
  const MOST_STEPS = 1000;
  const AT_ONCE = 10; // steps between two drawings
  const PAUSE = 100; // milliseconds between them
  const TOLD = 100; // steps between two readings
  const KEEP = 50; // steps between two networks that are kept
  const MOST_POINTS = 80;
  const GRID = 40; // cells of the large square, across; the small ones have half as many
  const LARGEST_TILE = 90; // pixels

  const showPlayground = (kit) => {
    const { words } = kit;
    const options = (names) => names.map((name) => [name, words[name] ?? name]);
    const data = kit.choice("data", options([...Object.keys(pointSets), "own"]));
    const activation = kit.choice("activation", options(Object.keys(units)));
    const layers = kit.range("layers", { min: 1, max: 2, step: 1, value: 1 });
    const width = kit.range("units", { min: 1, max: 8, step: 1, value: 4 });
    const rate = kit.range("rate", { min: 0.05, max: 3, step: 0.05, value: 0.5 });
    const seed = kit.range("seed", { min: 1, max: 30, step: 1, value: 1 });
    const steps = kit.range("steps", { min: 0, max: MOST_STEPS, step: 10, value: 0 });

    let points = pointSet("xor");
    data.addEventListener("input", () => {
      if (data.value !== "own") points = pointSet(data.value);
    });
    // Change the points: from now on they are the reader's own.
    const change = (next) => {
      points = next;
      data.value = "own";
    };
    const alter = (i, news) =>
      change(points.map((point, j) => (j === i ? { ...point, ...news } : point)));
    kit.keep("points", {
      read: () =>
        data.value === "own"
          ? points.map(({ place, label }) => [...place, label].join(" ")).join(" ")
          : "",
      write: (text) => {
        const numbers = text.split(" ").map(Number);
        if (data.value !== "own" || text === "" || !numbers.every(Number.isFinite)) return;
        const count = Math.min(Math.floor(numbers.length / 3), MOST_POINTS);
        points = Array.from({ length: count }, (_, n) => {
          const [x, y, label] = numbers.slice(3 * n, 3 * n + 3);
          return { place: inside([x, y]), label: label > 0.5 ? 1 : 0 };
        });
      },
    });
    const inside = (place) => place.map((number) => round(clamp(number, -REACH, REACH)));

    // -- Training: the same settings give the same network, so that links and the slider
    //    of steps can go back and forth.

    let run = { settings: null };
    const settings = () =>
      JSON.stringify([points, activation.value, layers.value, width.value, rate.value, seed.value]);
    const places = () => points.map(({ place }) => place);
    const labels = () => points.map(({ label }) => label);
    const trained = () => {
      if (run.settings !== settings()) {
        const sizes = [2, ...Array(layers.value).fill(width.value), 1];
        const start = startNetwork(sizes, activation.value, seed.value);
        run = { settings: settings(), kept: [start], losses: [], network: start, step: 0 };
      }
      if (steps.value < run.step) {
        const last = Math.floor(steps.value / KEEP);
        [run.network, run.step] = [run.kept[last], last * KEEP];
      }
      for (;;) {
        const { loss, gradient } = lossAndGradient(run.network, places(), labels());
        run.losses[run.step] = loss;
        if (run.step >= steps.value) return run;
        run.network = descend(run.network, gradient, rate.value);
        run.step += 1;
        if (run.step % KEEP === 0) run.kept[run.step / KEEP] = run.network;
      }
    };

    const advance = (count) => {
      steps.value += count;
      kit.update();
      return steps.value < MOST_STEPS;
    };
    kit.buttons({
      step: () => {
        kit.stop();
        advance(AT_ONCE);
      },
      run: (event) => {
        const leap = kit.calm ? MOST_STEPS : AT_ONCE;
        kit.play(event.currentTarget, () => advance(leap), PAUSE);
      },
    });

    const map = kit.panel("map");
    const curve = kit.panel("losses");
    let square = null; // where the plane lies in the panel, in pixels

    // A place in the plane to pixels of the panel, and back.
    const toPixel = ([x, y]) => [
      square.left + ((x + REACH) / (2 * REACH)) * square.size,
      square.top + ((REACH - y) / (2 * REACH)) * square.size,
    ];
    const toPlace = ([x, y]) => [
      ((x - square.left) / square.size) * 2 * REACH - REACH,
      REACH - ((y - square.top) / square.size) * 2 * REACH,
    ];
    const isInside = (place) => place.every((number) => Math.abs(number) <= REACH);

    kit.handles(map, {
      kind: "point",
      count: () => points.length,
      place: (i) => toPixel(points[i].place),
      label: (i) => fill(words.point, { number: i + 1, count: points.length }),
      text: (i) => {
        const { place, label } = points[i];
        const name = label ? words.circlesClass : words.squares;
        return `(${place.map((number) => brief(number)).join(", ")}), ${name}`;
      },
      value: (i) => ({ now: points[i].place[0], min: -REACH, max: REACH }),
      drag: (i, pixel) => alter(i, { place: inside(toPlace(pixel)) }),
      step: (i, right, up) => {
        const [x, y] = points[i].place;
        alter(i, { place: inside([x + right / 20, y + up / 20]) });
      },
      press: (i) => alter(i, { label: 1 - points[i].label }),
      add: (pixel) => {
        const place = toPlace(pixel);
        if (!isInside(place) || points.length >= MOST_POINTS) return false;
        // Of the class that the network does not expect there.
        const label = logit(trained().network, place) > 0 ? 0 : 1;
        change([...points, { place: inside(place), label }]);
        return true;
      },
    });

    // -- Drawing

    // The network at the corners of a grid over the plane, from below.
    const corner = (index) => (index / GRID) * 2 * REACH - REACH;
    const overPlane = (network) =>
      Array.from({ length: GRID + 1 }, (_, row) =>
        Array.from({ length: GRID + 1 }, (_, column) =>
          forward(network, [corner(column), corner(row)])
        )
      );

    // A picture in a square, in one color where `rows` of numbers from −1 to 1 are below 0
    // and in another where they are above. The rows come from below.
    const canvas = make("canvas");
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    let colors = [];
    const paint = ({ left, top, size }, rows) => {
      const count = rows.length;
      [canvas.width, canvas.height] = [count, count]; // which also empties it
      rows.forEach((row, i) =>
        row.forEach((value, j) => {
          pen.globalAlpha = Math.min(Math.abs(value), 1) * 0.55;
          pen.fillStyle = colors[value > 0 ? 1 : 0];
          pen.fillRect(j, count - 1 - i, 1, 1);
        })
      );
      const place = { x: left, y: top, width: size, height: size };
      map.svg.append(
        shape("image", { ...place, href: canvas.toDataURL(), preserveAspectRatio: "none" }),
        shape("rect", { ...place, class: "frame" })
      );
    };

    // The line in a square where numbers in `rows`, which come from below, change sign.
    const drawZero = (box, rows, kind) => {
      const cells = rows.length - 1;
      const range = [0, cells];
      const pieces = contour((x, y) => rows[y][x], 0, range, range, cells, cells).map((ends) => {
        const [[a, b], [c, d]] = ends.map(([x, y]) => [
          box.left + (x / cells) * box.size,
          box.top + (1 - y / cells) * box.size,
        ]);
        return `M${a} ${b}L${c} ${d}`;
      });
      map.svg.append(shape("path", { d: pieces.join(""), class: kind }));
    };

    const drawUnits = (network, over, box) => {
      const coarse = over.filter((_, i) => i % 2 === 0).map((row) => row.filter((_, j) => j % 2 === 0));
      const { value } = units[network.activation];
      const hidden = network.layers.slice(0, -1);
      hidden.forEach(({ biases }, k) => {
        const layer = { left: box.left + (k * box.width) / hidden.length };
        layer.width = box.width / hidden.length - 8;
        const title = fill(words.unitsOf, { layer: k + 1 });
        map.svg.append(shape("text", { x: layer.left, y: 15 }, title));
        // As many columns as make the squares largest.
        const count = biases.length;
        const sizes = biases.map((_, more) =>
          Math.min(layer.width / (more + 1), box.height / Math.ceil(count / (more + 1))) - 4
        );
        const size = Math.min(Math.max(...sizes), LARGEST_TILE);
        const columns = sizes.indexOf(Math.max(...sizes)) + 1;
        biases.forEach((_, j) => {
          const tile = {
            left: layer.left + (j % columns) * (size + 4),
            top: box.top + Math.floor(j / columns) * (size + 4),
            size,
          };
          const sums = coarse.map((row) => row.map((one) => one.sums[k][j]));
          const outputs = sums.map((row) => row.map(value));
          const most = Math.max(...outputs.flat().map(Math.abs), 1e-9);
          paint(tile, outputs.map((row) => row.map((output) => output / most)));
          drawZero(tile, sums, "bend");
        });
      });
    };

    const drawPoints = (network) => {
      for (const { place, label } of points) {
        const [x, y] = toPixel(place);
        const isRight = logit(network, place) > 0 === (label === 1);
        const kind = `${label ? "class-one" : "class-zero"}${isRight ? "" : " missed"}`;
        map.svg.append(
          label
            ? shape("circle", { cx: x, cy: y, r: 5, class: kind })
            : shape("rect", { x: x - 4.5, y: y - 4.5, width: 9, height: 9, class: kind })
        );
      }
    };

    const drawMap = (network) => {
      // Asked once and first: after a change to the page it would be laid out again.
      const style = getComputedStyle(map.svg);
      colors = ["--first", "--second"].map((name) => style.getPropertyValue(name));
      map.clear();
      const size = Math.max(Math.min(map.height - 34, map.width * 0.55), 40);
      square = { left: 4, top: 24, size };
      const over = overPlane(network);
      const logits = over.map((row) => row.map(({ sums }) => sums.at(-1)[0]));
      paint(square, logits.map((row) => row.map((o) => 2 / (1 + Math.exp(-o)) - 1)));
      drawZero(square, logits, "boundary");
      drawPoints(network);
      const left = square.left + size + 14;
      drawUnits(network, over, { left, top: 24, width: map.width - left, height: size });
    };

    const drawLosses = (losses, step) => {
      const shown = losses.slice(0, step + 1);
      curve.axes({
        x: [0, 1.04 * MOST_STEPS], // room for the last number
        y: [0, 1],
        xLabel: words.stepAxis,
        yLabel: words.lossAxis,
        legend: [["guide", words.even]],
      });
      curve.line([[0, Math.LN2], [MOST_STEPS, Math.LN2]], "guide");
      const marks = shown.map((loss, k) => [k, Number.isFinite(loss) ? loss : 1e5]);
      curve.line(marks, "first");
      curve.dot(marks.at(-1), "dot-first", 4);
      curve.beyond(marks, ([, loss]) => brief(loss, 1));
    };

    const verdict = (network, loss, right, step) => {
      if (!(loss < 20)) return words.exploded;
      if (activation.value === "none") return words.straight;
      if (right === points.length) return words.solved;
      if (step >= 100 && Math.abs(loss - Math.LN2) < 0.01) return words.stuck;
      return words.training;
    };

    kit.draw = () => {
      const { network, losses } = trained();
      const step = steps.value;
      const loss = losses[step];
      drawMap(network);
      drawLosses(losses, step);
      // A running network is read out now and then, not ten times a second.
      if (kit.playing && step % TOLD !== 0) return;
      const right = points.filter(
        ({ place, label }) => logit(network, place) > 0 === (label === 1)
      ).length;
      const now = {
        step,
        loss: show(loss, 3),
        right,
        count: points.length,
        parameters: countParameters(network),
      };
      kit.tell(fill(words.now, now), verdict(network, loss, right, step));
    };
  };

  define("playground", showPlayground, {
    countParameters, descend, forward, lossAndGradient, pointSet, startNetwork, units,
  });
})();
