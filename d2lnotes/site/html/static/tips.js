// Shows what a term means, which work a citation names, where a number comes from and
// what a footnote says when the pointer or the keyboard is on the link, or a finger taps
// it. The text is in the page itself; Escape closes it, and the pointer may move onto it.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const LINKS = "a:is([class*='tip-'], :has([class*='tip-']), .footnote-reference, .d2l-result)";
  const OPEN = document.documentElement.lang.startsWith("zh") ? "打开" : "Open";
  let link = null, tip = null, waiting = 0;

  // The origin of a number is its title, which a finger and the keyboard cannot show.
  const origins = new Map();
  const origin = (number) => {
    const { title } = number;
    number.removeAttribute("title");
    if (title && !origins.has(title)) {
      const text = document.createElement("div");
      Object.assign(text, { id: `tip-origin-${origins.size}`, hidden: true });
      text.append(Object.assign(document.createElement("p"), { textContent: title }));
      text.lang = number.closest("[lang]").lang;
      document.body.append(text);
      origins.set(title, text);
    }
    return origins.get(title);
  };

  const find = (anchor) => {
    if (anchor.matches(".d2l-result")) return origin(anchor);
    if (anchor.matches(".footnote-reference")) {
      return document.getElementById(anchor.hash.slice(1));
    }
    const marked = anchor.matches("[class*='tip-']") ? anchor : anchor.querySelector("[class*='tip-']");
    return document.getElementById([...marked.classList].find((name) => name.startsWith("tip-")));
  };

  const hide = () => {
    clearTimeout(waiting);
    const shown = tip;
    link = tip = null;
    shown?.remove(); // which may take the focus from it, and so lead back here
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

  const show = (anchor, text) => {
    clearTimeout(waiting);
    if (anchor === link) return;
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
    tip.addEventListener("focusout", hideIfLeft);
  };

  // A finger cannot hover: its tap shows the tip, and in it the way to where the link
  // leads. Programs that read aloud go on from there.
  const showToFinger = (anchor, text) => {
    show(anchor, text);
    if (tip.querySelector(".tip-open")) return;
    tip.setAttribute("role", "dialog");
    tip.setAttribute("aria-label", anchor.textContent);
    tip.tabIndex = -1;
    const open = { className: "tip-open", href: anchor.href, textContent: OPEN };
    const line = document.createElement("p");
    line.lang = document.documentElement.lang;
    line.append(Object.assign(document.createElement("a"), open));
    tip.append(line);
    line.addEventListener("click", hide);
    place();
    tip.focus({ preventScroll: true });
  };

  const hideSoon = (event) => {
    clearTimeout(waiting);
    if (event.pointerType !== "touch") waiting = setTimeout(hide, 250);
  };
  const hideIfLeft = ({ relatedTarget }) => {
    if (relatedTarget !== link && !tip?.contains(relatedTarget)) hide();
  };

  for (const anchor of document.querySelectorAll(LINKS)) {
    const text = find(anchor);
    if (!text) continue;
    let pointer = "";
    anchor.setAttribute("aria-describedby", text.id);
    anchor.addEventListener("pointerenter", (event) => {
      if (event.pointerType !== "touch") show(anchor, text);
    });
    anchor.addEventListener("pointerleave", hideSoon);
    anchor.addEventListener("pointerdown", (event) => { pointer = event.pointerType; });
    anchor.addEventListener("click", (event) => {
      if (pointer === "touch") {
        event.preventDefault();
        showToFinger(anchor, text);
      }
      pointer = ""; // the next click may come from a key
    });
    anchor.addEventListener("focus", () => show(anchor, text));
    anchor.addEventListener("blur", hideIfLeft);
  }
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !tip) return;
    if (tip.contains(document.activeElement)) link.focus({ preventScroll: true });
    hide();
  });
  document.addEventListener("pointerdown", ({ target }) => {
    if (tip && !tip.contains(target) && !link.contains(target)) hide();
  });
  document.addEventListener("scroll", place, { passive: true });
});
