"""Tests for d2lnotes.checkpoints."""

import random
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from d2lnotes.checkpoints import load_checkpoint, save_checkpoint

X = torch.linspace(-1, 1, 60).reshape(20, 3)
Y = (X.sum(dim=1) > 0).long()


class Run:
    """A small training run that draws from every kind of generator."""

    def __init__(self, seed, *, hidden=4, kind=torch.optim.Adam):
        torch.manual_seed(seed)
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        self.model = nn.Sequential(
            nn.Linear(3, hidden),
            nn.BatchNorm1d(hidden),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(hidden, 2),
        )
        self.optimizer = kind(self.model.parameters(), lr=0.1)
        self.scheduler = torch.optim.lr_scheduler.StepLR(self.optimizer, 2, gamma=0.5)
        self.shuffle = torch.Generator().manual_seed(seed)

    @property
    def parts(self):
        return {
            "optimizer": self.optimizer,
            "scheduler": self.scheduler,
            "generators": {"shuffle": self.shuffle},
        }

    def train(self, num_epochs):
        for _ in range(num_epochs):
            for batch in torch.randperm(20, generator=self.shuffle).split(5):
                noise = random.gauss(0, 0.1) + np.random.normal(0, 0.1)  # noqa: NPY002
                loss = cross_entropy(self.model(X[batch] + noise), Y[batch])
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
            self.scheduler.step()
        return self

    def snapshot(self):
        return {
            "model": {n: v.clone() for n, v in self.model.state_dict().items()},
            "optimizer": repr(self.optimizer.state_dict()),
            "scheduler": repr(self.scheduler.state_dict()),
            "draws": (
                self.shuffle.get_state().tolist(),
                torch.get_rng_state().tolist(),
                random.getstate(),
                np.random.get_state()[1].tolist(),  # noqa: NPY002
            ),
        }


def same(one, other):
    """Return whether two snapshots hold the same bits."""
    return all(
        torch.equal(value, other["model"][name]) for name, value in one["model"].items()
    ) and all(one[part] == other[part] for part in ("optimizer", "scheduler", "draws"))


@pytest.fixture
def saved(tmp_path):
    """A checkpoint of a run of two epochs."""
    run, path = Run(0).train(2), tmp_path / "run.pt"
    save_checkpoint(path, run.model, **run.parts, progress={"epoch": 2})
    return path


# Going on


@pytest.mark.parametrize("kind", [torch.optim.Adam, torch.optim.SGD])
def test_a_resumed_run_equals_the_uninterrupted_one_bit_for_bit(tmp_path, kind):
    whole = Run(0, kind=kind).train(5).snapshot()
    first = Run(0, kind=kind).train(2)
    save_checkpoint(tmp_path / "a.pt", first.model, **first.parts)

    second = Run(7, kind=kind)
    load_checkpoint(tmp_path / "a.pt", second.model, **second.parts)

    assert same(second.train(3).snapshot(), whole)


def test_saving_changes_nothing_in_the_run(tmp_path):
    run = Run(0).train(1)
    before = run.snapshot()

    save_checkpoint(tmp_path / "a.pt", run.model, **run.parts)

    assert same(run.snapshot(), before)


def test_progress_comes_back(tmp_path):
    progress = {"epoch": 3, "best": 0.5, "losses": [1.0, 0.5], "best_at": torch.ones(2)}
    save_checkpoint(tmp_path / "a.pt", Run(0).model, progress=progress)

    found = load_checkpoint(tmp_path / "a.pt", Run(1).model)

    assert torch.equal(found.pop("best_at"), progress.pop("best_at"))
    assert found == progress


def test_a_model_alone_leaves_the_generators(saved):
    run = Run(1)
    draws = run.snapshot()["draws"]

    load_checkpoint(saved, run.model)

    assert run.snapshot()["draws"] == draws
    assert torch.equal(run.model[0].weight, Run(0).train(2).model[0].weight)


@pytest.mark.parametrize(
    "make",
    [
        lambda o: torch.optim.lr_scheduler.MultiStepLR(o, [1, 3]),
        lambda o: torch.optim.lr_scheduler.ReduceLROnPlateau(o),
        lambda o: torch.optim.lr_scheduler.LambdaLR(o, lambda epoch: 0.9**epoch),
        lambda o: torch.optim.lr_scheduler.OneCycleLR(o, 0.1, total_steps=9),
        lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 9),
    ],
)
def test_the_schedulers_of_torch_can_be_saved(make, tmp_path):
    one, other = Run(0), Run(1)
    parts = {"optimizer": one.optimizer, "scheduler": make(one.optimizer)}
    save_checkpoint(tmp_path / "a.pt", one.model, **parts)
    new = make(other.optimizer)

    load_checkpoint(
        tmp_path / "a.pt", other.model, optimizer=other.optimizer, scheduler=new
    )

    assert repr(new.state_dict()) == repr(parts["scheduler"].state_dict())


