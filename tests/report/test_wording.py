import math

import pytest

from delivsim.report import wording


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.955, "95.5 %"), (1.0, "100.0 %"), (0.99996, ">99.9 %"), (0.00001, "<0.1 %"), (0.0, "0.0 %"), (math.nan, "-")],
)
def test_percent_never_rounds_to_all_or_nothing(share: float, words: str) -> None:
    """Only all is 100 %, only nothing is 0 %, and what has no value is a dash."""
    assert wording.percent(share) == words


@pytest.mark.parametrize(("value", "words"), [(-0.04, "0.0"), (-0.06, "-0.1"), (1234.56, "1,234.6"), (math.inf, "-")])
def test_decimal_has_no_negative_zero(value: float, words: str) -> None:
    """Zero has no sign, thousands are set apart."""
    assert wording.decimal(value) == words


@pytest.mark.parametrize(("value", "words"), [(3.2, "3.2/s"), (0.2, "12/min"), (0.001, "3.6/h"), (math.nan, "-")])
def test_rate_takes_the_unit_that_reads(value: float, words: str) -> None:
    """A rate is told per second, minute or hour, whichever gives a number above one."""
    assert wording.rate(value) == words


def test_counts_and_lists() -> None:
    """Counts have their noun in the right number, and long lists say how much they leave out."""
    assert wording.plural(1, "order") == "1 order"
    assert wording.plural(5214, "order") == "5,214 orders"
    assert wording.listed(["a", "b", "c"], 2) == "a, b and 1 more"
    assert wording.minutes(90.0) == "1.5"
