// The base rate: a test as areas of a square, and what a positive result then means.
"use strict";

(() => {
  const { brief, clamp, define, fill, shape, show } = window.d2lnotesExplorables;

  // -- Computations --------------------------------------------------------------

  // The areas of the four cells; everybody is a square of area 1.
  const testAreas = ({ prevalence, sensitivity, falseAlarms }) => ({
    sickPositive: prevalence * sensitivity,
    sickNegative: prevalence * (1 - sensitivity),
    healthyPositive: (1 - prevalence) * falseAlarms,
    healthyNegative: (1 - prevalence) * (1 - falseAlarms),
  });

  // The share of the sick among the positive; NaN where nobody is positive.
  const afterPositive = (test) => {
    const { sickPositive, healthyPositive } = testAreas(test);
    return sickPositive / (sickPositive + healthyPositive);
  };

  // -- Widget --------------------------------------------------------------------

  const UNIT = { min: 0, max: 1, step: 0.001 };
  const ARROW = 0.01;

  const showBaseRate = (kit) => {
    const { words } = kit;
    const text = (share) => brief(share, 3);
    const prevalence = kit.range("prevalence", { ...UNIT, value: 0.1, text });
    const sensitivity = kit.range("sensitivity", { ...UNIT, value: 0.9, text });
    const falseAlarms = kit.range("falseAlarms", { ...UNIT, value: 0.05, text });
    kit.buttons();
    const square = kit.panel("square");
    const graph = kit.panel("graph");
    const test = () => ({
      prevalence: prevalence.value,
      sensitivity: sensitivity.value,
      falseAlarms: falseAlarms.value,
    });

    // What can be dragged: the wall between sick and healthy, and the two heights.
    const wall = () => prevalence.value;
    const edges = [
      {
        control: prevalence,
        name: "prevalence",
        place: () => [wall(), 0.5],
        moved: ([right]) => right,
      },
      {
        control: sensitivity,
        name: "sensitivity",
        place: () => [wall() / 2, sensitivity.value],
        moved: ([, up]) => up,
      },
      {
        control: falseAlarms,
        name: "falseAlarms",
        place: () => [(1 + wall()) / 2, falseAlarms.value],
        moved: ([, up]) => up,
      },
    ];
    kit.handles(square, {
      kind: "knob",
      count: () => edges.length,
      place: (i) => square.pixel(edges[i].place()),
      label: (i) => words[edges[i].name],
      text: (i) => text(edges[i].control.value),
      value: (i) => edges[i].control.ends,
      drag: (i, pixel) => {
        const share = edges[i].moved(square.units(pixel));
        edges[i].control.value = clamp(share, 0, 1);
      },
      step: (i, right, up) => {
        edges[i].control.value += (right + up) * ARROW;
      },
    });
    kit.handles(graph, {
      kind: "knob",
      place: () => graph.pixel([wall(), afterPositive(test()) || 0]),
      label: () => words.prevalence,
      text: () => text(wall()),
      value: () => prevalence.ends,
      drag: (_, pixel) => {
        prevalence.value = clamp(graph.units(pixel)[0], 0, 1);
      },
      step: (_, right, up) => {
        prevalence.value += (right + up) * ARROW;
      },
    });

    const area = (left, width, height, kind) => {
      const box = {
        x: square.x(left),
        y: square.y(height),
        width: square.x(left + width) - square.x(left),
        height: square.y(0) - square.y(height),
      };
      square.marks.append(shape("rect", { ...box, class: kind }));
    };

    const drawSquare = ({ prevalence: sick, sensitivity: high, falseAlarms: low }) => {
      square.axes({
        x: [0, 1],
        y: [0, 1],
        xLabel: words.people,
        yLabel: "",
        legend: [
          ["second", words.sick],
          ["first", words.healthy],
        ],
      });
      area(0, sick, high, "sick");
      area(sick, 1 - sick, low, "healthy");
      square.line([[sick, 0], [sick, 1]], "grid-strong");
      square.line([[0, high], [sick, high]], "second");
      square.line([[sick, low], [1, low]], "first");
    };

    const drawGraph = (now) => {
      graph.axes({ x: [0, 1], y: [0, 1], xLabel: words.prevalenceAxis, yLabel: "P(D|+)" });
      const posterior = (sick) => afterPositive({ ...now, prevalence: sick }) || 0;
      graph.line([[0, 0.5], [1, 0.5]], "guide");
      graph.curve(posterior, [0, 1], "second");
      graph.dot([now.prevalence, posterior(now.prevalence)], "dot-second", 6);
    };

    kit.draw = () => {
      const now = test();
      drawSquare(now);
      drawGraph(now);
      const { sickPositive, healthyPositive } = testAreas(now);
      const after = afterPositive(now);
      const numbers = {
        sick: brief(10000 * sickPositive, 1),
        healthy: brief(10000 * healthyPositive, 1),
        after: show(after),
      };
      const nobody = Number.isNaN(after);
      kit.tell(
        fill(words.counts, numbers),
        nobody ? words.nobody : fill(words.answer, numbers)
      );
    };
  };

  define("base-rate", showBaseRate, { afterPositive, testAreas });
})();
