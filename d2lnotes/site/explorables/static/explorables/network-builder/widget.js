// A network put together from layers: the shape after each, its parameters, what does not fit.
"use strict";

(() => {
  const { brief, clamp, define, fill, shape } = window.d2lnotesExplorables;

  // -- Computations --------------------------------------------------------------

  const product = (numbers) => numbers.reduce((a, b) => a * b, 1);
  const last = (sizes) => sizes[sizes.length - 1];

  class Misfit extends Error {}

  // A linear layer acts on the last axis, whatever stands before it.
  const linear = (sizes, inputs, outputs) => {
    const width = last(sizes);
    if (width !== inputs) {
      const rows = product(sizes.slice(0, -1));
      throw new Misfit(
        `mat1 and mat2 shapes cannot be multiplied (${rows}x${width} and ${inputs}x${outputs})`
      );
    }
    return [...sizes.slice(0, -1), outputs];
  };
  // Two shapes that differ in the last axis at most, added with broadcasting.
  const added = (sizes, others) => {
    const [a, b] = [last(sizes), last(others)];
    if (a !== b && a !== 1 && b !== 1) {
      throw new Misfit(
        `The size of tensor a (${a}) must match the size of tensor b (${b}) at non-singleton dimension ${sizes.length - 1}`
      );
    }
    return [...sizes.slice(0, -1), Math.max(a, b)];
  };

  // The shape after a layer, given that before it.
  const after = {
    Linear: (sizes, { inputs, outputs }) => linear(sizes, inputs, outputs),
    Flatten: (sizes) => [sizes[0], product(sizes.slice(1))],
    ReLU: (sizes) => sizes,
    LazyLinear: (sizes, { outputs }) => [...sizes.slice(0, -1), outputs],
    Block: (sizes, { inputs, outputs }) => linear(sizes, inputs, outputs),
    Skip: (sizes, { inputs, outputs }) => added(sizes, linear(sizes, inputs, outputs)),
  };
  const FIELDS = {
    Flatten: [],
    ReLU: [],
    Linear: ["inputs", "outputs"],
    LazyLinear: ["outputs"],
    Block: ["inputs", "outputs"],
    Skip: ["inputs", "outputs"],
  };

  // How many inputs a layer has; null for a lazy one that no data have reached.
  const inputsOf = ({ kind, inputs }, sizes) => {
    if (kind !== "LazyLinear") return inputs;
    return sizes === null ? null : last(sizes);
  };

  // What becomes of a batch: after each layer the shape, null from the first that does not
  // fit, and the parameters of each, null if unknown.
  const throughNetwork = (layers, batch) => {
    let sizes = batch;
    let error = null;
    const steps = layers.map((layer, i) => {
      const inputs = inputsOf(layer, sizes);
      const hasSome = FIELDS[layer.kind].length > 0;
      const known = inputs === null ? null : inputs * layer.outputs + layer.outputs;
      try {
        sizes = sizes && after[layer.kind](sizes, layer);
      } catch (problem) {
        if (!(problem instanceof Misfit)) throw problem;
        error = { at: i, message: problem.message };
        sizes = null;
      }
      return { sizes, inputs, parameters: hasSome ? known : 0 };
    });
    return { steps, error };
  };

  // -- Widget --------------------------------------------------------------------

  const MOST = 512; // inputs or outputs of a layer
  const MOST_LAYERS = 7;
  const INITIAL = "Flatten 64 64,Linear 64 32,ReLU 32 32,Linear 16 10";

  const toText = (layers) =>
    layers.map(({ kind, inputs, outputs }) => `${kind} ${inputs} ${outputs}`).join(",");
  const whole = (text) => clamp(Math.round(Number(text)) || 1, 1, MOST);
  const fromText = (text) =>
    text.split(",").slice(0, MOST_LAYERS).flatMap((part) => {
      const [kind, inputs, outputs] = part.split(" ");
      const layer = { kind, inputs: whole(inputs), outputs: whole(outputs) };
      return Object.hasOwn(after, kind) ? [layer] : [];
    });

  const grouped = (number) => (number === null ? "?" : number.toLocaleString("en-US"));
  const ofShape = (sizes) => `(${sizes.join(", ")})`;

  const showBuilder = (kit) => {
    const { words } = kit;
    let layers = fromText(INITIAL);
    // Kept first, so that a link restores the layers before which of them is chosen. The
    // first kind is that of the layer chosen at first, and writing it changes nothing.
    const setLayers = (given) => {
      layers = given;
      place.limit({ max: layers.length - 1 });
    };
    kit.keep("layers", {
      read: () => toText(layers),
      write: (text) => {
        const given = fromText(text);
        setLayers(given.length ? given : fromText(INITIAL));
      },
    });
    const place = kit.range("layer", { min: 0, max: layers.length - 1, step: 1, value: 3 });
    const kinds = Object.keys(after).map((kind) => [kind, words[kind]]);
    const choice = kit.choice("kind", kinds);
    const batch = kit.range("batch", { min: 1, max: 64, step: 1, value: 32 });
    const chosen = () => layers[place.value];
    choice.addEventListener("input", () => {
      chosen().kind = choice.value;
    });
    kit.buttons({
      add: () => {
        if (layers.length === MOST_LAYERS) return;
        const next = place.value + 1;
        setLayers([...layers.slice(0, next), { ...chosen() }, ...layers.slice(next)]);
        place.value = next;
        kit.update();
      },
      remove: () => {
        if (layers.length === 1) return;
        setLayers(layers.filter((_, i) => i !== place.value));
        kit.update();
      },
    });

    // One row for the input, one for each layer.
    const panel = kit.panel("drawing");
    const rowHeight = () => Math.min(panel.height / (MOST_LAYERS + 1), 30);
    const middle = (row) => (row + 0.5) * rowHeight();
    const across = (share) => share * panel.width;
    const SHARES = { inputs: 0.365, arrow: 0.43, outputs: 0.495, shape: 0.57 };

    // The numbers that can be dragged: the row of the layer, and which of its numbers.
    const numbers = () =>
      layers.flatMap(({ kind }, i) => FIELDS[kind].map((field) => [i, field]));
    let [first, before] = [null, 0]; // where a drag began, and the number then
    const set = (i, number) => {
      const [at, field] = numbers()[i];
      layers[at][field] = clamp(Math.round(number), 1, MOST);
    };
    const get = (i) => {
      const [at, field] = numbers()[i];
      return layers[at][field];
    };
    kit.handles(panel, {
      kind: "pixel",
      count: () => numbers().length,
      place: (i) => {
        const [at, field] = numbers()[i];
        const half = rowHeight() / 2;
        return [across(SHARES[field]) - 16, middle(at + 1) - half, 32, 2 * half];
      },
      label: (i) => {
        const [at, field] = numbers()[i];
        return fill(words.number, { layer: at, kind: layers[at].kind, field: words[field] });
      },
      text: (i) => brief(get(i)),
      value: (i) => ({ now: get(i), min: 1, max: MOST }),
      grab: (i) => {
        [first, before] = [null, get(i)];
        place.value = numbers()[i][0];
      },
      drag: (i, [left]) => {
        first ??= left;
        set(i, before + (left - first) / 3);
      },
      step: (i, right, up) => set(i, get(i) + right + up),
    });

    const text = (x, row, content, kind = "", anchor = "start") => {
      const where = { x, y: middle(row) + 4, "text-anchor": anchor, class: kind };
      panel.svg.append(shape("text", where, content));
    };
    const box = (row, inset, kind) => {
      const y = middle(row) - rowHeight() / 2 + inset;
      const size = { width: panel.width - 2 * inset, height: rowHeight() - 2 * inset, rx: 4 };
      panel.svg.append(shape("rect", { x: inset, y, ...size, class: kind }));
    };
    // A layer and what it does, in its row; the input is row 0.
    const drawLayer = (layer, { sizes, inputs, parameters }, i, error) => {
      const row = i + 1;
      const fails = error?.at === i;
      if (i === place.value) box(row, 1, "chosen");
      if (fails) box(row, 4, "misfit");
      text(8, row, `${i} ${layer.kind}`);
      const fields = FIELDS[layer.kind];
      if (fields.length) {
        const given = fields.includes("inputs") ? "given" : "";
        text(across(SHARES.inputs), row, inputs ?? "?", given, "middle");
        text(across(SHARES.arrow), row, "→", "", "middle");
        text(across(SHARES.outputs), row, layer.outputs, "given", "middle");
      }
      const result = fails ? words.misfit : sizes ? ofShape(sizes) : "–";
      text(across(SHARES.shape), row, result, fails ? "fails" : "name");
      text(panel.width - 8, row, grouped(parameters), "count", "end");
    };

    const sentence = (layer, { inputs, parameters }) => {
      if (!FIELDS[layer.kind].length) return fill(words.none, { kind: layer.kind });
      const values = { kind: layer.kind, inputs, outputs: layer.outputs, count: grouped(parameters) };
      return fill(parameters === null ? words.unknown : words.counted, values);
    };

    kit.draw = () => {
      choice.value = chosen().kind;
      const start = [batch.value, 1, 8, 8];
      const { steps, error } = throughNetwork(layers, start);
      panel.clear();
      text(8, 0, words.input);
      text(across(SHARES.shape), 0, ofShape(start), "name");
      if (panel.width > 300) text(panel.width - 8, 0, words.parameters, "name", "end");
      layers.forEach((layer, i) => drawLayer(layer, steps[i], i, error));
      const counts = steps.map(({ parameters }) => parameters);
      const total = counts.includes(null) ? null : counts.reduce((a, b) => a + b, 0);
      kit.tell(
        sentence(chosen(), steps[place.value]),
        error
          ? fill(words.error, { layer: error.at, message: error.message })
          : fill(words.fits, { shape: ofShape(last(steps).sizes) }),
        fill(words.total, { count: grouped(total) })
      );
    };
  };

  define("network-builder", showBuilder, { throughNetwork });
})();
