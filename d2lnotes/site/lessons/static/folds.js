// Follows a link to where its target is now, or unfolds what it leads into: the answer,
// hint or deeper block around its target. Most browsers unfold of themselves; the others
// get it here.
"use strict";

(() => {
  const unfold = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.matches(".moved")) {
      // The half of the other language may be hidden.
      location.replace(target.querySelector(".half.own a, a").href);
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
