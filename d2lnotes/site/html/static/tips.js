// Shows what a term means, which work a citation names and what a footnote says when
// the pointer or the keyboard is on the link. The text is in the page itself; Escape
// closes it, and the pointer may move onto it.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const LINKS = "a:is([class*='tip-'], :has([class*='tip-']), .footnote-reference)";
  let link = null, tip = null, waiting = 0;

  const find = (anchor) => {
    if (anchor.matches(".footnote-reference")) {
      return document.getElementById(anchor.hash.slice(1));
    }
    const marked = anchor.matches("[class*='tip-']") ? anchor : anchor.querySelector("[class*='tip-']");
    return document.getElementById([...marked.classList].find((name) => name.startsWith("tip-")));
  };

  const hide = () => {
    clearTimeout(waiting);
    tip?.remove();
    link = tip = null;
  };

  // Above the line if there is room, and never beyond the window.
  const place = () => {
    if (!tip) return;
    const at = link.getClientRects()[0], box = tip.getBoundingClientRect();
    const header = document.querySelector(".bd-header")?.getBoundingClientRect().bottom || 0;
    const above = at.top - box.height - 6;
    tip.style.top = `${above > header ? above : at.bottom + 6}px`;
    const right = document.documentElement.clientWidth - box.width - 16;
    tip.style.left = `${Math.max(16, Math.min(at.left, right))}px`;
  };

  const show = (anchor) => {
    clearTimeout(waiting);
    const text = find(anchor);
    if (anchor === link || !text) return;
    hide();
    link = anchor;
    tip = document.createElement("div");
    tip.className = "tip tip-shown";
    tip.setAttribute("role", "tooltip");
    if (text.lang) tip.lang = text.lang;
    for (const part of text.children) {
      if (!part.matches(".label, .backrefs")) tip.append(part.cloneNode(true));
    }
    for (const copy of tip.querySelectorAll("[id]")) copy.removeAttribute("id");
    document.body.append(tip);
    place();
    tip.addEventListener("pointerenter", () => clearTimeout(waiting));
    tip.addEventListener("pointerleave", hideSoon);
  };

  const hideSoon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(hide, 250);
  };

  for (const anchor of document.querySelectorAll(LINKS)) {
    const text = find(anchor);
    if (!text) continue;
    anchor.setAttribute("aria-describedby", text.id);
    anchor.addEventListener("pointerenter", (event) => {
      if (event.pointerType !== "touch") show(anchor);
    });
    anchor.addEventListener("pointerleave", hideSoon);
    anchor.addEventListener("focus", () => show(anchor));
    anchor.addEventListener("blur", hide);
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && tip) hide();
  });
  document.addEventListener("scroll", place, { passive: true });
});
