// Networks laid out layer by layer: shapes, parameters, operations, activations.
"use strict";

(() => {
  const { clamp, define, fill, shape } = window.d2lnotesExplorables;

  // -- Computations --------------------------------------------------------------

  // What a network is made of. Lists of these stand for one after the other.
  const conv = (channels, kernel, { stride = 1, padding = 0, bias = true } = {}) =>
    ({ kind: "conv", channels, kernel, stride, padding, bias });
  const norm = { kind: "norm" };
  const pool = (kernel, stride, { padding = 0, ceil = false } = {}) =>
    ({ kind: "pool", kernel, stride, padding, ceil });
  const mean = { kind: "mean" };
  const dense = (units) => ({ kind: "dense", units });
  // Parts side by side, whose channels are joined, or whose numbers are added.
  const join = (...parts) => ({ kind: "join", parts });
  const add = (...parts) => ({ kind: "add", parts });

  const same = (channels, kernel, stride = 1) =>
    conv(channels, kernel, { stride, padding: Math.floor(kernel / 2) });
  // As above, and then normalized, which makes a bias useless.
  const normed = (channels, kernel, stride = 1) =>
    [{ ...same(channels, kernel, stride), bias: false }, norm];

  const product = (numbers) => numbers.reduce((a, b) => a * b, 1);

  const sideAfter = (side, { kernel, stride, padding, ceil }) => {
    const room = (side + 2 * padding - kernel) / stride;
    const after = (ceil ? Math.ceil(room) : Math.floor(room)) + 1;
    // A window that begins beyond the picture is left out.
    return ceil && (after - 1) * stride >= side + padding ? after - 1 : after;
  };

  // What one part does with an input of `sizes`: the shape after it, its parameters, and
  // its layers with products, each with shape, parameters and operations.
  const throughPart = (sizes, part) => {
    if (Array.isArray(part)) {
      return part.reduce(
        (before, one) => {
          const { sizes: after, parameters, layers } = throughPart(before.sizes, one);
          return {
            sizes: after,
            parameters: before.parameters + parameters,
            layers: [...before.layers, ...layers],
          };
        },
        { sizes, parameters: 0, layers: [] }
      );
    }
    const [channels, side] = sizes;
    const { kind } = part;
    if (kind === "conv") {
      const after = [part.channels, sideAfter(side, part), sideAfter(side, part)];
      const each = channels * part.kernel ** 2;
      const parameters = part.channels * (each + (part.bias ? 1 : 0));
      const layer = { sizes: after, parameters, operations: product(after) * each };
      return { sizes: after, parameters, layers: [layer] };
    }
    if (kind === "dense") {
      const inputs = product(sizes);
      const after = [part.units];
      const parameters = part.units * (inputs + 1);
      const layer = { sizes: after, parameters, operations: part.units * inputs };
      return { sizes: after, parameters, layers: [layer] };
    }
    if (kind === "norm") return { sizes, parameters: 2 * channels, layers: [] };
    if (kind === "mean") return { sizes: [channels, 1, 1], parameters: 0, layers: [] };
    if (kind === "pool") {
      const after = sideAfter(side, part);
      return { sizes: [channels, after, after], parameters: 0, layers: [] };
    }
    const results = part.parts.map((one) => throughPart(sizes, one));
    const [first] = results;
    const joined = results.reduce((sum, result) => sum + result.sizes[0], 0);
    return {
      sizes: kind === "join" ? [joined, ...first.sizes.slice(1)] : first.sizes,
      parameters: results.reduce((sum, result) => sum + result.parameters, 0),
      layers: results.flatMap((result) => result.layers),
    };
  };

  // -- Networks, each as rows of a name and what stands behind it ------------------

  const named = (prefix, parts) => parts.map((part, i) => [`${prefix}${i + 1}`, part]);
  const head = (...units) => named("fc", units.map(dense));

  const vgg = (...blocks) => [
    ...blocks.flatMap(([count, channels], b) => [
      ...Array.from({ length: count }, (_, i) => [`conv${b + 1}_${i + 1}`, same(channels, 3)]),
      [`pool${b + 1}`, pool(2, 2)],
    ]),
    ...head(4096, 4096, 1000),
  ];
  const perceptrons = (channels, first) => [first, conv(channels, 1), conv(channels, 1)];
  const inception = (one, [a, three], [b, five], last) =>
    join(
      same(one, 1),
      [same(a, 1), same(three, 3)],
      [same(b, 1), same(five, 5)],
      [pool(3, 1, { padding: 1 }), same(last, 1)]
    );
  const halve = pool(3, 2, { ceil: true });
  const residual = (channels, stride, changes) =>
    add(
      [...normed(channels, 3, stride), ...normed(channels, 3)],
      changes ? normed(channels, 1, stride) : []
    );
  const bottleneck = (channels, stride, changes) =>
    add(
      [...normed(channels, 1), ...normed(channels, 3, stride), ...normed(4 * channels, 1)],
      changes ? normed(4 * channels, 1, stride) : []
    );
  const resnet = (depths, block, { projectsFirst }) => [
    ["conv1", normed(64, 7, 2)],
    ["pool1", pool(3, 2, { padding: 1 })],
    ...depths.flatMap((depth, s) =>
      Array.from({ length: depth }, (_, i) => {
        const stride = i === 0 && s > 0 ? 2 : 1;
        const changes = i === 0 && (s > 0 || projectsFirst);
        return [`block${s + 2}_${i + 1}`, block(64 * 2 ** s, stride, changes)];
      })
    ),
    ["mean", mean],
    ["fc", dense(1000)],
  ];
  const denseLayer = join([], [norm, ...normed(128, 1), { ...same(32, 3), bias: false }]);
  const densenet = (...depths) => [
    ["conv1", normed(64, 7, 2)],
    ["pool1", pool(3, 2, { padding: 1 })],
    ...depths.flatMap((depth, b) => {
      const channels = depths.slice(0, b).reduce((width, d) => (width + 32 * d) / 2, 64);
      const half = [norm, conv((channels + 32 * depth) / 2, 1, { bias: false }), pool(2, 2)];
      const rows = [[`block${b + 1}`, Array(depth).fill(denseLayer)]];
      return b === depths.length - 1 ? rows : [...rows, [`transition${b + 1}`, half]];
    }),
    ["mean", [norm, mean]],
    ["fc", dense(1000)],
  ];

  // `picture`: channels and side of the pictures of the paper; `least`: the smallest side
  // that a reader can choose, from which each layer has something left to read.
  const networks = {
    LeNet: {
      picture: [1, 28],
      least: 16,
      rows: [
        ["conv1", same(6, 5)],
        ["pool1", pool(2, 2)],
        ["conv2", conv(16, 5)],
        ["pool2", pool(2, 2)],
        ...head(120, 84, 10),
      ],
    },
    AlexNet: {
      picture: [3, 224],
      least: 64,
      rows: [
        ["conv1", conv(64, 11, { stride: 4, padding: 2 })],
        ["pool1", halve],
        ["conv2", same(192, 5)],
        ["pool2", halve],
        ["conv3", same(384, 3)],
        ["conv4", same(256, 3)],
        ["conv5", same(256, 3)],
        ["pool5", halve],
        ...head(4096, 4096, 1000),
      ],
    },
    "VGG-11": {
      picture: [3, 224],
      least: 32,
      rows: vgg([1, 64], [1, 128], [2, 256], [2, 512], [2, 512]),
    },
    "VGG-16": {
      picture: [3, 224],
      least: 32,
      rows: vgg([2, 64], [2, 128], [3, 256], [3, 512], [3, 512]),
    },
    NiN: {
      picture: [3, 224],
      least: 68,
      rows: [
        ["block1", perceptrons(96, conv(96, 11, { stride: 4 }))],
        ["pool1", pool(3, 2)],
        ["block2", perceptrons(256, same(256, 5))],
        ["pool2", pool(3, 2)],
        ["block3", perceptrons(384, same(384, 3))],
        ["pool3", pool(3, 2)],
        ["block4", perceptrons(1000, same(1000, 3))],
        ["mean", mean],
      ],
    },
    GoogLeNet: {
      picture: [3, 224],
      least: 32,
      rows: [
        ["conv1", same(64, 7, 2)],
        ["pool1", halve],
        ["conv2", same(64, 1)],
        ["conv3", same(192, 3)],
        ["pool2", halve],
        ["block3a", inception(64, [96, 128], [16, 32], 32)],
        ["block3b", inception(128, [128, 192], [32, 96], 64)],
        ["pool3", halve],
        ["block4a", inception(192, [96, 208], [16, 48], 64)],
        ["block4b", inception(160, [112, 224], [24, 64], 64)],
        ["block4c", inception(128, [128, 256], [24, 64], 64)],
        ["block4d", inception(112, [144, 288], [32, 64], 64)],
        ["block4e", inception(256, [160, 320], [32, 128], 128)],
        ["pool4", halve],
        ["block5a", inception(256, [160, 320], [32, 128], 128)],
        ["block5b", inception(384, [192, 384], [48, 128], 128)],
        ["mean", mean],
        ["fc", dense(1000)],
      ],
    },
    "ResNet-18": {
      picture: [3, 224],
      least: 32,
      rows: resnet([2, 2, 2, 2], residual, { projectsFirst: false }),
    },
    "ResNet-50": {
      picture: [3, 224],
      least: 32,
      rows: resnet([3, 4, 6, 3], bottleneck, { projectsFirst: true }),
    },
    "DenseNet-121": { picture: [3, 224], least: 32, rows: densenet(6, 12, 24, 16) },
  };

  // The rows of a network for pictures of a size, each with the shape after it and what
  // it takes. Activations are the outputs of convolutions and dense layers.
  const layOut = (name, side) => {
    const { picture, rows } = networks[name];
    let sizes = [picture[0], side, side];
    return rows.map(([row, part]) => {
      const result = throughPart(sizes, part);
      sizes = result.sizes;
      const total = (of) => result.layers.reduce((sum, layer) => sum + of(layer), 0);
      return {
        row,
        ...result,
        operations: total(({ operations }) => operations),
        activations: total((layer) => product(layer.sizes)),
      };
    });
  };

  // -- Widget --------------------------------------------------------------------

  const LARGEST = 320; // pixels at a side
  const QUANTITIES = ["operations", "parameters", "activations"];
  const TITLES = ["operationsTitle", "parametersTitle", "activationsTitle"];

  const grouped = (number) => number.toLocaleString("en-US");
  const ofShape = (sizes) => sizes.join(" × ");

  const showArchitecture = (kit) => {
    const { words } = kit;
    const names = Object.keys(networks);
    const network = kit.choice("network", names.map((name) => [name, name]));
    const side = kit.range("side", { min: 16, max: LARGEST, step: 4, value: 28 });
    const quantity = kit.choice("quantity", QUANTITIES.map((name) => [name, words[name]]));
    let at = 0; // the row that is told of
    kit.keep("row", {
      read: () => String(at),
      write: (text) => {
        at = Math.round(Number(text)) || 0;
      },
    });
    let chosen = network.value;
    network.addEventListener("input", () => {
      if (network.value === chosen) return;
      chosen = network.value;
      side.limit({ min: networks[chosen].least });
      side.value = networks[chosen].picture[1];
      at = 0;
    });
    kit.buttons();

    const shapes = kit.panel("shapes");
    const bars = kit.panel("bars");
    const TOP = 24; // for a title
    let rows = layOut(network.value, side.value);
    let width = 1; // of the place of a row, in pixels
    const left = (i) => 4 + i * width;
    const handle = (panel) => ({
      kind: "window",
      place: () => [left(at), TOP - 4, width, Math.max(panel.height - TOP, 20)],
      label: () => words.row,
      text: () => `${rows[at].row}: ${ofShape(rows[at].sizes)}`,
      value: () => ({ now: at, min: 0, max: rows.length - 1 }),
      drag: (_, [x]) => {
        at = clamp(Math.floor((x + width / 2 - 4) / width), 0, rows.length - 1);
      },
      step: (_, right, up) => {
        at = clamp(at + right + up, 0, rows.length - 1);
      },
    });
    kit.handles(shapes, handle(shapes));
    kit.handles(bars, handle(bars));

    const title = (panel, text) => panel.svg.append(shape("text", { x: 4, y: 14 }, text));
    const cursor = (panel) => {
      const box = { x: left(at), y: TOP - 4, width, height: Math.max(panel.height - TOP, 20) };
      panel.svg.append(shape("rect", { ...box, rx: 3, class: "chosen" }));
    };

    // The higher a box, the larger the sides; the wider, the more channels. Square roots,
    // or most would be too small to be seen.
    const drawShapes = () => {
      shapes.clear();
      width = (shapes.width - 8) / rows.length;
      title(shapes, fill(words.shapesTitle, { row: rows[at].row, shape: ofShape(rows[at].sizes) }));
      cursor(shapes);
      const deepest = Math.max(...rows.map(({ sizes }) => sizes[0]));
      const room = shapes.height - TOP - 12;
      rows.forEach(({ sizes: [channels, high = 1] }, i) => {
        const height = Math.max(room * Math.sqrt(high / side.value), 3);
        const thick = Math.max((width - 3) * Math.sqrt(channels / deepest), 2);
        const x = left(i) + (width - thick) / 2;
        const box = { x, y: TOP + 2 + (room - height) / 2, width: thick, height };
        shapes.svg.append(shape("rect", { ...box, class: "shape" }));
      });
    };
    const drawBars = () => {
      const numbers = rows.map((row) => row[quantity.value]);
      const most = Math.max(...numbers, 1);
      bars.clear();
      const kind = QUANTITIES.indexOf(quantity.value);
      title(bars, fill(words[TITLES[kind]], { number: grouped(numbers[at]) }));
      cursor(bars);
      const room = bars.height - TOP - 8;
      numbers.forEach((number, i) => {
        const height = number > 0 ? Math.max((room * number) / most, 1) : 0;
        const box = { x: left(i) + 1.5, y: TOP + room - height, width: width - 3, height };
        bars.svg.append(shape("rect", { ...box, class: "bar" }));
      });
      const base = { x1: 4, x2: bars.width - 4, y1: TOP + room, y2: TOP + room };
      bars.svg.append(shape("line", { ...base, class: "thin" }));
    };

    const percent = (part, whole) => {
      const share = (100 * part) / whole;
      return share > 0 && share < 0.1 ? "< 0.1%" : `${share.toFixed(1)}%`;
    };
    kit.draw = () => {
      rows = layOut(network.value, side.value);
      at = clamp(at, 0, rows.length - 1);
      drawShapes();
      drawBars();
      const here = rows[at];
      const sum = (name, end = rows.length) =>
        rows.slice(0, end).reduce((total, row) => total + row[name], 0);
      const share = (name) => percent(here[name], sum(name));
      const until = (name) => percent(sum(name, at + 1), sum(name));
      kit.tell(
        fill(words.here, {
          row: here.row,
          parameters: grouped(here.parameters), p: share("parameters"),
          operations: grouped(here.operations), o: share("operations"),
        }),
        fill(words.until, { p: until("parameters"), o: until("operations") }),
        fill(words.total, {
          network: network.value,
          side: side.value,
          parameters: grouped(sum("parameters")),
          operations: grouped(sum("operations")),
          activations: grouped(sum("activations")),
        })
      );
    };
  };

  define("architecture", showArchitecture, { layOut, networks });
})();
