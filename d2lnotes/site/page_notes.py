"""What an extension remembers of each page, from one build to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from sphinx.environment.collectors import EnvironmentCollector

if TYPE_CHECKING:
    from collections.abc import Set

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

Note = TypeVar("Note")


class PageNotes(EnvironmentCollector, Generic[Note]):
    """A collector that keeps one note for a page; ``process_doc`` takes it down.

    Sphinx keeps the notes with what it has read, and a page that changed, or is gone,
    loses its own.
    """

    # Where they are kept in the environment.
    NAME: ClassVar[str]

    @classmethod
    def of(cls, env: BuildEnvironment) -> dict[str, Note]:
        """Return the notes by document."""
        if not hasattr(env, cls.NAME):
            setattr(env, cls.NAME, {})
        notes: dict[str, Note] = getattr(env, cls.NAME)
        return notes

    def clear_doc(self, app: Sphinx, env: BuildEnvironment, docname: str) -> None:
        """Forget a document that will be read again."""
        self.of(env).pop(docname, None)

    def merge_other(
        self,
        app: Sphinx,
        env: BuildEnvironment,
        docnames: Set[str],
        other: BuildEnvironment,
    ) -> None:
        """Take over what a parallel reader found."""
        found = self.of(other)
        self.of(env).update({name: found[name] for name in docnames & found.keys()})
