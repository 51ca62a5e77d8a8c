r"""
猜、看、改 | Guess, look, correct
=================================

三个苹果一共 6 元，一个多少钱？程序不做除法。它先猜 0 元，看看三个苹果按这个价
该付多少，再把猜的数改一点。每次改多少，由一个数 :math:`\eta` 决定。
这个脚本试了 199 个 :math:`\eta`，看十步之后错多少，再与一条公式比较。

Three apples cost 6. What does one cost? The program does not divide. It first
guesses 0, looks what three apples would cost at that price, and corrects its
guess a little. How much it corrects is set by one number, :math:`\eta`. This
script tries 199 values of :math:`\eta`, looks at the error after ten steps,
and compares it with a formula.

**你需要**：乘法，以及 :doc:`/introduction/course` 里的三个问题。
**你得到**：一个例子，说明知道“为什么”就能在运行之前说出结果。

**You need** multiplication, and the three questions of
:doc:`/introduction/course`.
**You get** an example of what it means to know why: the result can be named
before the run.
"""

import matplotlib.pyplot as plt
import numpy as np

# %%
# 全部的程序 | The whole program
# ------------------------------
# 误差是“按猜的价，三个苹果要付的钱”减去“实际付的钱”。每一步都从猜的价里减去
# :math:`\eta` 乘误差。
#
# The error is what three apples would cost at the guessed price, minus what
# they really cost. Each step subtracts :math:`\eta` times the error from the
# guess.


def guesses(rate, num_steps, price=0.0):
    """Return the guessed prices, the first one included."""
    prices = [price]
    for _ in range(num_steps):
        error = 3 * price - 6
        price = price - rate * error
        prices.append(price)
    return np.array(prices)


print(guesses(0.1, 5).round(2))

# %%
# 公式先说 | The formula speaks first
# -----------------------------------
# 猜的价减去 :math:`\eta e`，误差就减去 :math:`3\eta e`。所以每一步都把误差乘上
# 同一个数 :math:`1 - 3\eta`，十步之后，误差是开始时的
# :math:`(1 - 3\eta)^{10}` 倍。这个预言不看程序，只看 :math:`\eta`。
#
# If the guess falls by :math:`\eta e`, the error falls by :math:`3\eta e`. So
# each step multiplies the error by one number, :math:`1 - 3\eta`, and after
# ten steps the error is :math:`(1 - 3\eta)^{10}` times the first one. This
# prediction does not look at the program. It looks at :math:`\eta` alone.

rates = np.linspace(0.005, 0.995, 199)
predicted = np.abs(1 - 3 * rates) ** 10
last = np.array([guesses(rate, 10)[-1] for rate in rates])
measured = np.abs(3 * last - 6) / 6

# %%
# 左图：误差的平方画成一个山谷，谷底是 2 元。:math:`\eta = 0.1` 时，猜的价一步步
# 走下去。右图：点是程序算出来的（四个里画一个），线是公式说的。
# 线在 :math:`1/3` 处降到 0，在 :math:`2/3` 处回到 1。
#
# Left: the square of the error, drawn over the price, is a valley whose
# bottom lies at 2. With :math:`\eta = 0.1` the guesses walk down into it.
# Right: dots are what the program found (one in four is drawn), the line is
# what the formula said.
# The line falls to 0 at :math:`1/3` and is back at 1 at :math:`2/3`.

fig, (left, right) = plt.subplots(
    ncols=2, figsize=(9, 4), layout="constrained"
)
prices = np.linspace(-0.3, 4.3, 200)
left.plot(prices, (3 * prices - 6) ** 2, color="0.6")
walk = guesses(0.1, 5)
left.plot(walk, (3 * walk - 6) ** 2, "o-", color="C0", ms=8)
for step in range(4):
    spot = (walk[step], (3 * walk[step] - 6) ** 2)
    left.annotate(f"{step}", spot, (9, 3), textcoords="offset points")
left.plot(2, 0, "*", color="C3", ms=16)
left.set(
    xlabel="猜的价（元） | guessed price",
    ylabel="误差的平方 | square of the error",
    title="每一步都朝谷底走 | each step goes downhill",
)
right.semilogy(rates, predicted, color="0.6", label="公式 | formula")
right.semilogy(rates[::4], measured[::4], "o", label="程序 | program", ms=5)
right.axhline(1, color="k", ls=":", lw=1)
for rate, name in ((1 / 3, "1/3"), (2 / 3, "2/3")):
    right.axvline(rate, color="C3", ls="--", lw=1)
    right.text(rate + 0.01, 2e-9, name, color="C3", fontsize="large")
right.set(
    xlabel=r"$\eta$",
    ylabel="十步后的误差 ÷ 开始的误差 | error after 10 steps ÷ first error",
    ylim=(1e-9, 1e4),
    title="线以上越走越远 | above the dotted line it runs away",
)
right.legend(loc="upper left")
fig.set_label(
    "左：猜的价沿着误差平方的山谷走向 2 元；右：十步后的误差随学习率的变化，"
    "程序的点落在公式的线上，三分之二以上发散 | Left: guesses walk down the "
    "valley of the squared error to 2; right: the error after ten steps by "
    "learning rate, dots of the program on the line of the formula, growing "
    "beyond two thirds"
)
plt.show()

# %%
# 结论 | What follows
# -------------------
# 199 个数与公式全部一致。:math:`\eta` 在 0 与 :math:`2/3` 之间，误差变小；再大，误差变大。
# 发散不是运气不好，运行之前就能知道。
#
# All 199 numbers agree with the formula. For :math:`\eta` between 0 and
# :math:`2/3` the error shrinks, beyond it grows. Running away is no bad luck:
# it can be known before the run.

np.testing.assert_allclose(measured, predicted, atol=1e-9, rtol=1e-6)
assert ((measured < 1) == (rates < 2 / 3)).all()
assert abs(guesses(1 / 3, 1)[-1] - 2) < 1e-12  # one step arrives

# %%
# 练习 | Exercise
# ---------------
# 从 5 元开始猜，而不是从 0 元开始，右图会变吗？先猜，再运行。
#
# Start from a guess of 5, not 0. Does the picture on the right change? Guess
# first, then run it.

last = np.array([guesses(rate, 10, price=5.0)[-1] for rate in rates])
from_five = np.abs(3 * last - 6) / 9  # the first error is 3 * 5 - 6 = 9
print(f"largest change: {np.abs(from_five - measured).max():.0e}")
assert np.allclose(from_five, measured, atol=1e-9, rtol=1e-6)

# %%
# 不变。开始的误差从 :math:`-6` 变成 9，可是每一步乘的数还是 :math:`1 - 3\eta`。
#
# It does not. The first error is 9 and no longer :math:`-6`, but each step
# still multiplies it by :math:`1 - 3\eta`.
