// Transposed convolution: each number of the input puts a scaled kernel on the output.
"use strict";

(() => {
  const { brief, clamp, define, drawCells, fill } = window.d2lnotesExplorables;

  // -- Computations --------------------------------------------------------------

  const zeros = (rows, columns) =>
    Array.from({ length: rows }, () => new Array(columns).fill(0));

  // The sum of the kernels that the first `steps` inputs put down, nothing cut off.
  const spreadKernels = (image, kernel, stride, steps = Infinity) => {
    const [rows, columns] = [image.length, image[0].length];
    const output = zeros(
      stride * (rows - 1) + kernel.length,
      stride * (columns - 1) + kernel[0].length
    );
    for (let i = 0; i < Math.min(steps, rows * columns); i += 1) {
      const [row, column] = [Math.floor(i / columns), i % columns];
      kernel.forEach((weights, u) =>
        weights.forEach((weight, v) => {
          output[stride * row + u][stride * column + v] += image[row][column] * weight;
        })
      );
    }
    return output;
  };

  const cutOff = (rows, padding) =>
    rows
      .slice(padding, rows.length - padding)
      .map((row) => row.slice(padding, row.length - padding));

  const transposedConvolve = (image, kernel, { stride, padding }, steps = Infinity) =>
    cutOff(spreadKernels(image, kernel, stride, steps), padding);

  // How many of `size` inputs in a line reach each output.
  const overlapCounts = (size, kernelSize, { stride, padding }) => {
    const ones = (length) => [new Array(length).fill(1)];
    const [counts] = spreadKernels(ones(size), ones(kernelSize), stride);
    return counts.slice(padding, counts.length - padding);
  };

  // The weights of bilinear interpolation, as far as they fit into `side` places.
  const hatKernel = (side, stride) => {
    const line = Array.from({ length: side }, (_, u) =>
      Math.max(0, 1 - Math.abs(u - (side - 1) / 2) / stride)
    );
    return line.map((a) => line.map((b) => a * b));
  };

  // -- Widget --------------------------------------------------------------------

  const SIDE = 3; // of the input
  const COUNT = SIDE * SIDE;
  const VALUES = [1, 2, 0, 3, 1, 2, 0, 2, 1];
  const LARGEST = 9;
  const BLUE = [10, 80, 160];
  const mix = (color, share) => color.map((part) => Math.round(255 + (part - 255) * share));
  const square = (side, weight) =>
    Array.from({ length: side }, (_, u) => Array.from({ length: side }, (_, v) => weight(u, v)));
  const kernels = {
    ones: (side) => square(side, () => 1),
    counting: (side) => square(side, (u, v) => side * u + v + 1),
    hat: hatKernel,
  };

  const showTransposed = (kit) => {
    const { words } = kit;
    const named = (names) => names.map((name) => [name, words[name]]);
    const weights = kit.choice("weights", named(Object.keys(kernels)));
    const view = kit.choice("view", named(["sums", "counts"]));
    const side = kit.range("kernel", { min: 2, max: 4, step: 1, value: 3 });
    const stride = kit.range("stride", { min: 1, max: 3, step: 1, value: 2 });
    const padding = kit.range("padding", { min: 0, max: 1, step: 1, value: 0 });
    const step = kit.range("step", { min: 1, max: COUNT, step: 1, value: 2 });

    let values = VALUES;
    const setValue = (i, value) => {
      const whole = clamp(Math.round(value) || 0, 0, LARGEST);
      values = values.map((old, j) => (j === i ? whole : old));
    };
    kit.keep("values", {
      read: () => values.join(" "),
      write: (text) => {
        const numbers = text.split(" ").map(Number);
        if (numbers.length === COUNT) numbers.forEach((number, i) => setValue(i, number));
      },
    });
    const more = (i) => setValue(i, (values[i] + 1) % (LARGEST + 1));

    const goTo = (row, column) => {
      const [i, j] = [row, column].map((index) => clamp(Math.round(index) || 0, 0, SIDE - 1));
      step.value = SIDE * i + j + 1;
    };
    const here = () => [Math.floor((step.value - 1) / SIDE), (step.value - 1) % SIDE];
    const advance = () => {
      step.value += 1;
      kit.update();
      return step.value < COUNT;
    };
    const rewind = () => {
      step.value = 1;
      kit.update();
    };
    kit.buttons({
      next: () => {
        kit.stop();
        if (step.value === COUNT) rewind();
        else advance();
      },
      run: (event) => {
        if (step.value === COUNT && !kit.playing) rewind();
        kit.play(event.currentTarget, advance);
      },
    });

    const input = kit.panel("before");
    const output = kit.panel("after");
    let [before, after] = [{}, {}]; // where the two grids were drawn last
    const cell = ({ left, top, size }, i, j) => [left + j * size, top + i * size];
    const whereIs = () => {
      const [row, column] = here();
      return fill(words.cell, { row, column });
    };
    const ends = () => step.ends;
    const walk = (_, right, up) => {
      const [row, column] = here();
      goTo(row - up, column + right);
    };
    kit.handles(input, {
      kind: "pixel",
      count: () => COUNT,
      place: (i) => [
        ...cell(before, Math.floor(i / SIDE), i % SIDE), before.size, before.size,
      ],
      label: (i) => fill(words.number, { row: Math.floor(i / SIDE), column: i % SIDE }),
      text: (i) => String(values[i]),
      value: (i) => ({ now: values[i], min: 0, max: LARGEST }),
      drag: () => {},
      press: more,
      step: (i, right, up) => {
        if (up !== 0) setValue(i, values[i] + up);
        return up !== 0 ? i : clamp(i + right, 0, COUNT - 1);
      },
    });
    kit.handles(input, {
      kind: "window",
      place: () => [...cell(before, ...here()), before.size, before.size],
      label: () => words.place,
      text: whereIs,
      value: ends,
      drag: (_, [x, y]) => goTo((y - before.top) / before.size, (x - before.left) / before.size),
      step: walk,
      press: () => more(step.value - 1),
    });
    kit.handles(output, {
      kind: "window",
      place: () => {
        const [row, column] = here().map((index) => index * stride.value);
        const length = side.value * after.size;
        return [...cell(after, row, column), length, length];
      },
      label: () => words.window,
      text: whereIs,
      value: ends,
      drag: (_, [x, y]) => {
        const length = after.size * stride.value;
        goTo((y - after.top) / length, (x - after.left) / length);
      },
      step: walk,
    });

    const drawInput = (row, column) => {
      const image = square(SIDE, (i, j) => values[SIDE * i + j]);
      before = drawCells(input, image, {
        color: (value) => mix(BLUE, value / LARGEST),
        frame: { row, column, height: 1, width: 1 },
        title: fill(words.inputTitle, { size: SIDE }),
      });
      return image;
    };
    const drawOutput = (numbers, [row, column], size) => {
      const largest = Math.max(...numbers.flat()) || 1;
      const [ring, last] = [padding.value, numbers.length - padding.value];
      after = drawCells(output, numbers, {
        color: (value) => mix(BLUE, value / largest),
        isPadding: (i, j) => Math.min(i, j) < ring || Math.max(i, j) >= last,
        frame: { row, column, height: side.value, width: side.value },
        title: fill(words.outputTitle, { size }),
      });
    };

    kit.draw = () => {
      const [row, column] = here();
      const options = { stride: stride.value, padding: padding.value };
      const image = drawInput(row, column);
      const counting = view.value === "counts";
      const kernel = kernels[counting ? "ones" : weights.value](side.value, stride.value);
      const shown = counting ? image.map((line) => line.map(() => 1)) : image;
      const counts = overlapCounts(SIDE, side.value, options);
      const corner = [row, column].map((index) => index * stride.value);
      const sums = spreadKernels(shown, kernel, stride.value, step.value);
      drawOutput(sums, corner, counts.length);
      const evenly = side.value % stride.value === 0;
      kit.tell(
        fill(counting ? words.hereCounts : words.here, {
          row, column, value: brief(image[row][column]), top: corner[0], left: corner[1],
        }),
        fill(words.size, {
          size: SIDE,
          stride: stride.value,
          side: side.value,
          padding: padding.value,
          result: counts.length,
        }),
        fill(words.overlaps, { counts: counts.join(" ") }),
        evenly ? words.even : words.uneven
      );
    };
  };

  const computations = { hatKernel, overlapCounts, spreadKernels, transposedConvolve };
  define("transposed-convolution", showTransposed, computations);
})();
