"""The directive ``explorable``: what stands in the page, and on which pages."""

import base64
import json
import re
import tomllib
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from tiny_site import build_tiny_site

from d2lnotes.site.explorables.directive import KIT, LINK, MISSING
from d2lnotes.site.explorables.words import WIDGETS, widget_names, words_of

GALLERY = Path(__file__).parents[3] / "gallery"
# A PNG of one pixel.
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABc3UBGAAAAABJ"
    "RU5ErkJggg=="
)
FIGURE = "```{figure} pixel.png\n:alt: 替代 | Instead\n\n图题 | Caption\n```\n"
PAGES = {
    "index.md": "# 首页 | Home\n\n```{toctree}\nwidget\nplain\n```\n",
    "widget.md": f"# 图 | Figure\n\n::::{{explorable}} convolution\n{FIGURE}::::\n",
    "plain.md": f"# 无 | None\n\n{FIGURE}",
}
TAGS = {"zh": "zh_CN", "en": "en"}


def build(folder, pages=PAGES, *, language="en", rooms=(), **options):
    (folder / "docs").mkdir(exist_ok=True)
    (folder / "docs" / "pixel.png").write_bytes(PIXEL)
    extensions = ["d2lnotes.site.twins", "d2lnotes.site.explorables", *rooms]
    return build_tiny_site(
        folder,
        pages,
        extensions=extensions,
        language=TAGS[language],
        html_theme="basic",
        **options,
    )


@pytest.fixture(scope="module")
def sites(tmp_path_factory):
    return {
        language: build(tmp_path_factory.mktemp(language), language=language)
        for language in TAGS
    }


def soup(site, page):
    return BeautifulSoup((site / page).read_text("utf-8"), "html.parser")


@pytest.mark.parametrize(
    ("language", "title", "alt"),
    [
        ("zh", "卷积核滑过图像", "替代"),
        ("en", "A kernel moves over an image", "Instead"),
    ],
)
def test_the_page_holds_the_words_and_the_figure_in_its_language(
    sites, language, title, alt
):
    place = soup(sites[language], "widget.html").select_one("[data-explorable]")

    assert place["data-explorable"] == "convolution"
    assert json.loads(place["data-words"])["title"] == title
    assert place.select_one(".explorable-body").get_text() == ""
    assert place.select_one("figure img")["alt"] == alt


def test_a_page_loads_the_kit_and_its_own_widgets_and_no_others(sites):
    pages = {page.stem: page.read_text("utf-8") for page in sites["en"].glob("*.html")}

    files = [f"{file}.js" for file in (*KIT, "convolution/widget")]
    for file in (*files, "kit.css", "convolution/widget.css"):
        name = f"explorables/{file}"
        assert {page for page, text in pages.items() if name in text} == {"widget"}
        assert (sites["en"] / "_static" / name).is_file()
    assert not any("activations/widget" in text for text in pages.values())
    assert list(sites["en"].rglob("words.toml")) == []


def test_the_scripts_are_deferred_classic_ones_that_file_urls_allow(sites):
    tags = soup(sites["en"], "widget.html").select("script[src*=explorables]")

    assert len(tags) == len(KIT) + 1
    assert all(tag.has_attr("defer") and not tag.has_attr("type") for tag in tags)


def test_latex_holds_the_figure_and_nothing_of_the_widget(tmp_path):
    out = build(tmp_path, builder="latex")

    text = next(out.glob("tiny.tex")).read_text("utf-8")
    assert text.count(r"{{pixel}.png}") == 2
    assert "explorable" not in text
    assert words_of("convolution", "en")["title"] not in text


@pytest.mark.parametrize("language", TAGS)
def test_a_pdf_of_a_hosted_copy_links_to_the_widget(tmp_path, language):
    out = build(
        tmp_path,
        builder="latex",
        language=language,
        rooms=["d2lnotes.site.html.publishing"],
        d2lnotes_url="https://example.org/course",
    )

    address = (
        rf"https://example.org/course/{language}/widget.html\#explorable=convolution"
    )
    text = next(out.glob("tiny.tex")).read_text("utf-8")
    assert f"\\href{{{address}}}{{{LINK[language]}}}" in text


KEPT = "convolutional-networks/plot_lenet_in_the_browser.kept"
LENET = {**PAGES, "widget.md": PAGES["widget.md"].replace("convolution", "lenet")}


def build_lenet(folder, language="en", **options):
    options = {"rooms": ["tiny_gallery"], **options}
    return build(folder, LENET, language=language, **options)


