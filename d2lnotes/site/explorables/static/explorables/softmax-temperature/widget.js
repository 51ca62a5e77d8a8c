// Softmax with temperature, and how its formula overflows.
"use strict";

(() => {
  const { brief, clamp, define, fill, shape, show, total } = window.d2lnotesExplorables;

  // -- Computations --------------------------------------------------------------

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

  // The score that gives its class the probability `p` when the other scores stay.
  const scoreFor = (p, others, temperature = 1) => {
    const largest = Math.max(...others);
    const rest = total(others.map((score) => Math.exp((score - largest) / temperature)));
    return largest + temperature * (Math.log(p) - Math.log1p(-p) + Math.log(rest));
  };

  // -- Widget --------------------------------------------------------------------

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
    kit.buttons();
    const bars = kit.panel("bars");
    const graph = kit.panel("graph");
    let probabilities; // what was drawn last
    let uncertainty;
    const BAR = 32; // where bars begin
    const room = () => bars.width - 110;
    const top = (i) => 30 + (i * (bars.height - 40)) / CLASSES.length;
    const thickness = () => Math.min(30, (bars.height - 40) / CLASSES.length - 6);
    kit.handles(bars, {
      kind: "knob",
      count: () => CLASSES.length,
      place: (i) => [BAR + probabilities[i] * room(), top(i) + thickness() / 2],
      label: (i) => words[`score${CLASSES[i]}`],
      text: (i) => fill(words.bar, { score: brief(scores[i].value), p: show(probabilities[i]) }),
      value: (i) => scores[i].ends,
      gap: ([, middle], [, pixel]) => Math.abs(middle - pixel),
      drag: (i, [pixel]) => {
        const p = clamp((pixel - BAR) / room(), 1e-9, 1 - 1e-9);
        const others = scores.map((score) => score.value).filter((_, j) => j !== i);
        scores[i].value = scoreFor(p, others, toTemperature(temperature.value));
      },
      step: (i, right, up) => {
        if (right) scores[i].value += right / 10;
        return clamp(i - up, 0, CLASSES.length - 1);
      },
    });
    kit.handles(graph, {
      kind: "knob",
      place: () => graph.pixel([temperature.value, uncertainty]),
      label: () => words.temperature,
      text: () => show(toTemperature(temperature.value)),
      value: () => temperature.ends,
      drag: (_, pixel) => {
        temperature.value = graph.units(pixel)[0];
      },
      step: (_, right, up) => {
        temperature.value += (right + up) / 20;
      },
    });

    const drawBars = () => {
      bars.clear();
      bars.svg.append(shape("text", { x: 4, y: 15 }, words.probability));
      probabilities.forEach((p, i) => {
        const place = { x: BAR, y: top(i), height: thickness() };
        const line = top(i) + thickness() / 2 + 4;
        bars.svg.append(
          shape("text", { x: 16, y: line, "text-anchor": "middle" }, CLASSES[i]),
          shape("rect", { ...place, width: room(), class: "frame" }),
          shape("rect", { ...place, width: Math.max(p * room(), 1), class: "bar" }),
          shape("text", { x: BAR + room() + 14, y: line }, show(p))
        );
      });
    };

    const drawGraph = (logits, exponent) => {
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

    kit.draw = () => {
      const logits = scores.map((score) => score.value + shift.value);
      const t = toTemperature(temperature.value);
      probabilities = softmax(logits, t);
      uncertainty = entropy(probabilities);
      drawBars();
      drawGraph(logits, temperature.value);
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

  define("softmax-temperature", showSoftmax, { entropy, naiveSoftmax32, scoreFor, softmax });
})();