def test_a_lazy_model_takes_its_shapes_from_the_file(tmp_path):
    save_checkpoint(tmp_path / "a.pt", nn.Linear(3, 2))
    lazy = nn.LazyLinear(2)

    load_checkpoint(tmp_path / "a.pt", lazy)

    assert lazy.weight.shape == (2, 3)


def test_a_tied_weight_is_still_tied(tmp_path):
    def tied():
        layers = nn.Linear(3, 3), nn.Linear(3, 3)
        layers[1].weight = layers[0].weight
        return nn.Sequential(*layers)

    save_checkpoint(tmp_path / "a.pt", tied())
    model = tied()

    load_checkpoint(tmp_path / "a.pt", model)

    assert model[0].weight is model[1].weight


# Refusals: the message says what differs, and nothing has changed


def refusal(path, run, **parts):
    """Return the error of a resumption, and make sure that it changed nothing."""
    before = run.snapshot()
    with pytest.raises(ValueError, match=r"\S") as caught:
        load_checkpoint(path, run.model, **(run.parts | parts))
    assert same(run.snapshot(), before)
    return str(caught.value)


def test_a_file_of_another_model_is_refused_with_the_first_differences(saved):
    message = refusal(saved, Run(1, hidden=5))

    assert (
        "0.weight is (4, 3) float32 in the file, (5, 3) float32 in the model" in message
    )
    assert "and 4 more" in message  # seven differ, three are named
    assert "make the model with the sizes" in message


def test_a_missing_and_a_surplus_name_are_told_apart(tmp_path):
    save_checkpoint(tmp_path / "a.pt", nn.ModuleDict({"old": nn.Linear(2, 1)}))
    model = nn.ModuleDict({"new": nn.Linear(2, 1, bias=False)})

    with pytest.raises(ValueError, match="another model") as caught:
        load_checkpoint(tmp_path / "a.pt", model)

    assert "new.weight is missing in the file" in str(caught.value)
    assert "old.weight is in the file only" in str(caught.value)


def test_another_data_type_is_another_model(tmp_path):
    save_checkpoint(tmp_path / "a.pt", nn.Linear(2, 1).double())

    with pytest.raises(ValueError, match=r"\(1, 2\) float64 in the file"):
        load_checkpoint(tmp_path / "a.pt", nn.Linear(2, 1))


@pytest.mark.parametrize("wrapped_is_saved", [True, False])
def test_the_prefix_of_a_wrapper_is_named(wrapped_is_saved, tmp_path):
    plain, wrapped = nn.Linear(2, 1), nn.ModuleDict({"module": nn.Linear(2, 1)})
    one, other = (wrapped, plain) if wrapped_is_saved else (plain, wrapped)
    save_checkpoint(tmp_path / "a.pt", one)

    with pytest.raises(ValueError, match=r"names begin with 'module\.'"):
        load_checkpoint(tmp_path / "a.pt", other)


def test_another_kind_of_optimizer_is_refused(saved):
    message = refusal(saved, Run(1, kind=torch.optim.SGD))

    assert "holds the state of Adam, and the optimizer is SGD; make Adam" in message


def test_a_run_does_not_resume_from_a_model_alone(tmp_path):
    save_checkpoint(tmp_path / "a.pt", Run(0).model)

    message = refusal(tmp_path / "a.pt", Run(1))

    assert "holds the state of no optimizer, and Adam was passed" in message


def test_other_parameter_groups_are_refused(saved):
    run = Run(1)
    weights = torch.optim.Adam([{"params": [p]} for p in run.model.parameters()])

    message = refusal(saved, run, optimizer=weights)

    assert "groups of [6] parameters, this one of [1, 1, 1, 1, 1, 1]" in message


def test_a_run_does_not_resume_without_its_scheduler(saved):
    message = refusal(saved, Run(1), scheduler=None)

    assert "holds the state of StepLR, and the scheduler is None" in message


def test_a_run_does_not_resume_with_a_scheduler_it_did_not_have(tmp_path):
    run = Run(0)
    save_checkpoint(tmp_path / "a.pt", run.model, optimizer=run.optimizer)

    message = refusal(tmp_path / "a.pt", run, generators=None)

    assert (
        "holds the state of no scheduler, and StepLR was passed; leave it out"
        in message
    )


