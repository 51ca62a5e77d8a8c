"""`d2lnotes build`: what is built, what a failure says, and that the next build is right."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_course import INDEX, is_running, make_course, start, wait_until, write

from d2lnotes.site.command import sphinx_run
from d2lnotes.site.command.cli import main
from d2lnotes.site.command.course import Course, build_lock

LANGUAGES = ("zh_CN", "en")  # as Sphinx calls them
# Sphinx stays in the middle of writing `page` while the file `wait` exists.
WAITING = """
def setup(app):
    import pathlib, subprocess, time
    declare(app)
    here = pathlib.Path(__file__).parent

    def wait(app, pagename, *others):
        if (here / "wait").exists() and pagename == "page":
            (pathlib.Path(app.outdir) / "page.html").write_text("<h1>Half a pa")
            process = subprocess.Popen(["sleep", "300"])
            (here / "pids.new").write_text(f"{__import__('os').getpid()} {process.pid}")
            (here / "pids.new").rename(here / "pids")
            time.sleep(300)

    app.connect("html-page-context", wait)
"""
# Each language says that the scripts have run, and waits for the other one.
MEETING = """
def setup(app):
    import pathlib, time
    declare(app)
    here = pathlib.Path(__file__).parent

    def meet(app):
        (here / "build" / "scripts-ran").write_text(app.config.d2lnotes_build_id)
        (here / app.config.language).touch()
        end = time.monotonic() + 60
        while not all((here / name).exists() for name in ("zh_CN", "en")):
            if time.monotonic() > end:
                raise OSError("the other language did not come")
            time.sleep(0.05)

    app.connect("builder-inited", meet)
"""
MENDED = "# Title\n"
# What Sphinx was given, one file for each language.
TELLING = """
def setup(app):
    import os, pathlib
    declare(app)

    def tell(app, config):
        facts = (f"jobs={config.d2lnotes_jobs} none={config.d2lnotes_no_gallery} "
                 f"plot={config.plot_gallery} id={config.d2lnotes_build_id} "
                 f"data={os.environ.get('D2LNOTES_DATA')}")
        pathlib.Path(__file__).with_name(config.language).write_text(facts)

    app.connect("config-inited", tell)
"""


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A tiny course folder, and the working directory in it."""
    folder = make_course(tmp_path / "course")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def waiting(tmp_path):
    """A build that was interrupted nowhere yet: it waits in the middle of a page.

    Before it, the course was built once, and then the title of a page was changed.
    """
    folder = make_course(tmp_path / "course", conf=WAITING)
    start(folder, "build", "--language", "en", stdout=subprocess.DEVNULL).wait()
    write(folder / "docs" / "page.md", "# Second title\n")
    write(folder / "wait", "")
    process = start(folder, "build", "--language", "en", stdout=subprocess.DEVNULL)
    wait_until((folder / "pids").exists)
    (folder / "wait").unlink()
    yield folder, process
    process.kill()
    process.wait()


def pids(folder):
    return [int(pid) for pid in (folder / "pids").read_text().split()]


def warn_while_reading(course, page, statement):
    """Let Sphinx warn, by ``statement``, whenever it reads ``page``."""
    with (course / "conf.py").open("a", encoding="utf-8") as conf:
        conf.write(
            "from sphinx.util.logging import getLogger\n"
            "def warn(app, name, text, logger=getLogger('x')):\n"
            f"    if name == {page!r}: {statement}\n"
            "def setup(app):\n"
            "    declare(app)\n"
            "    app.connect('source-read', warn)\n"
        )


def html(course, language, page):
    file = course / "build" / "html" / language / f"{page}.html"
    return file.read_text(encoding="utf-8")


def test_both_languages_are_built_and_it_ends_with_where_to_open_them(course, capfd):
    exit_code = main(["build"])

    assert exit_code == 0
    assert 'lang="zh-CN"' in html(course, "zh", "page")
    assert 'lang="en"' in html(course, "en", "page")
    front = (course / "build" / "html" / "index.html").as_uri()
    assert capfd.readouterr().out.rstrip().endswith(front)


def test_one_language_is_built_alone(course):
    main(["build", "--language", "en"])

    assert (course / "build" / "html" / "en" / "index.html").exists()
    assert not (course / "build" / "html" / "zh").exists()


def test_progress_time_and_memory_are_shown(course, capfd):
    main(["build", "--language", "en"])

    said = capfd.readouterr().out
    assert "reading sources" in said
    assert re.search(r"en +done +\d+\.\d s", said)
    assert re.search(r"memory of the largest process: \d+ MiB", said)


