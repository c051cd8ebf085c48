import numpy as np
import pytest

from delivsim.dispatch.assignment import Assignment, Match
from delivsim.dispatch.policies.linear_assignment import LinearAssignment
from delivsim.dispatch.policies.nearest import Nearest
from delivsim.dispatch.problem import DispatchProblem
from delivsim.domain.instance import Rules
from delivsim.domain.travel import Euclidean


def decide(orders, riders, *, now=1000.0, off_at=1e6, **params) -> tuple[Match, ...]:
    """
    Decide on a line, at 1 m/s, 100 s of pick-up service, the next decision in 60 s.

    Orders are (store's x, door's x, ready_at), riders (x, free_at); the store's number is its x.
    """
    n, m = len(orders), len(riders)
    given = DispatchProblem(
        now=now,
        every=60.0,
        orders=np.arange(n) + 10,
        placed_at=np.zeros(n),
        ready_at=np.array([ready for _, _, ready in orders]),
        stores=np.array([int(x) for x, _, _ in orders]),
        pickups=np.array([(x, 0.0) for x, _, _ in orders]),
        dropoffs=np.array([(x, 0.0) for _, x, _ in orders]),
        riders=np.arange(m),
        places=np.array([(x, 0.0) for x, _ in riders]),
        free_at=np.array([free for _, free in riders]),
        off_at=np.full(m, off_at),
        speeds=np.full(m, np.nan),
        travel=Euclidean(1.0),
        rules=Rules(pickup_service_time=100.0, dropoff_service_time=100.0),
    )
    assignment: Assignment = LinearAssignment(**params)(given, np.random.default_rng(0))
    return assignment.matches


def test_a_rider_leaves_just_in_time():
    """250 s away from the food: sent at the last decision from which he is not late, and not before."""
    assert decide([(0.0, 50.0, 1360.0)], [(250.0, 0.0)]) == ()
    (match,) = decide([(0.0, 50.0, 1359.0)], [(250.0, 0.0)])
    assert (match.rider, match.orders) == (0, (10,))
    assert match.reason == "at the store 59 s before the food"


def test_a_margin_sends_the_rider_earlier():
    """With a margin of 30 s the same rider leaves one decision earlier."""
    assert decide([(0.0, 50.0, 1389.0)], [(250.0, 0.0)]) == ()
    assert len(decide([(0.0, 50.0, 1389.0)], [(250.0, 0.0)], margin=30.0)) == 1


def test_an_order_waits_for_the_rider_who_is_free_soon():
    """The free rider 3 km away stays where he is: one in the store's street is free in two minutes."""
    assert decide([(0.0, 50.0, 1200.0)], [(3000.0, 0.0), (10.0, 1120.0)]) == ()
    assert [m.rider for m in decide([(0.0, 50.0, 1200.0)], [(3000.0, 0.0), (10.0, 5000.0)])] == [0]


def test_a_rider_free_before_the_next_decision_is_told_now():
    """He would stand idle until then."""
    (match,) = decide([(0.0, 50.0, 900.0)], [(10.0, 1059.0)])
    assert match.rider == 0
    assert decide([(0.0, 50.0, 900.0)], [(10.0, 1060.0)]) == ()


def test_orders_of_one_house_travel_together():
    """Two neighbors ordering at one store share a rider when riders are scarce, and only up to the largest bundle."""
    orders = [(0.0, 500.0, 900.0), (0.0, 510.0, 900.0)]
    (match,) = decide(orders, [(0.0, 0.0)])
    assert match.orders == (10, 11)
    assert [m.orders for m in decide(orders, [(0.0, 0.0), (5.0, 0.0)], bundle_weight=0.0)] == [(10,), (11,)]
    assert all(len(m.orders) == 1 for m in decide(orders, [(0.0, 0.0), (5.0, 0.0)], largest_bundle=1))


def test_nobody_picks_up_after_the_shift():
    """A pick-up at the very end of the shift is made, one a second later is not."""
    assert len(decide([(0.0, 50.0, 900.0)], [(200.0, 0.0)], off_at=1250.0)) == 1
    assert decide([(0.0, 50.0, 900.0)], [(200.0, 0.0)], off_at=1249.0) == ()


def test_it_beats_nearest_on_the_twin(replay, twin):
    """On the invented day at least as many orders are delivered, and ready food waits less."""
    ours, plain = replay(twin, LinearAssignment()), replay(twin, Nearest())
    assert len(ours.delivered_at) >= len(plain.delivered_at)
    assert ours.minutes("ready_at", "picked_up_at") < plain.minutes("ready_at", "picked_up_at")


def test_it_meets_the_published_figure(replay, public):
    """On a public instance: all 505 orders, mean click-to-door well below 31 minutes."""
    done = replay(public("0o100t100s1p100"), LinearAssignment())
    assert len(done.delivered_at) == 505
    assert done.minutes("placed_at", "delivered_at") <= 30.0


def test_it_meets_the_reference_on_small_instances(replay, public):
    """On 16 small public instances: nothing undelivered, and at least as good as the published reference."""
    names = [
        f"{size}{t}{s}{p}" for size in ("0o50", "0r50") for t in ("t100", "t75") for s in ("s1", "s2")
        for p in ("p100", "p125")
    ]  # fmt: skip
    runs = [replay(public(name), LinearAssignment()) for name in names]
    assert all(len(run.delivered_at) == len(run.instance.orders) for run in runs)
    assert np.mean([run.minutes("placed_at", "delivered_at") for run in runs]) == pytest.approx(31.2, abs=0.1)
    assert np.mean([run.minutes("ready_at", "picked_up_at") for run in runs]) <= 1.25
