r"""
检测呈阳性，多半还是健康的 | A positive test, and most likely healthy
=====================================================================

一种病每一百人里有一人得。检测能查出 90% 的病人，健康人里只有 5% 误报阳性。
你的结果是阳性：患病的可能性有多大？许多人答 90%，贝叶斯公式答 15%。
我们造出真正的人群来数一数，患病率从万分之一到二分之一都数，
看公式是不是处处都对；再做第二次检测，看它的分量怎样取决于
**两次检测是否条件独立**。

A disease affects one person in a hundred. A test finds 90% of the sick and
is wrongly positive for only 5% of the healthy. Your result is positive: how
likely are you ill? Many answer 90%, Bayes' formula answers 15%. We build
populations and count, at prevalences from one in ten thousand to one half,
to see whether the formula holds everywhere; then we test a second time, and
see how much that is worth depends on **whether the two tests are
conditionally independent**.

**需要**：:doc:`/preliminaries/probability` 里的条件概率和贝叶斯公式。
**得到**：读任何阳性结果之前先问基础率的习惯。

**You need** conditional probability and Bayes' formula, from
:doc:`/preliminaries/probability`.
**You get** the habit of asking for the base rate before reading any positive
result.
"""

import matplotlib.pyplot as plt
import torch

from d2lnotes.results import record, record_all

generator = torch.Generator().manual_seed(0)
SENSITIVITY = 0.9  # share of the sick who test positive
FALSE_POSITIVE_RATE = 0.05  # share of the healthy who test positive

# %%
# 公式 | The formula
# ------------------
# 记 :math:`P(D)` 为患病率，:math:`s` 为病人呈阳性的概率（灵敏度），
# :math:`f` 为健康人呈阳性的概率（假阳性率）。呈阳性的有两种人，
# 所占比例是 :math:`s P(D)` 和 :math:`f (1 - P(D))`，
# 其中有病（:math:`D`）的占
#
# Let :math:`P(D)` be the prevalence, :math:`s` the probability of a positive
# test for the sick (the sensitivity) and :math:`f` that for the healthy (the
# false positive rate). Two kinds of people test positive, :math:`s P(D)` and
# :math:`f (1 - P(D))` of the population. Of them the sick, :math:`D`, are
#
# .. math::
#
#    P(D \mid +) = \frac{s P(D)}{s P(D) + f (1 - P(D))}.


def posterior(prevalence, positive_if_sick, positive_if_healthy):
    """Return the probability of being sick after a positive result."""
    sick = prevalence * positive_if_sick
    return sick / (sick + (1 - prevalence) * positive_if_healthy)


# %%
# 人群 | The population
# ---------------------
# 公式不参与造人：先按患病率抽谁有病，再按他有没有病抽检测结果。
# 第二次检测有一个旋钮 :math:`c`：以概率 :math:`c` **照抄**第一次的结果，
# 否则独立地重做。:math:`c = 0` 时两次检测在已知病情之后互相独立；
# :math:`c > 0` 模仿现实：同一份样本、同一种会引起误报的抗体、
# 同一个实验员。无论 :math:`c` 是多少，
# 第二次检测单独看都一样好：灵敏度和假阳性率不变。
#
# The formula has no part in making people: first draw who is sick, then the
# result of the test given that. The second test has a knob :math:`c`: with
# probability :math:`c` it **repeats** the first result, otherwise it is made
# anew. With :math:`c = 0` the tests are independent once the state of health
# is known; :math:`c > 0` imitates life: the same sample, the same antibody
# that causes false alarms, the same technician. Whatever :math:`c`, the
# second test on its own is equally good, with the same sensitivity and the
# same false positive rate.


def test_population(num_people, prevalence, copy_probability, generator):
    """Return who is sick, and the results of two tests, as booleans."""
    draws = torch.rand(4, num_people, generator=generator)
    sick = draws[0] < prevalence
    positive = torch.where(sick, SENSITIVITY, FALSE_POSITIVE_RATE)
    first = draws[1] < positive
    made_anew = draws[2] < positive
    second = torch.where(draws[3] < copy_probability, first, made_anew)
    return sick, first, second


# %%
# 先看一万人。每个数都直接数出来，不经过任何公式。
#
# Ten thousand people first. Every number is counted; no formula is used.

