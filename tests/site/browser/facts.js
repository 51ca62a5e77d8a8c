async () => {
  const main = document.querySelector("main") || document.body;
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const short = (text) => text.trim().replace(/\s+/g, " ").slice(0, 80);

  // What an author typed as code, and what is no text at all.
  const CODE = "code, pre, kbd, samp, script, style, noscript, template, textarea," +
    "svg, math, .sig, .field-list dt, .field-list strong";
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

  // Neither the window nor a box around the article may scroll sideways; a table,
  // a listing or a formula inside it may.
  window.findTooWide = () => {
    const around = [article];
    while (around.at(-1).parentElement) around.push(around.at(-1).parentElement);
    const wide = around.filter((box) => box.scrollWidth > box.clientWidth + 1);
    if (!wide.length) return [];
    const scrolls = (element) => getComputedStyle(element).overflowX !== "visible";
    const sticksOut = (element) => {
      if (element.getBoundingClientRect().right <= window.innerWidth + 1) return false;
      let box = element;
      while (!around.includes(box) && !scrolls(box)) box = box.parentElement;
      return around.includes(box);
    };
    const outside = all("body *").filter(sticksOut)
      .filter((element) => ![...element.children].some(sticksOut));
    return [...wide, ...outside.slice(0, 9)].map(name);
  };

  // What a column is too narrow for: formulas cut without a sign, code that scrolls, and
  // lines that begin with the punctuation after a formula; in folded answers as well.
  window.findCut = async () => {
    const folded = all("details:not([open])");
    for (const block of folded) block.open = true;
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    const scrolls = (box) => box.scrollWidth > box.clientWidth + 1;
    const hasSign = (box) => getComputedStyle(box).maskImage !== "none";
    const isParted = (held) => {
      const [drawing, text] = [[...held.querySelectorAll("svg")].at(-1), document.createRange()];
      text.selectNode(held.lastChild);
      return held.lastChild.data && held.checkVisibility()
        && text.getBoundingClientRect().top > drawing.getBoundingClientRect().bottom;
    };
    const found = {
      cut_unseen: all(".formula, .pst-scrollable-table-container")
        .filter((box) => scrolls(box) && !hasSign(box)).map(name),
      scrolling_code: all("pre", article).filter(scrolls).map(name),
      parted_formulas: all(".unbroken").filter(isParted).map(name),
    };
    for (const block of folded) block.open = false;
    return found;
  };

  // The words around the article: buttons, menus, hints; tips speak as the text they are of.
  const around = all("body *")
    .filter((element) => !element.closest("article, [id^=tip-origin-]"));
  const labels = around.flatMap((element) =>
    ["title", "aria-label", "placeholder"].map((name) => element.getAttribute(name)));
  const words = around.filter((element) => !element.closest(CODE))
    .flatMap((element) => [...element.childNodes])
    .filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data);

  return {
    // As in "Breadcrumb", "Collapse Sidebar" and "© Copyright 2026, the authors."
    english_around: [...labels, ...words].map((text) => (text || "").trim())
      .filter((text) => /^\W*[A-Z][a-z]+\b/.test(text) && !/\p{Script=Han}/u.test(text)),
    chinese_around: [...labels, ...words].map((text) => (text || "").trim())
      .filter((text) => /\p{Script=Han}/u.test(text)),
    lang: document.documentElement.lang,
    headings: all("h1", main).map((heading) => short(heading.innerText)),
    text: article.innerText.trim(),
    formulas: all(".math").length,
    unset_formulas: all(".math")
      .filter((formula) => {
        const drawing = formula.querySelector("svg > use");
        const target = drawing && document.querySelector(drawing.getAttribute("href"));
        // One that is hidden, or stands in a folded answer, has no size.
        const drawn = !drawing?.checkVisibility() || drawing.getBBox().width > 0;
        return !(target?.closest(".drawings") && drawn && formula.querySelector("math"));
      })
      .map((formula) => short(formula.textContent)),
    lost_letters: all(".drawings use")
      .filter((letter) => !document.querySelector(letter.getAttribute("href")))
      .map((letter) => letter.getAttribute("href")),
    raw_mathematics: holding(/\\[()[\]]|\$/),
    // A power such as 2**32 is no bold text.
    raw_bold: holding(/(?<![\w)])\*\*|\*\*(?![\w(])/),
    raw_halves: holding(/\p{Script=Han}[^|]* \| /u),
    dead_images: all("img").filter((image) => image.naturalWidth === 0)
      .map((image) => image.getAttribute("src")),
    // The name beside the logo says what it is.
    mute_images: all("img:not(.logo__image)")
      .filter((image) => !image.alt.trim())
      .map((image) => image.getAttribute("src")),
    // But for the signs that fold an index, which the course does not show.
    alternatives: all("img:not(.toggler)", main).map((image) => image.alt),
    other_shown: all(".half.other")
      .filter((half) => getComputedStyle(half).display !== "none").map(name),
    own_halves: all(".half.own").length,
    repeated_ids: [...new Set(ids.filter((id, place) => ids.indexOf(id) !== place))],
    links: all("a[href]").map((link) => link.href)
      .filter((address) => address.startsWith("file:")),
  };
}