def test_warning_fails_the_build_and_is_named_with_its_place(course, capfd):
    write(course / "docs" / "page.md", "# Title\n\n{ref}`nowhere`\n")

    exit_code = main(["build", "--language", "en"])

    assert exit_code == 1
    summary = capfd.readouterr().out.rpartition("failed")[2]
    assert re.search(r"docs.page\.md:3: WARNING: undefined label: 'nowhere'", summary)


def test_page_that_failed_fails_again_until_it_is_mended(course):
    write(course / "docs" / "page.md", "# Title\n\n{ref}`nowhere`\n")
    main(["build", "--language", "en"])

    assert main(["build", "--language", "en"]) == 1
    write(course / "docs" / "page.md", "# Title\n")
    assert main(["build", "--language", "en"]) == 0


def test_mending_one_page_does_not_read_the_others_again(course):
    write(course / "docs" / "page.md", "# Title\n\n{ref}`nowhere`\n")
    main(["build", "--language", "en"])
    untouched = course / "build" / "doctrees" / "en" / "index.doctree"
    before = untouched.stat().st_mtime_ns

    main(["build", "--language", "en"])

    assert untouched.stat().st_mtime_ns == before


def test_warning_in_a_script_reads_the_page_made_from_it_again(course):
    script, page = course / "gallery" / "plot_x.py", course / "docs" / "gallery"
    for folder in (script.parent, page):
        folder.mkdir()
    write(page / "plot_x.rst", ":orphan:\n\nX\n=\n")
    place = f"location={str(script)!r} + ':1'"
    warn_while_reading(course, "gallery/plot_x", f"logger.warning('!', {place})")
    main(["build", "--language", "en"])
    untouched = course / "build" / "doctrees" / "en" / "index.doctree"
    before = untouched.stat().st_mtime_ns

    assert main(["build", "--language", "en"]) == 1
    assert untouched.stat().st_mtime_ns == before


def test_warning_without_a_place_fails_again(course):
    warn_while_reading(course, "page", "logger.warning('!')")
    main(["build", "--language", "en"])

    assert main(["build", "--language", "en"]) == 1


def test_other_language_is_built_when_one_fails(tmp_path, monkeypatch, capfd):
    conf = (
        "def setup(app):\n"
        "    declare(app)\n"
        "    if app.config.language == 'zh_CN': raise OSError('lost')\n"
    )
    course = make_course(tmp_path / "course", conf=conf)
    monkeypatch.chdir(course)

    exit_code = main(["build"])

    assert exit_code == 1
    assert "First title" in html(course, "en", "page")
    assert re.search(r"zh +failed.*\n +OSError: lost\nen +done", capfd.readouterr().out)


def test_languages_are_built_side_by_side_once_the_scripts_have_run(
    tmp_path, monkeypatch
):
    course = make_course(tmp_path / "course", conf=MEETING)
    monkeypatch.chdir(course)

    assert main(["build"]) == 0


def test_what_the_languages_say_does_not_mingle(course, monkeypatch, capfd):
    monkeypatch.setenv("NO_COLOR", "1")  # Sphinx colours what CI systems show

    main(["build"])

    said = capfd.readouterr().out
    assert re.findall(r"(?m)^— .+ —$|^build succeeded", said) == [
        "— zh: site —",
        "build succeeded",
        "— en: site —",
        "build succeeded",
    ]


def test_sphinx_killed_by_the_system_is_a_failure(tmp_path, monkeypatch, capfd):
    course = make_course(tmp_path / "course", conf="import os; os.kill(os.getpid(), 9)")
    monkeypatch.chdir(course)

    assert main(["build", "--language", "en"]) == 1
    assert "signal 9" in capfd.readouterr().out


def test_edited_extension_makes_every_page_be_read_again(course, monkeypatch):
    main(["build", "--language", "en"])
    untouched = course / "build" / "doctrees" / "en" / "index.doctree"
    before = untouched.stat().st_mtime_ns
    monkeypatch.setattr(sphinx_run, "_state", lambda: {"code": "another"})

    main(["build", "--language", "en"])

    assert untouched.stat().st_mtime_ns > before


def times_of(course, pattern):
    """When the files of the English build that fit ``pattern`` were written."""
    files = (course / "build").rglob(pattern)
    return {file: file.stat().st_mtime_ns for file in files}


