"""What of a page can be counted: its length, its code, its exercises, its claims.

Everything is read from the Markdown text alone, with MyST's parser; nothing is built.
Most counts advise an author and judge nothing; ``shortfalls`` says where a lesson falls
short of what each lesson keeps.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from markdown_it.renderer import RendererHTML
from myst_parser.config.main import MdParserConfig, TopmatterReadError, read_topmatter
from myst_parser.parsers.mdit import create_md_parser

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from markdown_it import MarkdownIt

# As d2lnotes.site.lessons.exercises has them, which would load Sphinx.
LEVELS = ("warm-up", "core", "challenge", "without a level")
CERTAIN = ("every", "always", "only", "nothing else", "just", "never")
CERTAIN_ZH = ("每", "总是", "都是", "只", "从不")
# What each lesson keeps: at most, and at least.
MOST = {
    "English words before the first code": 400,
    "minutes": 35,
    "semicolons in the English": 12,
    "exercises without a level": 0,
    "decimals without a zero": 0,
}
LEAST = {"figures": 2, "predict blocks": 3}
_LONG = 30  # words of a sentence that is read twice
_MANY = 2  # measured numbers that a sentence can carry

_EXTENSIONS = {"amsmath", "attrs_inline", "colon_fence", "deflist", "dollarmath"}
_FENCES = {"fence", "colon_fence"}
# Directives with prose in them; what others hold is code or a list of names.
_OPENED = {
    "admonition", "attention", "caution", "danger", "deeper", "en", "error",
    "exercise", "explorable", "figure", "hint", "important", "list-table", "note",
    "predict", "seealso", "solution", "tip", "warning", "zh",
}  # fmt: skip
_TITLED = {"admonition", "deeper", "exercise", "figure", "list-table", "predict"}
_DIRECTIVE = re.compile(r"\{(?P<name>[\w:+.-]+)\}\s*(?P<argument>.*)")
_OPTION = re.compile(r":(?P<name>[\w-]+):\s*(?P<value>.*)")
_PYTHON = {"python", "{code-block} python"}

SEPARATOR = " | "
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_WORD = re.compile(r"[A-Za-z0-9][\w'’.,-]*[\w]|[A-Za-z0-9]")
_RESULT = re.compile(r"\{result\}`[^`]*`")
_TERM = re.compile(r"\{term\}`([^`<]+?)(?:\s*<[^`>]*>)?`")
_CODE = re.compile(r"(?:\{[\w:+.-]+\})?(`+).+?\1", re.DOTALL)  # or another role
_MATH = re.compile(r"\$+[^$]+\$+")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?![\w])")
_NO_ZERO = re.compile(r"(?<![\w.)\]}])\.\d+")
_END = re.compile(
    r"(?<=[.!?])[”’\")]*\s+(?=[“‘\"(]*[A-Z0-9])|(?<=[。！？])[”’）]*\s*| \| "
)


class Piece(NamedTuple):
    """A paragraph, cell or title: its first line, its source, what it stands in."""

    line: int
    text: str
    path: tuple[str, ...]
    title: bool = False


class Code(NamedTuple):
    """A block of Python that a reader sees."""

    line: int
    text: str
    path: tuple[str, ...]


class Block(NamedTuple):
    """A directive with its argument and options."""

    line: int
    name: str
    argument: str
    options: dict[str, str]
    path: tuple[str, ...]


Part = Piece | Code | Block


@dataclass
class Length:
    """English words and Han characters."""

    english: int = 0
    han: int = 0

    def add(self, text: str) -> None:
        """Count ``text``, in which a formula or a piece of code is one word.

        In Chinese text Latin words are not counted.
        """
        for half in text.split(SEPARATOR):
            if han := len(_HAN.findall(half)):
                self.han += han
            else:
                self.english += len(_WORD.findall(half))


class Found(NamedTuple):
    """Something to look at, with its line."""

    line: int
    text: str


@dataclass
class Exercises:
    """The exercises of one level."""

    all: int = 0
    hinted: int = 0
    by_code: int = 0


@dataclass
class Report:
    """The counts of one page. Minutes are those of its front matter and its blocks."""

    minutes: object = None
    deeper_minutes: int = 0
    trunk: Length = field(default_factory=Length)
    depth: Length = field(default_factory=Length)
    practice: Length = field(default_factory=Length)
    before_code: Length | None = None  # None for a page without code
    asserts: int = 0
    prompts: int = 0
    predictions: int = 0
    figures: int = 0
    exercises: dict[str, Exercises] = field(default_factory=dict)
    sentences: int = 0
    long: list[Found] = field(default_factory=list)
    semicolons: list[Found] = field(default_factory=list)
    english_semicolons: int = 0
    numbers: list[Found] = field(default_factory=list)
    certain: dict[str, list[int]] = field(default_factory=dict)
    no_zero: list[Found] = field(default_factory=list)


def check(text: str) -> Report:
    """Return the counts of the page whose source is ``text``.

    Raises
    ------
    ValueError
        If the front matter is no YAML mapping.
    """
    parts = list(read(text))
    pieces = [part for part in parts if isinstance(part, Piece)]
    code = [part for part in parts if isinstance(part, Code)]
    blocks = [part for part in parts if isinstance(part, Block)]
    report = Report(minutes=_front_matter(text).get("minutes"))
    _measure(report, pieces, code)
    lines = [line.lstrip() for block in code for line in block.text.splitlines()]
    report.asserts = sum(line.startswith("assert ") for line in lines)
    report.prompts = sum(line.startswith(">>>") for line in lines)
    names = Counter(block.name for block in blocks)
    report.predictions, report.figures = names["predict"], names["figure"]
    report.deeper_minutes = sum(
        int(given)
        for block in blocks
        if block.name == "deeper"
        and (given := block.options.get("minutes", "")).isdecimal()
    )
    report.exercises = _exercises(blocks, code)
    for piece in pieces:
        _look_at(report, piece)
    return report


def shortfalls(report: Report) -> list[str]:
    """Return where a lesson falls short: the rule, the count, and what is wanted."""
    before_code = report.before_code or report.trunk
    counts: dict[str, int] = {
        "English words before the first code": before_code.english,
        "minutes": report.minutes if isinstance(report.minutes, int) else 0,
        "semicolons in the English": report.english_semicolons,
        "exercises without a level": report.exercises[LEVELS[-1]].all,
        "decimals without a zero": len(report.no_zero),
        "figures": report.figures,
        "predict blocks": report.predictions,
    }
    found = [
        f"{name}: {counts[name]}, at most {most}"
        for name, most in MOST.items()
        if counts[name] > most
    ]
    found += [
        f"{name}: {counts[name]}, at least {least}"
        for name, least in LEAST.items()
        if counts[name] < least
    ]
    if report.asserts >= report.prompts:
        found.append(
            f"lines of assert: {report.asserts}, fewer than those of >>>, "
            f"{report.prompts}"
        )
    return found


def _front_matter(text: str) -> dict[str, Any]:
    try:
        return read_topmatter(text) or {}
    except TopmatterReadError as problem:
        raise ValueError(f"its front matter is no YAML mapping: {problem}") from None


def read(text: str) -> Iterator[Part]:
    """Yield what a page is made of, at any depth, in the order of its source."""
    yield from _read(text, 1, ())


def _read(text: str, first: int, path: tuple[str, ...]) -> Iterator[Part]:
    titles = False
    for token in _parser().parse(text):
        line = first + (token.map[0] if token.map else 0)
        if token.type == "heading_open":
            titles = True
        elif token.type == "inline":
            yield Piece(line, token.content, path, title=titles)
            titles = False
        elif token.type in _FENCES:
            yield from _read_fence(token, line, path)


def _read_fence(token: Any, line: int, path: tuple[str, ...]) -> Iterator[Part]:  # noqa: ANN401
    if token.info.strip() in _PYTHON:
        yield Code(line, token.content, path)
    found = _DIRECTIVE.match(token.info)
    if not found:
        return
    name, argument = found["name"], found["argument"].strip()
    options, body = _options(token.content)
    yield Block(line, name, argument, options, path)
    if name in _TITLED and name != "figure":
        yield Piece(line, argument, (*path, name), title=True)
    if name in _OPENED:
        skipped = token.content.count("\n") - body.count("\n")
        yield from _read(body, line + 1 + skipped, (*path, name))


def _options(content: str) -> tuple[dict[str, str], str]:
    """Return the options at the beginning of a directive, and what follows them."""
    options: dict[str, str] = {}
    lines = content.splitlines(keepends=True)
    while lines and (found := _OPTION.match(lines[0])):
        options[found["name"]] = found["value"].strip()
        lines.pop(0)
    return options, "".join(lines)


def _measure(report: Report, pieces: Iterable[Piece], code: list[Code]) -> None:
    first = min((block.line for block in code), default=None)
    report.before_code = None if first is None else Length()
    for piece in pieces:
        words = _plain(piece.text)
        if {"exercise", "hint", "solution"} & {*piece.path}:
            report.practice.add(words)
        elif "deeper" in piece.path:
            report.depth.add(words)
        else:
            report.trunk.add(words)
        if report.before_code is not None and first is not None and piece.line < first:
            report.before_code.add(words)


def _exercises(blocks: Iterable[Block], code: Iterable[Code]) -> dict[str, Exercises]:
    """Return the exercises by level; the last answer above a piece of code holds it."""
    levels: dict[str, str] = {}
    hints, answers = [], {}
    for block in blocks:
        if block.name == "exercise":
            level = block.options.get("level", "")
            known = level if level in LEVELS else LEVELS[-1]
            levels[block.options.get("label", "")] = known
        elif block.name == "hint":
            hints.append(block.argument)
        elif block.name == "solution":
            answers[block.line] = block.argument
    by_code = {
        answers[max(line for line in answers if line < piece.line)]
        for piece in code
        if "solution" in piece.path
    }
    return {
        level: Exercises(
            all=len(own := {label for label in levels if levels[label] == level}),
            hinted=len(own.intersection(hints)),
            by_code=len(own & by_code),
        )
        for level in LEVELS
    }


def _look_at(report: Report, piece: Piece) -> None:
    """Note the sentences of ``piece`` that are long, full of numbers, or too certain."""
    shown = _RESULT.sub("0", piece.text)
    for match in _NO_ZERO.finditer(_CODE.sub("", shown)):
        report.no_zero.append(Found(piece.line, match[0]))
    for line, sentence in _sentences(piece.line, _plain(shown)):
        for word in _certain_words(sentence):
            report.certain.setdefault(word, []).append(line)
        if piece.title:
            continue
        report.sentences += 1
        length = Length()
        length.add(sentence)
        if length.english > _LONG and not length.han:
            report.long.append(
                Found(line, f"{length.english} words: {_begin(sentence)}")
            )
        report.english_semicolons += sentence.count(";")
        if sum(map(sentence.count, ";；")) > 1:
            report.semicolons.append(Found(line, _begin(sentence)))
        if (count := len(_NUMBER.findall(sentence))) > _MANY:
            report.numbers.append(Found(line, f"{count} numbers: {_begin(sentence)}"))


def _certain_words(sentence: str) -> Iterator[str]:
    text = sentence.lower()
    for word in CERTAIN:
        yield from (word for _ in re.finditer(rf"\b{word}\b", text))
    for word in CERTAIN_ZH:
        yield from (word for _ in re.finditer(word, text))


def _sentences(line: int, text: str) -> Iterator[tuple[int, str]]:
    """Yield the sentences of ``text`` with their lines."""
    start = 0
    for end in [*_END.finditer(text), None]:
        stop = end.end() if end else len(text)
        sentence = text[start:stop]
        if sentence.strip():
            blank = len(sentence) - len(sentence.lstrip())
            yield line + text.count("\n", 0, start + blank), " ".join(sentence.split())
        start = stop


def _plain(text: str) -> str:
    """Return ``text`` as it is read: code and formulas are a mark that is one word."""
    text = _TERM.sub(r"\1", _RESULT.sub("0", text))
    text = _LINK.sub(r"\1", _MATH.sub("x", _CODE.sub("x", text)))
    return text.replace("**", "")


def _begin(sentence: str, width: int = 60) -> str:
    return sentence if len(sentence) <= width else f"{sentence[: width - 1]}…"


@cache
def _parser() -> MarkdownIt:
    return create_md_parser(MdParserConfig(enable_extensions=_EXTENSIONS), RendererHTML)


# -- The report as text ----------------------------------------------------------------


def as_text(name: str, report: Report) -> str:
    """Return ``report`` as one block of aligned lines under the ``name`` of its page."""
    lines = [name, f"  {'':26}{'English':>9}{'Han':>9}"]
    lengths = {
        "trunk": report.trunk,
        "deeper": report.depth,
        "exercises and answers": report.practice,
        "before the first code": report.before_code,
    }
    for title, length in lengths.items():
        if length is not None:
            lines.append(f"  {title:26}{length.english:9,}{length.han:9,}")
    lines += ["", *(_row(title, count) for title, count in _counts(report))]
    lines += ["", f"  {'exercises':26}{'all':>9}{'hint':>9}{'by code':>9}"]
    for level, found in report.exercises.items():
        numbers = f"{found.all:9}{found.hinted:9}{found.by_code:9}"
        lines.append(f"  {level:26}{numbers}")
    lines.append("")
    for title, places in (
        (f"sentences over {_LONG} words", report.long),
        ("with two semicolons", report.semicolons),
        (f"with over {_MANY} numbers", report.numbers),
        ("decimals without a zero", report.no_zero),
    ):
        lines.append(_row(title, len(places)))
        lines += [f"    line {place.line:<5} {place.text}" for place in places]
    lines.append(_row("semicolons in the English", report.english_semicolons))
    lines.append(_row("words of certainty", sum(map(len, report.certain.values()))))
    for word in (*CERTAIN, *CERTAIN_ZH):
        if used := report.certain.get(word):
            unique = ", ".join(map(str, dict.fromkeys(used)))
            lines.append(f"    {word}: lines {unique}")
    missing = shortfalls(report)
    lines.append(_row("falls short of the rules", len(missing)))
    lines += [f"    {problem}" for problem in missing]
    return "\n".join(lines) + "\n"


def _counts(report: Report) -> list[tuple[str, object]]:
    return [
        ("minutes", "none" if report.minutes is None else report.minutes),
        ("minutes to go deeper", report.deeper_minutes),
        ("predict blocks", report.predictions),
        ("figures", report.figures),
        ("assert lines", report.asserts),
        (">>> lines", report.prompts),
        ("sentences", report.sentences),
    ]


def _row(title: str, count: object) -> str:
    return f"  {title:26}{count!s:>9}"
