// Convolution: a kernel moves over an image.
"use strict";

(() => {
  const { brief, define, drawCells, fill } = window.d2lnotesExplorables;

  // -- Computations --------------------------------------------------------------

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

  // -- Widget --------------------------------------------------------------------

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

  define("convolution", showConvolution, { convolutionTerms, convolve });
})();
