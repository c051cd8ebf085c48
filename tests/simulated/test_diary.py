import math

import numpy as np

from delivsim.dispatch.assignment import Assignment, Match, Move, Wait
from delivsim.dispatch.contract import sample_problem
from delivsim.record.tables import columns
from delivsim.simulated.diary import Diary

TABLES = ("known_orders", "known_riders", "known_stores", "choices")

LATER, DELAYED = np.array([0.0, 60.0, 0.0, 0.0]), np.array([60.0, 0.0, 0.0])


def written(*decisions):
    """What a diary holds after these decisions, as dicts by table."""
    rows = {table: [] for table in TABLES}
    diary = Diary(rows)
    for number, (problem, made) in enumerate(decisions, start=1):
        diary.write(number, problem, (problem.orders + 100).tolist(), made)
    return {table: [dict(zip(columns(table), row, strict=True)) for row in rows[table]] for table in TABLES}


def test_nothing_is_said_twice():
    """The same problem once more adds no row but those of demand that rose: none."""
    given = sample_problem(4, 3)
    once, twice = written((given, Assignment())), written((given, Assignment()), (given, Assignment()))
    assert once == twice
    assert len(once["known_orders"]) == 4
    assert len(once["known_riders"]) == 3


def test_what_changes_and_what_goes_is_said():
    """A new ready time, a rider who moved on, and an order that is gone have a row each."""
    first = sample_problem(4, 3)
    later = sample_problem(4, 3, ready_at=first.ready_at + LATER, free_at=first.free_at + DELAYED)
    names = ("orders", "placed_at", "ready_at", "stores", "pickups", "dropoffs")
    fewer = sample_problem(4, 3, free_at=later.free_at)
    fewer = type(fewer)(
        **{
            name: getattr(later, name)[1:] if name in names else getattr(later, name)
            for name in later.__dataclass_fields__
        }
    )
    found = written((first, Assignment()), (later, Assignment()), (fewer, Assignment()))
    second = [row for row in found["known_orders"] if row["decision"] == 2]
    assert [(row["number"], row["order"], row["is_known"]) for row in second] == [(8, 108, True)]
    third = [row for row in found["known_orders"] if row["decision"] == 3]
    assert [(row["number"], row["is_known"]) for row in third] == [(5, False)]
    assert [row["rider"] for row in found["known_riders"] if row["decision"] == 2] == [7]


def test_choices_are_told_with_reason_and_cost_and_waits_only_when_they_change():
    """A match, a move and a wait have a row; the same wait again has none, another reason has."""
    given = sample_problem(3, 4, free_at=np.full(4, 49_000.0))
    match = Match(7, (5,), "near", cost=3.5, second=9, second_cost=4.5)
    wait = Wait((8, 11), "later", (9, -1), (6.5, 7.5), (51_000.0, 52_000.0))
    found = written(
        (given, Assignment((match,), (Move(11, (1.0, 2.0), "busy there"),), (wait,))),
        (given, Assignment(waits=(wait,))),
        (given, Assignment(waits=(Wait((8,), "nobody near"),))),
    )["choices"]
    told = [(row["decision"], row["order"], row["choice"], row["rider"], row["reason"]) for row in found]
    assert told == [
        (1, 105, "offered", 7, "near"),
        (1, -1, "moved", 11, "busy there"),
        (1, 108, "waits", 9, "later"),
        (1, 111, "waits", -1, "later"),
        (3, 108, "waits", -1, "nobody near"),
    ]
    assert (found[0]["cost"], found[0]["second"], found[0]["second_cost"]) == (3.5, 9, 4.5)
    assert math.isnan(found[0]["hold_until"])
    assert [(row["cost"], row["hold_until"]) for row in found[2:4]] == [(6.5, 51_000.0), (7.5, 52_000.0)]
    assert math.isnan(found[4]["cost"])
