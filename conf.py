"""Sphinx configuration of both languages; `d2lnotes build` sets the language."""

import os
from importlib import metadata
from pathlib import Path

# -- Project ---------------------------------------------------------------------
project = "d2lnotes"
author = "The d2lnotes authors"
copyright = "2026，d2lnotes 作者 | 2026, The d2lnotes authors"
version = release = metadata.version("d2lnotes")
d2lnotes_description = (
    "双语深度学习课程：每个数字、每张图都来自构建时真正跑过的代码，练习都有答案，离线可读。"
    " | A deep-learning course in Chinese and English: every number and figure comes from "
    "code that ran when the site was built, every exercise has an answer, and it all "
    "works offline."
)
d2lnotes_licence = (
    "文字和图按“知识共享署名 4.0 国际”许可协议（CC BY 4.0）发布：注明出处，就可以复制、改编、再发布。"
    "代码按 MIT 许可证发布。"
    " | Text and figures are licensed under Creative Commons Attribution 4.0 International "
    "(CC BY 4.0): name the source, and you may copy, adapt and share them. Code is under "
    "the MIT licence."
)

# -- Publishing: what is empty leaves its links out --------------------------------
d2lnotes_url = os.environ.get("D2LNOTES_URL", "")  # where a hosted copy lies
d2lnotes_repository = os.environ.get("D2LNOTES_REPOSITORY", "")  # on GitHub or Gitee
d2lnotes_branch = "main"

# -- Extensions ------------------------------------------------------------------
extensions = ["d2lnotes.site"]  # which sets up all others, in their order
exclude_patterns = [
    "gallery/**/*.py",
    "gallery/**/*.ipynb",
    "gallery/**/README*",
    "reference/glossary/*",  # parts of the page glossary.md
]
nitpick_ignore_regex = [
    # Axis names, sizes and element types in docstrings: query : (batch, 28) float32
    ("py:class", r"[a-z0-9_*]+"),
    ("py:class", r"d2lnotes\.[\w.]+\.[A-Z]"),  # type variables
    # These projects' inventories lie on the network, which a build never needs.
    ("py:.*", r"(torch|numpy|pandas|pd|matplotlib|pathlib|collections|typing|nn)\b.*"),
    ("py:.*", r"(Tensor|Callable|Iterable|Iterator|Mapping|Sequence|Path|Axes|Any)"),
]
bibtex_bibfiles = sorted(map(str, Path("docs/references").glob("*.bib")))  # by chapter
bibtex_tooltips = False  # d2lnotes.site.html.tips shows the work itself

# -- Pages -----------------------------------------------------------------------
myst_enable_extensions = [
    "amsmath",
    "attrs_inline",
    "colon_fence",
    "deflist",
    "dollarmath",
    "smartquotes",
]
smartquotes = False  # Sphinx's own would use one language's quotes for both
numfig = True
numfig_secnum_depth = 2  # chapter.page.number
d2lnotes_numfig_format = {
    "zh": {
        "figure": "图 %s",
        "table": "表 %s",
        "code-block": "代码 %s",
        "section": "%s 节",
        "exercise": "练习 %s",
    },
    "en": {
        "figure": "Figure %s",
        "table": "Table %s",
        "code-block": "Listing %s",
        "section": "Section %s",
        "exercise": "Exercise %s",
    },
}
math_eqref_format = "({number})"
math_numfig = True
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True  # torch.relu, not its address
autodoc_typehints = "signature"

d2lnotes_math_macros = {  # for MathJax and LaTeX alike
    "bm": [r"\boldsymbol{#1}", 1],
    "RR": r"\mathbb{R}",
    "argmax": r"\operatorname*{argmax}",
}

