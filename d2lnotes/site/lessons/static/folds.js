// Follows a link to where its target is now, or unfolds what it leads into: the answer,
// hint or deeper block around its target. Most browsers unfold of themselves; the others
// get it here.
"use strict";

(() => {
  const unfold = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.matches(".moved")) {
      location.replace(target.querySelector("a").href);
      return;
    }
    let fold = target && target.closest("details:not([open])");
    if (!fold) return;
    for (; fold; fold = fold.parentElement.closest("details:not([open])")) fold.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", unfold);
  unfold();
})();
