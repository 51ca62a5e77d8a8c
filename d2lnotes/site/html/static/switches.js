// The language switch, which stays on the same section, and side-by-side reading; and
// arrow keys, which scroll a block that has the focus before they turn the page.
// Works from file://; what the reader chose stays in the browser.
"use strict";

(() => {
  const SIDE_BY_SIDE = "d2lnotes-side-by-side";
  const LANGUAGE = "d2lnotes-language";
  const root = document.documentElement;

  // A browser may forbid storage to local files: then nothing is remembered.
  const remember = (key, value) => {
    try { localStorage.setItem(key, value); } catch { /* not remembered */ }
  };
  const showSideBySide = (on) => {
    root.toggleAttribute("data-side-by-side", on);
    for (const button of document.querySelectorAll(".side-by-side-switch")) {
      button.setAttribute("aria-pressed", String(on));
    }
  };

  const toggleSideBySide = () => {
    const section = currentSection();
    const on = !root.hasAttribute("data-side-by-side");
    showSideBySide(on);
    remember(SIDE_BY_SIDE, on ? "on" : "off");
    // Blocks that are too wide for a column now become stops of the Tab key.
    dispatchEvent(new Event("resize"));
    // The text above changed its height: stay where the reader was.
    if (section && section.closest("section section")) section.scrollIntoView();
  };

  // The last section that begins above the upper third of the window.
  const currentSection = () => {
    const line = window.innerHeight / 3;
    const above = [...document.querySelectorAll("article section[id]")].filter(
      (section) => section.getBoundingClientRect().top <= line
    );
    return above.at(-1);
  };

  const switchLanguage = (event) => {
    const link = event.currentTarget;
    const section = currentSection();
    link.hash = section && section.closest("section section") ? section.id : "";
    remember(LANGUAGE, link.dataset.language);
  };

  const isTyping = (target) =>
    target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);

  // Sphinx listens to these keys on the document, which they do not reach then.
  const keepForScrolling = (event) => {
    const { scrollWidth, clientWidth } = event.target;
    const sideways = /^Arrow(Left|Right)$/.test(event.key);
    if (sideways && scrollWidth > clientWidth) event.stopPropagation();
  };

  document.addEventListener("DOMContentLoaded", () => {
    document.body.addEventListener("keydown", keepForScrolling);
    showSideBySide(root.hasAttribute("data-side-by-side"));
    for (const button of document.querySelectorAll(".side-by-side-switch")) {
      button.addEventListener("click", toggleSideBySide);
    }
    for (const link of document.querySelectorAll(".language-switch a")) {
      link.addEventListener("click", switchLanguage);
    }
  });
  document.addEventListener("keydown", (event) => {
    // A letter alone would be struck by people who speak to their computer. With Alt
    // some keyboards write another letter: where the key lies is what counts.
    if (!event.altKey || event.ctrlKey || event.metaKey || event.code !== "KeyB") return;
    if (isTyping(event.target)) return;
    event.preventDefault();
    toggleSideBySide();
  });
})();
