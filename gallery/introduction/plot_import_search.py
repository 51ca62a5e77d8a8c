r"""
导入拿到的是哪一个 | Which one an import finds
==============================================

同一行 ``import toy``，在一处成功，在另一处报 ``No module named 'toy'``，
在第三处拿到的是别的文件。Python 按固定的次序到几个文件夹里找，先找到的就用。
这个脚本真的建起两个虚拟环境，放上同名的文件，逐个情形运行，看导入的是哪一个。

The same line ``import toy`` works in one place, says
``No module named 'toy'`` in another, and finds some other file in a third.
Python looks into folders in a fixed order and takes the first match. This
script really makes two virtual environments, places files of one name, runs
each case, and sees which one is imported.

**你需要**：:doc:`/introduction/setup` 里的虚拟环境和 ``PATH``。
**你得到**：导入出怪事的时候，按什么次序去查。

**You need** virtual environments and the ``PATH``, from
:doc:`/introduction/setup`.
**You get** the order in which to look when an import surprises you.
"""

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import matplotlib.pyplot as plt

# %%
# 准备 | Preparation
# ------------------
# 两个空的环境，一个放脚本的文件夹，一个 ``PYTHONPATH`` 指着的文件夹。
# 脚本只有两行：导入，打印找到的文件。
#
# Two empty environments, a folder for the script, and a folder that
# ``PYTHONPATH`` names. The script has two lines: import, and print the file
# that was found.


def make_environment(folder):
    """Create an environment; return its Python and its folder of packages."""
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    programs = "Scripts" if os.name == "nt" else "bin"
    python = str(folder / programs / "python")
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = subprocess.check_output([python, "-c", ask], text=True)
    return python, Path(packages.strip())


# %%
# 运行一种情形：在指定的地方放上文件，运行脚本，看打印了什么，再把文件删掉。
#
# To run a case: place files, run the script, see what it prints, and remove
# the files.


def found_in(python, folders, name, present, use_pythonpath):
    """Run the script with files at ``present``; return the place it found."""
    files = {place: folder / f"{name}.py" for place, folder in folders.items()}
    for place in present:
        files[place].write_text(f"place = {place!r}\n")
    script = folders["script"] / "main.py"
    script.write_text(
        f"import {name}\nprint(getattr({name}, 'place', 'library'))\n"
    )
    hidden = {"PYTHONPATH", "PYTHONHOME", "PYTHONSAFEPATH"}
    variables = {k: v for k, v in os.environ.items() if k not in hidden}
    variables["PYTHONDONTWRITEBYTECODE"] = "1"
    if use_pythonpath:
        variables["PYTHONPATH"] = str(folders["PYTHONPATH"])
    run = subprocess.run(
        [python, str(script)], capture_output=True, text=True, env=variables
    )
    for place in present:
        files[place].unlink()
    last_line = (run.stdout or run.stderr).strip().splitlines()[-1]
    return last_line.partition(":")[0]  # the place, or the kind of error


# %%
# 六种情形 | Six cases
# --------------------
# 每种情形写明：运行哪个环境的 Python，哪些地方有这个名字的文件。
# 最后一种用的名字是 ``random``，标准库里本来就有。
#
# Each case says which environment's Python runs, and where there is a file of
# that name. The last one uses the name ``random``, which the standard library
# has as well.

CASES = [
    ("包在环境 A，运行 A | installed in A, A runs", "A", "toy A"),
    ("包在环境 A，运行 B | installed in A, B runs", "B", "toy A"),
    ("脚本旁边有同名文件 | a file beside the script", "A", "toy A script"),
    ("包在 PYTHONPATH，运行 B | in PYTHONPATH, B runs", "B", "toy PYTHONPATH"),
    ("PYTHONPATH 和 A 都有 | in PYTHONPATH and A", "A", "toy A PYTHONPATH"),
    ("脚本旁边的 random.py | random.py beside script", "A", "random script"),
]

results = []
with tempfile.TemporaryDirectory() as temporary:
    root = Path(temporary)
    folders = {"script": root / "work", "PYTHONPATH": root / "shared"}
    for folder in folders.values():
        folder.mkdir()
    pythons = {}
    for name in "AB":
        pythons[name], folders[name] = make_environment(root / name)
    for _, runs, files in CASES:
        name, *present = files.split()
        use = "PYTHONPATH" in present
        results.append(found_in(pythons[runs], folders, name, present, use))
for (title, *_), found in zip(CASES, results, strict=True):
    print(f"{found:20} {title.split(' | ')[1]}")

