// A threshold on scores: four counts, and the points on the ROC and the precision-recall
// curve.
"use strict";

(() => {
  const { brief, clamp, define, fill, shape, show } = window.d2lnotesExplorables;

  // -- Computations --------------------------------------------------------------

  // Scores are logistic: those of negatives around 0, of positives around `distance`.
  // Then everything is elementary, up to the areas under the curves.
  const sigmoid = (x) => 1 / (1 + Math.exp(-x));
  const logit = (p) => Math.log(p / (1 - p));
  const scoreDensity = (score, middle) => {
    const tail = Math.exp(-Math.abs(score - middle));
    return tail / (1 + tail) ** 2;
  };

  // The shares of all examples in the four cells of the confusion matrix.
  const thresholdCells = ({ threshold, distance, share }) => {
    const recall = sigmoid(distance - threshold);
    const falseRate = sigmoid(-threshold);
    return {
      truePositive: share * recall,
      falseNegative: share * (1 - recall),
      falsePositive: (1 - share) * falseRate,
      trueNegative: (1 - share) * (1 - falseRate),
    };
  };

  // What the four cells amount to; NaN where a quotient is 0/0.
  const cellMetrics = ({ truePositive, falseNegative, falsePositive, trueNegative }) => ({
    accuracy: truePositive + trueNegative,
    precision: truePositive / (truePositive + falsePositive),
    recall: truePositive / (truePositive + falseNegative),
    falseRate: falsePositive / (falsePositive + trueNegative),
    f1: (2 * truePositive) / (2 * truePositive + falsePositive + falseNegative),
  });

  // Precision where so many of the positives are found, down to the limit at none.
  const precisionAt = (recall, { distance, share }) => {
    const right = share * (1 - recall * -Math.expm1(-distance));
    return right / (right + (1 - share) * Math.exp(-distance));
  };

  // The area under the ROC curve; a series where the formula would lose its digits.
  const rocArea = (distance) => {
    if (distance < 0.01) return 0.5 + distance / 6 - distance ** 3 / 180;
    const part = -Math.expm1(-distance); // 1 − exp(−distance)
    return (part - distance * Math.exp(-distance)) / part ** 2;
  };

  // The area under the precision-recall curve, the average precision.
  const precisionRecallArea = ({ distance, share }) => {
    const part = -Math.expm1(-distance);
    if (part < 1e-9) return share;
    const k = ((1 - share) * Math.exp(-distance)) / share;
    return 1 - (k / part) * Math.log1p(part / (Math.exp(-distance) + k));
  };

  // -- Widget --------------------------------------------------------------------

  const PEOPLE = 10000;
  const SCORES = [-5, 11];
  const ARROW = 0.1;

  const showThreshold = (kit) => {
    const { words } = kit;
    const percent = (part) => `${brief(100 * part, 1)}%`;
    const threshold = kit.range("threshold", { min: -5, max: 11, step: 0.05, value: 2 });
    const distance = kit.range("distance", { min: 0, max: 6, step: 0.1, value: 4 });
    const share = kit.range("share", {
      min: 0.01, max: 0.9, step: 0.01, value: 0.3, text: percent,
    });
    kit.buttons();
    const scores = kit.panel("scores");
    const roc = kit.panel("roc");
    const curve = kit.panel("curve");
    const now = () => ({
      threshold: threshold.value,
      distance: distance.value,
      share: share.value,
    });
    const inside = (rate) => clamp(rate, 1e-6, 1 - 1e-6);
    const metrics = () => cellMetrics(thresholdCells(now()));

    // The threshold can be moved on each of the drawings.
    const knob = (panel, place, thresholdOf) =>
      kit.handles(panel, {
        kind: "knob",
        place: () => panel.pixel(place()),
        label: () => words.threshold,
        text: () => brief(threshold.value),
        value: () => threshold.ends,
        drag: (_, pixel) => {
          threshold.value = thresholdOf(panel.units(pixel)[0]);
        },
        step: (_, right, up) => {
          threshold.value += (right + up) * ARROW;
        },
      });
    let top = 1; // of the first drawing
    knob(scores, () => [threshold.value, 0.85 * top], (score) => score);
    knob(roc, () => [metrics().falseRate, metrics().recall], (rate) => -logit(inside(rate)));
    knob(
      curve,
      () => [metrics().recall, metrics().precision],
      (rate) => distance.value - logit(inside(rate))
    );

    // The area below a curve of the first drawing, to the right of the threshold.
    const area = (density, from, kind) => {
      const places = Array.from({ length: 121 }, (_, i) => from + ((SCORES[1] - from) * i) / 120);
      const points = [[from, 0], ...places.map((x) => [x, density(x)]), [SCORES[1], 0]];
      const corners = points.map(([x, y]) => `${scores.x(x)},${scores.y(y)}`).join(" ");
      scores.marks.append(shape("polygon", { points: corners, class: kind }));
    };

    const drawScores = ({ threshold: from, distance: middle, share: part }) => {
      const positive = (x) => part * scoreDensity(x, middle);
      const negative = (x) => (1 - part) * scoreDensity(x, 0);
      top = 0.3 * Math.max(part, 1 - part);
      scores.axes({
        x: SCORES,
        y: [0, top],
        xLabel: words.score,
        yLabel: "",
        legend: [
          ["second", words.positives],
          ["first", words.negatives],
        ],
      });
      area(negative, from, "alarms");
      area(positive, from, "found");
      scores.curve(negative, SCORES, "first");
      scores.curve(positive, SCORES, "second");
      scores.line([[from, 0], [from, top]], "wall");
    };

    kit.draw = () => {
      const state = now();
      const cells = thresholdCells(state);
      const { accuracy, precision, recall, falseRate, f1 } = cellMetrics(cells);
      drawScores(state);

      roc.axes({ x: [0, 1], y: [0, 1], xLabel: words.falseRate, yLabel: words.rocAxis });
      roc.line([[0, 0], [1, 1]], "guide");
      const rates = Array.from({ length: 241 }, (_, i) => (i - 120) / 6);
      roc.line(
        rates.map((t) => [sigmoid(-t), sigmoid(state.distance - t)]),
        "first"
      );
      roc.dot([falseRate, recall], "dot-first", 6);

      curve.axes({ x: [0, 1], y: [0, 1], xLabel: words.recall, yLabel: words.curveAxis });
      curve.line([[0, state.share], [1, state.share]], "guide");
      curve.curve((rate) => precisionAt(rate, state), [0, 1], "second");
      curve.dot([recall, precision], "dot-second", 6);

      const count = (part) => String(Math.round(PEOPLE * part));
      kit.tell(
        fill(words.counts, {
          tp: count(cells.truePositive),
          fn: count(cells.falseNegative),
          fp: count(cells.falsePositive),
          tn: count(cells.trueNegative),
        }),
        fill(words.numbers, {
          precision: show(precision),
          recall: show(recall),
          f1: show(f1),
          accuracy: show(accuracy),
        }),
        fill(words.areas, {
          auc: show(rocArea(state.distance)),
          average: show(precisionRecallArea(state)),
        })
      );
    };
  };

  define("threshold", showThreshold, { cellMetrics, precisionAt, precisionRecallArea, rocArea, scoreDensity, thresholdCells });
})();
