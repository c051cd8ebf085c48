"""What a broker that can fail knows of a message beyond its delivery."""

from __future__ import annotations

from typing import Any, NamedTuple

from delivsim.simulated.broker.delivery import Delivery
from delivsim.simulated.wake import Wake


class Publisher(NamedTuple):
    """How a service publishes: whether through an outbox, and how often that is sent (seconds; 0: at once)."""

    outbox: bool = True
    relay_every: float = 0.0


class Letter:
    """
    A message as its publisher sent it.

    Attributes
    ----------
    publisher
        The service that published it; empty: the broker itself (a dead letter).
    kept
        Whether it stays in an outbox until the broker has it.
    due_at
        When the relay of the outbox sends it first.
    frame
        The handler that published it without an outbox, and waits while the partition is full; else None.
    poisoned
        The groups whose handlers fail on it.
    """

    __slots__ = ("due_at", "frame", "kept", "poisoned", "publisher")

    def __init__(self, publisher: str, *, kept: bool, due_at: float, frame: Any) -> None:
        self.publisher, self.kept, self.due_at, self.frame = publisher, kept, due_at, frame
        self.poisoned: frozenset[str] = frozenset()


class Standing:
    """
    A message as it stands in its partition for one group.

    Attributes
    ----------
    latest
        Its latest delivery.
    is_out
        Whether that is in a consumer's hands.
    is_settled
        Whether the group is done with it.
    timer
        What delivers it again; None: nothing is to.
    """

    __slots__ = ("is_out", "is_settled", "latest", "timer")

    def __init__(self, latest: Delivery) -> None:
        self.latest = latest
        self.is_out = self.is_settled = False
        self.timer: Wake | None = None

    def hush(self) -> None:
        """Let the timer not ring any more."""
        if self.timer is not None:
            self.timer.callbacks = ()
            self.timer = None

    def renew(self) -> None:
        """Make ready for one more delivery; what comes of those before is another matter."""
        self.hush()
        self.is_out = False
        again = self.latest.again()
        again.attempt, again.letter, again.standing = self.latest.attempt + 1, self.latest.letter, self
        again.group = self.latest.group
        self.latest = again
