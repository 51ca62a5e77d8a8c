"""The sites of all languages, side by side once the scripts have run.

The first language runs the gallery and says in the terminal what it does; what the
others say follows when they have ended, so that no line stands between two of another.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from d2lnotes.site.command.course import Course
from d2lnotes.site.command.processes import Children
from d2lnotes.site.command.sphinx_run import Options, Outcome, run_sphinx
from d2lnotes.site.command.terminal import say

_SECONDS_BETWEEN_LOOKS = 0.1


def build_sites(
    course: Course, languages: Sequence[str], *, options: Options, children: Children
) -> list[Outcome]:
    """Build ``languages``, each whatever becomes of the others."""

    def start(language: str, options: Options) -> Future[Outcome]:
        return pool.submit(
            run_sphinx, course, language, options=options, children=children
        )

    first, *others = languages
    with ThreadPoolExecutor(len(languages)) as pool:
        try:
            say(f"\n— {first}: site —")
            sites = {first: start(first, options)}
            if others:
                _wait_for_scripts(course, sites[first], options)
            quiet = replace(options, quiet=True, recheck=0)  # once is enough
            sites.update({language: start(language, quiet) for language in others})
            outcomes = [sites[first].result()]
            for language in others:
                outcomes.append(sites[language].result())
                said = course.log(language).read_text(
                    encoding="utf-8", errors="replace"
                )
                say(f"\n— {language}: site —\n{said}")
            return outcomes
        except BaseException:  # Ctrl-C, for one: the pool waits for its threads
            children.stop()
            raise


def _wait_for_scripts(course: Course, first: Future[Outcome], options: Options) -> None:
    """Wait until the first build has run all scripts, or has ended."""
    while not first.done() and not _scripts_ran(course, options):
        time.sleep(_SECONDS_BETWEEN_LOOKS)


def _scripts_ran(course: Course, options: Options) -> bool:
    mark = course.scripts_ran
    return mark.exists() and mark.read_text() == options.build_id
