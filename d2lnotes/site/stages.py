"""The order of the build: one class for each step of Sphinx, read from top to bottom.

A transform, or a handler of an event, takes its priority from here; what has the same
number runs in the order in which it was set up. Sphinx's own stages that ours must come
before or after stand among them, with a name that says whose they are.
"""

from __future__ import annotations

from enum import IntEnum


class Configured(IntEnum):
    """``config-inited``: ``conf.py`` has been read."""

    CHAPTER_ORDER = 5
    SPHINX_GALLERY_CHECKS_SETTINGS = 10
    ROOMS_AND_WORDS = 500
    NAMES_OF_NUMBERS = 700
    SPHINX_NAMES_OF_NUMBERS = 800


class Started(IntEnum):
    """``builder-inited``: what must be there before a page is read."""

    SCRIPTS_RUN = 400
    SPHINX_GALLERY_WRITES_PAGES = 500
    SCRIPTS_CHECKED = 600
    RECORDS_READ = 700
    RECORDS_SUMMED_UP = 710
    DATA_OF_EXPLORABLES = 720
    STYLE_SHEETS_NOTED = 900


class Documented(IntEnum):
    """``autodoc-process-docstring``."""

    SHAPES_AS_CODE = 400
    NAPOLEON = 500


class Read(IntEnum):
    """Transforms of a page as it is read, once for all builders."""

    OVERVIEWS = 140
    GENERATED_LINES = 150
    STAND_IN_WARNING = 160
    CONTENT_CHECKED = 190
    TWINS_PAIRED = 200
    GLOSSARY_SORTED = 205
    SPHINX_LABELS = 210


class HasBeenRead(IntEnum):
    """``doctree-read``."""

    SPHINX_METADATA = 500
    EXERCISES_NOTED = 600


class Updated(IntEnum):
    """``env-get-updated``: all pages are read; which others must be written again."""

    SPHINX_NUMBERS = 500
    SHOWN_ELSEWHERE = 900


class Written(IntEnum):
    """Post-transforms of a page as it is written, for the builder at hand."""

    GENERATED_LISTS = 3
    NUMBERS_SPEAK = 4
    ONE_LANGUAGE_HIDDEN = 5
    LEVELS_SHOWN = 6
    TIPS_OF_TERMS = 8
    SPHINX_REFERENCES = 10
    TIPS_OF_CITATIONS = 20
    LATEX_LOOKED_UP = 700
    LATEX_SCRIPTS_PARTED = 710
    LATEX_VOLUMES_NAMED = 720
    LATEX_SHAPES = 800
    LATEX_PREDICTIONS_MOVED = 890
    LATEX_ANSWERS_MOVED = 900


class Resolved(IntEnum):
    """``doctree-resolved``: the page as it will be shown."""

    NOT_SEARCHED_MARKED = 800
    TAKEN_OVER = 900
    LINES_SET = 950


class Rendered(IntEnum):
    """``html-page-context``: the text of the page is HTML, its frame is to come."""

    WORDS_AND_LINKS = 500
    FINISHED_PAGE = 900


class Finished(IntEnum):
    """``build-finished``."""

    LEFTOVERS_REMOVED = 500
    SUMMED_UP = 900
