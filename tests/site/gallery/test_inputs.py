"""Tests for what a run depends on: code, not the words around it."""

import shutil

import pytest
from gallery_project import REPOSITORY

from d2lnotes.site.gallery.inputs import imported_code

SCRIPTS = sorted((REPOSITORY / "gallery").glob("*/plot_*.py"))
TOY = {
    "__init__.py": '"""A toy."""\n\n__version__ = "1"\n',
    "shapes/__init__.py": (
        '"""Shapes."""\n\nfrom toy.shapes.cubes import cube\n'
        'from toy.shapes.balls import ball\n\n__all__ = ["ball", "cube"]\n'
    ),
    "shapes/cubes.py": 'def cube():\n    """Return one."""\n    return 1\n',
    "shapes/balls.py": "def ball():\n    return 2\n",
}


@pytest.fixture
def code(tmp_path):
    """Return what a script with some import depends on."""
    for name, text in TOY.items():
        path = tmp_path / "toy" / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text)

    def find(imports="from toy.shapes import cube"):
        script = tmp_path / "script.py"
        script.write_text(f"{imports}\n")
        return imported_code(script, {"toy": tmp_path / "toy"})

    return find


@pytest.fixture
def edit(tmp_path):
    """Replace words in a module of the toy."""

    def replace(name, old, new):
        path = tmp_path / "toy" / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    return replace


def test_words_around_the_code_of_the_course_run_no_script(tmp_path):
    ignored = shutil.ignore_patterns("site", "__pycache__")
    shutil.copytree(REPOSITORY / "d2lnotes", tmp_path / "d2lnotes", ignore=ignored)
    for path in (tmp_path / "d2lnotes").rglob("*.py"):
        text = path.read_text(encoding="utf-8").replace('"""', '"""Other words: ', 1)
        path.write_text(f"# A comment.\n{text}\n# Another.\n", encoding="utf-8")

    stale = [
        script.stem
        for script in SCRIPTS
        if imported_code(script, {"d2lnotes": REPOSITORY / "d2lnotes"})
        != imported_code(script, {"d2lnotes": tmp_path / "d2lnotes"})
    ]

    assert stale == []


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("shapes/cubes.py", '"""Return one."""', '"""Return the number one."""'),
        ("shapes/cubes.py", "return 1", "# for now\n\n    return 1"),
        ("shapes/cubes.py", "def cube", '"""Cubes."""\n\n\ndef cube'),
        ("__init__.py", 'version__ = "1"', 'version__ = "2"'),
        ("shapes/__init__.py", "Shapes.", "Shapes of many kinds."),
        ("shapes/__init__.py", "import ball\n", "import ball, other\n"),
        ("shapes/balls.py", "return 2", "return 3"),
    ],
)
def test_what_a_script_does_not_run_does_not_count(code, edit, name, old, new):
    before = code()

    edit(name, old, new)

    assert code() == before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("shapes/cubes.py", "return 1", "return 2"),
        ("shapes/cubes.py", "def cube", '"text" + "more"\n\n\ndef cube'),
        ("shapes/__init__.py", "cubes import cube", "balls import ball as cube"),
        ("shapes/__init__.py", "__all__", "cube.size = 3\n__all__"),
        ("__init__.py", "__version__", "version"),
    ],
)
def test_code_that_a_script_runs_counts(code, edit, name, old, new):
    before = code()

    edit(name, old, new)

    assert code() != before


@pytest.mark.parametrize(
    "imports",
    [
        "import toy.shapes",
        "from toy import shapes",
        "from toy.shapes import *",
        "from toy.shapes import ball, cube",
    ],
)
def test_a_package_that_is_imported_whole_counts_whole(code, imports):
    assert code(imports).keys() >= {"toy/shapes/balls.py", "toy/shapes/cubes.py"}


def test_a_package_with_code_of_its_own_counts_with_all_it_imports(code, edit):
    edit("shapes/__init__.py", "__all__", "sizes = [ball()]\n__all__")

    assert "toy/shapes/balls.py" in code("from toy.shapes import cube")


def test_only_scripts_that_draw_graphs_depend_on_how_gradients_are_found():
    users = [
        script.stem
        for script in SCRIPTS
        if "d2lnotes/autodiff.py"
        in imported_code(script, {"d2lnotes": REPOSITORY / "d2lnotes"})
    ]

    assert users == [
        script.stem
        for script in SCRIPTS
        if "autodiff" in (text := script.read_text(encoding="utf-8"))
        or "plot_graph" in text
    ]
