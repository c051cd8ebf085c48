"""Traffic through services that call each other: rates, responses and busy servers, by formulas instead of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from delivsim.experiment.queueing import mean_of_slowest, mean_wait

Floats = NDArray[np.float64]

ROUNDS = 400
"""How often the equations of users who wait for answers are gone through, at most."""
STEP, SLOWER = 0.2, 20
"""How far the first round goes towards its result, and after how many it is half as far: rounds must not swing."""
INSTANT = 1e-6
"""Seconds that a user's round takes at least, in these formulas."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """
    What one call of an operation amounts to on average.

    Parameters
    ----------
    service
        Who does it.
    work, n_works
        Seconds of a worker's time, and in how many pieces, each of which queues.
    wait
        Seconds that pass without work.
    variance
        Of work and wait together, seconds squared.
    calls
        Pairs (operation, how many times), one after the other.
    together
        Pairs (operations called at once, how many times).
    publishes
        Pairs (topic, how many messages).
    """

    service: str
    work: float = 0.0
    n_works: float = 0.0
    wait: float = 0.0
    variance: float = 0.0
    calls: tuple[tuple[str, float], ...] = ()
    together: tuple[tuple[tuple[str, ...], float], ...] = ()
    publishes: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """A station: its services, how many servers it has, and whether one is held for a whole request."""

    name: str
    services: tuple[str, ...]
    servers: int
    holds_request: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Users:
    """Users who call an operation, wait for the answer, and think (seconds, network included) before the next call."""

    operation: str
    users: int
    think: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Settled:
    """
    What the equations give: busy servers of each station, and calls per second of each group of users.

    ``rates`` are calls per second of each operation, shape (n,).
    """

    busy: Floats
    users: Floats
    rates: Floats


class Network:
    """
    Operations that call each other, and the stations they run on.

    Parameters
    ----------
    operations
        By name, ``service.operation``.
    consumers
        The operations that each topic starts.
    stations
        Every service is on one of them.
    delays
        Mean one-way network delay in seconds from one service to another.
    """

    def __init__(
        self,
        operations: Mapping[str, Operation],
        consumers: Mapping[str, Sequence[str]],
        stations: Sequence[Servers],
        delays: Mapping[tuple[str, str], float],
    ) -> None:
        self.names = list(operations)
        self.operations = list(operations.values())
        self.stations = list(stations)
        self._number = {name: i for i, name in enumerate(self.names)}
        self._station = {service: k for k, station in enumerate(stations) for service in station.services}
        self._consumers, self._delays = consumers, delays

    def number(self, name: str) -> int:
        """Give the position of an operation."""
        return self._number[name]

    @cached_property
    def _causes(self) -> Floats:
        """How many calls of j one call of i causes, shape (n, n)."""
        causes = np.zeros((len(self.names), len(self.names)))
        for i, operation in enumerate(self.operations):
            called = [*operation.calls, *((name, n) for names, n in operation.together for name in names)]
            told = [(name, n) for topic, n in operation.publishes for name in self._consumers.get(topic, ())]
            for name, n in (*called, *told):
                causes[i, self._number[name]] += n
        return causes

    @cached_property
    def goes_round(self) -> list[str]:
        """Name the operations of which one call causes, on the way, at least one more of itself."""
        reached = np.where(self._causes > 0, self._causes, 0.0)
        size = np.max(np.abs(np.linalg.eigvals(reached))) if len(reached) else 0.0
        if size < 1.0 - 1e-9:
            return []
        paths = reached > 0
        for k in range(len(paths)):
            paths |= paths[:, [k]] & paths[[k], :]
        return [name for i, name in enumerate(self.names) if paths[i, i]]

    def rates(self, external: Floats) -> Floats:
        """
        Solve the traffic equations: calls per second of each operation, from those that come from outside.

        Parameters
        ----------
        external
            Calls per second from outside, shape (n,) or (n, m).
        """
        return np.asarray(np.linalg.solve(np.eye(len(self.names)) - self._causes.T, external), dtype=np.float64)

    def responses(self, waits: Floats) -> Floats:
        """
        Seconds from a call's arrival to its answer, shape (n,).

        Parameters
        ----------
        waits
            Seconds in the queue of each station, shape (stations,).
        """
        size = len(self.names)
        found, spread = np.zeros(size), np.zeros(size)
        chain = np.eye(size) - self._sequential
        for _ in range(1 + sum(bool(operation.together) for operation in self.operations)):
            own = np.array([self._own(operation, waits, found, spread) for operation in self.operations])
            found, spread = np.linalg.solve(chain, own).T
        return found

    @cached_property
    def _sequential(self) -> Floats:
        calls = np.zeros((len(self.names), len(self.names)))
        for i, operation in enumerate(self.operations):
            for name, n in operation.calls:
                calls[i, self._number[name]] += n
        return calls

    def _own(self, operation: Operation, waits: Floats, found: Floats, spread: Floats) -> tuple[float, float]:
        """Mean and variance of a response but for the calls made one after the other; waits taken as exponential."""
        k = self._station[operation.service]
        queues = 1.0 if self.stations[k].holds_request else operation.n_works
        mean = float(waits[k]) * queues + operation.work + operation.wait
        mean += sum(2.0 * self._delay(operation.service, name) * n for name, n in operation.calls)
        variance = operation.variance + queues * float(waits[k]) ** 2
        for names, n in operation.together:
            rows = [self._number[name] for name in names]
            there = [2.0 * self._delay(operation.service, name) for name in names]
            means = [float(found[row]) + delay for row, delay in zip(rows, there, strict=True)]
            longest, its = mean_of_slowest(means, [float(spread[row]) for row in rows])
            mean, variance = mean + n * longest, variance + n * its
        return mean, variance

    def _delay(self, service: str, name: str) -> float:
        return self._delays.get((service, self.operations[self._number[name]].service), 0.0)

    def occupied(self, responses: Floats, waits: Floats) -> Floats:
        """Seconds of a server that one call of each operation takes at each station, shape (stations, n)."""
        seconds = np.zeros((len(self.stations), len(self.names)))
        for i, operation in enumerate(self.operations):
            k = self._station[operation.service]
            held = responses[i] - waits[k]
            seconds[k, i] = held if self.stations[k].holds_request else operation.work
        return seconds

    def settle(self, external: Floats, users: Sequence[Users] = ()) -> Settled:
        """
        Find the load at which rates, queues and users agree.

        Queues are those of M/M/c. A user meets only the others (Schweitzer 1979) and never waits for more than all of
        them, which bounds closed workloads.

        Parameters
        ----------
        external
            Calls per second from outside, shape (n,).
        """
        unit = self.rates(np.eye(len(self.names))[:, [self._number[one.operation] for one in users]])
        open_rates, asked = self.rates(external), np.zeros(len(users))
        waits = np.zeros(len(self.stations))
        simple = not users and not any(station.holds_request for station in self.stations)
        for k in range(1 if simple else ROUNDS):
            step = STEP / (1.0 + k / SLOWER)
            responses = self.responses(waits)
            seconds = self.occupied(responses, waits)
            rates = open_rates + unit @ asked
            target = self._waits(seconds, open_rates, rates, sum(one.users for one in users))
            goal = np.array([_asked(one, responses[self._number[one.operation]]) for one in users])
            moved = float(np.abs(np.concatenate((target - waits, goal - asked))).sum())
            waits, asked = waits + step * (target - waits), asked + step * (goal - asked)
            if moved < 1e-9:
                break
        rates = open_rates + unit @ asked
        return Settled(busy=self.occupied(self.responses(waits), waits) @ rates, users=asked, rates=rates)

    def _waits(self, seconds: Floats, open_rates: Floats, rates: Floats, n_users: int) -> Floats:
        waits = np.zeros(len(self.stations))
        for k, station in enumerate(self.stations):
            visits = self._visits(k)
            n, load, alone = float(visits @ rates), float(seconds[k] @ rates), float(seconds[k] @ open_rates)
            if n <= 0:
                continue
            time, others = load / n, (n_users - 1) / n_users if n_users else 0.0
            most = mean_wait(station.servers, alone, time) + (n_users - 1) * time / station.servers
            met = mean_wait(station.servers, alone + others * (load - alone), time)
            waits[k] = min(met, most) if n_users else met
        return waits

    def _visits(self, k: int) -> Floats:
        """Visits to a station that one call of each operation makes, shape (n,)."""
        here = [self._station[operation.service] == k for operation in self.operations]
        each = [1.0 if self.stations[k].holds_request else o.n_works for o in self.operations]
        return np.where(here, each, 0.0)


def _asked(users: Users, response: float) -> float:
    return users.users / max(users.think + response, INSTANT)
