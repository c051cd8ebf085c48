import numpy as np
import pytest

from delivsim.dispatch.bundles import bundles_of
from delivsim.dispatch.joining import joins
from delivsim.dispatch.known import Promises
from delivsim.dispatch.problem import DispatchProblem
from delivsim.domain.instance import Rules
from delivsim.domain.travel import Euclidean

RULES = Rules(pickup_service_time=100.0, dropoff_service_time=100.0)


def problem(*, rules=RULES, riders=(7,), off_at=1e6, **promised) -> DispatchProblem:
    """
    On a line at 1 m/s, at 1,000 s: orders 1 (door at 300 m) and 2 (door at -50 m) wait at store 0 at 0 m, both ready.

    Rider 7 fetches order 3 (door at 200 m) there at 1,200 s as bundle 5.
    """
    given = {
        "riders": [7],
        "bundles": [5],
        "orders": [3],
        "stores": [0],
        "placed_at": [0.0],
        "ready_at": [1200.0],
        "pickup_at": [1200.0],
        "pickups": [(0.0, 0.0)],
        "dropoffs": [(200.0, 0.0)],
        "picked_up": [False],
    }
    m = len(riders)
    return DispatchProblem(
        now=1000.0,
        every=60.0,
        orders=np.array([1, 2]),
        placed_at=np.zeros(2),
        ready_at=np.array([1000.0, 1000.0]),
        stores=np.zeros(2, dtype=np.int64),
        pickups=np.zeros((2, 2)),
        dropoffs=np.array([(300.0, 0.0), (-50.0, 0.0)]),
        riders=np.array(riders),
        places=np.zeros((m, 2)),
        free_at=np.full(m, 1600.0),
        off_at=np.full(m, off_at),
        speeds=np.full(m, np.nan),
        travel=Euclidean(1.0),
        rules=rules,
        promises=Promises(**(given | promised)),
    )


def found(given: DispatchProblem, *, worth: float = 0.0, largest: int = 4):
    bundles = bundles_of(given, [(0,), (1,)])
    return {join.bundle: join for join in joins(given, bundles, worth=worth, largest=largest).rows}


def test_what_joins_is_put_where_it_delays_least():
    """Order 1 lies on the way and goes last: 200 s until the pick-up, 100 s at the other door, nobody else waits."""
    join = found(problem())[0]
    assert join.match.orders == (3, 1)
    assert (join.match.rider, join.match.joins) == (7, 5)
    assert join.cost == pytest.approx(200.0 + 100.0)
    assert join.pickup_at == 1200.0


def test_a_longer_way_weighs_what_the_rider_is_worth():
    """Order 1 costs its rider 100 s of driving and 100 s at the door."""
    assert found(problem(), worth=0.5)[0].cost - found(problem())[0].cost == pytest.approx(0.5 * 200.0)


def test_waiting_for_food_delays_those_on_board():
    """Were order 3 fetched at 900 s, the two would leave at 1,000 s: order 3 loses 100 s."""
    early = found(problem(ready_at=[900.0], pickup_at=[900.0]))[0]
    assert early.cost == pytest.approx(100.0 + 100.0)


@pytest.mark.parametrize(
    "given",
    [
        problem(picked_up=[True]),
        problem(stores=[1]),
        problem(riders=(8,)),
        problem(off_at=1100.0),
        problem(rules=Rules(growing_bundles=False)),
    ],
    ids=["on board", "another store", "cannot be asked", "shift ends before", "not in these rules"],
)
def test_nothing_joins_what_may_not_grow(given):
    """No join is looked at that the rules forbid."""
    assert found(given) == {}


def test_no_bundle_grows_beyond_the_largest():
    """With at most one order in a bundle nothing joins."""
    assert found(problem(), largest=1) == {}
