// The variance of sums and of gradients through many layers, forward and backward.
"use strict";

(() => {
  const { brief, clamp, define, fill, shape, show } = window.d2lnotesExplorables;

  // -- Computations --------------------------------------------------------------

  const sigmoid = (x) =>
    x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));

  const GRID = Array.from({ length: 801 }, (_, i) => (i - 400) / 40);
  const WEIGHTS = GRID.map((z) => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI) / 40);

  // The expectation of f(z)² for normal z of mean 0. On a smooth function that falls off
  // at both ends, a sum over a grid is exact to many digits.
  const meanSquare = (f, variance) => {
    const deviation = Math.sqrt(variance);
    return GRID.reduce((sum, z, i) => sum + WEIGHTS[i] * f(deviation * z) ** 2, 0);
  };
  const smooth = (value, slope) => ({
    ofValue: (variance) => meanSquare(value, variance),
    ofSlope: (variance) => meanSquare(slope, variance),
  });

  // The mean squares of value and slope where sums have a variance.
  const signals = {
    ReLU: { ofValue: (variance) => variance / 2, ofSlope: () => 1 / 2 },
    tanh: smooth(Math.tanh, (x) => 1 / Math.cosh(x) ** 2),
    sigmoid: smooth(sigmoid, (x) => sigmoid(x) * sigmoid(-x)),
    linear: { ofValue: (variance) => variance, ofSlope: () => 1 },
  };

  // The variances of the sums of layers 1 to `depth`, and of the gradients with respect to
  // them, that of the last layer being 1. The inputs have mean square 1; the gain is the
  // width times the variance of the weights.
  const signalDepth = (name, gain, depth) => {
    const { ofValue, ofSlope } = signals[name];
    const sums = [gain];
    while (sums.length < depth) sums.push(gain * ofValue(sums.at(-1)));
    const gradients = [1];
    for (let layer = depth - 2; layer >= 0; layer -= 1) {
      gradients.unshift(gradients[0] * gain * ofSlope(sums[layer]));
    }
    return { sums, gradients };
  };

  // The gain in [low, high] at which the sums of the last layer come nearest to a variance:
  // they grow with the gain, and halving the range finds it.
  const gainFor = (name, variance, depth, [low, high]) => {
    let [under, over] = [low, high];
    for (let k = 0; k < 40; k += 1) {
      const middle = (under + over) / 2;
      if (signalDepth(name, middle, depth).sums.at(-1) < variance) under = middle;
      else over = middle;
    }
    return (under + over) / 2;
  };

  // -- Widget --------------------------------------------------------------------

  const LONGEST = 50;
  const GAINS = [0.05, 4];
  const FRAME = [1e-12, 1e12]; // of both drawings

  const showSignals = (kit) => {
    const { words } = kit;
    const names = Object.keys(signals).map((name) => [name, words[name] ?? name]);
    const choice = kit.choice("activation", names);
    const gain = kit.range("gain", { min: GAINS[0], max: GAINS[1], step: 0.01, value: 1 });
    const depth = kit.range("depth", { min: 2, max: LONGEST, step: 1, value: 30 });
    const set = (value) => () => {
      gain.value = value;
      kit.update();
    };
    kit.buttons({ xavier: set(1), he: set(2) });
    const forward = kit.panel("forward");
    const backward = kit.panel("backward");
    let found; // what was drawn last
    const last = () => found.sums.at(-1);
    kit.handles(forward, {
      kind: "knob",
      place: () => forward.pixel([depth.value, last()]),
      label: () => words.dot,
      text: () =>
        fill(words.at, { gain: brief(gain.value), depth: depth.value, value: show(last()) }),
      value: () => gain.ends,
      drag: (_, pixel) => {
        const [layer, variance] = forward.units(pixel);
        depth.value = clamp(Math.round(layer), 2, LONGEST);
        gain.value = gainFor(choice.value, variance, depth.value, GAINS);
      },
      step: (_, right, up) => {
        depth.value += right;
        gain.value += up / 50;
      },
    });

    const drawBars = (panel, variances, yLabel, kind) => {
      panel.axes({ x: [0, LONGEST + 1], y: FRAME, log: true, xLabel: words.layerAxis, yLabel });
      const width = (panel.x(1) - panel.x(0)) * 0.7;
      variances.forEach((variance, i) => {
        const top = clamp(panel.y(Math.max(variance, 1e-300)), -9, panel.frame.height + 9);
        const from = Math.min(top, panel.y(1));
        const height = Math.max(Math.abs(top - panel.y(1)), 1.5);
        const place = { x: panel.x(i + 1) - width / 2, y: from, width, height };
        panel.marks.append(shape("rect", { ...place, class: kind }));
      });
      panel.line([[0, 1], [LONGEST + 1, 1]], "guide");
      const points = variances.map((variance, i) => [i + 1, Math.max(variance, 1e-300)]);
      panel.beyond(points, ([, variance]) => brief(variance));
    };

    kit.draw = () => {
      const name = choice.value;
      found = signalDepth(name, gain.value, depth.value);
      const { sums, gradients } = found;
      drawBars(forward, sums, words.sumsAxis, "bar");
      drawBars(backward, gradients, words.gradientsAxis, "bar-back");
      forward.dot([depth.value, last()], "dot-first", 6);
      const first = gradients[0];
      kit.tell(
        fill(words.now, {
          gain: brief(gain.value),
          depth: depth.value,
          sums: show(last()),
          gradient: show(first),
        }),
        fill(words.factors, {
          forward: show(last() / sums.at(-2)),
          backward: show(gradients.at(-2)),
        }),
        words[first < 1e-4 ? "vanishes" : first > 1e4 ? "explodes" : "keeps"]
      );
    };
  };

  define("signal-depth", showSignals, { gainFor, signalDepth, signals });
})();
