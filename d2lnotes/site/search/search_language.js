/*
 * The browser's half of d2lnotes.site.search: the same splitting of a query as
 * in Python, the order of the results, and a quotation from each page found.
 * Sphinx puts it into language_data.js, which is loaded after searchtools.js.
 */

var splitQuery = (() => {
  const han = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{323af}";
  const letters = "0-9a-z_\u00df-\u00f6\u00f8-\u024f\u0370-\u03ff\u0400-\u052f";
  const token = new RegExp(
    `\\\\[a-z]+|[${letters}]+(?:['.][${letters}]+)*|[${han}]+`, "gu");
  const noise = new RegExp("^(?:\\\\.*|0x[0-9a-f]+|(?=.*[0-9])[0-9a-f]{16,}" +
    "|[0-9][0-9._]*(?:e[0-9]*|[mun]?s|min|[kmg]i?b)?)$", "u");
  const isHan = new RegExp(`^[${han}]`, "u");

  const pairs = (run) => {
    const characters = [...run];
    return characters.slice(1).map((second, index) => characters[index] + second);
  };

  return (query) => {
    const plain = query.replaceAll("’", "'").normalize("NFKD");
    const tokens = plain.replace(/[\u0300-\u036f]/g, "").toLowerCase().match(token);
    return (tokens || [])
      .map((word) => word.replace(/^_+|_+$/g, ""))
      .filter((word) => word && !noise.test(word))
      .flatMap((word) =>
        isHan.test(word) && [...word].length > 1 ? pairs(word) : [word]);
  };
})();

