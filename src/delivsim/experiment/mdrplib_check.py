"""The strict checker of solutions: every time is derived again from the instance, in every half service time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from delivsim.domain.instance import Instance
from delivsim.domain.order import Order
from delivsim.domain.units import near_miss
from delivsim.errors import InstanceError, Problem
from delivsim.experiment.mdrplib_metrics import solution_metrics
from delivsim.experiment.mdrplib_solution import COURIERS, MINUTE, Bundle, Delivery, Solution, Way, read_solution
from delivsim.experiment.mdrplib_walk import TOLERANCE, Book, Walk, expect
from delivsim.scenario.formats.delimited import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class SolutionCheck:
    """
    What the checker found.

    Parameters
    ----------
    violations
        Every broken rule with its file and line, what was expected and what was found.
    n_orders, n_delivered
        Orders placed, and delivered among them.
    undelivered
        Ids of the orders that were not delivered, in the order of the instance; no violation.
    metrics
        The published metrics, each mean, sd, min, p10, p50, p90 and max; times in minutes.
    totals
        Figures of the whole day: ``cost_per_order`` and ``total_pay`` in the instance's money, and
        ``share_on_guarantee`` of the couriers.
    after_shift
        Those of ``violations`` that are pick-ups after the end of a courier's shift: where nobody knew the times
        exactly, late food or a late courier brings them about without anyone having decided so.
    """

    violations: tuple[Problem, ...]
    n_orders: int
    n_delivered: int
    undelivered: tuple[str, ...]
    metrics: dict[str, dict[str, float]]
    totals: dict[str, float]
    after_shift: frozenset[Problem] = frozenset()

    @property
    def ok(self) -> bool:
        """Whether no rule is broken."""
        return not self.violations


def check_solution(instance: Instance, directory: str | PathLike[str]) -> SolutionCheck:
    """
    Check the three solution files of a directory against an instance, and compute the published metrics.

    The rules are those of Reyes et al. (2018), "The meal delivery routing problem", without the leniency of the
    published evaluator: travel takes whole minutes, half of each service comes before the hand-over and half after.
    Rules of the instance's own are checked as well: how many orders a courier carries, and whether he may fetch from
    several restaurants before he goes to the doors; each pick-up is then a line of its own.

    Raises
    ------
    InstanceError
        The directory does not exist.
    """
    folder = Path(directory)
    if not folder.is_dir():
        raise InstanceError.of([Problem(file=str(folder), rule="no such directory")])
    solution = read_solution(folder)
    checker = Checker(instance, solution)
    checker.check()
    delivered = {d.order for d in solution.deliveries}
    metrics, totals = solution_metrics(instance, solution)
    return SolutionCheck(
        violations=tuple(sorted(solution.problems, key=lambda p: (p.file, p.line or 0))),
        n_orders=len(instance.orders),
        n_delivered=sum(order.id in delivered for order in instance.orders),
        undelivered=tuple(order.id for order in instance.orders if order.id not in delivered),
        metrics=metrics,
        totals=totals,
        after_shift=frozenset(checker.after_shift),
    )


class Checker:
    """Checks that the three files keep the rules and tell one story; mistakes go to ``solution.problems``."""

    def __init__(self, instance: Instance, solution: Solution) -> None:
        self.book, self.solution = Book(instance), solution
        self.bundle_of: dict[str, Bundle] = {}
        self.delivery_of: dict[str, Delivery] = {}
        self.after_shift: list[Problem] = []

    def check(self) -> None:
        """Check all three files, and that they tell the same story."""
        fetched: dict[str, list[Bundle]] = defaultdict(list)
        for bundle in sorted(self.solution.bundles, key=lambda b: (b.pickup_at, b.row.line)):
            if self._bundle(bundle):
                fetched[bundle.courier].append(bundle)
        for delivery in self.solution.deliveries:
            self._delivery(delivery)
        for name, bundle in self.bundle_of.items():
            if name not in self.delivery_of:
                bundle.row.refuse("order", f"{name} is picked up, but is not among the delivered orders")
        reached: set[str] = set()
        for courier, ways in self._by_courier().items():
            walk = Walk(self.book, courier, fetched.pop(courier, []), self.delivery_of)
            walk.go(ways)
            reached |= walk.reached
        for bundles in fetched.values():
            for bundle in bundles:
                bundle.row.refuse("courier", f"{bundle.courier} has no way in {COURIERS.file}")
        for name, delivery in self.delivery_of.items():
            if name not in reached:
                delivery.row.refuse("order", f"no way of courier {delivery.courier} leads to {name}")

    def _bundle(self, bundle: Bundle) -> bool:
        """Check one line of the assignments by itself; tells whether it can be followed."""
        row, rider = bundle.row, self.book.riders.get(bundle.courier)
        known = [self._known_order(row, name) for name in bundle.orders]
        for name in bundle.orders:
            if name in self.bundle_of:
                row.refuse("order", f"{name} is already picked up on line {self.bundle_of[name].row.line}")
            self.bundle_of.setdefault(name, bundle)
        orders = [order for order in known if order is not None]
        for order in orders:
            self._timely(bundle, order)
        stores = sorted({self.book.instance.stores[order.store].id for order in orders})
        if len(stores) > 1:
            row.refuse("order", f"a bundle must come from one restaurant, got {', '.join(stores)}")
        if rider is None:
            row.refuse("courier", f"no courier {bundle.courier!r}{near_miss(bundle.courier, sorted(self.book.riders))}")
        elif bundle.pickup_at > rider.off_at / MINUTE + TOLERANCE:
            off = rider.off_at / MINUTE
            row.refuse("pickup_time", f"must be <= off_time of {rider.id} ({off:g}), got {bundle.pickup_at:g}")
            self.after_shift.append(self.solution.problems[-1])
        return rider is not None and bool(orders) and None not in known

    def _timely(self, bundle: Bundle, order: Order) -> None:
        placed, ready = order.placed_at / MINUTE, (order.ready_at or 0.0) / MINUTE
        if bundle.assigned_at < placed - TOLERANCE:
            rule = f"must be >= placement of {order.id} ({placed:g}), got {bundle.assigned_at:g}"
            bundle.row.refuse("assignment_time", rule)
        if bundle.pickup_at < ready - TOLERANCE:
            rule = f"must be >= ready time of {order.id} ({ready:g}), got {bundle.pickup_at:g}"
            bundle.row.refuse("pickup_time", rule)

    def _delivery(self, delivery: Delivery) -> None:
        """Check one delivered order against the instance and against its assignment."""
        row, order = delivery.row, self._known_order(delivery.row, delivery.order)
        if order is None:
            return
        if delivery.order in self.delivery_of:
            first = self.delivery_of[delivery.order].row.line
            row.refuse("order", f"{delivery.order} is already delivered on line {first}")
            return
        self.delivery_of[delivery.order] = delivery
        expect(row, "placement_time", order.placed_at / MINUTE, delivery.placed_at, "as in the instance")
        expect(row, "ready_time", (order.ready_at or 0.0) / MINUTE, delivery.ready_at, "as in the instance")
        bundle = self.bundle_of.get(delivery.order)
        if bundle is None:
            row.refuse("order", f"{delivery.order} is delivered, but nobody is told to pick it up")
            return
        where = f"as on line {bundle.row.line} of the assignments"
        expect(row, "pickup_time", bundle.pickup_at, delivery.pickup_at, where)
        if delivery.courier != bundle.courier:
            row.refuse("courier", f"must be {bundle.courier}, {where}, got {delivery.courier}")

    def _known_order(self, row: Row, name: str) -> Order | None:
        order = self.book.orders.get(name)
        if order is None and name:
            row.refuse("order", f"no order {name!r} in the instance{near_miss(name, list(self.book.orders))}")
        return order

    def _by_courier(self) -> dict[str, list[Way]]:
        """Group the ways; a courier's lines must stand together."""
        ways: dict[str, list[Way]] = {}
        last = ""
        for way in self.solution.ways:
            if way.courier not in self.book.riders:
                known = sorted(self.book.riders)
                way.row.refuse("courier", f"no courier {way.courier!r}{near_miss(way.courier, known)}")
                continue
            if way.courier in ways and way.courier != last:
                way.row.refuse("courier", f"the lines of {way.courier} must stand together")
            ways.setdefault(way.courier, []).append(way)
            last = way.courier
        return ways
