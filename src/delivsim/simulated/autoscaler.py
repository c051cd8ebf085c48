"""Replicas that come when there is much to do, and go when there is little."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from simpy import Environment

from delivsim.domain.streams import Streams
from delivsim.record.stats import steps_within
from delivsim.simulated.config import AutoscaleConfig, PlatformConfig, QueueScaling, ScheduleScaling
from delivsim.simulated.draws import OrderDraws
from delivsim.simulated.stations import Fleet
from delivsim.simulated.wake import Alarm


class Autoscaler:
    """
    Looks at a fleet every so often, and adds or drains replicas.

    Parameters
    ----------
    starts_at
        The wall clock at instant 0, for a timetable.
    start_up
        Draws how long a new replica starts, seconds.
    """

    def __init__(
        self,
        env: Environment,
        fleet: Fleet,
        config: AutoscaleConfig,
        starts_at: datetime,
        start_up: Callable[[int], float],
    ) -> None:
        self._env, self._fleet, self._config, self._start_up = env, fleet, config, start_up
        self._alarm = Alarm(env).set
        self._starting = 0
        self._undecided_at = -math.inf
        self._looked_at, self._busy = env.now, 0.0
        self._timetable: list[tuple[float, int]] = []
        if isinstance(config, ScheduleScaling):
            self._timetable = sorted((shift.at.at(starts_at), shift.replicas) for shift in config.schedule)
        self._rest(None)

    def _rest(self, _: object) -> None:
        self._alarm(self._config.every, (self._look,), None)

    def _look(self, _: object) -> None:
        self._rest(None)
        now, up = self._env.now, self._fleet.up()
        wanted = min(self._config.max, max(self._config.min, self._wanted(up)))
        if now < self._undecided_at or not up or wanted == up + self._starting:
            return  # nothing to do, or all of it is down
        self._undecided_at = now + max(self._config.cooldown, self._config.reaction_lag)
        self._alarm(self._config.reaction_lag, (lambda _: self._become(wanted),), None)

    def _wanted(self, up: int) -> int:
        """Tell how many replicas there should be."""
        now, since = self._env.now, self._looked_at
        busy, before = self._fleet.busy(), self._busy
        self._looked_at, self._busy = now, busy
        if isinstance(self._config, ScheduleScaling):
            due = [replicas for at, replicas in self._timetable if at <= now]
            return due[-1] if due else up + self._starting
        if isinstance(self._config, QueueScaling):
            return math.ceil(self._fleet.waiting() / self._config.target)
        servers = steps_within(self._fleet.capacity, since, now)
        return math.ceil(up * (busy - before) / servers / self._config.target - 1e-9) if servers else up

    def _become(self, wanted: int) -> None:
        up = self._fleet.up()
        more = wanted - up - self._starting
        if more > 0:
            self._fleet.launch(more)
            self._starting += more
            for _ in range(more):
                self._alarm(self._start_up(-1), (self._started,), None)
        elif up + more > 0:
            self._fleet.drain(-more)

    def _started(self, _: object) -> None:
        self._starting -= 1
        self._fleet.begin(1)


def plan_autoscaling(
    env: Environment, config: PlatformConfig, starts_at: datetime, stations: Mapping[str, Any], streams: Streams
) -> None:
    """Set a scaler beside each station that is to have one."""
    for name, station in stations.items():
        scaling = (config.processes.get(name) or config.services[name]).autoscale
        if scaling is not None and station is not None:
            Autoscaler(env, station, scaling, starts_at, OrderDraws(streams, f"start_up/{name}", scaling.start_up))
