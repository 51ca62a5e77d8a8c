"""What an explorable loads besides its script: data that a run of a script kept.

``data.toml`` in the folder of an explorable names the gallery script, as in
``run = "convolutional-networks/plot_lenet_in_the_browser"``. What its last run kept (see
:func:`d2lnotes.keeping.keep_data`) is written to the site as a classic script, since a
page that was opened as a file may not fetch anything. Without such a run the figure
stays, with a sentence that says why.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2lnotes.keeping import KEPT
from d2lnotes.site.explorables.words import WIDGETS, widget_names
from d2lnotes.site.rooms import METADATA
from d2lnotes.site.stages import Started
from d2lnotes.site.twins.languages import half, own_language

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.util.typing import ExtensionMetadata

    from d2lnotes.site.twins.languages import Language


def kept_data(name: str, config: Config) -> Path | None:
    """Return where the data of the explorable ``name`` lie, once its script has run.

    ``None`` if it needs none.
    """
    file = WIDGETS / name / "data.toml"
    if not file.is_file():
        return None
    # The value is that of a room that a small site may lack.
    results = Path(getattr(config, "d2lnotes_results_dir", ""))
    return results / f"{tomllib.loads(file.read_text('utf-8'))['run']}{KEPT}"


def lacks_data(name: str, config: Config) -> bool:
    """Return whether the explorable ``name`` needs data that are not there."""
    kept = kept_data(name, config)
    return kept is not None and not kept.is_file()


def copy_data(app: Sphinx) -> None:
    """Write the data of all explorables to the site, in the language of the build."""
    if app.builder.format != "html":
        return
    for name in widget_names():
        kept = kept_data(name, app.config)
        if kept is None or not kept.is_file():
            continue
        data = _in_language(json.loads(kept.read_bytes()), own_language(app.config))
        place = Path(app.outdir) / "_static" / "explorables" / name / "data.js"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(as_script(name, data), encoding="utf-8")


def as_script(name: str, data: Any) -> str:  # noqa: ANN401 - any JSON
    """Return a classic script that leaves ``data`` where the widget looks for them."""
    content = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"(window.d2lnotesData ??= {{}})[{json.dumps(name)}] = {content};\n"


def _in_language(value: Any, language: Language) -> Any:  # noqa: ANN401 - any JSON
    """Return ``value`` with one half of each text that has two."""
    if isinstance(value, dict):
        return {key: _in_language(one, language) for key, one in value.items()}
    if isinstance(value, list):
        return [_in_language(one, language) for one in value]
    return half(value, language) if isinstance(value, str) else value


def setup(app: Sphinx) -> ExtensionMetadata:
    """Copy the data once the scripts have run."""
    app.connect("builder-inited", copy_data, priority=Started.DATA_OF_EXPLORABLES)
    return METADATA
