"""What the rules forbid: every answer of a policy is checked before anybody acts on it."""

from __future__ import annotations

import math

import numpy as np

from delivsim.dispatch.arrays import Ints
from delivsim.dispatch.assignment import Assignment, Match, Move
from delivsim.dispatch.problem import DispatchProblem
from delivsim.dispatch.well_formed import refuse_unless_well_formed
from delivsim.domain.travel import Point
from delivsim.errors import PolicyError

TOLERANCE = 1e-6
"""Seconds by which a pick-up may pass the end of a shift: the rounding error of float arithmetic."""


def check_assignment(problem: DispatchProblem, assignment: Assignment) -> None:
    """
    Refuse an assignment that breaks the rules.

    Raises
    ------
    PolicyError
        It is no ``Assignment`` or not made of the types of one, an order or rider is unknown or used twice, a bundle is
        empty, larger than the rider can carry, or of several stores where the rules forbid that, the rider's shift ends
        before the food can be picked up, a hold is no instant from now on, a bundle grows that may not, a rider is
        moved who has something to do or to where nobody may wait, or an order is said to wait that does not.
    """
    if not isinstance(assignment, Assignment):
        raise PolicyError(f"the policy must give an Assignment, got {type(assignment).__name__}")
    refuse_unless_well_formed(assignment)
    if assignment.moves or not _plainly_lawful(problem, assignment):
        _check_each(problem, assignment)
    if assignment.waits:
        _check_waits(problem, assignment)


def _plainly_lawful(problem: DispatchProblem, assignment: Assignment) -> bool:
    """Whether the usual case, one order for each rider and at once, is lawful; all together, because that is cheap."""
    matches = assignment.matches
    if not matches or any(len(match.orders) != 1 or match.joins or match.hold_until is not None for match in matches):
        return False
    rows = _known(problem.orders, [match.orders[0] for match in matches])
    riders = _known(problem.riders, [match.rider for match in matches])
    if rows is None or riders is None:
        return False
    leave_at = problem.leave_at[riders]
    pickups = problem.pickups[rows]
    arrived = leave_at + problem.times(problem.places[riders], pickups, riders, leave_at)
    pickup_at = np.maximum(arrived + problem.rules.pickup_service_time / 2.0, problem.ready_at[rows])
    return bool((pickup_at <= problem.off_at[riders] + TOLERANCE).all())


def _known(known: Ints, numbers: list[int]) -> Ints | None:
    """Give the rows of numbers; None where any is unknown, named twice, or no whole number."""
    asked = np.array(numbers)
    if asked.dtype.kind != "i" or np.unique(asked).size < asked.size:
        return None
    rows = np.searchsorted(known, asked)
    return rows if known.size and (known[np.minimum(rows, known.size - 1)] == asked).all() else None


def _check_each(problem: DispatchProblem, assignment: Assignment) -> None:
    """Refuse the first match or move that breaks the rules."""
    used_orders: set[int] = set()
    used_riders: set[int] = set()
    for match in assignment.matches:
        rider = _take("rider", match.rider, problem.riders, used_riders)
        if match.joins:
            _check_growth(problem, match, rider, used_orders)
            continue
        rows = [_take("order", number, problem.orders, used_orders) for number in match.orders]
        if not rows:
            raise PolicyError(f"rider {match.rider}: an empty bundle")
        _check_bundle(problem, match, rows, rider)
    for move in assignment.moves:
        _check_move(problem, move, _take("rider", move.rider, problem.riders, used_riders))


def _take(what: str, number: int, known: Ints, used: set[int]) -> int:
    """Give the row of an order or rider, once only."""
    row = int(np.searchsorted(known, number))
    if row == known.size or known[row] != number:
        raise PolicyError(f"{what} {number}: not in the problem")
    if row in used:
        raise PolicyError(f"{what} {number}: matched twice")
    used.add(row)
    return row


def _check_size(problem: DispatchProblem, match: Match, rider: int) -> None:
    most = int(problem.carries[rider])
    if len(match.orders) > most:
        raise PolicyError(f"rider {match.rider}: can carry {most} orders, got {len(match.orders)}")


def _check_stores(problem: DispatchProblem, match: Match, stores: Ints) -> None:
    if problem.rules.same_store_bundles and (stores != stores[0]).any():
        numbers = sorted({int(s) for s in stores})
        raise PolicyError(f"rider {match.rider}: orders of several stores ({numbers}) in one bundle")


