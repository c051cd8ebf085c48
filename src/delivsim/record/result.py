"""
A run: its tables, its manifest, its summary; to a folder and back.

A saved run is a folder of ``manifest.json`` (what ran), ``summary.json`` (its figures), ``timings.parquet`` (wall-clock
times, the one thing that differs between equal runs) and one Parquet file per table.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from delivsim.errors import ResultError
from delivsim.record.columns import empty
from delivsim.record.parquet import TableFiles, connect, read_frame, write_frame
from delivsim.record.tables import SCHEMA_VERSION, TABLES

__all__ = ["Result", "TableFiles", "load_result"]

MANIFEST, SUMMARY, TIMINGS = "manifest.json", "summary.json", "timings.parquet"
NEEDED = ("name", "seed", "starts_at", "ended_at", "platform", "stations", "services", "topics", "clients")
"""What every manifest says; figures and reports rely on it."""


class Result:
    """
    What a run left: rows in tables, and what was run.

    Parameters
    ----------
    tables
        Every table of ``TABLES`` (one that is left out has no rows); lazily read ones are fine.
    manifest
        What ran: scenario, seed, versions, stations, topics; JSON, nothing of the clock on the wall.
    timings
        Wall-clock times of the run (a table, or seconds by name), outside the promise of equal bytes.

    Notes
    -----
    ``orders``, ``riders`` and ``stores`` are indexed by their ``id`` in the instance, all other tables by row;
    ``result.tables[name]`` is always indexed by row. Treat all of them as read-only.
    """

    def __init__(
        self,
        tables: Mapping[str, pd.DataFrame],
        manifest: Mapping[str, Any],
        timings: pd.DataFrame | Mapping[str, float] | None = None,
    ) -> None:
        unknown = sorted(set(tables) - set(TABLES))
        if unknown:
            raise ResultError(f"tables: no table named {unknown[0]!r}; there are {', '.join(TABLES)}")
        missing = {} if isinstance(tables, TableFiles) else {t: empty(t) for t in TABLES if t not in tables}
        self.tables: Mapping[str, pd.DataFrame] = {**tables, **missing} if missing else tables
        self.manifest: Mapping[str, Any] = manifest
        self.timings = timings if isinstance(timings, pd.DataFrame) else _timings(timings or {})
        self._summary: dict[str, Any] | None = None

    def __repr__(self) -> str:
        name, seed = self.manifest.get("name", "?"), self.manifest.get("seed", "?")
        return f"<Result {name}, seed {seed}: {len(self.tables['orders']):,} orders>"

    @cached_property
    def orders(self) -> pd.DataFrame:
        """One row per order, indexed by its id."""
        return self.tables["orders"].set_index("id", drop=False)

    @cached_property
    def riders(self) -> pd.DataFrame:
        """One row per rider, indexed by its id."""
        return self.tables["riders"].set_index("id", drop=False)

    @cached_property
    def stores(self) -> pd.DataFrame:
        """One row per store, indexed by its id."""
        return self.tables["stores"].set_index("id", drop=False)

    @property
    def requests(self) -> pd.DataFrame:
        """One row per attempt of every call, message handling and timer."""
        return self.tables["requests"]

    @property
    def visits(self) -> pd.DataFrame:
        """One row per visit to a station."""
        return self.tables["visits"]

    @property
    def messages(self) -> pd.DataFrame:
        """One row per message and consumer group."""
        return self.tables["messages"]

    @property
    def offers(self) -> pd.DataFrame:
        """One row per order of every offer to a rider."""
        return self.tables["offers"]

    @property
    def legs(self) -> pd.DataFrame:
        """One row per stretch of a rider's time."""
        return self.tables["legs"]

    @property
    def decisions(self) -> pd.DataFrame:
        """One row per call of the dispatch policy."""
        return self.tables["decisions"]

    def summary(self) -> dict[str, Any]:
        """Give the figures of the run, as ``summary.json`` holds them; computed once."""
        if self._summary is None:
            from delivsim.record.summary import summarize

            self._summary = summarize(self)
        return self._summary

    def save(self, directory: str | Path) -> Path:
        """
        Write the run into a folder, the manifest last; equal runs give equal bytes (``timings`` apart).

        Returns
        -------
        The folder, made if need be; files of an earlier run in it are replaced.
        """
        target = Path(directory)
        target.mkdir(parents=True, exist_ok=True)
        with connect() as con:
            for table in TABLES:
                path = target / f"{table}.parquet"
                if isinstance(self.tables, TableFiles):
                    _copy(self.tables.file(table), path)
                else:
                    write_frame(con, self.tables[table], path)
            write_frame(con, self.timings, target / TIMINGS)
        (target / SUMMARY).write_text(to_json(self.summary()), encoding="utf-8")
        (target / MANIFEST).write_text(to_json(dict(self.manifest), sort=True), encoding="utf-8")
        return target


