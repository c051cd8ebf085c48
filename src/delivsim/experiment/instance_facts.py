"""What is in an instance, in figures: how many, when, how far, how long, and who could carry it."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from delivsim.city.behavior import BehaviorConfig, KitchensConfig
from delivsim.domain.instance import Instance
from delivsim.domain.streams import Streams
from delivsim.errors import Problem, ScenarioError
from delivsim.experiment.bundles import Bundles
from delivsim.experiment.city_calls import Town, needed_time, shifts
from delivsim.experiment.oddities import oddities
from delivsim.experiment.rider_work import Floats, rider_work
from delivsim.experiment.settled import settled
from delivsim.record.stats import describe, time_by_bin
from delivsim.scenario.formats import format_of, read_instance
from delivsim.scenario.reader import load_scenario

SCHEMA_VERSION = 1
MIDNIGHT = datetime(2026, 1, 1)
"""Where the instants of an instance count from, if no scenario says it."""
HOUR = 3600.0
TENTH = 0.1
Facts = dict[str, Any]


def measured(source: str | os.PathLike[str], format: str | None = None) -> tuple[Instance, Facts]:  # noqa: A002
    """
    Read and measure an instance: a folder, or what a scenario file names or draws with its own seed.

    Parameters
    ----------
    format
        The folder's format; None: told by its files.

    Raises
    ------
    InputError
        It cannot be read, nobody orders in the scenario, or a scenario is given with a format.
    """
    if not os.path.isfile(source):
        name = format or format_of(source)
        instance = read_instance(name, source)
        return instance, {"format": name, **instance_facts(instance, MIDNIGHT)}
    if format is not None:
        rule = "must not be given for a scenario, which names the format of its instance itself"
        raise ScenarioError.of([Problem(path="--format", rule=rule)])
    scenario = load_scenario(source)
    found = settled(scenario, Streams(scenario.seed))
    if found is None:
        raise ScenarioError.of([Problem(file=str(source), rule="must have a city or an instance: nobody orders")])
    named = scenario.instance
    kitchens = scenario.city.kitchens if scenario.city else named.behavior.kitchens if named else None
    facts = instance_facts(found.instance, scenario.starts_at, kitchens)
    return found.instance, {"format": named.format if named else None, **facts}


def instance_facts(instance: Instance, starts_at: datetime, kitchens: KitchensConfig | None = None) -> Facts:
    """
    Measure an instance; nothing is simulated.

    Parameters
    ----------
    starts_at
        The local time at t = 0.
    kitchens
        How its kitchens cook, if ready times are no facts of the instance.

    Returns
    -------
    Plain values, as ``delivsim info --format-output json`` prints them: times in seconds, distances in metres; None
    where there is nothing to measure.
    """
    behavior = BehaviorConfig() if kitchens is None else BehaviorConfig(kitchens=kitchens)
    given = behavior.kitchens.preparation_starts == "given"
    town = Town(behavior, instance, rider_work(instance, behavior.kitchens), Bundles())
    facts = {
        "schema_version": SCHEMA_VERSION,
        "name": instance.name,
        "starts_at": starts_at.isoformat(timespec="seconds"),
        "geographic": instance.geographic,
        "counts": _counts(instance),
        "hours": _hours(town),
        "distributions": {name: describe(values) for name, values in _distributions(town).items()},
        "riders": _riders(town),
        "stores": _stores(instance),
        "odd": [odd._asdict() for odd in oddities(instance, starts_at, ready_is_given=given)],
    }
    plain: Facts = _plain(facts)
    return plain


def _counts(instance: Instance) -> Facts:
    return {
        "orders": len(instance.orders),
        "riders": len(instance.riders),
        "stores": len(instance.stores),
        "customers": len({order.customer for order in instance.orders}),
        "zones": dict(sorted(Counter(order.zone for order in instance.orders if order.zone).items())),
        "vehicles": dict(sorted(Counter(rider.vehicle for rider in instance.riders if rider.vehicle).items())),
    }


def _hours(town: Town) -> list[Facts]:
    """Orders, riders on shift and the rider-hours that orders need, hour by hour of the time since the start."""
    work, (on_at, off_at) = town.work, shifts(town.instance)
    begin = math.floor(_least((on_at, work.placed_at)) / HOUR)
    end = math.ceil(_most((off_at, work.free_at)) / HOUR)
    edges = np.arange(begin, max(end, begin + 1) + 1, dtype=np.float64) * HOUR
    orders = np.histogram(work.placed_at, bins=edges)[0]
    on_shift = time_by_bin(on_at, off_at, edges) / HOUR
    needed = needed_time(town, edges) / HOUR
    return [
        {
            "start": float(edges[k]),
            "end": float(edges[k + 1]),
            "orders": int(orders[k]),
            "riders_on_shift": float(on_shift[k]),
            "rider_hours_needed": float(needed[k]),
        }
        for k in range(len(orders))
    ]


def _distributions(town: Town) -> dict[str, Floats]:
    instance, work = town.instance, town.work
    stores, orders, travel = instance.stores, instance.orders, instance.travel
    places = [(stores[order.store].x, stores[order.store].y) for order in orders]
    metres = [travel.distance(place, (order.x, order.y)) for place, order in zip(places, orders, strict=True)]
    on_at, off_at = shifts(instance)
    return {
        "store_to_customer_distance": np.array(metres, dtype=np.float64),
        "store_to_customer_time": work.ways_to_customer,
        "way_to_store_time": work.ways_to_store,
        "placed_to_ready": _since_placed(instance, "ready_at"),
        "preparation_time": _known(order.preparation_time for order in orders),
        "placed_to_promised": _since_placed(instance, "promised_at"),
        "shift": off_at - on_at,
        "orders_per_store": np.bincount([order.store for order in orders], minlength=len(stores)).astype(np.float64),
    }


def _riders(town: Town) -> Facts:
    on_at, off_at = shifts(town.instance)
    hours = float((off_at - on_at).sum()) / HOUR
    needed = float((town.work.free_at - town.work.left_at).sum()) / HOUR
    n = len(town.instance.orders)
    return {
        "with_a_shift": len(on_at),
        "rider_hours": hours,
        "rider_hours_needed": needed,
        "load": needed / hours if hours > 0 else math.nan,
        "orders_per_rider_hour": n / hours if hours > 0 else math.nan,
        "time_per_order": needed * HOUR / n if n else math.nan,
    }


def _stores(instance: Instance) -> Facts:
    """How much of all orders the busiest store has, and the busiest tenth of stores."""
    orders = np.bincount([order.store for order in instance.orders], minlength=len(instance.stores))
    if not orders.sum():
        return {"busiest": None, "share_of_busiest": math.nan, "share_of_busiest_tenth": math.nan}
    ranked = np.sort(orders)[::-1] / orders.sum()
    return {
        "busiest": instance.stores[int(orders.argmax())].id,
        "share_of_busiest": float(ranked[0]),
        "share_of_busiest_tenth": float(ranked[: math.ceil(TENTH * len(ranked))].sum()),
    }


def _since_placed(instance: Instance, name: str) -> Floats:
    pairs = ((getattr(order, name), order.placed_at) for order in instance.orders)
    return _known(None if at is None else at - placed_at for at, placed_at in pairs)


def _known(values: Iterable[float | None]) -> Floats:
    return np.array([value for value in values if value is not None], dtype=np.float64)


def _least(arrays: Sequence[Floats]) -> float:
    return min((float(values.min()) for values in arrays if values.size), default=0.0)


def _most(arrays: Sequence[Floats]) -> float:
    return max((float(values.max()) for values in arrays if values.size), default=0.0)


def _plain(value: Any) -> Any:
    """Write NaN as None, all the way down."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
