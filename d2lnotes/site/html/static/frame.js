// The frame around the text on a small screen: a header that gives way while the reader
// scrolls down, and drawers that let go of the page once a section of it is chosen.
"use strict";

(() => {
  const root = document.documentElement;
  const ENOUGH = 8; // pixels; a finger that lies still moves by less
  let last = null;

  const follow = () => {
    const end = root.scrollHeight - innerHeight;
    const now = Math.max(0, Math.min(scrollY, end)); // beyond, a page only bounces
    const moved = last === null ? 0 : now - last;
    if (last !== null && Math.abs(moved) < ENOUGH) return;
    last = now;
    if (moved) root.toggleAttribute("data-header-away", moved > 0 && now > 2 * ENOUGH);
  };

  // Where the page itself moves, to an address or because its text got another height,
  // the header stays as it is.
  const startAgain = () => { last = null; };

  const closeFor = ({ currentTarget: drawer, target }) => {
    if (!target.closest("a[href^='#']")) return;
    drawer.close();
    // The focus is back on the button in the header, and the reader in the text.
    document.activeElement.blur();
  };

  addEventListener("scroll", follow, { passive: true });
  addEventListener("resize", startAgain);
  for (const drawer of document.querySelectorAll("[id$='-sidebar-modal']")) {
    drawer.addEventListener("click", closeFor);
  }
})();
