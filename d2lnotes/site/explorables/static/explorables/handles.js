// What a reader can take hold of in a drawing: with the mouse or a finger, or, once it has
// the focus, with the arrow keys. A handle lies above the drawing and says its value.
"use strict";

(() => {
  const { make } = window.d2lnotesExplorables;

  const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  const A_MOVE = 4; // pixels; less than this is a tap

  const distance = ([a, b], [c, d]) => Math.hypot(a - c, b - d);
  const indexOfLeast = (numbers) => numbers.indexOf(Math.min(...numbers));

  // The handles of one kind on one panel, a single stop of the Tab key. All places are in
  // pixels of the panel; `i` is the number of a handle.
  //
  //   kind         a class for its look: "knob", "point", "window", "pixel"
  //   role         "slider", or "button" for what is switched on and off
  //   count        how many there are, now
  //   place(i)     where its middle is, or [left, top, width, height]
  //   label(i), text(i)           its name, and its value in words
  //   value(i)     { now, min, max } of a slider, whether a button is pressed
  //   drag(i, place)              it was dragged there
  //   grab(i, place)              it was touched there; a tap then does no more
  //   step(i, right, up)          an arrow key; what is returned gets the focus
  //   press(i, place)             a tap, Enter or the space bar
  //   gap(place, point)           what makes a handle the nearest to a click
  //   add(place)   a click beside all of them makes a new one, the last
  //   cancel()     the browser took the finger away, to scroll
  class Handles {
    #panel;
    #options;
    #changed;
    #described;
    #handles = [];
    #chosen = 0; // the one that Tab reaches

    constructor(panel, options, { changed, described }) {
      this.#panel = panel;
      this.#options = { role: "slider", count: () => 1, gap: distance, ...options };
      this.#changed = changed;
      this.#described = described;
      if (this.#options.kind !== "pixel") {
        panel.root.addEventListener("click", (event) => this.#jump(event));
      }
    }

    // Put each where the drawing now shows it.
    place() {
      const count = this.#options.count();
      while (this.#handles.length < count) this.#add();
      while (this.#handles.length > count) this.#handles.pop().remove();
      this.#choose(Math.min(this.#chosen, count - 1));
      this.#handles.forEach((handle, i) => this.#say(handle, i));
    }

    #add() {
      const { kind, role } = this.#options;
      const handle = make("div", {
        class: `explorable-handle ${kind}`,
        role,
        "aria-describedby": this.#described,
      });
      const i = this.#handles.length;
      handle.addEventListener("pointerdown", (event) => this.#grab(event));
      handle.addEventListener("keydown", (event) => this.#key(event, i));
      handle.addEventListener("focus", () => this.#choose(i));
      this.#handles.push(handle);
      this.#panel.root.append(handle);
    }

    #say(handle, i) {
      const { label, place, role, text, value } = this.#options;
      const [left, top, width, height] = place(i);
      handle.style.left = `${left}px`;
      handle.style.top = `${top}px`;
      if (width !== undefined) handle.style.width = `${width}px`;
      if (height !== undefined) handle.style.height = `${height}px`;
      if (role === "button") {
        handle.setAttribute("aria-label", `${label(i)}: ${text(i)}`);
        handle.setAttribute("aria-pressed", value(i));
        return;
      }
      handle.setAttribute("aria-label", label(i));
      handle.setAttribute("aria-valuetext", text(i));
      for (const [key, number] of Object.entries(value(i))) {
        handle.setAttribute(`aria-value${key}`, number);
      }
    }

    #choose(i) {
      this.#handles.forEach((handle, j) => handle.setAttribute("tabindex", j === i ? 0 : -1));
      this.#chosen = i;
    }

    #point({ clientX, clientY }) {
      const { left, top } = this.#panel.root.getBoundingClientRect();
      return [clientX - left, clientY - top];
    }

    #nearest(point) {
      const { count, gap, place } = this.#options;
      return indexOfLeast(Array.from({ length: count() }, (_, i) => gap(place(i), point)));
    }

    #grab(event) {
      if (event.button !== 0 || !event.isPrimary) return;
      event.preventDefault(); // of selecting text; the focus is given below
      const { cancel, drag, grab, kind, place, press } = this.#options;
      const from = this.#point(event);
      // Where handles overlap, the uppermost need not be the one that was meant.
      const i = kind === "point" ? this.#nearest(from) : this.#handles.indexOf(event.target);
      const handle = this.#handles[i];
      const start = place(i);
      let moved = false;
      const move = (later) => {
        const now = this.#point(later);
        moved ||= distance(from, now) > A_MOVE;
        if (!moved) return;
        // The handle keeps its place under the finger.
        drag(i, kind === "pixel" ? now : [start[0] + now[0] - from[0], start[1] + now[1] - from[1]]);
        this.#changed();
      };
      const end = ({ type }) => {
        for (const name of ["pointermove", "pointerup", "pointercancel"]) {
          event.target.removeEventListener(name, name === "pointermove" ? move : end);
        }
        if (type === "pointercancel") cancel?.();
        else if (!moved && !grab) press?.(i, from);
        this.#changed();
      };
      event.target.setPointerCapture(event.pointerId);
      event.target.addEventListener("pointermove", move);
      event.target.addEventListener("pointerup", end);
      event.target.addEventListener("pointercancel", end);
      handle.focus({ preventScroll: true });
      grab?.(i, from);
      this.#changed();
    }

    // A click on the drawing brings the nearest handle there: nobody need drag.
    #jump(event) {
      if (event.target.closest(".explorable-handle")) return;
      const point = this.#point(event);
      if (this.#options.add) {
        if (!this.#options.add(point)) return;
        this.#changed(); // which places the new one
        this.#handles.at(-1).focus({ preventScroll: true });
        return;
      }
      const i = this.#nearest(point);
      const [, , width = 0, height = 0] = this.#options.place(i);
      this.#options.drag(i, [point[0] - width / 2, point[1] - height / 2]);
      this.#changed();
      this.#handles[i].focus({ preventScroll: true });
    }

    #key(event, i) {
      const { press, step } = this.#options;
      const [right, up] = STEPS[event.key] ?? [];
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      if (right === undefined && !(press && [" ", "Enter"].includes(event.key))) return;
      event.preventDefault();
      event.stopPropagation(); // the theme turns the page with these keys
      if (right === undefined) press(i);
      const next = right === undefined ? undefined : step(i, right, up);
      this.#changed();
      if (next !== undefined) this.#handles[next]?.focus();
    }
  }

  Object.assign(window.d2lnotesExplorables, { Handles });
})();
