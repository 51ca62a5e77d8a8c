"""Data for the course: downloads that are checked, tensors that are ready to use.

* ``fetch_*`` functions return a data set, from the network the first time and from
  :func:`data_home` afterwards. Offline they can return a stand-in, never silently.
* ``make_*`` functions draw data from a distribution that is known.
* :class:`TensorLoader` batches tensors that are already in memory.
* :data:`REGISTRY`, :func:`find_data_set`, :func:`fetch` and :func:`verify` manage the
  files themselves; :func:`extract` unpacks an archive without letting it escape.
"""

from d2lnotes.data._archive import extract
from d2lnotes.data._cache import (
    CacheError,
    DownloadError,
    cache_path,
    data_home,
    fetch,
    verify,
)
from d2lnotes.data._registry import REGISTRY, RemoteFile, find_data_set
from d2lnotes.data.images import ImageDataset, fetch_fashion_mnist, read_idx
from d2lnotes.data.loader import TensorLoader
from d2lnotes.data.stand_in import StandInWarning, with_stand_in
from d2lnotes.data.synthetic import make_shortcut
from d2lnotes.data.tables import (
    TableDataset,
    fetch_airfoil,
    fetch_california_housing,
)

__all__ = [
    "REGISTRY",
    "CacheError",
    "DownloadError",
    "ImageDataset",
    "RemoteFile",
    "StandInWarning",
    "TableDataset",
    "TensorLoader",
    "cache_path",
    "data_home",
    "extract",
    "fetch",
    "fetch_airfoil",
    "fetch_california_housing",
    "fetch_fashion_mnist",
    "find_data_set",
    "make_shortcut",
    "read_idx",
    "verify",
    "with_stand_in",
]
