"""Tests for d2lnotes.data._registry: every record can be fetched and checked."""

import dataclasses
import hashlib
import re
from urllib.parse import urlsplit

import pytest

from d2lnotes.data import (
    REGISTRY,
    RemoteFolder,
    cache_path,
    fetch,
    fetch_folder,
    find_data_set,
    verify,
    verify_folder,
)

FILES = {file.name: file for files in REGISTRY.values() for file in files}


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_every_address_is_https(file):
    assert {urlsplit(url).scheme for url in file.urls} == {"https"}


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_no_certificate_is_broken_by_a_dotted_bucket(file):
    """S3's wildcard certificates cover one label before ``.s3.`` or ``.s3-``."""
    buckets = [re.split(r"\.s3[.-]", urlsplit(url).netloc)[0] for url in file.urls]

    assert [bucket for bucket in buckets if re.search(r"\..*\bs3\b", bucket)] == []


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_github_addresses_name_a_commit(file):
    github = [url for url in file.urls if "github" in urlsplit(url).netloc]

    assert all(re.search(r"/[0-9a-f]{40}(/|\.zip$|$)", url) for url in github)


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_every_file_has_a_mirror(file):
    assert len({urlsplit(url).netloc for url in file.urls}) >= 2


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_every_file_names_its_licence_and_source(file):
    assert file.licence
    assert urlsplit(file.source).scheme == "https"


@pytest.mark.parametrize("name", REGISTRY)
def test_files_lie_in_the_folder_of_their_data_set(name):
    assert {file.name.partition("/")[0] for file in REGISTRY[name]} == {name}


def test_the_registry_cannot_be_changed():
    with pytest.raises(TypeError):
        REGISTRY["fashion-mnist"] = ()


def test_find_data_set_returns_its_files():
    assert find_data_set("fashion-mnist") is REGISTRY["fashion-mnist"]


def test_an_unknown_data_set_lists_the_known_ones():
    with pytest.raises(LookupError, match="'fashion_mnist'; known names: airfoil,"):
        find_data_set("fashion_mnist")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "numbers.bin"}, "<data set>/<file>"),
        ({"name": "../numbers.bin"}, "<data set>/<file>"),
        ({"name": "numbers/../../x"}, "<data set>/<file>"),
        ({"name": "/numbers/x"}, "<data set>/<file>"),
        ({"name": "numbers/.."}, "<data set>/<file>"),
        ({"sha256": "ABC"}, "64 lower-case"),
        ({"bytes": 0}, "size of the file"),
        ({"urls": ()}, "tuple of one or more"),
        ({"urls": "https://example.org/x"}, "tuple of one or more"),
    ],
    ids=str,
)
def test_a_record_that_cannot_be_right_is_refused(make_file, change, message):
    file = make_file("https://example.org/x")

    with pytest.raises(ValueError, match=message):
        dataclasses.replace(file, **change)


@pytest.mark.network
@pytest.mark.parametrize(
    ("file", "url"),
    [(file, url) for file in FILES.values() for url in file.urls],
    ids=lambda value: str(getattr(value, "name", value)),
)
def test_every_address_serves_the_recorded_bytes(home, file, url):
    alone = dataclasses.replace(file, urls=(url,))
    if isinstance(alone, RemoteFolder):
        assert fetch_folder(alone) == cache_path(file)
        assert verify_folder(alone) == "ok"
        return

    path = fetch(alone)

    assert verify(alone) == "ok"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256
    assert path == cache_path(file)
