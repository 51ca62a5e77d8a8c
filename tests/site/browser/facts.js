async () => {
  const main = document.querySelector("main") || document.body;
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const short = (text) => text.trim().replace(/\s+/g, " ").slice(0, 80);

  // What an author typed as code, and what is no text at all.
  const CODE = "code, pre, kbd, samp, script, style, noscript, template, textarea," +
    "svg, mjx-container, .sig, .field-list dt, .field-list strong";
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { data, parentElement } = walker.currentNode;
    if (data.trim() && !parentElement.closest(CODE)) texts.push(data);
  }
  texts.push(document.title);
  const holding = (pattern) => texts.filter((text) => pattern.test(text)).map(short);

  // Pictures below the fold may be loaded lazily.
  await Promise.all(all("img").map((image) => {
    image.loading = "eager";
    return image.decode().catch(() => null);
  }));

  const article = all("article, .bd-search-container", main)[0] || main;
  const ids = all("[id]").map((element) => element.id);
  const name = (element) =>
    `${element.tagName.toLowerCase()}.${[...element.classList].join(".")} ` +
    short(element.textContent).slice(0, 40);

  window.findTooWide = () => {
    const { scrollWidth } = document.documentElement;
    if (scrollWidth <= window.innerWidth) return [];
    const scrolls = (element) => element.closest("article, body") !== element &&
      /auto|scroll|hidden/.test(getComputedStyle(element).overflowX);
    const wide = all("article *").filter((element) => {
      if (element.getBoundingClientRect().right <= window.innerWidth + 1) return false;
      for (let box = element; box && box !== document.body; box = box.parentElement) {
        if (scrolls(box)) return false;
      }
      return true;
    });
    return [`${scrollWidth} px wide`, ...wide.slice(0, 5).map(name)];
  };

  return {
    lang: document.documentElement.lang,
    headings: all("h1", main).map((heading) => short(heading.innerText)),
    text: article.innerText.trim(),
    formulas: all(".math").length,
    unset_formulas: all(".math")
      .filter((formula) => !formula.querySelector("mjx-container"))
      .map((formula) => short(formula.textContent)),
    broken_formulas: all("[data-mml-node='merror'], mjx-merror").map((error) =>
      short(error.getAttribute("title") || error.textContent)),
    raw_mathematics: holding(/\\[()[\]]|\$/),
    // A power such as 2**32 is no bold text.
    raw_bold: holding(/(?<![\w)])\*\*|\*\*(?![\w(])/),
    raw_halves: holding(/\p{Script=Han}[^|]* \| /u),
    dead_images: all("img").filter((image) => image.naturalWidth === 0)
      .map((image) => image.getAttribute("src")),
    mute_images: all("img").filter((image) => !image.alt.trim())
      .map((image) => image.getAttribute("src")),
    other_shown: all(".half.other")
      .filter((half) => getComputedStyle(half).display !== "none").map(name),
    own_halves: all(".half.own").length,
    ids,
    repeated_ids: [...new Set(ids.filter((id, place) => ids.indexOf(id) !== place))],
    links: all("a[href]").map((link) => link.href)
      .filter((address) => address.startsWith("file:")),
  };
}
