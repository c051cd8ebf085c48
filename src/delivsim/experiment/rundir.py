"""
Where runs live: ``runs/<name>-<seed>-<hash>``, never half written, never overwritten by accident.

A run is written into a hidden folder beside its final place and renamed when it is complete, so a folder that looks
like a run is one. ``runs/.last`` holds the path of the run finished last, wherever it was written: that is ``@last``.
"""

from __future__ import annotations

import difflib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from delivsim.errors import ResultError

RUNS = Path("runs")
MANIFEST = "manifest.json"
_LAST = ".last"


def default_run_dir(name: str, seed: int, digest: str) -> Path:
    """
    Name the folder of a run after what it ran: ``runs/<name>-<seed>-<hash>``.

    Parameters
    ----------
    name
        The scenario's name; characters that are awkward in file names become ``-``.
    digest
        Hexadecimal digest of the resolved scenario; its first eight characters are used.
    """
    return RUNS / f"{re.sub(r'[^A-Za-z0-9._-]+', '-', name).strip('-.') or 'run'}-{seed}-{digest[:8]}"


def is_run(path: Path) -> bool:
    """Tell whether a folder holds a run: it has a manifest."""
    return (path / MANIFEST).is_file()


def check_free(path: Path, *, force: bool = False) -> None:
    """
    Refuse a place that is taken, before any time is spent on running.

    Raises
    ------
    ResultError
        Something is there already, unless it is an empty folder, or ``force`` is given and it is a run.
    """
    if not path.exists() and not path.is_symlink():
        return
    if not path.is_dir():
        raise ResultError(f"{path}: a run is saved as a folder, and this is a file")
    if not any(path.iterdir()):
        return
    if not is_run(path):
        raise ResultError(f"{path}: holds something that is not a run (no {MANIFEST}); choose another folder")
    if not force:
        raise ResultError(f"{path}: holds a run already; --force replaces it, --out DIR writes elsewhere")


@contextmanager
def new_run(path: Path, *, force: bool = False) -> Iterator[Path]:
    """
    Give a hidden folder to write a run into; it becomes ``path`` only if the block ends well.

    Parameters
    ----------
    force
        Whether a run that stands at ``path`` may be replaced. It stays whole until the new one is.

    Raises
    ------
    ResultError
        The place is taken (see `check_free`).
    """
    check_free(path, force=force)
    target = path.resolve()
    partial, old = (target.with_name(f".{target.name}.{word}-{os.getpid()}") for word in ("partial", "old"))
    _remove(partial, old)
    try:
        partial.mkdir(parents=True)
    except OSError as error:
        raise ResultError(f"{path}: no folder can be made there: {error.strerror}") from None
    try:
        yield partial
        check_free(path, force=force)
        if target.exists():
            target.rename(old)
        partial.rename(target)
    finally:
        _remove(partial, old)
    _remember(target)


def find_run(text: str) -> Path:
    """
    Find a run by its path, by its name under ``runs/``, or by ``@last``, the run finished last.

    Raises
    ------
    ResultError
        There is no such run; the message names near misses.
    """
    if text == "@last":
        return _last()
    for path in (Path(text), RUNS / text):
        if is_run(path):
            return path
    if Path(text).is_dir():
        raise ResultError(f"{text}: not a run: it holds no {MANIFEST}")
    raise ResultError(f"{text}: no such run{_near(Path(text))}")


def _last() -> Path:
    marker = RUNS / _LAST
    if marker.is_file() and is_run(last := RUNS / marker.read_text(encoding="utf-8").strip()):
        return Path(os.path.relpath(last))
    if runs := _runs(RUNS):  # the marker's run was removed by hand: the newest of those that are left
        return max(runs, key=lambda run: ((run / MANIFEST).stat().st_mtime_ns, run.name))
    raise ResultError(f"@last: no runs in {RUNS.resolve()} yet; make one with `delivsim run SCENARIO`")


def _remember(run: Path) -> None:
    RUNS.mkdir(exist_ok=True)
    fresh = RUNS / f"{_LAST}-{os.getpid()}"
    fresh.write_text(os.path.relpath(run, RUNS) + "\n", encoding="utf-8")
    fresh.replace(RUNS / _LAST)


def _near(path: Path) -> str:
    known = {run.name: run for folder in (path.parent, RUNS) for run in _runs(folder)}
    near = difflib.get_close_matches(path.name, sorted(known), n=3, cutoff=0.5)
    near = near or [name for name in sorted(known) if name.startswith(path.name)][:3]
    return f" (did you mean {' or '.join(str(known[name]) for name in near)}?)" if near else ""


def _runs(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(run for run in folder.iterdir() if is_run(run) and not run.name.startswith("."))


def _remove(*folders: Path) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
