"""A course of any size: the real one, and copies of its chapters and scripts.

``python -m tests.benchmarks.synthetic_course`` measures today's size and six times
that: seconds of a processor for what a writer does, both languages together, beside
``u``, one epoch of the bare LeNet loop on Fashion-MNIST (batch 128, two threads).
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

TOP = Path(__file__).parents[2]
PARTS = ("conf.py", "docs", "gallery", "d2lnotes", "build/results")
COMMAND = (sys.executable, "-m", "d2lnotes.site.command.cli", "build", "--no-gallery")
COPIES = 5  # of the chapters, for 114 lessons
FEWER = 3  # copies of the scripts than of the lessons, for 159 scripts
SAVED = "preliminaries/tensors"
NEW_WORDS = 120  # of a copied page: about what one more page of ours adds
LABEL = re.compile(
    r"^\(([\w-]+)\)=$|^:(?:label|name): ([\w-]+)$|\$\$ \(([\w-]+)\)$", re.MULTILINE
)

MOVED = re.compile(r"^moved:\n(?: .*\n)+", re.MULTILINE)


class Cost(NamedTuple):
    """What a build took: seconds that passed, seconds of a processor, MiB at most."""

    seconds: float
    cpu_seconds: float
    memory: int


def write_course(folder: Path, copies: int = 0) -> int:
    """Write the course and copies of its chapters into ``folder``; count its lessons.

    The pages of its scripts are those of the last build; copied scripts have not run.
    """
    ignored = shutil.ignore_patterns("__pycache__")
    for part in filter(lambda part: (TOP / part).exists(), PARTS):
        (folder / part).parent.mkdir(parents=True, exist_ok=True)
        if (TOP / part).is_dir():
            shutil.copytree(TOP / part, folder / part, ignore=ignored)
        else:
            shutil.copy2(TOP / part, folder / part)
    chapters = [page.parent for page in _chapters(folder)]
    for number in range(1, copies + 1):
        for chapter in chapters:
            _copy_chapter(chapter, number)
            _list(folder / "docs" / "index.md", f"{chapter.name}-{number}/index")
    for number in range(1, copies - FEWER + 1):
        for header in sorted(TOP.glob("gallery/*/GALLERY_HEADER.rst")):
            _copy_scripts(folder / "gallery" / header.parent.name, number)
    return sum(len(list(page.parent.glob("*.md"))) - 1 for page in _chapters(folder))


def _chapters(folder: Path) -> list[Path]:
    """Return the first pages of the chapters."""
    pages = sorted((folder / "docs").glob("*/index.md"))
    return [page for page in pages if page.parent.name not in ("gallery", "reference")]


def _copy_chapter(chapter: Path, number: int) -> None:
    """Copy a chapter under new names, so that every name still means one thing."""
    pages = {
        page.stem: page.read_text(encoding="utf-8") for page in chapter.glob("*.md")
    }
    labels = {"".join(m) for text in pages.values() for m in LABEL.findall(text)}
    target = chapter.with_name(f"{chapter.name}-{number}")
    target.mkdir()
    for name, text in pages.items():
        copy = MOVED.sub("", text)  # a copy has no readers with old links
        # References to pages lead to the first copy, which has them all.
        copy = re.sub(
            r"\{doc\}`(?:[^`<]*<)?(?=[\w-]+[`>])", rf"\g<0>/{chapter.name}/", copy
        )
        copy = re.sub(
            r"(?<![\w-])[\w-]+(?![\w-])",
            lambda m: f"{m[0]}-{number}" if m[0] in labels else m[0],
            copy,
        )
        copy = re.sub(
            r"(?m)^# (.+) \| (.+)$", rf"# \1 {number} | \2 {number}", copy, count=1
        )
        if name == "index":
            for page in pages:
                copy = re.sub(rf"(?m)^{page}$", f"{page}-{number}", copy)
        else:
            copy += _new_words(f"{chapter.name}/{name}-{number}")
        file = target / ("index.md" if name == "index" else f"{name}-{number}.md")
        file.write_text(copy, encoding="utf-8")


def _new_words(seed: str) -> str:
    """Return a twin paragraph of words that stand on no other page."""
    draw = random.Random(seed)
    han = ["".join(chr(draw.randrange(0x4E00, 0x9000)) for _ in range(2 * NEW_WORDS))]
    latin = ["".join(draw.choices("abcdefghijklmnop", k=8)) for _ in range(NEW_WORDS)]
    return f"\n{''.join(han)}。\n\n{' '.join(latin).capitalize()}.\n"


def _copy_scripts(chapter: Path, number: int) -> None:
    target = chapter.with_name(f"{chapter.name}-{number}")
    target.mkdir()
    shutil.copy2(chapter / "GALLERY_HEADER.rst", target)
    for script in chapter.glob("plot_*.py"):
        shutil.copy2(script, target / f"{script.stem}_{number}.py")


def _list(contents: Path, page: str) -> None:
    """Add ``page`` to the first list of contents of the home page."""
    text = contents.read_text(encoding="utf-8")
    first, fence, rest = text.partition("\n```\n\n```{toctree}")
    contents.write_text(f"{first}\n{page}{fence}{rest}", encoding="utf-8")


def build(folder: Path) -> Cost:
    """Build both languages and return what that took, all processes together."""
    cpu, started = _cpu_seconds(), time.perf_counter()
    done = subprocess.run(
        COMMAND, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    seconds, cpu = time.perf_counter() - started, _cpu_seconds() - cpu
    if done.returncode:
        raise RuntimeError(done.stdout[-3000:])
    memory = re.search(r"largest process: (\d+) MiB", done.stdout)[1]
    return Cost(seconds, cpu, int(memory))


def _cpu_seconds() -> float:
    """Return what the children of this process have computed, once they have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _append(place: str, text: str) -> Callable[[Path], None]:
    def save(folder: Path) -> None:
        with (folder / place).open("a", encoding="utf-8") as file:
            file.write(text)

    return save


