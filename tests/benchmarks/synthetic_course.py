"""A course of any number of pages, like ours in what a page holds and looks up.

Run as a program it builds one and says what that took:
``python tests/benchmarks/synthetic_course.py 200``
"""

from __future__ import annotations

import argparse
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

TOP = Path(__file__).parents[2]
PAGES_PER_CHAPTER = 10
SECTIONS = 6  # of a page, each with some 450 Han characters, and an exercise
COMMAND = (sys.executable, "-m", "d2lnotes.site.command.cli", "build", "--no-gallery")

PAGE = """---
minutes: 30
needs: [{needs}]
---

# 第 {n} 页：尺度 $s_{{{n}}}$ | Page {n}: the scale $s_{{{n}}}$

{{term}}`样本 <example>` 来自 {{cite:t}}`paper{n}`；上一页是 {{doc}}`/{before}`。

An {{term}}`example` comes from {{cite:t}}`paper{n}`; the page before is {{doc}}`/{before}`.

{sections}

## 练习 | Exercises

{exercises}
"""
SECTION = """(sec-{n}-{k})=
## 第 {k} 节：$x^{{{k}}}$ 的和 | Section {k}: sums of $x^{{{k}}}$

{zh}式 {{eq}}`eq-{n}-{k}` 里 $n = {n}$、$k = {k}$ 与 $\\alpha_{{{k}}}$ 见 {{ref}}`sec-{other}-{k}`，也见 {{numref}}`ex-{other}-1`。

{en}In {{eq}}`eq-{n}-{k}`, $n = {n}$, $k = {k}$ and $\\alpha_{{{k}}}$ are those of {{ref}}`sec-{other}-{k}`; see {{numref}}`ex-{other}-1` as well.

$$
\\sum_{{i=1}}^{{{n}}} \\frac{{x_i^{{{k}}}}}{{\\alpha_{{{k}}} + i}} = {n} + {k}
$$ (eq-{n}-{k})

- 每一项都除以 $\\alpha_{{{k}}} + i$。

  Each term is divided by $\\alpha_{{{k}}} + i$.

```python
values = [i**{k} / (i + 1) for i in range({n})]
assert len(values) == {n}
```
"""
EXERCISE = """:::{{exercise}} 第 {k} 题 | Question {k}
:label: ex-{n}-{k}

求第 {k} 项，参照 {{doc}}`/{before}`。

Find term {k}, as in {{doc}}`/{before}`.
:::

:::{{solution}} ex-{n}-{k}
它是 $1/{n}{k}$。

It is $1/{n}{k}$.
:::
"""
CHAPTER = """---
about: 第 {c} 章讲什么 | What chapter {c} is about
---

# 第 {c} 章 | Chapter {c}

```{{toctree}}
{pages}
```
"""
INDEX = """# 合成的课程 | A synthetic course

```{{toctree}}
:numbered:
:hidden:

{chapters}
```

```{{toctree}}
:hidden:

reference/index
gallery/index
```
"""
REFERENCE = """# 参考 | Reference

```{toctree}
glossary
bibliography
exercises
```
"""
GLOSSARY = """# 术语表 | Glossary

```{glossary}
样本 | example
  数据中的一个。

  One of the data.
```
"""
BIBLIOGRAPHY = """# 文献 | Bibliography

```{bibliography}
```
"""
EXERCISES = """# 练习 | Exercises

```{exercise-list}
```
"""
# Prose of the length of a real page's: some 3,000 Han characters over all sections.
ZH = "模型在训练数据上的损失不断下降而验证损失先降后升说明它开始记住样本里的噪声。"
EN = "The loss on training data falls while the loss on other data rises again. "


class Cost(NamedTuple):
    """What a build took: seconds that passed, seconds of a processor, MiB at most."""

    seconds: float
    cpu_seconds: float
    memory: int


def write_course(folder: Path, pages: int, *, sections: int = SECTIONS) -> None:
    """Write a course with ``pages`` lessons and our own configuration into ``folder``."""
    chapters = [f"chapter-{n // PAGES_PER_CHAPTER:03}" for n in range(pages)]
    names = [f"{chapter}/page-{n:03}" for n, chapter in enumerate(chapters)]
    for n, name in enumerate(names):
        _write(folder / "docs" / f"{name}.md", _page(n, names, sections))
    for c, chapter in enumerate(dict.fromkeys(chapters)):
        own = [Path(name).name for name in names if name.startswith(chapter)]
        text = CHAPTER.format(c=c, pages="\n".join(own))
        _write(folder / "docs" / chapter / "index.md", text)
    listed = "\n".join(f"{chapter}/index" for chapter in dict.fromkeys(chapters))
    for name, text in {
        "index": INDEX.format(chapters=listed),
        "reference/index": REFERENCE,
        "reference/glossary": GLOSSARY,
        "reference/bibliography": BIBLIOGRAPHY,
        "reference/exercises": EXERCISES,
    }.items():
        _write(folder / "docs" / f"{name}.md", text)
    papers = (
        f"@article{{paper{n},\n  author = {{Author{n}, Ada}},\n  title = {{Paper {n}}},\n"
        f"  journal = {{A Journal}},\n  year = {{{1950 + n}}}\n}}\n"
        for n in range(pages)
    )
    _write(folder / "docs" / "references.bib", "\n".join(papers))
    header = TOP / "gallery" / "GALLERY_HEADER.rst"
    _write(folder / "gallery" / header.name, header.read_text(encoding="utf-8"))
    shutil.copy2(TOP / "conf.py", folder / "conf.py")
    shutil.copytree(
        TOP / "d2lnotes",
        folder / "d2lnotes",
        ignore=shutil.ignore_patterns("__pycache__"),
    )


def _page(n: int, names: list[str], sections: int) -> str:
    before = max(0, n - 1)
    written = (
        SECTION.format(n=n, k=k, other=before, zh=ZH * 12, en=EN * 12)
        for k in range(1, sections + 1)
    )
    exercises = (
        EXERCISE.format(n=n, k=k, before=names[before]) for k in range(1, sections + 1)
    )
    return PAGE.format(
        n=n,
        needs=f"page-{before:03}" if n else "",
        before=names[before],
        sections="\n".join(written),
        exercises="\n".join(exercises),
    )


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def build(folder: Path, *, language: str = "zh") -> Cost:
    """Build one language and return what that took, all processes together."""
    cpu, started = _cpu_seconds(), time.perf_counter()
    done = subprocess.run(
        [*COMMAND, "--language", language],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
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


def main() -> None:
    """Build courses of the sizes given and write one line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", type=int, nargs="+")
    for pages in parser.parse_args().pages:
        with tempfile.TemporaryDirectory() as folder:
            write_course(Path(folder), pages)
            cost = build(Path(folder))
        sys.stdout.write(
            f"{pages} pages: {cost.seconds:.1f} s, {cost.seconds / pages:.3f} s a page; "
            f"{cost.cpu_seconds:.1f} s of a processor, "
            f"{cost.cpu_seconds / pages:.3f} s a page; {cost.memory} MiB\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
