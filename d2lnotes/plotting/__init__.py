"""Figures of training runs, classifiers, images, networks, the plane and graphs.

Every function draws into the axes it is given, or into a new figure, and returns
the axes. None of them shows or saves anything. Differences that color shows are
also shown by line styles, markers or numbers.

Texts may hold two languages, ``中文 | English``; :func:`use_language` chooses the half
that is drawn.
"""

from d2lnotes._figure_language import use_language
from d2lnotes.plotting.cells import plot_cells
from d2lnotes.plotting.classification import (
    plot_precision_recall,
    plot_reliability,
    plot_roc,
)
from d2lnotes.plotting.curves import plot_spread
from d2lnotes.plotting.decisions import plot_decision_regions
from d2lnotes.plotting.graphs import plot_graph, plot_pass
from d2lnotes.plotting.images import show_images
from d2lnotes.plotting.modules import plot_module_tree
from d2lnotes.plotting.networks import plot_layer_shapes, plot_network
from d2lnotes.plotting.plane import plot_contours, plot_linear_map, plot_vectors
from d2lnotes.plotting.training import plot_confusion_matrix, plot_history

__all__ = [
    "plot_cells",
    "plot_confusion_matrix",
    "plot_contours",
    "plot_decision_regions",
    "plot_graph",
    "plot_history",
    "plot_layer_shapes",
    "plot_linear_map",
    "plot_module_tree",
    "plot_network",
    "plot_pass",
    "plot_precision_recall",
    "plot_reliability",
    "plot_roc",
    "plot_spread",
    "plot_vectors",
    "show_images",
    "use_language",
]
