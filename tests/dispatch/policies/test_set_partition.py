import numpy as np
import pytest

from delivsim.dispatch.contract import sample_problem
from delivsim.dispatch.lawful import check_assignment
from delivsim.dispatch.policies.linear_assignment import LinearAssignment
from delivsim.dispatch.policies.set_partition import SetPartition
from delivsim.domain.instance import Rules
from delivsim.domain.travel import Euclidean


def ask(given, **parameters):
    made = SetPartition(**parameters)(given, np.random.default_rng(0))
    check_assignment(given, made)
    return made


def test_bundles_and_riders_are_chosen_together():
    """With one rider for two stores he gets both orders of one store, although the single one is nearer to him."""
    given = sample_problem(
        3,
        1,
        ready_at=np.full(3, 49_900.0),
        placed_at=np.full(3, 49_000.0),
        stores=[0, 1, 1],
        pickups=[(0.0, 0.0), (300.0, 0.0), (300.0, 0.0)],
        dropoffs=[(0.0, 500.0), (300.0, 500.0), (300.0, 550.0)],
        places=[(0.0, 0.0)],
        free_at=[49_000.0],
        off_at=[99_000.0],
        travel=Euclidean(5.0),
    )
    assert [match.orders for match in ask(given).matches] == [(8, 11)]
    assert len(ask(given, largest_bundle=1).matches[0].orders) == 1


def test_with_riders_for_all_everybody_goes_alone():
    """Where riders are plenty nothing is gained by a bundle, and the matching is that of the linear assignment."""
    given = sample_problem(
        6,
        60,
        stores=np.arange(6),
        ready_at=np.full(6, 49_990.0),
        free_at=np.full(60, 49_000.0),
        travel=Euclidean(5.0),
    )
    one, other = ask(given, near=60).matches, LinearAssignment()(given, np.random.default_rng(0)).matches
    assert all(len(match.orders) == 1 for match in one)
    assert {match.rider for match in one} == {match.rider for match in other}


def served(given, **parameters) -> set[int]:
    return {order for match in ask(given, **parameters).matches for order in match.orders}


@pytest.mark.parametrize("one_store", [True, False])
def test_a_large_city_is_decided_part_by_part_and_nobody_is_left_without_need(one_store):
    """With food and riders ready for 120 orders of 15 stores, whose columns fill many parts, all are served, once."""
    given = sample_problem(
        120,
        120,
        stores=np.arange(120) // 8,
        pickups=np.repeat(np.random.default_rng(5).random((15, 2)) * 10_000, 8, axis=0),
        rules=Rules(same_store_bundles=one_store),
        ready_at=np.full(120, 49_000.0),
        free_at=np.full(120, 49_000.0),
        off_at=np.full(120, 99_000.0),
    )
    assert served(given) == set(given.orders.tolist())


def test_an_order_gets_a_rider_from_farther_away_where_others_have_those_near():
    """Three orders of one store that only look at one rider each, the same one, get three riders."""
    given = sample_problem(
        3,
        3,
        stores=[0, 0, 0],
        pickups=np.zeros((3, 2)),
        dropoffs=np.array([(9000.0, 0.0), (-9000.0, 0.0), (0.0, 9000.0)]),
        ready_at=np.full(3, 49_900.0),
        places=np.array([(0.0, 100.0), (0.0, 200.0), (0.0, 300.0)]),
        free_at=np.full(3, 49_000.0),
        off_at=np.full(3, 99_000.0),
    )
    assert len(ask(given, near=1, largest_bundle=1).matches) == 3