# %%
# 画一种情形 | Drawing a case
# ---------------------------
# 有文件的格子涂色，被导入的那个涂深。
#
# A box is shaded where there is a file, and dark where it is imported.


def draw_case(ax, row, case, found, columns):
    """Draw one line of the figure."""
    _, runs, files = case
    name, *present = files.split()
    kinds = {"A": "other", "B": "other", runs: "own"}
    places = {kinds.get(place, place) for place in present}
    places |= {"library"} if name == "random" else set()
    for column, place in enumerate(columns):
        wins = place == kinds.get(found, found)
        face = "C0" if wins else "0.85" if place in places else "none"
        corner = (column + 0.06, row + 0.12)
        ax.add_patch(plt.Rectangle(corner, 0.88, 0.76, fc=face, ec="0.6"))
        if place in places:
            mark = f"{name}.py" if place in ("script", "PYTHONPATH") else name
            style = {"ha": "center", "color": "white" if wins else "0.35"}
            both = f"{mark} | {mark}"  # code is the same in both languages
            ax.text(column + 0.5, row + 0.5, both, va="center", **style)
    if kinds.get(found, found) not in columns:
        ax.text(5.05, row + 0.5, f"✗ {found}", color="C3", va="center")


# %%
# 图中每一行是一种情形，从左到右是 Python 查找的次序。涂了色的格子里有文件，
# 涂深的那个被导入。最右一列是另一个环境，Python 不到那里去找。
# 没有涂深的行，导入失败。
#
# Each line of the figure is a case, and from left to right goes the order in
# which Python looks. A shaded box has a file of that name; the dark one is
# imported. The last column is another environment, where Python does not
# look. In a line without a dark box the import fails.

columns = {
    "script": "脚本的文件夹 | folder of\nthe script",
    "PYTHONPATH": "PYTHONPATH",
    "library": "标准库 | standard\nlibrary",
    "own": "运行的环境 | environment\nthat runs",
    "other": "另一个环境 | another\nenvironment",
}
fig, ax = plt.subplots(figsize=(9, 4.2), layout="constrained")
for row, (case, found) in enumerate(zip(CASES, results, strict=True)):
    draw_case(ax, row, case, found, list(columns))
ax.axvline(4.0, color="0.4", ls=":")
ax.set(xlim=(0, 6.6), ylim=(len(CASES), 0))
ax.set_xticks([0.5, 1.5, 2.5, 3.5, 4.5], columns.values())
ax.set_yticks(
    [row + 0.5 for row in range(len(CASES))], [case[0] for case in CASES]
)
ax.xaxis.tick_top()
ax.tick_params(length=0)
ax.spines[:].set_visible(False)
fig.set_label(
    "六种情形下导入找到哪个文件：从左到右按次序找，先找到的胜出；"
    "包装在另一个环境里时找不到 | Which file an import finds in six cases: "
    "the first match from left to right wins; a package in another "
    "environment is not found"
)
plt.show()

# %%
# 结论 | What follows
# -------------------
# 包装在环境 A 里，运行的却是环境 B：这就是 ``No module named``。
# 脚本旁边的同名文件最先被找到，所以不要把自己的文件叫 ``torch.py`` 或
# ``random.py``。``PYTHONPATH`` 排在环境前面，设了它，各个环境就不再隔开。
#
# The package is in environment A and environment B runs: that is
# ``No module named``. A file beside the script is found first, so do not call
# a file of yours ``torch.py`` or ``random.py``. ``PYTHONPATH`` comes before
# the environment; with it set, environments are no longer separate.

assert results == [
    "A",
    "ModuleNotFoundError",
    "script",
    "PYTHONPATH",
    "PYTHONPATH",
    "script",
]

# %%
# 练习 | Exercise
# ---------------
# 把脚本旁边的文件叫 ``sys.py``，它会顶替标准库的 ``sys`` 吗？先猜，再看下面。
#
# Call the file beside the script ``sys.py``. Does it take the place of the
# standard ``sys``? Guess first, then read on.

with tempfile.TemporaryDirectory() as temporary:
    folder = Path(temporary)
    (folder / "sys.py").write_text("print('mine')\n")
    (folder / "main.py").write_text("import sys\nprint(sys.version_info[0])\n")
    answer = subprocess.check_output(
        [sys.executable, str(folder / "main.py")], text=True
    )
print(answer.strip())
assert answer.strip() == "3"

# %%
# 不会。``sys`` 编译在 Python 里面，启动时已经导入，轮不到查文件夹。
#
# It does not. ``sys`` is compiled into Python and is imported when Python
# starts, before any folder is searched.
