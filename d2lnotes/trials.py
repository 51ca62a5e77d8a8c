"""The bookkeeping of a project: a log of trials, one look at the test, a file to submit.

Scores are fractions in [0, 1], higher is better. A trial is one recipe, run once with
each seed, so two trials of a log can be compared seed by seed.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from d2lnotes._checks import check_labels

__all__ = [
    "LockedTest",
    "TrialLog",
    "expected_maximum",
    "read_submission",
    "write_submission",
]

_HEADER = ["id", "label"]


class TrialLog:
    """Validation scores of trials, in the order in which they were made.

    Examples
    --------
    >>> log = TrialLog()
    >>> log.add("plain", [0.50, 0.52])
    >>> log.add("with flips", [0.55, 0.56])
    >>> log.best()
    'with flips'
    >>> log.gains("with flips", "plain")
    tensor([0.0500, 0.0400], dtype=torch.float64)
    """

    def __init__(self) -> None:
        self._scores: dict[str, Tensor] = {}

    def add(self, name: str, scores: Tensor | Sequence[float]) -> None:
        """Enter a trial; what was entered stays.

        Parameters
        ----------
        name
            What was tried, new to this log.
        scores : (num_seeds,) float
            Validation scores as fractions, one for each seed, in the order of the
            seeds.

        Raises
        ------
        ValueError
            If the name is taken, the scores are not between 0 and 1, or there are not
            as many as in the other trials.
        """
        row = torch.as_tensor(scores).detach().cpu().double()
        if name in self._scores:
            raise ValueError(
                f"a trial is entered once, and {name!r} is in the log; say in the name "
                "what differs, such as its learning rate"
            )
        if row.ndim != 1 or not len(row) or not ((row >= 0) & (row <= 1)).all():
            raise ValueError(
                "scores must hold one fraction in [0, 1] for each seed, got "
                f"{row.tolist()}; divide percentages by 100"
            )
        expected = {len(other) for other in self._scores.values()} or {len(row)}
        if len(row) not in expected:
            raise ValueError(
                f"trials are compared seed by seed: expected {expected.pop()} scores, "
                f"got {len(row)}; run {name!r} with the seeds of the other trials"
            )
        self._scores[name] = row

    def __len__(self) -> int:
        """Return how many trials were made, failures among them."""
        return len(self._scores)

    def names(self) -> list[str]:
        """Return what was tried, in the order of the trials."""
        return list(self._scores)

    def scores(self, name: str) -> Tensor:
        """Return the validation scores of a trial, shape ``(num_seeds,)`` float64.

        Raises
        ------
        LookupError
            If the log has no such trial; the message lists those it has.
        """
        if name not in self._scores:
            raise LookupError(f"the log has no trial {name!r}; it has {self.names()}")
        return self._scores[name].clone()

    def best(self) -> str:
        """Return the name of the highest mean score, the earliest of equal ones.

        Raises
        ------
        ValueError
            If the log is empty.
        """
        if not self._scores:
            raise ValueError("the log has no trial to choose from; add one first")
        return max(self._scores, key=lambda name: self._scores[name].mean().item())

    def gains(self, name: str, reference: str) -> Tensor:
        """Return how much higher a trial scores than another, seed by seed.

        Returns
        -------
        Tensor : (num_seeds,) float64
            Differences of fractions.

        Raises
        ------
        LookupError
            If the log has no trial of one of the names.
        """
        return self.scores(name) - self.scores(reference)

    def table(self) -> str:
        """Return one line for each trial: number, mean, standard deviation, name."""
        lines = []
        for number, (name, row) in enumerate(self._scores.items(), start=1):
            spread = f"{row.std():.3f}" if len(row) > 1 else "  -  "
            lines.append(f"{number:2d}  {row.mean():.3f}  {spread}  {name}")
        return "\n".join(lines)


class LockedTest:
    """Test labels that score one list of answers, and no second one.

    It keeps nobody from reading the labels elsewhere. It turns a second look, which
    happens by habit, into an error, which does not.

    Parameters
    ----------
    labels : (n,) integer
        The right classes.
    """

    def __init__(self, labels: Tensor) -> None:
        check_labels("labels", labels)
        if labels.ndim != 1 or not len(labels):
            raise ValueError(
                "labels must hold one class for each test example, shape (n,), got "
                f"{tuple(labels.shape)}"
            )
        self._labels = labels.detach().clone()
        self._score: float | None = None

    def __len__(self) -> int:
        """Return the number of test examples."""
        return len(self._labels)

    def score(self, answers: Tensor) -> float:
        """Return the share of right answers, the first time.

        Answers of a wrong shape or type do not count as a look.

        Parameters
        ----------
        answers : (n,) integer
            Predicted classes, in the order of the labels.

        Raises
        ------
        RuntimeError
            If the test has been used before; the message repeats its score.
        ValueError
            If ``answers`` are not one class number for each test example.
        """
        if self._score is not None:
            raise RuntimeError(
                "the test set scores once, and this one has given "
                f"{self._score:.4f}; choose on the validation set, or collect new "
                "test examples"
            )
        check_labels("answers", answers)
        if answers.shape != self._labels.shape:
            raise ValueError(
                f"answers must have shape {tuple(self._labels.shape)}, one for each "
                f"test example, got {tuple(answers.shape)}"
            )
        right = answers.to(self._labels.device) == self._labels
        self._score = right.double().mean().item()
        return self._score


def expected_maximum(count: int) -> float:
    r"""Return the mean of the largest of ``count`` independent standard normal numbers.

    .. math:: e_k = \int x\, k\, \varphi(x)\, \Phi(x)^{k - 1} \, dx

    Parameters
    ----------
    count
        How many numbers, k.

    Returns
    -------
    float
        Dimensionless, in standard deviations: 0 for one number, 1.03 for five.

    Raises
    ------
    ValueError
        If ``count`` is less than 1.
    """
    if count < 1:
        raise ValueError(f"the largest of {count} numbers is undefined; take 1 or more")
    x = torch.linspace(-12, 12, 24_001, dtype=torch.float64)
    density = (-x.square() / 2).exp() / math.sqrt(2 * math.pi)
    density = count * density * torch.special.ndtr(x) ** (count - 1)
    return torch.trapezoid(x * density, x).item()


def write_submission(
    path: Path | str,
    ids: Sequence[str],
    answers: Tensor,
    *,
    class_names: Sequence[str],
) -> None:
    """Write a csv file with the columns ``id`` and ``label``.

    Parameters
    ----------
    path
        The file; what was there is replaced.
    ids
        Names of the test examples.
    answers : (n,) integer
        Predicted class of each.
    class_names
        Entry ``k`` is written for the class ``k``.

    Raises
    ------
    ValueError
        If there is not one answer for each id, or an answer is no class.
    """
    check_labels("answers", answers)
    if answers.shape != (len(ids),):
        raise ValueError(
            f"there must be one answer for each of {len(ids)} ids, got shape "
            f"{tuple(answers.shape)}"
        )
    if len(ids) and not 0 <= int(answers.min()) <= int(answers.max()) < len(
        class_names
    ):
        raise ValueError(
            f"answers must be class numbers from 0 to {len(class_names) - 1}, got "
            f"{int(answers.min())} to {int(answers.max())}"
        )
    with Path(path).open("w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream)
        rows.writerow(_HEADER)
        rows.writerows(
            (name, class_names[k])
            for name, k in zip(ids, answers.tolist(), strict=True)
        )


def read_submission(
    path: Path | str, ids: Sequence[str], *, class_names: Sequence[str]
) -> Tensor:
    """Return the answers of a submission in the order of ``ids``, after checking it.

    Parameters
    ----------
    path
        A csv file with the columns ``id`` and ``label``; its rows may be in any order.
    ids
        The test examples that have to be answered.
    class_names
        The labels that are allowed.

    Returns
    -------
    Tensor : (n,) int64

    Raises
    ------
    ValueError
        If the header differs, an id is missing, unknown or answered twice, or a label
        is no class; the message names the first culprit.
    """
    with Path(path).open(newline="", encoding="utf-8") as stream:
        header, *rows = list(csv.reader(stream)) or [[]]
    if header != _HEADER:
        raise ValueError(
            f"the first line must be {','.join(_HEADER)!r}, got {','.join(header)!r}"
        )
    wanted, numbers = set(ids), {name: k for k, name in enumerate(class_names)}
    found: dict[str, int] = {}
    for line, row in enumerate(rows, start=2):
        name, label = row if len(row) == 2 else ("", "")
        if name not in wanted:
            raise ValueError(f"line {line}: {name!r} is no id of the test set: {row}")
        if name in found:
            raise ValueError(f"line {line}: {name!r} is answered twice; keep one row")
        if label not in numbers:
            raise ValueError(
                f"line {line}: {label!r} is no class; the classes are "
                f"{', '.join(class_names)}"
            )
        found[name] = numbers[label]
    missing = [name for name in ids if name not in found]
    if missing:
        raise ValueError(
            f"{len(missing)} of {len(ids)} ids have no answer, the first {missing[0]!r}"
        )
    return torch.tensor([found[name] for name in ids], dtype=torch.long)
