"""The tags of a gallery script: what its last run took, and what it asks for."""

import json

import pytest
from bs4 import BeautifulSoup
from tiny_site import build_tiny_site

THUMBNAILS = """动手实验 | Experiments
======================

.. raw:: html

    <div class="sphx-glr-thumbnails">

.. raw:: html

    <div class="sphx-glr-thumbcontainer" tooltip="raw">

.. only:: html

  :doc:`/gallery/plot_one`

.. raw:: html

      <div class="sphx-glr-thumbnail-title">标题 | Title</div>
    </div>

.. raw:: html

    </div>

之后。

Afterwards.

.. toctree::

   plot_one
"""
SCRIPT_PAGE = "脚本 | Script\n=============\n"


@pytest.fixture
def tags(tmp_path):
    """Return the tags that a script gets from its run and its code."""

    def build(*, seconds=1.0, data=(), code="", language="en"):
        gallery = tmp_path / "docs" / "gallery"
        gallery.mkdir(parents=True)
        (gallery / "plot_one.py").write_text(code, encoding="utf-8")
        header = tmp_path / "gallery" / "gallery" / "GALLERY_HEADER.rst"
        header.parent.mkdir(parents=True)
        header.write_text("一章 | A chapter\n================\n", encoding="utf-8")
        results = tmp_path / "results"
        results.mkdir()
        record = {"script": "plot_one", "data": data, "run": {"seconds": seconds}}
        (results / "plot_one.json").write_text(json.dumps(record), encoding="utf-8")
        out = build_tiny_site(
            tmp_path,
            {
                "index.md": "# 首页 | Home\n\n```{toctree}\ngallery/list\n```\n",
                "gallery/list.rst": THUMBNAILS,
                "gallery/plot_one.rst": SCRIPT_PAGE,
            },
            extensions=["d2lnotes.site.twins", "tiny_gallery", __name__],
            language={"zh": "zh_CN", "en": "en"}[language],
            d2lnotes_results_dir=str(results),
        )
        page = (out / "gallery" / "list.html").read_text(encoding="utf-8")
        soup = BeautifulSoup(page, "html.parser")
        assert "sphx-glr" not in str(soup.select_one("[role=main]"))
        assert "Afterwards." in soup.get_text() if language == "en" else True
        found = soup.select(".script-cards .own .tag")
        topic = {"zh": "一章", "en": "A chapter"}[language]
        tags = {tag.get_text(): tag["class"][1] for tag in found}
        assert tags.pop(topic) == "tag-chapter-gallery"
        return tags

    return build


def setup(app):
    from sphinx.transforms import SphinxTransform

    from d2lnotes.site.gallery.cards import replace_thumbnails

    class Cards(SphinxTransform):
        default_priority = 150

        def apply(self):
            replace_thumbnails(self.document, self.env)

    app.add_transform(Cards)


@pytest.mark.parametrize(
    ("seconds", "language", "text", "name"),
    [
        (0.2, "en", "1 s", "tag-time-seconds"),
        (9.9, "zh", "10 秒", "tag-time-seconds"),
        (10, "zh", "10 秒", "tag-time-minute"),
        (59, "en", "59 s", "tag-time-minute"),
        (60, "en", "60 s", "tag-time-minutes"),
        (174, "zh", "3 分钟", "tag-time-minutes"),
        (174, "en", "3 min", "tag-time-minutes"),
    ],
)
def test_a_script_tells_how_long_its_run_took(tags, seconds, language, text, name):
    assert tags(seconds=seconds, language=language) == {text: name}


@pytest.mark.parametrize(
    ("code", "tag"),
    [
        ("device = select_device()", {"Uses a GPU if present": "tag-gpu-used"}),
        ('device = select_device("cuda")', {"Needs a GPU": "tag-gpu-needed"}),
        ("device = 'cuda in a string'", {}),
    ],
)
def test_a_script_tells_what_it_asks_of_the_machine(tags, code, tag):
    assert tags(code=code) == {"1 s": "tag-time-seconds"} | tag


def test_data_are_named_with_what_stood_in_for_them(tags):
    data = [
        {"name": "fashion-mnist", "stand_in": False},
        {"name": "digits", "stand_in": True},
    ]

    assert tags(data=data) == {
        "1 s": "tag-time-seconds",
        "Data: fashion-mnist": "tag-data-fashion-mnist",
        "Data: digits (stand-in)": "tag-data-digits",
    }
