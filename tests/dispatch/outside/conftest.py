"""Servers and programs that decide, well and badly."""

from __future__ import annotations

import http.server
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from delivsim.dispatch.outside.server import Server
from delivsim.dispatch.policies import Nearest

Answer = Callable[[http.server.BaseHTTPRequestHandler, bytes], None]


@contextmanager
def running(server: http.server.ThreadingHTTPServer) -> Iterator[str]:
    """Give the address of a server that runs in a thread."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/decide"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def serving() -> Callable[[http.server.ThreadingHTTPServer], AbstractContextManager[str]]:
    """Run a server in a thread."""
    return running


@pytest.fixture
def nearest_served() -> Iterator[str]:
    """The address of our own `nearest`."""
    with running(Server(Nearest(), "nearest", "127.0.0.1", 0)) as address:
        yield address


@pytest.fixture
def served() -> Iterator[Callable[[Answer], str]]:
    """Serve whatever answers: ``served(answer)`` gives its address."""
    with ExitStack() as stack:
        yield lambda answer: stack.enter_context(running(_server(answer)))


def _server(answer: Answer) -> http.server.ThreadingHTTPServer:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            answer(self, self.rfile.read(int(self.headers["Content-Length"])))

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    return server


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str], list[str]]:
    """Write a program in Python that decides: ``program(code)`` gives its command; ``say`` writes a line."""

    def written(code: str) -> list[str]:
        head = "import json, os, sys, time\ndef say(what): print(json.dumps(what), flush=True)\n"
        file = tmp_path / "program.py"
        file.write_text(head + code)
        return [sys.executable, str(file)]

    return written
