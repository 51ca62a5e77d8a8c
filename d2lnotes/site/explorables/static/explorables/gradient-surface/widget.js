// The gradient of a surface, and the slope in a direction of one's choice.
"use strict";

(() => {
  const { brief, contour, define, fill, shape, show } = window.d2lnotesExplorables;

  // -- Computations --------------------------------------------------------------

  const surfaces = {
    bowl: {
      value: (x, y) => (x * x) / 4 + y * y,
      gradient: (x, y) => [x / 2, 2 * y],
      levels: [0.1, 0.5, 1, 1.5, 2, 3, 4, 5, 6],
    },
    saddle: {
      value: (x, y) => (x * x) / 4 - y * y,
      gradient: (x, y) => [x / 2, -2 * y],
      levels: [-2, -1.2, -0.6, -0.2, 0, 0.2, 0.6, 1.2, 2, 3, 4, 5],
    },
    hills: {
      value: (x, y) => Math.sin(x) * Math.cos(2 * y),
      gradient: (x, y) => [
        Math.cos(x) * Math.cos(2 * y),
        -2 * Math.sin(x) * Math.sin(2 * y),
      ],
      levels: [-0.9, -0.6, -0.3, 0, 0.3, 0.6, 0.9],
    },
    plane: {
      value: (x, y) => x + y / 2,
      gradient: () => [1, 0.5],
      levels: Array.from({ length: 13 }, (_, i) => i - 6),
    },
  };

  const radians = (degrees) => (degrees * Math.PI) / 180;

  // The slope in the direction `degrees`: a dot product with a vector of length 1.
  const slopeAlong = ([a, b], degrees) =>
    a * Math.cos(radians(degrees)) + b * Math.sin(radians(degrees));

  // The angle between the gradient and the direction, from 0 to 180 degrees.
  const angleTo = ([a, b], degrees) => {
    const turned = degrees - (Math.atan2(b, a) * 180) / Math.PI;
    return Math.abs(((((turned + 180) % 360) + 360) % 360) - 180);
  };

  // -- Widget --------------------------------------------------------------------

  const HEIGHT = 1.7; // of the map, above and below the middle, in units
  const ARROW = 0.5; // a gradient is drawn at half its length
  const REACH = 0.9; // of the arrow of the direction
  const NEARLY = 1.5; // degrees

  const showGradient = (kit) => {
    const { words } = kit;
    const names = Object.keys(surfaces).map((name) => [name, words[name]]);
    const choice = kit.choice("surface", names);
    const x = kit.range("x", { min: -3, max: 3, step: 0.05, value: 2 });
    const y = kit.range("y", { min: -1.5, max: 1.5, step: 0.05, value: 0.75 });
    const degrees = (number) => `${brief(number, 0)}°`;
    const angle = kit.range("angle", { min: -180, max: 180, step: 1, value: 0, text: degrees });
    kit.buttons();
    const map = kit.panel("map");
    const graph = kit.panel("graph");

    const surface = () => surfaces[choice.value];
    const gradient = () => surface().gradient(x.value, y.value);
    const tip = () => [
      x.value + REACH * Math.cos(radians(angle.value)),
      y.value + REACH * Math.sin(radians(angle.value)),
    ];
    const place = () => `(${brief(x.value)}, ${brief(y.value)})`;

    kit.handles(map, {
      kind: "knob",
      count: () => 2, // the point and the tip of the direction
      place: (i) => map.pixel(i === 0 ? [x.value, y.value] : tip()),
      label: (i) => (i === 0 ? words.point : words.tip),
      text: (i) => (i === 0 ? place() : degrees(angle.value)),
      value: (i) => (i === 0 ? x.ends : angle.ends),
      drag: (i, pixel) => {
        const [right, up] = map.units(pixel);
        if (i === 0) {
          x.value = right;
          y.value = up;
        } else {
          angle.value = (Math.atan2(up - y.value, right - x.value) * 180) / Math.PI;
        }
      },
      step: (i, right, up) => {
        if (i === 0) {
          x.value += right / 20;
          y.value += up / 20;
        } else angle.value += 5 * (right + up);
      },
    });
    kit.handles(graph, {
      kind: "knob",
      place: () => graph.pixel([angle.value, slopeAlong(gradient(), angle.value)]),
      label: () => words.tip,
      text: () => degrees(angle.value),
      value: () => angle.ends,
      drag: (_, pixel) => {
        angle.value = graph.units(pixel)[0];
      },
      step: (_, right, up) => {
        angle.value += 5 * (right + up);
      },
    });

    const drawArrow = (from, to, kind) => {
      map.line([from, to], kind);
      const [fromX, fromY, toX, toY] = [map.x(from[0]), map.y(from[1]), map.x(to[0]), map.y(to[1])];
      const length = Math.hypot(toX - fromX, toY - fromY);
      if (length < 1) return;
      const [ahead, aside] = [(toX - fromX) / length, (toY - fromY) / length];
      const corner = (back, out) =>
        `${toX - back * ahead - out * aside},${toY - back * aside + out * ahead}`;
      const points = [corner(-2, 0), corner(9, 5), corner(9, -5)].join(" ");
      map.marks.append(shape("polygon", { points, class: `dot-${kind}` }));
    };

    const drawMap = () => {
      const half = Math.max(map.evenReach(HEIGHT), HEIGHT);
      const [across, upright] = [[-half, half], [-HEIGHT, HEIGHT]];
      const legend = [["first", words.gradientArrow], ["second", words.directionArrow]];
      map.axes({ x: across, y: upright, xLabel: "x₁", yLabel: "x₂", legend });
      for (const level of surface().levels) {
        const pieces = contour(surface().value, level, across, upright).map(
          ([[a, b], [c, d]]) => `M${map.x(a)} ${map.y(b)}L${map.x(c)} ${map.y(d)}`
        );
        map.marks.append(shape("path", { d: pieces.join(""), class: "grid-strong", fill: "none" }));
      }
      const point = [x.value, y.value];
      const [a, b] = gradient();
      drawArrow(point, [x.value + ARROW * a, y.value + ARROW * b], "first");
      drawArrow(point, tip(), "second");
      map.dot(point, "dot-first", 4);
      map.dot(point, "ring", 7);
    };

    const drawGraph = ([a, b]) => {
      const axes = { x: [-180, 180], y: [-4, 4] };
      graph.axes({ ...axes, xLabel: words.angleAxis, yLabel: words.slopeAxis });
      graph.line([[-180, 0], [180, 0]], "thin");
      if (Math.hypot(a, b) > 0) {
        const aim = (Math.atan2(b, a) * 180) / Math.PI;
        graph.line([[aim, -4], [aim, 4]], "guide");
      }
      graph.curve((turn) => slopeAlong([a, b], turn), axes.x, "first");
      graph.dot([angle.value, slopeAlong([a, b], angle.value)], "dot-second", 6);
    };

    const verdict = (theta, slope) => {
      if (theta < NEARLY) return words.steepest;
      if (theta > 180 - NEARLY) return words.downhill;
      if (Math.abs(theta - 90) < NEARLY) return words.level;
      return slope > 0 ? words.rising : words.falling;
    };

    kit.draw = () => {
      const [a, b] = gradient();
      const length = Math.hypot(a, b);
      const slope = slopeAlong([a, b], angle.value);
      const theta = angleTo([a, b], angle.value);
      drawMap();
      drawGraph([a, b]);
      const here = { x: brief(x.value), y: brief(y.value), a: brief(a), b: brief(b) };
      const value = brief(surface().value(x.value, y.value));
      const now = fill(words.now, { ...here, value, length: brief(length) });
      if (length < 1e-9) {
        kit.tell(now, words.still);
        return;
      }
      const turned = { angle: brief(angle.value, 0), theta: brief(theta, 0) };
      kit.tell(
        now,
        fill(words.slope, { ...turned, length: brief(length), slope: show(slope, 2) }),
        verdict(theta, slope)
      );
    };
  };

  define("gradient-surface", showGradient, { angleTo, slopeAlong, surfaces });
})();
