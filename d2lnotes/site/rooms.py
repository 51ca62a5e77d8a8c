"""What the rooms of the site have in common: each sets up its modules and its assets."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.util.typing import ExtensionMetadata

#: What every extension of ours tells Sphinx. Raise ``env_version`` when what a room
#: keeps with the pages it has read gets another form: then all are read again.
METADATA: ExtensionMetadata = {
    "version": "1",
    "env_version": 1,
    "parallel_read_safe": True,
    "parallel_write_safe": True,
}


def set_up(app: Sphinx, room: str, modules: Iterable[str]) -> ExtensionMetadata:
    """Set up a room: its ``modules`` in their order, its ``static`` and ``templates``.

    Parameters
    ----------
    room
        The package of the room, ``d2lnotes.site.<room>``.
    modules
        Names of its modules that are Sphinx extensions.
    """
    for module in modules:
        app.setup_extension(f"{room}.{module}")
    folder = Path(str(import_module(room).__file__)).parent

    def add_assets(app: Sphinx, config: Config) -> None:
        if (static := folder / "static").is_dir():
            config.html_static_path = [*config.html_static_path, str(static)]
        if (templates := folder / "templates").is_dir():
            config.templates_path = [*config.templates_path, str(templates)]

    app.connect("config-inited", add_assets)
    return METADATA
