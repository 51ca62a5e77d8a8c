// What the reader has done: pages and exercises, each under a key of its own, so that
// two windows never overwrite each other. Nothing leaves the browser but by "Save".
"use strict";

(() => {
  const PREFIX = "d2lnotes-done:";
  const FORMAT = "d2lnotes-progress";
  const VERSION = 1;
  const NAME = /^[a-z0-9][a-z0-9._/-]*$/i;
  const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;
  const words = {
    zh: {
      done: "完成",
      page: "本页读完",
      mark: "已完成",
      exercise: (number) => `完成：${number}`,
      count: (pages, exercises) => `已完成 ${pages} 页、${exercises} 题`,
      of: (some, all) => `${some}/${all}`,
      chapter: (pages, exercises) => `已读 ${pages} 页 · 已做 ${exercises} 题`,
      resume: (title) => `接着读：${title}`,
      kept: "进度只存在这个浏览器里，中英文页面共用。换浏览器或换电脑，先存成文件，再到那边载入；载入只添加，不删除。",
      none: "这个浏览器不让本站存东西（本地文件或隐私模式下常有），所以这里不记进度。用本地服务器打开（在网站的文件夹里运行 python -m http.server），或者允许本站存储，就可以了。",
      save: "存成文件",
      load: "从文件载入",
      loaded: (added, known) => `已载入：新增 ${added} 项，另有 ${known} 项本来就有。`,
      wrong: (expected, received) =>
        `没有载入，什么也没改。应当是${expected}，得到的是${received}。请选由“存成文件”存下的文件。`,
      full: "没有载入，什么也没改：浏览器的存储空间不够。",
      json: "JSON 文件",
      format: `写着 "format": "${FORMAT}" 的 JSON 对象`,
      version: `第 ${VERSION} 版的进度文件`,
      entries: "“done”下面一个由名字和完成时间组成的对象",
      name: "页面名或练习名",
      time: "2026-11-22T08:00:00Z 这样的时间",
    },
    en: {
      done: "Done",
      page: "Page done",
      mark: "done",
      exercise: (number) => `Done: ${number}`,
      count: (pages, exercises) => `${pages} pages and ${exercises} exercises done`,
      of: (some, all) => `${some} of ${all}`,
      chapter: (pages, exercises) => `${pages} pages read · ${exercises} exercises done`,
      resume: (title) => `Continue: ${title}`,
      kept: "Progress is kept in this browser only, for the pages of both languages. For another browser or computer, save it as a file and load it there; loading adds and never removes.",
      none: "This browser lets the site keep nothing (common for local files and in private windows), so no progress is recorded here. Open the site through a local server (run python -m http.server in its folder), or allow it to store data.",
      save: "Save as a file",
      load: "Load from a file",
      loaded: (added, known) => `Loaded: ${added} new, ${known} known already.`,
      wrong: (expected, received) =>
        `Not loaded; nothing was changed. Expected ${expected}, received ${received}. Choose a file that “Save as a file” has written.`,
      full: "Not loaded; nothing was changed: the browser's storage is full.",
      json: "a JSON file",
      format: `a JSON object with "format": "${FORMAT}"`,
      version: `progress of version ${VERSION}`,
      entries: "an object of names and times under “done”",
      name: "the name of a page or an exercise",
      time: "a time such as 2026-11-22T08:00:00Z",
    },
  }[document.documentElement.lang.startsWith("zh") ? "zh" : "en"];

  // A browser may forbid storage to local files, by an error or by silence; what the
  // page then has in its place keeps nothing.
  const storage = (() => {
    try {
      if (!(localStorage instanceof Storage)) return null;
      localStorage.setItem(`${PREFIX}?`, "");
      localStorage.removeItem(`${PREFIX}?`);
      return localStorage;
    } catch { return null; }
  })();
  const isDone = (name) => storage.getItem(PREFIX + name) !== null;
  const doneNames = () => Object.keys(storage)
    .filter((key) => key.startsWith(PREFIX)).map((key) => key.slice(PREFIX.length));
  const add = (parent, tag, properties) =>
    parent.appendChild(Object.assign(document.createElement(tag), properties));

  // -- Buttons -------------------------------------------------------------------
  const addButton = (place, name, text, label) => {
    const button = add(place, "button", {
      type: "button", className: "done-button", textContent: text,
    });
    button.dataset.name = name;
    button.setAttribute("aria-label", label);
    button.addEventListener("click", () => {
      if (isDone(name)) storage.removeItem(PREFIX + name);
      else storage.setItem(PREFIX + name, new Date().toISOString());
      show();
    });
  };

  const addButtons = () => {
    for (const exercise of document.querySelectorAll("div.exercise[id]")) {
      const title = exercise.querySelector(".admonition-title");
      const number = title.querySelector(".caption-number");
      const label = words.exercise(number ? number.textContent.trim() : exercise.id);
      addButton(title, exercise.id, words.done, label);
    }
    for (const place of document.querySelectorAll(".page-done")) {
      addButton(place, place.dataset.page, words.page, words.page);
    }
  };

  // -- Marks and sums --------------------------------------------------------------
  const top = new URL(document.documentElement.dataset.content_root || "./", location.href);
  const nameOf = (link) => {
    const { href, hash } = new URL(link.href, location.href);
    if (hash.startsWith("#ex-")) return hash.slice(1);
    const page = href.replace(/#.*$/, "");
    if (!page.startsWith(top.href)) return "";
    return decodeURIComponent(page.slice(top.href.length)).replace(/\.html$/, "");
  };

  const LISTS = "nav.bd-links, .learning-path, .exercise-page, .exercise-list";
  const showMarks = () => {
    for (const old of document.querySelectorAll(".done-mark")) old.remove();
    for (const list of document.querySelectorAll(LISTS)) {
      for (const link of list.querySelectorAll("a[href]")) {
        if (link.closest(".half.other") || !isDone(nameOf(link))) continue;
        const mark = add(link, "span", { className: "done-mark", textContent: "✓" });
        mark.setAttribute("role", "img");
        mark.setAttribute("aria-label", words.mark);
      }
    }
  };

  // page → its title and its exercises, in reading order
  const data = document.getElementById("things-to-do");
  const lessons = data ? JSON.parse(data.textContent) : {};
  const pages = Object.keys(lessons);
  const exercisesOf = (some) => some.flatMap((page) => lessons[page].exercises);
  const counted = (names) => words.of(names.filter(isDone).length, names.length);

  const showChapters = () => {
    for (const old of document.querySelectorAll(".card-progress")) old.remove();
    for (const card of document.querySelectorAll(".course-card")) {
      const link = card.querySelector(".card-title a");
      const chapter = link && nameOf(link).split("/")[0];
      const own = pages.filter((page) => page.split("/")[0] === chapter);
      if (![...own, ...exercisesOf(own)].some(isDone)) continue;
      add(card, "p", {
        className: "card-progress",
        textContent: words.chapter(counted(own), counted(exercisesOf(own))),
      });
    }
  };

  // The page of what was done last, or the next one that is not done.
  const nextPage = () => {
    const pageOf = (name) =>
      pages.find((page) => page === name || lessons[page].exercises.includes(name));
    const last = doneNames().filter(pageOf).map((name) => [storage.getItem(PREFIX + name), name])
      .sort().at(-1);
    if (!last) return null;
    const place = pages.indexOf(pageOf(last[1]));
    return [...pages.slice(place), ...pages.slice(0, place)].find((page) => !isDone(page));
  };
  const showNextPage = () => {
    for (const old of document.querySelectorAll(".hero .resume")) old.remove();
    const buttons = document.querySelector(".hero .own a.reference")?.parentElement;
    const page = buttons && nextPage();
    if (!page) return;
    const link = document.createElement("a");
    link.className = "reference resume";
    link.href = new URL(`${page}.html`, top);
    link.textContent = words.resume(lessons[page].title);
    buttons.prepend(link);
  };

  const show = () => {
    for (const button of document.querySelectorAll(".done-button")) {
      button.setAttribute("aria-pressed", String(isDone(button.dataset.name)));
    }
    showMarks();
    showChapters();
    showNextPage();
    for (const sum of document.querySelectorAll(".progress-sum")) {
      sum.textContent = words.count(counted(pages), counted(exercisesOf(pages)));
    }
  };

  // -- Files -----------------------------------------------------------------------
  const save = () => {
    const done = Object.fromEntries(
      doneNames().sort().map((name) => [name, storage.getItem(PREFIX + name)])
    );
    const text = JSON.stringify({ format: FORMAT, version: VERSION, done }, null, 2);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([`${text}\n`], { type: "application/json" }));
    link.download = `${FORMAT}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };

  class WrongFile extends Error {}
  const isObject = (value) =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  const expect = (right, expected, received) => {
    if (right) return;
    const shown = typeof received === "string" ? received : JSON.stringify(received);
    throw new WrongFile(words.wrong(expected, `“${String(shown).slice(0, 60)}”`));
  };

  const read = (text) => {
    let content;
    try { content = JSON.parse(text); } catch { expect(false, words.json, text.trim()); }
    expect(isObject(content) && content.format === FORMAT, words.format, content);
    expect(content.version === VERSION, words.version, content.version);
    expect(isObject(content.done), words.entries, content.done);
    for (const [name, time] of Object.entries(content.done)) {
      expect(NAME.test(name), words.name, name);
      const known = typeof time === "string" && TIME.test(time);
      expect(known && !Number.isNaN(Date.parse(time)), words.time, time);
    }
    return Object.entries(content.done);
  };

  const load = (text) => {
    const entries = read(text);
    const added = [];
    try {
      for (const [name, time] of entries) {
        if (isDone(name)) continue;
        storage.setItem(PREFIX + name, time);
        added.push(name);
      }
    } catch {
      for (const name of added) storage.removeItem(PREFIX + name);
      throw new WrongFile(words.full);
    }
    return words.loaded(added.length, entries.length - added.length);
  };

  const fillPanel = (panel) => {
    if (!storage) {
      add(panel, "p", { textContent: words.none });
      return;
    }
    add(panel, "p", { className: "progress-sum" });
    add(panel, "p", { textContent: words.kept });
    const buttons = add(panel, "p", {});
    const saving = { type: "button", textContent: words.save };
    add(buttons, "button", saving).addEventListener("click", save);
    const loading = { type: "button", textContent: words.load };
    const button = add(buttons, "button", loading);
    const file = add(buttons, "input", { type: "file", accept: ".json", hidden: true });
    const message = add(panel, "p", { className: "progress-message" });
    message.setAttribute("role", "status");
    button.addEventListener("click", () => file.click());
    file.addEventListener("change", async () => {
      try {
        message.textContent = load(await file.files[0].text());
      } catch (error) {
        if (!(error instanceof WrongFile)) throw error;
        message.textContent = error.message;
      }
      file.value = ""; // so that the same file can be chosen again
      show();
    });
  };

  for (const panel of document.querySelectorAll(".progress-panel")) fillPanel(panel);
  if (!storage) return;
  addButtons();
  show();
  // What another window marks, and what changed while this page lay in the history.
  addEventListener("storage", show);
  addEventListener("pageshow", (event) => { if (event.persisted) show(); });
})();
