"""What LaTeX is told of each language: type, title page, figures, tables.

conf.py's ``latex_elements`` get what differs between the languages, and
``latex_documents`` the language's half of the title.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import texescape

from d2lnotes.site.rooms import METADATA
from d2lnotes.site.stages import Written
from d2lnotes.site.twins.languages import half, own_language

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment
    from sphinx.util.typing import ExtensionMetadata

_STYLES = Path(__file__).with_name("sty")
_LARGER = re.compile(r"(sphx_glr_[\w-]+_\d{3}(?:\.en)?)\.png$")

_CODES = {"zh": "zh-CN", "en": "en"}
_SCHEMES = {"zh": "chinese", "en": "plain"}
# Quotes, dashes and dots are as wide as a Han character in Chinese type only.
_ENGLISH_PUNCTUATION = (
    r'\xeCJKDeclareCharClass{Default}{"2018,"2019,"201C,"201D,"2014,"2026,"B7}'
)
# The last chapter is called 附录 already.
_CHINESE_APPENDICES = r"\ctexset{appendix/name={}}"


class SharpFigures(SphinxPostTransform):
    """Show each figure of a script in the double size that was drawn for fine screens."""

    builders = ("latex",)
    default_priority = Written.LATEX_SHAPES

    def run(self, **kwargs: Any) -> None:  # noqa: ANN401 - Sphinx's signature
        """Put the larger file in the place of the smaller one, where there is one."""
        for image in self.document.findall(nodes.image):
            for kind, uri in image.get("candidates", {}).items():
                larger = sharper(self.env, uri)
                if larger != uri:
                    page = self.env.config.root_doc
                    self.env.images.add_file(page, larger)
                    image["candidates"][kind] = larger
                    if image.get("uri") == uri:
                        image["uri"] = larger


def sharper(env: BuildEnvironment, figure: str) -> str:
    """Return the larger file of a script's figure; ``figure`` itself without one."""
    larger = _LARGER.sub(r"\1_2_00x.png", figure)
    return larger if Path(env.srcdir, larger).is_file() else figure


def set_language(app: Sphinx, config: Config) -> None:
    """Give LaTeX the typography and the title of the language that is built."""
    language = own_language(config)
    config.latex_documents = [
        (start, name, half(title, language), half(author, language), *others)
        for start, name, title, author, *others in config.latex_documents
    ]
    scheme = rf"\PassOptionsToPackage{{scheme={_SCHEMES[language]}}}{{ctex}}"
    _add(config, "passoptionstopackages", scheme)
    if language == "en":
        _add(config, "extrapackages", _ENGLISH_PUNCTUATION)
    else:
        _add(config, "preamble", _CHINESE_APPENDICES)
    texescape.init()
    about, whose, licence = (
        texescape.escape(half(str(getattr(config, name, "")), language), "xelatex")
        for name in ("d2lnotes_description", "copyright", "d2lnotes_licence")
    )
    config.latex_elements["maketitle"] = (
        rf"\coursetitlepage{{{about}}}\courselicencepage{{{whose}}}{{{licence}}}"
    )
    _add(config, "preamble", rf"\hypersetup{{pdflang={_CODES[language]}}}")
    styles = map(str, sorted(_STYLES.glob("*.sty")))
    config.latex_additional_files = [*config.latex_additional_files, *styles]


def _add(config: Config, element: str, text: str) -> None:
    given = config.latex_elements.get(element, "")
    config.latex_elements[element] = f"{given}\n{text}" if given else text


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the choice of typography and the sharper figures."""
    app.add_config_value("d2lnotes_licence", "", "", types=frozenset({str}))
    app.add_post_transform(SharpFigures)
    app.connect("config-inited", set_language)
    return METADATA
