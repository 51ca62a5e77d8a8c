"""Every built page of both languages, as a reader finds it."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

# A survey of a hundred pages takes longer than one ordinary test may.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

HAN = re.compile("[\u4e00-\u9fff]")
HTML_LANGUAGE = {"zh": "zh-CN", "en": "en"}
NO_LESSONS = {"gallery", "reference"}
# Characters that the shortest page, an index of a chapter, has at least.
SHORTEST = {"zh": 30, "en": 60}


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


def test_both_languages_have_the_same_pages(surveys):
    zh, en = ({page[3:] for page in surveys[language]} for language in ("zh", "en"))

    assert zh == en


def test_the_course_is_there(facts, language):
    # A survey of nothing would find nothing wrong.
    assert f"{language}/index" in facts
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


def test_no_formula_is_cut_on_a_phone_without_a_sign(facts):
    refuse({page: fact["narrow"] for page, fact in facts.items()}, "cut_formulas")


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


def test_every_link_into_the_site_leads_somewhere(surveys, site, language):
    ids = {
        page: fact["ids"] for facts in surveys.values() for page, fact in facts.items()
    }
    dead = {
        page: {"links": [link for link in fact["links"] if is_dead(link, site, ids)]}
        for page, fact in surveys[language].items()
    }

    refuse(dead, "links")


def is_dead(link, site, ids):
    address = urlsplit(link)
    file = Path(unquote(address.path))
    section = unquote(address.fragment)
    if not file.is_file() or not file.is_relative_to(site):
        return True
    page = file.relative_to(site).with_suffix("").as_posix()
    return bool(section) and section not in ids.get(page, ())
