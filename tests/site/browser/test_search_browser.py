"""Search from file://, in both languages, as a reader uses it."""

import re
from urllib.parse import quote

import pytest

from .survey import MOST_JUMPS, NARROW, WATCH_JUMPS, WIDE, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.both_languages]

TENSORS = "preliminaries/tensors"
SOFTMAX = "linear-models/softmax-regression"
LENET = "convolutional-networks/lenet"
GLOSSARY = "reference/glossary"

FOUND = {"zh": "搜索完成", "en": "Search finished"}
NOT_FOUND = {"zh": "没有找到", "en": "Nothing was found"}
ASK = """async (query) => {
  document.getElementById("search-results").replaceChildren();
  await Search.show(query);
}"""
QUOTED_IN_SIGHT = """() => {
  const seen = [...document.querySelectorAll("ul.search p.context")]
    .filter((quotation) => quotation.getBoundingClientRect().top < innerHeight);
  return seen.length > 1 && seen.every((quotation) => quotation.textContent);
}"""
MARKS = "document.querySelectorAll('ul.search p.context mark')"
FIELD = {"zh": "搜索课程…", "en": "Search the course…"}


@pytest.fixture(scope="module")
def page_names(site):
    return {
        language: {
            path.relative_to(site / language).with_suffix("").as_posix()
            for path in (site / language).rglob("*.html")
        }
        for language in FOUND
    }


@pytest.fixture(scope="module")
def one_window(browser, site):
    """A window for all queries: a new one for each takes longer than the search."""
    visitor = Visitor(browser, site)
    visitor.open("zh/search")
    yield visitor
    visitor.close()


@pytest.fixture
def reader(one_window):
    """A reader who goes from one query to the next, without a complaint."""
    one_window.complaints.clear()
    yield one_window
    assert one_window.complaints == []


def search(visitor, language, query):
    """Open the search page; return its message, and the pages found, best first."""
    visitor.open(f"{language}/search", f"?q={quote(query)}")
    return answers(visitor)


def ask(reader, language, query):
    """Return the same without opening the page again if it is open."""
    if reader.where()[0] != f"{language}/search":
        reader.open(f"{language}/search")
    reader.page.evaluate(ASK, query)
    return answers(reader)


def answers(visitor):
    visitor.page.wait_for_function(
        "() => document.querySelector('p.search-summary')?.innerText"
    )
    message = visitor.page.inner_text("p.search-summary")
    links = visitor.page.eval_on_selector_all(
        "ul.search li > a", "(links) => links.map((link) => link.getAttribute('href'))"
    )
    return message, [link.partition("#")[0].removesuffix(".html") for link in links]


def test_no_quotation_shows_remains_of_a_formula(site, language):
    remains = re.compile("pmatrix|topA|mathbf|frac{")
    texts = {
        file: re.findall(remains, text)
        for file in (site / language / "_texts").rglob("*.js")
        if "linear-algebra" in file.name
        for text in [file.read_text(encoding="utf-8")]
    }

    assert len(texts) == 1
    assert [*texts.values()] == [[]]


@pytest.mark.parametrize("query", ["xqzzyvw", "0x7f3a2b1c9d00"])
def test_a_search_in_vain_says_so_in_the_language_of_the_page(reader, language, query):
    message, found = ask(reader, language, query)

    assert found == []
    assert NOT_FOUND[language] in message


def test_every_answer_leads_to_a_page(reader, language, page_names):
    _, found = ask(reader, language, "softmax")

    assert set(found) <= page_names[language]
    assert len(found) > 3


@pytest.mark.parametrize(
    ("language", "query", "word"),
    [("zh", "交叉熵", "交叉熵"), ("en", "overflow", "overflow")],
)
def test_a_page_found_is_quoted_with_the_section_and_the_words_marked(
    reader, language, query, word
):
    search(reader, language, query)
    reader.page.wait_for_function(f"() => {MARKS}.length > 3")

    marked = reader.page.eval_on_selector_all(
        "ul.search p.context mark", "(marks) => marks.map((mark) => mark.innerText)"
    )
    sections = reader.page.eval_on_selector_all(
        "ul.search p.context > a", "(links) => links.map((link) => link.hash)"
    )

    assert word in {mark.lower() for mark in marked}
    assert all(sections)


def test_an_answer_is_quoted_when_it_comes_into_sight(reader, language):
    search(reader, language, "softmax")
    reader.page.wait_for_selector("ul.search li:first-child mark")
    last = reader.page.locator("ul.search p.context").last
    before = last.inner_text(), reader.page.locator("head script[src*=_texts]").count()

    last.scroll_into_view_if_needed()
    reader.page.wait_for_function(
        "() => [...document.querySelectorAll('p.context')].at(-1).textContent"
    )

    after = last.inner_text(), reader.page.locator("head script[src*=_texts]").count()
    assert (before[0], after[0] != "") == ("", True)
    assert 0 < before[1] < after[1]


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["phone", "desktop"])
def test_quotations_that_come_later_hardly_move_the_answers(visit, language, size):
    visitor = visit(viewport=size)
    visitor.page.add_init_script(f"({WATCH_JUMPS})()")

    search(visitor, language, "softmax")
    visitor.page.wait_for_function(QUOTED_IN_SIGHT)

    assert visitor.page.evaluate("window.jumps") <= MOST_JUMPS


