"""What pages say of themselves before their title."""

from types import SimpleNamespace

from d2lnotes.site.lessons import front_matter

PAGE = "---\nminutes: 20\nneeds: [first, second]\n---\n# 页 | Page\n"


def test_the_names_of_pages_are_asked_for_once_however_many_are_needed(
    tmp_path, monkeypatch
):
    names, asked = front_matter._by_name, []
    monkeypatch.setattr(
        front_matter, "_by_name", lambda pages: asked.append(pages) or names(pages)
    )
    pages = {f"chapter/{name}" for name in ("first", "second", "third")}
    (tmp_path / "chapter").mkdir()
    for page in pages:
        (tmp_path / f"{page}.md").write_text(PAGE, encoding="utf-8")
    env = SimpleNamespace(
        found_docs=pages, doc2path=lambda page: tmp_path / f"{page}.md"
    )

    lessons = front_matter.find_lessons(env)

    assert lessons["chapter/third"].needs == ("chapter/first", "chapter/second")
    assert len(asked) == 1
