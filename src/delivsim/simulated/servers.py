"""Makes the stations of a platform, each the cheapest kind that can do what the scenario asks of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from simpy import Environment

from delivsim.domain.distributions import Law
from delivsim.simulated.config import PlatformConfig, StationConfig
from delivsim.simulated.draws import OrderDraws
from delivsim.simulated.stations import ComputedStation, EventStation, PreemptiveStation, SharingStation
from delivsim.simulated.stations.lines import ByPriority, OneLine
from delivsim.simulated.stations.port import Done, Refused, Rows
from delivsim.simulated.stations.shedding import CoDel


class Stations:
    """
    Makes stations.

    Parameters
    ----------
    rows
        Takes the rows of visits.
    done, refused
        Hear what became of a visit.
    draws
        Makes the draws of a law, by the name of their stream.
    """

    def __init__(
        self, env: Environment, rows: Rows, done: Done, refused: Refused, draws: Callable[[str, Law], OrderDraws]
    ) -> None:
        self._env, self._rows, self._done, self._refused, self._draws = env, rows, done, refused, draws

    def all_of(self, config: PlatformConfig, services: Sequence[str]) -> tuple[dict[str, Any], dict[str, list[str]]]:
        """Make the stations of these services, None on an ideal platform; also the services on each."""
        together = {service: name for name, process in config.processes.items() for service in process.services}
        on_station: dict[str, list[str]] = {}
        for service in services:
            on_station.setdefault(together.get(service, service), []).append(service)
        if config.kind == "ideal":
            return dict.fromkeys(on_station), on_station
        of = {name: config.processes.get(name) or config.services[name] for name in on_station}
        return {name: self.one(name, c, c.replicas * c.workers) for name, c in of.items()}, on_station

    def one(self, name: str, c: StationConfig, servers: int) -> Any:
        """Make one queue with its servers."""
        args: tuple[Any, ...] = (self._env, name, servers, c.queue_capacity, self._rows, self._done)
        if c.discipline == "processor_sharing":
            return SharingStation(*args)
        hold = c.holds == "request"
        if c.discipline == "fifo" and not hold and c.queue_timeout is None and c.shedding is None:
            return ComputedStation(*args)
        kind = PreemptiveStation if c.discipline == "preemptive_priority" else EventStation
        return kind(
            *args,
            hold=hold,
            line=ByPriority() if "priority" in c.discipline else OneLine(last_first=c.discipline == "lifo"),
            patience=None if c.queue_timeout is None else self._draws(f"patience/{name}", c.queue_timeout),
            shedding=None if c.shedding is None else CoDel(c.shedding.target, c.shedding.interval),
            refused=self._refused,
        )
