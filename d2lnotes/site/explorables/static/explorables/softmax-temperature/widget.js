// Softmax with temperature, and how its formula overflows.
"use strict";

(() => {
  const { brief, define, fill, shape, show, total } = window.d2lnotesExplorables;

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

  define("softmax-temperature", showSoftmax, { entropy, naiveSoftmax32, softmax });
})();
