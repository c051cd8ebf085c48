"""Other riders, or other stores, for an instance whose other parts stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from delivsim.city.roster import Roster, on_vehicles, resampled, shifts_of
from delivsim.domain.instance import Instance
from delivsim.domain.order import Order
from delivsim.domain.rider import Rider
from delivsim.domain.store import Store
from delivsim.domain.streams import Streams
from delivsim.domain.units import near_miss
from delivsim.errors import InstanceError, Problem


def hired(
    roster: Roster, riders: Sequence[Rider], instance: Instance, starts_at: datetime, until: float, streams: Streams
) -> list[Rider]:
    """
    Give an instance the riders of a roster.

    Parameters
    ----------
    roster
        What the scenario says.
    riders
        Those there are: of the instance, or of the roster's file. They are scaled, unless the roster has shifts.
    until
        When demand ends, seconds.
    """
    if roster.shifts is not None:
        riders = _at_stores(roster, instance, starts_at, until, streams)
    elif roster.count is not None:
        riders = resampled(riders, roster.count)
    return on_vehicles(riders, roster, streams)


def _at_stores(roster: Roster, instance: Instance, starts_at: datetime, until: float, streams: Streams) -> list[Rider]:
    """Let the riders of each shift start at stores, drawn by chance."""
    rng, riders = streams["city/riders"], list[Rider]()
    for shift in shifts_of(roster, starts_at, until):
        for k in rng.integers(0, len(instance.stores), shift.riders):
            home = instance.stores[int(k)]
            riders.append(
                Rider(
                    id=f"r{len(riders) + 1}",
                    x=home.x,
                    y=home.y,
                    on_at=shift.on_at,
                    off_at=shift.off_at,
                    breaks=shift.breaks,
                    zone=home.zone,
                )
            )
    return riders


def moved_to(orders: Sequence[Order], old: Sequence[Store], new: Sequence[Store]) -> Sequence[Order]:
    """
    Let orders name the same stores in another list of them.

    Raises
    ------
    InstanceError
        A store of theirs is not in it: every one that is missing.
    """
    if old is new:
        return orders
    where = {store.id: k for k, store in enumerate(new)}
    if missing := sorted({old[order.store].id for order in orders} - where.keys()):
        known = sorted(where)
        rules = [f"no store {name!r}, from which orders come{near_miss(name, known)}" for name in missing]
        raise InstanceError.of([Problem(path="stores", rule=rule) for rule in rules])
    return [replace(order, store=where[old[order.store].id]) for order in orders]
