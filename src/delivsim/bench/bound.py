"""
What a dispatcher who sees the whole day could do, from below and from above, for small instances.

**Lower**: every order is brought as soon as any single rider could bring it, as if there were no other order: no
earlier than its food is ready, than the first rider can be at its store within his shift, and than the way to the
door takes. Riders are never short in this relaxation and nobody waits for a bundle, so no schedule can be better: a
bound by relaxation, exact arithmetic, and looser the busier the day.

**Upper**: a schedule of the whole day found by simulated annealing (Kirkpatrick, Gelatt and Vecchi 1983) from what an
online policy did, moving orders and the ends of routes between riders. It keeps the rules of Reyes et al. (2018), and
is written out so that the strict checker can say so. It is what was found within the time, not an optimum.

The best that perfect information could reach under these rules lies between the two. The figures that Yildiz and
Savelsbergh (2019) published for the sixteen small instances are shown beside. None is below the lower bound; a
schedule found here may be better than the published figure, which then is no limit under these rules.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from delivsim.bench.day import MINUTE, Day, Route, write_schedule
from delivsim.bench.metrics import OPTIMA
from delivsim.bench.tables import Table
from delivsim.dispatch.policies import POLICIES
from delivsim.domain.instance import Instance
from delivsim.domain.units import near_miss
from delivsim.errors import InputError, InstanceError
from delivsim.experiment.run import run, whole
from delivsim.record.result import Result
from delivsim.scenario.formats import read_instance
from delivsim.scenario.schema import Scenario

HOT, COLD = 3.0 * MINUTE, 0.05 * MINUTE
"""Seconds of click-to-door that a move may cost, about, at the beginning and at the end of the annealing."""
BETWEEN_LOOKS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """
    Bounds of the mean click-to-door that perfect information could reach, in minutes.

    Parameters
    ----------
    lower, upper
        By relaxation, and by a schedule.
    start
        Mean click-to-door of the online schedule that the search began with.
    published
        The published optimum with perfect information; NaN where none is known.
    n_orders
        How many orders are served.
    moves, seconds
        How long the search took.
    routes
        The schedule of the upper bound, for `write_schedule`.
    """

    instance: str
    lower: float
    upper: float
    start: float
    published: float
    n_orders: int
    moves: int
    seconds: float
    routes: list[Route]

    @property
    def gap(self) -> float:
        """How far the upper bound is above the lower one, as a share of it."""
        return self.upper / self.lower - 1.0

    @property
    def holds(self) -> bool:
        """Whether the published figure, rounded to hundredths, is not below the lower bound."""
        return math.isnan(self.published) or self.lower - 0.005 <= self.published


def bound(
    instance: Instance, online: Result, *, seconds: float = 60.0, moves: int | None = None, seed: int = 1
) -> Bound:
    """
    Bound what perfect information could reach.

    Parameters
    ----------
    instance
        With ready times that are facts.
    online
        A run on it in which every order is delivered; the search begins there.
    seconds
        How long to search.
    moves
        Instead: how many moves to try, so that the answer is the same everywhere.
    seed
        Of the search.

    Raises
    ------
    InstanceError
        The instance has no ready times, the run left orders undelivered (bounds would be about fewer orders), or an
        order joined a bundle whose rider had left: here riders set out when they know all of it.
    """
    day = Day(instance)
    routes = day.routes_of(online)
    began = time.monotonic()
    start = sum(day.cost(rider, route) for rider, route in enumerate(routes))
    if math.isinf(start):
        raise InstanceError(f"{instance.name}: a bundle grew on the way, so the search cannot begin with this day")
    routes, tried = anneal(day, routes, seconds, moves, random.Random(seed))
    best, n = sum(day.cost(rider, route) for rider, route in enumerate(routes)), len(instance.orders)
    return Bound(
        instance=instance.name,
        lower=sum(day.soonest(i) for i in range(n)) / n / MINUTE,
        upper=best / n / MINUTE,
        start=start / n / MINUTE,
        published=OPTIMA.get(instance.name, (math.nan,))[0],
        n_orders=n,
        moves=tried,
        seconds=time.monotonic() - began,
        routes=routes,
    )


def anneal(
    day: Day, routes: list[Route], seconds: float, moves: int | None, rng: random.Random
) -> tuple[list[Route], int]:
    """Improve the routes until the time or the moves are used up; give the best found, and the moves tried."""
    costs = [day.cost(rider, route) for rider, route in enumerate(routes)]
    where = {i: rider for rider, route in enumerate(routes) for bundle in route for i in bundle}
    orders, total = sorted(where), sum(costs)
    best, least, tried, done, began = list(routes), total, 0, 0.0, time.monotonic()
    while done < 1.0:
        heat = HOT * (COLD / HOT) ** done
        for _ in range(BETWEEN_LOOKS):
            if rng.random() < 0.8:
                changed = _moved(day, routes, where, rng.choice(orders), rng)
            else:
                changed = _crossed(routes, rng)
            if not changed:
                continue
            new = {rider: day.cost(rider, route) for rider, route in changed.items()}
            step = sum(new.values()) - sum(costs[rider] for rider in new)
            if step <= 0.0 or rng.random() < math.exp(-step / heat):
                for rider, route in changed.items():
                    routes[rider], costs[rider] = route, new[rider]
                    where.update((i, rider) for bundle in route for i in bundle)
                total += step
        if total < least:
            best, least = list(routes), total
        tried += BETWEEN_LOOKS
        done = tried / moves if moves is not None else (time.monotonic() - began) / seconds
    return best, tried


def _moved(day: Day, routes: list[Route], where: dict[int, int], order: int, rng: random.Random) -> dict[int, Route]:
    """Take an order out of its bundle; put it into another of its store, or somewhere as a bundle of its own."""
    giver, taker = where[order], rng.randrange(len(routes))
    left = [rest for bundle in routes[giver] if (rest := tuple(i for i in bundle if i != order))]
    target = left if taker == giver else list(routes[taker])
    joins = [k for k, bundle in enumerate(target) if day.store[bundle[0]] == day.store[order]]
    if joins and rng.random() < 0.5:
        k = rng.choice(joins)
        at = rng.randint(0, len(target[k]))
        target[k] = (*target[k][:at], order, *target[k][at:])
    else:
        target.insert(_place_for(day, target, order, rng), (order,))
    return {giver: left, taker: target}


def _place_for(day: Day, route: Route, order: int, rng: random.Random) -> int:
    """Give a place in a route where an order fits by its ready time, or one beside it."""
    after = sum(day.ready[bundle[0]] < day.ready[order] for bundle in route)
    return min(len(route), max(0, after + rng.choice((0, 0, 0, -1, 1))))


def _crossed(routes: list[Route], rng: random.Random) -> dict[int, Route]:
    """Let two riders exchange the ends of their routes."""
    a, b = rng.randrange(len(routes)), rng.randrange(len(routes))
    if a == b or not (routes[a] or routes[b]):
        return {}
    i, j = rng.randint(0, len(routes[a])), rng.randint(0, len(routes[b]))
    return {a: routes[a][:i] + routes[b][j:], b: routes[b][:j] + routes[a][i:]}


def bounds(
    paths: Sequence[Path], form: str, policy: str, *, seconds: float, moves: int | None, out: Path | None
) -> Iterator[Bound]:
    """
    Bound instances one after the other, from a run of a policy on each; schedules go to ``out``, if given.

    Raises
    ------
    InputError
        There is no such policy, or an instance cannot be used.
    """
    if policy not in POLICIES:
        known = sorted(POLICIES)
        raise InputError(f"--policy: must be one of {', '.join(known)}, got {policy!r}{near_miss(policy, known)}")
    for path in paths:
        day = read_instance(form, path)
        scenario = Scenario.model_validate(
            {
                "name": day.name,
                "horizon": "24h",
                "platform": {"kind": "ideal"},
                "instance": {"format": form, "path": str(path)},
                "dispatch": {"policy": policy, "give_up_after": None},
            }
        )
        found = bound(day, whole(run(scenario, instance=day)), seconds=seconds, moves=moves)
        if out is not None:
            write_schedule(day, found.routes, out / day.name)
        yield found


def bounds_table(found: Sequence[Bound]) -> Table:
    """Put bounds into a table."""
    rows = [
        (
            one.instance,
            f"{one.lower:.2f}",
            "-" if math.isnan(one.published) else f"{one.published:.2f}",
            f"{one.upper:.2f}",
            f"{one.start:.2f}",
            f"{100 * one.gap:.1f} %",
            f"{one.moves:,}",
            f"{one.seconds:.0f}",
        )
        for one in found
    ]
    head = ("instance", "lower", "published", "upper", "online", "gap", "moves", "s")
    note = (
        "Minutes of mean click-to-door. lower: every order as if it were alone (a relaxation); upper: a schedule that "
        "keeps the rules; published: Yildiz and Savelsbergh 2019; online: where the search began."
    )
    return Table("What perfect information could reach", head, tuple(rows), 1, note)
