"""What is committed and not yet with the broker: outboxes, and messages whose handlers wait for room."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from delivsim.simulated.broker.delivery import Delivery

Place = tuple[str, int]


class Unsent:
    """
    Messages by partition and publisher, each publisher's in the order in which they are to be sent.

    Parameters
    ----------
    may_go
        Whether a message can be sent now.
    """

    def __init__(self, may_go: Callable[[Delivery], bool]) -> None:
        self._may_go = may_go
        self._waiting: dict[Place, dict[str, deque[Delivery]]] = {}

    def append(self, delivery: Delivery) -> None:
        """Keep a message behind those of its publisher."""
        self._line(delivery).append(delivery)

    def put_back(self, delivery: Delivery) -> None:
        """Keep a message before those of its publisher."""
        self._line(delivery).appendleft(delivery)

    def _line(self, delivery: Delivery) -> deque[Delivery]:
        return self._waiting.setdefault(delivery.place, {}).setdefault(delivery.letter.publisher, deque())

    def has(self, place: Place, publisher: str) -> bool:
        """Whether a message of this publisher waits for this partition."""
        return publisher in self._waiting.get(place, ())

    def places(self) -> list[Place]:
        """Give the partitions for which messages wait."""
        return list(self._waiting)

    def pop(self, place: Place) -> Delivery | None:
        """Take the oldest message for a partition that can be sent now; None: there is none."""
        lines = self._waiting.get(place, {})
        first = min((line[0] for line in lines.values() if self._may_go(line[0])), key=_number, default=None)
        if first is not None:
            lines[first.letter.publisher].popleft()
            self._tidy(place)
        return first

    def remove(self, which: Callable[[Delivery], bool]) -> list[Delivery]:
        """Take out messages, oldest first."""
        found = []
        for place, lines in list(self._waiting.items()):
            for publisher, line in list(lines.items()):
                found += [delivery for delivery in line if which(delivery)]
                lines[publisher] = deque(delivery for delivery in line if not which(delivery))
            self._tidy(place)
        return sorted(found, key=_number)

    def _tidy(self, place: Place) -> None:
        kept = {publisher: line for publisher, line in self._waiting[place].items() if line}
        if kept:
            self._waiting[place] = kept
        else:
            del self._waiting[place]


def _number(delivery: Delivery) -> int:
    return delivery.number
