"""Tests for d2lnotes.trials: the log, the locked test and the file to submit."""

import csv
import math

import pytest
import torch
from sklearn.metrics import accuracy_score

from d2lnotes.trials import (
    LockedTest,
    TrialLog,
    expected_maximum,
    read_submission,
    write_submission,
)

CLASSES = ("cat", "dog", "ship")
IDS = ["a.png", "b.png", "c.png", "d.png"]
ANSWERS = torch.tensor([2, 0, 1, 0])


@pytest.fixture
def log():
    """Three trials with two seeds, the last two of one mean."""
    log = TrialLog()
    log.add("plain", [0.5, 0.25])
    log.add("flips", [0.75, 0.5])
    log.add("crops", [0.5, 0.75])
    return log


@pytest.fixture
def file(tmp_path):
    """A correct submission."""
    path = tmp_path / "submission.csv"
    write_submission(path, IDS, ANSWERS, class_names=CLASSES)
    return path


def test_gains_are_differences_seed_by_seed(log):
    torch.testing.assert_close(
        log.gains("crops", "plain"), torch.tensor([0.0, 0.5]).double()
    )


def test_the_best_trial_has_the_highest_mean_and_came_first(log):
    assert log.best() == "flips"


def test_failed_trials_count_too(log):
    assert len(log) == 3
    assert log.names() == ["plain", "flips", "crops"]


def test_a_trial_is_entered_once(log):
    with pytest.raises(ValueError, match="'flips' is in the log"):
        log.add("flips", [0.9, 0.9])


def test_a_change_of_returned_scores_leaves_the_log_alone(log):
    log.scores("plain").zero_()

    assert log.scores("plain").tolist() == [0.5, 0.25]


def test_trials_with_other_seeds_are_refused(log):
    with pytest.raises(ValueError, match="expected 2 scores, got 3"):
        log.add("mixup", [0.5, 0.5, 0.5])


@pytest.mark.parametrize("scores", [[52.0, 50.0], [-0.1, 0.5], [math.nan, 0.5], []])
def test_what_is_no_fraction_is_refused(scores):
    with pytest.raises(ValueError, match="divide percentages by 100"):
        TrialLog().add("percent", scores)


def test_an_unknown_trial_is_answered_by_the_names_there_are(log):
    with pytest.raises(LookupError, match="'plain', 'flips', 'crops'"):
        log.gains("mixup", "plain")


def test_an_empty_log_has_no_best():
    with pytest.raises(ValueError, match="add one first"):
        TrialLog().best()


def test_the_table_has_a_line_for_each_trial(log):
    lines = log.table().splitlines()

    assert lines[1].split() == ["2", "0.625", "0.177", "flips"]
    assert len(lines) == 3


def test_a_locked_test_agrees_with_scikit_learn(generator):
    labels, answers = torch.randint(10, (2, 57), generator=generator)

    score = LockedTest(labels).score(answers)

    assert score == pytest.approx(accuracy_score(labels, answers))


def test_a_test_set_scores_once_and_repeats_what_it_said():
    test = LockedTest(torch.tensor([0, 1, 1, 1]))
    test.score(torch.tensor([0, 1, 1, 0]))

    with pytest.raises(RuntimeError, match=r"0\.7500"):
        test.score(torch.tensor([0, 1, 1, 1]))


@pytest.mark.parametrize("answers", [torch.zeros(3).long(), torch.zeros(4)])
def test_answers_of_a_wrong_form_do_not_use_the_test_up(answers):
    test = LockedTest(torch.tensor([0, 1, 1, 1]))

    with pytest.raises(ValueError, match="answers must"):
        test.score(answers)

    assert test.score(torch.tensor([0, 1, 1, 1])) == 1.0


def test_a_locked_test_does_not_follow_later_changes_of_the_labels():
    labels = torch.tensor([0, 1])
    test = LockedTest(labels)
    labels.zero_()

    assert test.score(torch.tensor([0, 1])) == 1.0


@pytest.mark.parametrize("labels", [torch.zeros(2, 3).long(), torch.zeros(0).long()])
def test_a_locked_test_wants_one_label_for_each_example(labels):
    with pytest.raises(ValueError, match=r"shape \(n,\)"):
        LockedTest(labels)


@pytest.mark.parametrize(
    ("count", "exact"),
    [(1, 0.0), (2, 1 / math.sqrt(math.pi)), (3, 1.5 / math.sqrt(math.pi))],
)
def test_the_expected_maximum_has_its_known_values(count, exact):
    assert expected_maximum(count) == pytest.approx(exact, abs=1e-9)


def test_the_expected_maximum_agrees_with_draws(generator):
    draws = torch.randn(100_000, 20, generator=generator).amax(dim=1)

    assert expected_maximum(20) == pytest.approx(draws.mean().item(), abs=0.01)


def test_the_largest_of_no_number_is_refused():
    with pytest.raises(ValueError, match="1 or more"):
        expected_maximum(0)


def test_what_is_written_is_read_back(file):
    assert torch.equal(read_submission(file, IDS, class_names=CLASSES), ANSWERS)


def test_answers_follow_the_ids_and_not_the_rows(file):
    order = [2, 0, 3, 1]

    found = read_submission(file, [IDS[i] for i in order], class_names=CLASSES)

    assert torch.equal(found, ANSWERS[order])


def test_other_programs_can_read_the_file(file):
    with file.open(newline="") as stream:
        rows = list(csv.DictReader(stream))

    assert rows[0] == {"id": "a.png", "label": "ship"}
    assert len(rows) == 4


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["a.png,ship"], "first line must be 'id,label', got 'a.png,ship'"),
        ([], "first line must be"),
        (["id,label", "a.png,ship"], "3 of 4 ids have no answer, the first 'b.png'"),
        (["id,label", "a.png,boat"], "line 2: 'boat' is no class"),
        (["id,label", "z.png,cat"], "line 2: 'z.png' is no id"),
        (["id,label", "a.png,cat", "a.png,cat"], "line 3: 'a.png' is answered twice"),
        (["id,label", "a.png"], "line 2: '' is no id"),
    ],
)
def test_a_faulty_file_is_refused_with_its_first_culprit(tmp_path, lines, message):
    path = tmp_path / "faulty.csv"
    path.write_text("\n".join(lines), encoding="utf-8")

    with pytest.raises(ValueError, match=message):
        read_submission(path, IDS, class_names=CLASSES)


@pytest.mark.parametrize("answer", [-1, 3])
def test_an_answer_that_is_no_class_is_not_written(tmp_path, answer):
    path = tmp_path / "submission.csv"

    with pytest.raises(ValueError, match="from 0 to 2"):
        write_submission(path, ["a.png"], torch.tensor([answer]), class_names=CLASSES)

    assert not path.exists()


def test_there_must_be_an_answer_for_each_id(tmp_path):
    with pytest.raises(ValueError, match="each of 4 ids"):
        write_submission(tmp_path / "s.csv", IDS, ANSWERS[:3], class_names=CLASSES)