window.Stemmer = function () {
  const english = new EnglishStemmer();
  this.stemWord = (word) => {
    if (!/^[a-z']+$/.test(word)) return word;
    const american = word
      .replace(/^([a-z]{3,})our(s|ed|ing|hoods?)?$/, "$1or$2")
      .replace(/^([a-z]{3,}[iy])s(e[srd]?|ers|ing|ations?)$/, "$1z$2");
    // As in Python: Snowball 3.0 here and 3.1 there differ after inter-, not gener-.
    const prefixed = american.replace(/^inter/, "gener");
    const stem = english.stemWord(prefixed);
    return prefixed === american ? stem : stem.replace(/^gener/, "inter");
  };
};

if (typeof Search !== "undefined") {
  (() => {
    // A page whose title is the query comes first, then a heading, an object
    // or a glossary entry of that name, then pages by how many of the words
    // stand in their headings, then pages that only mention them.
    Object.assign(Scorer, {
      title: 30,
      objNameMatch: 18,
      objPartialMatch: 2,
      objPrio: { 0: 2, 1: 2, 2: 0 },
      score: ([, , , , score, , kind]) => (kind === "index" ? score * 0.28 : score),
    });
    const PAGE_TITLE = 20;
    const HEADING = 15;
    const TEXT = 5;
    const LESSON = 1;
    const PART_OF_WORD = 0.5;
    const MOST = 0.6;

    const keep = (found, files, score) => {
      for (const file of [files].flat()) {
        found.set(file, Math.max(score, found.get(file) || 0));
      }
    };

    const exactly = (term) => {
      const found = new Map();
      const { terms, titleterms } = Search._index;
      if (Object.hasOwn(terms, term)) keep(found, terms[term], TEXT);
      if (Object.hasOwn(titleterms, term)) keep(found, titleterms[term], HEADING);
      return found;
    };

    const insideWords = (term) => {
      const found = new Map();
      const { terms, titleterms } = Search._index;
      for (const [words, score] of [[terms, TEXT], [titleterms, HEADING]]) {
        for (const word of Object.keys(words)) {
          if (word.includes(term)) keep(found, words[word], score * PART_OF_WORD);
        }
      }
      return found;
    };

    // What is written as one identifier here may be separate words on a page.
    const inParts = (term) => {
      const separator = term.includes(".") ? "." : "_";
      const stemmer = new Stemmer();
      const words = term.split(separator).filter((part) => part.length > 1);
      const parts = words.map((word) => exactly(stemmer.stemWord(word)));
      const found = new Map();
      if (!parts.length) return found;
      for (const file of parts[0].keys()) {
        const scores = parts.map((part) => part.get(file) || 0);
        const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
        if (Math.min(...scores) > 0) keep(found, file, mean * PART_OF_WORD);
      }
      return found;
    };

    const filesOf = (term) => {
      const found = exactly(term);
      if (/[._]/.test(term)) {
        for (const [file, score] of inParts(term)) keep(found, file, score);
      }
      return found.size || term.length < 3 ? found : insideWords(term);
    };

    // How alike the query and a page's title are, from 0 to 1.
    const likeness = (wanted, title) => {
      const stemmer = new Stemmer();
      const words = new Set(
        splitQuery(title)
          .filter((word) => !stopwords.has(word))
          .map((word) => stemmer.stemWord(word)));
      const common = wanted.filter((term) => words.has(term)).length;
      return (2 * common) / (words.size + wanted.length || 1);
    };

    // Pages that hold all words come first, the lessons among them before lists
    // and reference; then pages that hold most of the words.
    const order = (file, wanted, scores) => {
      const { docnames, titles } = Search._index;
      const share = scores.length / wanted.length;
      if (share < MOST) return 0;
      const inText = scores.reduce((sum, score) => sum + score, 0) / wanted.length;
      const merit = inText + PAGE_TITLE * likeness(wanted, titles[file]);
      if (share < 1) return (TEXT * share * merit) / (HEADING + PAGE_TITLE);
      return merit + rank(docnames[file]);
    };

    const rank = (page) => {
      if (/^gallery\/(.*\/)?index$/.test(page)) return -LESSON;
      return /(^|\/)index$|^reference\//.test(page) ? 0 : LESSON;
    };

    Search.performTermsSearch = (searchTerms) => {
      const { docnames, filenames, titles } = Search._index;
      const wanted = [...searchTerms];
      const scores = new Map();
      for (const term of wanted) {
        for (const [file, score] of filesOf(term)) {
          scores.set(file, [...(scores.get(file) || []), score]);
        }
      }
      return [...scores]
        .map(([file, list]) => [file, order(file, wanted, list)])
        .filter(([, score]) => score > 0)
        .map(([file, score]) =>
          [docnames[file], titles[file], "", null, score, filenames[file], "text"]);
    };

    // Highlight words and whole runs of Han characters, not their pairs.
    const parseQuery = Search._parseQuery;
    Search._parseQuery = (query) => {
      const parsed = parseQuery(query);
      const words = query.toLowerCase().match(/\p{Script=Han}+|[\w.]{2,}/gu) || [];
      parsed[3] = new Set(words.filter((word) => !stopwords.has(word)));
      localStorage.setItem("sphinx_highlight_terms", [...parsed[3]].join(" "));
      return parsed;
    };

    // A term or an entry of the index shows its own name, not only its page's;
    // a formula in a title shows without its LaTeX.
    const improveTitle = (result) => {
      const [, title, anchor, , , filename, kind] = result;
      const { filenames, indexentries } = Search._index;
      if (kind === "index" && anchor) {
        const [name] = Object.entries(indexentries).find(([, places]) =>
          places.some(([file, id]) => filenames[file] === filename && `#${id}` === anchor));
        result[1] = `${title} > ${name}`;
      }
      result[1] = result[1]
        .replaceAll("\\times", "×")
        .replace(/\\(math[a-z]+|operatorname|boldsymbol|text|bm)(?![a-z])|[{}\\]/g, "");
    };

    // Where a page speaks of what was looked for: its own words before their stems.
    const count = (text, needles) => {
      const plain = text.toLowerCase();
      return needles.reduce((sum, word) => sum + (plain.includes(word) ? word.length : 0), 0);
    };

    const placeIn = (sections, anchor, needles) => {
      const own = sections.find(([id]) => anchor && `#${id}` === anchor);
      if (own || !sections.length) return own;
      const scores = sections.map(([, title, text], index) =>
        count(text, needles) + (index && count(title, needles)));
      return sections[scores.indexOf(Math.max(...scores))];
    };

    const LENGTH = /^zh/.test(document.documentElement.lang) ? 90 : 180;
    const LEAD = LENGTH / 4;

    // The words around the first that was looked for, each such word marked.
    const quote = (text, needles) => {
      const quotation = document.createDocumentFragment();
      const plain = text.toLowerCase();
      const first = needles.map((word) => plain.indexOf(word)).find((place) => place >= 0);
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

    // The texts of a page are a script: from the disk nothing else may be read.
    const loads = new Map();
    const textsOf = (page) => {
      if (!loads.has(page)) {
        loads.set(page, new Promise((resolve) => {
          const script = document.createElement("script");
          script.src = `${document.documentElement.dataset.content_root}_texts/${page}.js`;
          script.onload = () => resolve(window.searchTexts[page]);
          script.onerror = () => resolve([]);
          document.head.append(script);
        }));
      }
      return loads.get(page);
    };

    const fillQuotation = async (quotation, [page, , anchor], needles) => {
      const place = placeIn(await textsOf(page), anchor, needles);
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
    }, { rootMargin: "100%" });

    const addQuotation = (result, needles) => {
      if (result[3]) return; // an object of the API says itself what it is
      const quotation = document.createElement("p");
      quotation.className = "context";
      quotation.fill = () => fillQuotation(quotation, result, needles);
      Search.output.lastElementChild.append(quotation);
      inSight.observe(quotation);
    };

    // A quotation and its heading are some 95 em long; a Latin letter takes half an em.
    const linesOfQuotation = () => {
      const em = parseFloat(getComputedStyle(Search.output).fontSize);
      return Math.round((95 * em) / Search.output.clientWidth);
    };

    Search.query = (query) => {
      Search.output.style.setProperty("--lines", linesOfQuotation());
      const [text, terms, excluded, highlight, objects] = Search._parseQuery(query);
      const ordered = Search._performSearch(text, terms, excluded, highlight, objects);
      const needles = [...highlight, ...terms].sort((a, b) => b.length - a.length);
      const shown = new Set();
      const pages = new Set();
      for (const result of ordered.reverse()) {
        const [page, , anchor] = result;
        // A page is no news below the very place in it.
        if (shown.has(page + anchor) || (!anchor && pages.has(page))) continue;
        shown.add(page + anchor);
        pages.add(page);
        improveTitle(result);
        _displayItem(result, terms, highlight);
        addQuotation(result, needles);
      }
      _finishSearch(shown.size);
    };
  })();
}
