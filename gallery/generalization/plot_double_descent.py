r"""
误差降两次 | The error descends twice
=====================================

特征比样本少时，误差先降后升，在两者相等处最高。特征再多，误差又降下来。
加一点权重衰减，高峰就没有了。

With fewer features than examples the error falls, then rises, and is highest
where the two are equal. With still more features it falls again. With some
weight decay the peak is gone.

**你需要** :doc:`/generalization/capacity`；**你得到** 双下降和它的对照。

**You need** :doc:`/generalization/capacity`; **you get** double descent with
its controls.
"""

import matplotlib.pyplot as plt
import torch

from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device

device = select_device()
num_sets = on(device, cpu=10, cuda=50)
sizes = [10, 20, 50, 80, 100, 120, 150, 200, 400, 1000]
halves = [10, 20, 40, 50, 60, 80, 100, 200, 400, 1000]

# %%
# 随机的 ReLU 特征，线性的输出。没有衰减时取长度最小的最小二乘解。
#
# The features are random ReLUs and the output is linear. Without decay we take
# the least-squares solution of smallest length.


def test_errors(n, num_features, decay, num_sets):
    """Return the test error of each set of data: (num_sets,)."""
    errors = []
    for seed in range(num_sets):
        draws = torch.Generator().manual_seed(seed)
        kind = {"generator": draws, "dtype": torch.float64}
        inputs = torch.randn(n + 500, 20, **kind)
        truth = inputs @ torch.ones(20, dtype=torch.float64) / 20**0.5
        noisy = truth[:n] + 0.5 * torch.randn(n, **kind)
        directions = torch.randn(20, num_features, **kind) / 20**0.5
        features = (inputs @ directions).relu() / num_features**0.5
        train, test = features[:n], features[n:]
        if decay or num_features > n:
            gram = train @ train.T + decay * torch.eye(n, dtype=torch.float64)
            weights = train.T @ torch.linalg.solve(gram, noisy)
        else:
            weights = torch.linalg.pinv(train) @ noisy
        errors.append((test @ weights - truth[n:]).square().mean())
    return torch.stack(errors)


plain = torch.stack([test_errors(100, p, 0, num_sets) for p in sizes])
decayed = torch.stack([test_errors(100, p, 1.0, num_sets) for p in sizes])
half = torch.stack([test_errors(50, p, 0, num_sets) for p in halves])

# %%
# 画中位数。对照是样本减半：高峰移到 50。
#
# We draw medians. The control has half the examples: the peak moves to 50.

fig, ax = plt.subplots(figsize=(7.5, 4.4), layout="constrained")
label = "100 个样本 | 100 examples"
ax.plot(sizes, plain.median(dim=1).values, "C3o-", label=label)
label = "50 个样本 | 50 examples"
ax.plot(halves, half.median(dim=1).values, "C1^:", label=label)
label = "100 个样本，有衰减 | 100 examples, with decay"
ax.plot(sizes, decayed.median(dim=1).values, "C0s--", label=label)
ax.set(
    xscale="log",
    yscale="log",
    xlabel="特征的个数 | number of features",
    ylabel="测试误差（均方） | test error (mean square)",
)
ax.legend()
fig.set_label(
    "误差在特征数等于样本数处有高峰，之后又下降；有衰减的没有高峰"
    " | The error peaks where features equal examples and falls again; with"
    " decay there is no peak"
)
plt.show()
middle = plain.median(dim=1).values
smooth = decayed.median(dim=1).values
print(middle, smooth, half.median(dim=1).values)
assert sizes[int(middle.argmax())] == 100
assert halves[int(half.median(dim=1).values.argmax())] == 50
assert middle[-1] < middle[4] / 5
assert smooth[4] < middle[4] / 5
record_all(
    "double_descent",
    {
        "few": middle[1],
        "peak": (middle[4], ".1f"),
        "many": middle[-1],
        "decayed_few": smooth[1],
        "decayed_peak": smooth[4],
        "decayed_many": smooth[-1],
    },
    over=f"{num_sets} 批数据的中位数 | median of {num_sets} sets of data",
)

# %%
# 练习 | Exercise
# ---------------
# 样本加到 200 个，高峰在哪里？先猜，再算。
#
# With 200 examples, where is the peak? Guess first, then compute.

near = [100, 150, 200, 250, 400]
more = torch.stack([test_errors(200, p, 0, num_sets) for p in near])
middle = more.median(dim=1).values
print(dict(zip(near, middle.tolist(), strict=True)))
assert near[int(middle.argmax())] == 200

# %%
# 在 200 个特征处。高峰跟着样本走，所以它不是这族模型的性质。
#
# At 200 features. The peak follows the examples, so it is no property of the
# family of models alone.
