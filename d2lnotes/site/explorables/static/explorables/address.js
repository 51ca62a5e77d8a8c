// What a reader changed, in the address: `#explorable=<name>&<setting>=<value>…`, which
// is no anchor of the page and can be sent. And `?embed=<name>`: that explorable alone.
"use strict";

(() => {
  const NAME = "explorable";
  const PAUSE = 300; // milliseconds; browsers forbid to write an address too often

  // The settings that the address gives the explorable `name`, or null.
  const settingsFor = (name, hash = location.hash) => {
    const settings = new URLSearchParams(hash.slice(1));
    return settings.get(NAME) === name ? settings : null;
  };

  // The address of this page with the settings of the explorable `name`.
  const addressOf = (name, settings) => {
    const page = location.href.split(/[?#]/)[0];
    return `${page}#${new URLSearchParams({ [NAME]: name, ...settings })}`;
  };

  const replace = (hash) => {
    const here = location.href.split("#")[0];
    if (hash !== location.hash) history.replaceState(history.state, "", here + hash);
  };

  // Returns a function that keeps settings in the address, a moment after the last change.
  // Anchors of the page stay until there is something to keep.
  const keeper = (name) => {
    let timer = null;
    const keep = (settings) => {
      if (Object.keys(settings).length) replace(new URL(addressOf(name, settings)).hash);
      else if (settingsFor(name)) replace("");
    };
    return (settings) => {
      clearTimeout(timer);
      timer = setTimeout(keep, PAUSE, settings);
    };
  };

  // Whether the explorable in `place` is the one that a frame asked for: that of the
  // name given, or else the first.
  const isEmbedded = (place) => {
    const name = new URLSearchParams(location.search).get("embed");
    if (name === null) return false;
    const all = [...document.querySelectorAll("[data-explorable]")];
    return place === (all.find(({ dataset }) => dataset.explorable === name) ?? all[0]);
  };

  Object.assign(window.d2lnotesExplorables, { addressOf, isEmbedded, keeper, settingsFor });
})();