sick, first, _ = test_population(10_000, 0.01, 0.0, generator)
print(f"sick: {sick.sum()}, healthy: {(~sick).sum()}")
print(f"sick and positive: {(sick & first).sum()}")
print(f"healthy and positive: {(~sick & first).sum()}")

# %%
# 一次检测 | One test
# -------------------
# 现在是一百万人，十二种患病率。数出来的比例有标准误
# :math:`\sqrt{q(1-q)/m}`，:math:`m` 是呈阳性的人数，:math:`q` 是公式给的概率。
#
# Now a million people at each of twelve prevalences. The counted share has a
# standard error of :math:`\sqrt{q(1-q)/m}`, with :math:`m` the number of
# positives and :math:`q` the probability by the formula.

num_people = 1_000_000
prevalences = torch.logspace(-4, -0.301, 12)  # 0.0001 to 0.5
predicted = posterior(prevalences, SENSITIVITY, FALSE_POSITIVE_RATE)
counted, standard_errors = [], []
for prevalence, q in zip(prevalences, predicted, strict=True):
    sick, first, _ = test_population(num_people, prevalence, 0.0, generator)
    counted.append(sick[first].float().mean())
    standard_errors.append((q * (1 - q) / first.sum()).sqrt())
counted, standard_errors = torch.stack(counted), torch.stack(standard_errors)

# %%
# 两次都呈阳性 | Positive twice
# -----------------------------
# 照抄的概率是 :math:`c` 时，病人两次都呈阳性的概率是
# :math:`c s + (1-c) s^2`，健康人的是 :math:`c f + (1-c) f^2`。
# 后一个数很要紧：:math:`f^2 = 0.0025`，而 :math:`c = 0.2` 就使它变成
# :math:`0.012`，几乎五倍。
#
# If the second test copies with probability :math:`c`, the sick are positive
# twice with probability :math:`c s + (1-c) s^2`, the healthy with
# :math:`c f + (1-c) f^2`. The latter matters: :math:`f^2 = 0.0025`, and
# :math:`c = 0.2` makes it :math:`0.012`, almost five times as much.


def posterior_of_two(prevalence, c):
    """Return the probability of being sick after two positive results."""
    twice = [
        c * p + (1 - c) * p**2 for p in (SENSITIVITY, FALSE_POSITIVE_RATE)
    ]
    return posterior(prevalence, *twice)


copy_probabilities = [0.0, 0.2, 0.5, 1.0]
predicted_twice = torch.stack(
    [posterior_of_two(prevalences, c) for c in copy_probabilities]
)
counted_twice = torch.zeros_like(predicted_twice)
errors_twice = torch.zeros_like(predicted_twice)
for row, c in enumerate(copy_probabilities):
    for column, prevalence in enumerate(prevalences):
        sick, first, second = test_population(
            num_people, prevalence, c, generator
        )
        both, q = first & second, predicted_twice[row, column]
        counted_twice[row, column] = sick[both].float().mean()
        errors_twice[row, column] = (q * (1 - q) / both.sum()).sqrt()

# %%
# 左图：一次检测。患病率低于 5.3%（竖线）时，阳性的人里健康的占多数。
# 右图：两次阳性。最上面一条是条件独立，最下面一条完全照抄，
# 与左图的曲线相同：第二次什么也没有告诉我们。
#
# Left: one test. At prevalences below 5.3% (vertical line) most of the
# positives are healthy. Right: two positive results. The uppermost curve is
# conditional independence, the lowest a mere copy, the curve of the left
# panel again: the second test tells nothing.

fig, axes = plt.subplots(
    ncols=2, sharey=True, figsize=(9, 4), layout="constrained"
)
even = FALSE_POSITIVE_RATE / (SENSITIVITY + FALSE_POSITIVE_RATE)
grid = torch.logspace(-4, -0.301, 200)
axes[0].plot(grid, posterior(grid, SENSITIVITY, FALSE_POSITIVE_RATE))
axes[0].errorbar(
    prevalences, counted, yerr=2 * standard_errors, fmt="C0o", mfc="none"
)
axes[0].axvline(even, color="0.5", ls="--")
axes[0].set(
    ylabel="阳性者中病人的比例 | share of the sick among the positive",
    title="一次检测 | one test",
)
axes[1].set(title="两次都是阳性 | two positive tests")
for row, c in enumerate(copy_probabilities):
    axes[1].plot(grid, posterior_of_two(grid, c), f"C{row}")
    bars, style = 2 * errors_twice[row], f"C{row}" + "osD^"[row]
    dots = {"fmt": style, "mfc": "none", "label": f"$c = {c}$"}
    axes[1].errorbar(prevalences, counted_twice[row], yerr=bars, **dots)
