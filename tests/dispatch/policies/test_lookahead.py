import dataclasses

import numpy as np

from delivsim.dispatch.known import Demand, Promises, Readiness, Shifts
from delivsim.dispatch.lawful import check_assignment
from delivsim.dispatch.policies.linear_assignment import LinearAssignment
from delivsim.dispatch.policies.lookahead import Lookahead
from delivsim.dispatch.problem import UNLIMITED, DispatchProblem
from delivsim.domain.instance import Rules
from delivsim.domain.travel import Euclidean

QUIET = {"place_weight": 0.0, "shift_weight": 0.0}
"""Nothing is expected of the future."""


def problem(orders, riders, *, off_at=1e6, **changes) -> DispatchProblem:
    """
    A line at 1 m/s at 1,000 s, 100 s of service at stores and doors, the next decision in 60 s.

    Orders are (store's x, door's x, ready_at), riders (x, free_at); the store's number is its x.
    """
    n, m = len(orders), len(riders)
    given = {
        "now": 1000.0,
        "every": 60.0,
        "orders": np.arange(n) + 10,
        "placed_at": np.zeros(n),
        "ready_at": np.array([ready for _, _, ready in orders]),
        "stores": np.array([int(x) for x, _, _ in orders]),
        "pickups": np.array([(x, 0.0) for x, _, _ in orders]),
        "dropoffs": np.array([(x, 0.0) for _, x, _ in orders]),
        "riders": np.arange(m),
        "places": np.array([(x, 0.0) for x, _ in riders]),
        "free_at": np.array([free for _, free in riders]),
        "off_at": np.broadcast_to(np.asarray(off_at, dtype=float), (m,)),
        "speeds": np.full(m, np.nan),
        "travel": Euclidean(1.0),
        "rules": Rules(pickup_service_time=100.0, dropoff_service_time=100.0),
    }
    return DispatchProblem(**(given | changes))


def decide(given: DispatchProblem, **params):
    assignment = Lookahead(**params)(given, np.random.default_rng(0))
    check_assignment(given, assignment)
    return assignment


def riders_of(given: DispatchProblem, **params) -> list[int]:
    return [match.rider for match in decide(given, **params).matches]


def test_a_rider_leaves_just_in_time():
    """250 s away from the food: sent at the last decision from which he is not late, and not before."""
    assert riders_of(problem([(0.0, 50.0, 1360.0)], [(250.0, 0.0)])) == []
    (match,) = decide(problem([(0.0, 50.0, 1359.0)], [(250.0, 0.0)])).matches
    assert match.reason == "at the store 59 s before the food"
    assert (match.rider, match.second) == (0, -1)


def test_a_rider_amid_demand_is_spared():
    """Either is in time; the one next to a busy store stays, and without an eye to the future he would go."""
    demand = Demand(stores=[0, 900], places=[(0.0, 0.0), (900.0, 0.0)], rates=[0.0001, 0.01])
    given = problem([(0.0, 50.0, 1000.0)], [(195.0, 0.0), (-200.0, 0.0)], demand=demand)
    assert riders_of(given, waiting_weight=0.0) == [1]
    assert riders_of(given, waiting_weight=0.0, **QUIET) == [0]


def test_a_rider_whose_shift_ends_is_used_first():
    """Two stand at the same place: the one who goes home soon takes the order."""
    given = problem([(0.0, 50.0, 1000.0)], [(200.0, 0.0), (200.0, 0.0)], off_at=[9000.0, 1900.0])
    assert riders_of(given) == [1]


def test_an_order_waits_for_a_rider_who_comes_on_soon():
    """He begins in two minutes in the same street; the one who is here is too far away to be sent."""
    order, here = [(0.0, 50.0, 1200.0)], [(3000.0, 0.0)]
    shifts = Shifts(
        riders=[5], places=[(10.0, 0.0)], on_at=[1120.0], off_at=[9000.0], speeds=[np.nan], capacities=[UNLIMITED]
    )
    assert riders_of(problem(order, here)) == [0]
    waiting = decide(problem(order, here, shifts=shifts))
    assert waiting.matches == ()
    assert waiting.waits[0].riders == (5,)


def test_an_order_joins_a_bundle_about_to_be_fetched():
    """Told at the last decision before the pick-up; with time left it is only planned."""
    row = {
        "riders": [0],
        "bundles": [7],
        "orders": [3],
        "stores": [0],
        "placed_at": [0.0],
        "ready_at": [0.0],
        "pickups": [(0.0, 0.0)],
        "dropoffs": [(500.0, 0.0)],
        "picked_up": [False],
    }
    order, riders = [(0.0, 510.0, 1000.0)], [(500.0, 1700.0), (4000.0, 0.0)]
    (match,) = decide(problem(order, riders, promises=Promises(**row, pickup_at=[1060.0]))).matches
    assert (match.rider, match.joins, match.orders) == (0, 7, (3, 10))
    early = decide(problem(order, riders, promises=Promises(**row, pickup_at=[1200.0])))
    assert early.matches == ()
    assert early.waits[0].reason == "it may join a bundle that is about to be fetched"


