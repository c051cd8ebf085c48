import pytest

from delivsim.record.conservation import conservation
from delivsim.record.result import Result


def with_change(sample, table: str, column: str, row: int, value: object) -> dict[str, object]:
    """What conservation says of the sample after one cell was changed."""
    tables = sample.sample_tables()
    changed = tables[table].copy()
    if str(changed[column].dtype) == "category":
        changed[column] = changed[column].astype(str)
    changed.loc[row, column] = value
    return conservation(Result({**tables, table: changed}, sample.manifest()))


def test_everything_adds_up_in_the_sample(sample_result, sample_evening):
    """All identities hold, with the integers a reader can add by hand."""
    found = conservation(sample_result)
    gateway = found["stations"]["gateway"]
    assert gateway["arrived"] == gateway["served"] + gateway["refused"] + gateway["open"] == 7
    assert found["messages"]["order.cancelled"] == {
        "published": 1,
        "groups": 2,
        "acknowledged": 1,
        "dead_letter": 0,
        "expired": 0,
        "lost": 0,
        "open": 1,
        "duplicate": 0,
        "holds": True,
    }
    assert found["money"]["charged"] == found["money"]["earned"] == 4000
    assert found["holds"]
    assert conservation(sample_evening)["holds"]


@pytest.mark.parametrize(
    ("table", "column", "row", "value", "part"),
    [
        ("orders", "outcome", 2, "lost", "orders"),
        ("orders", "order", 1, 0, "orders"),
        ("requests", "seen", 0, 0, "requests"),
        ("requests", "request", 1, 1, "requests"),
        ("stores", "reserved", 1, 13, "stock"),
        ("stores", "given_back", 1, 3, "stock"),
        ("stores", "left", 1, 9, "stock"),
        ("stores", "refilled", 1, 1, "stock"),
        ("orders", "tip", 0, 100, "tips"),
        ("orders", "refunded", 0, 2501, "money"),
    ],
)
def test_what_got_lost_is_found(sample, table, column, row, value, part):
    """One wrong cell breaks the identity it belongs to, and the whole."""
    found = with_change(sample, table, column, row, value)
    assert not found[part]["holds"]
    assert not found["holds"]


def test_a_visit_that_vanished_from_its_outcome_is_found(sample):
    """A visit that has left but counts as open, and one of no known outcome, break their station."""
    for row, column, value in ((0, "outcome", "open"), (8, "departed_at", 2400.0), (1, "outcome", "gone")):
        found = with_change(sample, "visits", column, row, value)
        assert not found["holds"]
        assert sum(not station["holds"] for station in found["stations"].values()) == 1


def test_a_group_that_never_got_its_copy_is_found(sample):
    """A topic's group without its row, told by the manifest, breaks published x groups."""
    tables = sample.sample_tables()
    messages = tables["messages"].iloc[:3]
    found = conservation(Result({**tables, "messages": messages}, sample.manifest()))
    assert not found["messages"]["order.cancelled"]["holds"]


def test_money_owed_needs_a_reason(sample):
    """A cancelled order that was charged and not refunded is wrong, unless a message is still on its way."""
    assert with_change(sample, "orders", "charged", 2, 1200)["money"]["holds"]
    tables = sample.sample_tables()
    orders = tables["orders"].copy()
    orders.loc[2, "charged"] = 1200
    done = tables["messages"].iloc[:2]
    found = conservation(Result({**tables, "orders": orders, "messages": done}, sample.manifest(topics={})))
    assert found["money"]["owed"] == 1200
    assert not found["money"]["holds"]
