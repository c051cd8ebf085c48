"""The consumers of a group, and which partitions each has."""

from __future__ import annotations

from collections import deque

from delivsim.simulated.broker.letter import Standing


class Consumer:
    """
    One life of one consumer.

    Attributes
    ----------
    ready
        What it is to handle next.
    active
        How many messages it handles now.
    is_alive
        Whether it is there.
    """

    __slots__ = ("active", "draining", "is_alive", "ready")

    def __init__(self) -> None:
        self.ready: deque[Standing] = deque()
        self.active = 0
        self.draining, self.is_alive = False, True


class Members:
    """
    Shares partitions among the consumers of a group: partition k is of member k modulo their number.

    A consumer that dies or comes back is a member no more, or again, only from the next ``rebalance`` on; until then
    the partitions of a dead one wait.
    """

    def __init__(self, n: int) -> None:
        self._consumers = [Consumer() for _ in range(n)]
        self._members = list(self._consumers)
        self._deaths = [0] * n

    def __len__(self) -> int:
        return len(self._consumers)

    def of(self, partition: int) -> Consumer | None:
        """Give the consumer that has a partition; None: nobody, for now."""
        if not self._members:
            return None
        owner = self._members[partition % len(self._members)]
        return owner if owner.is_alive else None

    def lose(self, i: int) -> Consumer | None:
        """Let a consumer die; None: it is dead already, and dies of one more thing."""
        gone = self._consumers[i]
        self._deaths[i] += 1
        if not gone.is_alive:
            return None
        gone.is_alive = False
        gone.ready.clear()
        return gone

    def come_back(self, i: int) -> None:
        """Let a dead consumer come back, with nothing in its hands, once nothing of what it died of lasts."""
        self._deaths[i] -= 1
        if not self._deaths[i]:
            self._consumers[i] = Consumer()

    def rebalance(self) -> None:
        """Share the partitions among those who are there now."""
        self._members = [consumer for consumer in self._consumers if consumer.is_alive]
        self.put_down()

    def put_down(self) -> None:
        """Take back what nobody has begun with."""
        for consumer in self._consumers:
            consumer.ready.clear()
