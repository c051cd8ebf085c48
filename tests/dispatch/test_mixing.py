"""Bundles of several stores: made where they pay, priced as they are driven, and never where the rules forbid them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from delivsim.dispatch.bundles import bundles_of, past_doors, trips
from delivsim.dispatch.lawful import check_assignment, last_pickup_at
from delivsim.dispatch.mixing import mixed_bundles
from delivsim.dispatch.policies import POLICIES
from delivsim.dispatch.problem import DispatchProblem
from delivsim.domain.instance import Rules
from delivsim.domain.travel import Euclidean

MIXED = Rules(pickup_service_time=100.0, dropoff_service_time=60.0, same_store_bundles=False)


def problem(orders, riders=((0.0, 0.0),), *, rules=MIXED, off_at=1e6) -> DispatchProblem:
    """At 1,000 s and 1 m/s: orders are (store's x, door's x, ready_at), riders (x, free_at)."""
    n, m = len(orders), len(riders)
    return DispatchProblem(
        now=1000.0,
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
        rules=rules,
    )


def together(given, rows, price=1.0, spared=900.0, largest=4):
    return mixed_bundles(given, rows, price=price, spared=spared, largest=largest)


def test_near_stores_on_one_way_go_together():
    """Two stores 50 m apart whose doors lie 2 km on: one trip spares another; for nothing nobody waits."""
    given = problem([(0.0, 2000.0, 1100.0), (50.0, 2050.0, 1100.0)])
    assert together(given, [(0,), (1,)]) == [(0, 1)]
    assert together(given, [(0,), (1,)], price=0.0) == [(0,), (1,)]
    assert together(given, [(0,), (1,)], largest=1) == [(0,), (1,)]


def test_doors_apart_or_food_much_later_stay_alone():
    """A door in the other direction, or food ready half an hour later, is worth a trip of its own."""
    assert together(problem([(0.0, 2000.0, 1100.0), (50.0, -2000.0, 1100.0)]), [(0,), (1,)], spared=0.0) == [(0,), (1,)]
    late = problem([(0.0, 2000.0, 1100.0), (50.0, 2050.0, 2900.0)])
    assert together(late, [(0,), (1,)], price=0.5) == [(0,), (1,)]


def test_each_bundle_goes_with_one_other():
    """Of three at near stores the two that gain most go together, and every order stays in one bundle."""
    given = problem([(0.0, 2000.0, 1100.0), (50.0, 2050.0, 1100.0), (400.0, 2100.0, 1100.0)])
    found = together(given, [(0,), (1,), (2,)])
    assert sorted(row for rows in found for row in rows) == [0, 1, 2]
    assert max(map(len, found)) == 2
    assert (0, 1) in found


@pytest.mark.parametrize("seed", range(20))
def test_a_mixed_trip_is_priced_as_it_is_driven(seed):
    """Last pick-up, length, delay and the last lawful instant are those of going store by store, door by door."""
    rng = np.random.default_rng(seed)
    orders = [(float(rng.integers(0, 4)) * 100.0, rng.uniform(-2e3, 2e3), rng.uniform(900.0, 2500.0)) for _ in range(3)]
    given = problem(orders, [(rng.uniform(-500.0, 500.0), rng.uniform(900.0, 2000.0))])
    rows = tuple(rng.permutation(3).tolist())
    bundles = bundles_of(given, [rows])
    pair, doors = trips(given, bundles, np.array([0]), np.array([0])), past_doors(given, bundles)
    stores = list(dict.fromkeys(orders[row][0] for row in rows))
    clock = max(1000.0, float(given.free_at[0])) + abs(float(given.places[0, 0]) - stores[0]) + 50.0
    for a, b in pairwise([*stores, stores[-1]]):
        clock = max(clock, *(ready for store, _, ready in orders if store == a))
        last = clock
        clock += abs(b - a) + 100.0 if b != a else 50.0
    assert pair.pickup_at[0] + bundles.leads[0] == pytest.approx(last)
    for ends, lawful in ((last + 1.0, True), (last - 1.0, False)):
        off = replace(given, off_at=np.full(1, ends))
        assert trips(off, bundles, np.array([0]), np.array([0])).lawful[0] == lawful
    assert last_pickup_at(given, list(rows), 0, None) == pytest.approx(last)
    at, place, straight, delay = last, stores[-1], 0.0, 0.0
    for row in rows:
        at += abs(orders[row][1] - place) + 60.0
        place = orders[row][1]
        straight += abs(orders[row][1] - orders[row][0]) + 60.0
        delay += at - float(pair.pickup_at[0])
    assert doors.lengths[0] == pytest.approx(at - float(pair.pickup_at[0]))
    assert doors.delays[0] == pytest.approx(delay - straight)


MIXING = ("cheapest_insertion", "linear_assignment", "rolling_horizon", "set_partition", "lookahead")


@pytest.mark.parametrize("policy", MIXING)
def test_the_rules_decide(policy):
    """Under load one rider is sent to both stores where that is allowed, and to one where it is not."""
    orders = [(0.0, 2000.0, 1000.0), (50.0, 2050.0, 1000.0)]
    for same_store, most in ((False, 2), (True, 1)):
        given = problem(orders, rules=Rules(pickup_service_time=100.0, same_store_bundles=same_store))
        made = POLICIES[policy]()(given, np.random.default_rng(0))
        check_assignment(given, made)
        assert max(len(match.orders) for match in made.matches) == most


def test_a_slow_rider_needs_longer_from_store_to_store():
    """Whether the shift is long enough is reckoned at the rider's own speed, also between the stores."""
    given = replace(problem([(0.0, 2000.0, 1000.0), (100.0, 2050.0, 1000.0)], off_at=1300.0), speeds=np.array([0.5]))
    bundles, zero = bundles_of(given, [(0, 1)]), np.array([0])
    assert last_pickup_at(given, [0, 1], 0) == 1350.0
    assert not trips(given, bundles, zero, zero).lawful[0]
    assert trips(replace(given, off_at=np.full(1, 1350.0)), bundles, zero, zero).lawful[0]
