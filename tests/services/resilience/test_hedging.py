"""Of a call and its copies exactly one answer decides, the first good one if there is one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from delivsim.services.resilience import Race


def test_a_copy_is_due_after_the_delay_and_the_next_after_another() -> None:
    race = Race(after=2.0, copies=2)
    race.start("call", 0.0)
    assert not race.is_due(1.9)
    assert race.is_due(2.0)
    race.start("copy", 2.0)
    assert [race.is_due(now) for now in (3.9, 4.0, 9.0)] == [False, True, False]  # two copies are the most


def test_the_first_good_answer_decides_and_a_bad_one_only_when_nothing_else_is_under_way() -> None:
    race = Race(after=1.0, copies=2)
    for call in "abc":
        race.start(call, 0.0)
    assert not race.answered("b", well=False)
    assert race.answered("c", well=True)
    assert list(race.under_way) == ["a"]
    alone = Race(after=1.0, copies=2)
    alone.start("a", 0.0)
    assert alone.answered("a", well=False)
    assert not alone.is_due(99.0)  # nobody is under way that a copy could help


@given(st.lists(st.booleans(), min_size=1, max_size=8))
def test_exactly_one_answer_decides(answers: list[bool]) -> None:
    race = Race(after=1.0, copies=len(answers))
    for call in range(len(answers)):
        race.start(call, 0.0)
    decided = []
    for call, well in enumerate(answers):
        if race.answered(call, well=well):
            decided.append((call, well))
            break
    assert len(decided) == 1
    assert decided[0] == ((answers.index(True), True) if any(answers) else (len(answers) - 1, False))
