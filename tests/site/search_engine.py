"""The search of a built site, in V8 instead of a browser: its own script and index."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from py_mini_racer import MiniRacer

import d2lnotes.site.search

FIND = Path(d2lnotes.site.search.__file__).parent / "static" / "find.js"
# What the script asks of a browser: the language, and to run the scripts it loads.
_BROWSER = """
var window = globalThis, files = {}, loaded = [], answer;
var document = {
  documentElement: { lang: LANGUAGE, dataset: { content_root: "" } },
  createElement: () => ({}),
  head: { append(script) {
    const name = script.src.split("?")[0];
    loaded.push(name);
    (0, eval)(files[name]);
    script.onload();
  } },
};
"""
_MOST_SECONDS = 20


class SearchEngine:
    """Finds in the site in ``folder`` what a reader would find."""

    def __init__(self, folder: Path, language: str) -> None:
        self.folder = folder
        self._engine = MiniRacer()
        self._run(f"var LANGUAGE = {json.dumps(language)};{_BROWSER}")
        for file in (folder / "_search").glob("*.js"):
            text = json.dumps(file.read_text(encoding="utf-8"))
            self._run(f'files["_search/{file.name}"] = {text}')
        self._run('(0, eval)(files["_search/pages.js"])')
        for name in ("base-stemmer.js", "english-stemmer.js"):
            self._run((folder / "_static" / name).read_text(encoding="utf-8"))
        self._run(FIND.read_text(encoding="utf-8"))

    def close(self) -> None:
        """End the engine; left to the end of the interpreter, it would not."""
        self._engine.close()

    def _run(self, code: str) -> None:
        self._engine.eval(f"{code};0")

    def call(self, code: str) -> Any:
        """Return what an expression of JavaScript comes to, when its promise is kept."""
        self._run(
            f"answer = undefined; Promise.resolve({code}).then("
            "(found) => { answer = JSON.stringify([found]); },"
            "(error) => { answer = JSON.stringify(String(error.stack)); })"
        )
        last = time.monotonic() + _MOST_SECONDS
        while (answer := self._engine.eval("answer")) is None:
            assert time.monotonic() < last, f"no answer: {code}"
        value = json.loads(answer)
        assert isinstance(value, list), value
        return value[0]

    def find(self, query: str) -> dict[str, Any]:
        """Return what ``Search.find`` does: answers, what was meant, what is missing."""
        found: dict[str, Any] = self.call(f"Search.find({json.dumps(query)})")
        return found

    def pages(self, query: str) -> list[str]:
        """Return the pages that a query finds, the best first."""
        return [answer["page"] for answer in self.find(query)["answers"]]

    def places(self, query: str) -> list[str]:
        """Return them with their sections, as in ``page#section``."""
        found = self.find(query)["answers"]
        return [f"{answer['page']}#{answer['anchor']}".rstrip("#") for answer in found]

    def loaded(self) -> list[str]:
        """Return the names of the parts of the index that were loaded, each once."""
        names: list[str] = json.loads(self._engine.eval("JSON.stringify(loaded)"))
        return names
