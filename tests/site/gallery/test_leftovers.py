"""A script that is gone leaves nothing behind, wherever the course lies."""

import pytest
from gallery_project import Project


def published(project):
    """Return what of scripts lies in the site, by path."""
    out = project.root / "build/html/zh"
    return {path.relative_to(out).as_posix() for path in out.rglob("*plot_*")}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A course of two scripts, in a folder whose path holds a space and Han."""
    project = Project(tmp_path_factory.mktemp("clone") / "深度 学习").create()
    conf = project.read("conf.py")
    project.write("conf.py", f'{conf}extensions += ["d2lnotes.site.html.outputs"]\n')
    project.script("one")
    project.script("two")
    project.outcome = project.build("zh")
    return project


def test_a_clone_may_lie_in_a_folder_with_a_space(built):
    code, _, warned = built.outcome

    assert (code, warned) == (0, "")
    assert "gallery/numbers/plot_one.html" in published(built)
    assert "_images/sphx_glr_plot_one_001.png" in published(built)


def test_one_build_removes_the_page_and_the_pictures_of_a_script_that_is_gone(built):
    of_two = {path for path in published(built) if "plot_two" in path}
    (built.root / "gallery/numbers/plot_one.py").unlink()

    code, _, warned = built.build("zh")

    assert (code, warned) == (0, "")
    assert published(built) == of_two
