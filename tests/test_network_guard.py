"""Tests for the guard in conftest.py: no test leaves this machine unnoticed."""

import socket

import pytest

# 192.0.2.1 belongs to nobody: it is set aside for documentation
OUTSIDE = ("192.0.2.1", 80)


@pytest.mark.parametrize("method", ["connect", "connect_ex"])
def test_a_connection_to_the_outside_is_refused(method):
    with socket.socket() as client, pytest.raises(OSError, match="mark it 'network'"):
        getattr(client, method)(OUTSIDE)


def test_looking_up_a_name_outside_is_refused():
    with pytest.raises(OSError, match=r"'example\.org'; mark it 'network'"):
        socket.getaddrinfo("example.org", 443)


def test_servers_on_this_machine_can_be_reached():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = ("localhost", server.getsockname()[1])
        with socket.create_connection(address, timeout=5) as client:
            assert client.getpeername()[0] == "127.0.0.1"


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="needs Unix sockets")
def test_unix_sockets_stay_open(tmp_path):
    path = str(tmp_path / "socket")
    with (
        socket.socket(socket.AF_UNIX) as server,
        socket.socket(socket.AF_UNIX) as client,
    ):
        server.bind(path)
        server.listen()
        client.connect(path)
        assert client.getpeername() == path


@pytest.mark.network
def test_a_test_marked_network_is_let_through():
    assert "guard" not in socket.socket.connect.__qualname__
