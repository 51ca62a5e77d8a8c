// Chooses among all exercises by level.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const words = {
    zh: {
      level: "难度", clear: "全部显示",
      count: (shown, all) => `显示 ${all} 道练习中的 ${shown} 道`,
      empty: "没有符合条件的练习。",
    },
    en: {
      level: "Level", clear: "Show all",
      count: (shown, all) => `${shown} of ${all} exercises shown`,
      empty: "No exercise fits.",
    },
  }[document.documentElement.lang.slice(0, 2)];
  const lists = [...document.querySelectorAll("ul.exercise-list")];
  const exercises = lists.flatMap((list) => [...list.children]);
  const names = ["warm-up", "core", "challenge"];
  // level → the word for it, as the first exercise of that level has it
  const levels = new Map(names.map((name) => [name, document.querySelector(`.level-${name}`)])
    .filter(([, mark]) => mark).map(([name, mark]) => [name, mark.textContent]));
  if (!levels.size) return;

  const add = (parent, tag, properties = {}) =>
    parent.appendChild(Object.assign(document.createElement(tag), properties));

  const form = document.createElement("form");
  form.className = "gallery-filter exercise-filter"; // it looks as that one does
  const group = add(form, "fieldset");
  add(group, "legend", { textContent: words.level });
  for (const [value, text] of levels) {
    const choice = add(group, "label");
    add(choice, "input", { type: "checkbox", name: "level", value });
    choice.append(` ${text}`);
  }

  // A page without an exercise that is shown loses its name, a chapter its heading.
  const showHeads = () => {
    let chapter = null;
    for (const list of lists) {
      list.hidden = !list.querySelector("li:not([hidden])");
      const page = list.previousElementSibling;
      page.hidden = list.hidden;
      if (page.previousElementSibling.matches(".rubric")) {
        chapter = page.previousElementSibling;
        chapter.hidden = true;
      }
      if (chapter && !list.hidden) chapter.hidden = false;
    }
  };

  const first = lists[0].previousElementSibling;
  const heading = first.previousElementSibling;
  filterList({
    form, before: heading.matches(".rubric") ? heading : first, items: exercises, words,
    fits: (choices) => {
      const wanted = choices.getAll("level").map((level) => `.level-${level}`).join();
      return (exercise) => !wanted || exercise.querySelector(wanted) !== null;
    },
    after: showHeads,
  });
});
