"""The kinds of warnings are listed for authors in CONTRIBUTING.md."""

import re
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
SOURCES = {
    path: path.read_text(encoding="utf-8")
    for path in sorted((REPOSITORY / "d2lnotes" / "site").rglob("*.py"))
}
LISTED = set(
    re.findall(
        r"`(\w+)\.([\w-]+)`",
        (REPOSITORY / "CONTRIBUTING.md")
        .read_text(encoding="utf-8")
        .partition("Kinds of warnings")[2]
        .partition("|---|")[2]
        .partition("\n## ")[0],
    )
)


def test_every_kind_that_is_given_is_listed():
    given = {
        found.groups()
        for text in SOURCES.values()
        for found in re.finditer(r'type="(\w+)",\s+subtype="([\w-]+)"', text)
    }

    assert given
    assert given <= LISTED


def test_every_kind_that_is_listed_is_given():
    missing = [
        (family, kind)
        for family, kind in sorted(LISTED)
        if not any(
            f'type="{family}"' in text and f'"{kind}"' in text
            for text in SOURCES.values()
        )
    ]

    assert missing == []
