// Diffusion, run backwards: from noise to a mixture of Gaussians whose noise is known.
"use strict";

(() => {
  const { brief, clamp, define, fill, normals, total } = window.d2lnotesExplorables;

  // -- Computations --------------------------------------------------------------

  const NOISE_STEPS = 100;

  // By step, from 0: the share of variance that is still data (a linear schedule).
  const alphaBars = [1];
  for (let t = 1; t <= NOISE_STEPS; t += 1) {
    const beta = 0.001 + ((0.2 - 0.001) * (t - 1)) / (NOISE_STEPS - 1);
    alphaBars.push(alphaBars[t - 1] * (1 - beta));
  }

  // Mean 0, and unit variance over both coordinates.
  const standardize = (points) => {
    const mean = [0, 1].map((k) => total(points.map((p) => p[k])) / points.length);
    const moved = points.map((p) => p.map((value, k) => value - mean[k]));
    const squares = total(moved.flat().map((value) => value * value));
    const scale = Math.sqrt(squares / (2 * points.length));
    return moved.map((p) => p.map((value) => value / scale));
  };
  const evenly = (count, make) => Array.from({ length: count }, (_, i) => make(i / (count - 1)));
  const onCircle = (angle, radius = 1) => [radius * Math.cos(angle), radius * Math.sin(angle)];
  const shapeCenters = {
    moons: standardize([
      ...evenly(32, (u) => onCircle(Math.PI * u)),
      ...evenly(32, (u) => {
        const [x, y] = onCircle(Math.PI * u);
        return [1 - x, 0.5 - y];
      }),
    ]),
    ring: standardize(Array.from({ length: 8 }, (_, i) => onCircle((i * Math.PI) / 4))),
    spiral: standardize(
      evenly(64, (u) => {
        const place = Math.sqrt(0.05 + 0.95 * u);
        return onCircle(3 * Math.PI * place, place);
      })
    ),
  };

  // The mean of the noise in a point, given where it is at step t. The largest exponent
  // is taken out first, so that far away not all shares become 0.
  const expectedNoise = (point, t, centers, deviation) => {
    const bar = alphaBars[t];
    const variance = bar * deviation ** 2 + 1 - bar;
    const gaps = centers.map((center) => point.map((x, k) => x - Math.sqrt(bar) * center[k]));
    const exponents = gaps.map(([x, y]) => -(x * x + y * y) / (2 * variance));
    const most = Math.max(...exponents);
    const weights = exponents.map((exponent) => Math.exp(exponent - most));
    const sum = total(weights);
    return [0, 1].map((k) => {
      const gap = total(weights.map((weight, i) => weight * gaps[i][k])) / sum;
      return (Math.sqrt(1 - bar) * gap) / variance;
    });
  };

  const cleanGuess = (point, t, noise) =>
    point.map((x, k) => (x - Math.sqrt(1 - alphaBars[t]) * noise[k]) / Math.sqrt(alphaBars[t]));

  // The noise steps at which jumps begin and end. A half rounds to the even number.
  const jumpTimes = (jumps) =>
    Array.from({ length: jumps + 1 }, (_, i) => {
      const time = NOISE_STEPS - (NOISE_STEPS * i) / jumps;
      const low = Math.floor(time);
      if (time - low === 0.5) return low + (low % 2);
      return Math.round(time);
    });

  // Where a sample is after each jump, the start first: no fresh noise is added.
  const walkBack = (start, jumps, centers, deviation) => {
    const times = jumpTimes(jumps);
    const places = [start];
    for (let i = 0; i < jumps; i += 1) {
      const [t, earlier] = [times[i], times[i + 1]];
      const noise = expectedNoise(places[i], t, centers, deviation);
      const clean = cleanGuess(places[i], t, noise);
      const bar = alphaBars[earlier];
      places.push(clean.map((x, k) => Math.sqrt(bar) * x + Math.sqrt(1 - bar) * noise[k]));
    }
    return places;
  };

  // -- Widget --------------------------------------------------------------------

  const DEVIATION = 0.1;
  const NEAR = 0.3;
  const REACH = 3;
  const SAMPLES = 400;
  const START = [0.4, -1.9];
  const random = normals(7);
  const starts = Array.from({ length: SAMPLES }, () => [random(), random()]);

  const showDiffusion = (kit) => {
    const { words } = kit;
    const shapes = Object.keys(shapeCenters).map((name) => [name, words[name]]);
    const target = kit.choice("target", shapes);
    const jumps = kit.range("jumps", {
      min: 1, max: 50, step: 1, value: 20, changed: () => limitDone(),
    });
    const done = kit.range("done", { min: 0, max: 20, step: 1, value: 0 });
    const limitDone = () => done.limit({ max: jumps.value });
    let start = START;
    const setStart = (place) => {
      start = place.map((x) => Math.round(clamp(x || 0, -REACH, REACH) * 20) / 20);
    };
    kit.keep("start", {
      read: () => (start.join() === START.join() ? "" : start.join(" ")),
      write: (text) => {
        const numbers = text.split(" ").map(Number);
        start = START;
        if (numbers.length === 2 && numbers.every(Number.isFinite)) setStart(numbers);
      },
    });
    const advance = () => {
      done.value += 1;
      kit.update();
      return done.value < jumps.value;
    };
    const rewind = () => {
      if (done.value >= jumps.value) done.value = 0;
    };
    kit.buttons({
      step: () => {
        kit.stop();
        rewind();
        advance();
      },
      run: (event) => {
        rewind();
        kit.play(event.currentTarget, advance, 150);
      },
    });

    // Walking is the work, so walks are kept until shape or number of steps change.
    let walks = [];
    let walked = "";
    const centers = () => shapeCenters[target.value];
    const walk = (place) => walkBack(place, jumps.value, centers(), DEVIATION);
    const walkAll = () => {
      const asked = `${target.value} ${jumps.value}`;
      if (asked === walked) return;
      walked = asked;
      walks = starts.map(walk);
    };

    const panel = kit.panel("plane");
    const inWords = (point) => `(${point.map((x) => brief(x)).join(", ")})`;
    kit.handles(panel, {
      kind: "knob",
      place: () => panel.pixel(start),
      label: () => words.start,
      text: () => inWords(start),
      value: () => ({ now: start[0], min: -REACH, max: REACH }),
      drag: (_, pixel) => setStart(panel.units(pixel)),
      step: (_, right, up) => setStart([start[0] + right / 20, start[1] + up / 20]),
    });

    const isNear = (point) =>
      centers().some((center) => Math.hypot(point[0] - center[0], point[1] - center[1]) < NEAR);
    const percent = (share) => brief(100 * share, 0);

    kit.draw = () => {
      walkAll();
      const path = walk(start).slice(0, done.value + 1);
      const place = path.at(-1);
      const t = jumpTimes(jumps.value)[done.value];
      const wide = panel.evenReach(REACH);
      panel.axes({ x: [-wide, wide], y: [-REACH, REACH], xLabel: "x₁", yLabel: "x₂" });
      for (const center of centers()) panel.dot(center, "center", 3);
      for (const places of walks) panel.dot(places[done.value], "cloud", 2);
      panel.line(path, "second");
      panel.dot(start, "ring", 6);
      panel.dot(place, "dot-second", 5);
      panel.beyond([place], inWords);
      const near = walks.filter((places) => isNear(places[done.value])).length / SAMPLES;
      const sentences = [
        fill(words.now, {
          done: done.value, jumps: jumps.value, t, share: percent(1 - alphaBars[t]),
        }),
        fill(words.path, { start: inWords(start), place: inWords(place) }),
      ];
      if (t > 0) {
        const noise = expectedNoise(place, t, centers(), DEVIATION);
        sentences.push(fill(words.guess, { guess: inWords(cleanGuess(place, t, noise)) }));
      }
      // A Gaussian in the plane has the share 1 − exp(−r² / 2σ²) within r of its center.
      const real = 1 - Math.exp(-(NEAR ** 2) / (2 * DEVIATION ** 2));
      sentences.push(fill(words.near, { near: percent(near), real: percent(real) }));
      kit.tell(...sentences);
    };
  };

  const computations = {
    alphaBars, cleanGuess, expectedNoise, jumpTimes, shapeCenters, walkBack,
  };
  define("diffusion", showDiffusion, computations);
})();
