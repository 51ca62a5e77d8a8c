"""The front page of the site, which sends readers to their language."""

from __future__ import annotations

import json
import string
from pathlib import Path

from d2lnotes.site.command.course import LANGUAGES, Course

_TEMPLATE = Path(__file__).with_name("front.html")
_LINKS = {
    "zh": '<a href="zh/index.html" lang="zh-CN" hreflang="zh-CN">中文：深度学习笔记</a>',
    "en": '<a href="en/index.html" lang="en" hreflang="en">English: deep-learning notes</a>',
}


def write_front_page(course: Course) -> Path | None:
    """Write the page over the languages built so far; ``None`` if there are none."""
    known = [name for name in LANGUAGES if (course.html(name) / "index.html").exists()]
    if not known:
        return None
    page = course.build / "html" / "index.html"
    template = string.Template(_TEMPLATE.read_text(encoding="utf-8"))
    links = "\n".join(_LINKS[language] for language in known)
    text = template.substitute(known=json.dumps(known), links=links)
    if not page.exists() or page.read_text(encoding="utf-8") != text:
        page.write_text(text, encoding="utf-8")
    return page
