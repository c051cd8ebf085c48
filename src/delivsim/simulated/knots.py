"""Sees when the places of a pool are all held by callers of those who wait for one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

from delivsim.services.resilience.deadlock import REASON, is_deadlocked

Callers = Callable[[Any], Iterable[Any]]
"""Gives the requests that wait for a request to be answered: its caller, the caller's caller and so on."""


class Knot:
    """
    Those who wait for a place of one pool that one of their own callers holds.

    Parameters
    ----------
    callers
        Gives who waits for a request.
    """

    def __init__(self, callers: Callers) -> None:
        self._callers = callers
        self._nested: list[Any] = []

    def waits(self, request: Any, holders: Collection[Any], line: Collection[Any]) -> None:
        """Note that a request joined the line for places that all have holders; mark who is in a deadlock."""
        if not self._held(request, holders):
            return
        self._nested.append(request)
        waits = [(one, held) for one in self._nested if one in line and (held := self._held(one, holders))]
        self._nested = [one for one, _ in waits]  # who waits for nobody's sake any more never will again
        if is_deadlocked(holders, [held for _, held in waits]):
            for one in self._nested:
                one.route = one.route.because(REASON)

    def _held(self, request: Any, holders: Collection[Any]) -> list[Any]:
        """Give the callers of a request that hold a place."""
        return [caller for caller in self._callers(request) if caller in holders]
