"""A course of a few tiny scripts that Sphinx builds in about two seconds."""

import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

from sphinx_gallery.gen_gallery import _fill_gallery_conf_defaults

from d2lnotes.site.gallery.scripts import Gallery

REPOSITORY = Path(__file__).parents[2]

CONF = """
import runpy
project = "tiny"
author = "d2lnotes"
extensions = ["myst_parser", "d2lnotes.site.twins", "d2lnotes.site.results",
              "d2lnotes.site.downloads"]
exclude_patterns = ["gallery/**/*.py", "gallery/**/*.ipynb"]
html_theme = "basic"
html_copy_source = False
mathjax_path = "mathjax.js"
d2lnotes_packages = ["d2lnotes", "toy"]
d2lnotes_jobs = 2
sphinx_gallery_conf = {gallery}
"""
INDEX = """# 首页 | Home

```{toctree}
gallery/index
```
"""
HEADER = "{title}\n{line}\n\n中文介绍。\n\nEnglish introduction.\n"
SCRIPT = '''"""
{title}
{line}

{chinese}

{english}
"""
import os
from pathlib import Path

with Path(os.environ.get("RAN", os.devnull)).open("a") as log:
    log.write("{name}\\n")

{body}
'''
FIGURE = """
import matplotlib.pyplot as plt

fig, ax = plt.subplots()
line = ax.plot([0, 1])
fig.set_label("一条直线 | A straight line")
"""


def gallery_conf():
    """Return the settings of the course itself."""
    return runpy.run_path(str(REPOSITORY / "conf.py"))["sphinx_gallery_conf"]


class Project:
    """A course folder in ``parent``, and beside it the list of scripts that ran."""

    def __init__(self, parent):
        self.root = parent / "course"
        self.log = parent / "ran.txt"
        self.store = parent / "runs"

    def create(self):
        """Write the parts that every course has."""
        conf = CONF.format(
            gallery=gallery_conf(),
        )
        self.write("conf.py", conf)
        self.write("docs/index.md", INDEX)
        self.write("toy/__init__.py", "")
        self.header("", "脚本 | Scripts")
        self.header("numbers", "数 | Numbers")
        return self

    def header(self, chapter, title):
        """Introduce the gallery, or a chapter of it."""
        place = Path("gallery", chapter, "GALLERY_HEADER.rst")
        line = ("-" if chapter else "=") * 2 * len(title)
        self.write(place, HEADER.format(title=title, line=line))

    def script(self, name, body=FIGURE, *, chapter="numbers", **texts):
        """Write the script ``plot_<name>``, which notes that it ran."""
        title = texts.get("title", f"脚本 {name} | Script {name}")
        text = SCRIPT.format(
            title=title,
            line="=" * 2 * len(title),
            chinese=texts.get("chinese", "它的第一段。"),
            english=texts.get("english", "Its first paragraph."),
            name=name,
            body=body,
        )
        self.write(f"gallery/{chapter}/plot_{name}.py", text)

    def write(self, place, text):
        path = self.root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def read(self, place):
        return (self.root / place).read_text(encoding="utf-8")

    def start(self, language="zh", *arguments, **environment):
        """Begin a build and return its process."""
        name = {"zh": "zh_CN", "en": "en"}[language]
        folders = ["-d", f"build/doctrees/{language}", "docs", f"build/html/{language}"]
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "sphinx", "-W", "--keep-going", "-n"),
                *("-c", ".", "-D", f"language={name}", *arguments, *folders),
            ],
            cwd=self.root,
            env={
                **os.environ,
                "NO_COLOR": "1",
                "PYTHONPATH": os.pathsep.join([str(self.root), str(REPOSITORY)]),
                "RAN": str(self.log),
                "D2LNOTES_RUNS": str(self.store),
                **environment,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def gallery(self, **settings):
        """Return what a build knows of the gallery, in this process."""
        config = SimpleNamespace(
            sphinx_gallery_conf=_fill_gallery_conf_defaults(gallery_conf()),
            d2lnotes_packages=["d2lnotes", "toy"],
            d2lnotes_results_dir=self.root / "build/results",
            **{
                "d2lnotes_jobs": 2,
                "d2lnotes_time_limit": 180,
                "d2lnotes_build_id": "",
                "d2lnotes_shard": "1/1",
                "d2lnotes_gallery_minutes": "0",
                "d2lnotes_recheck": 0,
            }
            | settings,
        )
        return Gallery.of(config, root=self.root, docs=self.root / "docs")

    def copy_to(self, parent):
        """Return a copy with all that was built; its scripts note their runs anew."""
        shutil.copytree(self.root, parent / "course")
        return Project(parent)

    def build(self, language="zh", *arguments, **environment):
        """Build and return (exit code, what was said, warnings and errors)."""
        process = self.start(language, *arguments, **environment)
        said, warned = process.communicate(timeout=120)
        return process.returncode, said, warned

    def ran(self):
        """Return the scripts that have run since the last call, sorted."""
        names = self.log.read_text().split() if self.log.exists() else []
        self.log.write_text("")
        return sorted(names)
