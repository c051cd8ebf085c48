"""The circuit breaker: calls that would most likely fail are not made (Nygard 2007, Release It!, chapter 5)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Literal

State = Literal["closed", "open", "half_open"]


@dataclass(slots=True, kw_only=True)
class Breaker:
    """
    Closed, it counts; open, it refuses; half open, it lets a few calls try.

    The window is the last ``window`` answers (``timed`` False) or those of the last ``window`` seconds. It opens when
    at least ``min_calls`` answers are in the window and ``failure_rate`` of them or more failed. After ``open_for``
    seconds up to ``half_open_calls`` calls may try: if all of them go well it closes, with an empty window; the first
    that fails opens it again. Answers to calls from before it changed are not counted.
    """

    timed: bool
    window: float
    failure_rate: float
    min_calls: int
    open_for: float
    half_open_calls: int
    state: State = field(init=False, default="closed")
    epoch: int = field(init=False, default=0)
    answers: deque[tuple[float, bool]] = field(init=False, default_factory=deque)
    failed: int = field(init=False, default=0)
    opened_at: float = field(init=False, default=0.0)
    trying: int = field(init=False, default=0)
    tried: int = field(init=False, default=0)

    def admit(self, now: float) -> int | None:
        """Let a call through and give its number of this state, which its answer is told with; None: refuse it."""
        if self.state == "open":
            if now < self.opened_at + self.open_for:
                return None
            self._turn("half_open")
        if self.state == "half_open":
            if self.trying + self.tried >= self.half_open_calls:
                return None
            self.trying += 1
        return self.epoch

    def withdraw(self, epoch: int) -> None:
        """Forget a call that was let through but never made."""
        if epoch == self.epoch and self.state == "half_open":
            self.trying -= 1

    def answered(self, epoch: int, now: float, *, failed: bool) -> None:
        """Note how a call ended that was let through."""
        if epoch != self.epoch:
            return
        if self.state == "half_open":
            self.trying -= 1
            self.tried += 1
            if failed:
                self._open(now)
            elif self.tried == self.half_open_calls:
                self._turn("closed")
            return
        self.answers.append((now, failed))
        self.failed += failed
        while len(self.answers) > self.window if not self.timed else self.answers[0][0] <= now - self.window:
            self.failed -= self.answers.popleft()[1]
        n = len(self.answers)
        if n >= self.min_calls and self.failed >= self.failure_rate * n:
            self._open(now)

    def _open(self, now: float) -> None:
        self._turn("open")
        self.opened_at = now

    def _turn(self, state: State) -> None:
        self.state = state
        self.epoch += 1
        self.answers.clear()
        self.failed = self.trying = self.tried = 0