@pytest.mark.parametrize(
    ("part", "read", "written"),
    [
        ("code", True, True),
        ("templates", False, True),
        ("assets", False, False),
    ],
)
def test_what_changed_in_the_extensions_decides_what_is_made_anew(
    course, monkeypatch, part, read, written
):
    main(["build", "--language", "en"])
    before = times_of(course, "page.*")
    state = {**sphinx_run._state(), part: "another"}
    monkeypatch.setattr(sphinx_run, "_state", lambda: state)

    main(["build", "--language", "en"])

    after = times_of(course, "page.*")
    changed = {file.suffix for file in after if after[file] != before[file]}
    wanted = {".doctree": read, ".html": written}
    assert changed == {file for file, made in wanted.items() if made}


@pytest.mark.parametrize(
    ("file", "part"),
    [
        ("twins/pairing.py", "code"),
        ("search/search_language.js", "code"),
        ("html/templates/layout.html", "templates"),
        ("html/static/d2lnotes.css", "assets"),
        ("explorables/static/explorables/kit.js", "assets"),
        ("command/serve.py", None),
        ("latex/sty/d2lnotes.sty", None),
    ],
)
def test_a_file_of_the_site_belongs_to_what_is_made_from_it(
    tmp_path, monkeypatch, file, part
):
    site = tmp_path / "site"
    shutil.copytree(Path(sphinx_run.__file__).parents[1], site)
    monkeypatch.setattr(sphinx_run, "__file__", str(site / "command" / "sphinx_run.py"))
    before = sphinx_run._state()

    with (site / file).open("a", encoding="utf-8") as changed:
        changed.write("\n")

    after = sphinx_run._state()
    assert [name for name in after if after[name] != before[name]] == [part] * bool(
        part
    )


def test_a_style_that_is_gone_leaves_the_site(course, monkeypatch):
    main(["build", "--language", "en"])
    gone = course / "build" / "html" / "en" / "_static" / "gone.css"
    write(gone, "")
    state = {**sphinx_run._state(), "assets": "another"}
    monkeypatch.setattr(sphinx_run, "_state", lambda: state)

    main(["build", "--language", "en"])

    assert not gone.exists()
    assert gone.with_name("basic.css").exists()


@pytest.mark.parametrize("text", [MENDED, "# Title\n\n{ref}`nowhere`\n"])
def test_deleted_page_leaves_the_site_even_if_it_warned(course, text):
    write(course / "docs" / "page.md", text)
    main(["build", "--language", "en"])
    (course / "docs" / "page.md").unlink()
    write(course / "docs" / "index.md", "# Alone\n")

    exit_code = main(["build", "--language", "en"])

    assert exit_code == 0
    assert times_of(course, "page.*") == {}


LABEL = "(here)=\n## Section\n"


@pytest.mark.parametrize("mended", ["a", "page"])
def test_a_duplicate_label_is_forgotten_once_it_is_mended_on_either_page(
    course, mended
):
    write(
        course / "docs" / "index.md", INDEX + "\n{ref}`here`\n\n```{toctree}\na\n```\n"
    )
    for name in ("a", "page"):
        write(course / "docs" / f"{name}.md", f"# Page\n\n{LABEL}")
    main(["build", "--language", "en"])

    assert main(["build", "--language", "en"]) == 1
    write(course / "docs" / f"{mended}.md", "# Page\n")
    assert main(["build", "--language", "en"]) == 0
    assert main(["build", "--language", "en"]) == 0
    other = {"a": "page", "page": "a"}[mended]
    assert f'href="{other}.html#here"' in html(course, "en", "index")


def test_a_duplicate_label_is_reported_as_often_as_it_stands_there(course, capfd):
    write(course / "docs" / "index.md", INDEX + "\n```{toctree}\na\n```\n")
    for name in ("a", "page"):
        write(course / "docs" / f"{name}.md", f"# Page\n\n{LABEL}")
    main(["build", "--language", "en"])
    first = capfd.readouterr().out.rpartition("failed")[2]

    main(["build", "--language", "en"])

    again = capfd.readouterr().out.rpartition("failed")[2]
    assert _warnings(first) == _warnings(again) != []


def _warnings(text):
    return re.findall(r"\S+: WARNING: .*", text)


def test_a_page_restored_with_its_older_time_is_read_again(course):
    page = course / "docs" / "page.md"
    backup = page.with_name("page.bak")
    shutil.copy2(page, backup)
    write(page, "# Second title\n")
    main(["build", "--language", "en"])

    backup.rename(page)
    main(["build", "--language", "en"])

    assert "First title" in html(course, "en", "page")