# -- Gallery ---------------------------------------------------------------------
sphinx_gallery_conf = {
    "examples_dirs": "../gallery",
    "gallery_dirs": "gallery",
    "within_subsection_order": "FileNameSortKey",
    "image_scrapers": "d2lnotes.site.gallery.drawing.save_figures",
    "image_srcset": ["2x"],
    "capture_repr": ("__repr__",),
    "download_all_examples": False,  # d2lnotes.site.downloads.files has its own
    "notebook_extensions": [],  # likewise
    "ignore_repr_types": r"matplotlib\.",
    "remove_config_comments": True,
    "min_reported_time": 1e9,  # pages say it in their own language
    "show_signature": False,
    "write_computation_times": False,  # its pages load scripts from the network
}
d2lnotes_time_limit = 900  # seconds; ends a hang. A script's budget is 180 s

# -- HTML ------------------------------------------------------------------------
html_theme = "pydata_sphinx_theme"
html_title = "d2lnotes"
html_favicon = "d2lnotes/site/html/static/favicon.svg"
html_css_files = ["type.css", "d2lnotes.css", "workbook.css", "fit.css", "print.css"]
html_show_sourcelink = False
html_copy_source = False
html_context = {"default_mode": "auto"}
html_theme_options = {
    "logo": {
        "image_light": "_static/logo-light.svg",
        "image_dark": "_static/logo-dark.svg",
        "text": "d2lnotes",
    },
    "navbar_center": ["course-nav"],
    "navbar_end": ["theme-switcher"],
    # On a phone, too
    "navbar_persistent": ["search-button", "side-by-side-switch", "language-switch"],
    "article_header_end": ["page-downloads"],
    "secondary_sidebar_items": ["page-toc", "source-links"],
    "article_footer_items": ["page-end"],
    "footer_start": ["copyright"],
    "footer_end": ["colophon"],
    "navigation_with_keys": True,
    "show_toc_level": 2,
}

# -- PDF: XeLaTeX with ctex; each language's own is in d2lnotes.site.latex.typography --
# Each part of the course is a volume: its title, and the folders of its chapters. Those
# that have no page yet are left out.
d2lnotes_volumes = [
    (
        "基础 | Foundations",
        [
            "introduction",
            "preliminaries",
            "linear-models",
            "multilayer-perceptrons",
        ],
    ),
    (
        "泛化、调优与 PyTorch | Generalization, tuning and PyTorch",
        ["generalization", "computation"],
    ),
    (
        "卷积网络与视觉 | Convolutional networks and vision",
        ["convolutional-networks", "modern-cnns", "computer-vision"],
    ),
    (
        "序列、注意力与语言 | Sequences, attention and language",
        [
            "recurrent-networks",
            "modern-rnns",
            "attention",
            "nlp-pretraining",
            "nlp-applications",
        ],
    ),
    (
        "优化、性能与附录 | Optimization, performance and reference",
        ["optimization", "performance", "reference"],
    ),
]
latex_engine = "xelatex"
latex_documents = [
    (
        "index",
        "d2lnotes.tex",
        "d2lnotes：双语深度学习课程 | d2lnotes: a bilingual course in deep learning",
        "d2lnotes 作者 | The d2lnotes authors",
        "manual",
        True,  # only what the home page's contents list: its sections are no chapters
    )
]
latex_use_xindy = False
latex_domain_indices = False
latex_elements = {
    "papersize": "a4paper",
    "pointsize": "10pt",
    "extraclassoptions": "oneside,openany",
    "babel": "",
    "polyglossia": "",
    "fncychap": "",
    "makeindex": "",
    "printindex": "",
    "fontenc": r"\usepackage{fontspec}",
    "fontpkg": r"\usepackage{coursefonts}",
    "fvset": r"\fvset{fontsize=\small,formatcom=\xeCJKVerbAddon}",
    "sphinxsetup": "verbatimforcewraps=true",
    "tocdepth": r"\setcounter{tocdepth}{1}",
    # Sphinx names the contents after the first toctree's caption
    "preamble": r"\let\contentsname\courseContents\hypersetup{bookmarksnumbered}",
}
