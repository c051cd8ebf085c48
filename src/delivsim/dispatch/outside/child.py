"""Problems over a pipe: a program reads one line of JSON per decision, and writes one."""

from __future__ import annotations

import contextlib
import os
import queue
import shlex
import shutil
import signal
import subprocess
import threading
import weakref
from collections import deque
from typing import IO

from delivsim.dispatch.outside.asking import LARGEST, UnansweredError
from delivsim.errors import PolicyError

GRACE = 2.0
"""Seconds that a program has to end after its input has ended; then it is killed."""
TOLD = 20
"""Lines of its standard error that messages show, the last ones."""


class ChildLine:
    """
    A program that decides, as a process of its own.

    It is started when it is first asked, and again after it ended or was stopped for being late. Ctrl-C in a terminal
    does not reach it: it ends when its input does.

    Parameters
    ----------
    command
        The program and its arguments; no shell is involved.
    """

    def __init__(self, command: tuple[str, ...]) -> None:
        self.command, self.where = command, shlex.join(command)
        self._child: _Child | None = None

    def check(self) -> None:
        """Raise PolicyError where there is no such program."""
        if shutil.which(self.command[0]) is None:
            rule = "must be a program that can be run" if os.path.exists(self.command[0]) else "no such program"
            raise PolicyError(f"dispatch.params.command: {self.command[0]}: {rule}")

    def ask(self, problem: bytes, seconds: float) -> bytes:
        """Write a line, and wait for one."""
        if self._child is None:
            self._child = self._started()
        child = self._child
        if not child.answers.empty():
            early = child.answers.get()
            if early is not None:
                raise UnansweredError(
                    "bad_answer", f"{self.where}: wrote a line that no problem asked for: {_shown(early)}"
                )
            raise self._ended(child)
        child.problems.put(problem + b"\n")
        try:
            answer = child.answers.get(timeout=seconds)
        except queue.Empty:
            raise UnansweredError("timeout", f"{self.where}: no answer within {seconds:g} s{child.told()}") from None
        if answer is None:
            raise self._ended(child)
        return answer

    def _started(self) -> _Child:
        self.check()
        try:
            return _Child(self.command)
        except OSError as error:
            why = error.strerror or str(error)
            raise PolicyError(f"dispatch.params.command: {self.command[0]}: cannot be run: {why}") from None

    def _ended(self, child: _Child) -> UnansweredError:
        return UnansweredError("ended", f"{self.where}: {child.end()} instead of answering{child.told()}")

    def close(self) -> None:
        """End its input, give it time to end, and kill what is left."""
        if self._child is not None:
            self._child.stop()
        self._child = None


class _Child:
    """A running program: problems go in at one queue, lines come out at the other, None when no more will come."""

    def __init__(self, command: tuple[str, ...]) -> None:
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True)
        assert process.stdin
        assert process.stdout
        assert process.stderr
        self.process = process
        self.problems: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.answers: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._errors: deque[bytes] = deque(maxlen=TOLD)
        self._threads = [
            threading.Thread(target=target, args=arguments, daemon=True)
            for target, arguments in (
                (_write, (process.stdin, self.problems)),
                (_read, (process.stdout, self.answers)),
                (_keep, (process.stderr, self._errors)),
            )
        ]
        for thread in self._threads:
            thread.start()
        self.stop = weakref.finalize(self, _stop, process, self.problems, self._threads)
        """Stops it, once; also called when nobody holds it any more, and at the end of Python."""

    def end(self) -> str:
        """Say how it ended."""
        try:
            code = self.process.wait(GRACE)
        except subprocess.TimeoutExpired:
            return "closed its standard output"
        return f"ended with exit code {code}" if code >= 0 else f"was killed by signal {-code}"

    def told(self) -> str:
        """Give what it wrote to its standard error last."""
        if self.process.poll() is not None:
            self._threads[2].join(GRACE)
        lines = [_shown(line) for line in list(self._errors)]
        return "".join(f"\n  {line}" for line in ["it wrote to standard error:", *lines]) if lines else ""


def _shown(line: bytes) -> str:
    text = line.decode("utf-8", "replace").rstrip()
    return text if len(text) <= 300 else f"{text[:300]} ..."


def _write(to: IO[bytes], lines: queue.SimpleQueue[bytes | None]) -> None:
    with contextlib.suppress(OSError, ValueError):  # it reads no more
        while (line := lines.get()) is not None:
            to.write(line)
            to.flush()
    with contextlib.suppress(OSError):
        to.close()


def _read(source: IO[bytes], lines: queue.SimpleQueue[bytes | None]) -> None:
    with source:
        while line := source.readline(LARGEST):
            if line.strip():
                lines.put(line)
    lines.put(None)


def _keep(source: IO[bytes], lines: deque[bytes]) -> None:
    with source:
        while line := source.readline(LARGEST):
            lines.append(line)


def _stop(
    process: subprocess.Popen[bytes], problems: queue.SimpleQueue[bytes | None], threads: list[threading.Thread]
) -> None:
    problems.put(None)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(GRACE)
    _kill(process)
    process.wait()
    for thread in threads:
        thread.join(GRACE)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill it, if it is still there, and what it started."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
