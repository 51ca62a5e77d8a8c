"""What the built site finds, in both languages: its own script, in V8.

One browser test would take as long as all of these; those of the page itself are in
``test_search_browser``.
"""

import json
from pathlib import Path

import pytest
import search_cases
from search_engine import SearchEngine

from d2lnotes.site.search.language import split_query, split_text, stem, terms_of

pytestmark = pytest.mark.browser  # needs the built site, and no Chromium

COURSE = "introduction/course"
SETUP = "introduction/setup"
TENSORS = "preliminaries/tensors"
AUTOGRAD = "preliminaries/autograd"
PROBABILITY = "preliminaries/probability"
SOFTMAX = "linear-models/softmax-regression"
CONVOLUTION = "convolutional-networks/index"
LENET = "convolutional-networks/lenet"
MODERN = "modern-cnns/index"
POOLING = "convolutional-networks/pooling"
CONV = "convolutional-networks/convolution"
DENSE_TO_CONV = "convolutional-networks/from-dense-to-convolution"
NORM = "modern-cnns/batch-normalization"
VISION = "computer-vision/"
METRICS = "linear-models/classification-metrics"
IMAGES = "linear-models/image-data"
BACKPROP = "multilayer-perceptrons/backpropagation"
GLOSSARY = "reference/glossary"
RESULTS = "reference/results"
API = "reference/d2lnotes"
SHOW_BROADCASTING = "gallery/preliminaries/plot_broadcasting"
SHOW_OVERFLOW = "gallery/linear-models/plot_logsumexp_overflow"

# What a reader types, and a page that must be among the first three answers.
CHINESE = [
    ("卷积神经网络", CONVOLUTION),
    ("LeNet", LENET),
    ("LeNet-5", LENET),
    ("ＬｅＮｅｔ", LENET),
    ("批量归一化", NORM),
    ("交并比", f"{VISION}bounding-boxes"),
    ("锚框", f"{VISION}anchor-boxes"),
    ("平均精度", f"{VISION}average-precision"),
    ("微调", f"{VISION}fine-tuning"),
    ("难负例挖掘", f"{VISION}ssd"),
    ("平均池化", POOLING),
    ("卷积神经网络的平均池化", MODERN),
    ("感受野", CONV),
    ("权重共享", DENSE_TO_CONV),
    ("混淆矩阵", METRICS),
    ("softmax 回归", SOFTMAX),
    ("softmax回归", SOFTMAX),
    ("交叉熵", SOFTMAX),
    ("数值稳定", SOFTMAX),
    ("交叉熵损失的梯度", SOFTMAX),
    ("溢出", SHOW_OVERFLOW),
    ("张量", TENSORS),
    ("广播", SHOW_BROADCASTING),
    ("torch.reshape", TENSORS),
    ("安装", SETUP),
    ("虚拟环境", SETUP),
    ("课程", COURSE),
    ("术语表", GLOSSARY),
    ("池化层", GLOSSARY),
    ("测得的结果", RESULTS),
    ("log_sum_exp", API),
    ("fetch_fashion_mnist", API),
    ("TensorLoader", API),
    ("d2lnotes.layers.log_softmax", API),
]
ENGLISH = [
    ("convolutional neural networks", DENSE_TO_CONV),
    ("LeNet", LENET),
    ("LeNet-5", LENET),
    ("batch normalization", NORM),
    ("intersection over union", f"{VISION}bounding-boxes"),
    ("anchor boxes", f"{VISION}anchor-boxes"),
    ("mAP", f"{VISION}average-precision"),
    ("fine-tuning", f"{VISION}fine-tuning"),
    ("RoIAlign", f"{VISION}rcnn-family"),
    ("batch normalisation", NORM),
    ("average pooling", POOLING),
    ("receptive field", CONV),
    ("confusion matrix", METRICS),
    ("softmax regression", SOFTMAX),
    ("Softmax Regressions", SOFTMAX),
    ("cross-entropy", SOFTMAX),
    ("numerical stability", SOFTMAX),
    ("gradient of the cross-entropy", SOFTMAX),
    ("overflow", SHOW_OVERFLOW),
    ("tensor", TENSORS),
    ("broadcasting", TENSORS),
    ("broadcast", SHOW_BROADCASTING),
    ("torch.reshape", TENSORS),
    ("install", SETUP),
    ("virtual environment", SETUP),
    ("course", COURSE),
    ("glossary", GLOSSARY),
    ("pooling layer", GLOSSARY),
    ("measured results", RESULTS),
    ("log_sum_exp", API),
    ("fetch_fashion_mnist", API),
    ("TensorLoader", API),
    ("d2lnotes.layers.log_softmax", API),
]
QUESTIONS_ZH = [
    ("什么是张量", TENSORS),
    ("如何计算梯度", AUTOGRAD),
    ("贝叶斯公式怎么用", PROBABILITY),
    ("卷积是什么意思", CONV),
    ("广播机制", GLOSSARY),
    ("请问怎样安装？", SETUP),
    ("感受野有什么用", CONV),
]
QUESTIONS_EN = [
    ("what is a tensor", TENSORS),
    ("how do I compute a gradient", AUTOGRAD),
    ("how to use Bayes' theorem", PROBABILITY),
    ("what is a receptive field?", CONV),
    ("How do I install this", SETUP),
]

