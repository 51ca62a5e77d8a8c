"""A web server that misbehaves on request, and an empty cache."""

import hashlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from d2lnotes.data import RemoteFile, _cache

CONTENT = bytes(range(251)) * 13  # 3263 bytes


class FaultyServer(ThreadingHTTPServer):
    """Answers with the next of ``faults``, or with ``content`` when none is left."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content = CONTENT
        self.faults = []
        self.requests = []
        self.released = threading.Event()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/numbers.bin"

    def handle_error(self, request, client_address):
        """Say nothing: clients that hang up early are what is being tested."""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requests.append(self.path)
        fault = self.server.faults.pop(0) if self.server.faults else "none"
        getattr(self, f"_answer_{fault}")(self.server.content)

    def _answer_none(self, content):
        self._send(content, length=len(content))

    def _answer_cut_off(self, content):
        self._send(content[: len(content) // 2], length=len(content))

    def _answer_short(self, content):
        self._send(content[: len(content) // 2])

    def _answer_wrong_bytes(self, content):
        self._send(content[::-1], length=len(content))

    def _answer_endless(self, content):
        self._send(content * 100)

    def _answer_server_error(self, content):
        self.send_error(503)

    def _answer_not_found(self, content):
        self.send_error(404)

    def _answer_hang_up(self, content):
        self.close_connection = True

    def _answer_hang(self, content):
        self.server.released.wait(10)

    def _answer_stall(self, content):
        self._answer_cut_off(content)
        self.server.released.wait(10)

    def _answer_slow(self, content):
        time.sleep(0.5)
        self._answer_none(content)

    def _answer_length_abc(self, content):
        self._send(content, length="abc")

    def _answer_called_gzip(self, content):
        self._send(content, length=len(content), encoding="gzip")

    def _answer_trickle(self, content):
        self._send(b"", length=len(content))
        self._one_by_one(content)

    def _answer_dribble(self, content):
        self._one_by_one(b"HTTP/1.0 200 OK" + content)

    def _one_by_one(self, content):
        for value in content:
            if self.server.released.wait(0.02):
                break
            self.wfile.write(bytes([value]))
            self.wfile.flush()

    def _send(self, body, *, length=None, encoding=None):
        self.send_response(200)
        if length is not None:
            self.send_header("Content-Length", str(length))
        if encoding is not None:
            self.send_header("Content-Encoding", encoding)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *args):
        """Keep the test output clean."""


@pytest.fixture
def server(monkeypatch):
    """A running server whose ``faults`` a test may fill."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(_cache, "_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(_cache, "_READ_SECONDS", 0.5)
    with FaultyServer() as running:
        thread = threading.Thread(
            target=running.serve_forever, kwargs={"poll_interval": 0.01}
        )
        thread.start()
        yield running
        running.released.set()
        running.shutdown()
        thread.join()


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty cache folder that does not exist yet."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("D2LNOTES_DATA", str(folder))
    return folder


@pytest.fixture
def make_file(content):
    """Return a function that makes a record of ``content`` at the given addresses."""

    def make(*urls, content=content):
        return RemoteFile(
            name="numbers/numbers.bin",
            urls=urls,
            sha256=hashlib.sha256(content).hexdigest(),
            bytes=len(content),
            licence="CC0-1.0",
            source="http://127.0.0.1",
        )

    return make


@pytest.fixture
def file(server, make_file):
    """The record of the one file that ``server`` has."""
    return make_file(server.url)


@pytest.fixture
def content():
    """What the server's file holds."""
    return CONTENT
