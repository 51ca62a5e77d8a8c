// The kit of the explorables: figures that compute, in the reader's browser, from what
// the reader sets. It puts labelled controls, drawings, handles and sentences together;
// each widget is a folder beside this file. Works from file://; the words come from the
// page, in its language.
"use strict";

(() => {
  const { addressOf, brief, fill, Handles, isEmbedded, keeper, make, Panel, settingsFor } =
    window.d2lnotesExplorables;

  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  let count = 0; // of all names for labels, so that they differ
  const newId = () => `explorable-${(count += 1)}`;

  // What a widget is built from. `words` are its texts, by name, in the page's language.
  // The widget says in `draw` how to show what is set.
  class Kit {
    constructor(body, words, name) {
      this.words = words;
      this.draw = () => {};
      this.#name = name;
      this.#keep = keeper(name);
      const part = (kind, attributes = {}, ...children) =>
        make("div", { class: `explorable-${kind}`, ...attributes }, ...children);
      const title = part("title", { id: newId() }, words.title);
      const hint = part("hint", { id: newId() }, words.hint);
      this.#described = hint.id;
      this.#controls = part("controls");
      this.#panels = part("panels");
      this.#readout = part("readout", { "aria-live": "polite" });
      body.setAttribute("role", "group");
      body.setAttribute("aria-labelledby", title.id);
      body.append(title, hint, this.#panels, this.#controls, this.#readout, this.#foot());
      body.addEventListener("input", () => this.#changed());
      // On paper the drawings have no size, and there is nothing to draw.
      new ResizeObserver(([{ contentRect }]) => {
        if (contentRect.width > 0) this.update();
      }).observe(this.#panels);
    }

    #name;
    #keep;
    #described;
    #controls;
    #panels;
    #readout;
    #link;
    #status;
    #handles = [];
    #settings = new Map();
    #kept = "{}";
    #timer = null;

    // Show what is set, and keep it in the address if that is new.
    update() {
      this.draw();
      for (const handles of this.#handles) handles.place();
      const changes = this.#changes();
      const text = JSON.stringify(changes);
      if (text === this.#kept) return;
      this.#kept = text;
      this.#status.textContent = "";
      this.#link.href = addressOf(this.#name, changes);
      this.#keep(changes);
    }

    #changed() {
      this.stop();
      this.update();
    }

    // -- Settings ----------------------------------------------------------------

    // Something that the reader sets: `read` gives it as text, `write` takes that again.
    keep(name, { read, write }) {
      this.#settings.set(name, { read, write, initial: read() });
    }

    #changes() {
      const all = [...this.#settings].map(([name, { read, initial }]) => [name, read(), initial]);
      const changed = all.filter(([, now, initial]) => now !== initial);
      return Object.fromEntries(changed.map(([name, now]) => [name, now]));
    }

    // Set everything as `given`, a map of texts, and what it leaves out as at first.
    restore(given) {
      this.stop();
      for (const [name, { write, initial }] of this.#settings) {
        write(given.get(name) ?? initial);
      }
      this.update();
    }

    // -- Controls ----------------------------------------------------------------

    // A number from `min` to `max`; `text` says it in words, `changed` is told of it.
    range(name, options) {
      const { min, max, step, value, text = (number) => brief(number), changed } = options;
      const input = make("input", { type: "range", id: newId(), min, max, step, value });
      const shown = make("span", { class: "value", "aria-hidden": "true" });
      this.#place(name, input, shown);
      const control = {
        get value() {
          return Number(input.value);
        },
        set value(number) {
          input.value = number;
          control.say();
        },
        get ends() {
          return { now: control.value, min: input.min, max: input.max };
        },
        limit: (limits) => {
          for (const [key, limit] of Object.entries(limits)) input.setAttribute(key, limit);
          control.say();
        },
        say: () => {
          shown.textContent = text(control.value);
          input.setAttribute("aria-valuetext", shown.textContent);
        },
      };
      input.addEventListener("input", () => {
        control.say();
        changed?.();
      });
      const write = (number) => {
        if (Number.isFinite(Number(number))) control.value = number;
        changed?.();
      };
      this.keep(name, { read: () => input.value, write });
      control.say();
      return control;
    }

    // A choice; `options` holds value and text of each.
    choice(name, options) {
      const items = options.map(([value, text]) => make("option", { value }, text));
      const input = make("select", { id: newId() }, ...items);
      this.#place(name, input);
      const write = (value) => {
        if (options.some(([known]) => known === value)) input.value = value;
        input.dispatchEvent(new Event("input")); // which what follows from it awaits
      };
      this.keep(name, { read: () => input.value, write });
      return input;
    }

    // A square of numbers to type, `size` at a side.
    numbers(name, size, label) {
      const inputs = Array.from({ length: size * size }, (_, i) => {
        const [row, column] = [Math.floor(i / size), i % size];
        const text = fill(label, { row, column });
        const attributes = { type: "number", step: "any", "aria-label": text };
        return make("input", { ...attributes, min: -99, max: 99 });
      });
      const grid = make("div", { class: "numbers" }, ...inputs);
      const legend = make("legend", {}, this.words[name]);
      this.#controls.append(
        make("fieldset", { class: "explorable-control" }, legend, grid)
      );
      return inputs;
    }

    // Buttons, the last of which starts over.
    buttons(actions = {}) {
      const row = make("div", { class: "explorable-control buttons" });
      const all = { ...actions, reset: () => this.restore(new Map()) };
      for (const [name, act] of Object.entries(all)) {
        const button = make("button", { type: "button", name }, this.words[name]);
        button.addEventListener("click", act);
        row.append(button);
      }
      this.#controls.append(row);
    }

    #place(name, input, ...more) {
      const label = make("label", { for: input.id }, this.words[name]);
      input.setAttribute("name", name);
      const box = make("div", { class: "explorable-control" }, label, ...more, input);
      this.#controls.append(box);
    }

    // -- Drawings and words ------------------------------------------------------

    panel(name) {
      const panel = new Panel(this.words[name]);
      this.#panels.append(panel.root);
      return panel;
    }

    // What can be dragged on a panel; see handles.js.
    handles(panel, options) {
      const page = { changed: () => this.#changed(), described: this.#described };
      this.#handles.push(new Handles(panel, options, page));
    }

    // One paragraph for each sentence. What has not changed is not read out again.
    tell(...sentences) {
      const old = [...this.#readout.children].map((line) => line.textContent);
      if (old.join("\n") === sentences.join("\n")) return;
      this.#readout.replaceChildren(...sentences.map((line) => make("p", {}, line)));
    }

    // The link to what is set: to copy or, in a frame, to open.
    #foot() {
      this.#link = make("a", { href: addressOf(this.#name, {}), target: "_blank" });
      this.#link.append(this.words.open);
      const button = make("button", { type: "button", name: "copy" }, this.words.copy);
      this.#status = make("span", { role: "status" });
      button.addEventListener("click", async () => {
        this.#keep(this.#changes());
        try {
          await navigator.clipboard.writeText(this.#link.href);
          this.#status.textContent = this.words.copied;
        } catch {
          this.#status.textContent = this.words.inAddress; // where it is kept all the time
        }
      });
      return make("div", { class: "explorable-foot" }, button, this.#status, this.#link);
    }

    // -- Time --------------------------------------------------------------------

    // Call `step` until it returns false: each `pause` milliseconds, or all at once for a
    // reader who asked for less motion.
    play(button, step, pause = 500) {
      if (this.#timer !== null) {
        this.stop();
      } else if (calm.matches) {
        while (step());
      } else {
        button.textContent = this.words.stop;
        this.#timer = setInterval(() => step() || this.stop(), pause);
        this.#ended = () => {
          button.textContent = this.words.run;
        };
      }
    }

    get playing() {
      return this.#timer !== null;
    }

    // Whether the reader asked for less motion.
    get calm() {
      return calm.matches;
    }

    #ended = () => {};

    stop() {
      if (this.#timer === null) return;
      clearInterval(this.#timer);
      this.#timer = null;
      this.#ended();
    }
  }

  // Start `widget` in one place, as the address says.
  const start = (place, name, widget) => {
    const body = place.querySelector(".explorable-body");
    place.classList.toggle("embedded", isEmbedded(place));
    try {
      const kit = new Kit(body, JSON.parse(place.dataset.words), name);
      widget(kit);
      const follow = () => {
        const settings = settingsFor(name);
        if (!settings) return false;
        kit.restore(settings);
        place.scrollIntoView();
        return true;
      };
      addEventListener("hashchange", follow);
      if (!follow()) kit.update();
    } catch (error) {
      // The figure is better than half a widget.
      body.replaceChildren();
      place.classList.add("failed");
      console.error(error);
    }
  };

  // Start `widget` in its places on this page. What it computes, without knowing of the
  // page, is kept where tests find it.
  const define = (name, widget, computations = {}) => {
    Object.assign(window.d2lnotesExplorables, computations);
    const places = document.querySelectorAll(`[data-explorable="${name}"]`);
    for (const place of places) start(place, name, widget);
  };

  Object.assign(window.d2lnotesExplorables, { define });
})();