def test_options_reach_sphinx_for_each_language(tmp_path, monkeypatch):
    course = make_course(tmp_path / "course", conf=TELLING)
    monkeypatch.chdir(course)

    main(["build", "--jobs", "3", "--no-gallery"])

    said = [(course / name).read_text() for name in LANGUAGES]
    assert [text.startswith("jobs=3 none=True plot=False ") for text in said] == [
        True,
        True,
    ]


def test_all_languages_of_a_build_know_that_they_belong_together(tmp_path, monkeypatch):
    course = make_course(tmp_path / "course", conf=TELLING)
    monkeypatch.chdir(course)

    main(["build"])

    ids = {re.search(r"id=(\w+)", (course / name).read_text())[1] for name in LANGUAGES}
    assert len(ids) == 1


def test_relative_data_folder_is_meant_from_where_the_command_runs(
    tmp_path, monkeypatch
):
    course = make_course(tmp_path / "course", conf=TELLING)
    monkeypatch.chdir(course / "docs")
    monkeypatch.setenv("D2LNOTES_DATA", "../../data")

    main(["build", "--language", "en"])

    given = Path((course / "en").read_text().rpartition("data=")[2])
    assert given.is_absolute()
    assert given.resolve() == tmp_path.resolve() / "data"


@pytest.mark.parametrize("jobs", ["0", "-1", "many"])
def test_number_of_jobs_must_be_positive(jobs, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["build", "--jobs", jobs])
    assert "a whole number from 1 on" in capsys.readouterr().err


def test_second_build_stops_at_once_and_names_the_first(course, capfd):
    with build_lock(Course(course)):
        exit_code = main(["build"])

    assert exit_code == 2
    said = capfd.readouterr()
    assert re.search(rf"process {os.getpid()}, since \d{{4}}-\d\d-\d\d", said.err)
    assert "reading" not in said.out


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_interrupted_build_ends_with_130_and_leaves_no_process(waiting, name):
    folder, process = waiting

    process.send_signal(getattr(signal, name))

    assert process.wait(timeout=60) == 130
    assert [is_running(pid) for pid in pids(folder)] == [False, False]


def test_build_after_an_interruption_completes_what_was_half_written(waiting):
    folder, process = waiting
    process.send_signal(signal.SIGINT)
    process.wait(timeout=60)

    again = start(folder, "build", "--language", "en", stdout=subprocess.DEVNULL)

    assert again.wait() == 0
    assert "Second title" in html(folder, "en", "page")


def test_killed_build_takes_its_processes_along_and_frees_the_lock(waiting):
    folder, process = waiting

    process.kill()

    wait_until(lambda: not any(is_running(pid) for pid in pids(folder)))
    again = start(folder, "build", "--language", "en", stdout=subprocess.DEVNULL)
    assert again.wait() == 0


def test_outside_a_course_folder_the_error_says_what_is_missing(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)

    assert main(["build"]) == 2
    assert "conf.py beside a docs folder" in capsys.readouterr().err


def test_course_is_found_from_a_folder_inside_it(course, monkeypatch):
    monkeypatch.chdir(course / "docs")

    assert main(["build", "--language", "en"]) == 0


def test_missing_packages_are_named_with_the_way_to_install_them(
    course, monkeypatch, capsys
):
    installed = {"sphinx": None, "myst-parser": None}
    monkeypatch.setattr(sphinx_run, "_version", lambda name: installed.get(name, "1"))

    assert main(["build"]) == 2
    said = capsys.readouterr().err
    assert "needs myst-parser, sphinx, not installed" in said
    assert "pip install 'd2lnotes[site]'" in said


@pytest.mark.parametrize("arguments", [["--help"], ["data", "list"]])
def test_help_and_data_need_no_sphinx(arguments):
    script = (
        "import sys; sys.modules['sphinx'] = sys.modules['livereload'] = None; "
        "from d2lnotes.site.command.cli import main; sys.exit(main(sys.argv[1:]))"
    )

    done = subprocess.run([sys.executable, "-c", script, *arguments], timeout=60)

    assert done.returncode == 0


def test_terminal_without_chinese_gets_question_marks(course):
    write(course / "docs" / "页.md", "# Title\n\n{ref}`nowhere`\n")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    with contextlib.ExitStack() as stack:
        process = stack.enter_context(
            start(course, "build", stdout=subprocess.PIPE, env=environment)
        )
        said = process.communicate()[0]

    assert process.returncode == 1
    assert b"docs/?.md" in said
