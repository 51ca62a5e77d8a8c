"""Exercises in the PDF: hints stay, answers move to an appendix, each linked both ways.

The nodes are moved once all references, footnotes and citations have been resolved,
so an answer reads as it did on its page. d2lnotes.sty holds the typography.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from d2lnotes.site.lessons.exercises import Exercise, FoldTitle, Hint, Solution
from d2lnotes.site.rooms import METADATA
from d2lnotes.site.stages import Written
from d2lnotes.site.twins.languages import own_language

if TYPE_CHECKING:
    from collections.abc import Callable

    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

    Visit = Callable[[Any, Any], None]

_APPENDIX = "answers"
_WORDS = {
    "zh": {
        "title": "练习的答案",
        "answer": r"答案：第 \pageref*{{{}}} 页",
        "question": r"第 \pageref*{{{}}} 页",
    },
    "en": {
        "title": "Answers to the exercises",
        "answer": r"answer: page \pageref*{{{}}}",
        "question": r"page \pageref*{{{}}}",
    },
}


class AnswerHeading(nodes.TextElement):
    """A heading of the appendix with the ``number`` of the chapter or page it is for."""


class MoveAnswers(SphinxPostTransform):
    """Move the answers of a book to an appendix, by chapter and page."""

    builders = ("latex",)
    # After LaTeX's transforms of footnotes (600) and bibliographies (750).
    default_priority = Written.LATEX_ANSWERS_MOVED

    def run(self, **kwargs: Any) -> None:  # noqa: ANN401 - Sphinx's signature
        """Put the appendix before what comes after the numbered chapters."""
        files = list(self.document.findall(addnodes.start_of_file))
        for file in files:
            for section in file:
                section.parent = file  # Sphinx leaves them with the page they come from
        chapters = [file for file in files if _file_around(file) is None]
        if not chapters:
            return
        rest = [file for file in chapters if not self._number(file["docname"])]
        if not self.env.numbered_toctrees:
            rest = []  # nothing is numbered, so nothing is set apart
        appendix = self._appendix(chapters)
        book = chapters[0].parent
        if appendix or rest:
            start = nodes.raw("", "\\appendix\n", format="latex")
            place = book.index(rest[0]) if rest else book.index(chapters[-1]) + 1
            for node in reversed([start, *appendix]):
                book.insert(place, node)

    def _number(self, page: str) -> str:
        return ".".join(map(str, self.env.toc_secnumbers.get(page, {}).get("", ())))

    def _appendix(self, chapters: list[addnodes.start_of_file]) -> list[nodes.Node]:
        section = nodes.section(ids=[_APPENDIX])
        title = _WORDS[own_language(self.config)]["title"]
        section += nodes.title(title, title)
        exercises = {node["label"]: node for node in self.document.findall(Exercise)}
        for chapter in chapters:
            pages: dict[addnodes.start_of_file, list[Solution]] = {}
            for solution in chapter.findall(Solution):
                file = _file_around(solution) or chapter
                pages.setdefault(file, []).append(solution)
            if pages:
                section += self._heading("section", chapter)
            for page, solutions in pages.items():
                if page is not chapter:
                    section += self._heading("subsection", page)
                section += _answers(page["docname"], solutions, exercises)
        return [section] if len(section) > 1 else []

    def _heading(self, level: str, file: addnodes.start_of_file) -> AnswerHeading:
        title = next(file.findall(nodes.title))
        words = [piece.deepcopy() for piece in title.children]
        number = self._number(file["docname"])
        return AnswerHeading("", "", *words, level=level, number=number)


def _answers(
    page: str, solutions: list[Solution], exercises: dict[str, Exercise]
) -> addnodes.start_of_file:
    # Labels begin with the page that they are on.
    answers = addnodes.start_of_file(docname=page)
    for solution in solutions:
        solution.parent.remove(solution)
        exercise = exercises.get(solution["exercise"])
        file = _file_around(exercise)
        if exercise is None or file is None:
            continue  # an error that has been reported
        solution["question"] = f"{file['docname']}:{exercise['ids'][0]}"
        exercise["answer"] = f"answer:{solution['question']}"
        title = FoldTitle("", "", *(piece.deepcopy() for piece in exercise[0]))
        solution[0].replace_self(title)
        answers += solution
    # The page that a message of LaTeX's is about.
    answers.insert(0, nodes.raw("", f"\n%% from {page}\n", format="latex"))
    return answers


def _file_around(node: nodes.Node | None) -> addnodes.start_of_file | None:
    parent = node.parent if node is not None else None
    while parent is not None and not isinstance(parent, addnodes.start_of_file):
        parent = parent.parent
    return parent


def between(opening: str, closing: str) -> tuple[Visit, Visit]:
    """Return visit and depart functions that write LaTeX before and after a node."""

    def visit(translator: Any, node: nodes.Element) -> None:  # noqa: ANN401
        translator.body.append(opening)

    def depart(translator: Any, node: nodes.Element) -> None:  # noqa: ANN401
        translator.body.append(closing)

    return visit, depart


def _words(translator: Any) -> dict[str, str]:  # noqa: ANN401
    return _WORDS[own_language(translator.config)]


def _visit_exercise(translator: Any, node: Exercise) -> None:  # noqa: ANN401
    # d2lnotes.sty numbers the exercise first, so that the label refers to it.
    target = translator.hypertarget_to(node)
    name = translator.config.numfig_format["exercise"] % r"\thecourseexercise"
    translator.body.append(f"\n\\begin{{courseexercise}}{{{target}}}{{{name}}}")


def _depart_exercise(translator: Any, node: Exercise) -> None:  # noqa: ANN401
    if "answer" in node:
        label = translator.idescape(node["answer"])
        text = _words(translator)["answer"].format(label)
        translator.body.append(f"\\courseanswerlink{{{label}}}{{{text}}}\n")
    translator.body.append("\\end{courseexercise}\n")


def _visit_solution(translator: Any, node: Solution) -> None:  # noqa: ANN401
    label = translator.idescape(node["question"])
    own = translator.idescape(f"answer:{node['question']}")
    name = translator.config.numfig_format["exercise"] % rf"\ref*{{{label}}}"
    page = _words(translator)["question"].format(label)
    translator.body.append(
        f"\n\\begin{{coursesolution}}{{{own}}}{{{label}}}{{{name}}}{{{page}}}"
    )


def _depart_solution(translator: Any, node: Solution) -> None:  # noqa: ANN401
    translator.body.append("\\end{coursesolution}\n")


def _visit_heading(translator: Any, node: AnswerHeading) -> None:  # noqa: ANN401
    opening = f"\\courseanswerheading{{{node['level']}}}{{{node['number']}}}{{"
    translator.body.append(f"\n{opening}")


def _depart_heading(translator: Any, node: AnswerHeading) -> None:  # noqa: ANN401
    translator.body.append("}\n")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the appendix, and how LaTeX writes exercises, hints and answers."""
    app.setup_extension("d2lnotes.site.lessons.exercises")
    for node_class, visit, depart in (
        (Exercise, _visit_exercise, _depart_exercise),
        (Hint, *between("\n\\begin{coursehint}", "\\end{coursehint}\n")),
        (Solution, _visit_solution, _depart_solution),
        (FoldTitle, *between("{", "}\n")),
        (AnswerHeading, _visit_heading, _depart_heading),
    ):
        app.add_node(node_class, override=True, latex=(visit, depart))
    app.add_latex_package("d2lnotes")
    app.add_post_transform(MoveAnswers)
    return METADATA
