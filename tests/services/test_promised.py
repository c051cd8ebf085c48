import math

from delivsim.dispatch.problem import UNLIMITED
from delivsim.services.promised import ReadinessSeen, Shift, ToldBefore, readiness

ROSTER = (
    Shift(0.0, 4, 1.0, 2.0, 3600.0, 3.0, math.inf),
    Shift(1800.0, 2, 5.0, 6.0, 7200.0, math.nan, 2.0),
    Shift(5400.0, 9, 7.0, 8.0, 9000.0, 4.0, math.inf),
    Shift(9000.0, 1, 0.0, 0.0, 9900.0, 4.0, math.inf),
)


def test_shifts_that_begin_within_the_hour_are_told():
    """Whoever begins now is there and not still to come; whoever begins in more than an hour is not told yet."""
    told = ToldBefore()
    assert told.shifts(ROSTER, 0.0).riders.tolist() == [2]
    assert told.shifts(ROSTER, 1800.0).riders.tolist() == [9]
    assert told.shifts(ROSTER, 9000.0).riders.tolist() == []
    both = told.shifts(ROSTER, 1799.0)
    assert both.riders.tolist() == [2]
    assert told.shifts(ROSTER, 1801.0).on_at.tolist() == [5400.0]


def test_how_wrong_estimates_were_is_learned_order_by_order():
    """Mean and root mean square of the errors in whole seconds; nothing before the first."""
    assert readiness(None).n == 0
    seen = ReadinessSeen().also(60.2).also(-20.0).also(0.3)
    known = readiness(seen)
    assert (known.n, known.bias) == (3, 40.0 / 3)
    assert known.spread == math.sqrt((60.0**2 + 20.0**2) / 3)
    assert readiness(ReadinessSeen().also(0.4)).spread == 0.0


def test_a_shift_is_told_as_planned():
    """Place, end, speed and capacity are those of the roster; without a capacity any number is carried."""
    soon = ToldBefore().shifts(ROSTER, -60.0)
    assert soon.riders.tolist() == [4, 2]
    assert soon.places.tolist() == [[1.0, 2.0], [5.0, 6.0]]
    assert soon.off_at.tolist() == [3600.0, 7200.0]
    assert soon.speeds[0] == 3.0
    assert math.isnan(soon.speeds[1])
    assert soon.capacities.tolist() == [UNLIMITED, 2]
