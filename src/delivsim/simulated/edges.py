"""One caller-callee pair: its network delay, its time-out, its retries."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from simpy import Environment

from delivsim.services.messages import NOT_REACHED, REFUSED
from delivsim.services.resilience import Retries
from delivsim.simulated.draws import OrderDraws
from delivsim.simulated.guards import ROUNDING, Guards
from delivsim.simulated.wake import Alarm

NOT_BEGUN = (REFUSED, NOT_REACHED)
"""What stands for the answers to requests that their service has certainly not begun to work on."""


class Edge:
    """
    How calls of one caller to one service travel.

    Parameters
    ----------
    delay
        One-way network delay.
    timeout
        Seconds the caller waits for one attempt; None: for ever.
    retries
        What follows an attempt that failed.
    backoff, jitter
        Draw the pause before each further attempt, before it grows, and the share of it that is kept.
    expire
        Called with each attempt whose time is up.

    Attributes
    ----------
    guards
        What may hold calls back; None: nothing.
    """

    __slots__ = (
        "_armed",
        "_env",
        "_expire",
        "_waiting",
        "backoff",
        "delay",
        "guards",
        "jitter",
        "retries",
        "timeout",
    )

    def __init__(
        self,
        env: Environment,
        delay: OrderDraws,
        timeout: float | None,
        retries: Retries,
        backoff: OrderDraws | None,
        expire: Callable[[Any], None],
        jitter: OrderDraws | None = None,
    ) -> None:
        self._env, self._expire = env, expire
        self.delay, self.timeout, self.retries = delay, timeout, retries
        self.backoff, self.jitter = backoff, jitter
        self.guards: Guards | None = None
        self._waiting: deque[Any] = deque()
        self._armed = False

    def following(self, attempt: Any) -> float | None:
        """Give the seconds until the attempt after a failed one, which is paid for then; None: there is none."""
        if not self.retries.left(attempt.attempt):
            return None
        if not attempt.op.idempotent and attempt.response not in NOT_BEGUN:
            attempt.route = attempt.route.because("not_idempotent")
            return None
        assert self.backoff is not None, "calls that are tried again have a pause"
        share = 1.0 if self.jitter is None else self.jitter(attempt.order)
        pause = self.retries.pause(attempt.attempt, self.backoff(attempt.order), share)
        if self.guards is not None and self._env.now + pause >= self.guards.limit(attempt) - ROUNDING:
            return None
        if self.retries.affordable():
            return pause
        if attempt.route is attempt.route.origin:  # else a guard refused it: that is its reason
            attempt.route = attempt.route.because("retry_budget")
        return None

    def watch(self, attempt: Any) -> None:
        """
        See to it that the attempt expires in time.

        All attempts on an edge have the same patience, so they expire in the order in which they were sent: one
        timer for the oldest is enough, and an attempt that was answered costs no event.
        """
        self._waiting.append(attempt)
        if not self._armed:
            self._arm()

    def _arm(self) -> None:
        assert self.timeout is not None
        self._armed = True
        delay = max(0.0, self._waiting[0].sent_at + self.timeout - self._env.now)
        Alarm(self._env).set(delay, (self._ring,), None)

    def _ring(self, _: Any) -> None:
        assert self.timeout is not None
        due = self._env.now + ROUNDING
        waiting = self._waiting
        self._armed = False
        while waiting and (waiting[0].answered or waiting[0].sent_at + self.timeout <= due):
            attempt = waiting.popleft()
            if not attempt.answered:
                self._expire(attempt)
        if waiting and not self._armed:
            self._arm()
