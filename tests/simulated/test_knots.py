"""Who waits for a place that its own caller holds is in a deadlock once all who hold one wait so, and not before."""

from __future__ import annotations

from typing import Any

from delivsim.simulated.knots import Knot


class Asked:
    """A request, and its route: just the reason that it has."""

    def __init__(self, *callers: Asked) -> None:
        self.callers, self.reason = callers, ""

    @property
    def route(self) -> Any:
        return self

    @route.setter
    def route(self, route: Any) -> None:
        assert route is self

    def because(self, reason: str) -> Asked:
        self.reason = reason
        return self


def knot() -> Knot:
    return Knot(lambda asked: asked.callers)


def test_one_holder_that_can_end_keeps_a_pool_going() -> None:
    one, other = Asked(), Asked()
    nested, second = Asked(one), Asked(other)
    seen = knot()
    seen.waits(nested, [one, other], [nested])
    assert nested.reason == ""
    seen.waits(second, [one, other], [nested, second])
    assert [nested.reason, second.reason] == ["deadlock", "deadlock"]


def test_who_has_left_the_line_or_waits_for_nobody_any_more_does_not_count() -> None:
    one, other = Asked(), Asked()
    gone, orphan, last = Asked(one), Asked(one), Asked(other)
    seen = knot()
    seen.waits(gone, [one, other], [gone])
    seen.waits(orphan, [one, other], [orphan])
    orphan.callers = ()
    seen.waits(last, [one, other], [orphan, last])
    assert {each.reason for each in (gone, orphan, last)} == {""}


def test_who_is_called_by_no_holder_is_no_part_of_it() -> None:
    one, stranger = Asked(), Asked()
    seen = knot()
    seen.waits(stranger, [one], [stranger])
    nested = Asked(one)
    seen.waits(nested, [one], [stranger, nested])
    assert (stranger.reason, nested.reason) == ("", "deadlock")
