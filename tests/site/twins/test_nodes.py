"""Nodes that are kept apart from the page they stood on."""

import pickle

from docutils import nodes
from docutils.utils import new_document

from d2lnotes.site.twins.nodes import loose


def test_a_loose_copy_does_not_hold_on_to_its_page():
    page = new_document("page")
    text = nodes.emphasis("", "", nodes.strong("", "kept"))
    page += nodes.paragraph("", "", text, nodes.Text("left behind"))

    kept = pickle.dumps(loose([text]))

    assert b"kept" in kept
    assert b"left behind" not in kept
