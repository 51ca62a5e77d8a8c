// The kit of the explorables: figures that compute, in the reader's browser, from what
// the reader sets. It makes numbers, words, drawings and labelled controls; each widget
// is a folder beside this file. Works from file://; the words come from the page, in its
// language.
"use strict";

(() => {
  // -- Numbers and words ---------------------------------------------------------

  const total = (numbers) => numbers.reduce((sum, number) => sum + number, 0);

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

  // -- Drawings ------------------------------------------------------------------

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

  // -- Controls ------------------------------------------------------------------

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

  // -- Widgets -------------------------------------------------------------------

  // Start `widget` in its places on this page. What it computes, without knowing of the
  // page, is kept where tests find it.
  const define = (name, widget, computations = {}) => {
    Object.assign(window.d2lnotesExplorables, computations);
    for (const place of document.querySelectorAll(`[data-explorable="${name}"]`)) {
      const body = place.querySelector(".explorable-body");
      try {
        const kit = new Kit(body, JSON.parse(place.dataset.words));
        widget(kit);
        kit.update();
      } catch (error) {
        // The figure is better than half a widget.
        body.replaceChildren();
        place.classList.add("failed");
        console.error(error);
      }
    }
  };

  window.d2lnotesExplorables = { brief, define, drawCells, fill, shape, show, total };
})();
