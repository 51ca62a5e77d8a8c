// What the filters of lists have in common: the choices in a form decide which entries
// are shown, how many there are is said, and the choices stand in the address, so that a
// filtered list can be sent. Without this script a page shows everything. Works from
// file://; nothing is stored.
"use strict";

// form: fields with names, to which a button and a count are added
// before: the element that the form stands in front of
// items: the entries; fits(choices) returns what tells of an entry whether it is shown
// words: clear, empty, and count(shown, all); after(): called when entries were hidden
window.filterList = ({ form, before, items, fits, words, after = () => {} }) => {
  const add = (tag, properties) =>
    form.appendChild(Object.assign(document.createElement(tag), properties));
  const clear = add("button", { type: "reset", textContent: words.clear });
  const count = add("output", {});
  const empty = document.createElement("p");
  empty.className = "filter-empty";
  empty.textContent = words.empty;

  const choices = () =>
    new URLSearchParams([...new FormData(form)].filter(([, value]) => value.trim()));

  const show = () => {
    const chosen = choices(), isShown = fits(chosen);
    for (const item of items) item.hidden = !isShown(item);
    const shown = items.filter((item) => !item.hidden).length;
    count.textContent = words.count(shown, items.length);
    clear.disabled = !chosen.toString();
    empty.hidden = shown > 0;
    after();
  };

  const takeFromAddress = () => {
    for (const [name, value] of new URLSearchParams(location.search)) {
      const [field, ...others] = form.querySelectorAll(`[name="${CSS.escape(name)}"]`);
      const boxes = [field, ...others].filter((box) => box?.type === "checkbox");
      for (const box of boxes) if (box.value === value) box.checked = true;
      if (field && !boxes.length) field.value = value;
    }
  };
  const putIntoAddress = () => {
    const query = choices().toString();
    history.replaceState(null, "", `${location.pathname}${query && `?${query}`}${location.hash}`);
  };
  const change = () => { show(); putIntoAddress(); };

  form.addEventListener("input", change);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(change));
  before.before(form, empty);
  takeFromAddress();
  show();
};
