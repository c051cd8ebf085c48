"""Waiting lines: who of those that wait at a station is next."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, Protocol

CLASSES = 10
"""Priority classes: 0 comes first, 9 last."""


class Line(Protocol):
    """Those who wait at a station, and who of them is next; every step but ``__iter__`` takes constant time."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Any]:
        """Go through them in their order of arrival, priority classes one after the other."""
        ...

    def __contains__(self, visit: Any) -> bool:
        """Whether a visit waits here."""
        ...

    def push(self, visit: Any) -> None:
        """Let a visit wait."""
        ...

    def push_back(self, visit: Any) -> None:
        """Let a visit that was taken out be the next of its class again."""
        ...

    def pop(self) -> Any:
        """Take out who is next."""
        ...

    def remove(self, visit: Any) -> bool:
        """Take a visit out; False when it does not wait."""
        ...


class OneLine:
    """One line for all, first come or (``last_first``) last come first served."""

    def __init__(self, *, last_first: bool = False) -> None:
        self._visits: OrderedDict[Any, None] = OrderedDict()
        self._last_first = last_first

    def __len__(self) -> int:
        return len(self._visits)

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._visits))

    def __contains__(self, visit: Any) -> bool:
        return visit in self._visits

    def push(self, visit: Any) -> None:
        """Let a visit wait."""
        self._visits[visit] = None

    def push_back(self, visit: Any) -> None:
        """Let a visit that was taken out be the next again."""
        self._visits[visit] = None
        self._visits.move_to_end(visit, last=self._last_first)

    def pop(self) -> Any:
        """Take out who is next."""
        return self._visits.popitem(last=self._last_first)[0]

    def remove(self, visit: Any) -> bool:
        """Take a visit out; False when it does not wait."""
        if visit not in self._visits:
            return False
        del self._visits[visit]
        return True


class ByPriority:
    """A line for each priority class, 0 first; within a class first come, first served."""

    def __init__(self) -> None:
        self._lines = tuple(OneLine() for _ in range(CLASSES))
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Any]:
        return (visit for line in self._lines for visit in line)

    def __contains__(self, visit: Any) -> bool:
        return visit in self._lines[visit.priority]

    def push(self, visit: Any) -> None:
        """Let a visit wait."""
        self._lines[visit.priority].push(visit)
        self._length += 1

    def push_back(self, visit: Any) -> None:
        """Let a visit that was taken out be the next of its class again."""
        self._lines[visit.priority].push_back(visit)
        self._length += 1

    def pop(self) -> Any:
        """Take out who is next."""
        line = next(line for line in self._lines if len(line))
        self._length -= 1
        return line.pop()

    def remove(self, visit: Any) -> bool:
        """Take a visit out; False when it does not wait."""
        if not self._lines[visit.priority].remove(visit):
            return False
        self._length -= 1
        return True
