"""What every test gets: a seeded generator, and no way out of this machine."""

import ipaddress
import os
import signal
import socket

import pytest
import torch

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A run in the background ignores Ctrl-C, and so would every command it starts,
    # those that a test interrupts too.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def _runs_of_nobody(tmp_path_factory):
    """Keep what a test runs out of the runs of the person who tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("D2LNOTES_RUNS", str(tmp_path_factory.mktemp("runs")))
        yield


@pytest.fixture
def generator():
    """A seeded generator, so that no test depends on which ran before."""
    return torch.Generator().manual_seed(0)


@pytest.fixture(autouse=True)
def _alone(request):
    """Refuse to measure while other processes compute tests of their own."""
    measures = map(request.node.get_closest_marker, ("alone", "benchmark"))
    if any(measures) and os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1") != "1":
        pytest.fail("this test measures and must run alone: add  -n 0", pytrace=False)


@pytest.fixture(autouse=True)
def _no_network(request, monkeypatch):
    """Refuse to leave this machine, unless the test is marked ``network``.

    Servers of the tests themselves, on the loopback address, stay reachable. The
    error is an ``OSError``, so code under test sees what it sees without a network.
    """
    if request.node.get_closest_marker("network"):
        return
    for owner, name, host_of in (
        (socket.socket, "connect", lambda sock, address: _host(sock, address)),
        (socket.socket, "connect_ex", lambda sock, address: _host(sock, address)),
        (socket, "getaddrinfo", lambda host, *_args, **_kwargs: host),
    ):
        monkeypatch.setattr(owner, name, _guarded(getattr(owner, name), host_of))


def _guarded(function, host_of):
    def guard(*args, **kwargs):
        host = host_of(*args, **kwargs)
        if not _is_here(host):
            raise OSError(f"a test tried to reach {host!r}; mark it 'network'")
        return function(*args, **kwargs)

    return guard


def _host(sock, address):
    is_internet = sock.family in (socket.AF_INET, socket.AF_INET6)
    return address[0] if is_internet else None


def _is_here(host):
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(
            host.decode() if isinstance(host, bytes) else host
        ).is_loopback
    except ValueError:  # a name that would have to be looked up
        return False
