"""Pages of each kind and folder, as a reader finds them, and the links of all pages.

All built pages of both languages with ``--all-pages``.
"""

import re
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest

from .survey import page_names

# A survey of a hundred pages takes longer than one ordinary test may.
pytestmark = [
    pytest.mark.browser,
    pytest.mark.both_languages,
    pytest.mark.timeout(900),
]

HAN = re.compile("[\u4e00-\u9fff]")
HTML_LANGUAGE = {"zh": "zh-CN", "en": "en"}
NO_LESSONS = {"gallery", "reference"}
# Characters that the shortest page, an index of a chapter, has at least.
SHORTEST = {"zh": 30, "en": 60}
ID = re.compile(r"""<[^>]*\sid="([^"]+)""")
LINK = re.compile(r"""<a\s[^>]*\bhref="([^"]+)""")


@pytest.fixture(scope="module")
def surveys(survey):
    return {language: survey.of_language(language) for language in HTML_LANGUAGE}


@pytest.fixture
def facts(surveys, language):
    return surveys[language]


def refuse(facts, name):
    """Fail with all that was found under ``name``, and the pages it is on."""
    pages = {}
    for page, fact in facts.items():
        for item in dict.fromkeys(fact[name]):
            pages.setdefault(item, []).append(page)
    if pages:
        lines = [f"{item}\n    on {_some(where)}" for item, where in pages.items()]
        pytest.fail("\n".join([f"{len(lines)} findings:", *lines]), pytrace=False)


def _some(pages):
    rest = f" and {len(pages) - 3} more pages" if len(pages) > 3 else ""
    return ", ".join(pages[:3]) + rest


def test_both_languages_have_the_same_pages(site):
    zh, en = ({page[3:] for page in page_names(site, name)} for name in ("zh", "en"))

    assert zh == en


def test_the_course_is_there(facts):
    # A survey of nothing would find nothing wrong.
    assert len(facts) > 8
    assert sum(fact["formulas"] for fact in facts.values()) > 0
    assert sum(fact["own_halves"] for fact in facts.values()) > 0


def test_no_page_complains_or_asks_for_anything_outside_the_site(facts):
    refuse(facts, "complaints")


def test_every_page_names_its_language(facts, language):
    languages = {page: fact["lang"] for page, fact in facts.items()}

    assert set(languages.values()) == {HTML_LANGUAGE[language]}, languages


def test_the_theme_speaks_chinese_on_chinese_pages(surveys):
    names = {"English", "Ctrl", "LeNet", "API"}  # names and keys need no Chinese
    for fact in surveys["zh"].values():
        fact["english_around"] = [w for w in fact["english_around"] if w not in names]

    refuse(surveys["zh"], "english_around")


def test_the_theme_speaks_english_on_english_pages(surveys):
    for fact in surveys["en"].values():  # but for the switch to Chinese
        fact["chinese_around"] = [w for w in fact["chinese_around"] if w != "中文"]

    refuse(surveys["en"], "chinese_around")


def test_every_page_has_one_title(facts):
    assert {p: f["headings"] for p, f in facts.items() if len(f["headings"]) != 1} == {}


def test_no_page_is_empty(facts, language):
    # The search page waits for a query; it has tests of its own.
    pages = {
        page: fact["text"] for page, fact in facts.items() if "/search" not in page
    }

    short = {
        page: text for page, text in pages.items() if len(text) < SHORTEST[language]
    }

    assert short == {}


def test_all_mathematics_is_typeset(facts):
    refuse(facts, "unset_formulas")


def test_no_letter_of_a_formula_is_missing(facts):
    refuse(facts, "lost_letters")


def test_no_mathematics_is_left_as_source(facts):
    refuse(facts, "raw_mathematics")


def test_no_bold_is_left_as_asterisks(facts):
    refuse(facts, "raw_bold")


def test_no_title_or_caption_is_left_in_two_halves(facts):
    refuse(facts, "raw_halves")


def test_every_image_is_there(facts):
    refuse(facts, "dead_images")


def test_every_image_has_alternative_text(facts):
    refuse(facts, "mute_images")


def test_alternative_text_is_in_the_language_of_the_page(facts, language):
    texts = [text for fact in facts.values() for text in fact["alternatives"]]

    foreign = [text for text in texts if bool(HAN.search(text)) != (language == "zh")]

    assert len(texts) > 20
    assert foreign == []


def test_the_other_language_is_hidden(facts):
    refuse(facts, "other_shown")


def test_no_page_is_wider_than_a_phone(facts):
    refuse(facts, "too_wide")


def test_no_formula_or_table_is_cut_on_a_phone_without_a_sign(facts):
    refuse({page: fact["narrow"] for page, fact in facts.items()}, "cut_unseen")


def test_no_line_begins_with_the_punctuation_after_a_formula(facts):
    refuse({page: fact["narrow"] for page, fact in facts.items()}, "parted_formulas")


def test_no_code_of_a_lesson_scrolls(facts):
    parts = {page: page.split("/")[1] for page in facts}
    # What a script prints may be wider; on a phone it is wrapped like code.
    lessons = [page for page, part in parts.items() if part not in NO_LESSONS]

    assert lessons
    refuse({page: facts[page] for page in lessons}, "scrolling_code")
    refuse({page: fact["narrow"] for page, fact in facts.items()}, "scrolling_code")


def test_no_id_is_given_twice(facts):
    refuse(facts, "repeated_ids")


@pytest.fixture(scope="module")
def written(site):
    """The HTML of all pages of the site, by their addresses."""
    names = [name for language in HTML_LANGUAGE for name in page_names(site, language)]
    files = [site / f"{name}.html" for name in names]
    return {file.as_uri(): file.read_text(encoding="utf-8") for file in files}


@pytest.fixture(scope="module")
def sections(written):
    """What a link can lead to on each page, by the addresses of the pages."""
    return {
        page: set(map(unescape, ID.findall(html))) for page, html in written.items()
    }


def test_every_link_into_the_site_leads_somewhere(written, sections, site):
    links = {
        page: [urljoin(page, unescape(link)) for link in LINK.findall(html)]
        for page, html in written.items()
    }

    assert sum(map(len, links.values())) > 100 * len(links)
    refuse(dead_links(links, sections, site), "links")


def test_every_link_that_scripts_leave_leads_somewhere(facts, sections, site):
    links = {page: fact["links"] for page, fact in facts.items()}

    refuse(dead_links(links, sections, site), "links")


def dead_links(links, sections, site):
    return {
        page: {"links": [link for link in found if is_dead(link, sections, site)]}
        for page, found in links.items()
    }


def is_dead(link, sections, site):
    address = urlsplit(link)
    if address.scheme != "file":
        return False
    file, section = Path(unquote(address.path)), unquote(address.fragment)
    if not file.is_file() or not file.is_relative_to(site):
        return True
    if section.startswith("explorable="):  # the state of one, with its name
        section = ""
    return bool(section) and section not in sections.get(file.as_uri(), ())
