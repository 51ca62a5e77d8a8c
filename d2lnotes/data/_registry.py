"""All data sets by name; their records stand beside the functions that read them.

A reader imports its own records, not this module: otherwise each new data set would
make the runs of all scripts that read another one obsolete.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from d2lnotes.data._remote_file import RemoteFile
from d2lnotes.data.bccd import BCCD
from d2lnotes.data.cifar import CIFAR10, CIFAR10_IMAGES
from d2lnotes.data.houses import HOUSE_PRICES
from d2lnotes.data.images import FASHION_MNIST
from d2lnotes.data.nuclei import NUCLEI
from d2lnotes.data.tables import AIRFOIL, CALIFORNIA_HOUSING

__all__ = ["REGISTRY", "find_data_set"]

#: Data set name → its files.
REGISTRY: Mapping[str, tuple[RemoteFile, ...]] = MappingProxyType(
    {
        "fashion-mnist": FASHION_MNIST,
        "cifar10": (CIFAR10,),
        "cifar10-images": (CIFAR10_IMAGES,),
        "airfoil": (AIRFOIL,),
        "california-housing": (CALIFORNIA_HOUSING,),
        "house-prices": HOUSE_PRICES,
        "bccd": (BCCD,),
        "nuclei": (NUCLEI,),
    }
)


def find_data_set(name: str) -> tuple[RemoteFile, ...]:
    """Return the files of the data set called ``name``.

    Raises
    ------
    LookupError
        If there is none of that name; the message lists the known names.
    """
    if name not in REGISTRY:
        known = ", ".join(sorted(REGISTRY))
        raise LookupError(f"no data set is called {name!r}; known names: {known}")
    return REGISTRY[name]
