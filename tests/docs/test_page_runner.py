"""Tests of docs/conftest.py: what it runs, what it reports, what it keeps apart."""

import os
import shutil
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest
from page_sources import DOCS, ROOT

PAGES = {
    "answer.md": """
```python
x = 2
```

:::{solution} ex-a
```python
assert x == 3, "the answer is wrong"
```
:::

- item

  ```python
  x += 1
  ```

```{code-block} python
assert x == 3
```

::::{deeper} a | b
:minutes: 5

:::{predict} a | b
```python
deeper = x + 1
```

---

```python
assert deeper == 5, "what goes deeper is wrong"
```
:::
::::
""",
    "session.md": """
```python
>>> y = 1
>>> y + 1
2
>>> y + 1
3
```

```python
assert y == 1
```
""",
    "skipped.md": """
% skip: next
```python
>>> no_such_name
1
>>> no_such_name
2
```

```python
z = 1
```
""",
    "world.md": """
```python
import pathlib, urllib.request, warnings
pathlib.Path("written.txt").touch()
```

```python
urllib.request.urlopen("http://192.0.2.1", timeout=1)
```

```python
warnings.warn("careful")
```
""",
    "world_2.md": """
```python
import torch
torch.set_default_dtype(torch.float64)
leaked = 1
```
""",
    "world_3.md": """
```python
import pathlib, torch
assert torch.ones(()).dtype == torch.float32
assert not pathlib.Path("written.txt").exists()
```

```python
leaked
```
""",
    "gallery/generated.md": """
```python
no_such_name
```
""",
}


def run_pages(folder, *arguments):
    """Run pages and return what became of each block: ``passed``, or why not."""
    report = folder.parent / "report.xml"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n",
        "0",
        "-p",
        "no:cacheprovider",
    ]
    command += ["-c", ROOT / "pyproject.toml", "--rootdir", folder]
    command += [f"--junitxml={report}", *arguments]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    subprocess.run(
        command,
        cwd=folder,
        env=environment,
        check=False,
        stdout=subprocess.DEVNULL,
        timeout=120,
    )
    return {
        f"{case.get('classname')}::{case.get('name')}": _outcome(case)
        for case in ET.parse(report).iter("testcase")
    }


def _outcome(case):
    failures = [child for child in case if child.tag in {"failure", "error"}]
    return "".join(f"{f.get('message')}\n{f.text}" for f in failures) or "passed"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with pages and with our docs/conftest.py."""
    folder = tmp_path_factory.mktemp("pages") / "docs"
    (folder / "gallery").mkdir(parents=True)
    shutil.copy(DOCS / "conftest.py", folder)
    for name, text in PAGES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def outcomes(folder):
    return run_pages(folder, ".")


def test_a_wrong_answer_fails_under_its_page_and_line(outcomes):
    assert "the answer is wrong" in outcomes["answer.md::line:7,column:1"]


def test_blocks_run_in_order_in_one_namespace_also_in_lists_and_code_blocks(outcomes):
    assert outcomes["answer.md::line:14,column:1"] == "passed"
    assert outcomes["answer.md::line:18,column:1"] == "passed"


def test_code_in_what_goes_deeper_and_in_what_is_predicted_runs(outcomes):
    assert outcomes["answer.md::line:26,column:1"] == "passed"
    assert "what goes deeper is wrong" in outcomes["answer.md::line:32,column:1"]


def test_printed_output_is_compared_and_the_difference_is_shown(outcomes):
    why = outcomes["session.md::line:2,column:1"]
    assert 'session.md", line 6' in why
    assert "Expected:\n    3\nGot:\n    2" in why
    assert "line 4" not in why


def test_a_session_shares_the_names_of_its_page(outcomes):
    assert outcomes["session.md::line:10,column:1"] == "passed"


def test_a_skip_comment_leaves_out_the_whole_block_and_no_other(outcomes):
    assert outcomes["skipped.md::line:3,column:1"] == "passed"
    assert outcomes["skipped.md::line:10,column:1"] == "passed"


def test_a_page_works_offline(outcomes):
    assert "a page must work offline" in outcomes["world.md::line:7,column:1"]


def test_a_warning_is_an_error(outcomes):
    assert "UserWarning: careful" in outcomes["world.md::line:11,column:1"]


def test_a_page_writes_into_a_folder_of_its_own(outcomes, folder):
    assert outcomes["world.md::line:2,column:1"] == "passed"
    assert {path.name for path in folder.iterdir()} >= {"world.md", "conftest.py"}
    assert not list(folder.parent.rglob("written.txt"))


def test_a_page_leaves_neither_names_nor_settings_to_the_next(outcomes):
    assert outcomes["world_3.md::line:2,column:1"] == "passed"
    assert "name 'leaked' is not defined" in outcomes["world_3.md::line:8,column:1"]


def test_the_gallery_is_not_collected(outcomes):
    assert not [name for name in outcomes if "generated" in name]


def test_a_block_asked_for_alone_runs_those_above_it_first(folder):
    alone = run_pages(folder, "answer.md::line:18,column:1")
    assert alone == {"answer.md::line:18,column:1": "passed"}
