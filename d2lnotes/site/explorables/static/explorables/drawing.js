// What explorables say and draw: numbers as a book prints them, axes, lines, marks where
// something leaves the frame, cells. Nothing here listens to the reader.
"use strict";

window.d2lnotesExplorables = {};

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

  const clamp = (number, low, high) => Math.min(Math.max(number, low), high);

  // What stands around the frame of a drawing, in pixels: numbers, words, the legend.
  const EDGE = { left: 46, right: 12, top: 26, bottom: 38 };

  // One drawing, as large on the screen as its box: text keeps its size on a phone. What
  // a reader can take hold of lies above it in `root`, and outlives a new drawing.
  class Panel {
    constructor(label) {
      this.svg = shape("svg", { role: "img", "aria-label": label });
      this.root = make("div", { class: "explorable-panel" }, this.svg);
    }

    clear() {
      this.width = this.svg.clientWidth;
      this.height = this.svg.clientHeight;
      this.svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
      this.svg.replaceChildren();
    }

    // How far a drawing goes to either side, in units, if it goes `reach` up and down and
    // has one scale on both axes, so that right angles look right.
    evenReach(reach) {
      const width = this.svg.clientWidth - EDGE.left - EDGE.right;
      const height = this.svg.clientHeight - EDGE.top - EDGE.bottom;
      return (reach * width) / Math.max(height, 1);
    }

    // Axes over the ranges x and y; `log` gives y a logarithmic scale. What is drawn
    // afterwards is in these units, and cut off at the frame.
    axes({ x, y, xLabel, yLabel, log = false, legend = [] }) {
      this.clear();
      const box = {
        left: EDGE.left,
        right: this.width - EDGE.right,
        top: EDGE.top,
        bottom: this.height - EDGE.bottom,
      };
      const toUnit = log ? Math.log10 : (value) => value;
      const fromUnit = log ? (value) => 10 ** value : (value) => value;
      const [low, high] = y.map(toUnit);
      this.x = (value) => ((value - x[0]) / (x[1] - x[0])) * (box.right - box.left);
      this.y = (value) =>
        (1 - (toUnit(value) - low) / (high - low)) * (box.bottom - box.top);
      const room = box.right - box.left; // for numbers side by side
      for (const value of ticks(x[0], x[1], room < 150 ? 3 : 6)) {
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
      this.frame = frame;
      // From units to the pixels of the panel, no farther than the frame, and back.
      this.pixel = ([a, b]) => [
        frame.x + clamp(this.x(a), 0, width),
        frame.y + clamp(this.y(b), 0, height),
      ];
      this.units = ([left, top]) => [
        x[0] + ((left - frame.x) / width) * (x[1] - x[0]),
        fromUnit(high - ((top - frame.y) / height) * (high - low)),
      ];
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
      const near = (place) => clamp(place, -1e5, 1e5);
      const places = points.map(([x, y]) => `${near(this.x(x))},${near(this.y(y))}`);
      this.marks.append(shape("polyline", { points: places.join(" "), class: kind }));
    }

    curve(f, [low, high], kind) {
      const places = Array.from({ length: 241 }, (_, i) => low + ((high - low) * i) / 240);
      const points = places.map((x) => [x, f(x)]);
      this.line(points, kind);
      return points;
    }

    dot([x, y], kind, r = 4) {
      const place = { cx: this.x(x), cy: this.y(y), r, class: kind };
      this.marks.append(shape("circle", place));
    }

    // What leaves the frame says so: at each edge, an arrow for the point that lies
    // farthest beyond it, and `text` of that point.
    beyond(points, text) {
      const farthest = new Map();
      for (const point of points) {
        const { edge, far } = this.#overshoot(point);
        if (far > (farthest.get(edge)?.far ?? 0)) farthest.set(edge, { far, point });
      }
      for (const [edge, { point }] of farthest) this.#arrow(edge, point, text(point));
    }

    // The edge that a point lies beyond, and by how many widths or heights of the frame.
    #overshoot([x, y]) {
      const { width, height } = this.frame;
      const [left, top] = [this.x(x) / width, this.y(y) / height];
      const sides = { left: -left, right: left - 1, top: -top, bottom: top - 1 };
      const [edge, far] = Object.entries(sides).reduce((a, b) => (b[1] > a[1] ? b : a));
      return { edge, far };
    }

    #arrow(edge, point, text) {
      const { x, y, width, height } = this.frame;
      const [left, top] = this.pixel(point);
      const turn = { top: 0, right: 90, bottom: 180, left: 270 }[edge];
      const place = `translate(${left} ${top}) rotate(${turn})`;
      this.svg.append(shape("path", { d: "M0 1 L6 11 H-6 Z", transform: place, class: "beyond" }));
      const label = shape("text", { class: "beyond-value" }, text);
      this.svg.append(label);
      // Inside the frame, next to the arrow.
      const half = label.getComputedTextLength() / 2;
      const room = { left: 16 + half, right: -16 - half }[edge] ?? 0;
      const drop = { top: 25, bottom: -16 }[edge] ?? 4;
      label.setAttribute("text-anchor", "middle");
      label.setAttribute("x", clamp(left + room, x + half + 5, x + width - half - 5));
      label.setAttribute("y", clamp(top + drop, y + 14, y + height - 5));
    }
  }

  // The level curve of `f` as short segments, one or two in each cell of a grid that it
  // passes: where it crosses the sides is found by linear interpolation.
  const contour = (f, level, [left, right], [low, high], columns = 60, rows = 30) => {
    const x = (i) => left + ((right - left) * i) / columns;
    const y = (j) => low + ((high - low) * j) / rows;
    const grid = Array.from({ length: rows + 1 }, (_, j) =>
      Array.from({ length: columns + 1 }, (_, i) => f(x(i), y(j)) - level)
    );
    const crossing = ([i, j], [k, l]) => {
      const [from, to] = [grid[j][i], grid[l][k]];
      if (from < 0 === to < 0) return [];
      const part = from / (from - to);
      return [[x(i) + part * (x(k) - x(i)), y(j) + part * (y(l) - y(j))]];
    };
    const segments = [];
    for (let j = 0; j < rows; j += 1) {
      for (let i = 0; i < columns; i += 1) {
        const corners = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]];
        const points = corners.flatMap((corner, k) => crossing(corner, corners[(k + 1) % 4]));
        for (let k = 0; k + 1 < points.length; k += 2) segments.push([points[k], points[k + 1]]);
      }
    }
    return segments;
  };

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
  // Returns where it lies in the panel.
  // Marked cells have an edge of their own inside the frame.
  const drawCells = (panel, numbers, options) => {
    const { color, isPadding = () => false, isMarked = () => false, frame, title } = options;
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
        if (!isMarked(i, j)) return;
        const inner = { x: x + 2, y: y + 2, width: size - 4, height: size - 4 };
        panel.svg.append(shape("rect", { ...inner, class: "marked" }));
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
    return { left, top: 26, size };
  };

  Object.assign(window.d2lnotesExplorables, {
    brief, clamp, contour, drawCells, fill, make, normals, Panel, shape, show, total, uniforms,
  });
})();
