"""What the runtime asks of a broker, whichever way it is run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from delivsim.services.effects import Publish
from delivsim.services.messages import Message
from delivsim.simulated.broker.delivery import Consume, Topic, Topics, Undelivered


class Broker(Protocol):
    """
    Publishes messages and sees them through.

    Attributes
    ----------
    topics
        By name.
    undelivered
        The messages that a group never handled and never will.
    """

    topics: Topics
    undelivered: list[Undelivered]

    def topic(self, name: str) -> Topic:
        """Give the topic of that name, made if it is new."""
        ...

    def consume(self, topic: str, group: str, concurrency: int | None, route: Any, consume: Consume) -> None:
        """Let a group consume a topic; ``consume`` gets each delivery and this route to its service's operation."""
        ...

    def listen(self, topic: str, key: int | None, deliver: Callable[[Message], None]) -> None:
        """Let an app hear the messages of one key (None: of every key)."""
        ...

    def publish(self, asked: Publish, number: int, frame: Any) -> bool:
        """Take a message that a handler's commit published; True: the handler has to wait until there is room."""
        ...

    def publishers_down(self, names: Iterable[str]) -> None:
        """Note that the process of these services crashed: what they had not sent yet is lost, or in their outbox."""
        ...

    def publishers_up(self, names: Iterable[str]) -> None:
        """Note that these services run again, and publish what is in their outbox."""
        ...

    def at_rest(self) -> bool:
        """Whether no message is on its way or waits for a consumer."""
        ...

    def finish(self) -> None:
        """Write the rows of messages that are still on their way."""
        ...
