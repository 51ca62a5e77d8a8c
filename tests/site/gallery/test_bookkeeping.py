"""What a script does for the course alone is told from what a reader runs."""

import pytest

from d2lnotes.site.gallery.bookkeeping import part, without_unused_import

LABEL = 'fig.set_label(\n    "图 | A figure"\n)'


@pytest.mark.parametrize(
    "statement",
    [
        'record("a", 1)',
        'record_all(\n    "a",\n    {"b": mean},\n)',
        'keep_data({"weights": to_integers(net)})',
        LABEL,
        'axes.flat[0].figure.set_label("图 | A figure")',
        "for name in names:\n    record(name, 1)",
        'if real:\n    record("a", 1)\nelse:\n    record("b", 2)',
        '# Why.\nrecord("a", 1)',
    ],
)
def test_recording_and_describing_is_bookkeeping(statement):
    (parted,) = part([f"x = 1\n{statement}\nplt.show()"])

    assert parted == ("x = 1\nplt.show()", statement)


@pytest.mark.parametrize(
    "statement",
    [
        "assert mean > 0",
        'line.set_label("线 | A line")',
        'ax.set_label("axes")',
        "result = record('a', 1)",
        "for name in names:\n    record(name, 1)\n    print(name)",
        'recorder.record("a", 1)',
        '"""A text."""',
    ],
)
def test_what_else_a_script_does_is_not(statement):
    assert part([statement]) == [(statement, "")]


def test_a_name_that_only_bookkeeping_uses_goes_with_it():
    over = 'over = f"{runs} 次 | {runs} runs"'
    kept = "runs = 3\nprint(runs)"

    (parted,) = part([f'{kept}\n{over}\nrecord("a", 1, over=over)'])

    assert parted == (kept, f'{over}\nrecord("a", 1, over=over)')


@pytest.mark.parametrize("use", ["print(over)", "def f():\n    return over"])
def test_a_name_that_another_block_uses_stays(use):
    parted, other = part(['over = "x"\nrecord("a", 1, over=over)', use])

    assert parted == ('over = "x"', 'record("a", 1, over=over)')
    assert other == (use, "")


def test_what_computes_stays_for_it_may_draw_random_numbers():
    (parted,) = part(['mean = draw(generator)\nrecord("a", mean)'])

    assert parted.code == "mean = draw(generator)"


def test_the_import_that_bookkeeping_needed_goes_with_it():
    imports = "import torch\nfrom d2lnotes.results import record"

    assert without_unused_import([imports, "x = 1"]) == ["import torch", "x = 1"]
    assert without_unused_import([imports, "print(record)"])[0] == imports


def test_a_block_with_a_wrong_syntax_stays_as_it_is():
    assert part(["record(1", "1 +"]) == [("record(1", ""), ("1 +", "")]
    assert without_unused_import(["1 +"]) == ["1 +"]
