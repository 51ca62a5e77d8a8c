"""Tests for the store of runs: what is found there, and what is refused."""

import os
import re
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from d2lnotes.site.gallery.records import Record, Run
from d2lnotes.site.gallery.scripts import Script, Shard
from d2lnotes.site.gallery.store import (
    DamagedRunError,
    Store,
    StoredRun,
    pack,
    put_in_place,
    unpack,
)

NAME = "numbers/plot_one"
INPUTS = {"the script": "abc", "Python": "3.11"}
FILES = {
    "plot_one.rst": b"page",
    "sphx_glr_plot_one_001.png": b"figure",
    "sphx_glr_plot_one_001_2_00x.png": b"large figure",
    "sphx_glr_plot_one_thumb.png": b"small figure",
    "plot_one.kept": b"{}",
}


def run_of(*, inputs=INPUTS, files=FILES, data=None, seconds=1.0, outputs=None):
    """Return a run as the store takes it; ``data`` is what it found in the cache."""
    digests = {name: sha256(content).hexdigest() for name, content in files.items()}
    run = Run(inputs=inputs, outputs=outputs or digests, seconds=seconds)
    return StoredRun(Record(script=NAME, run=run, files=data or {}), dict(files))


@pytest.fixture
def store(tmp_path, monkeypatch):
    """An empty store that remembers what it said, beside an empty data cache."""
    monkeypatch.setenv("D2LNOTES_DATA", str(tmp_path / "data"))
    return Store(tmp_path / "runs", [].append)


@pytest.fixture
def arrive(tmp_path):
    """Put a file of some bytes into the data cache."""

    def put(size):
        path = tmp_path / "data" / "clothes" / "a.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)

    return put


def said(store):
    return store.say.__self__


def test_a_run_is_found_with_the_same_inputs_and_no_others(store):
    store.keep(run_of())

    assert store.find(NAME, INPUTS) == run_of()
    assert store.find(NAME, INPUTS | {"Python": "3.12"}) is None
    assert store.find("numbers/plot_two", INPUTS) is None


def test_a_run_without_data_is_found_whatever_the_data_cache_holds(store, arrive):
    store.keep(run_of())
    arrive(7)

    assert store.find(NAME, INPUTS) == run_of()


def test_runs_with_and_without_data_are_kept_side_by_side(store, arrive):
    without, with_data = (run_of(data={"clothes/a.gz": size}) for size in (None, 7))
    store.keep(without)
    assert store.find(NAME, INPUTS) == without

    arrive(7)
    assert store.find(NAME, INPUTS) is None
    store.keep(with_data)

    assert store.find(NAME, INPUTS) == with_data
    (Path(os.environ["D2LNOTES_DATA"]) / "clothes" / "a.gz").unlink()
    assert store.find(NAME, INPUTS) == without


def test_a_later_run_takes_the_place_of_one_that_held_too(store):
    store.keep(run_of(seconds=1.0))
    store.keep(run_of(seconds=2.0))

    assert store.find(NAME, INPUTS) == run_of(seconds=2.0)
    assert len(store.runs()) == 1


def test_what_holds_no_longer_is_forgotten(store):
    store.keep(run_of())

    store.forget(NAME, INPUTS)

    assert store.find(NAME, INPUTS) is None


@pytest.mark.parametrize("damage", [b"", b"not a zip", None])
def test_a_damaged_run_is_a_miss_and_named_once(store, damage):
    store.keep(run_of())
    (path,) = store.runs()
    path.write_bytes(path.read_bytes()[:-9] if damage is None else damage)

    assert store.find(NAME, INPUTS) is None
    assert store.find(NAME, INPUTS) is None
    assert [str(path) in text for text in said(store)] == [True]


