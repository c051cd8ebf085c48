"""When the apps of a city call the platform, and how often: an estimate before anything runs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from delivsim.city.behavior import BehaviorConfig, CustomersConfig, RidersConfig
from delivsim.city.config import CityConfig
from delivsim.city.rider import stretches
from delivsim.domain.distributions import Law
from delivsim.domain.instance import Instance
from delivsim.experiment.bundles import Bundles
from delivsim.experiment.rider_work import Floats, RiderWork
from delivsim.record.stats import time_by_bin

Call = tuple[str, Floats, float]
"""An operation that is called from outside, at which instants, and how often at each."""

LEAST_KEPT = 0.05
"""At least this share of accepted offers is kept, in this estimate."""
MOST_LOOKS = 200
"""So many times does a customer track an order at most, in this estimate."""


class Town(NamedTuple):
    """Who orders, cooks and rides, how they behave, and what the orders ask of the riders."""

    behavior: CityConfig | BehaviorConfig
    instance: Instance
    work: RiderWork
    bundles: Bundles

    @property
    def time_per_order(self) -> dict[str, float]:
        """Mean seconds that an order takes of a rider, by what they are for; food is waited for if cooked on accept."""
        work, rules, n = self.work, self.instance.rules, self.bundles.orders
        parts = {
            "to the store": work.way_to_store / n,
            "service": (rules.pickup_service_time + work.handover_time) / n + rules.dropoff_service_time,
            "to the customer": float(work.ways_to_customer.mean()) * self.bundles.way,
        }
        if self.behavior.kitchens.preparation_starts == "on_accept":
            before = work.way_to_store + rules.pickup_service_time / 2
            parts["waiting for food"] = max(0.0, float((work.picked_up_at - work.left_at).mean()) - before) / n
        return parts


def city_calls(town: Town) -> Iterator[Call]:
    """Give the calls of customers, kitchens and riders, without retries."""
    customers, riders, work = town.behavior.customers, town.behavior.riders, town.work
    confirmed = (1.0 - customers.bad_token) * (1.0 - customers.declined_card)
    impatient = _impatient(customers, work)
    accepted = confirmed if riders.accept > 0 and town.instance.riders else 0.0
    carried = accepted * (1.0 - impatient)
    yield "gateway.place_order", work.placed_at, 1.0
    yield "gateway.view_profile", work.placed_at, customers.view_profile
    yield "gateway.update_profile", work.placed_at, customers.update_profile
    yield "gateway.mark_ready", work.ready_at, confirmed
    yield "gateway.restock", _refills(town.instance), 1.0
    yield from _offers(riders, work, accepted / town.bundles.orders)
    yield "gateway.picked_up", work.picked_up_at, carried / town.bundles.orders
    yield "gateway.delivered", work.delivered_at, carried
    yield "gateway.cancel_order", work.picked_up_at, confirmed * impatient
    yield "gateway.give_feedback", work.delivered_at + customers.feedback_delay.mean, carried * customers.feedback
    yield "gateway.track_order", _looks(customers, work), confirmed
    on_at, off_at = shifts(town.instance)
    yield "gateway.go_online", on_at, 1.0
    yield "gateway.go_offline", off_at, 1.0
    yield from _reports(riders, town, carried)


def _offers(riders: RidersConfig, work: RiderWork, accepted: float) -> Iterator[Call]:
    """Give the answers to offers: each is accepted, declined or ignored, until one is accepted."""
    if riders.accept <= 0:
        return
    given_back = accepted * riders.give_back / max(LEAST_KEPT, 1.0 - riders.give_back)
    accepted += given_back
    offers = accepted / riders.accept
    yield "gateway.give_back", work.left_at + riders.give_back_after.mean, given_back
    yield "gateway.accept_offer", work.left_at, accepted
    yield "gateway.decline_offer", work.left_at, offers * max(0.0, 1.0 - riders.accept - riders.ignore)


def _impatient(customers: CustomersConfig, work: RiderWork) -> float:
    """Give the share of customers who give up: before a rider is on the way, or for good before the food is."""
    if customers.patience_assigned is None:
        return _share_below(customers.patience, work.picked_up_at - work.placed_at)
    early = _share_below(customers.patience, work.left_at - work.placed_at)
    late = _share_below(customers.patience_assigned, work.picked_up_at - work.placed_at)
    return early + (1.0 - early) * late * _share_below(customers.patience, work.picked_up_at - work.placed_at)


def _refills(instance: Instance) -> Floats:
    """Give the instants at which stores put new stock on the shelves."""
    return np.array([at for store in instance.stores for at, _, _ in store.refills], dtype=np.float64)


def _looks(customers: CustomersConfig, work: RiderWork) -> Floats:
    """Give the instants at which customers look where their orders stay."""
    every = customers.track_every
    if every is None or not work.placed_at.size:
        return np.empty(0)
    n = min(MOST_LOOKS, math.ceil(float((work.delivered_at - work.placed_at).max()) / every))
    looks = work.placed_at[:, None] + every * np.arange(1, n + 1)
    return looks[looks < work.delivered_at[:, None]]


def shifts(instance: Instance) -> tuple[Floats, Floats]:
    """Give the instants at which riders go on line and off, at the ends of their shifts and for their breaks."""
    on_line = [stretch for rider in instance.riders for stretch in stretches(rider)]
    on_at, off_at = np.array(on_line, dtype=np.float64).reshape(-1, 2).T
    return on_at, off_at


def _reports(riders: RidersConfig, town: Town, carried: float) -> Iterator[Call]:
    """Give the position reports on the way: one every so often, none on arrival."""
    work, bundles = town.work, town.bundles
    if riders.report_every is None or not work.placed_at.size:
        return
    to_store = np.ceil(work.ways_to_store / riders.report_every) - 1.0
    to_customer = np.maximum(0.0, np.ceil(work.ways_to_customer / riders.report_every) - 1.0).astype(int)
    middle = (work.picked_up_at + work.delivered_at) / 2.0
    yield "gateway.report_position", work.left_at, carried / bundles.orders * max(0.0, float(to_store.mean()))
    yield "gateway.report_position", np.repeat(middle, to_customer), carried * bundles.way


def reports_at_rest(town: Town, edges: Floats) -> Floats:
    """
    Count the position reports of waiting riders in each bin.

    A rest is taken to be exponential, as long on average as is left between orders; a rider at rest reports whenever
    a further ``report_at_rest_every`` of it has passed: 1 / (exp(every / mean) - 1) times per rest.

    Returns
    -------
    One mean count per bin, one fewer than ``edges``.
    """
    every, work = town.behavior.riders.report_at_rest_every, town.work
    if every is None:
        return np.zeros(len(edges) - 1)
    on_shift = time_by_bin(*shifts(town.instance), edges)
    busy = np.minimum(needed_time(town, edges), on_shift)
    each = float((work.free_at - work.left_at).mean()) if work.left_at.size else 0.0
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        rest = np.where(busy > 0, each * (on_shift - busy) / busy, np.inf)
        per_second = np.where(rest > 0, 1.0 / np.expm1(every / rest) / rest, 0.0)
    per_second[~np.isfinite(per_second)] = 1.0 / every
    return np.asarray((on_shift - busy) * per_second, dtype=np.float64)


def needed_time(town: Town, edges: Floats) -> Floats:
    """Add up the seconds of riders that orders take in each bin, bundles considered."""
    work = town.work
    if not work.placed_at.size:
        return np.zeros(len(edges) - 1)
    less = sum(town.time_per_order.values()) / float((work.free_at - work.left_at).mean())
    return time_by_bin(work.left_at, work.free_at, edges) * min(1.0, less)


def _share_below(law: Law | None, times: Floats) -> float:
    """Give the share of draws below the mean of these times, by bisection of the quantiles."""
    if law is None or not times.size:
        return 0.0
    limit, low, high = float(times.mean()), 0.0, 1.0
    if law.constant is not None:
        return float(law.constant < limit)
    for _ in range(30):
        middle = (low + high) / 2.0
        low, high = (middle, high) if law.quantile(middle) < limit else (low, middle)
    return low