def _change_title(folder: Path) -> None:
    page = folder / "docs" / f"{SAVED}.md"
    text = page.read_text(encoding="utf-8")
    text = re.sub(r"(?m)^# (.+) \| (.+)$", r"# 新的\1 | New \2", text, count=1)
    page.write_text(text, encoding="utf-8")


CHANGES: dict[str, Callable[[Path], None]] = {
    "nothing": lambda folder: None,
    "a paragraph": _append(f"docs/{SAVED}.md", "\n新的一段。\n\nA new paragraph.\n"),
    "a label": _append(
        f"docs/{SAVED}.md",
        "\n(sec-new)=\n## 新的一节 | A new section\n\n几句话。\n\nA few words.\n",
    ),
    "a title": _change_title,
    "a CSS line": _append(
        "d2lnotes/site/html/static/d2lnotes.css", "\n.new-rule { color: red }\n"
    ),
}


def measure(copies: int) -> None:
    """Build a course with so many copies, change it, and write one line for each."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "course"
        lessons = write_course(folder, copies)
        scripts = len(list(folder.glob("gallery/*/plot_*.py")))
        _say(f"{lessons} lessons, {scripts} scripts")
        _say(f"  cold: {_told(build(folder))}")
        for change, save in CHANGES.items():
            save(folder)
            _say(f"  {change} saved: {_told(build(folder))}")


def _told(cost: Cost) -> str:
    return f"{cost.cpu_seconds:.1f} s of a processor, largest process {cost.memory} MiB"


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


EPOCH = """
import json, time, torch
from torch.nn.functional import cross_entropy
from d2lnotes.data import fetch_fashion_mnist
from d2lnotes.models.convnets import LeNet
torch.set_num_threads(2)
data = fetch_fashion_mnist(stand_in=True)
images, labels = data.train_images, data.train_labels
model = LeNet()
optimizer = torch.optim.SGD(model.parameters(), lr=0.9)
started, cpu = time.perf_counter(), time.process_time()
for picks in torch.randperm(60_000).remainder(len(images)).split(128):  # digits are few
    loss = cross_entropy(model(images[picks]), labels[picks])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(json.dumps([time.perf_counter() - started, time.process_time() - cpu]))
"""


def seconds_of_u() -> tuple[float, float]:
    """Return the seconds, and those of a processor, of one bare epoch of LeNet."""
    command = [sys.executable, "-c", EPOCH]
    done = subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=True)
    seconds, cpu = json.loads(done.stdout)
    return seconds, cpu


def main() -> None:
    """Measure u and courses with the numbers of copies given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("copies", type=int, nargs="*", default=[0, COPIES])
    for copies in parser.parse_args().copies:
        _say("u: {:.1f} s, {:.1f} s of a processor".format(*seconds_of_u()))
        measure(copies)


if __name__ == "__main__":
    main()
