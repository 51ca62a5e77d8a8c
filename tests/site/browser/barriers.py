"""What axe-core finds on a page, and on which pages it looks."""

from __future__ import annotations

import random
import subprocess
from itertools import cycle
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from .survey import STILL, UNFOLD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from .survey import Visitor

RULES_ON_COLORS = ["color-contrast", "link-in-text-block"]
# Most of a page are formulas, the hidden language and code, and axe takes a second for
# a thousand elements. A letter stands for a formula, which has the color of its text;
# and of the tokens of a class, which look alike outside links, the first stays.
LIGHTEN = """() => {
  const hidden = [...document.querySelectorAll(".half.other")]
    .filter((half) => !half.checkVisibility()); // all before the first change: it is slow
  document.querySelector(".drawings")?.remove();
  for (const formula of document.querySelectorAll(".math")) formula.replaceChildren("x");
  for (const half of hidden) half.replaceChildren();
  const seen = new Set();
  for (const token of document.querySelectorAll("pre span[class]:not(:has(*), a *)")) {
    if (seen.has(token.className)) token.replaceWith(token.textContent);
    seen.add(token.className);
  }
  document.body.normalize();
}"""
# Its preload asks for files, which file:// forbids; only its own rules need them.
RUN = """async ([within, only]) => {
  const options = { preload: false, resultTypes: ["violations"] };
  if (only) options.runOnly = only;
  const place = within === "document" ? document : document.querySelector(within);
  const { violations } = await axe.run(place || document, options);
  return violations
    .filter(({ impact }) => ["serious", "critical"].includes(impact))
    .flatMap(({ id, nodes }) => nodes.map((node) =>
      `${id}: ${node.target.join(" ")}\\n    ${node.html.slice(0, 160)}\\n    ` +
      node.failureSummary.replace(/\\s+/g, " ").slice(0, 240)));
}"""


def find_barriers(
    visitor: Visitor, axe: str, *, within: str = "document", colors_only: bool = False
) -> list[str]:
    """Return what axe finds serious ``within`` a part of the page on show."""
    visitor.page.evaluate(UNFOLD)
    visitor.page.evaluate(LIGHTEN)
    if not visitor.page.evaluate("'axe' in window"):
        visitor.page.evaluate(axe)
    only = RULES_ON_COLORS if colors_only else None
    return visitor.page.evaluate(RUN, [within, only])


def find_in_both_themes(
    visitor: Visitor, axe: str, *, within: str = "document"
) -> dict[str, list[str]]:
    """Return what axe finds in each theme of a page.

    Only colors differ between them: in the dark, the rules on colors are tried.
    """
    found = {}
    visitor.page.add_style_tag(content=STILL)
    for scheme in ("light", "dark"):
        visitor.page.emulate_media(color_scheme=scheme)
        visitor.page.wait_for_selector(f"html[data-theme={scheme}]")
        found[scheme] = find_barriers(
            visitor, axe, within=within, colors_only=scheme == "dark"
        )
    visitor.page.emulate_media(color_scheme="light")
    return found


def audit(
    axe: str, parts: Mapping[str, str], visitor: Visitor, name: str
) -> dict[str, list[str]]:
    """Return what axe finds on the page ``name``, of which ``parts`` names the part."""
    return find_in_both_themes(visitor, axe, within=parts[name])


def drawn(names: Iterable[str], course: Path) -> dict[str, str]:
    """Return which of the built pages to look at, and which part of each.

    There is one page of each kind in each folder, in one of the languages, drawn by the
    commit so that all of them come in time, and both languages of each page that was
    changed since the last landing. Menus, header and footer are looked at once for each
    kind and language.
    """
    draw = random_by_commit(course)
    groups: dict[tuple[str, str], dict[str, list[str]]] = {}
    for name in names:
        language, _, page = name.partition("/")
        group = groups.setdefault((str(PurePosixPath(page).parent), kind_of(name)), {})
        group.setdefault(language, []).append(name)
    languages: dict[str, Iterator[str]] = {}  # of a kind in turn
    parts, seen = {}, set()
    for (_, kind), group in groups.items():
        order = draw.sample(sorted(group), len(group))
        language = next(languages.setdefault(kind, cycle(order)))
        whole = (kind, language) not in seen
        seen.add((kind, language))
        parts[draw.choice(group[language])] = "document" if whole else "article"
    changed = changed_pages(course)
    for name in names:
        if name[3:] in changed:
            parts.setdefault(name, "article")
    return parts


def random_by_commit(course: Path) -> random.Random:
    """Return what draws the same in all processes, and others after the next commit."""
    return random.Random(_git(course, "rev-parse", "HEAD"))


def kind_of(name: str) -> str:
    """Return the kind of a page such as ``zh/linear-models/index``."""
    _, *place, page = name.split("/")
    if place in ([], ["reference"]) or name.endswith("/gallery/index"):
        return "/".join([*place, page])  # there is no other like it
    kinds = ("script", "scripts") if place[0] == "gallery" else ("lesson", "chapter")
    return kinds[page == "index"]


def changed_pages(course: Path) -> set[str]:
    """Return the pages whose sources changed since the last landing on ``main``.

    None where that is unknown, as in a clone without history.
    """
    here = _git(course, "rev-parse", "HEAD")
    landed = _git(course, "merge-base", "HEAD", "origin/main")
    landed = landed if landed and landed != here else _git(course, "rev-parse", "HEAD~")
    files = _git(course, "diff", "--name-only", landed, "--", "docs", "gallery")
    return {
        PurePosixPath(file).with_suffix("").as_posix().removeprefix("docs/")
        for file in files.splitlines()
        if landed
    }


def _git(course: Path, *arguments: str) -> str:
    """Return what git says, or nothing if it fails."""
    command = ["git", "-C", course, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