def _check_bundle(problem: DispatchProblem, match: Match, rows: list[int], rider: int) -> None:
    _check_size(problem, match, rider)
    _check_stores(problem, match, problem.stores[rows])
    hold = match.hold_until
    if hold is not None and not problem.now <= hold < math.inf:
        raise PolicyError(f"rider {match.rider}: hold_until: must be an instant from {problem.now:g} s on, got {hold}")
    _check_shift(problem, match, rider, last_pickup_at(problem, rows, rider, hold))


def _check_shift(problem: DispatchProblem, match: Match, rider: int, pickup: float) -> None:
    off = float(problem.off_at[rider])
    if pickup > off + TOLERANCE:
        raise PolicyError(
            f"rider {match.rider}: order {match.orders[0]} would be picked up at {pickup:.0f} s, "
            f"after the shift ends at {off:.0f} s"
        )


def last_pickup_at(problem: DispatchProblem, rows: list[int], rider: int, hold_until: float | None = None) -> float:
    """When the rider has all the food of a bundle: its stores one after the other, as its orders name them."""
    clock = max(problem.now, float(problem.free_at[rider]), hold_until or 0.0)
    here: Point = (float(problem.places[rider, 0]), float(problem.places[rider, 1]))
    speed = None if np.isnan(problem.speeds[rider]) else float(problem.speeds[rider])
    half = problem.rules.pickup_service_time / 2.0
    for store in dict.fromkeys(problem.stores[rows].tolist()):
        there = [row for row in rows if problem.stores[row] == store]
        place: Point = (float(problem.pickups[there[0], 0]), float(problem.pickups[there[0], 1]))
        arrived = clock + problem.travel.time(here, place, speed, clock)
        pickup = max(arrived + half, float(problem.ready_at[there].max()))
        here, clock = place, pickup + half
    return pickup


def _check_growth(problem: DispatchProblem, match: Match, rider: int, used: set[int]) -> None:
    """A bundle keeps all its orders, gets some more, and its food is still ready within the shift."""
    promises, name = problem.promises, f"rider {match.rider}: bundle {match.joins}"
    if not problem.rules.growing_bundles:
        raise PolicyError(f"{name}: the rules forbid that a promised bundle grows")
    kept = promises.rows(match.joins)
    if not kept.size or promises.riders[kept[0]] != match.rider:
        raise PolicyError(f"{name}: not promised to this rider")
    if not any(rows[0] == kept[0] for rows in promises.growing()):
        raise PolicyError(f"{name}: must be the rider's last and wholly still to be picked up, to grow")
    old = set(promises.orders[kept].tolist())
    new = [number for number in match.orders if number not in old]
    if len(new) + len(old) != len(match.orders) or not old.issubset(match.orders) or not new:
        raise PolicyError(f"{name}: must keep its orders {sorted(old)} and get others, got {list(match.orders)}")
    rows = [_take("order", number, problem.orders, used) for number in new]
    _check_size(problem, match, rider)
    _check_stores(problem, match, np.concatenate((promises.stores[kept], problem.stores[rows])))
    if not set(problem.stores[rows].tolist()) <= set(promises.stores[kept].tolist()):
        raise PolicyError(f"{name}: can only grow by orders of its own stores")
    _check_shift(problem, match, rider, float(problem.ready_at[rows].max()))


def _check_move(problem: DispatchProblem, move: Move, rider: int) -> None:
    x, y = move.place
    if not (math.isfinite(x) and math.isfinite(y)):
        raise PolicyError(f"rider {move.rider}: must move to a place, got {move.place}")
    if not problem.idle[rider]:
        raise PolicyError(f"rider {move.rider}: has something to do and cannot be moved")
    if problem.rules.waiting_at == "stores" and not (problem.demand.places == move.place).all(axis=1).any():
        raise PolicyError(f"rider {move.rider}: may only wait at stores, got {move.place}")


def _check_waits(problem: DispatchProblem, assignment: Assignment) -> None:
    matched = {number for match in assignment.matches for number in match.orders}
    left = set(problem.orders.tolist()) - matched
    for wait in assignment.waits:
        if not left.issuperset(wait.orders):
            wrong = next(number for number in wait.orders if number not in left)
            raise PolicyError(f"order {wrong}: said to wait ({wait.reason}), but is matched or not in the problem")
        for what in ("riders", "costs", "until"):
            if getattr(wait, what) and len(getattr(wait, what)) != len(wait.orders):
                raise PolicyError(f"orders that wait ({wait.reason}): must name as many {what} as orders, or none")
