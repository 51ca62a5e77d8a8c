// Chooses among the scripts of the gallery by title, chapter, time, data and device.
// Without it the page shows them all. Works from file://; nothing is stored.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const words = {
    zh: {
      title: "按标题查找", chapter: "章", every: "全部", time: "用时", data: "数据", gpu: "设备", clear: "全部显示",
      count: (shown, all) => `显示 ${all} 个脚本中的 ${shown} 个`,
      "time-seconds": "不到 10 秒", "time-minute": "10 到 60 秒", "time-minutes": "1 分钟以上",
    },
    en: {
      title: "Find a title", chapter: "Chapter", every: "all", time: "Time", data: "Data", gpu: "Device", clear: "Show all",
      count: (shown, all) => `${shown} of ${all} scripts shown`,
      "time-seconds": "under 10 s", "time-minute": "10 to 60 s", "time-minutes": "over a minute",
    },
  }[document.documentElement.lang.slice(0, 2)];
  const cards = [...document.querySelectorAll(".script-cards > .course-card")];
  const first = document.querySelector(".gallery-chapter");
  if (!cards.length || !first) return;

  // What a tag is filtered by: the class tag-time-seconds belongs to the kind time.
  const tagsOf = (card) => [...card.querySelectorAll(".own .tag")].map((tag) => {
    const name = [...tag.classList].find((one) => one.startsWith("tag-")).slice(4);
    return { name, kind: name.split("-")[0], text: tag.textContent.replace(/^.*[：:]\s*/, "") };
  });
  const tags = new Map(cards.map((card) => [card, tagsOf(card)]));
  const titles = new Map(cards.map((card) =>
    [card, card.querySelector(".card-title").textContent.toLowerCase()]));

  const add = (parent, tag, properties = {}) =>
    parent.appendChild(Object.assign(document.createElement(tag), properties));

  const form = document.createElement("form");
  form.className = "gallery-filter";
  const label = add(form, "label", { textContent: `${words.title} ` });
  const title = add(label, "input", { type: "search", autocomplete: "off" });
  const chapters = [...document.querySelectorAll(".gallery-chapter")];
  const place = add(form, "label", { textContent: `${words.chapter} ` });
  const chapter = add(place, "select");
  add(chapter, "option", { value: "", textContent: words.every });
  for (const [number, section] of chapters.entries()) {
    const name = section.querySelector(".rubric").textContent;
    add(chapter, "option", { value: String(number), textContent: name });
  }
  const order = ["time-seconds", "time-minute", "time-minutes"];
  for (const kind of ["time", "data", "gpu"]) {
    const names = new Map([...tags.values()].flat().filter((tag) => tag.kind === kind)
      .map((tag) => [tag.name, words[tag.name] || tag.text]));
    if (!names.size) continue;
    const group = add(form, "fieldset");
    add(group, "legend", { textContent: words[kind] });
    const sorted = [...names].sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
    for (const [name, text] of sorted) {
      const choice = add(group, "label");
      add(choice, "input", { type: "checkbox", name: kind, value: name });
      choice.append(` ${text}`);
    }
  }
  const clear = add(form, "button", { type: "reset", textContent: words.clear });
  const count = add(form, "output");

  const show = () => {
    const wanted = [...form.querySelectorAll("input:checked")];
    const kinds = new Set(wanted.map((box) => box.name));
    const query = title.value.trim().toLowerCase();
    for (const card of cards) {
      const names = new Set(tags.get(card).map((tag) => tag.name));
      const fits = [...kinds].every((kind) =>
        wanted.some((box) => box.name === kind && names.has(box.value)));
      const here = !chapter.value
        || chapters[chapter.value] === card.closest(".gallery-chapter");
      card.hidden = !fits || !here || !titles.get(card).includes(query);
    }
    for (const section of chapters) {
      section.hidden = !section.querySelector(".course-card:not([hidden])");
    }
    const shown = cards.filter((card) => !card.hidden).length;
    count.textContent = words.count(shown, cards.length);
    clear.disabled = !wanted.length && !query && !chapter.value;
  };
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(show));
  first.before(form);
  show();
});