CALCULUS = "preliminaries/calculus"
ALGEBRA = "preliminaries/linear-algebra"
EIGENVALUES = "preliminaries/eigenvalues"
LEARNING = "introduction/machine-learning"
DEEP = "introduction/deep-learning"
# What readers typed in vain before: the other language, synonyms, slips, words that are
# nowhere, titles and numbers. Then others of these kinds.
OTHERS = [
    ("zh", "eigenvalue", EIGENVALUES),
    ("en", "广播", TENSORS),
    ("zh", "广播机制", TENSORS),
    ("zh", "sofmax", SOFTMAX),
    ("en", "sofmax", SOFTMAX),
    ("zh", "brodcasting", TENSORS),
    ("en", "brodcasting", TENSORS),
    ("zh", "交叉墒", SOFTMAX),
    ("zh", "过拟和", GLOSSARY),
    ("zh", "torch.cat", TENSORS),
    ("en", "torch.cat", TENSORS),
    ("en", "loss function", LEARNING),
    ("zh", "损失函数", LEARNING),
    ("zh", "0.834", RESULTS),
    ("en", "0.834", RESULTS),
    ("en", "60,000", IMAGES),
    ("zh", "20640", "preliminaries/data-preprocessing"),
    ("zh", "张量 xqzzyvw", TENSORS),
    ("en", "tensor broadcasting wizardry", TENSORS),
    ("zh", "overfitting", GLOSSARY),
    ("en", "过拟合", "introduction/machine-learning"),
    ("zh", "backprop", BACKPROP),
    ("en", "反向传播", BACKPROP),
    ("zh", "随机失活", GLOSSARY),
    ("zh", "高斯分布", PROBABILITY),
    ("en", "Gaussian distribution", PROBABILITY),
    ("en", "convolutoin", f"{VISION}transposed-convolution"),
    ("zh", "卷机", CONV),
    ("zh", "卷积神经网路", CONVOLUTION),
    ("zh", "批量规一化", NORM),
    ("en", "eigenvlaue", EIGENVALUES),
    ("zh", "receptive field", CONV),
    ("en", "混淆矩阵", METRICS),
    ("zh", "inner product", ALGEBRA),
    ("en", "chain rule", CALCULUS),
    ("zh", "链式法则怎么证", CALCULUS),
    ("en", "卷積神經網絡", DENSE_TO_CONV),
    ("zh", "SVM", DEEP),
    ("en", "自动微分", AUTOGRAD),
    ("zh", "learning rate", CALCULUS),
    ("en", "cross entropy 梯度", SOFTMAX),
]


@pytest.fixture(scope="module")
def engines(site):
    engines = {name: SearchEngine(site / name, name) for name in ("zh", "en")}
    yield engines
    for engine in engines.values():
        engine.close()


@pytest.mark.parametrize(
    ("edition", "query", "wanted"),
    [
        *(("zh", *case) for case in CHINESE + QUESTIONS_ZH),
        *(("en", *case) for case in ENGLISH + QUESTIONS_EN),
        *OTHERS,
    ],
)
def test_the_page_looked_for_is_among_the_first_three(engines, edition, query, wanted):
    found = list(dict.fromkeys(engines[edition].pages(query)))

    assert wanted in found[:3], found[:8]


@pytest.mark.parametrize(
    ("edition", "query", "wanted"),
    [
        ("zh", "卷积神经网络", CONVOLUTION),
        ("zh", "softmax 回归", SOFTMAX),
        ("zh", "张量", TENSORS),
        ("zh", "术语表", GLOSSARY),
        ("en", "convolutional networks", CONVOLUTION),
        ("en", "Softmax regression", SOFTMAX),
        ("en", "tensors", TENSORS),
        ("en", "glossary", GLOSSARY),
    ],
)
def test_a_page_with_that_title_comes_first(engines, edition, query, wanted):
    assert engines[edition].pages(query)[0] == wanted


@pytest.mark.parametrize("query", ["过拟合", "特征向量", "学习率", "softmax", "fashi"])
def test_what_stands_on_pages_is_taken_for_no_slip(engines, query):
    assert engines["zh"].find(query)["meant"] == ""


def test_pages_that_hold_all_words_stand_above_those_that_hold_some(engines, site):
    answers = list(dict.fromkeys(engines["en"].pages("overflow xavier")))
    texts = [(site / "en" / f"_texts/{page}.js").read_text("utf-8") for page in answers]

    held = [set(terms_of(split_text(text))) for text in texts]
    whole = [{"overflow", "xavier"} <= terms for terms in held]

    assert whole == sorted(whole, reverse=True)


@pytest.mark.parametrize(
    ("traditional", "simplified"),
    [
        ("卷積神經網絡", "卷积神经网络"),
        ("什麼是張量", "什么是张量"),
        ("學習率", "学习率"),
    ],
)
def test_traditional_characters_find_what_simplified_ones_find(
    engines, traditional, simplified
):
    found = engines["zh"].pages(traditional)

    assert found == engines["zh"].pages(simplified)
    assert found != []


def test_queries_are_split_as_python_splits_them(engines):
    code = f"{json.dumps(list(search_cases.QUERIES))}.map(Search.split)"

    assert engines["zh"].call(code) == list(search_cases.QUERIES.values())


def test_both_sides_split_and_stem_every_page_of_the_course_alike(engines):
    texts = [
        line
        for file in sorted((Path(__file__).parents[3] / "docs").rglob("*.md"))
        for line in file.read_text(encoding="utf-8").splitlines()
    ]

    found = engines["en"].call(
        f"{json.dumps(texts)}.map((text) => Search.split(text).map(Search.stem))"
    )

    assert found == [[stem(word) for word in split_query(text)] for text in texts]
