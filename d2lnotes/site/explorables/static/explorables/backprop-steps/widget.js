// Backpropagation step by step: values go forward through two layers, gradients come back.
"use strict";

(() => {
  const { brief, clamp, define, fill, shape, show } = window.d2lnotesExplorables;

  // -- Computations --------------------------------------------------------------

  const sigmoid = (z) => (z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z)));
  // Each with its slope; at its kink ReLU has the slope that torch takes.
  const functions = {
    ReLU: { value: (z) => Math.max(z, 0), slope: (z) => (z > 0 ? 1 : 0) },
    tanh: { value: Math.tanh, slope: (z) => 1 - Math.tanh(z) ** 2 },
    sigmoid: { value: sigmoid, slope: (z) => sigmoid(z) * sigmoid(-z) },
  };

  const dot = (a, b) => a.reduce((sum, number, i) => sum + number * b[i], 0);
  const column = (matrix, j) => matrix.map((row) => row[j]);

  // Both passes for one example. The weights W1[i][j] lead from input i to hidden unit j.
  const bothPasses = ({ x, W1, b1, w2, b2 }, y, name) => {
    const { value, slope } = functions[name];
    const z = b1.map((bias, j) => dot(x, column(W1, j)) + bias);
    const h = z.map(value);
    const output = dot(h, w2) + b2;
    const loss = (output - y) ** 2 / 2;
    const dOutput = output - y;
    const dH = w2.map((weight) => dOutput * weight);
    const dZ = dH.map((gradient, j) => gradient * slope(z[j]));
    const gradients = {
      W1: x.map((input) => dZ.map((gradient) => input * gradient)),
      b1: dZ,
      w2: h.map((unit) => dOutput * unit),
      b2: dOutput,
    };
    return { z, h, output, loss, dOutput, dH, dZ, gradients };
  };

  // The parameters after one step of gradient descent; the input stays.
  const updated = ({ x, W1, b1, w2, b2 }, gradients, rate) => ({
    x,
    W1: W1.map((row, i) => row.map((weight, j) => weight - rate * gradients.W1[i][j])),
    b1: b1.map((bias, j) => bias - rate * gradients.b1[j]),
    w2: w2.map((weight, j) => weight - rate * gradients.w2[j]),
    b2: b2 - rate * gradients.b2,
  });

  // -- Widget --------------------------------------------------------------------

  const STEPS = [
    "start", "sums", "hidden", "output", "loss",
    "atOutput", "outputWeights", "atHidden", "atSums", "inputWeights", "update",
  ];
  const REACH = 9; // numbers that can be dragged stay between −REACH and REACH
  const NAMES = ["x₁", "x₂", "w₁₁", "w₁₂", "w₂₁", "w₂₂", "b₁", "b₂", "v₁", "v₂", "c"];
  const INITIAL = [1, 2, 0.5, -0.5, 0.25, 0.5, 0, 0.25, 1, -2, 0.5];

  const networkOf = (numbers) => ({
    x: numbers.slice(0, 2),
    W1: [numbers.slice(2, 4), numbers.slice(4, 6)],
    b1: numbers.slice(6, 8),
    w2: numbers.slice(8, 10),
    b2: numbers[10],
  });
  // In the order of NAMES; the input takes no step.
  const inOrder = ({ W1, b1, w2, b2 }) => [...W1.flat(), ...b1, ...w2, b2];

  const inBrackets = (number) => (number < 0 ? `(${brief(number, 3)})` : brief(number, 3));
  const product = (a, b) => `${inBrackets(a)}·${inBrackets(b)}`;

  // What happens in a step, in numbers.
  const workings = (name, { x, W1, b1, w2, b2 }, pass, y) => {
    const { z, h, output, loss, dOutput, dH, dZ, gradients } = pass;
    const each = (line) => [0, 1].map((j) => line(j, "₁₂"[j]));
    return {
      sums: () =>
        each((j, k) => `z${k} = ${product(x[0], W1[0][j])} + ${product(x[1], W1[1][j])} + ${inBrackets(b1[j])} = ${brief(z[j], 3)}`),
      hidden: () => each((j, k) => `h${k} = σ(${brief(z[j], 3)}) = ${brief(h[j], 3)}`),
      output: () => [
        `ŷ = ${product(h[0], w2[0])} + ${product(h[1], w2[1])} + ${inBrackets(b2)} = ${brief(output, 3)}`,
      ],
      loss: () => [`L = ½·(${brief(output, 3)} − ${inBrackets(y)})² = ${brief(loss, 3)}`],
      atOutput: () => [`∂L/∂ŷ = ${brief(output, 3)} − ${inBrackets(y)} = ${brief(dOutput, 3)}`],
      outputWeights: () => [
        ...each((j, k) => `∂L/∂v${k} = ${product(dOutput, h[j])} = ${brief(gradients.w2[j], 3)}`),
        `∂L/∂c = ${brief(dOutput, 3)}`,
      ],
      atHidden: () => each((j, k) => `∂L/∂h${k} = ${product(dOutput, w2[j])} = ${brief(dH[j], 3)}`),
      atSums: () =>
        each((j, k) => {
          const slope = dH[j] === 0 ? "σ′" : brief(dZ[j] / dH[j], 3);
          return `∂L/∂z${k} = ${inBrackets(dH[j])}·${slope} = ${brief(dZ[j], 3)}`;
        }),
      inputWeights: () => [
        "∂L/∂wᵢⱼ = xᵢ·∂L/∂zⱼ, ∂L/∂bⱼ = ∂L/∂zⱼ",
        gradients.W1.flat().map((g, k) => `${NAMES[k + 2]}: ${brief(g, 3)}`).join(", "),
        each((j, k) => `b${k}: ${brief(dZ[j], 3)}`).join(", "),
      ],
    }[name]?.() ?? [];
  };

  const showBackprop = (kit) => {
    const { words } = kit;
    const step = kit.range("step", { min: 0, max: STEPS.length - 1, step: 1, value: 0 });
    const options = Object.keys(functions).map((name) => [name, name]);
    const choice = kit.choice("function", options);
    const target = kit.range("target", { min: -3, max: 3, step: 0.25, value: 1 });
    const rate = kit.range("rate", { min: 0, max: 0.5, step: 0.01, value: 0.05 });
    let numbers = [...INITIAL];

    const advance = () => {
      step.value = (step.value + 1) % STEPS.length;
      kit.update();
      return step.value < STEPS.length - 1;
    };
    kit.buttons({
      next: () => {
        kit.stop();
        advance();
      },
      run: (event) => kit.play(event.currentTarget, advance),
    });
    kit.keep("numbers", {
      read: () => numbers.join(" "),
      write: (text) => {
        const given = text.split(" ").map(Number);
        const fits = given.length === INITIAL.length && given.every(Number.isFinite);
        numbers = (fits ? given : INITIAL).map((number) => clamp(number, -REACH, REACH));
      },
    });

    // Where everything stands, in shares of the width and height.
    const panel = kit.panel("drawing");
    const at = (left, top) => [left * panel.width, top * panel.height];
    const ROWS = [0.3, 0.74];
    const inputs = () => ROWS.map((top) => at(Math.max(0.07, 22 / panel.width), top));
    const hiddens = () => ROWS.map((top) => at(0.5, top));
    const output = () => at(0.76, 0.52);
    const lossPlace = () => at(Math.min(0.93, 1 - 22 / panel.width), 0.52);
    const between = ([a, b], [c, d], share) => [a + (c - a) * share, b + (d - b) * share];
    // The middles of the numbers that can be dragged.
    const middles = () => {
      const [x, h, o] = [inputs(), hiddens(), output()];
      return [
        ...x,
        between(x[0], h[0], 0.34), between(x[0], h[1], 0.34),
        between(x[1], h[0], 0.34), between(x[1], h[1], 0.34),
        ...h.map(([left, top]) => [left - 0.02 * panel.width, top - 46]),
        ...h.map((place) => between(place, o, 0.5)),
        [o[0], o[1] - 46],
      ];
    };

    let [first, before] = [null, 0]; // where a drag began, and the number then
    const set = (i, number) => {
      numbers[i] = clamp(Math.round(number * 20) / 20, -REACH, REACH);
    };
    kit.handles(panel, {
      kind: "pixel",
      count: () => NAMES.length,
      place: (i) => {
        const [left, top] = middles()[i];
        return [left - 22, top - 14, 44, 28];
      },
      label: (i) => fill(words.number, { name: NAMES[i], place: i + 1 }),
      text: (i) => brief(numbers[i]),
      value: (i) => ({ now: numbers[i], min: -REACH, max: REACH }),
      grab: (i) => {
        [first, before] = [null, numbers[i]];
      },
      drag: (i, [left]) => {
        first ??= left;
        set(i, before + (left - first) / 40);
      },
      step: (i, right, up) => set(i, numbers[i] + (right + up) * 0.05),
    });

    const text = ([x, y], content, kind = "") =>
      panel.svg.append(shape("text", { x, y, "text-anchor": "middle", class: kind }, content));

    kit.draw = () => {
      const network = networkOf(numbers);
      const y = target.value;
      const pass = bothPasses(network, y, choice.value);
      const now = step.value;
      const name = STEPS[now];
      const reached = (other) => now >= STEPS.indexOf(other);
      const back = reached("atOutput") ? "back" : "";
      panel.clear();
      const [x, h, o, l] = [inputs(), hiddens(), output(), lossPlace()];

      const edge = ([x1, y1], [x2, y2], isNow) =>
        panel.svg.append(shape("line", { x1, y1, x2, y2, class: `edge ${isNow ? "now" : ""} ${back}` }));
      const ofInputs = ["sums", "inputWeights"].includes(name);
      const ofHidden = ["output", "outputWeights", "atHidden"].includes(name);
      for (const from of x) for (const to of h) edge(from, to, ofInputs);
      for (const from of h) edge(from, o, ofHidden);
      edge(o, l, ["loss", "atOutput"].includes(name));

      const node = ([cx, cy], isNow) =>
        panel.svg.append(shape("circle", { cx, cy, r: 21, class: `node ${isNow ? "now" : ""} ${back}` }));
      const down = ([left, top], by) => [left, top + by];
      x.forEach((place, i) => {
        node(place, now === 0);
        text(down(place, -27), NAMES[i], "name");
      });
      h.forEach((place, j) => {
        node(place, ["sums", "hidden", "atHidden", "atSums"].includes(name));
        const k = "₁₂"[j];
        if (reached("sums")) text(down(place, -27), `z${k} = ${brief(pass.z[j])}`);
        if (reached("hidden")) text(down(place, 4), brief(pass.h[j]));
        else text(down(place, 4), `h${k}`, "name");
        if (reached("atHidden")) text(down(place, 34), `∂h ${brief(pass.dH[j])}`, "gradient");
        if (reached("atSums")) text(down(place, 48), `∂z ${brief(pass.dZ[j])}`, "gradient");
      });
      node(o, ["output", "atOutput"].includes(name));
      if (reached("output")) text(down(o, 4), brief(pass.output));
      if (reached("atOutput")) text(down(o, 34), `∂ŷ ${brief(pass.dOutput)}`, "gradient");
      text(down(o, -27), "ŷ", "name");
      node(l, name === "loss");
      text(down(l, -27), "L", "name");
      if (reached("loss")) text(down(l, 4), brief(pass.loss));

      const next = updated(network, pass.gradients, rate.value);
      const after = name === "update" ? next : network;
      const shown = [...network.x, ...inOrder(after)];
      const slopes = [null, null, ...inOrder(pass.gradients)];
      middles().forEach((place, i) => {
        const isBias = "bc".includes(NAMES[i][0]);
        const value = brief(shown[i]);
        text(down(place, 4), isBias ? `${NAMES[i]} = ${value}` : value, "given");
        const from = i >= 8 ? "outputWeights" : "inputWeights";
        if (i >= 2 && reached(from)) {
          // Beside the bias of a hidden unit there is room; that of the output stands alone.
          const side = i < 8 && isBias ? [place[0] - 54, place[1] + 4] : down(place, isBias ? -12 : 18);
          text(side, `∂ ${brief(slopes[i])}`, "gradient");
        }
      });

      const again = bothPasses(next, y, choice.value);
      kit.tell(
        fill(words[name], { loss: show(again.loss), old: show(pass.loss) }),
        ...workings(name, network, pass, y)
      );
    };
  };

  define("backprop-steps", showBackprop, { bothPasses, updated });
})();