def keep(folder, data):
    file = folder / "results" / KEPT
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")


@pytest.mark.parametrize(("language", "name"), [("zh", "短靴"), ("en", "boot")])
def test_data_that_a_run_kept_are_loaded_before_the_widget_in_one_language(
    tmp_path, language, name
):
    keep(tmp_path, {"names": ["短靴 | boot"], "layers": [{"scales": [0.5]}]})

    out = build_lenet(
        tmp_path, language, d2lnotes_results_dir=str(tmp_path / "results")
    )

    tags = soup(out, "widget.html").select("script[src*='explorables/lenet']")
    files = [tag["src"].partition("?")[0].rpartition("/")[2] for tag in tags]
    assert files == ["data.js", "widget.js"]
    assert all(tag.has_attr("defer") and not tag.has_attr("type") for tag in tags)
    script = (out / "_static/explorables/lenet/data.js").read_text("utf-8")
    content = script.partition(" = ")[2].rstrip(";\n")
    assert json.loads(content) == {"names": [name], "layers": [{"scales": [0.5]}]}
    assert "lenet/data" not in (out / "plain.html").read_text("utf-8")
    assert list(out.rglob("data.toml")) == []


@pytest.mark.parametrize("language", TAGS)
def test_without_its_data_the_figure_stands_with_a_sentence(tmp_path, language):
    out = build_lenet(tmp_path, language)

    place = soup(out, "widget.html").select_one(".explorable.failed")
    assert place.find("p").get_text() == MISSING[language]
    assert place.select_one("figure img") is not None
    assert place.select_one(".explorable-body") is None
    assert "explorables/" not in (out / "widget.html").read_text("utf-8")


def test_once_a_run_has_kept_its_data_the_widget_appears(tmp_path):
    place = str(tmp_path / "results")
    build_lenet(tmp_path, d2lnotes_results_dir=place)
    keep(tmp_path, {"names": []})
    out = build_lenet(tmp_path, d2lnotes_results_dir=place)

    assert soup(out, "widget.html").select_one("[data-explorable=lenet]")


@pytest.mark.parametrize("file", sorted(WIDGETS.glob("*/data.toml")), ids=str)
def test_the_script_that_keeps_data_is_there_and_keeps_some(file):
    script = tomllib.loads(file.read_text("utf-8"))["run"]

    text = (GALLERY / f"{script}.py").read_text("utf-8")
    assert "\nkeep_data(" in text


def test_an_unknown_name_is_an_error_that_lists_the_known_ones(tmp_path):
    page = PAGES["widget.md"].replace("convolution", "convolutoin")

    with pytest.raises(AssertionError) as failure:
        build(tmp_path, {**PAGES, "widget.md": page})

    assert "widget.md:3: ERROR: no explorable is called 'convolutoin'" in str(
        failure.value
    )
    assert f"there are: {', '.join(widget_names())}" in str(failure.value)


def test_a_widget_without_a_figure_is_an_error(tmp_path):
    page = "# 图 | Figure\n\n:::{explorable} convolution\n:::\n"

    with pytest.raises(AssertionError, match="'convolution' needs a figure"):
        build(tmp_path, {**PAGES, "widget.md": page})


@pytest.mark.parametrize("name", widget_names())
def test_a_widget_defines_what_its_folder_is_called(name):
    script = (WIDGETS / name / "widget.js").read_text("utf-8")

    assert re.findall(r'define\("([\w-]+)"', script) == [name]


@pytest.mark.parametrize("name", widget_names())
def test_every_word_is_in_both_languages_and_used(name):
    files = [WIDGETS / f"{file}.js" for file in (*KIT, f"{name}/widget")]
    script = "".join(file.read_text("utf-8") for file in files)
    table = tomllib.loads((WIDGETS / name / "words.toml").read_text("utf-8"))
    han = re.compile("[\u4e00-\u9fff]")
    zh, en = (words_of(name, language) for language in TAGS)

    assert [key for key, text in table.items() if " | " not in text] == []
    assert [key for key in en if han.search(en[key])] == []
    assert [key for key in zh if not han.search(zh[key])] == []
    pieces = r"\{\w+\}"
    assert {key: sorted(re.findall(pieces, zh[key])) for key in zh} == {
        key: sorted(re.findall(pieces, en[key])) for key in en
    }
    known = set(re.findall(r"\w+", script)) | {f"score{letter}" for letter in "ABCD"}
    assert set(en) <= known
