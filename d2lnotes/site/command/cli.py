"""The ``d2lnotes`` command: build the site, serve it, count on pages, manage data.

A thin layer: Sphinx builds, livereload serves, :mod:`d2lnotes.data` fetches. What is
here is the order of the steps, and an exit code that can be trusted.
"""

from __future__ import annotations

import argparse
import signal
import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import d2lnotes
from d2lnotes.site.command.course import (
    LANGUAGES,
    Course,
    build_lock,
    check_chosen_folders,
    find_course,
    working_folder,
)
from d2lnotes.site.command.front import write_front_page
from d2lnotes.site.command.processes import Children
from d2lnotes.site.command.runs import add_run_commands, name_unreached
from d2lnotes.site.command.sites import build_sites
from d2lnotes.site.command.sphinx_run import (
    Options,
    Outcome,
    check_requirements,
)
from d2lnotes.site.command.terminal import (
    CommandError,
    allow_any_character,
    drop_output,
    explain,
    open_closed_streams,
    positive,
    say,
)

_INTERRUPTED = 130  # as shells have it: 128 + SIGINT


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    0: done. 1: something failed, and was named. 2: nothing was started.
    130: interrupted.
    """
    open_closed_streams()
    arguments = _parser().parse_args(argv)
    allow_any_character()
    try:
        check_chosen_folders()
        with _termination_is_interruption():
            return arguments.run(arguments)
    except CommandError as error:
        sys.stderr.write(f"d2lnotes: {error}\n")
        return error.exit_code
    except BrokenPipeError:
        sys.stderr.write("d2lnotes: stopped, since nobody reads the output any more\n")
        drop_output()
        return 1
    except OSError as error:
        sys.stderr.write(f"d2lnotes: {explain(error)}\n")
        drop_output()
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nd2lnotes: stopped; run the command again at any time\n")
        return _INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="d2lnotes", description="Build, serve and feed the d2lnotes course."
    )
    parser.add_argument("--version", action="version", version=d2lnotes.__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    build = commands.add_parser("build", help="build the site of both languages")
    _add_build_options(build)
    build.add_argument("--pdf", action="store_true", help="typeset the PDFs as well")
    build.add_argument(
        "--gallery-minutes",
        type=positive,
        default=0,
        metavar="N",
        help="start no gallery script after N minutes; name those that were not reached",
    )
    build.add_argument(
        "--recheck",
        type=positive,
        default=0,
        metavar="N",
        help="run N scripts again whose runs hold; the commit chooses them",
    )
    build.set_defaults(run=_run_build)

    serve = commands.add_parser("serve", help="build, open, rebuild on every save")
    _add_build_options(serve)
    serve.add_argument("--port", type=int, default=8000, help="default: %(default)s")
    serve.add_argument("--no-open", action="store_true", help="open no browser")
    serve.set_defaults(run=_run_serve)

    add_run_commands(commands)
    check = commands.add_parser(
        "check", help="count what can be counted on pages, and fail if one falls short"
    )
    check.add_argument("pages", nargs="+", metavar="PAGE", help="docs/…/page.md")
    check.set_defaults(run=_run_check)

    data = commands.add_parser("data", help="list, fetch and verify data sets")
    actions = data.add_subparsers(required=True, metavar="ACTION")
    actions.add_parser("list", help="show the data sets").set_defaults(
        run=_run_data_list
    )
    for name, run, text in (
        ("fetch", _run_data_fetch, "download data sets, all of them by default"),
        ("verify", _run_data_verify, "check what was downloaded, byte for byte"),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("names", nargs="*", metavar="NAME", help="a data set")
        action.set_defaults(run=run)
    return parser


def _add_build_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--language", choices=list(LANGUAGES), help="only this one (default: both)"
    )
    parser.add_argument(
        "--jobs", type=positive, metavar="N", help="gallery scripts that run at once"
    )
    parser.add_argument(
        "--no-gallery", action="store_true", help="run no script: for writing prose"
    )


@contextmanager
def _termination_is_interruption() -> Iterator[None]:
    """Let the signals of ``kill`` and a closed terminal end a build as Ctrl-C does."""
    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {
        name: signal.signal(getattr(signal, name), signal.default_int_handler)
        for name in names
    }
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def _run_build(arguments: argparse.Namespace) -> int:
    check_requirements()
    course = find_course(working_folder())
    if arguments.pdf:
        from d2lnotes.site.command.pdf_step import check_tools

        check_tools()
    languages = [arguments.language] if arguments.language else list(LANGUAGES)
    options = _options(arguments)
    with build_lock(course):
        outcomes = build(course, languages, options=options, with_pdf=arguments.pdf)
        code = report(course, outcomes, memory=_peak_memory(course, options))
        name_unreached(course, options)
        return code


def build(
    course: Course, languages: Sequence[str], *, options: Options, with_pdf: bool
) -> list[Outcome]:
    """Build ``languages``, and the PDFs of those that went well.

    If all went well, the downloads are packed.
    """
    children = Children()
    outcomes = build_sites(course, languages, options=options, children=children)
    write_front_page(course)
    sites = [site.step for site in outcomes if not site.problems]
    if with_pdf and sites:
        from d2lnotes.site.command.pdf_step import build_pdfs

        say("\n— PDF —")
        outcomes += build_pdfs(course, sites, options=options, children=children)
    if not any(outcome.problems for outcome in outcomes):
        from d2lnotes.site.command.archives import make_archives

        archives = make_archives(course)
        outcomes += [archives] if archives else []
    return outcomes


def report(course: Course, outcomes: Sequence[Outcome], *, memory: int | None) -> int:
    """Say how every step ended and where to open the result; return the exit code."""
    say()
    for outcome in outcomes:
        end = "failed" if outcome.problems else "done"
        say(f"{outcome.step:8} {end:8} {outcome.seconds:7.1f} s")
        for problem in outcome.problems:
            say(f"    {problem}")
    if memory:
        say(f"memory of the largest process: {memory / 2**20:.0f} MiB")
    steps = {outcome.step for outcome in outcomes}
    pdfs = [
        path
        for name in LANGUAGES
        if f"{name} PDF" in steps
        for path in course.pdfs(name)
    ]
    for file in (course.build / "html" / "index.html", *pdfs):
        if file.exists():
            say(f"open {file.as_uri()}")
    return int(any(outcome.problems for outcome in outcomes))


def _peak_memory(course: Course, options: Options) -> int | None:
    """Return the peak memory in bytes of the largest process, scripts included."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    from d2lnotes.site.gallery.records import read_records

    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    runs = (record.run for record in read_records(course.build / "results"))
    scripts = [
        run.peak_memory_bytes for run in runs if run.build_id == options.build_id
    ]
    return max(peak if sys.platform == "darwin" else peak * 1024, *scripts, 0)