def test_what_was_used_least_recently_goes_first(store):
    runs = [run_of(inputs=INPUTS | {"Python": str(n)}) for n in range(3)]
    for age, run in enumerate(runs):
        store.keep(run)
        os.utime(store.runs()[-1], (age, age))
    assert store.find(NAME, runs[0].record.run.inputs)  # the oldest, used again

    size = store.runs()[0].stat().st_size
    store.prune(2 * size + size // 2)

    found = [store.find(NAME, run.record.run.inputs) is not None for run in runs]
    assert found == [True, False, True]


def test_the_store_stays_within_its_limit(store, monkeypatch):
    store.keep(run_of())
    monkeypatch.setattr(
        "d2lnotes.site.gallery.store.LIMIT", 2 * store.runs()[0].stat().st_size
    )

    for number in range(5):
        store.keep(run_of(inputs=INPUTS | {"Python": str(number)}))

    assert len(store.runs()) == 2


def test_a_store_that_cannot_be_written_is_named_and_nothing_fails(tmp_path):
    place = tmp_path / "file"
    place.write_text("in the way")
    said = []

    Store(place, said.append).keep(run_of())

    assert re.search(f"cannot be kept in {place}: .*; set D2LNOTES_RUNS", said[0])


def test_a_run_that_could_not_be_written_leaves_nothing(store, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    store.keep(run_of())

    assert [path for path in store.folder.rglob("*") if path.is_file()] == []
    assert "No space left on device" in said(store)[0]


def test_many_builds_may_use_a_store_at_once(store):
    inputs = [INPUTS | {"Python": str(number % 3)} for number in range(30)]

    def use(number):
        store.keep(run_of(inputs=inputs[number], seconds=float(number)))
        return store.find(NAME, inputs[number])

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(use, range(30)))

    assert said(store) == []
    # One that another build replaced meanwhile may be missed, and is run again.
    assert {run.files == FILES for run in found if run} == {True}
    assert [path for path in store.folder.rglob("*") if "partial" in path.name] == []


def test_a_run_is_put_where_it_would_have_left_its_files(tmp_path):
    script = Script(
        name=NAME,
        source=tmp_path / "gallery/numbers/plot_one.py",
        target=tmp_path / "docs/gallery/numbers/plot_one.py",
        record=tmp_path / "results/numbers/plot_one.json",
    )
    script.source.parent.mkdir(parents=True)
    script.source.write_text("1 + 1\n")
    older = tmp_path / "docs/gallery/numbers/images/sphx_glr_plot_one_002.png"
    older.parent.mkdir(parents=True)
    older.write_bytes(b"a figure that it no longer draws")

    put_in_place(script, run_of())

    assert script.contents() == FILES
    assert script.outputs() == run_of().record.run.outputs
    assert script.checksum.exists()


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        (run_of(files=FILES | {"../../conf.py": b"evil"}), "no run makes a file like"),
        (run_of(files=FILES | {"/etc/passwd": b"evil"}), "no run makes a file like"),
        (run_of(files=FILES | {"plot_two.rst": b"evil"}), "no run makes a file like"),
        # A figure of the script plot_one_100.
        (run_of(files={"sphx_glr_plot_one_100_001.png": b"x"}), "no run makes a file"),
        (run_of(outputs={"plot_one.rst": "0" * 64}), "not those of its record"),
    ],
)
def test_a_run_whose_files_are_not_its_own_is_refused(run, reason):
    with pytest.raises(DamagedRunError, match=reason):
        unpack(*pack(run))


def test_a_run_under_the_name_of_another_is_refused():
    name, content = pack(run_of())
    _, other = pack(run_of(inputs={"the script": "another"}))
    digits = name.rpartition("-")[2]

    with pytest.raises(DamagedRunError, match="that of another run"):
        unpack(name.replace(digits, f"{sha256(other).hexdigest()[:32]}.zip"), other)
    with pytest.raises(DamagedRunError, match="that of another run"):
        unpack(name.replace("plot_one", "plot_two"), content)


def test_a_run_with_the_content_of_another_is_refused():
    name, _ = pack(run_of(seconds=1.0))
    _, other = pack(run_of(seconds=2.0))

    with pytest.raises(DamagedRunError, match="not that which was stored"):
        unpack(name, other)


def test_a_run_that_would_fill_the_memory_is_refused(monkeypatch):
    monkeypatch.setattr("d2lnotes.site.gallery.store._LARGEST_RUN", 1000)

    with pytest.raises(DamagedRunError, match="more than 1,000 bytes"):
        unpack(*pack(run_of(files={"plot_one.rst": b"0" * 1000})))


@pytest.mark.parametrize("name", ["../{}", "/{}", "numbers/../{}", "{}.exe"])
def test_a_name_that_leads_elsewhere_is_refused(name):
    stored, content = pack(run_of())

    with pytest.raises(DamagedRunError, match="not that of a run"):
        unpack(name.format(stored), content)


def test_every_script_is_in_exactly_one_shard():
    names = [f"chapter-{n % 7}/plot_{n}" for n in range(145)]
    shards = [Shard.parse(f"{k}/8") for k in range(1, 9)]

    held = [[shard.holds(name) for shard in shards].count(True) for name in names]

    assert set(held) == {1}


def test_a_new_script_moves_no_other_to_another_shard():
    second = Shard.parse("2/8")
    before = {name for n in range(50) if second.holds(name := f"plot_{n}")}
    after = {name for n in range(60) if second.holds(name := f"plot_{n}")}

    assert before == {name for name in after if int(name.removeprefix("plot_")) < 50}


@pytest.mark.parametrize("text", ["", "2", "0/3", "4/3", "1/0", "-1/2", "1/2/3", "a/b"])
def test_what_is_no_shard_is_refused(text):
    with pytest.raises(ValueError, match="a share is k/n"):
        Shard.parse(text)
