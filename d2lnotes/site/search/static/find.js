/*
 * What a query finds: the same splitting of it as in d2lnotes.site.search.language, the
 * parts of the index that hold its words, what it may mean, and the order of the answers.
 * Whatever it reads is a script: from the disk nothing else may be read.
 *
 * sphinx_highlight.js marks nothing on a page that has an object of this name.
 */
const Search = (() => {
  const isChinese = document.documentElement.lang.startsWith("zh");
  const { pages, version, ...table } = window.searchIndex.table;
  const stopwords = new Set(table.stopwords);
  const simplified = new Map(table.simplified.match(/../gu)?.map((pair) => [...pair]));

  // -- Splitting, as in Python --------------------------------------------------------
  const HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{323af}";
  const LETTERS = "0-9a-z_\u00df-\u00f6\u00f8-\u024f\u0370-\u03ff\u0400-\u052f";
  const TOKEN = new RegExp(
    `\\\\[a-z]+|[0-9]{1,3}(?:,[0-9]{3})+(?:\\.[0-9]+)?(?![${LETTERS}])` +
    `|[${LETTERS}]+(?:['.][${LETTERS}]+)*|[${HAN}]+`, "gu");
  const FIGURE = /^(?=(?:[._,]?[0-9]){3,12}$)[0-9_,]+(?:\.[0-9]+)?$/;
  const NOISE = new RegExp("^(?:\\\\.*|0x[0-9a-f]+|(?=.*[0-9])[0-9a-f]{16,}" +
    "|[0-9][0-9._]*(?:e[0-9]*|[mun]?s|min|[kmg]i?b)?)$", "u");
  const isHan = new RegExp(`^[${HAN}]`, "u");
  const HAN_RUN = new RegExp(`[${HAN}]+`, "gu");

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
      .filter((word) => word && (FIGURE.test(word) || !NOISE.test(word)))
      .map((word) => FIGURE.test(word) ? word.replace(/[,_]/g, "") : word);

  const split = (text) =>
    tokens(text).flatMap((word) =>
      isHan.test(word) && [...word].length > 1 ? pairs(word) : [word]);

  // What a name is found by: the parts of identifiers, too.
  const splitName = (name) =>
    [...split(name), ...tokens(name).flatMap((word) =>
      isHan.test(word) || FIGURE.test(word)
        ? [] : [...word.split("."), ...word.split(/[._]/)])];

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

  const loadWords = () =>
    load(`_search/words.js?v=${version}`, () => window.searchIndex.words.split(" "));

  // The words of a query or a name between spaces, English ones as their stems: so that
  // one stands in the other where it does for a reader.
  const keyOf = (text) =>
    tokens(text).filter((word) => !stopwords.has(word))
      .map((word) => isHan.test(word) ? word : ` ${stem(word)} `).join("");
  const termsOfKey = (key) => [...new Set(split(key))];

  // The terms of the glossary, each with its names in both languages, and all headings.
  const loadNames = () => load(`_search/names.js?v=${version}`, () => {
    const { terms, headings } = window.searchIndex.names;
    return {
      terms: terms.map((entry) => entry.flatMap((own, index) => own.map((name) =>
        ({ name: plain(name), key: keyOf(name), isOwn: !index })))),
      names: [...terms.flat(2), ...headings].map(plain),
    };
  });

  // -- Pages that hold a term ---------------------------------------------------------
  const OFTEN = 5.8; // less than LESSON above TEXT
  const TEXT = 5;
  const PART_OF_WORD = 0.5;
  const PIECES = 0.1; // of a page that holds the identifier and speaks of its words, too
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
      for (const [page, , kind] of places) if (kind === "title") keep(found, page, OFTEN);
    }
    return found;
  };

  // What is written as one identifier here may be separate words on a page.
  const piecesOf = (term) => {
    const separator = term.includes(".") ? "." : "_";
    const pieces = term.split(separator).filter((piece) => piece.length > 1).map(stem);
    return /[._]/.test(term) && !FIGURE.test(term) ? pieces : [];
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

  const longerWords = async (term) =>
    ((await loadWords()) || []).filter((word) => word.includes(term))
      .sort((a, b) => a.length - b.length).slice(0, MOST_WORDS);

  const insideWords = async (term) => {
    const longer = await longerWords(term);
    const parts = await loadedParts(longer);
    const found = new Map();
    for (const word of longer) {
      for (const [page, score] of exactly(word, parts)) keep(found, page, score * PART_OF_WORD);
    }
    return found;
  };

  const pagesWith = async (term, parts) => {
    const found = exactly(term, parts);
    for (const [page, score] of inPieces(term, parts)) {
      const whole = found.get(page);
      found.set(page, whole ? whole + PIECES * score : score);
    }
    const isWhole = found.size || term.length < 3 || /[0-9]/.test(term) || isHan.test(term);
    return isWhole ? found : insideWords(term);
  };

  const isName = (term, { names, objects }) =>
    [...names, ...objects].some(({ terms }) => terms.has(term));

  // The pages that each term is found on, and which terms are found at all.
  const lookUp = async (terms) => {
    const parts = await loadedParts(terms.flatMap((term) => [term, ...piecesOf(term)]));
    const found = await Promise.all(terms.map((term) => pagesWith(term, parts)));
    const areKnown = terms.map((term, index) =>
      found[index].size > 0 || isName(term, parts.get(partOf(term))));
    return { parts, found, areKnown };
  };

  // -- Slips ----------------------------------------------------------------------------
  // Whether one becomes the other by one character more, less or other, or by two that
  // change places.
  const areAlike = (one, other) => {
    const [a, b] = one.length < other.length ? [[...one], [...other]] : [[...other], [...one]];
    if (b.length - a.length > 1) return false;
    const start = a.findIndex((character, place) => character !== b[place]);
    if (start < 0) return b.length > a.length;
    const rest = (characters, from) => characters.slice(from).join("");
    if (a.length < b.length) return rest(a, start) === rest(b, start + 1);
    const areSwapped = a[start] === b[start + 1] && a[start + 1] === b[start];
    return rest(a, start + 1) === rest(b, start + 1)
      || (areSwapped && rest(a, start + 2) === rest(b, start + 2));
  };

  // Of words that are like it the one that is written most often.
  const likeliest = (word, candidates) => {
    const counts = new Map();
    for (const other of candidates) {
      // Hardly anybody gets the first letter wrong.
      if (other[0] !== word[0] || !areAlike(word, other)) continue;
      counts.set(other, (counts.get(other) || 0) + 1);
    }
    return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
  };

  const SHORTEST = 4; // letters of a word that may be a slip
  const mendedWord = async (word, names) => {
    if (word.length < SHORTEST || !/^[a-z']+$/.test(word) || stopwords.has(word)) return word;
    if ((await lookUp([stem(word)])).areKnown[0]) return word;
    const known = names.flatMap((name) => name.match(/[a-z']{3,}/g) || []);
    return likeliest(word, known) || likeliest(stem(word), await loadWords() || []) || word;
  };

  // The places in a run where something that is like a name stands.
  const likeNames = (run, names) => {
    const found = [];
    for (const name of names) {
      const longest = Math.min(run.length, name.length < 3 ? name.length : name.length + 1);
      for (let size = Math.max(2, name.length < 3 ? 2 : name.length - 1); size <= longest; size += 1) {
        for (let start = 0; start + size <= run.length; start += 1) {
          const end = start + size;
          const mayBe = run[start] === name[0] || run[end - 1] === name.at(-1);
          if (mayBe && areAlike(run.slice(start, end), name)) found.push({ name, start, end });
        }
      }
    }
    return found;
  };

  // In a run of Han characters one is a slip if neither pair that it stands in is on a
  // page, or if both are much rarer than those of the name that was meant.
  const RARER = 3;
  const mendedRun = async (run, names, terms) => {
    if (run.length < 2 || names.some((name) => name.includes(run))) return run;
    const { found } = await lookUp(pairs(run));
    const around = [...run].map((_, at) =>
      Math.max(found[at - 1]?.size || 0, found[at]?.size || 0));
    const rarity = ({ start, end }) => Math.min(...around.slice(start, end));
    const runs = new Set(names.flatMap((name) => name.match(HAN_RUN) || []));
    const options = likeNames(run, [...runs].filter((name) => name.length > 1))
      .filter((one) => one.name.length > 2 || !rarity(one));
    const size = Math.max(...options.map(({ name }) => name.length));
    const change = ({ name, start, end }) => Math.abs(name.length - (end - start));
    const best = options.filter(({ name }) => name.length === size)
      .sort((a, b) => rarity(a) - rarity(b) || change(a) - change(b));
    const isSure = terms.some((entry) => // of several, all may be names of one thing
      best.every(({ name }) => entry.some((one) => one.name === name)));
    if (!best.length || !(isSure || new Set(best.map(({ name }) => name)).size === 1)) return run;
    const [{ name, start, end }] = best;
    const right = (await lookUp(pairs(name))).found.map((one) => one.size);
    const isMeant = !rarity(best[0]) || Math.min(...right) > RARER * rarity(best[0]);
    return isMeant ? run.slice(0, start) + name + run.slice(end) : run;
  };

  // What was meant by a query, unless it is quoted.
  const mend = async (text, names, terms) => {
    if (/["“”「」]/u.test(text)) return text;
    let mended = text;
    for (const word of new Set(tokens(text))) {
      const meant = await (isHan.test(word) ? mendedRun : mendedWord)(word, names, terms);
      mended = mended.replaceAll(word, meant);
    }
    return mended;
  };

  // -- Other names ----------------------------------------------------------------------
  const MOST_READINGS = 6;

  // The names of terms in a query, without those within longer ones.
  const namesIn = (key, terms) => {
    const isIn = (part, whole) =>
      [...part].length > 1 ? whole.includes(part) : whole === part;
    const found = terms.flatMap((entry) => {
      const own = entry.filter((name) => isIn(name.key, key));
      const longest = own.sort((a, b) => b.key.length - a.key.length)[0];
      const others = entry.filter((name) => name.isOwn && name !== longest);
      return longest ? [{ ...longest, others }] : [];
    });
    return found.filter(({ key: one }) =>
      !found.some(({ key: other }) => other !== one && other.includes(one)));
  };

  // The query as it stands, and with other names of the terms in it: those in the language
  // of the pages.
  const readingsOf = (key, found) =>
    found.reduce((readings, { key: name, others }) => readings.flatMap((reading) =>
      [reading, ...others.map((other) => reading.replace(name, ` ${other.key} `))]), [key])
      .slice(0, MOST_READINGS);

  // -- The order of the answers -------------------------------------------------------
  // A page whose title is the query comes first, then a heading, an object or a glossary
  // entry of that name, then pages by how many of the words stand in their headings,
  // then pages that only mention them, last those that hold some of the words.
  const PAGE_TITLE = 20;
  const HEADING = 10; // which holds the whole query, above TEXT
  const NAME = { title: 30, taught: 29, index: 28, object: 20, partOfObject: 4 };
  const LESSON = 1;
  const NO_LESSON = 0.7; // times what a lesson would be worth that holds some of the words
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

  // How much of the query stands in one heading of each page, from 0 to 1: two words in
  // two headings are less than both in one.
  const inHeadings = (wanted, weights, parts) => {
    const found = new Map();
    for (const { names } of parts.values()) {
      for (const { places, terms } of names) {
        const share = weights.reduce((sum, weight, index) =>
          sum + (terms.has(wanted[index]) ? weight : 0), 0);
        if (!share) continue;
        for (const [page, , kind] of places) if (kind === "title") keep(found, page, share);
      }
    }
    return found;
  };

  const textAnswers = (wanted, foundByTerm, parts, known) => {
    const absolute = weightsOf(wanted, foundByTerm);
    const all = absolute.reduce((sum, weight) => sum + weight, 0) || 1;
    const weights = absolute.map((weight) => weight / all);
    const headings = inHeadings(wanted, weights, parts);
    const sums = new Map();
    foundByTerm.forEach((found, term) => {
      for (const [page, score] of found) {
        const { share, merit } = sums.get(page) || { share: 0, merit: 0 };
        const weight = weights[term];
        sums.set(page, { share: share + weight, merit: merit + weight * score });
      }
    });
    const best = Math.max(...[...sums.values()].map(({ share }) => share));
    return [...sums]
      .filter(([, { share }]) => share >= AT_LEAST * best)
      .map(([number, { share, merit }]) => {
        const [page, title] = pages[number];
        const inHeading = HEADING * (headings.get(number) || 0) ** 2;
        const whole = merit + inHeading + PAGE_TITLE * likeness(wanted, title);
        const score = share * known > 0.999
          ? whole + rank(page)
          : (TEXT * share * known * whole * (rank(page) > 0 ? 1 : NO_LESSON))
            / (TEXT + HEADING + PAGE_TITLE);
        return { number, page, title, anchor: "", about: "", score, kind: "text" };
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
          answers.push({ number, page, title: shown, anchor, about: "", score, kind });
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
          answers.push({ number, page, title: name, anchor, about, score, kind: "object" });
        }
      }
    }
    return answers;
  };

  const answersTo = async (terms) => {
    const { parts, found, areKnown } = await lookUp(terms);
    const wanted = terms.filter((_, index) => areKnown[index]);
    if (!wanted.length) return { answers: [], missing: terms };
    const known = wanted.length / terms.length;
    const called = [...objectAnswers(wanted, parts), ...namedAnswers(wanted, parts)];
    for (const answer of called) answer.score *= known;
    const on = found.filter((_, index) => areKnown[index]);
    const answers = [...called, ...textAnswers(wanted, on, parts, known)];
    return { answers, missing: terms.filter((_, index) => !areKnown[index]) };
  };

  const withoutRepetitions = (answers) => {
    const shown = new Set();
    return answers.filter(({ page, anchor }) => {
      // A page is no news below the very place in it.
      const isNews = !shown.has(`${page}#${anchor}`) && (anchor || !shown.has(page));
      shown.add(page).add(`${page}#${anchor}`);
      return isNews;
    });
  };

  /**
   * Return the answers to a query, the best first; what it was taken for, if that is
   * another query; the words that no page holds; and those that answers may be found by.
   */
  const find = async (query) => {
    const text = asked(query);
    const { terms, names } = await loadNames();
    const meant = await mend(text, names, terms);
    const found = namesIn(keyOf(meant), terms);
    const readings = await Promise.all(readingsOf(keyOf(meant), found)
      .map((key) => answersTo(termsOfKey(key).slice(0, MOST_TERMS))));
    // What answers as well to the query as it stands comes before what another name finds,
    // and what the course has earlier before what it has later.
    const answers = readings.flatMap((reading) =>
      reading.answers.sort((a, b) => b.score - a.score || a.number - b.number));
    answers.sort((a, b) => b.score - a.score);
    const [{ missing }] = readings.sort((a, b) => a.missing.length - b.missing.length);
    return {
      answers: withoutRepetitions(answers),
      meant: meant === text ? "" : meant.trim(),
      missing: tokens(meant).filter((word) => {
        const own = termsOf(word);
        return own.length && own.every((term) => missing.includes(term));
      }),
      words: [...tokens(meant), ...found.flatMap(({ others }) => others.map(({ name }) => name))]
        .filter((word) => word.length > 1 && !stopwords.has(word)),
    };
  };

  return { split, stem, find, load, termsOf };
})();
