"""The last good answer is given while it is young enough, and nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from delivsim.services.resilience import LastAnswers


def test_the_latest_answer_is_given_until_it_is_too_old() -> None:
    answers = LastAnswers(max_age=10.0, size=5)
    assert answers.last("q", 0.0) is None
    answers.keep("q", "old", 0.0)
    answers.keep("q", "new", 5.0)
    assert [answers.last("q", now) for now in (5.0, 15.0, 15.1)] == ["new", "new", None]
    assert answers.last("other", 5.0) is None


def test_those_answered_longest_ago_are_forgotten_first() -> None:
    answers = LastAnswers(max_age=99.0, size=2)
    for now, question in enumerate("abac"):
        answers.keep(question, now, float(now))
    assert [answers.last(question, 4.0) for question in "abc"] == [2, None, 3]


@given(st.lists(st.tuples(st.integers(0, 9), st.floats(0.0, 3.0)), max_size=60), st.integers(1, 5))
def test_never_more_than_its_size_and_always_the_latest(kept: list[tuple[int, float]], size: int) -> None:
    answers, now, latest = LastAnswers(max_age=5.0, size=size), 0.0, dict[int, tuple[float, int]]()
    for number, (question, gap) in enumerate(kept):
        now += gap
        answers.keep(question, number, now)
        latest[question] = now, number
        assert len(answers.answers) <= size
    for question, (at, number) in latest.items():
        assert answers.last(question, now) in ((number, None) if now - at <= 5.0 else (None,))