def _options(arguments: argparse.Namespace) -> Options:
    return Options(
        jobs=arguments.jobs,
        gallery=not arguments.no_gallery,
        build_id=uuid.uuid4().hex,
        minutes=getattr(arguments, "gallery_minutes", 0),
        recheck=getattr(arguments, "recheck", 0),
    )


def _run_serve(arguments: argparse.Namespace) -> int:
    check_requirements()
    from d2lnotes.site.command.serve import serve

    languages = [arguments.language] if arguments.language else list(LANGUAGES)
    options = _options(arguments)
    return serve(
        find_course(working_folder()),
        languages,
        options=options,
        port=arguments.port,
        open_browser=not arguments.no_open,
    )


def _run_check(arguments: argparse.Namespace) -> int:
    from d2lnotes.site.lessons.checker import as_text, check, shortfalls

    fall_short = False
    for name in arguments.pages:
        page = Path(name)
        if page.suffix != ".md" or not page.is_file():
            raise CommandError(
                f"{name} is no page: give files such as docs/preliminaries/tensors.md"
            )
        try:
            report = check(page.read_text(encoding="utf-8-sig"))
        except ValueError as problem:
            raise CommandError(f"{name} cannot be read as a page: {problem}") from None
        say(as_text(name, report))
        fall_short |= bool(shortfalls(report))
    return int(fall_short)


def _run_data_list(arguments: argparse.Namespace) -> int:
    from d2lnotes.site.command.data import list_data_sets

    return list_data_sets()


def _run_data_fetch(arguments: argparse.Namespace) -> int:
    from d2lnotes.site.command.data import fetch_data_sets

    return fetch_data_sets(arguments.names)


def _run_data_verify(arguments: argparse.Namespace) -> int:
    from d2lnotes.site.command.data import verify_data_sets

    return verify_data_sets(arguments.names)


if __name__ == "__main__":
    sys.exit(main())
