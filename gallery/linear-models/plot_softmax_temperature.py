r"""
升温只会增加 softmax 的熵 | Raising the temperature only adds entropy
=====================================================================

把得分除以温度 :math:`T` 再做 softmax：名次不变，悬殊变了。
:math:`T` 小，概率挤到最高分上；:math:`T` 大，人人有份。
变化的快慢有一个公式：熵对温度的导数等于得分在当前概率下的方差除以
:math:`T^3`，所以熵从不下降。我们让自动求导来验算。

Divide the scores by a temperature :math:`T` before the softmax: the ranking
stays, the contrast changes. For small :math:`T` the probability gathers on
the highest score, for large :math:`T` everyone gets a share. A formula says
how fast: the derivative of the entropy is the variance of the scores under
the present probabilities over :math:`T^3`, so the entropy never falls. We let
autograd check it.

**你需要** :doc:`/linear-models/softmax-regression` 里的 softmax 和熵；
**你得到** 温度两头的极限，和名次并列时的例外。

**You need** softmax and entropy, from
:doc:`/linear-models/softmax-regression`; **you get** the limits at both ends
of the temperature, and the exception that ties make.
"""

import math

import matplotlib.pyplot as plt
import torch

from d2lnotes.layers import softmax
from d2lnotes.results import record

# %%
# 三种温度 | Three temperatures
# -----------------------------
# 四个类别的得分是 1、3、−1、2。
#
# Four classes have the scores 1, 3, −1 and 2.

scores = torch.tensor([1.0, 3.0, -1.0, 2.0], dtype=torch.float64)


def entropy(probs):
    """Return the entropy in nats over the last axis; 0 ln 0 counts as 0."""
    return torch.special.entr(probs).sum(dim=-1)


examples = [0.25, 1.0, 4.0]
for temperature in examples:
    probs = softmax(scores / temperature, dim=0)
    shares = ", ".join(f"{p:.3f}" for p in probs.tolist())
    print(f"T = {temperature:<4}: {shares}; {entropy(probs):.3f} nats")

# %%
# 公式 | The formula
# ------------------
# 记 :math:`\beta = 1/T`，:math:`Z = \sum_k e^{\beta o_k}`，
# :math:`\langle o\rangle` 是得分按概率 :math:`\hat{y}` 的平均。熵是
# :math:`H = \ln Z - \beta\langle o\rangle`。对 :math:`\beta` 求导，
# :math:`\ln Z` 给出的 :math:`\langle o\rangle` 正好抵消，剩下方差：
#
# Let :math:`\beta = 1/T`, :math:`Z = \sum_k e^{\beta o_k}`, and
# :math:`\langle o\rangle` the mean score under the probabilities
# :math:`\hat{y}`. The entropy is :math:`H = \ln Z - \beta\langle o\rangle`.
# In its derivative by :math:`\beta` the :math:`\langle o\rangle` that
# :math:`\ln Z` contributes cancels, and the variance remains:
#
# .. math::
#
#    \frac{dH}{d\beta} = -\beta\,\operatorname{Var}(o)
#    \quad\Longrightarrow\quad
#    \frac{dH}{dT} = \frac{\operatorname{Var}(o)}{T^3} \ge 0

temperatures = torch.logspace(-1.5, 2, 141, dtype=torch.float64)
cases = {
    "1, 3, −1, 2": scores,
    "1, 3, 3, 2（并列） | 1, 3, 3, 2 (a tie)": torch.tensor(
        [1.0, 3, 3, 2], dtype=torch.float64
    ),
    "0, 10, 0, 0": torch.tensor([0.0, 10, 0, 0], dtype=torch.float64),
}
curves, slopes, formulas = {}, {}, {}
for name, logits in cases.items():
    t = temperatures.clone().requires_grad_()
    probs = softmax(logits / t[:, None], dim=1)  # (temperatures, classes)
    curves[name] = entropy(probs)
    curves[name].sum().backward()
    slopes[name] = t.grad
    probs = probs.detach()
    mean = (probs * logits).sum(dim=1, keepdim=True)
    variance = (probs * (logits - mean).square()).sum(dim=1)
    formulas[name] = variance / temperatures**3

# %%
# 左图是三种温度下的概率。右图是熵：左端的极限是 :math:`\ln`
# 并列第一的个数，没有并列就是 0；右端的极限总是 :math:`\ln 4`。
#
# On the left the probabilities at three temperatures. On the right the
# entropy: its limit at the left end is the logarithm of how many share the
# first place, 0 without a tie; at the right end it is always :math:`\ln 4`.

fig, (left, right) = plt.subplots(
    1, 2, figsize=(9.5, 3.8), layout="constrained"
)
for aside, temperature, hatch in zip(
    [-0.27, 0.0, 0.27], examples, ["", "//", ".."], strict=True
):
    places, shares = torch.arange(4) + aside, softmax(scores / temperature, 0)
    label = f"$T$ = {temperature:g}"
    left.bar(places, shares, 0.25, hatch=hatch, ec="white", label=label)
