from __future__ import annotations

from types import ModuleType

import pytest

from delivsim.errors import InputError
from delivsim.record.result import Result
from delivsim.report.compare import compare, compare_text


def delayed(result: Result, seconds: float, rows: slice = slice(None)) -> Result:
    """The same evening, each rider setting out later."""
    orders = result.tables["orders"].copy()
    names = ["departed_at", "arrived_at", "picked_up_at", "delivered_at"]
    orders.loc[rows, names] = orders.loc[rows, names] + seconds
    return Result({**result.tables, "orders": orders}, {**result.manifest, "platform": "simulated"})


@pytest.fixture
def ideal(sample: ModuleType) -> Result:
    return Result(sample.sample_result().tables, sample.manifest(platform="ideal"))


def test_a_delay_is_found_where_it_arose(ideal: Result) -> None:
    """A minute more before the rider sets out is a minute of click-to-door, all of it waiting for a rider."""
    found = compare(ideal, delayed(ideal, 60.0))
    assert found.totals[0].difference.mean == pytest.approx(60.0)
    assert {part.name: part.difference.mean for part in found.parts}["waiting_for_rider"] == pytest.approx(60.0)
    assert (found.n_orders, found.n_both, found.only_a, found.only_b, found.same_rider) == (3, 2, 0, 0, 1.0)


def test_parts_add_up_to_the_difference(ideal: Result) -> None:
    """The differences of the parts add up to that of click-to-door, and those of the waits to waiting's."""
    found = compare(ideal, delayed(ideal, 90.0, slice(0, 0)))
    assert sum(part.difference.mean for part in found.parts) == pytest.approx(found.totals[0].difference.mean)
    waiting = found.parts[1].difference.mean
    assert sum(wait.difference.mean for wait in found.waits) == pytest.approx(waiting)


def test_text_says_how_much_and_why(ideal: Result) -> None:
    """The first sentence names the difference, its interval and the part that makes most of it."""
    text = " ".join(compare_text(ideal, delayed(ideal, 60.0)).plain.split())
    assert text.startswith("ideal against simulated")
    assert "Customers waited 60 s longer with simulated than with ideal: 30.25 against 29.25 min on average" in text
    assert "Most of it is waiting for rider (+1.00 min); the platform's own part is +0 s." in text
    assert "2 of 3 orders delivered in both runs, 0 only with ideal, 0 only with simulated." in text
    assert "nan" not in text.lower()


def test_an_order_delivered_in_one_run_only(ideal: Result) -> None:
    """An order that only one run delivered is counted and not compared."""
    tables = dict(ideal.tables)
    tables["orders"] = tables["orders"].assign(
        outcome=["delivered", "cancelled", "cancelled"], delivered_at=[1500.0, float("nan"), float("nan")]
    )
    found = compare(ideal, Result(tables, ideal.manifest))
    assert (found.n_both, found.only_a, found.only_b) == (1, 1, 0)


def test_equal_runs(ideal: Result) -> None:
    """Two equal runs differ by nothing, and the text says so in plain words."""
    text = compare_text(ideal, ideal).plain
    assert "Customers waited exactly as long with run b as with run a." in text


def test_nothing_in_common(ideal: Result) -> None:
    """Runs of different orders are refused."""
    orders = ideal.tables["orders"].assign(id=["x", "y", "z"])
    with pytest.raises(InputError, match="no order in common"):
        compare(ideal, Result({**ideal.tables, "orders": orders}, ideal.manifest))


def test_a_missed_decision_is_told(sample: ModuleType) -> None:
    """Orders that reach dispatch just after a decision wait for the next, and the text says so."""
    ideal = Result(sample.sample_result().tables, sample.manifest(platform="ideal"))
    at = [5.0, 304.0]
    decisions = ideal.tables["decisions"].assign(decided_at=[*at, 2000.0])
    later = decisions.assign(decided_at=[at[0] + 60.0, at[1] + 60.0, 2000.0])
    one = Result({**ideal.tables, "decisions": decisions}, ideal.manifest)
    slow = delayed(ideal, 60.0)
    other = Result({**slow.tables, "decisions": later}, slow.manifest)
    assert compare(one, other).waits[0].difference.mean == pytest.approx(60.0)
    assert "Until the next decision (+1.00 min): orders reach dispatch later" in " ".join(
        compare_text(one, other).plain.split()
    )


def test_another_seed_is_not_the_same_orders(ideal: Result) -> None:
    """Orders that share only their names, as two seeds of one city do, are refused."""
    orders = ideal.tables["orders"].assign(placed_at=lambda table: table["placed_at"] + 1.0)
    with pytest.raises(InputError, match="not about the same orders"):
        compare(ideal, Result({**ideal.tables, "orders": orders}, ideal.manifest))
