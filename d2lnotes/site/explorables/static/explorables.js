// Explorables: figures that compute, in the reader's browser, from what the reader
// sets. Three parts: the computations, which know nothing of the page and which the
// tests compare with torch; the kit, which makes labelled controls and drawings; the
// widgets. Works from file://; the words come from the page, in its language.
"use strict";

(() => {
  // -- Computations: activation functions ----------------------------------------

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

  const LEAK = 0.01; // torch's default
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
    "leaky ReLU": {
      value: (x) => (x > 0 ? x : LEAK * x),
      slope: (x) => (x > 0 ? 1 : LEAK),
      kink: true,
    },
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

  // -- Computations: gradient descent --------------------------------------------

  // `curvature` is the largest second derivative; `start` makes a point of one number.
  const curves = {
    quadratic: {
      value: ([x]) => x * x,
      gradient: ([x]) => [2 * x],
      start: (x) => [x],
      curvature: 2,
      least: 0,
      rates: { max: 1.1, step: 0.01, value: 0.1 },
    },
    valley: {
      value: ([x, y]) => (x * x + 10 * y * y) / 2,
      gradient: ([x, y]) => [x, 10 * y],
      start: (x) => [x, 0.8],
      curvature: 10,
      slowest: 1, // the curvature along the valley
      least: 0,
      rates: { max: 0.22, step: 0.001, value: 0.05 },
    },
    twoMinima: {
      value: ([x]) => x ** 4 / 4 - x ** 2 / 2 + x / 10,
      gradient: ([x]) => [x ** 3 - x + 1 / 10],
      start: (x) => [x],
      bend: (x) => 3 * x * x - 1,
      rates: { max: 1.2, step: 0.01, value: 0.1 },
    },
    absolute: {
      value: ([x]) => Math.abs(x),
      gradient: ([x]) => [Math.sign(x)],
      start: (x) => [x],
      least: 0,
      rates: { max: 1.1, step: 0.01, value: 0.3 },
    },
  };
  const FAR = 1e6; // beyond it a run counts as diverged

  const newton = (x, { gradient, bend }) => {
    let root = x;
    for (let k = 0; k < 50; k += 1) root -= gradient([root])[0] / bend(root);
    return root;
  };
  const { twoMinima } = curves;
  twoMinima.minima = [newton(-1, twoMinima), newton(1, twoMinima)];
  twoMinima.least = twoMinima.value([twoMinima.minima[0]]);

  // The points visited, the start first. It ends early where a coordinate passes FAR.
  const gradientDescent = (name, start, rate, steps) => {
    const { gradient } = curves[name];
    const points = [start];
    for (let step = 0; step < steps; step += 1) {
      const point = points.at(-1);
      const slope = gradient(point);
      const next = point.map((coordinate, i) => coordinate - rate * slope[i]);
      points.push(next);
      if (next.some((coordinate) => !(Math.abs(coordinate) < FAR))) break;
    }
    return points;
  };

  // What one step does to the distance from the minimum of a parabola.
  const stepFactor = (curvature, rate) => 1 - rate * curvature;
  const verdict = (factor) => {
    const size = Math.abs(factor);
    if (Math.abs(size - 1) < 1e-9) return "threshold";
    if (size > 1) return "diverges";
    return factor < -1e-9 ? "alternates" : "approaches";
  };

  // -- Computations: convolution -------------------------------------------------

  const outputSize = (size, kernelSize, stride, padding) =>
    Math.floor((size + 2 * padding - kernelSize) / stride) + 1;

  // Pixel and weight of each product that makes up one number of the output.
  const convolutionTerms = (image, kernel, { stride, padding }, row, column) =>
    kernel.flatMap((weights, u) =>
      weights.map((weight, v) => ({
        pixel: image[row * stride + u - padding]?.[column * stride + v - padding] ?? 0,
        weight,
      }))
    );

  const addUp = (terms) =>
    terms.reduce((sum, { pixel, weight }) => sum + pixel * weight, 0);

  const convolve = (image, kernel, options) => {
    const { stride, padding } = options;
    const rows = outputSize(image.length, kernel.length, stride, padding);
    const columns = outputSize(image[0].length, kernel[0].length, stride, padding);
    return Array.from({ length: rows }, (_, row) =>
      Array.from({ length: columns }, (_, column) =>
        addUp(convolutionTerms(image, kernel, options, row, column))
      )
    );
  };

  // -- Computations: softmax -----------------------------------------------------

  const total = (numbers) => numbers.reduce((sum, number) => sum + number, 0);

  const softmax = (logits, temperature = 1) => {
    const largest = Math.max(...logits);
    // Subtracting first: no exponential is larger than 1.
    const powers = logits.map((logit) => Math.exp((logit - largest) / temperature));
    const sum = total(powers);
    return powers.map((power) => power / sum);
  };

  // The formula to the letter, every number rounded to float32, as on a GPU.
  const naiveSoftmax32 = (logits, temperature = 1) => {
    const powers = logits.map((logit) =>
      Math.fround(Math.exp(Math.fround(logit / temperature)))
    );
    const sum = powers.reduce((part, power) => Math.fround(part + power), 0);
    return powers.map((power) => Math.fround(power / sum));
  };

  const entropy = (probabilities) =>
    -total(probabilities.map((p) => (p > 0 ? p * Math.log(p) : 0)));

  // -- Computations: polynomials -------------------------------------------------

  // A sequence of uniform numbers in [0, 1) that is the same everywhere (mulberry32).
  const uniforms = (seed) => {
    let state = seed | 0;
    return () => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
  };
  const normals = (seed) => {
    const uniform = uniforms(seed);
    return () =>
      Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  };

  const target = (x) => Math.sin(Math.PI * x);

  // One point in each of `count` equal parts of [−1, 1].
  const polynomialData = (count, noise, seed) => {
    const uniform = uniforms(seed);
    const normal = normals(seed + 1e6);
    const x = Array.from({ length: count }, (_, i) => (2 * (i + uniform())) / count - 1);
    return { x, y: x.map((place) => target(place) + noise * normal()) };
  };

  // The Chebyshev polynomials 0 to `degree` at x: far better conditioned than powers.
  const chebyshev = (x, degree) => {
    const values = [1, x];
    for (let k = 2; k <= degree; k += 1) {
      values.push(2 * x * values[k - 1] - values[k - 2]);
    }
    return values.slice(0, degree + 1);
  };

  // Solve min ‖A w − y‖ by Householder reflections: QR, not the normal equations,
  // which would square the condition number.
  const leastSquares = (matrix, y) => {
    const [rows, columns] = [matrix.length, matrix[0].length];
    if (rows < columns) {
      throw new RangeError(
        `${columns} unknowns need at least ${columns} equations, got ${rows}`
      );
    }
    const a = matrix.map((row, i) => [...row, y[i]]);
    for (let k = 0; k < columns; k += 1) {
      const norm = Math.hypot(...a.slice(k).map((row) => row[k]));
      if (norm === 0) throw new RangeError(`column ${k} depends on those before it`);
      const corner = a[k][k] > 0 ? -norm : norm; // no cancellation in the next line
      const mirror = a.map((row, i) => (i < k ? 0 : row[k] - (i === k ? corner : 0)));
      const scale = -corner * mirror[k]; // half the square of the mirror's length
      for (let j = k; j <= columns; j += 1) {
        const share = total(mirror.map((m, i) => m * a[i][j])) / scale;
        for (let i = k; i < rows; i += 1) a[i][j] -= share * mirror[i];
      }
    }
    const solution = new Array(columns).fill(0);
    for (let k = columns - 1; k >= 0; k -= 1) {
      const known = total(solution.map((w, j) => (j > k ? w * a[k][j] : 0)));
      solution[k] = (a[k][columns] - known) / a[k][k];
    }
    return solution;
  };

  const fitPolynomial = ({ x, y }, degree) =>
    leastSquares(x.map((place) => chebyshev(place, degree)), y);
  const evaluatePolynomial = (weights, x) =>
    total(chebyshev(x, weights.length - 1).map((value, k) => weights[k] * value));
  const rootMeanSquare = (weights, { x, y }) =>
    Math.hypot(...x.map((place, i) => evaluatePolynomial(weights, place) - y[i])) /
    Math.sqrt(x.length);

  window.d2lnotesExplorables = Object.freeze({
    activations,
    convolutionTerms,
    convolve,
    curves,
    entropy,
    evaluatePolynomial,
    fitPolynomial,
    gradientDescent,
    leastSquares,
    naiveSoftmax32,
    polynomialData,
    rootMeanSquare,
    softmax,
    verdict,
  });

  // -- The kit: numbers and words ------------------------------------------------

  const MINUS = "\u2212";
  const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

  const superscript = (exponent) =>
    (exponent < 0 ? "⁻" : "") +
    [...String(Math.abs(exponent))].map((digit) => SUPERSCRIPTS[digit]).join("");

  // A number as a book prints it: 0.105, −3.2 × 10⁻⁵, ∞.
  const show = (number, digits = 3) => {
    if (Number.isNaN(number)) return "NaN";
    if (!Number.isFinite(number)) return number > 0 ? "∞" : `${MINUS}∞`;
    const size = Math.abs(number);
    if (size !== 0 && (size < 10 ** -digits || size >= 1e5)) {
      const [mantissa, exponent] = number.toExponential(1).split("e");
      return `${mantissa.replace("-", MINUS)} × 10${superscript(Number(exponent))}`;
    }
    // Adding 0 turns −0 into 0.
    return (Number(number.toFixed(digits)) + 0).toFixed(digits).replace("-", MINUS);
  };
  // The same without zeros at the end: 2, 0.25, −1.
  const brief = (number, digits = 2) => {
    const text = show(number, digits);
    return text.includes(".") && !text.includes("×") ? text.replace(/\.?0+$/, "") : text;
  };
  const fill = (sentence, values) =>
    sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);

  // -- The kit: drawings ---------------------------------------------------------

  const make = (tag, attributes = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      node.setAttribute(name, value);
    }
    node.append(...children);
    return node;
  };
  const shape = (tag, attributes = {}, ...children) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) {
      node.setAttribute(name, value);
    }
    node.append(...children);
    return node;
  };

  // Round numbers in [low, high], about `count` of them.
  const ticks = (low, high, count) => {
    const rough = (high - low) / count;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
    const first = Math.ceil(low / step - 1e-9);
    const last = Math.floor(high / step + 1e-9);
    return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  };

  // One drawing, as large on the screen as its box: text keeps its size on a phone.
  class Panel {
    constructor(label) {
      this.svg = shape("svg", { role: "img", "aria-label": label });
    }

    clear() {
      this.width = this.svg.clientWidth;
      this.height = this.svg.clientHeight;
      this.svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
      this.svg.replaceChildren();
    }

    // Axes over the ranges x and y; `log` gives y a logarithmic scale. What is drawn
    // afterwards is in these units, and cut off at the frame.
    axes({ x, y, xLabel, yLabel, log = false, legend = [] }) {
      this.clear();
      const box = { left: 46, right: this.width - 12, top: 26, bottom: this.height - 38 };
      const toUnit = log ? Math.log10 : (value) => value;
      const [low, high] = y.map(toUnit);
      this.x = (value) => ((value - x[0]) / (x[1] - x[0])) * (box.right - box.left);
      this.y = (value) =>
        (1 - (toUnit(value) - low) / (high - low)) * (box.bottom - box.top);
      for (const value of ticks(x[0], x[1], 6)) {
        const place = box.left + this.x(value);
        this.#rule(place, box.top, place, box.bottom);
        this.#label(place, box.bottom + 15, brief(value, 2), "middle");
      }
      // A logarithmic axis has its marks at whole powers of ten.
      const marks = ticks(low, high, log ? 6 : 4).filter((mark) => !log || Number.isInteger(mark));
      for (const mark of marks) {
        const place = box.top + this.y(log ? 10 ** mark : mark);
        const text = log ? `10${superscript(mark)}` : brief(mark, 2);
        this.#rule(box.left, place, box.right, place);
        this.#label(box.left - 6, place + 4, text, "end");
      }
      this.#label((box.left + box.right) / 2, box.bottom + 32, xLabel, "middle");
      this.#label(4, 15, yLabel, "start");
      this.#legend(legend, box.right);
      const [width, height] = [box.right - box.left, box.bottom - box.top];
      const frame = { x: box.left, y: box.top, width, height };
      this.marks = shape("svg", frame); // a nested svg cuts off what lies outside it
      this.svg.append(shape("rect", { ...frame, class: "frame" }), this.marks);
    }

    #rule(x1, y1, x2, y2) {
      this.svg.append(shape("line", { x1, y1, x2, y2, class: "grid" }));
    }

    #label(x, y, text, anchor) {
      this.svg.append(shape("text", { x, y, "text-anchor": anchor }, text));
    }

    // From the right: a piece of each line, and what it is.
    #legend(entries, right) {
      let end = right;
      for (const [kind, text] of [...entries].reverse()) {
        const label = shape("text", { x: end, y: 15, "text-anchor": "end" }, text);
        this.svg.append(label);
        const start = end - label.getComputedTextLength();
        const mark = kind.startsWith("dot")
          ? shape("circle", { cx: start - 9, cy: 11, r: 4, class: kind })
          : shape("line", { x1: start - 24, x2: start - 5, y1: 11, y2: 11, class: kind });
        this.svg.append(mark);
        end = start - 34;
      }
    }

    line(points, kind) {
      // A browser refuses numbers that are no floats: far away is far enough.
      const near = (place) => Math.min(Math.max(place, -1e5), 1e5);
      const places = points.map(([x, y]) => `${near(this.x(x))},${near(this.y(y))}`);
      this.marks.append(shape("polyline", { points: places.join(" "), class: kind }));
    }

    curve(f, [low, high], kind) {
      const places = Array.from({ length: 241 }, (_, i) => low + ((high - low) * i) / 240);
      this.line(places.map((x) => [x, f(x)]), kind);
    }

    dot([x, y], kind, r = 4) {
      const place = { cx: this.x(x), cy: this.y(y), r, class: kind };
      this.marks.append(shape("circle", place));
    }
  }

  // Text on a color is black or white, whichever is easier to read on it.
  const luminance = (color) => {
    const [r, g, b] = color.map((part) => {
      const unit = part / 255;
      return unit <= 0.04045 ? unit / 12.92 : ((unit + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const inkOn = (color) => (luminance(color) > 0.179 ? "#000" : "#fff");

  // A grid of numbers on their colors, as large as fits, at most 38 pixels a cell.
  const drawCells = (panel, numbers, { color, isPadding = () => false, frame, title }) => {
    panel.clear();
    const [rows, columns] = [numbers.length, numbers[0].length];
    const room = Math.min((panel.width - 8) / columns, (panel.height - 32) / rows);
    const size = Math.min(room, 38);
    const left = (panel.width - size * columns) / 2;
    panel.svg.append(
      shape("text", { x: panel.width / 2, y: 15, "text-anchor": "middle" }, title)
    );
    numbers.forEach((row, i) =>
      row.forEach((number, j) => {
        const [x, y] = [left + j * size, 26 + i * size];
        const shade = color(number);
        const text = brief(number, Math.abs(number) < 10 ? 1 : 0);
        const font = text.length > 3 ? size / 3 : size / 2.2;
        const box = shape("rect", { x, y, width: size, height: size, class: "cell" });
        const label = shape(
          "text",
          { x: x + size / 2, y: y + size / 2 + font * 0.36, "text-anchor": "middle" },
          text
        );
        label.style.fontSize = `${font}px`;
        if (isPadding(i, j)) {
          box.classList.add("padding");
        } else {
          box.style.fill = `rgb(${shade})`;
          label.style.fill = inkOn(shade);
        }
        panel.svg.append(box, label);
      })
    );
    const { row, column, height, width } = frame;
    const window_ = {
      x: left + column * size,
      y: 26 + row * size,
      width: width * size,
      height: height * size,
    };
    panel.svg.append(
      shape("rect", { ...window_, class: "halo" }),
      shape("rect", { ...window_, class: "window" })
    );
  };

  // -- The kit: controls ---------------------------------------------------------

  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  let count = 0; // of all controls, so that ids differ

  // What a widget is built from. `words` are its texts, by name, in the page's language.
  class Kit {
    constructor(body, words) {
      this.words = words;
      this.update = () => {};
      this.#controls = make("div", { class: "explorable-controls" });
      this.#panels = make("div", { class: "explorable-panels" });
      this.#readout = make("div", { class: "explorable-readout", "aria-live": "polite" });
      const title = make("p", { class: "explorable-title", id: this.#id() }, words.title);
      body.setAttribute("role", "group");
      body.setAttribute("aria-labelledby", title.id);
      body.append(title, this.#panels, this.#readout, this.#controls);
      body.addEventListener("input", () => {
        this.stop();
        this.update();
      });
      // On paper the drawings have no size, and there is nothing to draw.
      new ResizeObserver(([{ contentRect }]) => {
        if (contentRect.width > 0) this.update();
      }).observe(this.#panels);
    }

    #controls;
    #panels;
    #readout;
    #timer = null;
    #initial = [];

    #id() {
      count += 1;
      return `explorable-${count}`;
    }

    // A number from `min` to `max`; `text` says it in words.
    range(name, { min, max, step, value, text = (number) => brief(number) }) {
      const input = make("input", { type: "range", id: this.#id(), min, max, step, value });
      const shown = make("span", { class: "value", "aria-hidden": "true" });
      this.#place(name, input, shown);
      const control = {
        get value() {
          return Number(input.value);
        },
        set value(number) {
          input.value = number;
          control.say();
        },
        limit: (limits) => {
          for (const [key, limit] of Object.entries(limits)) input.setAttribute(key, limit);
          control.say();
        },
        say: () => {
          shown.textContent = text(control.value);
          input.setAttribute("aria-valuetext", shown.textContent);
        },
      };
      input.addEventListener("input", control.say);
      this.#initial.push(() => {
        for (const [key, limit] of Object.entries({ min, max, step })) {
          input.setAttribute(key, limit);
        }
        control.value = value;
      });
      control.say();
      return control;
    }

    // A choice; `options` holds value and text of each.
    choice(name, options) {
      const items = options.map(([value, text]) => make("option", { value }, text));
      const input = make("select", { id: this.#id() }, ...items);
      this.#place(name, input);
      this.#initial.push(() => {
        input.value = options[0][0];
      });
      return input;
    }

    // A square of numbers to type, `size` at a side.
    numbers(name, size, label) {
      const inputs = Array.from({ length: size * size }, (_, i) => {
        const [row, column] = [Math.floor(i / size), i % size];
        const text = fill(label, { row, column });
        const attributes = { type: "number", step: "any", "aria-label": text };
        return make("input", { ...attributes, min: -99, max: 99 });
      });
      const grid = make("div", { class: "numbers" }, ...inputs);
      const legend = make("legend", {}, this.words[name]);
      this.#controls.append(
        make("fieldset", { class: "explorable-control" }, legend, grid)
      );
      return inputs;
    }

    buttons(actions) {
      const row = make("div", { class: "explorable-control buttons" });
      for (const [name, act] of Object.entries(actions)) {
        const button = make("button", { type: "button", name }, this.words[name]);
        button.addEventListener("click", act);
        row.append(button);
      }
      this.#controls.append(row);
      return row;
    }

    reset() {
      this.stop();
      for (const restore of this.#initial) restore();
    }

    panel(name) {
      const panel = new Panel(this.words[name]);
      this.#panels.append(panel.svg);
      return panel;
    }

    // One paragraph for each sentence. What has not changed is not read out again.
    tell(...sentences) {
      const old = [...this.#readout.children].map((line) => line.textContent);
      if (old.join("\n") === sentences.join("\n")) return;
      this.#readout.replaceChildren(...sentences.map((line) => make("p", {}, line)));
    }

    // Call `step` until it returns false: twice a second, or all at once for a reader
    // who asked for less motion.
    play(button, step) {
      if (this.#timer !== null) {
        this.stop();
      } else if (calm.matches) {
        while (step());
      } else {
        button.textContent = this.words.stop;
        this.#timer = setInterval(() => step() || this.stop(), 500);
        this.#ended = () => {
          button.textContent = this.words.run;
        };
      }
    }

    #ended = () => {};

    stop() {
      if (this.#timer === null) return;
      clearInterval(this.#timer);
      this.#timer = null;
      this.#ended();
    }

    #place(name, input, ...more) {
      const label = make("label", { for: input.id }, this.words[name]);
      input.setAttribute("name", name);
      const box = make("div", { class: "explorable-control" }, label, ...more, input);
      this.#controls.append(box);
    }
  }

  // -- Widget: activation functions ----------------------------------------------

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
    kit.buttons({
      reset: () => {
        kit.reset();
        kit.update();
      },
    });
    const panel = kit.panel("drawing");

    kit.update = () => {
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
      panel.dot([x, height], "dot-first");
      kit.tell(
        fill(words.point, { x: brief(x), value: show(height), slope: show(rise) }),
        fill(words.product, { layers: layers.value, product: show(rise ** layers.value) }),
        words[kink && x === 0 ? "kink" : passage(rise)]
      );
    };
  };

  // -- Widget: gradient descent --------------------------------------------------

  const MOST_STEPS = 50;

  const showDescent = (kit) => {
    const { words } = kit;
    const names = Object.keys(curves).map((name) => [name, words[name]]);
    const choice = kit.choice("curve", names);
    const { rates } = curves.quadratic;
    const rate = kit.range("rate", { min: rates.step, ...rates, text: (n) => brief(n, 3) });
    const start = kit.range("start", { min: -2, max: 2, step: 0.05, value: 1.8 });
    const steps = kit.range("steps", { min: 0, max: MOST_STEPS, step: 1, value: 10 });
    const advance = () => {
      steps.value += 1;
      kit.update();
      return steps.value < MOST_STEPS;
    };
    kit.buttons({
      step: () => {
        kit.stop();
        advance();
      },
      run: (event) => kit.play(event.currentTarget, advance),
      reset: () => {
        kit.reset();
        kit.update();
      },
    });
    choice.addEventListener("input", () => {
      const { max, step, value } = curves[choice.value].rates;
      rate.limit({ min: step, max, step });
      rate.value = value;
    });
    const road = kit.panel("road");
    const losses = kit.panel("losses");

    const drawRoad = (curve, points) => {
      const axes = { x: [-2.2, 2.2], y: [-0.5, 4], xLabel: "x", yLabel: "f(x)" };
      if (choice.value === "valley") {
        road.axes({ ...axes, y: [-1.1, 1.1], yLabel: "y" });
        for (const level of [0.1, 0.5, 1.2, 2.2, 3.6]) {
          const [a, b] = [Math.sqrt(2 * level), Math.sqrt(level / 5)];
          const angles = Array.from({ length: 121 }, (_, i) => (i * Math.PI) / 60);
          road.line(angles.map((t) => [a * Math.cos(t), b * Math.sin(t)]), "grid-strong");
        }
      } else {
        road.axes(axes);
        road.curve((x) => curve.value([x]), axes.x, "first");
      }
      const place = (point) => [point[0], point[1] ?? curve.value(point)];
      road.line(points.map(place), "thin");
      for (const point of points) road.dot(place(point), "dot-second", 3);
      road.dot(place(points[0]), "ring", 6);
      road.dot(place(points.at(-1)), "dot-second", 6);
    };

    const drawLosses = (curve, points) => {
      const gaps = points.map((point) => curve.value(point) - curve.least);
      losses.axes({
        x: [0, MOST_STEPS],
        y: [1e-8, 1e4],
        log: true,
        xLabel: words.stepAxis,
        yLabel: words.gapAxis,
      });
      // Nothing is below the smallest number of a logarithmic axis.
      const marks = gaps.map((gap, step) => [step, Math.max(gap, 1e-9)]);
      losses.line(marks, "second");
      for (const mark of marks) losses.dot(mark, "dot-second", 2.5);
    };

    const judge = (curve, points) => {
      const eta = rate.value;
      const end = points.at(-1);
      const values = { rate: brief(eta, 3) };
      if (curve.curvature) {
        const factor = stepFactor(curve.curvature, eta);
        const limit = brief(2 / curve.curvature, 3);
        const sentence = fill(words[verdict(factor)], {
          ...values,
          limit,
          factor: brief(factor, 3),
        });
        if (!curve.slowest) return [sentence];
        const slow = brief(stepFactor(curve.slowest, eta), 3);
        return [sentence, fill(words.slow, { slow, factor: brief(factor, 3) })];
      }
      if (curve.minima) {
        const limits = curve.minima.map((x) => brief(2 / curve.bend(x), 3));
        const near = curve.minima.find((x) => Math.abs(x - end[0]) < 0.01);
        const where = near !== undefined
          ? fill(words.arrived, { x: brief(near, 3) })
          : fill(words.underway, { x: brief(end[0], 3) });
        return [where, fill(words.limits, { left: limits[0], right: limits[1] })];
      }
      return [fill(words.constant, values)];
    };

    kit.update = () => {
      const curve = curves[choice.value];
      const points = gradientDescent(
        choice.value,
        curve.start(start.value),
        rate.value,
        steps.value
      );
      drawRoad(curve, points);
      drawLosses(curve, points);
      const end = points.at(-1);
      const lost = end.some((coordinate) => Math.abs(coordinate) >= FAR);
      const place = end.map((coordinate) => brief(coordinate, 4)).join(", ");
      const value = brief(curve.value(end), 4);
      const now = { step: points.length - 1, place, value };
      kit.tell(fill(lost ? words.lost : words.now, now), ...judge(curve, points));
    };
  };

  // -- Widget: convolution -------------------------------------------------------

  const picture = (...rows) => rows.map((row) => [...row].map(Number));
  const pictures = {
    edge: picture("00011", "00011", "00011", "00011", "00011"),
    square: picture(
      "99990000", "99990000", "99990000", "99990000",
      "00000000", "00000000", "00000000", "00000000"
    ),
    slope: picture(
      "90000000", "89000000", "08900000", "00890000",
      "00089000", "00008900", "00000890", "00000089"
    ),
    dot: picture("0000000", "0000000", "0000000", "0009000", "0000000", "0000000", "0000000"),
  };
  const kernels = {
    pair: [[-1, 1], [-1, 1]],
    vertical: [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    horizontal: [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    blur: [[1, 2, 1], [2, 4, 2], [1, 2, 1]].map((row) => row.map((w) => w / 16)),
    sharpen: [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    outline: [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    shift: [[0, 0, 0], [1, 0, 0], [0, 0, 0]],
  };
  const KERNEL_SIDE = 3;
  const mix = (color, share) => color.map((part) => Math.round(255 + (part - 255) * share));

  const showConvolution = (kit) => {
    const { words } = kit;
    const named = (things) => Object.keys(things).map((name) => [name, words[name]]);
    const scene = kit.choice("image", named(pictures));
    const preset = kit.choice("kernel", [...named(kernels), ["own", words.own]]);
    const cells = kit.numbers("weights", KERNEL_SIDE, words.weight);
    const stride = kit.range("stride", { min: 1, max: 3, step: 1, value: 1 });
    const padding = kit.range("padding", { min: 0, max: 2, step: 1, value: 0 });
    const row = kit.range("row", { min: 0, max: 3, step: 1, value: 0 });
    const column = kit.range("column", { min: 0, max: 3, step: 1, value: 2 });
    let side = 2;

    const setKernel = (name) => {
      const weights = kernels[name];
      if (!weights) return; // the reader's own: the numbers stay
      side = weights.length;
      cells.forEach((cell, i) => {
        const weight = weights[Math.floor(i / KERNEL_SIDE)]?.[i % KERNEL_SIDE];
        cell.disabled = weight === undefined;
        cell.value = weight ?? "";
      });
    };
    const readKernel = () =>
      Array.from({ length: side }, (_, u) =>
        // An empty field counts as 0.
        Array.from({ length: side }, (_, v) => Number(cells[u * KERNEL_SIDE + v].value))
      );
    const sides = () => {
      const size = pictures[scene.value].length;
      return outputSize(size, side, stride.value, padding.value);
    };
    const advance = () => {
      const last = sides() - 1;
      const place = row.value * (last + 1) + column.value + 1;
      if (place > last * (last + 2)) return false;
      row.value = Math.floor(place / (last + 1));
      column.value = place % (last + 1);
      kit.update();
      return true;
    };
    const rewind = () => {
      row.value = 0;
      column.value = 0;
      kit.update();
    };
    kit.buttons({
      next: () => {
        kit.stop();
        if (!advance()) rewind();
      },
      run: (event) => {
        if (row.value === sides() - 1 && column.value === sides() - 1) rewind();
        kit.play(event.currentTarget, advance);
      },
      reset: () => {
        kit.reset();
        setKernel(preset.value);
        kit.update();
      },
    });
    preset.addEventListener("input", () => setKernel(preset.value));
    for (const cell of cells) {
      cell.addEventListener("input", () => {
        preset.value = "own";
      });
    }
    const input = kit.panel("before");
    const output = kit.panel("after");
    setKernel(preset.value);

    kit.update = () => {
      const image = pictures[scene.value];
      const options = { stride: stride.value, padding: padding.value };
      row.limit({ max: sides() - 1 });
      column.limit({ max: sides() - 1 });
      const place = [row.value, column.value];
      const kernel = readKernel();
      const ring = options.padding;
      const size = image.length + 2 * ring;
      const isPadding = (i, j) =>
        Math.min(i, j) < ring || Math.max(i, j) >= size - ring;
      const padded = Array.from({ length: size }, (_, i) =>
        Array.from({ length: size }, (_, j) => image[i - ring]?.[j - ring] ?? 0)
      );
      const brightest = Math.max(...image.flat());
      drawCells(input, padded, {
        color: (pixel) => new Array(3).fill(Math.round(30 + (225 * pixel) / brightest)),
        isPadding,
        frame: {
          row: place[0] * options.stride,
          column: place[1] * options.stride,
          height: side,
          width: side,
        },
        title: fill(words.inputTitle, { size: image.length }),
      });
      const result = convolve(image, kernel, options);
      const largest = Math.max(...result.flat().map(Math.abs)) || 1;
      drawCells(output, result, {
        color: (sum) =>
          mix(sum < 0 ? [180, 70, 0] : [10, 80, 160], Math.abs(sum) / largest),
        frame: { row: place[0], column: place[1], height: 1, width: 1 },
        title: fill(words.outputTitle, { size: result.length }),
      });
      const terms = convolutionTerms(image, kernel, options, ...place);
      const factor = (number) => (number < 0 ? `(${brief(number, 4)})` : brief(number, 4));
      const sum = terms.map(({ pixel, weight }) => `${pixel}·${factor(weight)}`);
      const answer = brief(addUp(terms), 4);
      kit.tell(
        fill(words.here, { row: place[0], column: place[1] }),
        `${sum.join(" + ")} = ${answer}`,
        fill(words.size, {
          size: image.length,
          padding: ring,
          side,
          stride: options.stride,
          result: result.length,
        })
      );
    };
  };

  // -- Widget: softmax with temperature ------------------------------------------

  const CLASSES = ["A", "B", "C", "D"];

  const showSoftmax = (kit) => {
    const { words } = kit;
    const scores = [1, 3, -1, 2].map((value, i) =>
      kit.range(`score${CLASSES[i]}`, { min: -5, max: 5, step: 0.1, value })
    );
    // The slider is logarithmic: a step multiplies the temperature.
    const toTemperature = (exponent) => 10 ** exponent;
    const temperature = kit.range("temperature", {
      min: -1.5,
      max: 1.5,
      step: 0.05,
      value: 0,
      text: (exponent) => show(toTemperature(exponent)),
    });
    const shift = kit.range("shift", { min: 0, max: 100, step: 1, value: 0 });
    kit.buttons({
      reset: () => {
        kit.reset();
        kit.update();
      },
    });
    const bars = kit.panel("bars");
    const graph = kit.panel("graph");

    const drawBars = (probabilities) => {
      bars.clear();
      const room = bars.width - 110;
      bars.svg.append(shape("text", { x: 4, y: 15 }, words.probability));
      probabilities.forEach((p, i) => {
        const y = 30 + (i * (bars.height - 40)) / CLASSES.length;
        const width = Math.max(p * room, 1);
        bars.svg.append(
          shape("text", { x: 16, y: y + 24, "text-anchor": "middle" }, CLASSES[i]),
          shape("rect", { x: 32, y: y + 4, width: room, height: 30, class: "frame" }),
          shape("rect", { x: 32, y: y + 4, width, height: 30, class: "bar" }),
          shape("text", { x: 40 + room, y: y + 24 }, show(p))
        );
      });
    };

    const drawGraph = (logits, exponent, uncertainty) => {
      graph.axes({
        x: [-1.5, 1.5],
        y: [0, 1.5],
        xLabel: words.temperatureAxis,
        yLabel: words.entropyAxis,
      });
      graph.line([[-2, Math.log(4)], [2, Math.log(4)]], "guide");
      graph.curve(
        (place) => entropy(softmax(logits, toTemperature(place))),
        [-1.5, 1.5],
        "first"
      );
      graph.dot([exponent, uncertainty], "dot-first", 6);
    };

    kit.update = () => {
      const logits = scores.map((score) => score.value + shift.value);
      const t = toTemperature(temperature.value);
      const probabilities = softmax(logits, t);
      const uncertainty = entropy(probabilities);
      drawBars(probabilities);
      drawGraph(logits, temperature.value, uncertainty);
      const naive = naiveSoftmax32(logits, t);
      kit.tell(
        fill(words.now, {
          temperature: show(t),
          largest: show(Math.max(...probabilities)),
          entropy: show(uncertainty),
        }),
        fill(naive.some(Number.isNaN) ? words.overflow : words.agree, {
          naive: naive.map((p) => show(p)).join(", "),
          top: brief(Math.max(...logits) / t, 1),
        })
      );
    };
  };

  // -- Widget: overfitting by polynomial degree ----------------------------------

  const HELD_OUT = 400;
  const HIGHEST_DEGREE = 15;

  const showPolynomials = (kit) => {
    const { words } = kit;
    const degree = kit.range("degree", { min: 0, max: HIGHEST_DEGREE, step: 1, value: 3 });
    const points = kit.range("points", { min: 6, max: 60, step: 1, value: 16 });
    const noise = kit.range("noise", { min: 0, max: 0.6, step: 0.02, value: 0.3 });
    let seed = 1;
    kit.buttons({
      draw: () => {
        seed += 1;
        kit.update();
      },
      reset: () => {
        seed = 1;
        kit.reset();
        kit.update();
      },
    });
    const fitted = kit.panel("fitted");
    const errors = kit.panel("errors");

    kit.update = () => {
      // Through n points goes exactly one polynomial of degree n − 1.
      degree.limit({ max: Math.min(HIGHEST_DEGREE, points.value - 1) });
      const train = polynomialData(points.value, noise.value, seed);
      const heldOut = polynomialData(HELD_OUT, noise.value, seed + 5e5);
      const top = Math.min(HIGHEST_DEGREE, points.value - 1);
      const fits = Array.from({ length: top + 1 }, (_, d) => fitPolynomial(train, d));
      const own = fits.map((weights) => rootMeanSquare(weights, train));
      const held = fits.map((weights) => rootMeanSquare(weights, heldOut));
      const best = held.indexOf(Math.min(...held));
      const d = degree.value;

      fitted.axes({
        x: [-1, 1],
        y: [-2, 2],
        xLabel: "x",
        yLabel: "y",
        legend: [
          ["first", words.fit],
          ["guide", words.truth],
          ["dot-second", words.data],
        ],
      });
      fitted.curve(target, [-1, 1], "guide");
      fitted.curve((x) => evaluatePolynomial(fits[d], x), [-1, 1], "first");
      train.x.forEach((x, i) => fitted.dot([x, train.y[i]], "dot-second"));

      errors.axes({
        x: [0, HIGHEST_DEGREE],
        y: [0.01, 10],
        log: true,
        xLabel: words.degreeAxis,
        yLabel: words.errorAxis,
        legend: [
          ["first", words.trainError],
          ["second", words.heldError],
        ],
      });
      const visible = (list) => list.map((error, k) => [k, Math.max(error, 1e-3)]);
      errors.line([[d, 1e-3], [d, 1e3]], "guide");
      errors.line(visible(own), "first");
      errors.line(visible(held), "second");
      errors.dot([d, Math.max(own[d], 1e-3)], "dot-first", 5);
      errors.dot([d, held[d]], "dot-second", 5);
      kit.tell(
        fill(words.now, { degree: d, train: show(own[d]), held: show(held[d]) }),
        fill(words.best, { best, error: show(held[best]), noise: brief(noise.value) }),
        words[held[d] < 1.1 * held[best] ? "right" : d > best ? "over" : "under"]
      );
    };
  };

  // -- Start ---------------------------------------------------------------------

  const widgets = {
    activations: showActivations,
    "gradient-descent": showDescent,
    convolution: showConvolution,
    "softmax-temperature": showSoftmax,
    "polynomial-overfitting": showPolynomials,
  };

  for (const place of document.querySelectorAll("[data-explorable]")) {
    const body = place.querySelector(".explorable-body");
    try {
      const kit = new Kit(body, JSON.parse(place.dataset.words));
      widgets[place.dataset.explorable](kit);
      kit.update();
    } catch (error) {
      // The figure is better than half a widget.
      body.replaceChildren();
      place.classList.add("failed");
      console.error(error);
    }
  }
})();
