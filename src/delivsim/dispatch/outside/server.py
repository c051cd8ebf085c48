"""A policy as a service: problems come in over HTTP, assignments go out. What ``policy: http`` asks can be this."""

from __future__ import annotations

import http.server
import json
import logging
import threading
from http import HTTPStatus
from typing import Any

import numpy as np

from delivsim.dispatch.asking import ask
from delivsim.dispatch.assignment import DispatchPolicy
from delivsim.dispatch.codec import assignment_schema, assignment_to_dict, problem_from_json, problem_schema
from delivsim.dispatch.known import asked_by
from delivsim.dispatch.outside.asking import LARGEST
from delivsim.errors import InputError, PolicyError

log = logging.getLogger(__name__)

PATIENCE = 30.0
"""Seconds that a client may take to send the next part of a request; a connection that rests longer is closed."""


class Server(http.server.ThreadingHTTPServer):
    """
    Serves one policy; problems are decided one after the other.

    Parameters
    ----------
    policy, name
        What decides, and what messages call it.
    host, port
        Where it listens; port 0: any that is free, which `address` tells.
    seed
        Of the policy's random numbers, the same for every problem: equal problems get equal answers.

    Raises
    ------
    OSError
        It cannot listen there.
    """

    daemon_threads = True

    def __init__(self, policy: DispatchPolicy, name: str, host: str, port: int, *, seed: int = 0) -> None:
        self.policy, self.name, self.seed = policy, name, seed
        self.n_decided, self._deciding = 0, threading.Lock()
        super().__init__((host, port), _Handler)

    @property
    def address(self) -> str:
        """Where problems are posted."""
        host, port = self.server_address[:2]
        return f"http://{host if isinstance(host, str) else host.decode()}:{port}/decide"

    def decide(self, body: bytes) -> tuple[HTTPStatus, dict[str, Any]]:
        """Give the status and the answer to a problem."""
        try:
            problem = problem_from_json(body)
        except InputError as error:
            told = [{"path": problem.path, "rule": problem.rule} for problem in error.problems]
            return HTTPStatus.UNPROCESSABLE_ENTITY, {"error": str(error), "mistakes": told}
        try:
            with self._deciding:
                made = ask(self.policy, self.name, problem, np.random.default_rng(self.seed))
                self.n_decided += 1
        except PolicyError as error:
            log.warning("%s", error)
            return HTTPStatus.INTERNAL_SERVER_ERROR, {"error": str(error)}
        return HTTPStatus.OK, assignment_to_dict(made)

    def health(self) -> dict[str, Any]:
        """Say what is served."""
        asks = sorted(asked_by(self.policy))
        return {"status": "ok", "policy": self.name, "asks": asks, "decided": self.n_decided}


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "delivsim", ""
    timeout = PATIENCE
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        if self.path.split("?")[0] != "/decide":
            self._refuse(HTTPStatus.NOT_FOUND, "problems are posted to /decide")
        elif (size := self.headers.get("Content-Length", "")).isdecimal() and size.isascii():
            self._take(int(size))
        else:
            self._refuse(HTTPStatus.LENGTH_REQUIRED, "a problem comes with its Content-Length")

    def _take(self, size: int) -> None:
        if size > LARGEST:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a problem has at most {LARGEST} bytes")
            return
        body = self.rfile.read(size)
        if len(body) == size:  # else the client has gone
            self._say(*self.server.decide(body))

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        found = {
            "/health": self.server.health,
            "/schema": lambda: {"problem": problem_schema(), "assignment": assignment_schema()},
            "/schema/problem": problem_schema,
            "/schema/assignment": assignment_schema,
        }.get(path)
        if found is not None:
            self._say(HTTPStatus.OK, found())
        elif path == "/decide":
            self._refuse(HTTPStatus.METHOD_NOT_ALLOWED, "problems are posted: POST /decide")
        else:
            self._refuse(HTTPStatus.NOT_FOUND, "there are POST /decide, GET /health and GET /schema")

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        self.close_connection = True  # what may still come of the request is not read
        self._say(status, {"error": why})

    def _say(self, status: HTTPStatus, what: dict[str, Any]) -> None:
        body = json.dumps(what, allow_nan=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "POST")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Refuse in JSON what is no proper request."""
        self._refuse(HTTPStatus(code), message or HTTPStatus(code).phrase)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        log.info(format, *args)
