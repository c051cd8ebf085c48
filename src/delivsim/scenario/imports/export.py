"""What a company gives to be imported, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from delivsim.domain.instance import Instance
from delivsim.scenario.history import History
from delivsim.scenario.imports.intake import Tally
from delivsim.scenario.imports.sheet import Reject


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """
    What a company gives, and how it is to be read.

    Parameters
    ----------
    orders, riders, stores, offers
        CSV or Parquet files; only the first is needed.
    mapped
        What ``--map`` says: ``placed_at=created_ts``, ``riders.on_at=login``.
    timezone
        Where local times are meant, and whose time of day the scenario tells; None: UTC.
    since, until
        ``--from`` and ``--to``; None: all orders.
    day_first
        Whether 3/4/2026 is the third of April; None: the data tell.
    """

    orders: Path
    riders: Path | None = None
    stores: Path | None = None
    offers: Path | None = None
    mapped: Sequence[str] = ()
    timezone: str | None = None
    since: str | None = None
    until: str | None = None
    day_first: bool | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Imported:
    """
    An instance made of an export.

    Parameters
    ----------
    instance, history
        What the city was, and what happened in it.
    ready_is_given
        Whether every order's ready time is a fact of the export.
    tallies
        What became of the rows of each file.
    said
        What was estimated, generated or assumed, in whole sentences.
    """

    instance: Instance
    history: History
    ready_is_given: bool
    tallies: tuple[Tally, ...]
    said: tuple[str, ...] = ()

    @property
    def rejects(self) -> list[Reject]:
        """Every rejected row of every file."""
        return [reject for tally in self.tallies for reject in tally.rejects]
