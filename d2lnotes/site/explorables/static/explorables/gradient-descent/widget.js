// Gradient descent: which learning rate is too large?
"use strict";

(() => {
  const { brief, clamp, define, fill } = window.d2lnotesExplorables;

  // -- Computations --------------------------------------------------------------

  // `curvature` is the largest second derivative; `start` makes a point of one number.
  const curves = {
    quadratic: {
      value: ([x]) => x * x,
      gradient: ([x]) => [2 * x],
      start: (x) => [x],
      curvature: 2,
      least: 0,
      rates: { max: 1.1, step: 0.01, value: 0.1 },
    },
    valley: {
      value: ([x, y]) => (x * x + 10 * y * y) / 2,
      gradient: ([x, y]) => [x, 10 * y],
      start: (x, y) => [x, y],
      curvature: 10,
      slowest: 1, // the curvature along the valley
      least: 0,
      rates: { max: 0.22, step: 0.001, value: 0.05 },
    },
    twoMinima: {
      value: ([x]) => x ** 4 / 4 - x ** 2 / 2 + x / 10,
      gradient: ([x]) => [x ** 3 - x + 1 / 10],
      start: (x) => [x],
      bend: (x) => 3 * x * x - 1,
      rates: { max: 1.2, step: 0.01, value: 0.1 },
    },
    absolute: {
      value: ([x]) => Math.abs(x),
      gradient: ([x]) => [Math.sign(x)],
      start: (x) => [x],
      least: 0,
      rates: { max: 1.1, step: 0.01, value: 0.3 },
    },
  };
  const FAR = 1e6; // beyond it a run counts as diverged

  const newton = (x, { gradient, bend }) => {
    let root = x;
    for (let k = 0; k < 50; k += 1) root -= gradient([root])[0] / bend(root);
    return root;
  };
  const { twoMinima } = curves;
  twoMinima.minima = [newton(-1, twoMinima), newton(1, twoMinima)];
  twoMinima.least = twoMinima.value([twoMinima.minima[0]]);

  // The points visited, the start first. It ends early where a coordinate passes FAR.
  const gradientDescent = (name, start, rate, steps) => {
    const { gradient } = curves[name];
    const points = [start];
    for (let step = 0; step < steps; step += 1) {
      const point = points.at(-1);
      const slope = gradient(point);
      const next = point.map((coordinate, i) => coordinate - rate * slope[i]);
      points.push(next);
      if (next.some((coordinate) => !(Math.abs(coordinate) < FAR))) break;
    }
    return points;
  };

  // What one step does to the distance from the minimum of a parabola.
  const stepFactor = (curvature, rate) => 1 - rate * curvature;
  const verdict = (factor) => {
    const size = Math.abs(factor);
    if (Math.abs(size - 1) < 1e-9) return "threshold";
    if (size > 1) return "diverges";
    return factor < -1e-9 ? "alternates" : "approaches";
  };

  // -- Widget --------------------------------------------------------------------

  const MOST_STEPS = 50;

  const showDescent = (kit) => {
    const { words } = kit;
    const names = Object.keys(curves).map((name) => [name, words[name]]);
    const choice = kit.choice("curve", names);
    const { rates } = curves.quadratic;
    const rate = kit.range("rate", { min: rates.step, ...rates, text: (n) => brief(n, 3) });
    const start = kit.range("start", { min: -2, max: 2, step: 0.05, value: 1.8 });
    let startY = 0.8; // in the valley
    kit.keep("y", {
      read: () => String(startY),
      write: (text) => setStartY(Number(text)),
    });
    const setStartY = (y) => {
      startY = Math.round(clamp(y || 0, -1, 1) * 20) / 20;
    };
    const first = () => curves[choice.value].start(start.value, startY);
    const steps = kit.range("steps", { min: 0, max: MOST_STEPS, step: 1, value: 10 });
    const advance = () => {
      steps.value += 1;
      kit.update();
      return steps.value < MOST_STEPS;
    };
    kit.buttons({
      step: () => {
        kit.stop();
        advance();
      },
      run: (event) => kit.play(event.currentTarget, advance),
    });
    choice.addEventListener("input", () => {
      const { max, step, value } = curves[choice.value].rates;
      rate.limit({ min: step, max, step });
      rate.value = value;
    });
    const road = kit.panel("road");
    const losses = kit.panel("losses");
    // Where a point of the run lies in the drawing of the function.
    const place = (point) => [point[0], point[1] ?? curves[choice.value].value(point)];
    const inWords = (point) => point.map((number) => brief(number, 4)).join(", ");
    kit.handles(road, {
      kind: "knob",
      place: () => road.pixel(place(first())),
      label: () => words.startPoint,
      text: () => inWords(first()),
      value: () => start.ends,
      drag: (_, pixel) => {
        const [x, y] = road.units(pixel);
        start.value = x;
        if (choice.value === "valley") setStartY(y);
      },
      step: (_, right, up) => {
        const inValley = choice.value === "valley";
        start.value += (inValley ? right : right + up) / 20;
        if (inValley) setStartY(startY + up / 20);
      },
    });

    const drawRoad = (curve, points) => {
      const axes = { x: [-2.2, 2.2], y: [-0.5, 4], xLabel: "x", yLabel: "f(x)" };
      if (choice.value === "valley") {
        road.axes({ ...axes, y: [-1.1, 1.1], yLabel: "y" });
        for (const level of [0.1, 0.5, 1.2, 2.2, 3.6]) {
          const [a, b] = [Math.sqrt(2 * level), Math.sqrt(level / 5)];
          const angles = Array.from({ length: 121 }, (_, i) => (i * Math.PI) / 60);
          road.line(angles.map((t) => [a * Math.cos(t), b * Math.sin(t)]), "grid-strong");
        }
      } else {
        road.axes(axes);
        road.curve((x) => curve.value([x]), axes.x, "first");
      }
      road.line(points.map(place), "thin");
      for (const point of points) road.dot(place(point), "dot-second", 3);
      road.dot(place(points[0]), "ring", 6);
      road.dot(place(points.at(-1)), "dot-second", 6);
      const axis = choice.value === "valley" ? "y" : "x";
      road.beyond(points.map(place), ([x, y]) => `${axis} = ${brief(axis === "y" ? y : x, 1)}`);
    };

    const drawLosses = (curve, points) => {
      const gaps = points.map((point) => curve.value(point) - curve.least);
      losses.axes({
        x: [0, MOST_STEPS],
        y: [1e-8, 1e4],
        log: true,
        xLabel: words.stepAxis,
        yLabel: words.gapAxis,
      });
      // A logarithmic axis has no 0.
      const marks = gaps.map((gap, step) => [step, Math.max(gap, 1e-300)]);
      losses.line(marks, "second");
      for (const mark of marks) losses.dot(mark, "dot-second", 2.5);
      losses.beyond(marks, ([step]) => brief(gaps[step], 1));
    };

    const judge = (curve, points) => {
      const eta = rate.value;
      const end = points.at(-1);
      const values = { rate: brief(eta, 3) };
      if (curve.curvature) {
        const factor = stepFactor(curve.curvature, eta);
        const limit = brief(2 / curve.curvature, 3);
        const sentence = fill(words[verdict(factor)], {
          ...values,
          limit,
          factor: brief(factor, 3),
        });
        if (!curve.slowest) return [sentence];
        const slow = brief(stepFactor(curve.slowest, eta), 3);
        return [sentence, fill(words.slow, { slow, factor: brief(factor, 3) })];
      }
      if (curve.minima) {
        const limits = curve.minima.map((x) => brief(2 / curve.bend(x), 3));
        const near = curve.minima.find((x) => Math.abs(x - end[0]) < 0.01);
        const where = near !== undefined
          ? fill(words.arrived, { x: brief(near, 3) })
          : fill(words.underway, { x: brief(end[0], 3) });
        return [where, fill(words.limits, { left: limits[0], right: limits[1] })];
      }
      return [fill(words.constant, values)];
    };

    kit.draw = () => {
      const curve = curves[choice.value];
      const points = gradientDescent(choice.value, first(), rate.value, steps.value);
      drawRoad(curve, points);
      drawLosses(curve, points);
      const end = points.at(-1);
      const lost = end.some((coordinate) => Math.abs(coordinate) >= FAR);
      const value = brief(curve.value(end), 4);
      const now = { step: points.length - 1, place: inWords(end), value };
      kit.tell(fill(lost ? words.lost : words.now, now), ...judge(curve, points));
    };
  };

  define("gradient-descent", showDescent, { curves, gradientDescent, verdict });
})();
