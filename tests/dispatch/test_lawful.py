"""What the rules forbid, each by an answer that breaks one of them."""

import numpy as np
import pytest

from delivsim.dispatch.assignment import Assignment, Match, Move, Wait
from delivsim.dispatch.known import Demand, Promises
from delivsim.dispatch.lawful import check_assignment
from delivsim.dispatch.problem import DispatchProblem
from delivsim.domain.instance import Rules
from delivsim.domain.travel import Euclidean
from delivsim.errors import PolicyError


def problem(**changes) -> DispatchProblem:
    """Two orders of store 7, one of store 8, two riders; 1 m/s, and 100 s of service at a store."""
    given = {
        "now": 1000.0,
        "every": 60.0,
        "orders": np.array([3, 5, 9]),
        "placed_at": np.array([900.0, 950.0, 990.0]),
        "ready_at": np.array([1200.0, 1500.0, 1100.0]),
        "stores": np.array([7, 7, 8]),
        "pickups": np.array([[0.0, 0.0], [0.0, 0.0], [500.0, 0.0]]),
        "dropoffs": np.array([[0.0, 100.0], [0.0, 200.0], [500.0, 100.0]]),
        "riders": np.array([2, 4]),
        "places": np.array([[300.0, 400.0], [0.0, 0.0]]),
        "free_at": np.array([800.0, 1300.0]),
        "off_at": np.array([1550.0, 9000.0]),
        "speeds": np.array([np.nan, 2.0]),
        "travel": Euclidean(1.0),
        "rules": Rules(pickup_service_time=100.0),
    }
    return DispatchProblem(**(given | changes))


def promised(**changes) -> Promises:
    """Two orders of store 7 that rider 2 fetches in bundle 4."""
    given = {
        "orders": [1, 2],
        "riders": [2, 2],
        "bundles": [4, 4],
        "stores": [7, 7],
        "placed_at": [0.0, 0.0],
        "ready_at": [1100.0, 1100.0],
        "pickup_at": [1200.0, 1200.0],
        "pickups": [[0.0, 0.0]] * 2,
        "dropoffs": [[0.0, 50.0]] * 2,
        "picked_up": [False, False],
    }
    return Promises(**(given | changes))


def test_a_lawful_assignment_passes():
    """Rider 2 has the food at 1550, just when the shift ends; rider 4 travels at his own speed."""
    check_assignment(problem(), Assignment((Match(2, (5, 3)), Match(4, (9,)))))
    check_assignment(problem(), Assignment())


@pytest.mark.parametrize(
    ("changes", "matches", "message"),
    [
        ({}, (Match(2, (4,)),), "order 4: not in the problem"),
        ({}, (Match(7, (3,)),), "rider 7: not in the problem"),
        ({}, (Match(2, (3,)), Match(4, (3,))), "order 3: matched twice"),
        ({}, (Match(4, (3, 3)),), "order 3: matched twice"),
        ({}, (Match(4, (3,)), Match(4, (9,))), "rider 4: matched twice"),
        ({}, (Match(4, ()),), "rider 4: an empty bundle"),
        ({}, (Match(4, (3, 9)),), "orders of several stores"),
        (
            {"off_at": np.array([1549.0, 9e3])},
            (Match(2, (3,)),),
            "would be picked up at 1550 s, after the shift",
        ),
        ({"off_at": np.array([9e3, 1499.0])}, (Match(4, (3, 5)),), "would be picked up at 1500 s"),
        ({"off_at": np.array([9e3, 1599.0])}, (Match(4, (9,)),), "would be picked up at 1600 s"),
    ],
)
def test_a_forbidden_assignment_is_refused(changes, matches, message):
    """Every rule of the port is held, and the message says which order or rider broke it."""
    with pytest.raises(PolicyError, match=message):
        check_assignment(problem(**changes), Assignment(matches))