def test_a_section_of_an_answer_opens_at_its_place(reader, language):
    search(reader, language, "softmax")
    link = reader.page.locator("ul.search p.context > a").first
    target = link.evaluate("(link) => link.hash.slice(1)")

    link.click()
    reader.wait()

    assert reader.where()[1] == target
    assert reader.page.locator(f"[id='{target}']").count() == 1


def test_an_answer_opens_the_page(visit, language):
    visitor = visit()
    search(
        visitor, language, "softmax 回归" if language == "zh" else "softmax regression"
    )

    visitor.page.click("ul.search li > a >> nth=0")
    visitor.wait()

    assert visitor.where()[0] == f"{language}/{SOFTMAX}"


def test_the_search_field_is_opened_by_key_from_any_page(visit, language):
    visitor = visit()
    visitor.open(f"{language}/{TENSORS}")
    visitor.page.keyboard.press("Control+k")
    field = visitor.page.locator("dialog[open] input[name=q]")

    placeholder = field.get_attribute("placeholder")
    field.type("LeNet")
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url("**/search.html?q=LeNet")

    assert placeholder == FIELD[language]
    assert LENET in answers(visitor)[1][:3]


def test_the_hidden_language_is_not_searched(visit):
    visitor = visit()

    assert search(visitor, "en", "因此")[1] == []
    assert search(visitor, "zh", "therefore whenever")[1] == []


SUGGESTED = {"zh": ("特征值", "eigenvalue"), "en": ("eigenvalue", "特征值")}
STATE = """(field) => {
  const list = document.getElementById(field.getAttribute("aria-controls"));
  const at = field.getAttribute("aria-activedescendant");
  const box = list.getBoundingClientRect();
  return {
    role: field.getAttribute("role"),
    expanded: field.getAttribute("aria-expanded") === "true",
    shown: list.checkVisibility(),
    options: [...list.children].map((option) => option.innerText.trim()),
    active: at && document.getElementById(at).innerText.trim(),
    selected: list.querySelectorAll("[aria-selected=true]").length,
    inside: box.left >= 0 && box.right <= document.documentElement.clientWidth,
  };
}"""


def test_a_field_suggests_while_one_types_and_is_led_by_the_keyboard(visit, language):
    own, other = SUGGESTED[language]
    visitor = visit(viewport=NARROW)
    visitor.open(f"{language}/{TENSORS}")
    visitor.page.keyboard.press("Control+k")
    field = visitor.page.locator("dialog[open] input[name=q]")

    field.press_sequentially(other[:5])
    visitor.page.wait_for_function(
        "() => document.querySelector('dialog .search-suggestions:not([hidden]) li')"
    )
    opened = field.evaluate(STATE)
    visitor.page.keyboard.press("ArrowDown")
    down = field.evaluate(STATE)
    visitor.page.keyboard.press("Escape")
    closed = field.evaluate(STATE)

    assert opened["role"] == "combobox"
    assert opened["expanded"]
    assert opened["inside"]
    assert any(own in option and other in option for option in opened["options"])
    assert (down["active"], down["selected"]) == (opened["options"][0], 1)
    assert not closed["expanded"]
    assert not closed["shown"]
    assert field.is_visible()  # Escape closed the list and not the dialog

    field.fill("")
    field.press_sequentially(other)
    visitor.page.wait_for_function(
        "() => document.querySelector('dialog .search-suggestions:not([hidden]) li')"
    )
    visitor.page.keyboard.press("ArrowDown")
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url("**/search.html?q=*")

    assert f"{GLOSSARY}.html#term-eigenvalue" in first_links(visitor)


def first_links(visitor):
    answers(visitor)
    return visitor.page.eval_on_selector_all(
        "ul.search li > a",
        "(links) => links.slice(0, 3).map((link) => link.getAttribute('href'))",
    )


def test_the_page_says_what_a_query_was_taken_for_and_what_to_try(reader, language):
    message, found = search(reader, language, "overftting xqzzyvw")
    exactly = reader.page.locator(".search-summary a").get_attribute("href")

    assert "“overfitting" in message
    assert "“xqzzyvw”" in message
    assert "overftting" in exactly
    assert GLOSSARY in found

    search(reader, language, "xqzzyvw")
    hints = reader.page.locator(".search-hints a")

    assert hints.count() == 2
