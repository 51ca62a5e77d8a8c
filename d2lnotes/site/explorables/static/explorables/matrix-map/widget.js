// A matrix as a map of the plane: which directions does it leave alone?
"use strict";

(() => {
  const { brief, clamp, define, fill, shape } = window.d2lnotesExplorables;

  // -- Computations --------------------------------------------------------------

  // A matrix is [[a, b], [c, d]], rows first.
  const mapVector = ([[a, b], [c, d]], [x, y]) => [a * x + b * y, c * x + d * y];

  const determinant = ([[a, b], [c, d]]) => a * d - b * c;

  // The eigenvalues: two real ones, the larger first, or the parts of a complex pair.
  const eigenvalues = ([[a, b], [c, d]]) => {
    const [mean, half] = [(a + d) / 2, (a - d) / 2];
    const square = half * half + b * c;
    if (square < 0) return { real: mean, imaginary: Math.sqrt(-square) };
    return { values: [mean + Math.sqrt(square), mean - Math.sqrt(square)] };
  };

  // Unit eigenvectors, one for each line that stays; `every` if all lines do.
  const eigenvectors = (matrix) => {
    const [[a, b], [c, d]] = matrix;
    const { values = [] } = eigenvalues(matrix);
    if (b === 0 && c === 0 && a === d) return { every: true, lines: [] };
    const distinct = values.filter((value, i) => i === 0 || value !== values[0]);
    const lines = distinct.map((value) => {
      // Perpendicular to the longer row of A - value I.
      const candidates = [[-b, a - value], [d - value, -c]];
      const [x, y] = candidates.sort((u, v) => Math.hypot(...v) - Math.hypot(...u))[0];
      const length = Math.hypot(x, y);
      return { value, vector: [x / length, y / length] };
    });
    return { every: false, lines };
  };

  const toRadians = (degrees) => (degrees * Math.PI) / 180;
  const toDegrees = (radians) => (radians * 180) / Math.PI;
  const unit = (degrees) => [Math.cos(toRadians(degrees)), Math.sin(toRadians(degrees))];

  // By how many degrees a matrix turns a vector, to the left if positive.
  const turnOf = (matrix, [x, y]) => {
    const [p, q] = mapVector(matrix, [x, y]);
    return toDegrees(Math.atan2(x * q - y * p, x * p + y * q));
  };

  // -- Widget --------------------------------------------------------------------

  const [cosine, sine] = unit(30);
  const presets = {
    symmetric: [[1.25, 0.75], [0.75, 1.25]],
    general: [[1.25, 1.5], [0.375, 1.25]],
    rotation: [[cosine, -sine], [sine, cosine]],
    shear: [[1, 1], [0, 1]],
    mirror: [[0, 1], [1, 0]],
    flat: [[1.5, 1], [0.75, 0.5]],
    stretch: [[1.5, 0], [0, 1.5]],
  };
  const REACH = 2.4; // how far up and down the drawing goes
  const NEAR = 1.5; // degrees: a drag this close to an eigenvector means it
  const MOST_TURNS = 30;

  const showMap = (kit) => {
    const { words } = kit;
    const names = [...Object.keys(presets), "own"].map((name) => [name, words[name]]);
    const choice = kit.choice("matrix", names);
    const angle = kit.range("angle", {
      min: 0,
      max: 359.9,
      step: 0.1,
      value: 10,
      text: (degrees) => `${brief(degrees, 1)}°`,
    });
    let matrix = presets.symmetric;
    choice.addEventListener("input", () => {
      matrix = presets[choice.value] ?? matrix;
    });
    const round = (number) => clamp(Math.round(number * 20) / 20, -REACH, REACH) + 0;
    const setColumn = (j, [x, y]) => {
      matrix = matrix.map((row) => [...row]);
      [matrix[0][j], matrix[1][j]] = [round(x), round(y)];
      choice.value = "own";
    };
    kit.keep("entries", {
      read: () => (choice.value === "own" ? matrix.flat().join(" ") : ""),
      write: (text) => {
        const [a, b, c, d] = text.split(" ").map(Number);
        if (choice.value !== "own" || ![a, b, c, d].every(Number.isFinite)) return;
        setColumn(0, [a, c]);
        setColumn(1, [b, d]);
      },
    });

    const setAngle = (degrees) => {
      angle.value = ((degrees % 360) + 360) % 360;
    };
    // The direction of a drag; next to an eigenvector, that of the eigenvector.
    const aim = (degrees) => {
      const stays = eigenvectors(matrix).lines.map(({ vector: [x, y] }) =>
        toDegrees(Math.atan2(y, x))
      );
      const gap = (line) => ((((degrees - line + 90) % 180) + 180) % 180) - 90;
      const close = stays.find((line) => Math.abs(gap(line)) < NEAR);
      setAngle(close === undefined ? degrees : degrees - gap(close));
    };

    let turns = 0;
    const advance = () => {
      const [x, y] = mapVector(matrix, unit(angle.value));
      const before = angle.value;
      if (Math.hypot(x, y) > 1e-9) setAngle(toDegrees(Math.atan2(y, x)));
      turns += 1;
      kit.update();
      return turns < MOST_TURNS && angle.value !== before;
    };
    kit.buttons({
      again: () => {
        kit.stop();
        advance();
      },
      run: (event) => {
        turns = 0;
        kit.play(event.currentTarget, advance);
      },
    });

    const plane = kit.panel("plane");
    const graph = kit.panel("graph");
    const columns = () => [0, 1].map((j) => matrix.map((row) => row[j]));
    const points = () => [unit(angle.value), ...columns()];
    const inWords = (point) => `(${point.map((number) => brief(number)).join(", ")})`;
    kit.handles(plane, {
      kind: "point",
      count: () => 3,
      place: (i) => plane.pixel(points()[i]),
      label: (i) => [words.vector, words.first, words.second][i],
      text: (i) => inWords(points()[i]),
      value: (i) =>
        i === 0 ? angle.ends : { now: points()[i][0], min: -REACH, max: REACH },
      drag: (i, pixel) => {
        const [x, y] = plane.units(pixel);
        if (i === 0) aim(toDegrees(Math.atan2(y, x)));
        else setColumn(i - 1, [x, y]);
      },
      step: (i, right, up) => {
        const [x, y] = points()[i];
        if (i === 0) setAngle(angle.value + up - right);
        else setColumn(i - 1, [x + right / 20, y + up / 20]);
      },
    });
    kit.handles(graph, {
      kind: "point",
      place: () => graph.pixel([angle.value % 180, turnOf(matrix, unit(angle.value))]),
      label: () => words.angle,
      text: () => `${brief(angle.value, 1)}°`,
      value: () => angle.ends,
      drag: (_, pixel) => aim(graph.units(pixel)[0]),
      step: (_, right, up) => setAngle(angle.value + right + up),
    });

    const directions = Array.from({ length: 361 }, (_, i) => i);
    const drawPlane = (x, image, lines) => {
      const wide = plane.evenReach(REACH);
      const [a, b] = [[-wide, wide], [-REACH, REACH]];
      const legend = [["first", "x"], ["second", "Ax"]];
      plane.axes({ x: a, y: b, xLabel: "x₁", yLabel: "x₂", legend });
      plane.line(directions.map(unit), "grid-strong");
      plane.line(directions.map((t) => mapVector(matrix, unit(t))), "thin");
      for (const { vector: [p, q] } of lines) {
        const far = 4 * wide;
        plane.line([[-far * p, -far * q], [far * p, far * q]], "guide");
      }
      columns().forEach((column, j) => {
        plane.line([[0, 0], column], "thin");
        plane.dot(column, "dot-column", 5);
        const [left, top] = plane.pixel(column);
        plane.svg.append(shape("text", { x: left + 8, y: top - 6 }, ["a₁", "a₂"][j]));
      });
      plane.line([[0, 0], image], "second");
      plane.dot(image, "dot-second", 5);
      plane.line([[0, 0], x], "first");
      plane.dot(x, "dot-first", 6);
      plane.beyond([image], inWords);
    };

    const drawGraph = (lines) => {
      graph.axes({ x: [0, 180], y: [-180, 180], xLabel: words.angleAxis, yLabel: words.turnAxis });
      graph.line([[0, 0], [180, 0]], "grid-strong");
      let piece = [];
      for (const degrees of directions.map((i) => i / 2)) {
        const turn = turnOf(matrix, unit(degrees));
        // From half a turn to the left it goes on at half a turn to the right.
        if (piece.length > 0 && Math.abs(turn - piece.at(-1)[1]) > 150) {
          graph.line(piece, "thin");
          piece = [];
        }
        piece.push([degrees, turn]);
      }
      graph.line(piece, "thin");
      for (const { vector: [x, y] } of lines) {
        const at = ((toDegrees(Math.atan2(y, x)) % 180) + 180) % 180;
        graph.line([[at, -180], [at, 180]], "guide");
      }
      graph.dot([angle.value % 180, turnOf(matrix, unit(angle.value))], "dot-first", 6);
    };

    const judge = (x, image, { every, lines }) => {
      const turn = turnOf(matrix, x);
      const value = x[0] * image[0] + x[1] * image[1];
      const { values, real, imaginary } = eigenvalues(matrix);
      const numbers = { det: brief(determinant(matrix)) };
      const kind = values === undefined ? "complex"
        : every ? "every"
        : lines.length === 1 ? "single" : "two";
      const [first, second] = (values ?? [real, imaginary]).map((number) => brief(number));
      const stays = Math.min(Math.abs(turn), 180 - Math.abs(turn)) < 0.1 ||
        Math.hypot(...image) < 1e-9;
      return [
        fill(stays ? words.stays : words.turns, { turn: brief(turn, 1), value: brief(value) }),
        fill(words[kind], { ...numbers, first, second }),
      ];
    };

    kit.draw = () => {
      const x = unit(angle.value);
      const image = mapVector(matrix, x);
      const found = eigenvectors(matrix);
      drawPlane(x, image, found.lines);
      drawGraph(found.lines);
      const now = { x: inWords(x), image: inWords(image), length: brief(Math.hypot(...image)) };
      kit.tell(fill(words.now, now), ...judge(x, image, found));
    };
  };

  const computations = { determinant, eigenvalues, eigenvectors, mapVector, turnOf };
  define("matrix-map", showMap, computations);
})();