def test_mixed_bundles_pass_where_the_rules_allow_them():
    """Orders of several stores may share a bundle when the instance says so."""
    rules = Rules(pickup_service_time=100.0, same_store_bundles=False)
    check_assignment(problem(rules=rules), Assignment((Match(4, (3, 9)),)))


HALL = Demand(stores=[7], places=[(0.0, 0.0)], rates=[0.1])


def grown(*orders: int, **changes) -> Match:
    return Match(changes.pop("rider", 2), orders, joins=changes.pop("joins", 4))


def test_a_bundle_may_grow_by_orders_of_its_store():
    """A promised bundle gets another order of its store, in any visiting order, and idle riders may move."""
    given = problem(promises=promised())
    check_assignment(given, Assignment((grown(2, 3, 1),), waits=(Wait((5,), "later", (4,)),)))
    check_assignment(problem(), Assignment(moves=(Move(2, (5.0, 5.0)),)))
    check_assignment(problem(), Assignment((Match(4, (3,), hold_until=8000.0),)))


@pytest.mark.parametrize(
    ("changes", "assignment", "message"),
    [
        ({}, Assignment((grown(1, 2, 3, joins=5),)), "bundle 5: not promised to this rider"),
        ({}, Assignment((grown(1, 2, 3, rider=4),)), "bundle 4: not promised to this rider"),
        ({}, Assignment((grown(1, 3),)), r"must keep its orders \[1, 2\]"),
        ({}, Assignment((grown(1, 2),)), "and get others"),
        ({}, Assignment((grown(1, 2, 9),)), r"several stores \(\[7, 8\]\)"),
        ({"rules": Rules(same_store_bundles=False)}, Assignment((grown(1, 2, 9),)), "orders of its own stores"),
        ({"rules": Rules(growing_bundles=False)}, Assignment((grown(1, 2, 3),)), "forbid that a promised bundle grows"),
        ({"promises": promised(picked_up=[True, True])}, Assignment((grown(1, 2, 3),)), "still to be picked up"),
        ({"capacities": [2, 9]}, Assignment((grown(1, 2, 3),)), "rider 2: can carry 2 orders, got 3"),
        ({"off_at": [1199.0, 9e3]}, Assignment((grown(1, 2, 3),)), "after the shift ends at 1199"),
        ({"capacities": [9, 1]}, Assignment((Match(4, (3, 5)),)), "rider 4: can carry 1 orders, got 2"),
        ({}, Assignment((Match(4, (3,), hold_until=999.0),)), "hold_until: must be an instant from 1000 s on, got 999"),
        ({}, Assignment((Match(4, (3,), hold_until=np.inf),)), "hold_until"),
        ({}, Assignment((Match(4, (3,), hold_until=9000.0),)), "after the shift ends"),
        ({}, Assignment(moves=(Move(4, (0.0, 0.0)),)), "rider 4: has something to do"),
        ({"moving_until": [2000.0, 0.0]}, Assignment(moves=(Move(2, (0.0, 0.0)),)), "rider 2: has something to do"),
        ({}, Assignment(moves=(Move(2, (0.0, np.nan)),)), "must move to a place"),
        ({}, Assignment((Match(2, (3,)),), moves=(Move(2, (0.0, 0.0)),)), "rider 2: matched twice"),
        (
            {"rules": Rules(waiting_at="stores"), "demand": HALL},
            Assignment(moves=(Move(2, (1.0, 0.0)),)),
            "may only wait at stores",
        ),
        ({}, Assignment((Match(4, (3,)),), waits=(Wait((3,), "nobody near"),)), "order 3: said to wait"),
        ({}, Assignment(waits=(Wait((3, 5), "nobody near", (2,)),)), "as many riders as orders"),
        ({}, Assignment(waits=(Wait((3, 5), "nobody near", until=(2.0,)),)), "as many until as orders"),
    ],
)
def test_a_forbidden_wish_is_refused(changes, assignment, message):
    """Growth, holds, moves, capacities and waits have rules of their own."""
    with pytest.raises(PolicyError, match=message):
        check_assignment(problem(**({"promises": promised()} | changes)), assignment)
