// Convolution: a kernel moves over an image.
"use strict";

(() => {
  const { brief, clamp, define, drawCells, fill } = window.d2lnotesExplorables;

  // -- Computations --------------------------------------------------------------

  // How many pixels lie from the first one under a row of the kernel to the last.
  const reachOf = (kernelSize, dilation) => dilation * (kernelSize - 1) + 1;

  const outputSize = (size, kernelSize, { stride, padding, dilation }) =>
    Math.floor((size + 2 * padding - reachOf(kernelSize, dilation)) / stride) + 1;

  // Pixel and weight of each product that makes up one number of the output.
  const convolutionTerms = (image, kernel, { stride, padding, dilation }, row, column) => {
    const place = (index, offset) => index * stride + offset * dilation - padding;
    return kernel.flatMap((weights, u) =>
      weights.map((weight, v) => ({
        pixel: image[place(row, u)]?.[place(column, v)] ?? 0,
        weight,
      }))
    );
  };

  const addUp = (terms) =>
    terms.reduce((sum, { pixel, weight }) => sum + pixel * weight, 0);

  const convolve = (image, kernel, options) => {
    const rows = outputSize(image.length, kernel.length, options);
    const columns = outputSize(image[0].length, kernel[0].length, options);
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
    const dilation = kit.range("dilation", { min: 1, max: 3, step: 1, value: 1 });
    let side = 2;

    const fillIn = (weights) => {
      cells.forEach((cell, i) => {
        const [u, v] = [Math.floor(i / KERNEL_SIDE), i % KERNEL_SIDE];
        cell.disabled = Math.max(u, v) >= side;
        cell.value = cell.disabled ? "" : weights[u * side + v];
      });
    };
    const setKernel = (name) => {
      if (!(name in kernels)) return; // the reader's own: the numbers stay
      side = kernels[name].length;
      fillIn(kernels[name].flat());
    };
    const readKernel = () =>
      Array.from({ length: side }, (_, u) =>
        // An empty field counts as 0.
        Array.from({ length: side }, (_, v) => Number(cells[u * KERNEL_SIDE + v].value))
      );
    const options = () => ({
      stride: stride.value,
      padding: padding.value,
      dilation: dilation.value,
    });
    // A dilated kernel may not reach over more than the padded image.
    const fitDilation = () => {
      const room = pictures[scene.value].length + 2 * padding.value;
      while (reachOf(side, dilation.value) > room) dilation.value -= 1;
    };
    const sides = () => {
      fitDilation();
      return outputSize(pictures[scene.value].length, side, options());
    };
    // The place in the output that is being computed.
    let [row, column] = [0, 2];
    const goTo = (i, j) => {
      const last = sides() - 1;
      [row, column] = [i, j].map((index) => clamp(Math.round(index) || 0, 0, last));
    };
    const advance = () => {
      const size = sides();
      const next = row * size + column + 1;
      goTo(Math.floor(next / size), next % size);
      kit.update();
      return next < size * size - 1;
    };
    const isLast = () => row === sides() - 1 && column === row;
    const rewind = () => {
      goTo(0, 0);
      kit.update();
    };
    kit.buttons({
      next: () => {
        kit.stop();
        if (isLast()) rewind();
        else advance();
      },
      run: (event) => {
        if (isLast()) rewind();
        kit.play(event.currentTarget, advance);
      },
    });

    // The image, with the pixels that the reader has switched on or off.
    const switched = new Set();
    const brightest = () => Math.max(...pictures[scene.value].flat());
    const image = () =>
      pictures[scene.value].map((pixels, i) =>
        pixels.map((pixel, j) => {
          if (!switched.has(i * pixels.length + j)) return pixel;
          return pixel > 0 ? 0 : brightest();
        })
      );
    scene.addEventListener("input", () => switched.clear());
    const setPixel = (i, on) => {
      const pixel = pictures[scene.value].flat()[i];
      if (pixel === undefined) return;
      if (pixel > 0 === on) switched.delete(i);
      else switched.add(i);
    };

    kit.keep("weights", {
      read: () => (preset.value === "own" ? readKernel().flat().join(" ") : ""),
      write: (text) => {
        const weights = text.split(" ").map(Number).filter(Number.isFinite);
        if (preset.value !== "own" || ![4, 9].includes(weights.length)) return;
        side = Math.sqrt(weights.length);
        fillIn(weights);
      },
    });
    kit.keep("switched", {
      read: () => [...switched].sort((a, b) => a - b).join(" "),
      write: (text) => {
        switched.clear();
        for (const [i] of text.matchAll(/\d+/g)) setPixel(Number(i), !isOn(Number(i)));
      },
    });
    const isOn = (i) => image().flat()[i] > 0;
    kit.keep("place", {
      read: () => `${row} ${column}`,
      write: (text) => goTo(...text.split(" ").map(Number)),
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

    let [before, after] = [{}, {}]; // where the two grids were drawn last
    const cell = ({ left, top, size }, i, j) => [left + j * size, top + i * size];
    const whereIs = () => fill(words.cell, { row, column });
    const ends = () => ({ now: row * sides() + column, min: 0, max: sides() ** 2 - 1 });
    const walk = (_, right, up) => goTo(row - up, column + right);
    const shown = () => pictures[scene.value].length; // pixels at a side of the image
    const pixelAt = ([x, y]) => {
      const [i, j] = [y - before.top, x - before.left].map(
        (length) => Math.floor(length / before.size) - padding.value
      );
      return Math.max(i, j) < shown() && Math.min(i, j) >= 0 ? i * shown() + j : -1;
    };
    let brush; // what dragging over pixels makes of them
    let earlier; // the pixels before that
    kit.handles(input, {
      kind: "pixel",
      role: "button",
      count: () => shown() ** 2,
      place: (i) => {
        const [u, v] = [Math.floor(i / shown()), i % shown()];
        return [...cell(before, u + padding.value, v + padding.value), before.size, before.size];
      },
      label: (i) => fill(words.pixel, { row: Math.floor(i / shown()), column: i % shown() }),
      text: (i) => brief(image().flat()[i]),
      value: isOn,
      grab: (i) => {
        brush = !isOn(i);
        earlier = [...switched];
        setPixel(i, brush);
      },
      drag: (_, place) => setPixel(pixelAt(place), brush),
      cancel: () => {
        switched.clear();
        for (const i of earlier) switched.add(i);
      },
      press: (i) => setPixel(i, !isOn(i)),
      step: (i, right, up) => {
        const [u, v] = [Math.floor(i / shown()) - up, (i % shown()) + right];
        const [top, left] = [u, v].map((index) => clamp(index, 0, shown() - 1));
        return top * shown() + left;
      },
    });
    kit.handles(input, {
      kind: "window",
      place: () => {
        const [i, j] = [row * stride.value, column * stride.value];
        const length = reachOf(side, dilation.value) * before.size;
        return [...cell(before, i, j), length, length];
      },
      label: () => words.window,
      text: whereIs,
      value: ends,
      drag: (_, [x, y]) => {
        const length = before.size * stride.value;
        goTo((y - before.top) / length, (x - before.left) / length);
      },
      step: walk,
      press: (_, place) => place && setPixel(pixelAt(place), !isOn(pixelAt(place))),
    });
    kit.handles(output, {
      kind: "window",
      place: () => [...cell(after, row, column), after.size, after.size],
      label: () => words.place,
      text: whereIs,
      value: ends,
      drag: (_, [x, y]) => goTo((y - after.top) / after.size, (x - after.left) / after.size),
      step: walk,
    });

    kit.draw = () => {
      const pixels = image();
      goTo(row, column); // of an output that may have become smaller
      const slide = options();
      const kernel = readKernel();
      const ring = slide.padding;
      const [top, left] = [row * slide.stride, column * slide.stride];
      const reach = reachOf(side, slide.dilation);
      const isUnder = (i, j) =>
        [i - top, j - left].every(
          (offset) => offset >= 0 && offset < reach && offset % slide.dilation === 0
        );
      const size = pixels.length + 2 * ring;
      const isPadding = (i, j) =>
        Math.min(i, j) < ring || Math.max(i, j) >= size - ring;
      const padded = Array.from({ length: size }, (_, i) =>
        Array.from({ length: size }, (_, j) => pixels[i - ring]?.[j - ring] ?? 0)
      );
      before = drawCells(input, padded, {
        color: (pixel) => new Array(3).fill(Math.round(30 + (225 * pixel) / brightest())),
        isPadding,
        isMarked: (i, j) => slide.dilation > 1 && isUnder(i, j),
        frame: { row: top, column: left, height: reach, width: reach },
        title: fill(words.inputTitle, { size: pixels.length }),
      });
      const result = convolve(pixels, kernel, slide);
      const largest = Math.max(...result.flat().map(Math.abs)) || 1;
      after = drawCells(output, result, {
        color: (sum) =>
          mix(sum < 0 ? [180, 70, 0] : [10, 80, 160], Math.abs(sum) / largest),
        frame: { row, column, height: 1, width: 1 },
        title: fill(words.outputTitle, { size: result.length }),
      });
      const terms = convolutionTerms(pixels, kernel, slide, row, column);
      const factor = (number) => (number < 0 ? `(${brief(number, 4)})` : brief(number, 4));
      const sum = terms.map(({ pixel, weight }) => `${pixel}·${factor(weight)}`);
      const answer = brief(addUp(terms), 4);
      kit.tell(
        fill(words.here, { row, column }),
        `${sum.join(" + ")} = ${answer}`,
        fill(words.size, {
          size: pixels.length,
          padding: ring,
          dilation: slide.dilation,
          side,
          stride: slide.stride,
          result: result.length,
        })
      );
    };
  };

  define("convolution", showConvolution, { convolutionTerms, convolve });
})();
