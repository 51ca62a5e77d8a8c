// Suggests, below a search field, the terms of the glossary and the headings that hold
// what is being typed. The list is loaded when the field gets the focus for the first time.
"use strict";

(() => {
  const isChinese = document.documentElement.lang.startsWith("zh");
  const LABEL = isChinese ? "建议" : "Suggestions";
  const OTHER = isChinese ? "en" : "zh-CN";
  const MOST = 8;

  const plain = (text) => text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();

  let loading = null;
  const load = () => {
    loading ??= new Promise((resolve) => {
      if (window.searchIndex?.names) return resolve();
      const script = document.createElement("script");
      script.src = `${document.documentElement.dataset.content_root}_search/names.js`;
      script.onload = script.onerror = resolve;
      document.head.append(script);
    }).then(() => {
      const { terms, headings } = window.searchIndex?.names ?? { terms: [], headings: [] };
      return [
        ...terms.map(([own, other]) =>
          ({ text: own[0], other: other[0], names: [...own, ...other].map(plain) })),
        ...headings.map((text) => ({ text, names: [plain(text)] })),
      ];
    });
    return loading;
  };

  // 3 if a name begins with what was typed, 2 if a word in it does, 1 if it holds it.
  const likeness = (typed, name) => {
    const at = name.indexOf(typed);
    if (at <= 0) return at + 1 && 3;
    return /[\s\p{P}]/u.test(name[at - 1]) ? 2 : 1;
  };

  const suggestions = (typed, all) => {
    const ranked = all.map((one) =>
      [Math.max(...one.names.map((name) => likeness(typed, name))), one]);
    return ranked.filter(([rank]) => rank > 0)
      .sort((a, b) => b[0] - a[0] || a[1].text.length - b[1].text.length)
      .slice(0, MOST).map(([, one]) => one);
  };

  const attend = (field, number) => {
    const list = document.createElement("ul");
    list.id = `search-suggestions-${number}`;
    list.className = "search-suggestions";
    list.hidden = true;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", LABEL);
    field.form.append(list);
    for (const [name, value] of Object.entries({
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": list.id,
    })) field.setAttribute(name, value);

    const options = () => [...list.children];
    let chosen = -1;

    const choose = (place) => {
      chosen = place;
      options().forEach((option, index) => option.setAttribute("aria-selected", index === place));
      const option = options()[place];
      field.setAttribute("aria-activedescendant", option?.id ?? "");
      option?.scrollIntoView({ block: "nearest" });
    };

    const close = () => {
      list.hidden = true;
      field.setAttribute("aria-expanded", "false");
      choose(-1);
    };

    const take = (option) => {
      field.value = option.dataset.text;
      close();
      field.form.requestSubmit();
    };

    const fill = (found) => {
      list.replaceChildren(...found.map(({ text, other }, index) => {
        const option = document.createElement("li");
        Object.assign(option, { id: `${list.id}-${index}`, textContent: text });
        option.setAttribute("role", "option");
        option.dataset.text = text;
        if (other) {
          const name = document.createElement("span");
          Object.assign(name, { lang: OTHER, textContent: other });
          option.append(" ", name);
        }
        option.addEventListener("pointerdown", (event) => event.preventDefault());
        option.addEventListener("click", () => take(option));
        return option;
      }));
      choose(-1);
      list.hidden = !found.length;
      field.setAttribute("aria-expanded", String(!list.hidden));
    };

    const suggest = async () => {
      const typed = plain(field.value.trim());
      const all = await load();
      if (typed !== plain(field.value.trim())) return; // somebody types fast
      fill(typed.length > (/\p{Script=Han}/u.test(typed) ? 0 : 1) ? suggestions(typed, all) : []);
    };

    const keys = {
      ArrowDown: () => choose(chosen + 1 < list.children.length ? chosen + 1 : -1),
      ArrowUp: () => choose(chosen < 0 ? list.children.length - 1 : chosen - 1),
      Escape: close,
      Enter: () => take(options()[chosen]),
    };

    field.addEventListener("focus", load);
    field.addEventListener("input", suggest);
    field.addEventListener("blur", close);
    // Before the theme, whose script comes later, sees it and closes its dialog at Escape.
    window.addEventListener("keydown", (event) => {
      // What an input method is still composing is its own.
      const isOurs = !list.hidden && !event.isComposing && keys[event.key];
      if (event.target !== field || !isOurs || (event.key === "Enter" && chosen < 0)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      keys[event.key]();
    }, { capture: true });
  };

  document.querySelectorAll("input[name=q]").forEach(attend);
})();