def test_a_run_does_not_resume_without_its_generators(saved):
    message = refusal(saved, Run(1), generators={"order": torch.Generator()})

    assert "holds the generators ['shuffle'], got ['order']" in message


def test_a_scheduler_without_an_optimizer_is_refused(saved):
    message = refusal(saved, Run(1), optimizer=None)

    assert "pass its optimizer too" in message


def damage(path, how):
    """Change the file in one of the ways in which files get damaged."""
    whole = path.read_bytes()
    place = len(whole) // 2
    path.write_bytes(
        {
            "empty": b"",
            "cut short": whole[:place],
            "cut at its end": whole[:-1],
            "a text": "torch.save ist nicht gemeint, 这不是检查点".encode(),
            "another archive": b"PK\x05\x06" + bytes(18),
            "random": bytes(range(256)) * 4,
        }[how]
    )


@pytest.mark.parametrize(
    "how",
    ["empty", "cut short", "cut at its end", "a text", "another archive", "random"],
)
def test_a_damaged_file_is_refused(how, saved):
    damage(saved, how)

    message = refusal(saved, Run(1))

    assert str(saved) in message
    assert ("damaged" in message) or ("could execute code" in message)


def test_a_flipped_bit_in_a_weight_is_noticed(saved):
    weight = Run(0).train(2).model[0].weight.detach().numpy().tobytes()
    content = bytearray(saved.read_bytes())
    content[content.index(weight) + 3] ^= 1
    saved.write_bytes(content)

    assert "damaged" in refusal(saved, Run(1))


class Touch:
    """Makes a file when it is unpickled: code of whoever wrote the file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_code_in_a_file_is_not_executed(tmp_path):
    trace = tmp_path / "trace"
    torch.save({"format": "x", "model": Touch(trace)}, tmp_path / "a.pt")

    message = refusal(tmp_path / "a.pt", Run(1))

    assert not trace.exists()
    assert "could execute code" in message


@pytest.mark.parametrize("content", [{"weight": torch.ones(1)}, [1, 2], torch.ones(1)])
def test_a_file_that_is_no_checkpoint_is_refused(content, tmp_path):
    torch.save(content, tmp_path / "a.pt")

    assert "if it is a state_dict" in refusal(tmp_path / "a.pt", Run(1))


def test_a_file_that_is_not_there_is_answered_with_those_that_are(saved):
    with pytest.raises(FileNotFoundError, match=r"other\.pt; its folder holds run\.pt"):
        load_checkpoint(saved.with_name("other.pt"), Run(1).model)


# Writing


def test_an_object_that_could_not_be_read_again_is_refused_and_the_old_file_stays(
    saved,
):
    before = saved.read_bytes()

    with pytest.raises(ValueError, match="would not be read again"):
        save_checkpoint(saved, Run(1).model, progress={"run": Path("a")})

    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == ["run.pt"]


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_an_interrupted_write_leaves_the_old_file(error, saved, monkeypatch):
    before = saved.read_bytes()

    def write_half(content, file):
        file.write(b"half")
        raise error

    monkeypatch.setattr(torch, "save", write_half)
    with pytest.raises(type(error)):
        save_checkpoint(saved, Run(1).model)

    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == ["run.pt"]


def test_the_new_file_is_whole_before_it_takes_the_name(saved, monkeypatch):
    seen = []
    replace = Path.replace

    def look(partial, target):
        seen.append((torch.load(partial, weights_only=True)["progress"], target))
        return replace(partial, target)

    monkeypatch.setattr(Path, "replace", look)
    save_checkpoint(saved, Run(1).model, progress={"epoch": 3})

    assert seen == [({"epoch": 3}, saved)]


def test_a_missing_folder_is_made(tmp_path):
    save_checkpoint(tmp_path / "runs" / "first" / "a.pt", nn.Linear(1, 1))

    assert load_checkpoint(tmp_path / "runs" / "first" / "a.pt", nn.Linear(1, 1)) == {}


def test_draws_of_a_gpu_that_is_not_there_are_warned_of(tmp_path):
    if torch.cuda.is_available():
        pytest.skip("this machine has one")
    run, path = Run(0), tmp_path / "a.pt"
    save_checkpoint(path, run.model, **run.parts)
    content = torch.load(path, weights_only=True)
    content["global_generators"]["cuda"] = [torch.zeros(16, dtype=torch.uint8)]
    torch.save(content, path)

    with pytest.warns(UserWarning, match="drew on cuda:0, which this machine lacks"):
        load_checkpoint(path, run.model, **run.parts)


def test_a_run_on_the_same_kind_of_machine_resumes_without_a_warning(saved):
    run = Run(1)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_checkpoint(saved, run.model, **run.parts)
