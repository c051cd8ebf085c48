import numpy as np
import pytest

from delivsim.dispatch.assignment import Assignment
from delivsim.dispatch.contract import NOW, sample_problem
from delivsim.dispatch.policies.nearest import Nearest
from delivsim.dispatch.problem import DispatchProblem
from delivsim.domain.instance import Rules
from delivsim.domain.travel import Euclidean


def decide(stores, riders, *, ready_at=None, free_at=None, off_at=None, **params) -> dict[int, int]:
    """Match orders to riders on a line, at 1 m/s and without service; rider by order."""
    n, m = len(stores), len(riders)
    given = DispatchProblem(
        now=1000.0,
        every=60.0,
        orders=np.arange(n) + 10,
        placed_at=np.zeros(n),
        ready_at=np.zeros(n) if ready_at is None else np.array(ready_at),
        stores=np.arange(n),
        pickups=np.array([(x, 0.0) for x in stores]),
        dropoffs=np.zeros((n, 2)),
        riders=np.arange(m),
        places=np.array([(x, 0.0) for x in riders]),
        free_at=np.zeros(m) if free_at is None else np.array(free_at),
        off_at=np.full(m, 1e6) if off_at is None else np.array(off_at),
        speeds=np.full(m, np.nan),
        travel=Euclidean(1.0),
        rules=Rules(pickup_service_time=0.0),
    )
    assignment: Assignment = Nearest(**params)(given, np.random.default_rng(0))
    assert all(len(match.orders) == 1 for match in assignment.matches)
    return {match.orders[0]: match.rider for match in assignment.matches}


def test_the_total_travel_is_least_not_the_first_orders():
    """The first order leaves its nearest rider to the second, because both together travel less."""
    assert decide([0.0, -90.0], [-10.0, 100.0]) == {10: 1, 11: 0}


def test_as_many_orders_as_possible():
    """Two long ways beat one short one when they serve two orders."""
    assert len(decide([0.0, 0.0], [1.0, 5000.0])) == 2


def test_busy_riders_are_not_considered():
    """A rider free in a second does not count, one free this very instant does."""
    assert decide([0.0], [0.0, 500.0], free_at=[1001.0, 1000.0]) == {10: 1}


def test_nobody_picks_up_after_the_shift():
    """A way, or food, that takes until after the end of the shift rules a rider out."""
    assert decide([0.0], [100.0, 300.0], off_at=[1099.0, 1300.0]) == {10: 1}
    assert decide([0.0], [100.0], off_at=[1500.0], ready_at=[1501.0]) == {}


def test_with_too_few_riders_the_food_that_is_ready_first_goes_first():
    """Readiness decides between orders equally far away, and urgency 0 looks at travel alone."""
    assert decide([100.0, -100.0], [0.0], ready_at=[1200.0, 900.0]) == {11: 0}
    assert decide([100.0, -130.0], [0.0], ready_at=[1200.0, 900.0], urgency=0.0) == {10: 0}


def test_orders_that_crowd_at_stores_lose_little_where_only_near_riders_are_looked_at():
    """With 25 candidates 200 orders of 50 stores travel hardly longer to 200 riders than over all pairs."""
    ready, free = np.full(200, NOW), np.full(200, NOW - 60.0)
    given = sample_problem(200, 200, ready_at=ready, free_at=free, off_at=free + 1e5, travel=Euclidean(5.0))

    def travelled(candidates: int) -> float:
        made = Nearest(candidates=candidates)(given, np.random.default_rng(0)).matches
        assert len(made) == 200
        return sum(match.cost for match in made)

    assert travelled(25) < 1.01 * travelled(200)


def test_it_serves_the_twin(replay, twin):
    """On the invented, overloaded day most orders are delivered, one at a time."""
    done = replay(twin, Nearest())
    assert len(done.delivered_at) >= 0.8 * len(twin.orders)
    assert all(len(match.orders) == 1 for match in done.bundles)


def test_it_meets_the_published_figure(replay, public):
    """On a public instance: all 505 orders, mean click-to-door 30.56 +- 0.3 minutes."""
    done = replay(public("0o100t100s1p100"), Nearest())
    assert len(done.delivered_at) == 505
    assert done.minutes("placed_at", "delivered_at") == pytest.approx(30.56, abs=0.3)
