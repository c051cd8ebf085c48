import numpy as np
import pytest

from delivsim.dispatch.known import Demand
from delivsim.dispatch.positions import place_worth, shift_left
from delivsim.dispatch.problem import DispatchProblem
from delivsim.domain.instance import Rules
from delivsim.domain.travel import Euclidean

HOUR = 3600.0


def problem(places, *, free_at=None, stores=(), rates=(), off_at=1e6) -> DispatchProblem:
    """Riders on a line at 1 m/s at 1,000 s, free unless said otherwise; stores on the same line."""
    m = len(places)
    return DispatchProblem(
        now=1000.0,
        every=60.0,
        **{name: [] for name in ("orders", "placed_at", "ready_at", "stores", "pickups", "dropoffs")},
        riders=np.arange(m),
        places=np.array([(x, 0.0) for x in places]),
        free_at=np.zeros(m) if free_at is None else np.array(free_at),
        off_at=np.full(m, off_at),
        speeds=np.full(m, np.nan),
        travel=Euclidean(1.0),
        rules=Rules(),
        demand=Demand(stores=np.arange(len(stores)), places=[(x, 0.0) for x in stores], rates=rates),
    )


def worth(given: DispatchProblem, **changed: float) -> list[float]:
    settings = {"reach": 600.0, "crowding": 0.0, "prior": 0.1} | changed
    return place_worth(given, np.arange(given.riders.size), **settings).tolist()


def test_a_place_is_worth_the_demand_around_it():
    """At the door of all demand: everything; a reach away: less by a factor e."""
    at, away = worth(problem([0.0, 600.0], stores=[0.0], rates=[1.0]))
    assert at == pytest.approx(1.0)
    assert away == pytest.approx(np.exp(-1.0))


def test_a_store_that_sells_more_weighs_more():
    """Between two stores the busy one decides, and before any order all weigh the same."""
    busy, quiet = worth(problem([0.0, 3000.0], stores=[0.0, 3000.0], rates=[9.0 / HOUR, 1.0 / HOUR]), prior=1e-9)
    assert busy / quiet == pytest.approx(9.0, rel=0.1)
    same = worth(problem([0.0, 3000.0], stores=[0.0, 3000.0], rates=[0.0, 0.0]))
    assert same[0] == pytest.approx(same[1])


def test_idle_riders_at_one_place_are_worth_less_than_one_alone():
    """Each of two takes from what the other is worth there; a rider who is busy takes nothing."""
    alone = worth(problem([0.0], stores=[0.0], rates=[1.0]), crowding=1.0)[0]
    both = worth(problem([0.0, 0.0], stores=[0.0], rates=[1.0]), crowding=1.0)[0]
    busy = worth(problem([0.0, 0.0], stores=[0.0], rates=[1.0], free_at=[0.0, 2000.0]), crowding=1.0)[0]
    assert both < alone
    assert busy == alone


def test_without_known_demand_no_place_is_better():
    """A policy that is not told of stores treats all places alike."""
    assert worth(problem([0.0, 500.0])) == [0.0, 0.0]
    assert worth(problem([0.0, 500.0], stores=[0.0], rates=[0.0]), prior=0.0) == [0.0, 0.0]


def test_what_is_left_of_a_shift_begins_when_the_rider_is_free():
    """An end that is far counts as the window, one that has passed as nothing."""
    given = problem([0.0, 0.0, 0.0], free_at=[0.0, 3000.0, 9000.0], off_at=4000.0)
    assert shift_left(given, np.arange(3), window=2000.0).tolist() == [2000.0, 1000.0, 0.0]
