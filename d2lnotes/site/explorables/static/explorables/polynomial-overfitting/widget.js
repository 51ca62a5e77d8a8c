// Overfitting by the degree of a polynomial.
"use strict";

(() => {
  const { brief, clamp, define, fill, normals, show, total, uniforms } = window.d2lnotesExplorables;

  // -- Computations --------------------------------------------------------------

  const target = (x) => Math.sin(Math.PI * x);

  // One point in each of `count` equal parts of [−1, 1].
  const polynomialData = (count, noise, seed) => {
    const uniform = uniforms(seed);
    const normal = normals(seed + 1e6);
    const x = Array.from({ length: count }, (_, i) => (2 * (i + uniform())) / count - 1);
    return { x, y: x.map((place) => target(place) + noise * normal()) };
  };

  // The Chebyshev polynomials 0 to `degree` at x: far better conditioned than powers.
  const chebyshev = (x, degree) => {
    const values = [1, x];
    for (let k = 2; k <= degree; k += 1) {
      values.push(2 * x * values[k - 1] - values[k - 2]);
    }
    return values.slice(0, degree + 1);
  };

  // Solve min ‖A w − y‖ by Householder reflections: QR, not the normal equations,
  // which would square the condition number.
  const leastSquares = (matrix, y) => {
    const [rows, columns] = [matrix.length, matrix[0].length];
    if (rows < columns) {
      throw new RangeError(
        `${columns} unknowns need at least ${columns} equations, got ${rows}`
      );
    }
    const a = matrix.map((row, i) => [...row, y[i]]);
    for (let k = 0; k < columns; k += 1) {
      const norm = Math.hypot(...a.slice(k).map((row) => row[k]));
      if (norm === 0) throw new RangeError(`column ${k} depends on those before it`);
      const corner = a[k][k] > 0 ? -norm : norm; // no cancellation in the next line
      const mirror = a.map((row, i) => (i < k ? 0 : row[k] - (i === k ? corner : 0)));
      const scale = -corner * mirror[k]; // half the square of the mirror's length
      for (let j = k; j <= columns; j += 1) {
        const share = total(mirror.map((m, i) => m * a[i][j])) / scale;
        for (let i = k; i < rows; i += 1) a[i][j] -= share * mirror[i];
      }
    }
    const solution = new Array(columns).fill(0);
    for (let k = columns - 1; k >= 0; k -= 1) {
      const known = total(solution.map((w, j) => (j > k ? w * a[k][j] : 0)));
      solution[k] = (a[k][columns] - known) / a[k][k];
    }
    return solution;
  };

  const fitPolynomial = ({ x, y }, degree) =>
    leastSquares(x.map((place) => chebyshev(place, degree)), y);
  const evaluatePolynomial = (weights, x) =>
    total(chebyshev(x, weights.length - 1).map((value, k) => weights[k] * value));
  const rootMeanSquare = (weights, { x, y }) =>
    Math.hypot(...x.map((place, i) => evaluatePolynomial(weights, place) - y[i])) /
    Math.sqrt(x.length);

  // -- Widget --------------------------------------------------------------------

  const HELD_OUT = 400;
  const HIGHEST_DEGREE = 15;
  const HEIGHT = 2; // of the drawing, up and down

  const showPolynomials = (kit) => {
    const { words } = kit;
    const moved = new Map(); // the points that the reader has moved, and where to
    const forget = () => moved.clear();
    // Through n points goes exactly one polynomial of degree n − 1.
    const top = () => Math.min(HIGHEST_DEGREE, points.value - 1);
    const points = kit.range("points", {
      min: 6,
      max: 60,
      step: 1,
      value: 16,
      changed: () => {
        forget();
        degree.limit({ max: top() });
      },
    });
    const degree = kit.range("degree", { min: 0, max: HIGHEST_DEGREE, step: 1, value: 3 });
    const noise = kit.range("noise", { min: 0, max: 0.6, step: 0.02, value: 0.3, changed: forget });
    let seed = 1;
    const draw = (number) => {
      seed = Number.isInteger(number) ? number : 1;
      forget();
    };
    kit.keep("seed", { read: () => String(seed), write: (text) => draw(Number(text)) });
    kit.keep("moved", {
      read: () => [...moved].map(([i, y]) => `${i}:${y}`).join(" "),
      write: (text) => {
        forget();
        for (const [, i, y] of text.matchAll(/(\d+):(-?[\d.]+)/g)) move(Number(i), Number(y));
      },
    });
    kit.buttons({
      draw: () => {
        draw(seed + 1);
        kit.update();
      },
    });
    const fitted = kit.panel("fitted");
    const errors = kit.panel("errors");
    let train; // what was drawn last
    let held;
    const move = (i, y) => moved.set(i, Math.round(clamp(y, -HEIGHT, HEIGHT) * 100) / 100);
    kit.handles(fitted, {
      kind: "point",
      count: () => points.value,
      place: (i) => fitted.pixel([train.x[i], train.y[i]]),
      label: (i) => fill(words.point, { number: i + 1, count: points.value }),
      text: (i) => `x = ${brief(train.x[i])}, y = ${brief(train.y[i])}`,
      value: (i) => ({ now: train.y[i], min: -HEIGHT, max: HEIGHT }),
      gap: ([x], [pixel]) => Math.abs(x - pixel),
      drag: (i, pixel) => move(i, fitted.units(pixel)[1]),
      step: (i, right, up) => {
        if (up) move(i, clamp(train.y[i], -HEIGHT, HEIGHT) + up / 20);
        return clamp(i + right, 0, points.value - 1);
      },
    });
    kit.handles(errors, {
      kind: "knob",
      place: () => errors.pixel([degree.value, held[degree.value]]),
      label: () => words.degree,
      text: () => brief(degree.value),
      value: () => degree.ends,
      drag: (_, pixel) => {
        degree.value = Math.round(errors.units(pixel)[0]);
      },
      step: (_, right, up) => {
        degree.value += right + up;
      },
    });

    kit.draw = () => {
      train = polynomialData(points.value, noise.value, seed);
      for (const [i, y] of moved) train.y[i] = y;
      const heldOut = polynomialData(HELD_OUT, noise.value, seed + 5e5);
      const fits = Array.from({ length: top() + 1 }, (_, d) => fitPolynomial(train, d));
      const own = fits.map((weights) => rootMeanSquare(weights, train));
      held = fits.map((weights) => rootMeanSquare(weights, heldOut));
      const best = held.indexOf(Math.min(...held));
      const d = degree.value;

      fitted.axes({
        x: [-1, 1],
        y: [-HEIGHT, HEIGHT],
        xLabel: "x",
        yLabel: "y",
        legend: [
          ["first", words.fit],
          ["guide", words.truth],
          ["dot-second", words.data],
        ],
      });
      fitted.curve(target, [-1, 1], "guide");
      const curve = fitted.curve((x) => evaluatePolynomial(fits[d], x), [-1, 1], "first");
      const observed = train.x.map((x, i) => [x, train.y[i]]);
      for (const place of observed) fitted.dot(place, "dot-second");
      fitted.beyond([...curve, ...observed], ([, y]) => `y = ${brief(y, 1)}`);

      errors.axes({
        x: [0, HIGHEST_DEGREE],
        y: [0.01, 10],
        log: true,
        xLabel: words.degreeAxis,
        yLabel: words.errorAxis,
        legend: [
          ["first", words.trainError],
          ["second", words.heldError],
        ],
      });
      const visible = (list) => list.map((error, k) => [k, Math.max(error, 1e-20)]);
      errors.line([[d, 1e-3], [d, 1e3]], "guide");
      errors.line(visible(own), "first");
      errors.line(visible(held), "second");
      errors.dot([d, Math.max(own[d], 1e-20)], "dot-first", 5);
      errors.dot([d, held[d]], "dot-second", 5);
      errors.beyond([...visible(own), ...visible(held)], ([, error]) => brief(error, 3));
      kit.tell(
        fill(words.now, { degree: d, train: show(own[d]), held: show(held[d]) }),
        fill(words.best, { best, error: show(held[best]), noise: brief(noise.value) }),
        words[held[d] < 1.1 * held[best] ? "right" : d > best ? "over" : "under"]
      );
    };
  };

  define("polynomial-overfitting", showPolynomials, { evaluatePolynomial, fitPolynomial, leastSquares, polynomialData, rootMeanSquare });
})();
