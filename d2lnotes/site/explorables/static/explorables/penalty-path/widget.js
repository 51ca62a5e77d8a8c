// A penalty on the weights: which way does the solution take as it grows?
"use strict";

(() => {
  const { brief, clamp, define, fill } = window.d2lnotesExplorables;

  // -- Computations --------------------------------------------------------------

  const CURVATURES = [4, 1];

  // The symmetric matrix of curvatures 4 and 1, with the steep direction turned by `tilt`.
  const bentLoss = (tilt) => {
    const [c, s] = [Math.cos((tilt * Math.PI) / 180), Math.sin((tilt * Math.PI) / 180)];
    const [steep, flat] = CURVATURES;
    const both = (steep - flat) * c * s;
    return [[steep * c * c + flat * s * s, both], [both, steep * s * s + flat * c * c]];
  };

  const times = ([[a, b], [c, d]], [x, y]) => [a * x + b * y, c * x + d * y];

  const solve = ([[a, b], [c, d]], [x, y]) => {
    const scale = a * d - b * c;
    return [(d * x - b * y) / scale, (a * y - c * x) / scale];
  };

  const lossAt = (matrix, lowest, w) => {
    const off = w.map((number, i) => number - lowest[i]);
    const slope = times(matrix, off);
    return (off[0] * slope[0] + off[1] * slope[1]) / 2;
  };

  const normOf = {
    l1: ([x, y]) => Math.abs(x) + Math.abs(y),
    l2: ([x, y]) => Math.hypot(x, y),
  };

  // The weights with the least sum of loss and penalty.
  const penalized = {
    l2: (matrix, lowest, decay) => {
      const [[a, b], [c, d]] = matrix;
      return solve([[a + decay, b], [c, d + decay]], times(matrix, lowest));
    },
    // The signs of the solution are not known beforehand: try all nine, and keep those that
    // come out as they were supposed.
    l1: (matrix, lowest, decay) => {
      const pull = times(matrix, lowest);
      const signs = [-1, 0, 1];
      const candidates = signs.flatMap((first) =>
        signs.map((second) => {
          const rest = [pull[0] - decay * first, pull[1] - decay * second];
          let w = [0, 0];
          if (first !== 0 && second !== 0) w = solve(matrix, rest);
          else if (first !== 0) w = [rest[0] / matrix[0][0], 0];
          else if (second !== 0) w = [0, rest[1] / matrix[1][1]];
          return { w, right: Math.sign(w[0]) === first && Math.sign(w[1]) === second };
        })
      );
      const cost = (w) => lossAt(matrix, lowest, w) + decay * normOf.l1(w);
      return candidates
        .filter(({ right }) => right)
        .map(({ w }) => w)
        .reduce((best, w) => (cost(w) < cost(best) ? w : best));
    },
  };

  // -- Widget --------------------------------------------------------------------

  const START = [2, 1];
  const REACH = 2.3; // how far up and down the drawing goes
  const MOST = 12; // of the strength
  const turns = Array.from({ length: 121 }, (_, i) => (i * Math.PI) / 60);
  // From no penalty to one so strong that the way has reached the origin, as good as.
  const strengths = Array.from({ length: 201 }, (_, i) => (i / 200) ** 3 * 1000);

  const showPath = (kit) => {
    const { words } = kit;
    const norm = kit.choice("norm", ["l2", "l1"].map((name) => [name, words[name]]));
    const decay = kit.range("decay", { min: 0, max: MOST, step: 0.05, value: 1 });
    const tilt = kit.range("tilt", {
      min: -90,
      max: 90,
      step: 1,
      value: 0,
      text: (degrees) => `${brief(degrees, 0)}°`,
    });
    let lowest = START;
    const round = (number) => clamp(Math.round(number * 20) / 20, -REACH, REACH) + 0;
    const setLowest = ([x, y]) => {
      lowest = [round(x), round(y)];
    };
    kit.keep("lowest", {
      read: () => lowest.join(" "),
      write: (text) => {
        const given = text.split(" ").map(Number);
        if (given.length === 2 && given.every(Number.isFinite)) setLowest(given);
      },
    });
    kit.buttons();
    const plane = kit.panel("plane");
    const graph = kit.panel("graph");
    const inWords = (point) => `(${point.map((number) => brief(number)).join(", ")})`;
    // What is as small as rounding errors counts as 0.
    const found = () =>
      penalized[norm.value](bentLoss(tilt.value), lowest, decay.value).map((number) =>
        Math.abs(number) < 1e-12 ? 0 : number
      );
    kit.handles(plane, {
      kind: "point",
      place: () => plane.pixel(lowest),
      label: () => words.lowest,
      text: () => inWords(lowest),
      value: () => ({ now: lowest[0], min: -REACH, max: REACH }),
      drag: (_, pixel) => setLowest(plane.units(pixel)),
      step: (_, right, up) => setLowest([lowest[0] + right / 20, lowest[1] + up / 20]),
    });
    kit.handles(graph, {
      kind: "knob",
      place: () => graph.pixel([decay.value, found()[0]]),
      label: () => words.strength,
      text: () => brief(decay.value),
      value: () => decay.ends,
      drag: (_, pixel) => {
        [decay.value] = graph.units(pixel);
      },
      step: (_, right, up) => {
        decay.value += (right + up) / 20;
      },
    });

    // The points of equal loss: an ellipse around the lowest point.
    const levelCurve = (level) => {
      const angle = (tilt.value * Math.PI) / 180;
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      const [a, b] = CURVATURES.map((curvature) => Math.sqrt((2 * level) / curvature));
      return turns.map((t) => {
        const [p, q] = [a * Math.cos(t), b * Math.sin(t)];
        return [lowest[0] + p * c - q * s, lowest[1] + p * s + q * c];
      });
    };

    const ballOf = (size) => {
      if (norm.value === "l1") return [[size, 0], [0, size], [-size, 0], [0, -size], [size, 0]];
      return turns.map((t) => [size * Math.cos(t), size * Math.sin(t)]);
    };

    const drawPlane = (matrix, w) => {
      const wide = plane.evenReach(REACH);
      const legend = [["first", words.level], ["second", words.ball]];
      plane.axes({ x: [-wide, wide], y: [-REACH, REACH], xLabel: "w₁", yLabel: "w₂", legend });
      plane.line([[-wide, 0], [wide, 0]], "thin");
      plane.line([[0, -REACH], [0, REACH]], "thin");
      for (const level of [0.1, 0.5, 1.5, 3.5, 7]) plane.line(levelCurve(level), "grid-strong");
      plane.line(levelCurve(lossAt(matrix, lowest, w)), "first");
      plane.line(ballOf(normOf[norm.value](w)), "second");
      plane.line(strengths.map((s) => penalized[norm.value](matrix, lowest, s)), "guide");
      plane.dot(lowest, "ring", 6);
      plane.dot(w, "dot-second", 6);
    };

    const drawGraph = (matrix, w) => {
      graph.axes({
        x: [0, MOST],
        y: [-REACH, REACH],
        xLabel: words.decayAxis,
        yLabel: words.weightAxis,
        legend: [["first", "w₁"], ["second", "w₂"]],
      });
      graph.line([[0, 0], [MOST, 0]], "thin");
      const weight = (i) => (s) => penalized[norm.value](matrix, lowest, s)[i];
      graph.curve(weight(0), [0, MOST], "first");
      graph.curve(weight(1), [0, MOST], "second");
      graph.line([[decay.value, -REACH], [decay.value, REACH]], "guide");
      graph.dot([decay.value, w[0]], "dot-first", 5);
      graph.dot([decay.value, w[1]], "dot-second", 5);
    };

    const judge = (w) => {
      if (norm.value === "l2") {
        const [steep, flat] = CURVATURES.map((h) => brief(h / (h + decay.value)));
        return fill(words.factors, { steep, flat });
      }
      const count = w.filter((number) => number === 0).length;
      return count === 0 ? words.none : count === 1 ? words.one : fill(words.zeros, { count });
    };

    kit.draw = () => {
      const matrix = bentLoss(tilt.value);
      const w = found();
      drawPlane(matrix, w);
      drawGraph(matrix, w);
      const size = brief(normOf[norm.value](w));
      const numbers = { decay: brief(decay.value), place: inWords(w), size };
      const loss = brief(lossAt(matrix, lowest, w), 3);
      kit.tell(
        fill(words.now, { ...numbers, loss }),
        decay.value === 0 ? words.free : fill(words.constraint, numbers),
        judge(w)
      );
    };
  };

  define("penalty-path", showPath, { bentLoss, penalized, penalizedLoss: lossAt });
})();
