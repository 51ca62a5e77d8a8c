/*
 * Search in the browser: the same splitting of a query as in d2lnotes.site.search.language,
 * the parts of the index that hold its words, the order of the answers, and a quotation
 * from each. Whatever it reads is a script: from the disk nothing else may be read.
 *
 * sphinx_highlight.js marks nothing on a page that has an object of this name.
 */
const Search = (() => {
  const isChinese = document.documentElement.lang.startsWith("zh");
  const words = {
    zh: {
      results: "搜索结果",
      found: (count) => `搜索完成，找到 ${count} 处。`,
      none: "没有找到。换一个说法，或只写其中最要紧的词，再试一次。",
    },
    en: {
      results: "Search results",
      found: (count) => `Search finished: ${count === 1 ? "one answer" : `${count} answers`}.`,
      none: "Nothing was found. Try other words, or only the one that matters most.",
    },
  }[isChinese ? "zh" : "en"];

  const { pages, version, ...table } = window.searchIndex.table;
  const stopwords = new Set(table.stopwords);
  const simplified = new Map(table.simplified.match(/../gu)?.map((pair) => [...pair]));

  // -- Splitting, as in Python --------------------------------------------------------
  const HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{323af}";
  const LETTERS = "0-9a-z_\u00df-\u00f6\u00f8-\u024f\u0370-\u03ff\u0400-\u052f";
  const TOKEN = new RegExp(
    `\\\\[a-z]+|[${LETTERS}]+(?:['.][${LETTERS}]+)*|[${HAN}]+`, "gu");
  const NOISE = new RegExp("^(?:\\\\.*|0x[0-9a-f]+|(?=.*[0-9])[0-9a-f]{16,}" +
    "|[0-9][0-9._]*(?:e[0-9]*|[mun]?s|min|[kmg]i?b)?)$", "u");
  const isHan = new RegExp(`^[${HAN}]`, "u");

  const plain = (text) =>
    [...text.replaceAll("’", "'").normalize("NFKD")]
      .map((character) => simplified.get(character) ?? character).join("")
      .replace(/[\u0300-\u036f]/g, "").toLowerCase();

  const pairs = (run) => {
    const characters = [...run];
    return characters.slice(1).map((second, index) => characters[index] + second);
  };

  const tokens = (text) =>
    (plain(text).match(TOKEN) || [])
      .map((word) => word.replace(/^_+|_+$/g, ""))
      .filter((word) => word && !NOISE.test(word));

  const split = (text) =>
    tokens(text).flatMap((word) =>
      isHan.test(word) && [...word].length > 1 ? pairs(word) : [word]);

  // What a name is found by: the parts of identifiers, too.
  const splitName = (name) =>
    [...split(name), ...tokens(name).flatMap((word) =>
      isHan.test(word) ? [] : [...word.split("."), ...word.split(/[._]/)])];

  const english = new EnglishStemmer();
  const stem = (word) => {
    if (!/^[a-z']+$/.test(word)) return word;
    const american = word
      .replace(/^([a-z]{3,})our(s|ed|ing|hoods?)?$/, "$1or$2")
      .replace(/^([a-z]{3,}[iy])s(e[srd]?|ers|ing|ations?)$/, "$1z$2");
    // As in Python: Snowball 3.0 here and 3.1 there differ after inter-, not gener-.
    const prefixed = american.replace(/^inter/, "gener");
    const stemmed = english.stemWord(prefixed);
    return prefixed === american ? stemmed : stemmed.replace(/^gener/, "inter");
  };

  const stems = (terms) =>
    [...new Set(terms.filter((word) => !stopwords.has(word)).map(stem))];
  const termsOf = (text) => stems(split(text));

  // -- Questions ------------------------------------------------------------------------
  // The words that make a Chinese question are not what it asks for; those of an English
  // one are stop words.
  const QUESTION = new RegExp([
    "请问", "我?(?:想|要)(?:知道|了解|问)", "(?:到底|究竟)?是?(?:做|干)?什么(?:是|叫|意思|用|样)?(?:的|用)?",
    "(?:为|凭)什么", "为何", "何谓", "(?:应该|应当|可以)?(?:如何|怎么样?|怎样)(?:才能|去|来|做|办|用|算)?",
    "有(?:哪些|什么用|何用?)", "哪(?:些|个|种|里)", "多少", "是不是", "能不能", "可不可以",
    "的?(?:含义|意思|意义)$", "[吗呢吧啊呀]$",
  ].join("|"), "gu");

  const asked = (query) => {
    const bare = plain(query).trim().replace(/[？?。！!\s]+$/u, "").replace(QUESTION, " ");
    return termsOf(bare).length ? bare : plain(query);
  };

  // -- Loading --------------------------------------------------------------------------
  const loads = new Map();
  const load = (address, value) => {
    if (!loads.has(address)) {
      loads.set(address, new Promise((resolve) => {
        const script = document.createElement("script");
        script.src = document.documentElement.dataset.content_root + address;
        script.onload = () => resolve(value());
        script.onerror = () => resolve(undefined);
        document.head.append(script);
      }));
    }
    return loads.get(address);
  };

  const PARTS = 251;
  const partOf = (term) =>
    [...term].reduce((number, one) => (31 * number + one.codePointAt(0)) % PARTS, 0);

  // An object is called by its own name, with or without the modules that it is in.
  const endsOf = (name) => {
    const parts = name.toLowerCase().split(".");
    return parts.map((_, start) => parts.slice(start).join("."));
  };

  const named = (places, words) =>
    Object.entries(places).map(([name, at]) =>
      ({ name, places: at, terms: new Set(stems(words(name))), size: termsOf(name).length }));

  const loadPart = (part) =>
    load(`_search/${part}.js?v=${version}`, () => {
      const { terms, names, objects } = window.searchIndex[part];
      return {
        terms: new Map(Object.entries(terms)),
        names: named(names, splitName),
        objects: named(objects, (name) =>
          [...endsOf(name), ...splitName(name.split(".").at(-1))]),
      };
    });

  const loadedParts = async (terms) => {
    const numbers = [...new Set(terms.map(partOf))];
    const parts = await Promise.all(numbers.map(loadPart));
    return new Map(numbers.map((number, index) => [number, parts[index]]));
  };

  // -- Pages that hold a term ---------------------------------------------------------
  const HEADING = 15;
  const OFTEN = 5.8; // less than LESSON above TEXT
  const TEXT = 5;
  const PART_OF_WORD = 0.5;
  const MOST_TERMS = 24; // of a query; somebody may paste a page
  const MOST_WORDS = 5; // that a part of a word may stand for

  const keep = (found, page, score) =>
    found.set(page, Math.max(score, found.get(page) || 0));

  const exactly = (term, parts) => {
    const found = new Map();
    const { terms, names } = parts.get(partOf(term));
    for (const posting of terms.get(term) || []) {
      keep(found, posting >> 1, posting & 1 ? OFTEN : TEXT);
    }
    for (const { places, terms: own } of names) {
      if (!own.has(term)) continue;
      for (const [page, , kind] of places) if (kind === "title") keep(found, page, HEADING);
    }
    return found;
  };

  // What is written as one identifier here may be separate words on a page.
  const piecesOf = (term) => {
    const separator = term.includes(".") ? "." : "_";
    const pieces = term.split(separator).filter((piece) => piece.length > 1).map(stem);
    return /[._]/.test(term) ? pieces : [];
  };

  const inPieces = (term, parts) => {
    const each = piecesOf(term).map((piece) => exactly(piece, parts));
    const found = new Map();
    for (const page of each[0]?.keys() || []) {
      const scores = each.map((piece) => piece.get(page) || 0);
      const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
      if (Math.min(...scores) > 0) keep(found, page, mean * PART_OF_WORD);
    }
    return found;
  };

  const insideWords = async (term) => {
    const all = await load("_search/words.js", () => window.searchIndex.words.split(" "));
    const longer = (all || []).filter((word) => word.includes(term))
      .sort((a, b) => a.length - b.length).slice(0, MOST_WORDS);
    const parts = await loadedParts(longer);
    const found = new Map();
    for (const word of longer) {
      for (const [page, score] of exactly(word, parts)) keep(found, page, score * PART_OF_WORD);
    }
    return found;
  };

  const pagesWith = async (term, parts) => {
    const found = exactly(term, parts);
    for (const [page, score] of inPieces(term, parts)) keep(found, page, score);
    const isWhole = found.size || term.length < 3 || isHan.test(term);
    return isWhole ? found : insideWords(term);
  };

  // -- The order of the answers -------------------------------------------------------
  // A page whose title is the query comes first, then a heading, an object or a glossary
  // entry of that name, then pages by how many of the words stand in their headings,
  // then pages that only mention them, last those that hold some of the words.
  const PAGE_TITLE = 20;
  const NAME = { title: 30, index: 28, object: 20, partOfObject: 4 };
  const LESSON = 1;
  const AT_LEAST = 0.5; // of what the best answer holds

  // How alike the query and a name are, from 0 to 1.
  const likeness = (wanted, name) => {
    const own = termsOf(name);
    const common = wanted.filter((term) => own.includes(term)).length;
    return (2 * common) / (own.length + wanted.length || 1);
  };

  const rank = (page) => {
    if (/^gallery\/(.*\/)?index$/.test(page)) return -LESSON;
    return /(^|\/)index$|^reference\//.test(page) ? 0 : LESSON;
  };

  // A word that few pages hold says more than one that most hold. But a pair of Han
  // characters that is rarer than those beside it is where two words meet.
  const weightsOf = (wanted, foundByTerm) => {
    const sizes = foundByTerm.map(({ size }) => size);
    const areNeighbors = (one, other) =>
      isHan.test(wanted[one]) && wanted[one].slice(-1) === wanted[other]?.[0];
    return sizes.map((size, place) => {
      if (!size) return 0;
      const isInside = place && areNeighbors(place - 1, place) && areNeighbors(place, place + 1);
      const beside = isInside ? Math.min(sizes[place - 1], sizes[place + 1]) : size;
      return Math.log(1 + pages.length / size) * Math.min(1, size / (beside || 1));
    });
  };

  const textAnswers = (wanted, foundByTerm) => {
    const weights = weightsOf(wanted, foundByTerm);
    const all = weights.reduce((sum, weight) => sum + weight, 0);
    const sums = new Map();
    foundByTerm.forEach((found, term) => {
      for (const [page, score] of found) {
        const { share, merit } = sums.get(page) || { share: 0, merit: 0 };
        const weight = weights[term] / all;
        sums.set(page, { share: share + weight, merit: merit + weight * score });
      }
    });
    const best = Math.max(...[...sums.values()].map(({ share }) => share));
    return [...sums]
      .filter(([, { share }]) => share >= AT_LEAST * best)
      .map(([number, { share, merit }]) => {
        const [page, title] = pages[number];
        const whole = merit + PAGE_TITLE * likeness(wanted, title);
        const score = share > 0.999
          ? whole + rank(page)
          : (TEXT * share * whole) / (HEADING + PAGE_TITLE);
        return { page, title, anchor: "", about: "", score, kind: "text" };
      });
  };

  // What bears the query as its name, or as at least half of it.
  const namedAnswers = (wanted, parts) => {
    const answers = [];
    for (const { names } of parts.values()) {
      for (const { name, places, terms, size } of names) {
        const share = wanted.length / size;
        if (share < 0.5 || !wanted.every((term) => terms.has(term))) continue;
        for (const [number, anchor, kind] of places) {
          const [page, title] = pages[number];
          const score = NAME[kind] * share + (anchor ? 0 : 1);
          const shown = title === name ? name : `${title} > ${name}`;
          answers.push({ page, title: shown, anchor, about: "", score, kind });
        }
      }
    }
    return answers;
  };

  const objectAnswers = (wanted, parts) => {
    const answers = [];
    for (const { objects } of parts.values()) {
      for (const { name, places, terms } of objects) {
        if (!wanted.every((term) => terms.has(term))) continue;
        const isWhole = wanted.every((term) => endsOf(name).map(stem).includes(term));
        const score = isWhole ? NAME.object : NAME.partOfObject;
        for (const [number, anchor, kind] of places) {
          const [page, title] = pages[number];
          const about = `${kind}${isChinese ? "，在 " : ", in "}${title}`;
          answers.push({ page, title: name, anchor, about, score, kind: "object" });
        }
      }
    }
    return answers;
  };

  /** Return the answers to a query, the best first. */
  const find = async (query) => {
    const wanted = termsOf(asked(query)).slice(0, MOST_TERMS);
    if (!wanted.length) return [];
    const parts = await loadedParts(wanted.flatMap((term) => [term, ...piecesOf(term)]));
    const found = await Promise.all(wanted.map((term) => pagesWith(term, parts)));
    const answers = [
      ...objectAnswers(wanted, parts),
      ...namedAnswers(wanted, parts),
      ...textAnswers(wanted, found),
    ];
    answers.sort((a, b) => b.score - a.score || a.title.localeCompare(b.title));
    const shown = new Set();
    return answers.filter(({ page, anchor }) => {
      // A page is no news below the very place in it.
      const isNews = !shown.has(`${page}#${anchor}`) && (anchor || !shown.has(page));
      shown.add(page).add(`${page}#${anchor}`);
      return isNews;
    });
  };

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
  }, { rootMargin: "50%" });

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
    const em = parseFloat(getComputedStyle(list).fontSize);
    return Math.round((95 * em) / list.clientWidth);
  };

  // Whole words and runs of Han characters are marked, here and on the page that opens.
  const toHighlight = (query) =>
    (asked(query).match(/\p{Script=Han}+|[\w.]{2,}/gu) || [])
      .filter((word) => !stopwords.has(word));

  /** Show the answers to a query on this page. */
  const show = async (query) => {
    const place = document.getElementById("search-results");
    place.style.minHeight = "100vh"; // or answers would push away what is below
    add(place, "h2", { textContent: words.results });
    const summary = add(place, "p", { className: "search-summary" });
    const list = add(place, "ul", { className: "search", role: "list" });
    list.style.setProperty("--lines", linesOfQuotation(list));
    const highlight = toHighlight(query);
    localStorage.setItem("sphinx_highlight_terms", highlight.join(" "));
    const needles = [...new Set([...highlight, ...termsOf(asked(query))])]
      .sort((a, b) => b.length - a.length);
    const answers = await find(query);
    for (const answer of answers) addAnswer(list, answer, needles);
    summary.textContent = answers.length ? words.found(answers.length) : words.none;
  };

  const query = new URLSearchParams(location.search).get("q");
  for (const field of document.querySelectorAll("input[name=q]")) field.value = query;
  if (query) show(query);

  return { split, stem, find, show };
})();
