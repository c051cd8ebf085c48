"""Problems over HTTP: one POST each, on a connection that is kept."""

from __future__ import annotations

import http.client
import os
import threading
import time
import weakref
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from delivsim.dispatch.outside.asking import LARGEST, UnansweredError
from delivsim.errors import PolicyError

SHOWN = 1000
"""Characters that messages show of what a server says of an error."""
GONE = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)
"""How a connection ends that the server has closed since the last answer."""


class Secret(NamedTuple):
    """A value that is kept in a variable of the environment."""

    env: str


class HttpLine:
    """
    A server that decides.

    Parameters
    ----------
    url
        Where problems are posted; without a path: ``/decide``.
    headers
        What every request carries besides; a `Secret` is looked up when it is sent, and never shown.
    """

    def __init__(self, url: str, headers: Mapping[str, str | Secret]) -> None:
        parts = urlsplit(url)
        path = parts.path if parts.path not in ("", "/") else "/decide"
        self._kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._host, self._port = parts.hostname or "", parts.port
        self._target = f"{path}?{parts.query}" if parts.query else path
        self.where = f"{parts.scheme}://{parts.netloc}{path}"
        self._headers = headers
        self._connection: http.client.HTTPConnection | None = None

    def check(self) -> None:
        """Raise PolicyError where a secret is missing."""
        self._sent_along()

    def _sent_along(self) -> dict[str, str]:
        fixed = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "delivsim"}
        return fixed | {name: _value(name, value) for name, value in self._headers.items()}

    def ask(self, problem: bytes, seconds: float) -> bytes:
        """Post a problem; a connection that the server closed in the meantime is opened again, once."""
        kept, until = self._connection is not None, time.monotonic() + seconds
        try:
            try:
                return self._posted(problem, until)
            except GONE:
                self.close()
                if not kept:
                    raise
                return self._posted(problem, until)
        except TimeoutError:
            raise UnansweredError("timeout", f"{self.where}: no answer within {seconds:g} s") from None
        except OSError as error:
            why = error.strerror or str(error)
            raise UnansweredError("unreachable", f"{self.where}: cannot be reached: {why}") from None
        except http.client.HTTPException as error:
            told = f"{type(error).__name__} {error}".strip()
            raise UnansweredError("bad_answer", f"{self.where}: the answer is no HTTP: {told}") from None

    def _posted(self, problem: bytes, until: float) -> bytes:
        connection = self._connection or self._made()
        if connection.sock is None:
            connection.timeout = max(until - time.monotonic(), 0.001)
            connection.connect()
        with _Alarm(connection, until) as alarm:
            try:
                connection.request("POST", self._target, problem, self._sent_along())
                response = connection.getresponse()
                said = response.read(LARGEST + 1)
            except (OSError, http.client.HTTPException):
                alarm.raise_if_over()
                raise
        alarm.raise_if_over()
        return self._accepted(response, said)

    def _made(self) -> http.client.HTTPConnection:
        made = self._connection = self._kind(self._host, self._port)
        weakref.finalize(self, made.close)  # where nobody closes it
        return made

    def _accepted(self, response: http.client.HTTPResponse, said: bytes) -> bytes:
        if response.status != http.client.OK:
            told = " ".join(said[: 4 * SHOWN].decode("utf-8", "replace").split())[:SHOWN]
            target = response.headers.get("Location")
            whereto = f" to {target} (redirections are not followed)" if target else ""
            status = f"{response.status} {response.reason}".strip()
            raise UnansweredError("http_status", f"{self.where}: status {status}{whereto}{f': {told}' if told else ''}")
        if len(said) > LARGEST:
            raise UnansweredError(
                "bad_answer", f"{self.where}: the answer: must have at most {LARGEST} bytes, got more"
            )
        return said

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None


class _Alarm:
    """Ends a conversation when its time is up, however slowly the other side goes on talking."""

    def __init__(self, connection: http.client.HTTPConnection, until: float) -> None:
        self._connection, self._over = connection, False
        self._timer = threading.Timer(max(until - time.monotonic(), 0.0), self._ring)
        self._timer.daemon = True

    def __enter__(self) -> _Alarm:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _ring(self) -> None:
        self._over = True
        if (sock := self._connection.sock) is not None:
            try:
                sock.shutdown(2)
            except OSError:  # it ended by itself
                return

    def raise_if_over(self) -> None:
        if self._over:
            raise TimeoutError


def _value(name: str, value: str | Secret) -> str:
    if isinstance(value, str):
        return value
    found = os.environ.get(value.env)
    if not found:
        raise PolicyError(f"dispatch.params.headers.{name}: the variable {value.env} of the environment is not set")
    if not found.isprintable() or not found.isascii():
        raise PolicyError(f"dispatch.params.headers.{name}: what {value.env} holds cannot stand in a header")
    return found
