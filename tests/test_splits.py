"""Folds and splits in time, compared with scikit-learn and with their promises."""

import pytest
import torch
from sklearn.model_selection import KFold, TimeSeriesSplit

from d2lnotes.splits import forward_splits, k_fold_indices


def as_lists(splits):
    return [(train.tolist(), valid.tolist()) for train, valid in splits]


@pytest.mark.parametrize(("n", "k"), [(6, 3), (10, 3), (11, 4), (5, 5)])
def test_folds_in_order_are_those_of_scikit_learn(n, k):
    expected = KFold(k).split(torch.zeros(n))
    assert as_lists(k_fold_indices(n, k)) == as_lists(
        (torch.from_numpy(a), torch.from_numpy(b)) for a, b in expected
    )


def test_a_generator_shuffles_and_each_example_validates_once():
    generator = torch.Generator().manual_seed(0)
    splits = k_fold_indices(20, 4, generator=generator)
    judged = torch.cat([valid for _, valid in splits])
    assert judged.tolist() != list(range(20))
    assert judged.sort().values.tolist() == list(range(20))
    for train, valid in splits:
        assert sorted([*train.tolist(), *valid.tolist()]) == list(range(20))


def test_the_same_seed_gives_the_same_folds():
    first, second = (
        k_fold_indices(9, 3, generator=torch.Generator().manual_seed(1))
        for _ in range(2)
    )
    assert as_lists(first) == as_lists(second)


def test_a_group_is_never_divided():
    groups = torch.tensor([7, 3, 7, 3, 9, 9, 9, 4])
    generator = torch.Generator().manual_seed(0)
    splits = k_fold_indices(8, 3, groups=groups, generator=generator)
    for train, valid in splits:
        assert not set(groups[train].tolist()) & set(groups[valid].tolist())
    judged = torch.cat([valid for _, valid in splits])
    assert judged.sort().values.tolist() == list(range(8))


@pytest.mark.parametrize("k", [1, 4])
def test_too_few_or_too_many_folds_are_refused(k):
    with pytest.raises(ValueError, match="from 2 to 3"):
        k_fold_indices(4, k, groups=torch.tensor([0, 0, 1, 2]))


def test_groups_of_another_length_are_refused():
    with pytest.raises(ValueError, match="each of 4 examples"):
        k_fold_indices(4, 2, groups=torch.tensor([0, 1, 2]))


@pytest.mark.parametrize(("n", "splits"), [(12, 3), (11, 3), (5, 4), (9, 2)])
def test_splits_in_time_are_those_of_scikit_learn(n, splits):
    expected = TimeSeriesSplit(splits).split(torch.zeros(n))
    assert as_lists(forward_splits(torch.arange(n), splits)) == as_lists(
        (torch.from_numpy(a), torch.from_numpy(b)) for a, b in expected
    )


def test_equal_times_stay_together_and_the_future_is_not_trained_on():
    years = torch.tensor([2008, 2006, 2007, 2006, 2008, 2009, 2007])
    splits = forward_splits(years, 3)
    assert [years[valid].unique().tolist() for _, valid in splits] == [
        [2007],
        [2008],
        [2009],
    ]
    for train, valid in splits:
        assert years[train].max() < years[valid].min()
        assert len(train) == (years < years[valid].min()).sum()


@pytest.mark.parametrize("num_splits", [0, 2])
def test_as_many_splits_as_times_are_refused(num_splits):
    with pytest.raises(ValueError, match="below 2"):
        forward_splits(torch.tensor([1, 1, 2]), num_splits)


def test_times_need_one_number_for_each_example():
    with pytest.raises(ValueError, match=r"shape \(n,\)"):
        forward_splits(torch.zeros(3, 1), 1)