axes[1].legend(title="照抄的概率 | copy probability")
for ax in axes:
    ax.set(xscale="log", xlabel="患病率 | prevalence")
fig.set_label(
    "阳性者中病人的比例随患病率上升：左为一次检测，右为两次，"
    "照抄得越多曲线越低；数出来的点都在公式的曲线上 | Share of the sick among "
    "the positive against prevalence: one test on the left, two on the right, "
    "lower the more is copied; counted dots lie on the curves of the formula"
)
plt.show()

# %%
# 患病率百分之一，二十个人群 | One in a hundred, twenty populations
# -----------------------------------------------------------------
# 回到开头的问题，这次造二十个五十万人的人群，看数字稳不稳。
# 还要看一件常被弄错的事：条件独立**不是**独立。即使 :math:`c = 0`，
# 两次都呈阳性也比 :math:`P(+)^2` 常见得多，
# 因为第一次阳性已经透露了病情。
#
# Back to the first question, with twenty populations of half a million to see
# how steady the numbers are. There is one more point, often missed:
# conditionally independent does **not** mean independent. Even with
# :math:`c = 0` two positive results are much more common than
# :math:`P(+)^2`, because the first has already told something about the
# state of health.

num_populations, prevalence = 20, 0.01
after_one, excess = [], []
after_two = {c: [] for c in copy_probabilities[:3]}
for c in after_two:
    for _ in range(num_populations):
        sick, first, second = test_population(
            500_000, prevalence, c, generator
        )
        after_two[c].append(sick[first & second].float().mean())
        if c == 0:
            after_one.append(sick[first].float().mean())
            product = first.float().mean() * second.float().mean()
            excess.append((first & second).float().mean() / product)
after_one, excess = torch.stack(after_one), torch.stack(excess)
after_two = {c: torch.stack(shares) for c, shares in after_two.items()}

# %%
# 断言 | The claim, asserted
# --------------------------
# 六十个数出来的比例，离公式都不到 4.5 个标准误；二十个人群的平均也与公式一致。
#
# All sixty counted shares lie within 4.5 standard errors of the formula, and
# so do the means of the twenty populations.

assert ((counted - predicted) / standard_errors).abs().max() < 4.5
assert ((counted_twice - predicted_twice) / errors_twice).abs().max() < 4.5
assert after_one.mean() < 0.5 < after_two[0.0].mean()
formula = [
    posterior(prevalence, SENSITIVITY, FALSE_POSITIVE_RATE),
    *(posterior_of_two(prevalence, c) for c in after_two),
]
for shares, q in zip([after_one, *after_two.values()], formula, strict=True):
    assert abs(shares.mean() - q) < 4.5 * shares.std() / num_populations**0.5
assert excess.mean() > 2

record_all(
    "bayes_test",
    {
        "after_one": after_one,
        "after_two_independent": after_two[0.0],
        "after_two_copied_20": after_two[0.2],
        "after_two_copied_50": after_two[0.5],
        "excess_of_pairs": (excess, ".2f"),
    },
    over=f"{num_populations} 个 50 万人的人群 | "
    f"{num_populations} populations of 500,000",
    format=".1%",
)
record("bayes_test.even_prevalence", even, format=".1%")

# %%
# 练习 | Exercise
# ---------------
# 结果呈**阴性**，患病的可能性还剩多少？先心算：一万人里，
# 病人有 10 个漏掉，健康人有 9,405 个正确地呈阴性。再数一数。
#
# And after a **negative** result, how likely is the disease? In your head
# first: of ten thousand people, 10 of the sick are missed, and 9,405 of the
# healthy are rightly negative. Then count.

sick, first, _ = test_population(num_people, prevalence, 0.0, generator)
missed = sick[~first].float().mean()
print(f"sick among the negative: {missed:.5f}")
formula = posterior(prevalence, 1 - SENSITIVITY, 1 - FALSE_POSITIVE_RATE)
torch.testing.assert_close(missed.item(), formula, rtol=0.2, atol=0)
