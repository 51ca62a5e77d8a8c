"""What a query finds, by the script of the search page in V8."""

import pytest
import search_cases
from search_engine import SearchEngine
from tiny_site import build_tiny_site

from d2lnotes.site.search.language import stem

PAGES = {
    "index.md": "# 首页 | Home\n\n```{toctree}\nfitting\nlosses\nlooking\nother\nanother\nterms\n```\n",
    "fitting.md": "---\nminutes: 20\n---\n# 拟合 | Fitting\n\n模型会过拟合，交叉熵下降。\n\n"
    "A model overfits while its cross-entropy falls.\n\n"
    "## 矩阵 | Matrices\n\n看特征值和批量归一化。\n\nLook at the eigenvalues and at batches.\n",
    "losses.md": "---\nminutes: 20\n---\n# 代价 | Costs\n\n## 损失函数 | Loss functions\n\n"
    "用 `torch.nn.functional` 算，得 0.834，共 60,000 个。\n\n"
    "By `torch.nn.functional`, 0.834 for 60,000 of them.\n",
    "looking.md": "---\nminutes: 20\n---\n# 查阅 | Looking up a function\n\n"
    "## 损失 | A loss\n\n损失函数，损失函数，损失函数。\n\nA loss function, loss function, loss.\n\n"
    "用 `zip`。\n\nUse `zip`.\n",
    "another.md": "---\nminutes: 20\n---\n# 按 | Another\n\n用 `zip`。\n\nUse `zip`.\n",
    "other.md": "---\nminutes: 20\n---\n# 别的 | Others\n\n虚拟的别的。\n\nSoftmax, at last.\n",
    "terms.md": "# 术语 | Terms\n\n## 一 | One\n\n```{glossary}\n"
    "特征值，本征值 | eigenvalue\n  一个数。\n\n  A number.\n\n"
    "过拟合 | overfitting\n  :taught: fitting\n  坏事。\n\n  A bad thing.\n\n"
    "交叉熵 | cross-entropy\n  一种量。\n\n  A quantity.\n\n"
    "批量归一化，批量规范化 | batch normalization\n  一种层。\n\n  A layer.\n```\n",
}


@pytest.fixture(scope="module", params=["zh", "en"])
def engine(request, tmp_path_factory):
    out = build_tiny_site(
        tmp_path_factory.mktemp("find"),
        PAGES,
        extensions=[
            "d2lnotes.site.twins",
            "d2lnotes.site.glossary",
            "d2lnotes.site.search",
        ],
        language={"zh": "zh_CN", "en": "en"}[request.param],
        html_theme="basic",
    )
    engine = SearchEngine(out, request.param)
    engine.language = request.param
    yield engine
    engine.close()


@pytest.mark.parametrize("name", ["特征值", "本征值", "eigenvalue", "Eigenvalues"])
def test_any_name_of_a_term_finds_its_entry_and_the_page_in_both_languages(
    engine, name
):
    assert "terms#term-eigenvalue" in engine.places(name)[:2]
    assert "fitting" in engine.pages(name)


def test_the_page_that_teaches_a_term_is_the_first_answer_to_its_name(engine):
    assert engine.pages("overfitting")[0] == "fitting"
    assert engine.pages("过拟合")[0] == "fitting"


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("过拟和", "过拟合"),
        ("交叉墒", "交叉熵"),
        ("交熵", "交叉熵"),
        ("eigenvlaue", "eigenvalue"),
        ("overftting", "overfitting"),
    ],
)
def test_one_slip_in_a_word_is_forgiven_and_said(engine, slip, meant):
    found = engine.find(slip)

    assert found["meant"] == meant
    assert found["answers"] != []


@pytest.mark.parametrize("query", ["特征值", "拟合", "overfit", "torch.nn", "虚拟"])
def test_what_stands_on_a_page_is_no_slip(engine, query):
    assert engine.find(query)["meant"] == ""


def test_what_is_quoted_is_no_slip(engine):
    assert engine.find("“过拟和”")["meant"] == ""


def test_a_word_that_no_page_holds_is_told_and_the_others_answer(engine):
    found = engine.find("xqzzyvw eigenvalue")

    assert found["missing"] == ["xqzzyvw"]
    assert found["answers"][0]["page"] in {"terms", "fitting"}


@pytest.mark.parametrize("number", ["0.834", "60,000", "60000", "60_000"])
def test_a_number_that_a_page_shows_is_found(engine, number):
    assert engine.pages(number)[0] == "losses"


def test_a_heading_with_all_words_comes_before_words_in_two_headings(engine):
    query = {"zh": "损失函数", "en": "loss function"}[engine.language]

    assert engine.places(query)[0] == "losses#loss-functions"


def test_of_equal_answers_the_one_that_the_course_has_first_comes_first(engine):
    assert engine.pages("zip") == ["looking", "another"]


def test_a_search_in_vain_has_no_answer(engine):
    found = engine.find("xqzzyvw")

    assert (found["answers"], found["missing"]) == ([], ["xqzzyvw"])


def test_words_are_stemmed_as_python_stems_them(engine):
    words = [word for row in search_cases.SAME_STEM for word in row]
    words.extend(search_cases.OWN_STEM)

    assert engine.call(f"{words}.map(Search.stem)") == [stem(word) for word in words]
