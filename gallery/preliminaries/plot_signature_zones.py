r"""
签名的三个区 | The three zones of a signature
=============================================

一个函数怎样调用，写在它的签名里。两个小记号把参数分成三个区：``/`` 左边的，
按位置给；``*`` 右边的，写出名字来给；中间的，两种都行。有默认值的可以不给。
这个脚本把规则画出来，并用十种调用逐个核对：先按签名判断，再真的调用。

The signature of a function says how it can be called. Two small marks part
the parameters into three zones: left of ``/`` they are given by position,
right of ``*`` by name, and between the two in either way. What has a default
may be left out. This script draws the rule and checks it on ten calls: judged
by the signature first, then really called.

**你需要**：:doc:`/preliminaries/documentation` 里读签名的一节。
**你得到**：看一眼签名就知道哪种调用会报错。

**You need** the section on signatures in :doc:`/preliminaries/documentation`.
**You get** the eye for which call will fail.
"""

import inspect

import matplotlib.pyplot as plt

from d2lnotes.results import record_all

# %%
# 一个函数，十种调用 | One function, ten calls
# --------------------------------------------
# ``blend`` 把两个数混合起来，三个区都有。
#
# ``blend`` mixes two numbers, and it has all three zones.


def blend(a, b, /, weight=0.5, *, clip=False):
    """Return a mixture of two numbers, kept within 0 and 1 if asked."""
    mixed = (1 - weight) * a + weight * b
    return min(max(mixed, 0), 1) if clip else mixed


CALLS = [
    ("blend(1, 2)", (1, 2), {}),
    ("blend(1)", (1,), {}),
    ("blend(1, b=2)", (1,), {"b": 2}),
    ("blend(1, 2, 0.3)", (1, 2, 0.3), {}),
    ("blend(1, 2, weight=0.3)", (1, 2), {"weight": 0.3}),
    ("blend(1, 2, 0.3, True)", (1, 2, 0.3, True), {}),
    ("blend(1, 2, clip=True)", (1, 2), {"clip": True}),
    ("blend(1, 2, 0.3, weight=0.3)", (1, 2, 0.3), {"weight": 0.3}),
    ("blend(1, 2, clip=True, weight=0)", (1, 2), {"clip": True, "weight": 0}),
    ("blend(1, 2, wieght=0.3)", (1, 2), {"wieght": 0.3}),
]

# %%
# 先按签名判断：``bind`` 把给出的参数配到签名上，配不上就报错，函数并不运行。
# 再真的调用，看两者是否一致。
#
# First judge by the signature: ``bind`` matches what is given with the
# signature and fails if it cannot, without running the function. Then really
# call it and see whether the two agree.


def complaint(function, positional, named):
    """Return what is wrong with the arguments, or nothing."""
    try:
        function(*positional, **named)
    except TypeError as error:
        return str(error).replace("blend() ", "")
    return ""


signature = inspect.signature(blend)
judged = [complaint(signature.bind, *given) for _, *given in CALLS]
called = [complaint(blend, *given) for _, *given in CALLS]
for (call, *_), problem in zip(CALLS, judged, strict=True):
    print(f"{call:34} {problem or 'fine'}")

# %%
# 上面是签名和它的三个区，下面是十种调用。✗ 后面是判断时的理由。
#
# Above are the signature and its zones, below the ten calls. After ✗ stands
# the reason for which it was rejected.

TOKENS = [
    ("blend(", 0.0, 1.3, "none"),
    ("a, b,", 1.3, 1.3, "#f7d9b0"),
    ("/,", 2.6, 0.6, "none"),
    ("weight=0.5,", 3.2, 2.5, "#d5e8d4"),
    ("*,", 5.7, 0.6, "none"),
    ("clip=False", 6.3, 2.4, "#bcd9ee"),
    (")", 8.7, 0.3, "none"),
]
ZONES = [
    (1.95, "按位置给 | by position"),
    (4.45, "两种都行 | either way"),
    (7.5, "写名字给 | by name"),
]

# %%
# 先画签名，再逐行画调用。
#
# First the signature is drawn, then one line for each call.

fig, ax = plt.subplots(figsize=(9, 4.8), layout="constrained")
code = {"family": "monospace", "va": "center"}
for text, left, width, color in TOKENS:
    ax.add_patch(plt.Rectangle((left, 0.1), width, 0.8, fc=color, ec="none"))
    both = f"{text} | {text}"  # code is the same in both languages
    ax.text(left + width / 2, 0.5, both, ha="center", size="x-large", **code)
for middle, zone in ZONES:
    ax.text(middle, -0.35, zone, ha="center", va="center", size="large")
for row, ((call, *_), problem) in enumerate(zip(CALLS, judged, strict=True)):
    y = 1.9 + 0.62 * row
    mark, color = ("✗", "C3") if problem else ("✓", "C2")
    ax.text(0, y, mark, color=color, va="center", size="large")
    ax.text(0.4, y, f"{call} | {call}", **code)
    reason = f"{problem} | {problem}" if problem else ""
    ax.text(5.7, y, reason, color="C3", va="center", size="small")
ax.set(xlim=(-0.1, 9.6), ylim=(8.0, -0.8))
ax.axis("off")
fig.set_label(
    "签名 blend(a, b, /, weight=0.5, *, clip=False) 的三个区，"
    "以及十种调用里哪些合法 | The three zones of the signature blend(a, b, /, "
    "weight=0.5, *, clip=False), and which of ten calls are legal"
)
plt.show()

# %%
# 结论 | What follows
# -------------------
# 十种调用，判断与实际全部一致：五种合法，五种报错。拼错的名字也会报错，
# 这是写名字的好处：按位置给错了次序，往往不报错。
#
# For all ten calls judgment and fact agree: five are legal, five fail. A
# misspelled name fails as well, which is an advantage of names: arguments in
# the wrong order often do not.

assert [bool(problem) for problem in judged] == [
    bool(problem) for problem in called
]
legal = sum(not problem for problem in judged)
assert legal == 5
record_all(
    "signature_zones", {"calls": len(CALLS), "legal": legal}, format="d"
)

# %%
# 练习 | Exercise
# ---------------
# 把签名里的 ``/`` 去掉，十种调用里哪些会变得合法？先猜，再看下面。
#
# Take the ``/`` out of the signature. Which of the ten calls become legal?
# Guess first, then read on.

without = [
    parameter.replace(kind=inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if parameter.kind is inspect.Parameter.POSITIONAL_ONLY
    else parameter
    for parameter in signature.parameters.values()
]
freer = signature.replace(parameters=without)
now_legal = [
    call
    for (call, *given), problem in zip(CALLS, judged, strict=True)
    if problem and not complaint(freer.bind, *given)
]
print(now_legal)
assert now_legal == ["blend(1, b=2)"]

# %%
# 一种：``blend(1, b=2)``。其余四种错在别处：缺 ``b``，``clip`` 没有写名字，
# ``weight`` 给了两遍，名字拼错。
#
# One: ``blend(1, b=2)``. The other four are wrong elsewhere: ``b`` is
# missing, ``clip`` comes without its name, ``weight`` is given twice, a name
# is misspelled.
