"""Search in a course of full size: what a query loads, and how soon it is answered.

The course is made of what the real pages say, copied and renamed. Each copy says some of
it in other words, so that there are as many different ones as the real pages would have
by how their number grows (as the power 0.7 of the pages: 76,000 in Chinese).
"""

import json
import random
import re
import shutil
import sys
from functools import cache, partial
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import pytest

from d2lnotes.site.search.index import Name, note_of, write_index, write_text
from d2lnotes.site.search.texts import Section

from .hosting import sent
from .survey import Visitor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.alone,
    pytest.mark.both_languages,
]

LESSONS, SCRIPTS, OTHERS = 115, 145, 40
GLOSSARY = "reference/glossary"
OTHER_WORDS = 0.25  # of the words and the Han characters in each copy
MOST_MILLISECONDS = 100
MOST_BYTES = 300_000  # of all that a query loads, as hosts send it
QUERIES = {
    "zh": [
        "卷积神经网络",
        "交叉熵损失的梯度",
        "softmax 回归",
        "的",
        "log_sum_exp",
        "什么是张量",
        "fashi",
        "eigenvalue",
        "交叉墒",
        "brodcasting",
    ],
    "en": [
        "convolutional neural networks",
        "the gradient of the cross-entropy",
        "softmax regression",
        "log_sum_exp",
        "what is a tensor",
        "fashi",
    ],
}
QUOTED = """() => document.querySelector("p.search-summary")?.textContent
  && [...document.querySelectorAll("ul.search p.context")].slice(0, 4)
    .every((quotation) => quotation.textContent)"""
# From the moment a query is there to the moment its answers are on the page.
MILLISECONDS = """async (query) => {
  document.getElementById("search-results").replaceChildren();
  const started = performance.now();
  await Search.show(query);
  return [performance.now() - started, document.querySelectorAll("ul.search li").length];
}"""


def read_script(file):
    """Return what one of our scripts puts into a table of the window."""
    return json.loads(file.read_text(encoding="utf-8").partition("]=")[2][:-2])


def real_pages(folder):
    """Return the sections and the other names of each page of a built site."""
    texts = folder / "_texts"
    sections = {
        file.relative_to(texts).with_suffix("").as_posix(): [
            Section(*section) for section in read_script(file)
        ]
        for file in sorted(texts.rglob("*.js"))
    }
    numbers = [page for page, _ in read_script(folder / "_search/pages.js")["pages"]]
    names = {page: set() for page in sections}
    for part in (folder / "_search").glob("[0-9]*.js"):
        for name, places in read_script(part)["names"].items():
            for number, *place in places:
                names[numbers[number]].add(Name(name, *place))
    return sections, names


def in_other_words(text, copy, letters):
    """Return ``text`` as the copy of that number has it; the first has it as it is."""
    if not copy:
        return text
    changed = text.translate(other_letters(copy, letters))
    return re.sub("[a-z]{4,}", lambda word: other_word(word[0], copy), changed)


@cache
def other_letters(copy, letters):
    chance = random.Random(copy)
    some = chance.sample(letters, int(OTHER_WORDS * len(letters)))
    return dict(zip(map(ord, some), chance.sample(some, len(some)), strict=True))


@cache
def other_word(word, copy):
    is_other = random.Random(f"{word}{copy}").random() < OTHER_WORDS
    return word + "xyzuvwqkj"[copy] if is_other else word


def renamed(names, others, copy, letters):
    """Return the names of a term in both languages, as the copy of that number has it."""
    new = partial(in_other_words, copy=copy, letters=letters)
    return [new(own) for own in names], [new(other) for other in others]


