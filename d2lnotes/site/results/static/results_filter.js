// Chooses among all numbers by the words of a row, of its script and of its chapter.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const words = {
    zh: {
      find: "查找", clear: "全部显示",
      count: (shown, all) => `显示 ${all} 行中的 ${shown} 行`,
      empty: "没有符合的行。换一个更短的词，比如“准确率”，或者“全部显示”。",
    },
    en: {
      find: "Find", clear: "Show all",
      count: (shown, all) => `${shown} of ${all} rows shown`,
      empty: "No row fits. Try a shorter word, such as “accuracy”, or “Show all”.",
    },
  }[document.documentElement.lang.slice(0, 2)];
  const tables = [...document.querySelectorAll("table.d2l-results")];
  if (!tables.length) return;

  // With its heading and the line that says where its numbers come from.
  const parts = tables.map((table) => {
    const section = table.closest("section");
    const block = table.closest(".pst-scrollable-table-container") || table;
    const line = block.previousElementSibling;
    const head = `${section.firstElementChild.textContent} ${line.textContent}`;
    return { section, block, line, head, rows: [...table.tBodies[0].rows] };
  });
  const texts = new Map(parts.flatMap(({ head, rows }) =>
    rows.map((row) => [row, `${head} ${row.textContent}`.toLowerCase()])));

  const form = document.createElement("form");
  form.className = "gallery-filter"; // it looks as that one does
  const label = form.appendChild(document.createElement("label"));
  label.textContent = `${words.find} `;
  label.append(Object.assign(document.createElement("input"),
    { type: "search", name: "q", autocomplete: "off" }));

  filterList({
    form, before: parts[0].section, items: [...texts.keys()], words,
    fits: (choices) => {
      const query = (choices.get("q") || "").toLowerCase().split(/\s+/);
      return (row) => query.every((word) => texts.get(row).includes(word));
    },
    after: () => {
      for (const { block, line, rows } of parts) {
        block.hidden = line.hidden = rows.every((row) => row.hidden);
      }
      for (const { section } of parts) {
        section.hidden = parts.every((part) => part.section !== section || part.block.hidden);
      }
    },
  });
});
