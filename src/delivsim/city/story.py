"""What somebody does from beginning to end, told as a generator, where nobody waits for the end or interrupts it."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any


class Story:
    """
    Runs a generator of events from now on, as ``env.process`` does for those that others wait for.

    It begins at once and ends without an event, so it costs half of a process. Events it waits for must not fail.
    """

    __slots__ = ("_send",)

    def __init__(self, steps: Generator[Any, Any, Any]) -> None:
        self._send = steps.send
        self._go_on(None)

    def _go_on(self, happened: Any) -> None:
        value = None if happened is None else happened._value
        while True:
            try:
                event = self._send(value)
            except StopIteration:
                return
            if event.callbacks is not None:
                event.callbacks.append(self._go_on)
                return
            value = event._value
