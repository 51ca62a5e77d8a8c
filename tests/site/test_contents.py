"""The order of the chapters comes from the contents of the first page."""

from d2lnotes.site.contents import in_order, listed_chapters

CONTENTS = (
    "# Home\n\n```{toctree}\nnets/index\nbasics/index\n```\n\n{doc}`/cnn/index`\n"
)


def test_chapters_are_those_that_the_contents_list(tmp_path):
    (tmp_path / "index.md").write_text(CONTENTS)

    assert listed_chapters(tmp_path) == ["nets", "basics"]


def test_chapters_that_are_not_listed_follow_by_their_names(tmp_path):
    (tmp_path / "index.md").write_text(CONTENTS)

    order = in_order({"optimization", "basics", "attention", "nets"}, tmp_path)

    assert order == ["nets", "basics", "attention", "optimization"]
