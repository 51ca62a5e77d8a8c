r"""
样本更多，偏差不减 | More data, the same bias
=============================================

一半的人赞成。赞成的人有一成愿意回答，反对的人有两成。由收到的回答估计赞成的比例：
回答再多，也停在三分之一，而且看上去越来越可靠。随机抽的 100 人反而更准。

Half of the people are in favor. Of those in favor one in ten is willing to
answer, of those against one in five. Estimate the share in favor from the
answers received: however many they are, it settles at one third, and looks
more and more reliable. A random 100 do better.

**你需要** 分数的加法。**你得到** 一个理由：先问数据是怎样来的，再问有多少。

**You need** fractions. **You get** a reason to ask how data came about before
asking how many there are.
"""

import matplotlib.pyplot as plt
import numpy as np

from d2lnotes.plotting.curves import plot_spread
from d2lnotes.results import record_all

# %%
# 两种样本 | Two kinds of sample
# ------------------------------
# 手算：1,000 人里 500 人赞成。随机抽，每人被抽到的机会相同，比例是 0.5。
# 等人来回答，得到 :math:`500 \times 0.1 = 50` 个赞成和
# :math:`500 \times 0.2 = 100` 个反对，比例是 1/3。
#
# By hand: of 1,000 people 500 are in favor. In a random draw all have the same
# chance, and the share is 0.5. Whoever waits for answers gets
# :math:`500 \times 0.1 = 50` in favor and :math:`500 \times 0.2 = 100`
# against, a share of 1/3.

sizes = [10, 30, 100, 300, 1000, 3000, 10_000, 100_000]
rng = np.random.default_rng(0)
num_polls = 200
at_random = np.array([rng.binomial(n, 1 / 2, num_polls) / n for n in sizes])
answered = np.array([rng.binomial(n, 1 / 3, num_polls) / n for n in sizes])

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
plot_spread(sizes, at_random, "o-", label="随机抽取 | drawn at random", ax=ax)
plot_spread(sizes, answered, "s-", label="自愿回答 | who answered", ax=ax)
ax.axhline(0.5, color="k", ls=":", label="真实的比例 | true share")
ax.set(
    xlabel="回答数 | number of answers",
    ylabel="估计的赞成比例 | estimated share in favor",
    xscale="log",
    ylim=(0.1, 0.75),
)
ax.legend()
fig.set_label(
    "随机样本的估计收窄到 0.5；自愿回答的估计同样收窄，却停在 1/3 | Estimates "
    "from random samples close in on 0.5; those from voluntary answers close in "
    "just as much, on 1/3"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------

error = np.abs(at_random[2] - 0.5).mean()  # 100 drawn at random
stuck = np.abs(answered[-1] - 0.5).mean()  # 100,000 answers
print(f"mean error: 100 at random {error:.3f}, 100,000 answers {stuck:.3f}")
assert error < stuck / 3
assert abs(stuck - 1 / 6) < 0.005
assert answered[-1].std() < at_random[2].std() / 10
record_all(
    "more_data_same_bias",
    {"random_100": error, "answered_100000": stuck},
    over=f"{num_polls} 次模拟 | {num_polls} simulations",
)

# %%
# 练习 | Exercise
# ---------------
# 若知道两种人各有多大的机会回答，怎样由收到的回答算出正确的比例？
#
# If the chances of answering were known for both, how would the right share
# follow from the answers?

weights = np.array([1 / 0.1, 1 / 0.2])  # one over the chance of answering
weighted = np.array([50, 100]) * weights
print(weighted / weighted.sum())
assert np.allclose(weighted / weighted.sum(), 0.5)

# %%
# 每个回答除以它被收到的机会：一个赞成算 10，一个反对算 5，就得到 0.5。难处在于，
# 这些机会多半没有人知道。
#
# Divide each answer by its chance of being received: one in favor counts 10,
# one against counts 5, and the share is 0.5. The hard part is that these
# chances are mostly unknown.
