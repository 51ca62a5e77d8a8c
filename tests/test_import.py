"""Importing d2lnotes does nothing: no draw, no folder, no plotting default."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import d2lnotes

ROOT = Path(d2lnotes.__file__).parent.parent
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in ROOT.joinpath("d2lnotes").rglob("*.py")
    if "site" not in path.relative_to(ROOT).parts
)

# One process for all modules: starting torch once for each would take a minute.
IMPORT_ONE_BY_ONE = """
import importlib, json, pathlib, random, sys
import matplotlib, numpy, torch

folders = [pathlib.Path(folder) for folder in sys.argv[1].split("|")]

def state():
    kind, keys, *rest = numpy.random.get_state()
    return {
        "random numbers": [
            repr(random.getstate()), kind, keys.tolist(), rest,
            torch.get_rng_state().tolist(),
        ],
        "folders": [str(folder) for folder in folders if folder.exists()],
        "plotting defaults": repr(dict(matplotlib.rcParams)),
        "sphinx": "sphinx" in sys.modules,
        "cuda": torch.cuda.is_initialized(),
        "default dtype": repr(torch.get_default_dtype()),
    }

changed = {}
for module in sys.argv[2:]:
    before = state()
    importlib.import_module(module)
    after = state()
    changed[module] = [name for name in before if before[name] != after[name]]
print(json.dumps(changed))
"""


@pytest.fixture(scope="module")
def changed(tmp_path_factory):
    """What the import of each module changed."""
    folder = tmp_path_factory.mktemp("import")
    watched = {"D2LNOTES_DATA": folder / "data", "XDG_CACHE_HOME": folder / "cache"}
    environment = os.environ | {name: str(path) for name, path in watched.items()}
    environment["MPLCONFIGDIR"] = str(folder)  # matplotlib's cache is its own affair
    finished = subprocess.run(
        [
            sys.executable,
            "-c",
            IMPORT_ONE_BY_ONE,
            "|".join(map(str, watched.values())),
            *MODULES,
        ],
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(finished.stdout)


@pytest.mark.parametrize("module", MODULES)
def test_import_changes_nothing(changed, module):
    assert changed[module] == []
