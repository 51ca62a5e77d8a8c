// A formula or a table wider than its box scrolls: it can have the focus, for the keyboard,
// and says at which of its edges there is more.
(() => {
  const kinds = "div.math .formula, .pst-scrollable-table-container";
  const boxes = [...document.querySelectorAll(kinds)];
  const update = (box) => {
    const more = box.scrollWidth - box.clientWidth;
    const cut = [box.scrollLeft > 1 && "start", more - box.scrollLeft > 1 && "end"];
    if (more > 0) {
      box.tabIndex = 0;
      box.dataset.cut = cut.filter(Boolean).join(" ");
    } else {
      box.removeAttribute("tabindex");
      delete box.dataset.cut;
    }
  };
  // Also when an answer that holds it is unfolded.
  const resized = new ResizeObserver((entries) => entries.forEach(({ target }) => update(target)));
  for (const box of boxes) {
    resized.observe(box);
    box.addEventListener("scroll", () => update(box), { passive: true });
  }
})();
