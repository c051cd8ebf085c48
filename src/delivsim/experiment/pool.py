"""Tasks over processes: what is done is kept, so that an interrupted suite goes on where it stopped."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from delivsim.errors import DelivsimError

Found = dict[str, Any]


class Task(Protocol):
    """What is to be done; ``str()`` says it to people."""

    @property
    def key(self) -> str:
        """Names its result: equal keys, equal results."""
        ...


T = TypeVar("T", bound=Task)
Tell = Callable[[int, int], None]
"""Told how many of how many tasks are done."""

TRIES = 3
"""How many pools of processes are made, should workers die: the first and two more."""


class Shelf:
    """Where the results of tasks are kept: one file per key, there whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def get(self, key: str) -> Found | None:
        """Give what a task gave; None if it is not done."""
        try:
            found: Found = json.loads((self.folder / f"{key}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found

    def put(self, key: str, found: Found) -> None:
        """Keep what a task gave."""
        new = self.folder / f".{key}.{os.getpid()}"
        new.write_text(json.dumps(found, sort_keys=True), encoding="utf-8")
        new.replace(self.folder / f"{key}.json")


def run_all(
    tasks: Sequence[T],
    shelf: Shelf,
    work: Callable[[T], Found],
    *,
    jobs: int = 1,
    tell: Tell | None = None,
    hash_seed: str = "",
) -> list[Found]:
    """
    Do all tasks that are not done yet.

    Parameters
    ----------
    jobs
        Processes; 1: this one.
    tell
        Told how many of how many are done.
    hash_seed
        PYTHONHASHSEED of the processes, when they must be others than this one.

    Returns
    -------
    What each task gave, in their order.

    Raises
    ------
    DelivsimError
        Workers died again and again.
    KeyboardInterrupt
        Ctrl-C; what is done is kept, and the same call goes on from there.
    """
    missing = {task.key: task for task in tasks if shelf.get(task.key) is None}
    done, total = len(tasks) - len(missing), len(tasks)
    steps = _here(missing, work) if jobs == 1 and not hash_seed else _in_processes(missing, work, jobs, hash_seed)
    if tell is not None:
        tell(done, total)
    for key, found in steps:
        shelf.put(key, found)
        done += 1
        if tell is not None:
            tell(done, total)
    return [shelf.get(task.key) or {} for task in tasks]


def _here(missing: Mapping[str, T], work: Callable[[T], Found]) -> Iterator[tuple[str, Found]]:
    for key, task in missing.items():
        yield key, work(task)


def _in_processes(
    missing: Mapping[str, T], work: Callable[[T], Found], jobs: int, hash_seed: str
) -> Iterator[tuple[str, Found]]:
    """Do tasks in a pool of processes; when one dies the pool is lost, and another takes up what is left."""
    left = dict(missing)
    for _ in range(TRIES):
        if not left:
            return
        with workers(min(jobs, len(left)), hash_seed) as pool:
            waiting: dict[Future[Found], str] = {pool.submit(work, task): key for key, task in left.items()}
            try:
                while waiting:
                    ready, _ = wait(waiting, return_when=FIRST_COMPLETED)
                    for future in ready:
                        key = waiting.pop(future)
                        found = future.result()
                        del left[key]
                        yield key, found
            except BrokenProcessPool:
                continue
    if left:
        names = ", ".join(sorted({str(task) for task in left.values()})[:5])
        raise DelivsimError(f"workers died {TRIES} times (out of memory?); not done: {names}")


@contextmanager
def workers(jobs: int, hash_seed: str = "") -> Iterator[ProcessPoolExecutor]:
    """Start processes that leave Ctrl-C to this one; on the way out nothing that waits is begun."""
    before = os.environ.get("PYTHONHASHSEED")
    if hash_seed:
        os.environ["PYTHONHASHSEED"] = hash_seed
    pool = ProcessPoolExecutor(
        jobs, mp_context=multiprocessing.get_context("spawn"), initializer=_start, initargs=(list(sys.path),)
    )
    try:
        yield pool
    except BaseException:
        for process in list(pool._processes.values()):
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        if hash_seed:
            os.environ.pop("PYTHONHASHSEED")
            if before is not None:
                os.environ["PYTHONHASHSEED"] = before


def _start(path: list[str]) -> None:
    """Begin a worker: it finds modules where its parent does, and leaves Ctrl-C to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.path[:] = path
