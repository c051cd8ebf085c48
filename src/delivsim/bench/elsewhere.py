"""The code of another revision beside this one: its own worktree, its own processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from delivsim.errors import DelivsimError, InputError


class Code:
    """
    A version of delivsim to run in processes of its own.

    Parameters
    ----------
    root, other
        The top of this repository, and of the worktree that stands for it; both None: this code as it is.
    """

    def __init__(self, root: Path | None = None, other: Path | None = None) -> None:
        self.folder = Path.cwd() if other is None else other
        path = [self._moved(Path(entry or "."), root, other) for entry in sys.path]
        own = [str(other / "src"), str(other)] if other is not None else []
        self.environment = {**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys([*own, *path]))}

    @staticmethod
    def _moved(entry: Path, root: Path | None, other: Path | None) -> str:
        """Give the same folder in the other worktree; folders outside of the repository stay."""
        full = entry.absolute()
        if root is None or other is None or not full.is_relative_to(root) or (full / "site-packages").exists():
            return str(full)
        moved = other / full.relative_to(root)
        return str(moved if moved.exists() else full)

    def call(self, *arguments: str) -> str:
        """
        Run a ``delivsim`` command; give what it prints.

        Raises
        ------
        DelivsimError
            It ended with anything but 0 or 1 (a policy that fails is a result).
        """
        command = [sys.executable, "-c", _MAIN, *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode not in (0, 1):
            said = (done.stderr or done.stdout).strip().splitlines()
            raise DelivsimError(
                f"delivsim {' '.join(arguments[:2])} in {self.folder}: {said[-1] if said else 'no answer'}"
            )
        return done.stdout

    def policies(self) -> list[str]:
        """Name the policies that this version has."""
        done = subprocess.run(
            [sys.executable, "-c", "from delivsim.dispatch.policies import POLICIES; print(*POLICIES)"],
            cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.stdout.split()


_MAIN = "from delivsim.cli.app import main\nif __name__ == '__main__': main()"


class Stopwatch:
    """Times policies in a process of its own, a round at a time; see `delivsim.bench.clock`."""

    def __init__(self, code: Code, suite: Path, policies: Sequence[str]) -> None:
        command = [sys.executable, "-m", "delivsim.bench.clock", str(suite.absolute()), *policies]
        self._process = subprocess.Popen(
            command, cwd=code.folder, env=code.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def round(self) -> dict[str, float]:
        """
        Give the CPU seconds of one round.

        Raises
        ------
        DelivsimError
            The process ended.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write("\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise DelivsimError("speed cannot be measured: the process that times policies ended")
        taken: dict[str, float] = json.loads(line)
        return taken

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def revision(name: str) -> Iterator[Code]:
    """
    Check a revision of the repository out, beside the one that runs; it is gone afterwards.

    Raises
    ------
    InputError
        This is no repository, or there is no such revision.
    """
    root = repository()
    if root is None:
        raise InputError(f"git:{name}: {Path.cwd()} is not in a git repository")
    commit = git(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    if not commit:
        raise InputError(f"git:{name}: no such revision here (a shallow clone has only the last: fetch it)")
    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder).resolve() / "base"
        if git(root, "worktree", "add", "--detach", str(other), commit) is None:
            raise InputError(f"git:{name}: cannot be checked out into a worktree")
        try:
            yield Code(root, other)
        finally:
            git(root, "worktree", "remove", "--force", str(other))


def repository() -> Path | None:
    """Find the top of the repository around the working folder; None outside of one."""
    found = git(Path.cwd(), "rev-parse", "--show-toplevel")
    return Path(found) if found else None


def git(folder: Path, *arguments: str) -> str | None:
    """Give what a git command prints, without white space around it; None if it fails or there is no git."""
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
