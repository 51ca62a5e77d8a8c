"""What the explorables say, as ``中文 | English``; names in braces are filled in.

The script static/explorables.js takes its words by these names and has none itself.
"""

from __future__ import annotations

from d2lnotes.site.twins.languages import Language, half

_COMMON = {
    "reset": "恢复初值 | Start over",
    "run": "连续走 | Run",
    "stop": "停下 | Stop",
}

WORDS = {
    "activations": {
        "title": "激活函数和它的斜率 | An activation function and its slope",
        "function": "激活函数 | Activation function",
        "x": "输入 x | Input x",
        "layers": "层数 n | Layers n",
        "drawing": "激活函数、它的斜率和 x 处的切线；数值见图下的文字"
        " | The function, its slope and the tangent at x; the text below gives values",
        "tangent": "切线 | tangent",
        "point": "在 x = {x} 处，值是 {value}，斜率是 {slope}。"
        " | At x = {x} the value is {value} and the slope {slope}.",
        "product": "连过 {layers} 层，层层都是这个斜率，梯度要乘 {product}。"
        " | Through {layers} layers of this slope a gradient is multiplied by"
        " {product}.",
        "kink": "0 是折点，导数不存在；上面的斜率是 torch 的取法。"
        " | At the kink there is no derivative; the slope above is torch's choice.",
        "saturated": "饱和：几乎是平的，梯度过不去。"
        " | Saturated: almost flat, hardly any gradient passes.",
        "shrinks": "斜率不到 1：一层还好，层数一多，梯度就没了。"
        " | A slope below 1: harmless in one layer, fatal in many.",
        "passes": "斜率接近 1：多少层都过得去。"
        " | A slope near 1: the gradient passes any number of layers.",
    },
    "gradient-descent": {
        "title": "学习率多大会走丢 | Which learning rate is too large?",
        "curve": "函数 f | Function f",
        "quadratic": "抛物线 x² | parabola x²",
        "valley": "狭谷 (x² + 10y²)/2 | narrow valley (x² + 10y²)/2",
        "twoMinima": "双谷 x⁴/4 − x²/2 + x/10 | two minima x⁴/4 − x²/2 + x/10",
        "absolute": "绝对值 |x| | absolute value |x|",
        "rate": "学习率 η | Learning rate η",
        "start": "起点 x | Starting point x",
        "steps": "步数 | Number of steps",
        "step": "走一步 | One step",
        "road": "函数的图像和走过的点，圈住的是起点；数值见图下的文字"
        " | The function and the points visited, the first in a ring;"
        " the text below gives values",
        "losses": "每一步之后比最小值高出多少，对数刻度"
        " | How far above the minimum each step ends, on a logarithmic scale",
        "stepAxis": "步 | step",
        "gapAxis": "f − 最小值 | f − minimum",
        "now": "{step} 步之后在 {place}，f = {value}。"
        " | After {step} steps at {place}, where f = {value}.",
        "lost": "走了 {step} 步，已远在百万之外：发散了。"
        " | After {step} steps it is more than a million away: diverged.",
        "approaches": "η = {rate} 小于 2/L = {limit}；每步把离谷底的距离乘 {factor}，"
        "一路走近。"
        " | η = {rate} is below 2/L = {limit}: each step multiplies the distance by"
        " {factor} and comes closer from one side.",
        "alternates": "η = {rate} 小于 2/L = {limit}；每步把离谷底的距离乘 {factor}，"
        "左右来回，越来越近。"
        " | η = {rate} is below 2/L = {limit}: each step multiplies the distance by"
        " {factor}, to and fro, closer each time.",
        "threshold": "η = {rate} 恰是 2/L：每步把离谷底的距离乘 {factor}，"
        "永远来回，不近也不远。"
        " | η = {rate} is exactly 2/L: each step multiplies the distance by {factor},"
        " to and fro for ever.",
        "diverges": "η = {rate} 大于 2/L = {limit}；每步把离谷底的距离乘 {factor}，"
        "越走越远。"
        " | η = {rate} is above 2/L = {limit}: each step multiplies the distance by"
        " {factor}, farther each time.",
        "slow": "沿 y（L = 10）的因子是 {factor}，沿 x（曲率 1）的是 {slow}。"
        " | Along y (L = 10) the factor is {factor}, along x (curvature 1) {slow}.",
        "arrived": "到了极小点 {x}。 | It has reached the minimum at {x}.",
        "underway": "在 {x}，没有停在极小点上。 | At {x}, which is no minimum.",
        "limits": "每个谷底有自己的 2/f″：左边 {left}，右边 {right}；超过它就停不住。"
        " | Each minimum has a 2/f″ of its own, left {left}, right {right}; beyond it"
        " nothing settles there.",
        "constant": "斜率总是 ±1，每步都走 {rate}：没有 2/L 可言，"
        "离谷底不到 {rate} 之后就来回跳。"
        " | The slope is always ±1, so each step is {rate} long. There is no 2/L: once"
        " within {rate} of the minimum it hops to and fro.",
    },
    "convolution": {
        "title": "卷积核滑过图像 | A kernel moves over an image",
        "image": "图像 | Image",
        "edge": "左暗右亮 | dark left, bright right",
        "square": "角上的亮块 | bright block in a corner",
        "slope": "斜线 | slanted line",
        "dot": "一个亮点 | one bright pixel",
        "kernel": "卷积核 | Kernel",
        "pair": "2 × 2，左右之差 | 2 × 2, right minus left",
        "vertical": "竖边 | vertical edges",
        "horizontal": "横边 | horizontal edges",
        "blur": "模糊 | blur",
        "sharpen": "锐化 | sharpen",
        "outline": "轮廓 | outline",
        "shift": "平移 | shift",
        "own": "自己填的 | your own",
        "weights": "权重，可以改 | Weights, yours to change",
        "weight": "权重，第 {row} 行第 {column} 列 | Weight, row {row}, column {column}",
        "stride": "步幅 | Stride",
        "padding": "填充 | Padding",
        "row": "输出的行 | Output row",
        "column": "输出的列 | Output column",
        "next": "下一格 | Next place",
        "before": "输入和卷积核的位置 | The input, and where the kernel lies",
        "after": "输出和正在算的一格 | The output, and the number being computed",
        "inputTitle": "输入 {size} × {size} | input {size} × {size}",
        "outputTitle": "输出 {size} × {size} | output {size} × {size}",
        "here": "输出第 {row} 行第 {column} 列（从 0 数起）："
        " | Output row {row}, column {column}, counted from 0:",
        "size": "边长：⌊({size} + 2·{padding} − {side}) / {stride}⌋ + 1 = {result}。"
        " | Side: ⌊({size} + 2·{padding} − {side}) / {stride}⌋ + 1 = {result}.",
    },
    "softmax-temperature": {
        "title": "softmax 与温度 | Softmax with temperature",
        "scoreA": "A 的得分 | Score of A",
        "scoreB": "B 的得分 | Score of B",
        "scoreC": "C 的得分 | Score of C",
        "scoreD": "D 的得分 | Score of D",
        "temperature": "温度 T | Temperature T",
        "shift": "所有得分再加 | Add to all scores",
        "bars": "四个类别的概率，条形图 | The probabilities of four classes, as bars",
        "graph": "熵随温度的变化，圆点是现在的温度"
        " | Entropy against temperature; the dot is the present one",
        "probability": "概率 | probability",
        "temperatureAxis": "温度的常用对数 log₁₀ T | log₁₀ T, the temperature",
        "entropyAxis": "熵（奈特） | entropy (nats)",
        "now": "T = {temperature}：最大的概率 {largest}，熵 {entropy} 奈特，"
        "至多 ln 4 = 1.386（虚线）。"
        " | T = {temperature}: largest probability {largest}, entropy {entropy} nats,"
        " at most ln 4 = 1.386 (dashed).",
        "agree": "照定义直接算，float32 得 {naive}：没有溢出。"
        " | The bare formula in float32 gives {naive}: no overflow.",
        "overflow": "照定义直接算，float32 得 {naive}：指数大到 {top}，"
        "超过 88.7 就溢出。"
        " | The bare formula in float32 gives {naive}: exponents reach {top}, those"
        " beyond 88.7 overflow.",
    },
    "polynomial-overfitting": {
        "title": "多项式的次数与过拟合 | Polynomial degree and overfitting",
        "degree": "次数 | Degree",
        "points": "训练点数 n | Training points n",
        "noise": "噪声的标准差 σ | Noise σ (standard deviation)",
        "draw": "换一批数据 | New data",
        "fitted": "训练点、真正的函数和拟合出的多项式；数值见图下的文字"
        " | Training points, the true function and the fitted polynomial;"
        " the text below gives values",
        "errors": "训练误差和留出误差随次数的变化，对数刻度"
        " | Training and held-out error against the degree, on a logarithmic scale",
        "fit": "拟合 | fit",
        "truth": "真值 | truth",
        "data": "训练点 | data",
        "degreeAxis": "次数 | degree",
        "errorAxis": "均方根误差 | RMS error",
        "trainError": "训练 | training",
        "heldError": "留出 | held out",
        "now": "{degree} 次：训练误差 {train}，留出误差 {held}。"
        " | Degree {degree}: training error {train}, held-out error {held}.",
        "best": "留出误差在 {best} 次最小，是 {error}（噪声 σ = {noise}）。"
        " | Held-out error is least at degree {best}: {error} (noise σ = {noise}).",
        "over": "过拟合：多出来的次数在记噪声。"
        " | Overfitting: the surplus degrees memorize noise.",
        "under": "欠拟合：次数不够，描不出真正的函数。"
        " | Underfitting: too low a degree for the true function.",
        "right": "与最好的相差不到一成：次数合适。"
        " | Within a tenth of the best: a suitable degree.",
    },
}


def words_of(name: str, language: Language) -> dict[str, str]:
    """Return the words of the explorable ``name`` in ``language``."""
    both = {**_COMMON, **WORDS[name]}
    return {key: half(text, language) for key, text in both.items()}
