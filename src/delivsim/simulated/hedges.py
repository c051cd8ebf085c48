"""Hedged calls of an edge: when copies are sent, who wins, and what becomes of the others."""

from __future__ import annotations

from typing import Any, Protocol

from simpy import Environment

from delivsim.services.resilience import Race, RetryBudget
from delivsim.simulated.wake import Alarm


class Copies(Protocol):
    """What hedging asks of the runtime."""

    def copy(self, attempt: Any) -> Any:
        """Make another attempt of the same call; None: whoever called is gone."""
        ...

    def send(self, attempt: Any) -> None:
        """Put a copy on its way."""
        ...

    def drop(self, attempt: Any) -> None:
        """Let a caller lose interest in an attempt."""
        ...


class Hedges:
    """
    The races of one edge's calls.

    Parameters
    ----------
    after
        Seconds after which a copy is sent.
    most
        How many copies a call has at most.
    budget
        Pays for copies; None: they cost nothing.
    copies
        Makes, sends and drops them.
    """

    def __init__(self, env: Environment, after: float, most: int, budget: RetryBudget | None, copies: Copies) -> None:
        self._env, self._after, self._most, self._budget, self._copies = env, after, most, budget, copies
        self._races: dict[int, Race] = {}
        self._alarm = Alarm(env)

    def sent(self, attempt: Any) -> None:
        """Note that an attempt is on its way: it may need a copy later, if it may be done twice."""
        race = self._races.get(attempt.id)
        if race is None:
            if not attempt.op.idempotent:
                return
            if self._budget is not None:
                self._budget.earn()
            race = self._join(Race(after=self._after, copies=self._most), attempt)
        self._alarm.set(self._after, (self._is_late,), (race, attempt))

    def _join(self, race: Race, attempt: Any) -> Race:
        race.start(attempt, self._env.now)
        self._races[attempt.id] = race
        return race

    def _is_late(self, event: Any) -> None:
        race, attempt = event.value
        if not race.is_due(self._env.now) or (self._budget is not None and not self._budget.spend()):
            return
        copy = self._copies.copy(attempt)
        if copy is not None:
            self._join(race, copy)
            self._copies.send(copy)

    def decides(self, attempt: Any, *, well: bool) -> bool:
        """Take an answer; True: its caller goes on with it, and nobody cares for the copies any more."""
        race = self._races.pop(attempt.id, None)
        if race is None:
            return True
        if not race.answered(attempt, well=well):
            return False
        for loser in race.under_way:
            del self._races[loser.id]
            self._copies.drop(loser)
        race.under_way.clear()
        attempt.last = True
        return True
