/*
 * The browser's half of d2lnotes.site.search: the same splitting of a query as
 * in Python, the order of the results, and a summary below each page found.
 * Sphinx puts it into language_data.js, which is loaded after searchtools.js.
 */

var splitQuery = (() => {
  const han = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{323af}";
  const letters = "0-9a-z_\u00df-\u00f6\u00f8-\u024f\u0370-\u03ff\u0400-\u052f";
  const token = new RegExp(
    `\\\\[a-z]+|[${letters}]+(?:['.][${letters}]+)*|[${han}]+`, "gu");
  const noise =
    /^(?:\\.*|0x[0-9a-f]+|(?=.*[0-9])[0-9a-f]{16,}|[0-9.]+(?:[mun]?s|min|[kmg]i?b)?)$/u;
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
    return english.stemWord(american);
  };
};

if (typeof Search !== "undefined") {
  (() => {
    // A page whose title is the query comes first, then a heading, an object
    // or a glossary entry of that name, then pages by how many of the words
    // stand in their headings, then pages that only mention them.
    Object.assign(Scorer, {
      title: 30,
      objNameMatch: 20,
      objPartialMatch: 2,
      objPrio: { 0: 2, 1: 2, 2: 0 },
      score: ([, , , , score, , kind]) => (kind === "index" ? score * 0.28 : score),
    });
    const PAGE_TITLE = 20;
    const HEADING = 15;
    const TEXT = 5;
    const PART_OF_WORD = 0.5;

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
      const parts = term.split(separator).filter((part) => part.length > 1).map(exactly);
      const found = new Map();
      if (parts.length < 2) return found;
      for (const file of parts[0].keys()) {
        const scores = parts.map((part) => part.get(file) || 0);
        if (Math.min(...scores) > 0) {
          keep(found, file, Math.min(...scores) * PART_OF_WORD);
        }
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

    // Only the pages that hold the most of the words are shown; that is all of
    // the words, unless no page does.
    Search.performTermsSearch = (searchTerms) => {
      const { docnames, filenames, titles } = Search._index;
      const wanted = [...searchTerms];
      const scores = new Map();
      for (const term of wanted) {
        for (const [file, score] of filesOf(term)) {
          scores.set(file, [...(scores.get(file) || []), score]);
        }
      }
      const most = Math.max(0, ...[...scores.values()].map((list) => list.length));
      if (most === 0 || most < wanted.length / 2) return [];
      return [...scores]
        .filter(([, list]) => list.length === most)
        .map(([file, list]) => {
          const inText = list.reduce((sum, score) => sum + score, 0) / wanted.length;
          const inTitle = PAGE_TITLE * likeness(wanted, titles[file]);
          const score = inText + inTitle;
          return [docnames[file], titles[file], "", null, score, filenames[file], "text"];
        });
    };

    // Highlight words and whole runs of Han characters, not their pairs.
    const parseQuery = Search._parseQuery;
    Search._parseQuery = (query) => {
      const parsed = parseQuery(query);
      parsed[3] = new Set(query.toLowerCase().match(/[\p{L}\p{N}_.]+/gu) || []);
      localStorage.setItem("sphinx_highlight_terms", [...parsed[3]].join(" "));
      return parsed;
    };

    // A term or an entry of the index shows its own name, not only its page's.
    const nameEntry = (result) => {
      const [, title, anchor, , , filename, kind] = result;
      if (kind !== "index" || !anchor) return;
      const { filenames, indexentries } = Search._index;
      const entry = Object.entries(indexentries).find(([, places]) =>
        places.some(([file, id]) => filenames[file] === filename && `#${id}` === anchor));
      if (entry) result[1] = `${title} > ${entry[0]}`;
    };

    const addSummary = ([page, , anchor, description]) => {
      const text = (window.searchSummaries || {})[page];
      if (!text || anchor || description) return;
      const summary = document.createElement("p");
      summary.className = "context";
      summary.textContent = text;
      Search.output.lastElementChild.append(summary);
    };

    Search.query = (query) => {
      const [text, terms, excluded, highlight, objects] = Search._parseQuery(query);
      const ordered = Search._performSearch(text, terms, excluded, highlight, objects);
      const shown = new Set();
      for (const result of ordered.reverse()) {
        const place = result[0] + result[2];
        if (shown.has(place)) continue;
        shown.add(place);
        nameEntry(result);
        _displayItem(result, terms, highlight);
        addSummary(result);
      }
      _finishSearch(shown.size);
    };
  })();
}
