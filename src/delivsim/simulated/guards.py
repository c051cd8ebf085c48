"""What guards an edge: calls that are not made, wait until they may be, or are given up in time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

from simpy import Environment

from delivsim.services.messages import Response
from delivsim.services.remembering import FROM_CACHE, remembered
from delivsim.services.resilience import Breaker, Bulkhead, LastAnswers, RetryBudget
from delivsim.simulated.hedges import Copies, Hedges
from delivsim.simulated.knots import Knot
from delivsim.simulated.wake import Alarm

BREAKER_OPEN: Response[Any] = Response(503, None, "breaker_open")
POOL_FULL: Response[Any] = Response(503, None, "pool_full")
POOL_WAIT: Response[Any] = Response(503, None, "pool_wait")
OVER: Response[Any] = Response(504, None, "deadline")
ROUNDING = 1e-9
"""Seconds by which an event may come early because instants are sums of floats."""


class Bounds(NamedTuple):
    """
    How long calls on an edge may take, seconds; None: for ever.

    Parameters
    ----------
    timeout
        One attempt; the edge sees to it.
    deadline
        A call, over all its attempts.
    connect
        An attempt's way to the service.
    passed_on
        Whether a call may last no longer than what its caller does is waited for.
    """

    timeout: float | None = None
    deadline: float | None = None
    connect: float | None = None
    passed_on: bool = False

    @property
    def guard(self) -> bool:
        """Whether an edge needs guards because of them."""
        return self.passed_on or self.deadline is not None or self.connect is not None


class Caller(Copies, Protocol):
    """What guards ask of the runtime about an attempt."""

    def turn_away(self, attempt: Any, refusal: Response[Any]) -> None:
        """Give an attempt that is not made its answer."""
        ...

    def go(self, attempt: Any) -> None:
        """Send an attempt that waited."""
        ...

    def expire(self, attempt: Any) -> None:
        """Let the caller of an attempt that is under way give up."""
        ...

    def due(self, attempt: Any) -> float:
        """Give the instant from which on nobody waits for what the caller of an attempt does."""
        ...

    def callers(self, attempt: Any) -> Iterator[Any]:
        """Give the requests that wait for an attempt to be answered."""
        ...

    def not_reached(self, attempt: Any) -> None:
        """Give up an attempt whose request has not reached its service, and never will now."""
        ...


class Guards:
    """
    The circuit breaker, the pool and the bounds of one edge, and the budget of its retries.

    Parameters
    ----------
    wait
        Seconds that a call waits for a connection at most; None: as long as its caller does.
    caller
        Carries out what is decided about an attempt.

    Attributes
    ----------
    bounds
        How long calls may take.
    hedges
        What sends copies of calls that take long; None: nothing.
    fallback
        The answers that are remembered for failed calls; None: none are.
    """

    def __init__(
        self,
        env: Environment,
        breaker: Breaker | None,
        pool: Bulkhead | None,
        budget: RetryBudget | None,
        wait: float | None,
        bounds: Bounds,
        caller: Caller,
    ) -> None:
        self._env, self._breaker, self._pool, self._budget, self._wait = env, breaker, pool, budget, wait
        self._caller, self.bounds = caller, bounds
        self.hedges: Hedges | None = None
        self.fallback: LastAnswers | None = None
        self._epochs: dict[int, int] = {}
        self._holders: dict[Any, None] = {}
        self._knot = Knot(caller.callers)
        self._alarm = Alarm(env)

    def limit(self, attempt: Any) -> float:
        """Give the instant at which the call of an attempt must be over."""
        deadline = self.bounds.deadline
        limit = math.inf if deadline is None else float(attempt.first_sent_at + deadline)
        return min(limit, self._caller.due(attempt)) if self.bounds.passed_on else limit

    def admit(self, attempt: Any) -> bool:
        """Tell whether an attempt is sent now; else it waits, or is turned away."""
        breaker, pool = self._breaker, self._pool
        if self._budget is not None and attempt.attempt == 1:
            self._budget.earn()
        if self.bounds.guard and not self._bound(attempt):
            return False
        if pool is not None and pool.full:
            self._caller.turn_away(attempt, POOL_FULL)
            return False
        if breaker is not None:
            epoch = breaker.admit(self._env.now)
            if epoch is None:
                self._caller.turn_away(attempt, BREAKER_OPEN)
                return False
            self._epochs[attempt.id] = epoch
        if pool is None or pool.take(attempt):
            self._sent(attempt)
            return True
        self._knot.waits(attempt, self._holders, pool.waiting)
        if self._wait is not None:
            self._alarm.set(self._wait, (self._waited,), attempt)
        return False

    def _bound(self, attempt: Any) -> bool:
        """See to it that an attempt does not outlast its call; False: that is over already."""
        now, limit, timeout = self._env.now, self.limit(attempt), self.bounds.timeout
        if limit <= now + ROUNDING:
            self._caller.turn_away(attempt, OVER)
            return False
        own = math.inf if timeout is None else attempt.sent_at + timeout
        if self.bounds.passed_on:
            attempt.due = min(limit, own)
        if limit < own:
            self._alarm.set(limit - now, (self._over,), attempt)
        return True

    def _sent(self, attempt: Any) -> None:
        """See to it that a request reaches its service in time, and has a copy if it takes long."""
        if self._pool is not None:
            self._holders[attempt] = None
        if self.hedges is not None:
            self.hedges.sent(attempt)
        if self.bounds.connect is not None:
            self._alarm.set(self.bounds.connect, (self._connects,), attempt)

    def _connects(self, event: Any) -> None:
        attempt = event.value
        arrived_at = getattr(attempt, "arrived_at", math.nan)
        if not attempt.answered and math.isnan(arrived_at):
            self._caller.not_reached(attempt)

    def _waited(self, event: Any) -> None:
        attempt = event.value
        if self._pool is not None and self._pool.leave(attempt):
            self._withdraw(attempt)
            self._caller.turn_away(attempt, POOL_WAIT)

    def _over(self, event: Any) -> None:
        if not event.value.answered:
            event.value.route = event.value.route.because(OVER.reason)
            self._caller.expire(event.value)

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
        self._release(attempt)
        return True

    def dropped(self, attempt: Any) -> bool:
        """Note that nobody is interested in an attempt that was let in any more; False: it was never sent."""
        self._withdraw(attempt)
        if self._pool is not None and self._pool.leave(attempt):
            return False
        self._release(attempt)
        return True

    def _release(self, attempt: Any) -> None:
        """Give an attempt's connection to the next that waits for one."""
        if self._pool is None:
            return
        del self._holders[attempt]
        following = self._pool.release()
        if following is not None:
            self._sent(following)
            self._caller.go(following)

    def settles(self, attempt: Any, response: Response[Any]) -> bool:
        """Tell whether a caller goes on with an answer; remember a good one."""
        if self.hedges is not None and not self.hedges.decides(attempt, well=response.is_final):
            return False
        if self.fallback is not None and response.ok and response.status != FROM_CACHE and attempt.op.question:
            question = attempt.op.name, attempt.op.question(attempt.body)
            self.fallback.keep(question, response, self._env.now)
        return True

    def instead(self, attempt: Any, response: Response[Any]) -> Response[Any]:
        """Give the answer to a call that has failed for good: what is remembered, or the failure."""
        if self.fallback is None or attempt.op.question is None:
            return response
        question = attempt.op.name, attempt.op.question(attempt.body)
        answer = self.fallback.last(question, self._env.now)
        return response if answer is None else remembered(answer.body)
