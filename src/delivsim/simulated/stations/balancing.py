"""Which replica a request goes to, where each has a queue of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

Draw = Callable[[int], float]
"""Draws a number from 0 to 1 for an order."""


class Balance(Protocol):
    """Chooses one of several parts, of which ``present`` tells how many visits are in it."""

    def __call__(self, parts: Sequence[Any], order: int) -> Any: ...


class RoundRobin:
    """One after the other."""

    def __init__(self) -> None:
        self._next = -1

    def __call__(self, parts: Sequence[Any], order: int) -> Any:  # noqa: ARG002
        """Choose the next part."""
        self._next = (self._next + 1) % len(parts)
        return parts[self._next]


class AtRandom:
    """Any, with equal chances."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw

    def __call__(self, parts: Sequence[Any], order: int) -> Any:
        """Choose any part."""
        return parts[_index(self._draw(order), len(parts))]


class LeastOutstanding:
    """The one with the fewest visits in work and waiting; any of them if several are."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw

    def __call__(self, parts: Sequence[Any], order: int) -> Any:
        """Choose the shortest part."""
        least = min(part.present for part in parts)
        shortest = [part for part in parts if part.present == least]
        return shortest[0] if len(shortest) == 1 else shortest[_index(self._draw(order), len(shortest))]


class TwoChoices:
    """The shorter of two different ones chosen at random (Mitzenmacher 2001)."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw

    def __call__(self, parts: Sequence[Any], order: int) -> Any:
        """Choose the shorter of two."""
        n = len(parts)
        if n == 1:
            return parts[0]
        first = _index(self._draw(order), n)
        second = (first + 1 + _index(self._draw(order), n - 1)) % n
        return parts[first] if parts[first].present <= parts[second].present else parts[second]


def _index(drawn: float, n: int) -> int:
    return min(int(drawn * n), n - 1)
