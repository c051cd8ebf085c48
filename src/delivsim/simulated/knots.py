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
        self._nested: dict[Any, None] = {}

    def waits(self, request: Any, holders: Collection[Any], line: Collection[Any]) -> None:
        """Note that a request joined the line for places that all have holders; mark who is in a deadlock."""
        if not any(caller in holders for caller in self._callers(request)):
            return
        self._nested[request] = None
        self._nested = {one: None for one in self._nested if one in line}
        held = {one: [caller for caller in self._callers(one) if caller in holders] for one in self._nested}
        if is_deadlocked(holders, held.values()):
            for one in held:
                one.route = one.route.because(REASON)
