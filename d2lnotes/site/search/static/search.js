/*
 * The search page: shows what Search.find (find.js) finds, with a quotation from each page.
 */
(() => {
  const isChinese = document.documentElement.lang.startsWith("zh");
  const words = {
    zh: {
      results: "搜索结果",
      found: (count) => `搜索完成，找到 ${count} 处。`,
      none: "没有找到。可以试试：",
      hints: [
        "检查有没有写错的字，或者只留最要紧的词；",
        "换一个说法，或写它的英文名，例如 overfitting；",
        ["在", "术语表", "里按拼音找；"],
        ["从", "目录", "看这门课讲了什么。"],
      ],
      meant: (text) => `以下是“${text}”的结果。`,
      instead: (text) => `仍然搜索“${text}”`,
      missing: (text) => `没有页面写到${text}，以下是其余的词找到的。`,
      quoted: (word) => `“${word}”`,
      and: "、",
    },
    en: {
      results: "Search results",
      found: (count) => `Search finished: ${count === 1 ? "one answer" : `${count} answers`}.`,
      none: "Nothing was found. You can",
      hints: [
        "check the spelling, or keep only the word that matters most;",
        "say it otherwise, or by its Chinese name, such as 过拟合;",
        ["look through the ", "glossary", ", from A to Z;"],
        ["see in the ", "contents", " what the course is about."],
      ],
      meant: (text) => `These are the answers for “${text}”. `,
      instead: (text) => `Search for “${text}” instead`,
      missing: (text) => `No page holds ${text}; the other words gave these. `,
      quoted: (word) => `“${word}”`,
      and: ", ",
    },
  }[isChinese ? "zh" : "en"];
  const { load } = Search;

  // -- Quotations -------------------------------------------------------------------------
  // Where a page speaks of what was looked for: its own words before their stems.
  const count = (text, needles) => {
    const folded = text.toLowerCase();
    return needles.reduce((sum, word) => sum + (folded.includes(word) ? word.length : 0), 0);
  };

  const placeIn = (sections, anchor, needles) => {
    const own = sections.find(([id]) => anchor && id === anchor);
    if (own || !sections.length) return own;
    const scores = sections.map(([, title, text], index) =>
      count(text, needles) + (index && count(title, needles)));
    return sections[scores.indexOf(Math.max(...scores))];
  };

  const LENGTH = isChinese ? 90 : 180;
  const LEAD = LENGTH / 4;

  // The words around the first that was looked for, each such word marked.
  const quote = (text, needles) => {
    const quotation = document.createDocumentFragment();
    const folded = text.toLowerCase();
    const first = needles.map((word) => folded.indexOf(word)).find((place) => place >= 0);
    const start = (first || 0) > LEAD ? text.indexOf(" ", first - LEAD) + 1 : 0;
    const from = start && start <= first ? start : Math.max(0, (first || 0) - LEAD);
    const piece = text.slice(from, from + LENGTH);
    const escaped = needles.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const found = new RegExp(`(${escaped.join("|") || "$^"})`, "iu");
    quotation.append(from ? "…" : "");
    piece.split(found).forEach((part, index) => {
      const mark = document.createElement("mark");
      mark.textContent = part;
      quotation.append(index % 2 ? mark : part);
    });
    quotation.append(from + LENGTH < text.length ? "…" : "");
    return quotation;
  };

  const fillQuotation = async (quotation, { page, anchor }, needles) => {
    const sections = await load(`_texts/${page}.js`, () => window.searchTexts[page]);
    const place = placeIn(sections || [], anchor, needles);
    if (!place) return quotation.remove();
    const [id, title, text] = place;
    if (id && !anchor) {
      const link = document.createElement("a");
      link.href = `${quotation.parentElement.querySelector("a").href}#${id}`;
      link.textContent = title;
      quotation.append(link, " ");
    }
    quotation.append(quote(text, needles));
  };

  // Only what is about to be seen is quoted; its place is kept, so that nothing jumps.
  const inSight = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      inSight.unobserve(target);
      target.fill();
    }
  }, { rootMargin: "10%" });

  // -- The page ---------------------------------------------------------------------------
  const add = (parent, tag, properties) =>
    parent.appendChild(Object.assign(document.createElement(tag), properties));

  const addAnswer = (list, answer, needles) => {
    const { page, title, anchor, about, score, kind } = answer;
    const item = add(list, "li", { className: `kind-${kind}` });
    const href = `${page}.html${anchor && `#${anchor}`}`;
    add(item, "a", { href, textContent: title }).dataset.score = score;
    if (about) { // an object of the API says itself what it is
      add(item, "span", { textContent: ` (${about})` });
      return;
    }
    const quotation = add(item, "p", { className: "context" });
    quotation.fill = () => fillQuotation(quotation, answer, needles);
    inSight.observe(quotation);
  };

  // A quotation and its heading are some 95 em long; a Latin letter takes half an em.
  const linesOfQuotation = (list) => {
    const { fontSize, paddingLeft } = getComputedStyle(list);
    const room = list.clientWidth - parseFloat(paddingLeft);
    return Math.round((95 * parseFloat(fontSize)) / room);
  };

  // Whole words and runs of Han characters are marked, here and on the page that opens.
  const toHighlight = (found) =>
    [...new Set(found.flatMap((word) => word.match(/\p{Script=Han}+|[\w.]{2,}/gu) || []))];

  const addLink = (parent, href, textContent) => add(parent, "a", { href, textContent });

  // What the query was taken for, and which of its words no page holds.
  const addNotes = (summary, query, { meant, missing }) => {
    if (missing.length) {
      summary.append(words.missing(missing.map(words.quoted).join(words.and)));
    }
    if (!meant) return;
    summary.append(words.meant(meant));
    const exactly = encodeURIComponent(`"${query.replaceAll('"', "")}"`);
    addLink(summary, `?q=${exactly}`, words.instead(query));
  };

  const addHints = (place) => {
    const list = add(place, "ul", { className: "search-hints" });
    const places = ["reference/glossary.html", "index.html"];
    for (const hint of words.hints) {
      const item = add(list, "li", {});
      const [before, link, after] = [hint].flat();
      item.append(before);
      if (link) addLink(item, places.shift(), link);
      item.append(after || "");
    }
  };

  /** Show the answers to a query on this page. */
  const show = async (query) => {
    const place = document.getElementById("search-results");
    place.style.minHeight = "100vh"; // or answers would push away what is below
    add(place, "h2", { textContent: words.results });
    const summary = add(place, "p", { className: "search-summary" });
    const list = add(place, "ul", { className: "search", role: "list" });
    list.style.setProperty("--lines", linesOfQuotation(list));
    const found = await Search.find(query);
    const highlight = toHighlight(found.words);
    localStorage.setItem("sphinx_highlight_terms", highlight.join(" "));
    const needles = [...new Set([...highlight, ...found.words.flatMap(Search.termsOf)])]
      .sort((a, b) => b.length - a.length);
    for (const answer of found.answers) addAnswer(list, answer, needles);
    if (!found.answers.length) {
      summary.textContent = words.none;
      addHints(place);
      return;
    }
    addNotes(summary, query, found);
    summary.prepend(words.found(found.answers.length), isChinese ? "" : " ");
  };

  const query = new URLSearchParams(location.search).get("q");
  for (const field of document.querySelectorAll("input[name=q]")) field.value = query;
  if (query) show(query);
  Search.show = show;
})();
