"""The published metrics of a solution of the Meal Delivery Routing Problem (Reyes et al. 2018)."""

from __future__ import annotations

from collections import Counter, defaultdict

from delivsim.domain.instance import Instance
from delivsim.domain.rider import Rider
from delivsim.domain.travel import Point
from delivsim.experiment.mdrplib_solution import MINUTE, Delivery, Solution
from delivsim.record.stats import describe

SHOWN = ("mean", "sd", "min", "p10", "p50", "p90", "max")
HOUR = 3600.0

Metrics = tuple[dict[str, dict[str, float]], dict[str, float]]


def solution_metrics(instance: Instance, solution: Solution) -> Metrics:
    """
    Compute what published tables report, from the times that the solution tells.

    Returns
    -------
    By name mean, sd, min, p10, p50, p90 and max: of minutes over delivered orders, of rates over couriers whose shift
    has a length, and of orders over bundles; and the totals of the day.
    """
    placed = {order.id: order for order in instance.orders}
    deliveries = list({d.order: d for d in reversed(solution.deliveries) if d.order in placed}.values())
    metrics = _times(instance, deliveries) | _rates(instance, solution, deliveries)
    return {name: {key: found[key] for key in SHOWN} for name, found in metrics.items()}, _totals(instance, deliveries)


def _times(instance: Instance, deliveries: list[Delivery]) -> dict[str, dict[str, float]]:
    target = instance.rules.target_click_to_door / MINUTE
    waits = [d.dropoff_at - d.placed_at for d in deliveries]
    return {
        "click_to_door": describe(waits),
        "click_to_door_overage": describe([max(0.0, wait - target) for wait in waits]),
        "ready_to_door": describe([d.dropoff_at - d.ready_at for d in deliveries]),
        "ready_to_pickup": describe([d.pickup_at - d.ready_at for d in deliveries]),
    }


def _rates(instance: Instance, solution: Solution, deliveries: list[Delivery]) -> dict[str, dict[str, float]]:
    orders = Counter(d.courier for d in deliveries)
    bundles = Counter(b.courier for b in solution.bundles)
    driven = _driven(instance, solution)
    rules = instance.rules
    on_shift = [rider for rider in instance.riders if rider.off_at > rider.on_at]

    def utilization(rider: Rider) -> float:
        service = bundles[rider.id] * rules.pickup_service_time + orders[rider.id] * rules.dropoff_service_time
        return (driven[rider.id] + service) / (rider.off_at - rider.on_at)

    return {
        "courier_utilization": describe([utilization(rider) for rider in on_shift]),
        "orders_per_hour": describe([orders[r.id] / _hours(r) for r in on_shift]),
        "bundles_per_hour": describe([bundles[r.id] / _hours(r) for r in on_shift]),
        "orders_per_bundle": describe([float(len(b.orders)) for b in solution.bundles]),
    }


def _driven(instance: Instance, solution: Solution) -> dict[str, float]:
    """Seconds that each courier drove; ways from or to unknown places count for nothing."""
    places: dict[str, Point] = {order.id: (order.x, order.y) for order in instance.orders}
    places |= {store.id: (store.x, store.y) for store in instance.stores}
    starts: dict[str, Point] = {rider.id: (rider.x, rider.y) for rider in instance.riders}
    driven: dict[str, float] = defaultdict(float)
    for way in solution.ways:
        origin, destination = places.get(way.origin, starts.get(way.courier)), places.get(way.destination)
        if origin is not None and destination is not None:
            driven[way.courier] += instance.travel.time(origin, destination)
    return driven


def _totals(instance: Instance, deliveries: list[Delivery]) -> dict[str, float]:
    orders, rules = Counter(d.courier for d in deliveries), instance.rules
    earned = [orders[r.id] * rules.pay_per_order for r in instance.riders]
    guaranteed = [_hours(r) * rules.guaranteed_pay_per_hour for r in instance.riders]
    pay = sum(max(e, g) for e, g in zip(earned, guaranteed, strict=True)) / 100.0
    on_guarantee = sum(g > e for e, g in zip(earned, guaranteed, strict=True))
    return {
        "total_pay": pay,
        "cost_per_order": pay / len(instance.orders),
        "share_on_guarantee": on_guarantee / len(instance.riders),
    }


def _hours(rider: Rider) -> float:
    return (rider.off_at - rider.on_at) / HOUR
