"""A course folder of two pages that Sphinx builds in a second."""

import os
import subprocess
import sys
import time
from pathlib import Path

CONF = '''
project = "tiny"
extensions = ["myst_parser", "d2lnotes.site.sources", "d2lnotes.site.html.outputs"]
html_theme = "basic"
html_copy_source = False

def declare(app):
    """Know the options of the gallery, which this course has not."""
    app.add_config_value("d2lnotes_build_id", "", "")
    app.add_config_value("d2lnotes_jobs", 0, "")
    app.add_config_value("d2lnotes_no_gallery", False, "")
    app.add_config_value("plot_gallery", True, "")

setup = declare
'''
INDEX = """
# Tiny course

See {doc}`page`.

```{toctree}
page
```
"""
PAGE = "# First title\n\nSome text.\n"


def make_course(folder, *, conf=""):
    """Write the course into ``folder`` and return it; ``conf`` is added to conf.py."""
    (folder / "docs").mkdir(parents=True)
    write(folder / "conf.py", CONF + conf)
    write(folder / "docs" / "index.md", INDEX)
    write(folder / "docs" / "page.md", PAGE)
    return folder


def write(path, text):
    path.write_text(text, encoding="utf-8")


def start(course, *arguments, **options):
    """Start the command in ``course`` as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "d2lnotes.site.command.cli", *arguments],
        cwd=course,
        stdin=subprocess.DEVNULL,
        **options,
    )


def wait_until(condition, *, seconds=60):
    """Return what ``condition()`` returns once it is true."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, f"not within {seconds} s: {condition}"
        time.sleep(0.05)
    return value


def is_running(pid):
    """Return whether process ``pid`` runs; one that only waits to be reaped does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        if Path("/proc").exists():
            return False
        return _answers(pid)
    return status.rpartition(")")[2].split()[0] != "Z"


def _answers(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
