// Chooses among the scripts of the gallery by their words, chapter, time, data and device.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const words = {
    zh: {
      find: "查找", chapter: "章", every: "全部", time: "用时", data: "数据", gpu: "设备", clear: "全部显示",
      count: (shown, all) => `显示 ${all} 个实验中的 ${shown} 个`,
      empty: "没有符合条件的实验。换一个更短的词，少选几样，或者“全部显示”。",
      "time-seconds": "不到 10 秒", "time-minute": "10 到 60 秒", "time-minutes": "1 分钟以上",
    },
    en: {
      find: "Find", chapter: "Chapter", every: "all", time: "Time", data: "Data", gpu: "Device", clear: "Show all",
      count: (shown, all) => `${shown} of ${all} experiments shown`,
      empty: "No experiment fits. Try a shorter word or fewer choices, or “Show all”.",
      "time-seconds": "under 10 s", "time-minute": "10 to 60 s", "time-minutes": "over a minute",
    },
  }[document.documentElement.lang.slice(0, 2)];
  const cards = [...document.querySelectorAll(".script-cards > .course-card")];
  const chapters = [...document.querySelectorAll(".gallery-chapter")];
  if (!cards.length || !chapters.length) return;

  // What a tag is filtered by: the class tag-time-seconds belongs to the kind time.
  const tagsOf = (card) => [...card.querySelectorAll(".own .tag")].map((tag) => {
    const name = [...tag.classList].find((one) => one.startsWith("tag-")).slice(4);
    return { name, kind: name.split("-")[0], text: tag.textContent.replace(/^.*[：:]\s*/, "") };
  });
  const tags = new Map(cards.map((card) => [card, tagsOf(card)]));
  // Of both languages: the other half of a card is hidden, but there.
  const texts = new Map(cards.map((card) => [card, card.textContent.toLowerCase()]));
  const folderOf = (chapter) =>
    chapter.querySelector(".rubric a").getAttribute("href").split("/").at(-2);

  const add = (parent, tag, properties = {}) =>
    parent.appendChild(Object.assign(document.createElement(tag), properties));

  const form = document.createElement("form");
  form.className = "gallery-filter";
  const label = add(form, "label", { textContent: `${words.find} ` });
  add(label, "input", { type: "search", name: "q", autocomplete: "off" });
  const place = add(form, "label", { textContent: `${words.chapter} ` });
  const select = add(place, "select", { name: "chapter" });
  add(select, "option", { value: "", textContent: words.every });
  for (const chapter of chapters) {
    const textContent = chapter.querySelector(".rubric").textContent;
    add(select, "option", { value: folderOf(chapter), textContent });
  }
  const order = ["time-seconds", "time-minute", "time-minutes"];
  const kinds = ["time", "data", "gpu"];
  for (const kind of kinds) {
    const names = new Map([...tags.values()].flat().filter((tag) => tag.kind === kind)
      .map((tag) => [tag.name, words[tag.name] || tag.text]));
    if (!names.size) continue;
    const group = add(form, "fieldset");
    add(group, "legend", { textContent: words[kind] });
    const sorted = [...names].sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
    for (const [value, text] of sorted) {
      const choice = add(group, "label");
      add(choice, "input", { type: "checkbox", name: kind, value });
      choice.append(` ${text}`);
    }
  }

  filterList({
    form, before: chapters[0], items: cards, words,
    fits: (choices) => (card) => {
      const names = new Set(tags.get(card).map((tag) => tag.name));
      const chapter = choices.get("chapter");
      const query = (choices.get("q") || "").trim().toLowerCase();
      return kinds.every((kind) => {
        const wanted = choices.getAll(kind);
        return !wanted.length || wanted.some((name) => names.has(name));
      }) && (!chapter || folderOf(card.closest(".gallery-chapter")) === chapter)
        && query.split(/\s+/).every((word) => texts.get(card).includes(word));
    },
    after: () => {
      for (const chapter of chapters) {
        chapter.hidden = !chapter.querySelector(".course-card:not([hidden])");
      }
    },
  });
});
