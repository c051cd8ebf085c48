import numpy as np
import pytest

from delivsim.dispatch.problem import Assignment, DispatchProblem, Match, check_assignment
from delivsim.domain.instance import Rules
from delivsim.domain.travel import Euclidean
from delivsim.errors import InputError, PolicyError


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


def test_arrays_arrive_read_only():
    """A policy cannot change what it is given, and the caller's own array stays writable."""
    mine = np.array([1200.0, 1500.0, 1100.0])
    made = problem(ready_at=mine)
    with pytest.raises(ValueError, match="read-only"):
        made.ready_at[0] = 0.0
    mine[0] = 1.0


def test_empty_lists_have_the_right_shapes():
    """A problem without orders still has (0, 2) places."""
    made = problem(**{k: [] for k in ("orders", "placed_at", "ready_at", "stores", "pickups", "dropoffs")})
    assert made.pickups.shape == made.dropoffs.shape == (0, 2)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"orders": np.array([3, 3, 9])}, "orders: numbers must ascend, each once"),
        ({"riders": np.array([4, 2])}, "riders: numbers must ascend"),
        ({"ready_at": np.array([1.0, np.nan, 2.0])}, "ready_at: every value must be finite"),
        ({"places": np.full((2, 2), np.inf)}, "places: every value must be finite"),
        ({"off_at": np.array([np.nan, 1.0])}, "off_at: must not be NaN"),
        ({"speeds": np.array([0.0, 1.0])}, "speeds: must be > 0"),
        ({"stores": np.array([7, 7])}, r"stores: shape must be \(3,\), got \(2,\)"),
        ({"pickups": np.zeros((3, 3))}, r"pickups: shape must be \(3, 2\), got \(3, 3\)"),
        ({"pickups": []}, r"pickups: shape must be \(3, 2\), got \(0,\)"),
        ({"now": np.nan}, "now must be finite"),
        ({"every": 0.0}, "every > 0"),
    ],
)
def test_a_wrong_problem_is_refused(changes, message):
    """Shapes, order, NaN and signs are checked at construction, and the message names the field."""
    with pytest.raises(InputError, match=message):
        problem(**changes)


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
