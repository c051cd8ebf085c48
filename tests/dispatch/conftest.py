"""A policy on a published instance in plain Python: no SimPy, no platform, riders obey, strict rules."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from delivsim.dispatch.assignment import DispatchPolicy, Match
from delivsim.dispatch.lawful import check_assignment
from delivsim.dispatch.problem import DispatchProblem
from delivsim.domain.instance import Instance
from delivsim.scenario.formats.mdrplib import read

EVERY = 60.0
TWIN = Path(__file__).parents[1] / "data" / "mdrplib_twin"


@dataclass
class Replay:
    """One day under one policy: when each delivered order was picked up and delivered, in seconds."""

    instance: Instance
    picked_up_at: dict[int, float] = field(default_factory=dict)
    delivered_at: dict[int, float] = field(default_factory=dict)
    bundles: list[Match] = field(default_factory=list)

    def minutes(self, since: str, until: str) -> float:
        """Mean minutes between two instants of the delivered orders."""
        gaps = [self.at(until, i) - self.at(since, i) for i in self.delivered_at]
        return float(np.mean(gaps)) / 60.0 if gaps else np.nan

    def pay(self) -> float:
        """Cents paid to all riders: per order, or the guarantee where that is more."""
        rules, earned = self.instance.rules, dict.fromkeys(range(len(self.instance.riders)), 0)
        for match in self.bundles:
            earned[match.rider] += rules.pay_per_order * len(match.orders)
        hours = [(r.off_at - r.on_at) / 3600.0 for r in self.instance.riders]
        return sum(max(earned[i], hours[i] * rules.guaranteed_pay_per_hour) for i in earned)

    def at(self, what: str, order: int) -> float:
        own = getattr(self, what, None)
        return own[order] if own is not None else getattr(self.instance.orders[order], what)


class Day:
    """The state of a replay: open orders, and where and when each rider is free."""

    def __init__(self, instance: Instance) -> None:
        self.instance, self.done = instance, Replay(instance)
        self.stores = np.array([(s.x, s.y) for s in instance.stores])
        self.doors = np.array([(o.x, o.y) for o in instance.orders])
        self.places = np.array([(r.x, r.y) for r in instance.riders])
        self.placed, self.ready, self.store = (
            np.array([getattr(o, name) for o in instance.orders]) for name in ("placed_at", "ready_at", "store")
        )
        self.on, self.off = (np.array([getattr(r, name) for r in instance.riders]) for name in ("on_at", "off_at"))
        self.free, self.open = self.on.copy(), np.ones(len(self.placed), dtype=bool)

    def problem(self, now: float) -> DispatchProblem:
        orders = np.flatnonzero(self.open & (self.placed <= now))
        riders = np.flatnonzero((self.on <= now) & (self.off > now))
        return DispatchProblem(
            now=now,
            every=EVERY,
            orders=orders,
            placed_at=self.placed[orders],
            ready_at=self.ready[orders],
            stores=self.store[orders],
            pickups=self.stores[self.store[orders]],
            dropoffs=self.doors[orders],
            riders=riders,
            places=self.places[riders],
            free_at=self.free[riders],
            off_at=self.off[riders],
            speeds=np.full(riders.size, np.nan),
            travel=self.instance.travel,
            rules=self.instance.rules,
        )

    def drive(self, now: float, match: Match) -> None:
        """Serve a bundle at once, in every strict half service time and whole minute."""
        travel, rules, r = self.instance.travel, self.instance.rules, match.rider
        rows = list(match.orders)
        place = self.stores[self.store[rows[0]]]
        arrived = max(now, self.free[r]) + travel.time(self.places[r], place)
        pickup = max(arrived + rules.pickup_service_time / 2, self.ready[rows].max())
        assert pickup <= self.off[r]
        clock = pickup + rules.pickup_service_time / 2
        for row in rows:
            clock += travel.time(place, self.doors[row]) + rules.dropoff_service_time / 2
            self.done.picked_up_at[row], self.done.delivered_at[row] = pickup, clock
            clock, place = clock + rules.dropoff_service_time / 2, self.doors[row]
        self.free[r], self.places[r], self.open[rows] = clock, place, False
        self.done.bundles.append(match)


def run(instance: Instance, policy: DispatchPolicy, seed: int = 0) -> Replay:
    """Decide every minute until every shift has ended."""
    day, rng = Day(instance), np.random.default_rng(seed)
    for now in np.arange(0.0, day.off.max() + EVERY, EVERY):
        problem = day.problem(float(now))
        assignment = policy(problem, rng)
        check_assignment(problem, assignment)
        for match in assignment.matches:
            day.drive(float(now), match)
    return day.done


@pytest.fixture
def replay() -> Callable[..., Replay]:
    return run


@pytest.fixture
def twin() -> Instance:
    return read(TWIN)


@pytest.fixture
def public() -> Callable[[str], Instance]:
    """Read a public instance by name; the test is skipped where DELIVSIM_MDRPLIB does not name them."""

    def read_public(name: str) -> Instance:
        folder = os.environ.get("DELIVSIM_MDRPLIB", "")
        if not folder:
            pytest.skip("DELIVSIM_MDRPLIB is not set: the public instances are not here")
        return read(Path(folder) / name)

    return read_public