def load_result(directory: str | Path) -> Result:
    """
    Open a saved run; its tables are read when they are first used.

    Raises
    ------
    ResultError
        The folder is no run, a file of it is missing or damaged, or of another version.
    """
    folder = Path(directory)
    manifest = _manifest(folder)
    missing = [f"{table}.parquet" for table in TABLES if not (folder / f"{table}.parquet").is_file()]
    if missing:
        raise ResultError(f"{folder}: damaged run: {', '.join(missing)} missing")
    timings = read_frame(folder / TIMINGS) if (folder / TIMINGS).is_file() else None
    result = Result(TableFiles(folder), manifest, timings)
    if (folder / SUMMARY).is_file():
        result._summary = _summary(folder / SUMMARY)
    return result


def _summary(path: Path) -> dict[str, Any]:
    from delivsim.record.summary import SECTIONS

    summary = read_json(path)
    if missing := [name for name in SECTIONS if name not in summary]:
        raise ResultError(f"{path}: damaged: {', '.join(missing)} missing; delete it, and it is computed again")
    return summary


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    if not folder.is_dir():
        raise ResultError(f"{folder}: not a run: {'a file, not a folder' if folder.exists() else 'no such folder'}")
    if not path.is_file():
        raise ResultError(f"{folder}: not a run: it holds no {MANIFEST}")
    manifest = read_json(path)
    version = manifest.get("schema_version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ResultError(f"{path}: schema_version: must be a whole number >= 1, got {version!r}")
    if version != SCHEMA_VERSION:
        by = manifest.get("delivsim", "another version")
        cure = "update delivsim to read it" if version > SCHEMA_VERSION else "run its scenario again"
        raise ResultError(
            f"{path}: schema_version: must be {SCHEMA_VERSION}, got {version}: delivsim {by} wrote this run; {cure}"
        )
    if missing := [name for name in NEEDED if name not in manifest]:
        raise ResultError(f"{path}: damaged: {', '.join(missing)} missing")
    return manifest


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON file that holds a map; ResultError, with the line, when it does not."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ResultError(f"{path}:{error.lineno}:{error.colno}: damaged: {error.msg}") from None
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        raise ResultError(f"{path}: cannot be read: {error}") from None
    if not isinstance(data, dict):
        raise ResultError(f"{path}: must hold a map, got a {type(data).__name__}")
    return data


def to_json(data: Mapping[str, Any], *, sort: bool = False) -> str:
    """Write as JSON text: NaN and infinities become null, keys stay in their order unless ``sort``."""
    return json.dumps(_plain(data), indent=2, ensure_ascii=False, allow_nan=False, sort_keys=sort) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _copy(source: Path, target: Path) -> None:
    if source.resolve() != target.resolve():
        shutil.copyfile(source, target)


def _timings(seconds: Mapping[str, float]) -> pd.DataFrame:
    return pd.DataFrame(
        {"what": pd.Series(list(seconds), dtype="str"), "seconds": pd.Series(seconds.values(), dtype="float64")}
    )
