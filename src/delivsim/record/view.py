"""A run seen through a window: what was asked, placed, published or offered from one instant to another."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from delivsim.domain.order import Outcome
from delivsim.record.measures import client_operations

if TYPE_CHECKING:
    from delivsim.record.result import Result


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of simulated time, ``start`` included and ``end`` not, in seconds since the start of the scenario."""

    start: float
    end: float = math.inf


class View:
    """
    The rows of a run that belong to a window.

    Parameters
    ----------
    result
        The run.
    window
        By default from the end of the warm-up on.

    Notes
    -----
    A row belongs to the window in which its story began: an order was placed, a client first asked, a visit
    arrived, a message was published, an offer reached the rider. Levels (utilization, queues) are over the window
    itself, as far as the run went.
    """

    def __init__(self, result: Result, window: Window | None = None) -> None:
        self.tables, self.manifest = result.tables, result.manifest
        self.window = Window(float(self.manifest.get("warm_up", 0.0))) if window is None else window

    @property
    def ended_at(self) -> float:
        """When the run stopped, in seconds."""
        return float(self.manifest["ended_at"])

    @property
    def until(self) -> float:
        """The end of the window, or of the run if that came first."""
        return max(self.window.start, min(self.window.end, self.ended_at))

    @property
    def stopped_short(self) -> bool:
        """Whether the run stopped while there was still something to do: after Ctrl-C, or with open orders."""
        if self.manifest.get("interrupted_at") is not None:
            return True
        return bool((self.tables["orders"]["outcome"] == str(Outcome.CENSORED)).any())

    @property
    def duration(self) -> float:
        """Length of the window as far as the run went, in seconds."""
        return self.until - self.window.start

    def _within(self, table: pd.DataFrame, instant: str) -> pd.DataFrame:
        at = table[instant]
        return table[(at >= self.window.start) & (at < self.window.end)]

    @cached_property
    def orders(self) -> pd.DataFrame:
        """Orders placed in the window, by the end of the run."""
        placed = self._within(self.tables["orders"], "placed_at")
        return placed[placed["placed_at"] <= self.ended_at]

    @cached_property
    def operations(self) -> pd.DataFrame:
        """What clients first asked for in the window, one row per operation: its final answer."""
        return self._within(client_operations(self.tables["requests"], self.manifest["clients"]), "first_sent_at")

    @property
    def requests(self) -> pd.DataFrame:
        """Attempts sent in the window over the network: by clients and by services."""
        requests = self._within(self.tables["requests"], "sent_at")
        return requests[requests["cause"].isin(["client", "call"])]

    @cached_property
    def messages(self) -> pd.DataFrame:
        """Messages published in the window, one row per consumer group."""
        return self._within(self.tables["messages"], "published_at")

    @cached_property
    def offers(self) -> pd.DataFrame:
        """Offers that reached a rider in the window, one row per offer."""
        return self._within(self.tables["offers"], "offered_at").drop_duplicates("offer")

    @cached_property
    def decisions(self) -> pd.DataFrame:
        """Decisions taken in the window."""
        return self._within(self.tables["decisions"], "decided_at")

    def visits_to(self, station: str) -> pd.DataFrame:
        """Give all visits to a station, of the whole run: those before the window may still be there."""
        return self._by_station.get(station, self._visits.iloc[:0])

    @cached_property
    def _visits(self) -> pd.DataFrame:
        names = ["station", "service", "arrived_at", "started_at", "departed_at", "outcome", "replica"]
        visits = self.tables["visits"]
        return visits[[name for name in names if name in visits]]

    @cached_property
    def _by_station(self) -> dict[str, pd.DataFrame]:
        return {str(name): rows for name, rows in self._visits.groupby("station", observed=True)}

    def arrived(self, visits: pd.DataFrame) -> pd.DataFrame:
        """Keep the visits that arrived in the window."""
        return self._within(visits, "arrived_at")

    @property
    def rules(self) -> dict[str, Any]:
        """The instance's rules; empty when the run had no instance."""
        return dict((self.manifest.get("instance") or {}).get("rules") or {})
