"""What guards an edge: calls that are not made, or wait until they may be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simpy import Environment

from delivsim.services.messages import Response
from delivsim.services.resilience import Breaker, Bulkhead, RetryBudget
from delivsim.simulated.wake import Alarm

BREAKER_OPEN: Response[Any] = Response(503, None, "breaker_open")
POOL_FULL: Response[Any] = Response(503, None, "pool_full")
POOL_WAIT: Response[Any] = Response(503, None, "pool_wait")


class Guards:
    """
    The circuit breaker, the pool and the deadline of one edge, and the budget of its retries.

    Parameters
    ----------
    wait
        Seconds that a call waits for a connection at most; None: as long as its caller does.
    deadline
        Seconds from the first attempt at which a call is given up; None: never.
    turn_away
        Gives a call that is not made its answer.
    go
        Sends a call that waited.
    expire
        Called with an attempt that is under way at the deadline.
    """

    def __init__(
        self,
        env: Environment,
        breaker: Breaker | None,
        pool: Bulkhead | None,
        budget: RetryBudget | None,
        wait: float | None,
        deadline: float | None,
        turn_away: Callable[[Any, Response[Any]], None],
        go: Callable[[Any], None],
        expire: Callable[[Any], None],
    ) -> None:
        self._env, self._breaker, self._pool, self._budget, self._wait = env, breaker, pool, budget, wait
        self._turn_away, self._go, self._expire, self._deadline = turn_away, go, expire, deadline
        self._epochs: dict[int, int] = {}
        self._alarm = Alarm(env)

    def admit(self, attempt: Any) -> bool:
        """Tell whether an attempt is sent now; else it waits, or is turned away."""
        breaker, pool = self._breaker, self._pool
        if self._budget is not None and attempt.attempt == 1:
            self._budget.earn()
        if pool is not None and pool.full:
            self._turn_away(attempt, POOL_FULL)
            return False
        if breaker is not None:
            epoch = breaker.admit(self._env.now)
            if epoch is None:
                self._turn_away(attempt, BREAKER_OPEN)
                return False
            self._epochs[attempt.id] = epoch
        if self._deadline is not None:
            left = attempt.first_sent_at + self._deadline - self._env.now
            self._alarm.set(max(0.0, left), (self._over,), attempt)
        if pool is None or pool.take(attempt):
            return True
        if self._wait is not None:
            self._alarm.set(self._wait, (self._waited,), attempt)
        return False

    def _waited(self, event: Any) -> None:
        attempt = event.value
        if self._pool is not None and self._pool.leave(attempt):
            self._withdraw(attempt)
            self._turn_away(attempt, POOL_WAIT)

    def _over(self, event: Any) -> None:
        if not event.value.answered:
            event.value.route = event.value.route.because("deadline")
            self._expire(event.value)

    def _withdraw(self, attempt: Any) -> None:
        if self._breaker is not None:
            self._breaker.withdraw(self._epochs.pop(attempt.id))

    def answered(self, attempt: Any, status: int) -> bool:
        """Note that a caller has the answer of an attempt that was let in; False: it was never sent."""
        pool = self._pool
        if pool is not None and pool.leave(attempt):
            self._withdraw(attempt)
            return False
        if self._breaker is not None:
            self._breaker.answered(self._epochs.pop(attempt.id), self._env.now, failed=status >= 500)
        if pool is not None:
            following = pool.release()
            if following is not None:
                self._go(following)
        return True
