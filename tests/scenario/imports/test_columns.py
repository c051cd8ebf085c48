"""Columns are found by their usual names, or by ``--map``; what is mistyped has a near miss."""

from __future__ import annotations

import pytest

from delivsim.errors import InputError
from delivsim.scenario.imports.cells import NUMBER, number
from delivsim.scenario.imports.columns import KNOWN, find_columns, plain, split_map


def _found(header: list[str], mapped: dict[str, str] | None = None, table: str = "orders") -> dict[str, str]:
    found = find_columns(table, header, mapped or {}, "f.csv", lambda _: False)  # type: ignore[arg-type]
    return {field: column.name for field, column in found.items()}


@pytest.mark.parametrize("table", list(KNOWN))
def test_our_own_names_are_found(table: str) -> None:
    """A file with the fields' own names needs no map; durations need their unit."""
    fields = [known.field for known in KNOWN[table]]  # type: ignore[index]
    written = {field: f"{field}_min" if field == "preparation_time" else field for field in fields}
    written |= {"distance": "distance_km"} if table == "offers" else {}
    assert _found(list(written.values()), table=table) == written


def test_names_are_compared_without_case_spaces_and_accents() -> None:
    """``Created At``, ``createdAt`` and ``CREATED_AT`` are one name."""
    assert {plain(name) for name in ("Created At", "createdAt", "CREATED_AT", "créated-at ")} == {"created_at"}
    assert _found(["orderId", "Created At", "Dropoff Latitude", "dropoffLng"]) == {
        "order_id": "orderId",
        "placed_at": "Created At",
        "lat": "Dropoff Latitude",
        "lon": "dropoffLng",
    }


def test_what_is_mapped_comes_first() -> None:
    """A mapped column fills its field and no other, whatever its name."""
    assert _found(["created_at", "paid_on"], {"placed_at": "paid_on"})["placed_at"] == "paid_on"
    assert "placed_at" not in _found(["created_at"], {"ready_at": "created_at"})


def test_a_duration_needs_its_unit() -> None:
    """``prep_minutes`` is read in minutes; without a unit a number says nothing."""
    found = find_columns("orders", ["prep_time_minutes"], {}, "f.csv", lambda _: False)
    assert found["preparation_time"].scale == 60
    assert _found(["prep_time"]) == {}


@pytest.mark.parametrize(
    ("pair", "rule"),
    [
        ("plcaed_at=created", r"orders have no field 'plcaed_at' \(did you mean 'placed_at'\?\)"),
        ("ridrs.on_at=login", r"there is no table 'ridrs'.*did you mean 'riders'"),
        ("placed_at", "must be FIELD=COLUMN"),
        ("placed_at=", "must be FIELD=COLUMN"),
    ],
)
def test_a_wrong_map_is_told(pair: str, rule: str) -> None:
    """With what there is, and the nearest of it."""
    with pytest.raises(InputError, match=rule):
        split_map([pair])


def test_a_map_to_no_column_is_told() -> None:
    """With the nearest column there is."""
    with pytest.raises(
        InputError, match=r"f.csv: --map: placed_at: there is no column 'craeted' \(did you mean 'created'"
    ):
        _found(["created", "x"], {"placed_at": "craeted"})


@pytest.mark.parametrize(
    ("text", "comma", "value"),
    [
        ("4.65", False, 4.65),
        ("4,65", True, 4.65),
        ("4,65", False, 4.65),
        ("1.234,5", True, 1234.5),
        ("1,234.5", False, 1234.5),
        ("1,234", False, 1234.0),
        ("1,234", True, 1.234),
        ("$ 1,234.50", False, 1234.5),
        ("-74.05", False, -74.05),
        ("1e3", False, 1000.0),
        ("4.6.5", False, NUMBER),
        ("four", False, NUMBER),
        ("inf", False, NUMBER),
        ("٣", False, NUMBER),
    ],
)
def test_numbers_of_both_decimal_signs(text: str, comma: bool, value: object) -> None:
    """A comma is a decimal point unless it can only be a separator of thousands."""
    assert number(text, decimal_comma=comma) == value