def copies(pages):
    """Yield the pages of a course of full size: a real page, and the copy's number."""
    scripts = [page for page in pages if "/plot_" in page]
    lessons = [page for page in pages if page not in scripts and is_lesson(page)]
    others = [page for page in pages if page not in {*scripts, *lessons}]
    for number in range(LESSONS):
        yield lessons[number % len(lessons)], number // len(lessons)
    for number in range(SCRIPTS):
        yield scripts[number % len(scripts)], number // len(scripts)
    for number in range(OTHERS):
        yield others[number % len(others)], number // len(others)


def is_lesson(page):
    return not page.endswith("index") and not page.startswith(("reference", "gallery"))


def write_course(real, out):
    """Write the texts and the index of a course of full size beside a search page."""
    shutil.copytree(real / "_static", out / "_static")
    shutil.copy2(real / "search.html", out)
    sections, names = real_pages(real)
    terms = read_script(real / "_search/names.js")["terms"]
    text = "".join(section.text for page in sections.values() for section in page)
    letters = "".join(sorted(set(re.findall("[\u4e00-\u9fff]", text))))
    num_terms = round(len(terms) * LESSONS / sum(map(is_lesson, sections)))
    notes = {}
    for page, copy in copies(sections):
        new = partial(in_other_words, copy=copy, letters=letters)
        name = f"{page}-{copy}" if copy else page
        said = [Section(a, new(title), new(text)) for a, title, text in sections[page]]
        called = [Name(new(name), *rest) for name, *rest in names[page]]
        called.sort(key=lambda name: (name.anchor != "", name))  # the page itself first
        # One page has the glossary, with as many terms for each lesson as the real one.
        entries = [
            renamed(*terms[number % len(terms)], number // len(terms), letters)
            for number in range(num_terms if name == GLOSSARY else 0)
        ]
        notes[name] = note_of(name, said, called, entries)
        write_text(out, name, said)
    write_index(out, dict(sorted(notes.items())))


@pytest.fixture(scope="module")
def course(site, tmp_path_factory):
    out = tmp_path_factory.mktemp("course")
    for language in QUERIES:
        write_course(site / language, out / language)
    return out


@pytest.fixture
def visitor(browser, course):
    visitor = Visitor(browser, course)
    yield visitor
    assert visitor.close() == []


def test_the_course_has_as_many_words_as_a_real_one_would(course):
    counts = {
        language: sum(
            len(read_script(part)["terms"])
            for part in (course / language / "_search").glob("[0-9]*.js")
        )
        for language in QUERIES
    }

    sys.stdout.write(f"different words: {counts}\n")
    assert counts["zh"] > 70_000
    assert counts["en"] > 20_000


@pytest.mark.parametrize(
    ("language", "query"), [(name, one) for name in QUERIES for one in QUERIES[name]]
)
def test_a_query_loads_at_most_300_kb_in_a_course_of_full_size(
    visitor, language, query
):
    loaded = set()
    visitor.page.on("request", lambda request: loaded.add(request.url))

    visitor.open(f"{language}/search", f"?q={quote(query)}")
    visitor.page.wait_for_function(QUOTED)

    files = [Path(unquote(urlsplit(url).path)) for url in loaded if "data:" not in url]
    whole = sum(file.stat().st_size for file in files)
    bytes_sent = sum(len(sent(file)) for file in files)
    sys.stdout.write(
        f"{query}: {len(files)} files, {whole:,} B, sent {bytes_sent:,} B\n"
    )
    assert visitor.page.locator("ul.search li").count() > 3
    assert bytes_sent <= MOST_BYTES


@pytest.mark.parametrize("language", QUERIES)
def test_search_answers_within_100_ms_in_a_course_of_full_size(visitor, language):
    visitor.open(f"{language}/search")

    for query in QUERIES[language]:
        first, *again = (visitor.page.evaluate(MILLISECONDS, query) for _ in range(3))
        milliseconds, answers = min(first, *again)
        sys.stdout.write(
            f"{query}: {answers} answers in {milliseconds:.0f} ms, "
            f"{first[0]:.0f} ms the first time\n"
        )
        assert milliseconds <= MOST_MILLISECONDS
