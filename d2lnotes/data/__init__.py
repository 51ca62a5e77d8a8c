"""Data for the course: downloads that are checked, tensors that are ready to use.

* ``fetch_*`` functions return a data set, from the network the first time and from
  :func:`data_home` afterwards. Offline they can return a stand-in, never silently.
* ``make_*`` functions draw data from a distribution that is known.
* :class:`TablePreprocessor` turns a table with gaps and words into numbers.
* :class:`TensorLoader` batches tensors that are already in memory.
* :data:`REGISTRY`, :func:`find_data_set`, :func:`fetch` and :func:`verify` manage the
  files themselves; :func:`extract` unpacks an archive without letting it escape. Of a
  :class:`RemoteFolder`, :func:`fetch_folder` and :func:`verify_folder` do the same.
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
from d2lnotes.data._folder import RemoteFolder, fetch_folder, verify_folder
from d2lnotes.data._registry import REGISTRY, find_data_set
from d2lnotes.data._remote_file import RemoteFile
from d2lnotes.data.bccd import (
    DetectionDataset,
    DetectionPart,
    fetch_bccd,
    make_cells,
)
from d2lnotes.data.cifar import fetch_cifar10
from d2lnotes.data.houses import HousePrices, fetch_house_prices
from d2lnotes.data.images import ImageDataset, fetch_fashion_mnist, read_idx
from d2lnotes.data.loader import TensorLoader
from d2lnotes.data.nuclei import (
    SegmentationDataset,
    SegmentationPart,
    fetch_nuclei,
    make_nuclei,
)
from d2lnotes.data.preprocessing import TablePreprocessor
from d2lnotes.data.stand_in import StandInWarning, with_stand_in
from d2lnotes.data.synthetic import make_payments
from d2lnotes.data.tables import (
    TableDataset,
    fetch_airfoil,
    fetch_california_housing,
)

__all__ = [
    "REGISTRY",
    "CacheError",
    "DetectionDataset",
    "DetectionPart",
    "DownloadError",
    "HousePrices",
    "ImageDataset",
    "RemoteFile",
    "RemoteFolder",
    "SegmentationDataset",
    "SegmentationPart",
    "StandInWarning",
    "TableDataset",
    "TablePreprocessor",
    "TensorLoader",
    "cache_path",
    "data_home",
    "extract",
    "fetch",
    "fetch_airfoil",
    "fetch_bccd",
    "fetch_california_housing",
    "fetch_cifar10",
    "fetch_fashion_mnist",
    "fetch_folder",
    "fetch_house_prices",
    "fetch_nuclei",
    "find_data_set",
    "make_cells",
    "make_nuclei",
    "make_payments",
    "read_idx",
    "verify",
    "verify_folder",
    "with_stand_in",
]
