"""Tests of what every page promises: front matter, exercises with answers, terms."""

import re
from collections import Counter
from itertools import chain

import pytest
from page_sources import DOCS, LESSONS, PAGES, fences, front_matter, page_name, prose

from d2lnotes.site.lessons.checker import check, shortfalls
from d2lnotes.site.twins.terms import names_of

each_lesson = pytest.mark.parametrize("page", LESSONS, ids=page_name)
each_page = pytest.mark.parametrize("page", PAGES, ids=page_name)

NAMES = Counter(page.stem for page in LESSONS)
HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
NOT_PROSE = re.compile(r"(?:\{[\w:+.-]+\})?(`+).+?\1|\$+[^$]+\$+", re.DOTALL)
TERM = re.compile(r"\{term\}`(?:[^`<]*<)?([^`>]+)>?`")


def read(page):
    return page.read_text(encoding="utf-8")


def exercises(text):
    """Return the labels of the exercises, in order."""
    return [fence.label for fence in fences(text) if fence.directive == "exercise"]


def solutions(text):
    """Return the labels that the answers name, in order."""
    return [fence.argument for fence in fences(text) if fence.directive == "solution"]


def glossary_terms():
    """Return the glossary's Chinese and its English terms; a name may be both."""
    parts = sorted((DOCS / "reference" / "glossary").glob("*.md"))
    text = "\n".join(map(read, parts))
    blocks = [fence for fence in fences(text) if fence.directive == "glossary"]
    lines = chain.from_iterable(block.content.splitlines() for block in blocks)
    terms = [line for line in lines if line and line[0] not in " :"]
    halves = [term.partition(" | ") for term in terms]
    return {
        "zh": {name for zh, _, _ in halves for name in names_of(zh)},
        "en": {name.lower() for zh, _, en in halves for name in names_of(en or zh)},
    }


def term_problems(text, known):
    """Return the terms of a page that its glossary lacks in their own language."""
    found = []
    for piece in prose(text):
        language = "zh" if HAN.search(NOT_PROSE.sub("", piece)) else "en"
        for name in TERM.findall(piece):
            # a piece that is nothing but a term speaks the term's language
            own = language if NOT_PROSE.sub("", piece).strip() else None
            own = own or ("zh" if HAN.search(name) else "en")
            wanted = name.strip() if own == "zh" else name.strip().lower()
            if wanted not in known[own]:
                found.append(f"{own}: {name}")
    return found


@each_lesson
def test_front_matter_names_the_minutes_and_what_is_needed_first(page):
    matter = front_matter(page)
    assert matter.keys() - {"moved"} == {"minutes", "needs"}
    assert isinstance(matter["minutes"], int)
    assert 10 <= matter["minutes"] <= 90
    assert isinstance(matter["needs"], list)
    assert set(matter["needs"]) <= NAMES.keys() - {page.stem}


@each_lesson
def test_a_lesson_breaks_no_rule_that_can_be_counted(page):
    assert shortfalls(check(read(page))) == []


def test_a_page_name_belongs_to_one_page():
    assert [name for name, count in NAMES.items() if count > 1] == []


def test_no_page_needs_itself_by_way_of_others():
    waiting = {page.stem: set(front_matter(page)["needs"]) for page in LESSONS}
    for _ in LESSONS:
        ready = {name for name, needs in waiting.items() if not needs & waiting.keys()}
        waiting = {name: waiting[name] for name in waiting.keys() - ready}
    assert waiting == {}


@each_lesson
def test_a_lesson_has_six_exercises_or_more(page):
    assert len(exercises(read(page))) >= 6


@each_page
def test_every_exercise_is_followed_by_its_one_answer(page):
    asked_and_answered = [
        (fence.directive, fence.label or fence.argument)
        for fence in fences(read(page))
        if fence.directive in {"exercise", "solution"}
    ]
    questions, answers = asked_and_answered[::2], asked_and_answered[1::2]
    assert {kind for kind, _ in questions} <= {"exercise"}
    assert answers == [("solution", label) for _, label in questions]


@each_page
def test_a_hint_stands_between_its_exercise_and_the_answer(page):
    kinds = {"exercise", "hint", "solution"}
    found = [f for f in fences(read(page)) if f.directive in kinds]
    around = zip([None, *found], found, [*found[1:], None], strict=False)
    wrong = [
        hint.argument
        for before, hint, after in around
        if hint.directive == "hint"
        and not (before and before.label == hint.argument == after.argument)
    ]
    assert wrong == []


@each_lesson
def test_one_answer_at_least_is_given_by_code_that_runs(page):
    answers = [fence for fence in fences(read(page)) if "solution" in fence.path]
    assert {"python", "{code-block} python"} & {fence.info for fence in answers}


def test_labels_of_exercises_are_unique_in_the_course_and_begin_with_ex():
    labels = [label for page in PAGES for label in exercises(read(page))]
    assert [label for label, count in Counter(labels).items() if count > 1] == []
    assert [label for label in labels if not str(label).startswith("ex-")] == []


@each_page
def test_terms_are_in_the_glossary_in_the_language_of_the_sentence(page):
    assert term_problems(read(page), glossary_terms()) == []


KNOWN = {"zh": {"步幅", "LeNet"}, "en": {"stride", "lenet"}}


@pytest.mark.parametrize(
    "text",
    [
        "它叫{term}`步幅`。\n\nIt is the {term}`Stride`, or {term}`strides <stride>`.",
        "# {term}`步幅` | The {term}`stride`",
        "- {term}`LeNet` 这个网络。\n\n  The network {term}`LeNet`.",
        ":::{exercise} 一 | One\n:label: ex-a\n\n{term}`步幅`是几？\n:::",
    ],
    ids=["paragraphs", "title", "list", "exercise"],
)
def test_a_known_term_is_not_reported(text):
    assert term_problems(text, KNOWN) == []


@pytest.mark.parametrize(
    "text",
    [
        "它叫{term}`步长`。",
        "这一跳叫 {term}`stride`。",
        "The {term}`步幅`.",
        "它叫{term}`跳步 <步伐>`。",
        "::::{solution} ex-a\n:::{note}\nThe {term}`jump`.\n:::\n::::",
        ":::{list-table}\n* - 跳 | The {term}`jump`\n:::",
    ],
    ids=["unknown", "English in Chinese", "Chinese in English", "link", "deep", "cell"],
)
def test_a_term_the_glossary_lacks_in_that_language_is_reported(text):
    assert len(term_problems(text, KNOWN)) == 1
