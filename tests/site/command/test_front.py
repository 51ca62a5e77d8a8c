"""The front page: what it links to, with and without both languages built."""

import pytest
from tiny_course import write

from d2lnotes.site.command.course import Course
from d2lnotes.site.command.front import write_front_page


@pytest.fixture
def course(tmp_path):
    """A course of which both languages have been built."""
    for language, word in (("zh", "中文首页"), ("en", "English home")):
        folder = tmp_path / "build" / "html" / language
        folder.mkdir(parents=True)
        write(
            folder / "index.html",
            f'<!DOCTYPE html><meta charset="utf-8"><title>{word}</title>',
        )
    return Course(tmp_path)


def test_plain_links_lead_to_both_languages(course):
    text = write_front_page(course).read_text(encoding="utf-8")

    assert '<a href="zh/index.html" lang="zh-CN"' in text
    assert '<a href="en/index.html" lang="en"' in text


def test_language_that_was_not_built_is_not_offered(course):
    (course.html("en") / "index.html").unlink()

    text = write_front_page(course).read_text(encoding="utf-8")

    assert "en/index.html" not in text
    assert 'const known = ["zh"];' in text


def test_nothing_is_written_when_nothing_was_built(tmp_path):
    assert write_front_page(Course(tmp_path)) is None
    assert not (tmp_path / "build").exists()
