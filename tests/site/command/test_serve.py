"""`d2lnotes serve`: saved pages reach the reader, and a failed build ends nothing."""

import asyncio
import http.client
import json
import re
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from contextlib import closing

import pytest
from tiny_course import make_course, start, wait_until, write

from d2lnotes.site.command.cli import main
from d2lnotes.site.command.course import Course, build_lock
from d2lnotes.site.command.serve import snapshot


def free_port():
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Served:
    """A tiny course that is being served."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self.log = folder.parent / "log"
        with self.log.open("w") as log:
            self.process = start(
                folder,
                *("serve", "--no-open", "--port", str(self.port)),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        wait_until(lambda: "serving http" in self.said and self.get("/"))

    @property
    def said(self):
        return self.log.read_text(encoding="utf-8")

    def get(self, path):
        """Return the page at ``path``, or nothing while there is none yet."""
        try:
            address = f"http://127.0.0.1:{self.port}{path}"
            with urllib.request.urlopen(address, timeout=10) as answer:
                return answer.read().decode()
        except (urllib.error.URLError, http.client.IncompleteRead):
            return ""  # not there, or being written at this moment

    def save(self, text):
        write(self.folder / "docs" / "page.md", text)


@pytest.fixture
def served(tmp_path):
    """The course of ``Served``, stopped after the test."""
    served = Served(make_course(tmp_path / "course"))
    yield served
    served.process.kill()
    served.process.wait()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_saved_page_is_shown_in_every_language(served, language):
    served.save("# Saved title\n")

    wait_until(lambda: "Saved title" in served.get(f"/{language}/page.html"))


def test_browser_is_told_to_reload(served):
    async def wait_for_reload():
        from tornado.websocket import websocket_connect

        socket = await websocket_connect(f"ws://127.0.0.1:{served.port}/livereload")
        hello = {"command": "hello", "protocols": []}
        await socket.write_message(json.dumps(hello))
        await socket.read_message()
        info = {"command": "info", "url": "http://127.0.0.1/"}
        await socket.write_message(json.dumps(info))
        served.save("# Saved title\n")
        message = json.loads(await asyncio.wait_for(socket.read_message(), 60))
        socket.close()
        return message["command"]

    assert asyncio.run(wait_for_reload()) == "reload"


def test_failed_build_is_shown_and_serving_goes_on(served):
    served.save("# Title\n\n{ref}`nowhere`\n")
    wait_until(lambda: re.search(r"page\.md:3: WARNING: undefined label", served.said))

    served.save("# Mended title\n")

    wait_until(lambda: "Mended title" in served.get("/en/page.html"))


def test_ctrl_c_ends_serving(served):
    served.process.send_signal(signal.SIGINT)

    assert served.process.wait(timeout=60) == 0
    assert "Traceback" not in served.said


EXTENSION = """
import os
from pathlib import Path

Path(f"loaded-{{os.getpid()}}").touch()

def setup(app):
    app.connect("source-read", lambda app, page, text: text.append(text.pop() + "{0}"))
    return {{"env_version": {1}}}
"""


def test_changed_extension_is_loaded_again(tmp_path):
    conf = "import sys\nsys.path.insert(0, 'gallery')\nextensions.append('words')\n"
    course = make_course(tmp_path / "course", conf=conf)
    (course / "gallery").mkdir()
    write(course / "gallery" / "words.py", EXTENSION.format("first", 1))
    served = Served(course)
    try:
        assert "text.\nfirst" in served.get("/en/page.html")
        # two processes have built, and two wait for the next build
        wait_until(lambda: len(list(course.glob("loaded-*"))) == 4)

        write(course / "gallery" / "words.py", EXTENSION.format("second", 2))

        wait_until(lambda: "text.\nsecond" in served.get("/en/page.html"))
    finally:
        served.process.kill()
        served.process.wait()


def test_build_elsewhere_is_waited_for(served):
    with build_lock(Course(served.folder)):
        served.save("# Saved title\n")
        wait_until(lambda: "waiting for it" in served.said)

    wait_until(lambda: "Saved title" in served.get("/en/page.html"))


def test_port_in_use_is_named_before_anything_is_built(tmp_path, monkeypatch, capsys):
    course = make_course(tmp_path / "course")
    monkeypatch.chdir(course)
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        exit_code = main(["serve", "--no-open", "--port", str(port)])

    assert exit_code == 2
    assert re.search(rf"port {port} is in use.*--port \d+", capsys.readouterr().err)
    assert not (course / "build").exists()


@pytest.mark.parametrize("port", ["-1", "70000"])
def test_impossible_port_is_refused(tmp_path, monkeypatch, capsys, port):
    monkeypatch.chdir(make_course(tmp_path / "course"))

    assert main(["serve", "--no-open", "--port", port]) == 2
    assert f"port {port} is no good" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("file", "counts"),
    [
        ("docs/page.md", True),
        ("gallery/chapter/plot_x.py", True),
        ("d2lnotes/layers.py", True),
        ("conf.py", True),
        ("docs/gallery/chapter/plot_x.rst", False),
        ("d2lnotes/__pycache__/layers.pyc", False),
        ("docs/.page.md.swp", False),
        ("docs/page.md~", False),
        ("build/html/index.html", False),
    ],
)
def test_only_files_that_people_write_start_a_build(tmp_path, file, counts):
    course = make_course(tmp_path / "course")
    before = snapshot(Course(course))
    (course / file).parent.mkdir(parents=True, exist_ok=True)
    write(course / file, "changed, and of another time")

    assert (snapshot(Course(course)) != before) is counts
