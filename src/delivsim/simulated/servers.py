"""Makes the stations of a platform, each the cheapest kind that can do what the scenario asks of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from simpy import Environment

from delivsim.domain.distributions import Law
from delivsim.simulated.config import PlatformConfig, PoolResource, StationConfig
from delivsim.simulated.config.disciplines import CoDelConfig
from delivsim.simulated.draws import OrderDraws
from delivsim.simulated.knots import Callers, Knot
from delivsim.simulated.stations import ComputedStation, EventStation, Fleet, PreemptiveStation, SharingStation
from delivsim.simulated.stations.balancing import AtRandom, Balance, Draw, LeastOutstanding, RoundRobin, TwoChoices
from delivsim.simulated.stations.lines import ByPriority, OneLine
from delivsim.simulated.stations.port import Done, Refused, Rows
from delivsim.simulated.stations.shedding import CoDel, InTime, Overdue, Shedding


def _unknown(request: Any) -> tuple[Any, ...]:  # noqa: ARG001
    """Give nobody: for stations whose visits nobody calls."""
    return ()


class Stations:
    """
    Makes stations.

    Parameters
    ----------
    rows
        Takes the rows of visits.
    done, refused
        Hear what became of a visit.
    draws, uniform
        Make the draws of a law, or from 0 to 1, by the name of their stream.
    overdue
        Whether requests are dropped whose callers wait no more when they would start.
    callers
        Gives who waits for a request.
    """

    def __init__(
        self,
        env: Environment,
        rows: Rows,
        done: Done,
        refused: Refused,
        draws: Callable[[str, Law], OrderDraws],
        uniform: Callable[[str], OrderDraws],
        *,
        overdue: bool = False,
        callers: Callers = _unknown,
    ) -> None:
        self._env, self._rows, self._done, self._refused = env, rows, done, refused
        self._draws, self._uniform = draws, uniform
        self._overdue, self._callers = overdue, callers

    def all_of(self, config: PlatformConfig, services: Sequence[str]) -> tuple[dict[str, Any], dict[str, list[str]]]:
        """Make the stations of these services, None on an ideal platform; also the services on each."""
        together = {service: name for name, process in config.processes.items() for service in process.services}
        on_station: dict[str, list[str]] = {}
        for service in services:
            on_station.setdefault(together.get(service, service), []).append(service)
        if config.kind == "ideal":
            return dict.fromkeys(on_station), on_station
        of = {name: config.processes.get(name) or config.services[name] for name in on_station}
        return {name: self._station(name, c) for name, c in of.items()}, on_station

    def pool(self, name: str, c: PoolResource, done: Done, refused: Refused) -> Any:
        """Make the queue before the connections of a pool."""
        station = StationConfig(queue_capacity=c.queue_capacity, queue_timeout=c.queue_timeout)
        return self._queue(name, station, self._patience(name, station), c.connections, -1, done, refused)

    def _station(self, name: str, c: StationConfig) -> Any:
        if c.balancing == "shared" and c.autoscale is None:
            patience = self._patience(name, c)
            return self._queue(name, c, patience, c.replicas * c.workers, -1, self._done, self._refused)
        make = partial(self._queue, name, c, self._patience(name, c))
        common = (self._rows, self._done, self._refused)
        hold = c.holds == "request"
        return Fleet(self._env, name, c.replicas, c.workers, make, self._balance(name, c), *common, hold=hold)

    def _balance(self, name: str, c: StationConfig) -> Balance | None:
        if c.balancing == "shared":
            return None
        if c.balancing == "round_robin":
            return RoundRobin()
        kinds: dict[str, Callable[[Draw], Balance]] = {
            "random": AtRandom,
            "least_outstanding": LeastOutstanding,
            "two_choices": TwoChoices,
        }
        return kinds[c.balancing](self._uniform(f"balancing/{name}"))

    def _patience(self, name: str, c: StationConfig) -> OrderDraws | None:
        return None if c.queue_timeout is None else self._draws(f"patience/{name}", c.queue_timeout)

    def _shedding(self, c: StationConfig) -> Shedding | None:
        said: Shedding | None = None
        if isinstance(c.shedding, CoDelConfig):
            said = CoDel(c.shedding.target, c.shedding.interval)
        elif c.shedding is not None:
            said = InTime(arriving=c.discipline == "fifo")
        return Overdue(said) if self._overdue else said

    def _queue(
        self,
        name: str,
        c: StationConfig,
        patience: OrderDraws | None,
        servers: int,
        replica: int,
        done: Done,
        refused: Refused,
    ) -> Any:
        """Make one queue with its servers."""
        args: tuple[Any, ...] = (self._env, name, servers, c.queue_capacity, self._rows, done)
        if c.discipline == "processor_sharing":
            return SharingStation(*args, replica=replica)
        hold = c.holds == "request"
        shedding = self._shedding(c)
        if c.discipline == "fifo" and not hold and c.queue_timeout is None and shedding is None:
            return ComputedStation(*args, replica=replica)
        kind = PreemptiveStation if c.discipline == "preemptive_priority" else EventStation
        return kind(
            *args,
            hold=hold,
            line=ByPriority() if "priority" in c.discipline else OneLine(last_first=c.discipline == "lifo"),
            patience=patience,
            shedding=shedding,
            refused=refused,
            knot=Knot(self._callers) if hold else None,
            replica=replica,
        )
