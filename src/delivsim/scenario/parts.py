"""Parts of a city that have files of their own: stores, what they sell, orders, riders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from delivsim.city.generate import Given
from delivsim.city.places import MenusConfig, StoresFile
from delivsim.city.roster import Roster
from delivsim.domain.order import Order
from delivsim.domain.rider import Rider
from delivsim.domain.source_path import SourcePath
from delivsim.domain.store import Store
from delivsim.domain.streams import Streams
from delivsim.domain.units import Instant
from delivsim.errors import InputError, InstanceError, ScenarioError
from delivsim.scenario.formats.delimited import Row
from delivsim.scenario.formats.delivsim import read_lists, read_nouns
from delivsim.scenario.nodes import Place

Files = Mapping[str, SourcePath | None]
At = Callable[..., Place]


class Parts:
    """
    Reads the parts of a scenario that have files.

    Parameters
    ----------
    key
        ``city`` or ``instance``: where the scenario names them.
    place
        Says where a value stands in the scenario, for mistakes.
    starts_at
        From when times of day count.
    streams
        For riders who are somewhere: ``city/riders/places``.
    """

    def __init__(self, key: str, place: At, starts_at: datetime, streams: Streams) -> None:
        self._key, self._place, self._starts_at, self._streams = key, place, starts_at, streams

    def given(self, stores: StoresFile | None, menus: MenusConfig, demand: Any, roster: Roster | None) -> Given:
        """Give the readers of all parts that have a file; ``demand`` may name ``file`` and ``items``."""
        lists = {"menus": menus.file, "stock": menus.stock, "refills": menus.refills}
        tables = {} if stores is None else {"stores": stores.file, "openings": stores.openings}
        orders = {} if demand is None else {"orders": demand.file, "items": demand.items}
        riders = {} if roster is None else {"riders": roster.file, "breaks": roster.breaks}
        openings = {"openings": tables.get("openings")} if not tables.get("stores") else {}
        return Given(
            stores=self._nouns("stores", "stores", tables) if tables.get("stores") else None,
            menus=self._lists({**lists, **openings}) if any({**lists, **openings}.values()) else None,
            orders=self._orders(orders) if orders.get("orders") else None,
            riders=self._riders(riders) if riders.get("riders") else None,
        )

    def _nouns(self, table: str, part: str, files: Files, **more: Any) -> Callable[[], list[Any]]:
        def read() -> list[Any]:
            try:
                return read_nouns(table, _named(files), **{"fill": self._instants, **more})
            except InstanceError as error:
                raise self._wrong(error, (part, "file"), f"must be a table of {table}") from error

        return read

    def _orders(self, files: Files) -> Callable[[Sequence[Store]], list[Order]]:
        return lambda stores: self._nouns("orders", "demand", files, stores=stores)()

    def _riders(self, files: Files) -> Callable[[Sequence[Store]], list[Rider]]:
        def read(stores: Sequence[Store]) -> list[Rider]:
            rng = self._streams["city/riders/places"]

            def fill(row: Row) -> None:
                self._instants(row)
                if stores and not row.cells.get("x", "-") and not row.cells.get("y", "-"):
                    home = stores[int(rng.integers(len(stores)))]
                    row.cells.update(x=repr(home.x), y=repr(home.y))

            found: list[Rider] = self._nouns("riders", "riders", files, fill=fill, blank=("x", "y"))()
            return found

        return read

    def _lists(self, files: Files) -> Callable[[Sequence[Store]], list[Store]]:
        def read(stores: Sequence[Store]) -> list[Store]:
            try:
                return read_lists(_named(files), stores, self._instants)
            except InstanceError as error:
                named = next(table for table, file in files.items() if file is not None)
                at = {"openings": ("stores", "openings"), "menus": ("menus", "file")}.get(named, ("menus", named))
                raise self._wrong(error, at, "must be a table of the stores") from error

        return read

    def _instants(self, row: Row) -> None:
        """Turn times of day into seconds since the start."""
        for column, cell in row.cells.items():
            if column.endswith("_at") and ":" in cell:
                try:
                    row.cells[column] = repr(Instant.parse(cell).at(self._starts_at))
                except ValueError as wrong:
                    row.refuse(column, str(wrong))
                    row.cells[column] = "0"

    def _wrong(self, error: InstanceError, at: tuple[str, str], rule: str) -> InputError:
        here = self._place(self._key, *at).problem(rule, ".".join((self._key, *at)))
        return ScenarioError.of([here, *error.problems])


def _named(files: Files) -> dict[str, Path]:
    return {table: Path(file) for table, file in files.items() if file is not None}