def test_a_rider_is_asked_one_thing_at_a_time():
    """His bundle grows now and he would be next for another order at once: that one waits for his answer."""
    row = {"riders": [0], "bundles": [7], "orders": [3], "stores": [0], "placed_at": [0.0], "ready_at": [0.0]}
    row |= {"pickups": [(0.0, 0.0)], "dropoffs": [(500.0, 0.0)], "picked_up": [False], "pickup_at": [1050.0]}
    orders, riders = [(0.0, 510.0, 1000.0), (500.0, 520.0, 1000.0)], [(500.0, 1001.0)]
    decided = decide(problem(orders, riders, promises=Promises(**row)))
    (match,) = decided.matches
    assert (match.rider, match.joins) == (0, 7)
    assert [wait.reason for wait in decided.waits] == ["its rider is asked about a bundle that grows"]


def test_every_order_is_matched_or_told_why_it_waits():
    """Nothing is passed over in silence."""
    given = problem([(0.0, 50.0, 900.0), (5.0, 60.0, 1300.0), (9.0, 70.0, 9000.0)], [(0.0, 0.0)])
    decided = decide(given)
    told = [n for match in decided.matches for n in match.orders] + [n for wait in decided.waits for n in wait.orders]
    assert sorted(told) == given.orders.tolist()


def test_on_the_twin_it_beats_the_plain_matching(replay, twin):
    """Told no more than orders and riders it still keeps customers waiting less, and loses no more of them."""
    ours, plain = replay(twin, Lookahead()), replay(twin, LinearAssignment())
    assert len(ours.delivered_at) >= len(plain.delivered_at)
    assert ours.minutes("placed_at", "delivered_at") <= plain.minutes("placed_at", "delivered_at") + 0.1


def test_wrong_estimates_send_the_rider_earlier():
    """Where food came 90 s off what was told, he is there so much before; where it came late, later; if few, less."""
    there = problem([(0.0, 50.0, 1500.0)], [(250.0, 0.0)])
    assert riders_of(there) == []
    for told, goes in (
        (Readiness(n=10_000, spread=90.0), True),
        (Readiness(n=1, spread=90.0), False),
        (Readiness(n=10_000, bias=60.0, spread=90.0), False),
        (Readiness(n=10_000, bias=-60.0, spread=90.0), True),
    ):
        assert bool(riders_of(dataclasses.replace(there, readiness=told))) == goes, told
    late = dataclasses.replace(problem([(0.0, 50.0, 1359.0)], [(250.0, 0.0)]), readiness=Readiness(n=10_000, bias=60.0))
    assert riders_of(late, earliness=0.0) == []


def test_what_it_is_told_it_asks_for():
    """Promises, demand, shifts to come and how wrong estimates were are asked for, and can all be missing."""
    assert Lookahead.asks == {"promises", "demand", "shifts", "readiness"}
    assert len(riders_of(problem([(0.0, 50.0, 900.0)], [(10.0, 0.0)]))) == 1
    assert dataclasses.is_dataclass(Lookahead)


def test_a_wait_says_for_whom_at_what_cost_and_until_when():
    """A rider 300 m away need not leave before 350 s ahead of the food; a busy one is awaited; costs are the plan's."""
    given = problem([(0.0, 500.0, 2000.0)], [(300.0, 900.0)])
    (wait,) = decide(given, **QUIET).waits
    assert (wait.reason, wait.riders, wait.until) == ("its rider need not leave yet", (0,), (1650.0,))
    sent = decide(dataclasses.replace(given, now=1600.0), **QUIET).matches
    assert wait.costs[0] == sent[0].cost + 0.02 * 600.0  # less of the rider's wait at the store
    (busy,) = decide(problem([(0.0, 500.0, 1100.0)], [(300.0, 1500.0)]), **QUIET).waits
    assert (busy.reason, busy.riders, busy.until) == ("its rider is not free yet", (0,), (1500.0,))
    assert busy.costs[0] > 700.0


def test_what_nobody_can_have_says_what_the_best_rider_would_cost():
    """Of two orders and one rider the one left over names no rider, but what he would cost it; later ones when."""
    given = problem([(0.0, 500.0, 1000.0), (900.0, 1500.0, 1000.0), (0.0, 9.0, 9000.0)], [(300.0, 900.0)])
    made = decide(given, bundle_weight=0.0, **QUIET)
    left, later = made.waits
    assert (left.orders, left.riders, len(left.costs)) == ((11,), (), 1)
    assert left.costs[0] > made.matches[0].cost
    assert (later.orders, later.until) == ((12,), (7500.0,))


def test_with_nobody_to_ask_every_order_waits_for_the_next_rider():
    """Where no rider is free within the horizon, orders say when the first one is."""
    (wait,) = decide(problem([(0.0, 500.0, 1000.0)], [(0.0, 5000.0), (0.0, 4000.0)])).waits
    assert (wait.reason, wait.until) == ("no rider is free soon", (4000.0,))
