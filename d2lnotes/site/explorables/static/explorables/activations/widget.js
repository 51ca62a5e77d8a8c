// Activation functions: value, slope, and what the slope does to many layers.
"use strict";

(() => {
  const { brief, define, fill, show } = window.d2lnotesExplorables;

  // -- Computations --------------------------------------------------------------

  const sigmoid = (x) =>
    x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));

  // The complementary error function. The series has positive terms only; beyond 2.5
  // the continued fraction keeps the digits that 1 − erf would cancel.
  const erfc = (z) => {
    if (z < 0) return 2 - erfc(-z);
    const bell = Math.exp(-z * z);
    if (z > 2.5) {
      let fraction = z;
      for (let k = 60; k > 0; k -= 1) fraction = z + k / 2 / fraction;
      return bell / Math.sqrt(Math.PI) / fraction;
    }
    let term = z;
    let sum = z;
    for (let k = 1; term > sum * 1e-17; k += 1) {
      term *= (2 * z * z) / (2 * k + 1);
      sum += term;
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * bell * sum;
  };
  const normalCdf = (x) => erfc(-x / Math.SQRT2) / 2;
  const normalDensity = (x) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

  // ReLU with a slope on the left.
  const leaky = (leak) => ({
    value: (x) => (x > 0 ? x : leak * x),
    slope: (x) => (x > 0 ? 1 : leak),
    kink: true,
  });
  // Each with its slope; at a kink the slope is the one that torch takes.
  const activations = {
    sigmoid: {
      value: sigmoid,
      slope: (x) => sigmoid(x) * sigmoid(-x),
    },
    tanh: {
      value: Math.tanh,
      slope: (x) => 1 / Math.cosh(x) ** 2,
    },
    ReLU: {
      value: (x) => Math.max(x, 0),
      slope: (x) => (x > 0 ? 1 : 0),
      kink: true,
    },
    // The slopes are torch's: fixed, at the start, and the mean of what is drawn.
    "leaky ReLU": leaky(0.01),
    PReLU: leaky(0.25),
    RReLU: leaky((1 / 8 + 1 / 3) / 2),
    ELU: {
      value: (x) => (x > 0 ? x : Math.expm1(x)),
      slope: (x) => (x > 0 ? 1 : Math.exp(x)),
    },
    GELU: {
      value: (x) => x * normalCdf(x),
      slope: (x) => normalCdf(x) + x * normalDensity(x),
    },
    SiLU: {
      value: (x) => x * sigmoid(x),
      slope: (x) => sigmoid(x) * (1 + x * sigmoid(-x)),
    },
    softplus: {
      value: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
      slope: sigmoid,
    },
  };

  // -- Widget --------------------------------------------------------------------

  // What a slope does to the gradient of many layers.
  const passage = (slope) => {
    const size = Math.abs(slope);
    return size < 0.05 ? "saturated" : size < 0.9 ? "shrinks" : "passes";
  };

  const showActivations = (kit) => {
    const { words } = kit;
    const names = Object.keys(activations).map((name) => [name, name]);
    const choice = kit.choice("function", names);
    const input = kit.range("x", { min: -8, max: 8, step: 0.1, value: 2 });
    const layers = kit.range("layers", { min: 1, max: 20, step: 1, value: 10 });
    kit.buttons();
    const panel = kit.panel("drawing");
    const point = () => [input.value, activations[choice.value].value(input.value)];
    kit.handles(panel, {
      kind: "knob",
      place: () => panel.pixel(point()),
      label: () => words.x,
      text: () => fill(words.at, { x: brief(input.value), value: show(point()[1]) }),
      value: () => input.ends,
      drag: (_, place) => {
        input.value = panel.units(place)[0];
      },
      step: (_, right, up) => {
        input.value += (right + up) / 10;
      },
    });

    kit.draw = () => {
      const { value, slope, kink } = activations[choice.value];
      const x = input.value;
      const [height, rise] = [value(x), slope(x)];
      const across = [-8, 8];
      panel.axes({
        x: across,
        y: [-1.5, 3],
        xLabel: "x",
        yLabel: "",
        legend: [
          ["first", "f(x)"],
          ["second", "f′(x)"],
          ["thin", words.tangent],
        ],
      });
      panel.line([[x, -9], [x, 9]], "guide");
      panel.curve((place) => height + rise * (place - x), across, "thin");
      panel.curve(slope, across, "second");
      panel.curve(value, across, "first");
      panel.dot([x, rise], "dot-second");
      panel.dot([x, height], "dot-first", 6);
      panel.beyond([[x, height]], () => `f = ${brief(height)}`);
      kit.tell(
        fill(words.point, { x: brief(x), value: show(height), slope: show(rise) }),
        fill(words.product, { layers: layers.value, product: show(rise ** layers.value) }),
        words[kink && x === 0 ? "kink" : passage(rise)]
      );
    };
  };

  define("activations", showActivations, { activations });
})();
