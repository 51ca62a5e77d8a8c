// A line through points, as three losses fit it.
"use strict";

(() => {
  const { brief, clamp, define, fill, show, total } = window.d2lnotesExplorables;

  // -- Computations --------------------------------------------------------------

  const indexOfLeast = (numbers) => numbers.indexOf(Math.min(...numbers));

  // The loss of one error; `delta` is where Huber's turns from square to straight.
  const lossOf = {
    squared: (e) => (e * e) / 2,
    absolute: (e) => Math.abs(e),
    huber: (e, delta) => {
      const size = Math.abs(e);
      return size <= delta ? (e * e) / 2 : delta * (size - delta / 2);
    },
  };

  // What a line gives at a point, less the truth.
  const errorsOf = ({ slope, intercept }, points) =>
    points.map(([x, y]) => slope * x + intercept - y);

  const meanLoss = (name, line, points, delta) =>
    total(errorsOf(line, points).map((e) => lossOf[name](e, delta))) / points.length;

  // The line of weighted least squares; a level one if all points have one x.
  const weightedLine = (points, weights) => {
    const sum = total(weights);
    const mean = (axis) => total(points.map((point, i) => weights[i] * point[axis])) / sum;
    const [xMean, yMean] = [mean(0), mean(1)];
    const spread = total(points.map(([x], i) => weights[i] * (x - xMean) ** 2));
    const joint = total(points.map(([x, y], i) => weights[i] * (x - xMean) * (y - yMean)));
    const slope = spread > 1e-12 * sum ? joint / spread : 0;
    return { slope, intercept: yMean - slope * xMean };
  };

  // A best line of absolute loss goes through two of the points, or, where all have one
  // x, a level one goes through one of them.
  const candidates = (points) => {
    const level = points.map(([, y]) => ({ slope: 0, intercept: y }));
    const through = points.flatMap(([x, y], i) =>
      points.slice(i + 1).filter(([far]) => far !== x).map(([far, high]) => {
        const slope = (high - y) / (far - x);
        return { slope, intercept: y - slope * x };
      })
    );
    return [...through, ...level];
  };

  const MOST_STEPS = 5000;

  const fitLine = {
    squared: (points) => weightedLine(points, points.map(() => 1)),
    absolute: (points) => {
      const lines = candidates(points);
      return lines[indexOfLeast(lines.map((line) => meanLoss("absolute", line, points)))];
    },
    // Least squares again and again. The weight of an error e is the gradient over e, and
    // no step makes the loss larger.
    huber: (points, delta) => {
      let line = fitLine.squared(points);
      for (let step = 0; step < MOST_STEPS; step += 1) {
        const weights = errorsOf(line, points).map((e) => Math.min(1, delta / Math.abs(e)));
        const next = weightedLine(points, weights);
        const change = Math.abs(next.slope - line.slope) + Math.abs(next.intercept - line.intercept);
        line = next;
        if (change < 1e-13) break;
      }
      return line;
    },
  };

  // -- Widget --------------------------------------------------------------------

  const START = [
    [1, 2.1], [2, 2.3], [3, 3.6], [4, 3.9], [5, 5.3], [6, 5.5], [7, 7], [9, 8.1],
  ];
  const OUTLIER = [9, 0.5]; // where the last point goes
  const SIDE = 10; // of the drawing
  const KINDS = { squared: "first", absolute: "second", huber: "third" };

  const showLine = (kit) => {
    const { words } = kit;
    const names = Object.keys(KINDS);
    const loss = kit.choice("loss", names.map((name) => [name, words[name]]));
    const delta = kit.range("delta", { min: 0.1, max: 4, step: 0.1, value: 1 });
    let points = START;
    const round = (number) => Math.round(clamp(number, 0, SIDE) * 20) / 20;
    const move = (i, [x, y]) => {
      points = points.map((point, j) => (j === i ? [round(x), round(y)] : point));
    };
    kit.keep("points", {
      read: () => points.map((point) => point.join(",")).join(" "),
      write: (text) => {
        const given = text.split(" ").map((pair) => pair.split(",").map(Number));
        const right = (point) => point.length === 2 && point.every(Number.isFinite);
        if (given.length === START.length && given.every(right)) given.forEach((p, i) => move(i, p));
      },
    });
    kit.buttons({
      outlier: () => {
        move(START.length - 1, OUTLIER);
        kit.update();
      },
    });
    const plane = kit.panel("plane");
    const curve = kit.panel("curve");
    kit.handles(plane, {
      kind: "point",
      count: () => points.length,
      place: (i) => plane.pixel(points[i]),
      label: (i) => fill(words.point, { number: i + 1, count: points.length }),
      text: (i) => `x = ${brief(points[i][0])}, y = ${brief(points[i][1])}`,
      value: (i) => ({ now: points[i][1], min: 0, max: SIDE }),
      drag: (i, pixel) => move(i, plane.units(pixel)),
      step: (i, right, up) => move(i, [points[i][0] + right / 10, points[i][1] + up / 10]),
    });

    const drawPlane = (lines, chosen) => {
      plane.axes({
        x: [0, SIDE],
        y: [0, SIDE],
        xLabel: "x",
        yLabel: "y",
        legend: names.map((name) => [KINDS[name], words[name]]),
      });
      const at = ({ slope, intercept }, x) => slope * x + intercept;
      for (const [x, y] of points) plane.line([[x, y], [x, at(chosen, x)]], "thin");
      for (const name of names) {
        plane.line([0, SIDE].map((x) => [x, at(lines[name], x)]), KINDS[name]);
      }
      for (const point of points) plane.dot(point, "dot-point", 5);
    };

    const drawCurve = (name, errors, losses) => {
      curve.axes({ x: [-8, 8], y: [0, 10], xLabel: words.errorAxis, yLabel: words.lossAxis });
      curve.curve((e) => lossOf[name](e, delta.value), [-8, 8], KINDS[name]);
      const marks = errors.map((e, i) => [e, losses[i]]);
      for (const mark of marks) curve.dot(mark, "dot-point", 4);
      curve.beyond(marks, ([, value]) => brief(value, 1));
    };

    const judge = (losses) => {
      const most = Math.max(...losses);
      if (total(losses) < 1e-9) return words.exact;
      const share = Math.round((100 * most) / total(losses));
      return fill(words.share, { number: losses.indexOf(most) + 1, share });
    };

    kit.draw = () => {
      const name = loss.value;
      const lines = Object.fromEntries(names.map((one) => [one, fitLine[one](points, delta.value)]));
      const { slope, intercept } = lines[name];
      const errors = errorsOf(lines[name], points);
      const losses = errors.map((e) => lossOf[name](e, delta.value));
      drawPlane(lines, lines[name]);
      drawCurve(name, errors, losses);
      const slopes = names.map((one) => [one, show(lines[one].slope, 2)]);
      kit.tell(
        fill(words.now, {
          name: words[name],
          slope: show(slope, 2),
          sign: intercept < -0.005 ? "\u2212" : "+",
          intercept: show(Math.abs(intercept), 2),
          mean: show(total(losses) / losses.length, 3),
        }),
        fill(words.slopes, Object.fromEntries(slopes)),
        judge(losses)
      );
    };
  };

  define("regression-line", showLine, { errorsOf, fitLine, lossOf, meanLoss });
})();
