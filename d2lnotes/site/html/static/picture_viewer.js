// A picture full screen: larger and smaller by buttons, keys, the wheel or two fingers,
// moved by dragging or with the arrow keys. Escape, the button and “back” close it.
"use strict";

(() => {
  const STEP = 1.4;
  const LARGEST = 8; // times its own size

  document.addEventListener("DOMContentLoaded", () => {
    const dialog = document.querySelector("dialog.picture-viewer");
    if (!dialog || !dialog.showModal) return; // the links lead to the files
    const find = (name) => dialog.querySelector(name);
    const room = find(".picture-room");
    const image = new Image();
    const file = find(".picture-file");
    const svg = find(".picture-svg");
    const code = find(".picture-code");
    let size = [1, 1]; // as the page shows it, in pixels
    let scale = 1;

    const whole = () =>
      Math.min(room.clientWidth / size[0], room.clientHeight / size[1], 2);

    // What lies at a point of the window stays there.
    const zoomTo = (wanted, x, y) => {
      const next = Math.min(Math.max(wanted, Math.min(whole(), 1)), LARGEST);
      const before = image.getBoundingClientRect();
      const across = (x - before.left) / before.width;
      const down = (y - before.top) / before.height;
      scale = next;
      image.style.width = `${size[0] * scale}px`;
      const after = image.getBoundingClientRect();
      room.scrollLeft += after.left + across * after.width - x;
      room.scrollTop += after.top + down * after.height - y;
    };
    const zoomBy = (factor) => {
      const box = room.getBoundingClientRect();
      zoomTo(scale * factor, box.left + box.width / 2, box.top + box.height / 2);
    };
    const showWhole = () => zoomTo(whole(), 0, 0);

    const captionOf = (link) => {
      const given = link.closest("figure")?.querySelector("figcaption");
      const caption = given ? given.cloneNode(true) : document.createElement("p");
      if (!given) caption.textContent = link.querySelector("img").alt;
      for (const child of caption.querySelectorAll(".headerlink")) child.remove();
      for (const child of [caption, ...caption.querySelectorAll("[id]")]) {
        child.removeAttribute("id"); // the page has it already
      }
      return given ? [...caption.childNodes] : [caption];
    };

    const open = (link) => {
      const shown = link.querySelector("img");
      size = [shown.getAttribute("width") || shown.naturalWidth,
        shown.getAttribute("height") || shown.naturalHeight].map(Number);
      image.src = link.href;
      image.alt = shown.alt;
      room.append(image);
      file.href = link.href;
      svg.hidden = !link.dataset.svg;
      if (link.dataset.svg) svg.href = link.dataset.svg;
      code.hidden = !link.dataset.code;
      if (link.dataset.code) code.href = link.dataset.code;
      find(".picture-caption").replaceChildren(...captionOf(link));
      dialog.showModal();
      room.focus();
      history.pushState({ picture: true }, "");
      // Its words can be read at once; where they would be too small, a part is shown.
      image.style.width = `${size[0]}px`;
      zoomTo(Math.max(whole(), Math.min(1, room.clientHeight / size[1])), 0, 0);
      room.scrollTo(0, 0);
    };

    document.addEventListener("click", (event) => {
      const link = event.target.closest("a.picture");
      const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey;
      if (!link || elsewhere || event.defaultPrevented) return;
      event.preventDefault();
      open(link);
    });
    for (const link of document.querySelectorAll("a.picture")) {
      link.setAttribute("aria-haspopup", "dialog");
    }

    // “Back” closes the picture, and closing it leaves no step to go back.
    window.addEventListener("popstate", () => dialog.close());
    dialog.addEventListener("close", () => {
      image.remove();
      if (history.state?.picture) history.back();
    });
    find(".picture-close").addEventListener("click", () => dialog.close());
    // On the same page, the place is seen only once the picture has gone.
    code.addEventListener("click", (event) => {
      const [page, place] = code.href.split("#");
      if (page !== location.href.split("#")[0]) return;
      event.preventDefault();
      window.addEventListener("popstate", () => { location.hash = place; }, { once: true });
      dialog.close();
    });

    const actions = {
      smaller: () => zoomBy(1 / STEP),
      larger: () => zoomBy(STEP),
      whole: showWhole,
    };
    for (const button of dialog.querySelectorAll("[data-zoom]")) {
      button.addEventListener("click", actions[button.dataset.zoom]);
    }
    const keys = { "-": "smaller", "_": "smaller", "+": "larger", "=": "larger", 0: "whole" };
    dialog.addEventListener("keydown", (event) => {
      event.stopPropagation(); // the page has keys of its own
      if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
      event.preventDefault();
      actions[keys[event.key]]();
    });
    room.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return; // which scrolls; two fingers on a pad come as Ctrl
      event.preventDefault();
      zoomTo(scale * Math.exp(-event.deltaY / 200), event.clientX, event.clientY);
    }, { passive: false });

    const fingers = new Map();
    const middle = () => {
      const [a, b = a] = [...fingers.values()];
      return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, far: Math.hypot(a.x - b.x, a.y - b.y) };
    };
    const release = (event) => {
      fingers.delete(event.pointerId);
      room.classList.toggle("dragged", fingers.size > 0);
    };
    room.addEventListener("pointerdown", (event) => {
      if (event.button || fingers.size === 2) return;
      room.setPointerCapture(event.pointerId);
      fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      room.classList.add("dragged");
    });
    room.addEventListener("pointermove", (event) => {
      if (!fingers.has(event.pointerId)) return;
      const before = middle();
      fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      const now = middle();
      room.scrollBy(before.x - now.x, before.y - now.y);
      if (before.far) zoomTo(scale * now.far / before.far, now.x, now.y);
    });
    room.addEventListener("pointerup", release);
    room.addEventListener("pointercancel", release);
    image.addEventListener("dragstart", (event) => event.preventDefault());
  });
})();