left.set(xlabel="类别的得分 | score of the class", ylabel="概率 | probability")
left.set_xticks(range(4), [f"{s:g}" for s in scores.tolist()])
left.legend()
right.axhline(math.log(4), color="0.6", ls=":", label=r"$\ln 4$")
for (name, curve), style in zip(
    curves.items(), ["-", "--", "-."], strict=True
):
    right.semilogx(temperatures, curve.detach(), style, label=name)
right.set(
    xlabel="温度 $T$（与得分同单位） | temperature $T$ (units of the score)",
    ylabel="熵（奈特） | entropy (nats)",
)
right.legend(title="得分 | scores")
fig.set_label(
    "左：温度 0.25、1、4 下四个类别的概率，越热越平；"
    "右：熵随温度上升，趋于 ln 4"
    " | Left: probabilities of four classes at temperatures 0.25, 1 and 4,"
    " flatter when hotter; right: entropy rises with temperature toward ln 4"
)
plt.show()

# %%
# 断言 | The claim, asserted
# --------------------------
# 自动求导与公式一致，熵处处不降，名次不变，两头的极限也对。
#
# Autograd agrees with the formula, the entropy falls nowhere, the ranking
# stays, and so do the limits at both ends.

for name, logits in cases.items():
    torch.testing.assert_close(
        slopes[name], formulas[name], rtol=1e-6, atol=1e-9
    )
    assert (curves[name].diff() > -1e-12).all()
    coldest, hottest = curves[name][0].item(), curves[name][-1].item()
    ties = int((logits == logits.max()).sum())
    assert abs(coldest - math.log(ties)) < 1e-9
    assert abs(hottest - math.log(4)) < 0.01
ranks = softmax(scores / temperatures[:, None], dim=1).argsort(dim=1)
assert (ranks == scores.argsort()).all()

for temperature, name in zip(examples, ["cold", "one", "hot"], strict=True):
    record(
        f"softmax_temperature.entropy_{name}",
        entropy(softmax(scores / temperature, dim=0)),
        unit="奈特 | nats",
        over=f"四个类别，T = {temperature} | four classes, T = {temperature}",
    )

# %%
# 练习 | Exercise
# ---------------
# 换成 float32，温度一直往下降，从哪里起后两名的概率分不出高低？
# 最小的正 float32 是 :math:`2^{-149}`，不到它的一半就舍成 0。先算出温度，
# 再往下看；改用 ``log_softmax`` 能不能保住名次？
#
# In float32, as the temperature keeps falling, from where on can the last two
# classes no longer be told apart? The smallest positive float32 is
# :math:`2^{-149}`, and less than half of it is rounded to 0. Work the
# temperature out, then read on. Does ``log_softmax`` keep the ranking?

colder = torch.logspace(-2.2, -1.2, 2001)  # float32
probs = softmax(scores.float() / colder[:, None], dim=1)
equal = colder[probs[:, 0] == probs[:, 2]].max().item()
predicted = 2 / (150 * math.log(2))
print(f"told apart down to {equal:.5f}, predicted {predicted:.5f}")
torch.testing.assert_close(equal, predicted, rtol=0.002, atol=0)

log_probs = torch.log_softmax(scores.float() / 1e-30, dim=0)
assert (log_probs.argsort() == scores.argsort()).all()

# %%
# 最高分是 3，末两名是 1 和 −1，概率约为 :math:`e^{-2/T}` 和
# :math:`e^{-4/T}`。−1 那一类先变成 0，名次还在；等 1 那一类也成了 0，
# 两个 0 就分不出高低，这时 :math:`e^{-2/T} = 2^{-150}`，
# 即 :math:`T = 2/(150\ln 2) \approx 0.0192`。``log_softmax``
# 给出的是 :math:`-2/T` 和 :math:`-4/T`，温度低到 :math:`10^{-30}` 也分得开：
# 要排名次、要算损失，就留在对数里，不要先变成概率再取对数。
#
# The best score is 3 and the last two are 1 and −1, with probabilities of
# about :math:`e^{-2/T}` and :math:`e^{-4/T}`. That of −1 becomes 0 first,
# which keeps the ranking; once the other is 0 too, nothing tells them apart.
# This happens at :math:`e^{-2/T} = 2^{-150}`, that is, at
# :math:`T = 2/(150\ln 2) \approx 0.0192`. ``log_softmax`` returns
# :math:`-2/T` and :math:`-4/T`, well apart even at :math:`T = 10^{-30}`: to
# rank classes or to compute a loss, stay with logarithms instead of taking
# them of probabilities.
