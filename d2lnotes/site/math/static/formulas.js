// A formula wider than its box scrolls; by the keyboard it does once it has the focus.
(() => {
  const update = () => document.querySelectorAll("div.math .formula").forEach((box) => {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  });
  addEventListener("load", update);
  addEventListener("resize", update);
})();
