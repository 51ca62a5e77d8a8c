"""The site over http, compressed as static hosts serve it."""

from __future__ import annotations

import gzip
import mimetypes
import threading
from contextlib import contextmanager
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMPRESSED = ("text/", "application/json", "application/javascript", "image/svg")


class _Host(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        file = Path(self.translate_path(self.path))
        found = file.is_file()
        if not found:
            file = Path(self.directory, "404.html")
        data = sent(file)
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", _kind(file))
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "max-age=600")
        if _kind(file).startswith(_COMPRESSED):
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


def _kind(file: Path) -> str:
    return mimetypes.guess_type(file.name)[0] or "application/octet-stream"


@cache
def sent(file: Path) -> bytes:
    """Return the content of ``file`` as it goes over the line."""
    data = file.read_bytes()
    return gzip.compress(data, 6) if _kind(file).startswith(_COMPRESSED) else data


@contextmanager
def hosted(folder: Path) -> Iterator[str]:
    """Serve ``folder`` on this machine and give its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Host, directory=folder))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
