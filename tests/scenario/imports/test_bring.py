"""An export becomes an instance: every row is used, outside, or rejected by name; what is missing is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from delivsim.errors import InputError
from delivsim.scenario.formats import delivsim
from delivsim.scenario.history import read_history
from delivsim.scenario.imports.bring import import_export
from delivsim.scenario.imports.export import Export, Imported
from delivsim.scenario.imports.write import REJECTS, write_import

ZONE = "America/Bogota"


def _imported(path: Path, **more: object) -> Imported:
    return import_export(Export(orders=path, **{"timezone": ZONE, **more}))  # type: ignore[arg-type]


def _adds_up(imported: Imported) -> None:
    for tally in imported.tallies:
        assert tally.n_read == tally.n_used + tally.n_outside + len(tally.rejects)
        assert sum(tally.reasons.values()) == len(tally.rejects)


def test_a_clean_export_is_all_used(export: Path) -> None:
    """Eighty orders, three stores, two riders who carried them; ready times are facts."""
    imported = _imported(export)
    instance = imported.instance
    assert (len(instance.orders), len(instance.stores), imported.rejects) == (80, 3, [])
    assert imported.ready_is_given
    assert imported.history.starts_at.isoformat() == "2026-11-20T17:00:00"
    assert imported.history.horizon == 7 * 3600.0
    first = instance.orders[0]
    assert (first.id, first.placed_at, first.ready_at, first.y) == ("A000", 0.0, 600.0, 4.66)
    assert instance.geographic
    assert {rider.id for rider in instance.riders} == {"r0", "r1"}
    _adds_up(imported)


def test_the_order_of_rows_and_columns_means_nothing(day: pd.DataFrame, tmp_path: Path) -> None:
    """Shuffled rows and columns give the same instance."""
    shuffled = day.sample(frac=1.0, random_state=3)[list(day.columns[::-1])]
    for name, table in (("a", day), ("b", shuffled)):
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    a, b = (_imported(tmp_path / f"{name}.csv").instance for name in "ab")
    assert list(a.orders) == list(b.orders)
    assert {store.id: (store.x, store.y) for store in a.stores} == {store.id: (store.x, store.y) for store in b.stores}
    assert list(a.riders) == list(b.riders)


Break = Callable[[pd.DataFrame, int], None]


def _set(column: str, value: object) -> Break:
    def broken(day: pd.DataFrame, i: int) -> None:
        day.loc[i, column] = value

    return broken


BREAKS: dict[str, tuple[Break, str]] = {
    "no time": (_set("created", ""), "created: must not be empty"),
    "no instant": (_set("created", "yesterday evening"), "created: must be a date and time, got 'yesterday evening'"),
    "no store": (_set("restaurant", None), "restaurant: must not be empty"),
    "no number": (_set("customer_lat", "4.6x"), "customer_lat: must be a number, got '4.6x'"),
    "no latitude": (_set("customer_lat", 94.66), "customer_lat: must be between -90 and 90 degrees, got '94.66'"),
    "null island": (
        lambda day, i: day.__setitem__("customer_lat", day["customer_lat"].where(day.index != i, 0.0))
        or day.__setitem__("customer_lng", day["customer_lng"].where(day.index != i, 0.0)),
        "customer_lat: must be a place, not 0, 0",
    ),
    "another continent": (_set("customer_lng", 13.4), "customer_lat: must be within 200 km of the others"),
    "twice": (lambda day, i: day.__setitem__("Order Number", day["Order Number"].where(day.index != i, "A001")),
              "Order Number: must not be given twice, got 'A001 (line 3 has it)'"),
    "backward": (_set("delivered_at", "2026-11-20 16:00:00"), "delivered_at: must not be before created"),
    "a week later": (_set("delivered_at", "2026-11-27 16:00:00"), "delivered_at: must be within a day of created"),
    "half a unit": (_set("items", "1.5"), "items: must be a whole number >= 1, got '1.5'"),
    "less than nothing": (_set("items", "-2"), "items: must be >= 0, got '-2'"),
}  # fmt: skip


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_row_is_named(day: pd.DataFrame, tmp_path: Path, name: str) -> None:
    """With its line, column, rule and value; it costs no other row."""
    breaks, message = BREAKS[name]
    day = day.astype(object)
    breaks(day, 40)
    day.to_csv(tmp_path / "orders.csv", index=False)
    imported = _imported(tmp_path / "orders.csv")
    assert [reject.line for reject in imported.rejects] == [42]
    assert message in imported.rejects[0].message
    assert str(tmp_path / "orders.csv:42") in imported.rejects[0].message
    assert len(imported.instance.orders) == 79
    _adds_up(imported)


def test_an_unknown_store_is_named(export: Path, tmp_path: Path) -> None:
    """Where a stores file is given, orders of other stores are rejected, and none is invented."""
    stores = tmp_path / "stores.csv"
    stores.write_text("id;latitude;longitude;cooks\ns0;4,65;-74,06;2\ns1;4,66;-74,06;\n")
    imported = _imported(export, stores=stores)
    assert [store.cooks for store in imported.instance.stores] == [2, None]
    assert {reject.kind for reject in imported.rejects} == {"restaurant: must be a store of the stores file"}
    assert len(imported.rejects) == 26
    _adds_up(imported)


def test_a_window_leaves_the_rest_out(export: Path) -> None:
    """``--to 18:59`` includes its minute; what lies outside is counted apart from what is broken."""
    imported = _imported(export, since="2026-11-20T18:00", until="18:59")
    assert imported.history.horizon == 3600.0
    assert len(imported.instance.orders) == 12
    assert imported.tallies[0].n_outside == 68
    assert imported.instance.orders[0].placed_at == 0.0
    _adds_up(imported)


def test_a_window_may_pass_midnight(export: Path) -> None:
    """25:30 is half past one of the next day, as in scenario files."""
    imported = _imported(export, since="2026-11-20T23:00", until="25:30")
    assert imported.history.horizon == pytest.approx(2.5 * 3600 + 60)
    assert len(imported.instance.orders) == 8


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"since": "tomorrow"}, "--from: must be a local date and time"),
        ({"since": "2026-11-20T18:00", "until": "17:00"}, "--to: must be after --from"),
        ({"since": "2026-12-24T18:00"}, "--from: must be before the last order, placed at 2026-"),
        ({"timezone": "America/Bogata"}, "did you mean 'America/Bogota'"),
        ({"since": "2027-01-01", "until": "2027-01-02"}, "none is left to be an order"),
        ({"mapped": ["placed_at=creatd"]}, "did you mean 'created'"),
    ],
)
def test_wrong_options_are_told(export: Path, more: dict[str, object], rule: str) -> None:
    """Each with the rule it breaks."""
    with pytest.raises(InputError) as error:
        _imported(export, **more)
    assert rule in str(error.value)


@pytest.mark.parametrize(
    ("gone", "rule"),
    [
        (["created"], "no column tells when the customer ordered: say --map placed_at=COLUMN"),
        (["customer_lat"], "no column tells where it goes, degrees north: say --map lat=COLUMN"),
        (["restaurantLat"], "no column tells where stores are: give --stores FILE"),
        (["restaurant", "restaurantLng"], "no column tells where stores are: give --stores FILE"),
    ],
)
def test_what_cannot_be_estimated_is_asked_for(day: pd.DataFrame, tmp_path: Path, gone: list[str], rule: str) -> None:
    """When, where to and from where: without these there is no instance, and the message says how to tell."""
    day.drop(columns=gone).to_csv(tmp_path / "orders.csv", index=False)
    with pytest.raises(InputError) as error:
        _imported(tmp_path / "orders.csv")
    assert rule in str(error.value)


def test_what_is_missing_is_estimated_and_said(day: pd.DataFrame, tmp_path: Path) -> None:
    """Without names, riders, ready times and units there still is an instance, and every estimate is told."""
    bare = day[["created", "restaurantLat", "restaurantLng", "customer_lat", "customer_lng"]]
    bare.to_csv(tmp_path / "orders.csv", index=False)
    imported = _imported(tmp_path / "orders.csv", timezone=None)
    assert len(imported.instance.stores) == 3
    assert imported.instance.orders[0].id == "o1"
    assert not imported.ready_is_given
    assert len(imported.instance.riders) > 0
    said = " ".join(imported.said)
    for part in ("orders' names", "no stores file", "no riders at all", "when food was ready", "how many units",
                 "5 m/s", "taken as UTC", "paid"):  # fmt: skip
        assert part in said, part


def test_shifts_are_estimated_from_who_carried_what(day: pd.DataFrame, tmp_path: Path) -> None:
    """A pause of more than two hours parts two shifts; each is a little longer than its orders."""
    day.loc[day.index[20:60], "rider"] = "r9"
    day.to_csv(tmp_path / "orders.csv", index=False)
    riders = {rider.id: rider for rider in _imported(tmp_path / "orders.csv").instance.riders}
    assert sorted(riders) == ["r0", "r0#2", "r1", "r1#2", "r9"]
    assert (riders["r0"].on_at, riders["r0"].off_at) == (7 * 60, 119 * 60)
    assert riders["r0#2"].on_at == pytest.approx(312 * 60 - 5 * 60)


def test_some_ready_times_are_a_law_for_the_others(day: pd.DataFrame, tmp_path: Path) -> None:
    """Orders that tell keep their own cooking time; the rest is drawn, and it says how many."""
    day.loc[day.index[:5], "food_ready_at"] = ""
    day.to_csv(tmp_path / "orders.csv", index=False)
    imported = _imported(tmp_path / "orders.csv")
    times = [order.preparation_time for order in imported.instance.orders]
    assert times[:6] == [None] * 5 + [600.0]
    assert "5 of 80 orders do not tell how long they cooked" in " ".join(imported.said)


def test_a_column_is_not_taken_for_what_its_cells_deny(day: pd.DataFrame, tmp_path: Path) -> None:
    """A ``delivery_time`` of plain minutes is no instant: it is left unused and said, and no row is lost to it."""
    day["delivery_time"] = 24
    day.drop(columns="delivered_at").to_csv(tmp_path / "orders.csv", index=False)
    tally = _imported(tmp_path / "orders.csv").tallies[0]
    assert "delivery_time" in tally.unused
    assert any("delivery_time is not taken as delivered_at" in note for note in tally.notes)
    assert tally.n_used == 80


def test_riders_and_offers_have_files_of_their_own(export: Path, tmp_path: Path) -> None:
    """Shifts that began before the window begin with it; offers keep their answers, in the company's words."""
    riders, offers = tmp_path / "riders.csv", tmp_path / "offers.csv"
    riders.write_text(
        "courier,login,logout,lat,lng,kmh,max_orders\n"
        "a,2026-11-20 16:00,2026-11-20 21:00,4.65,-74.06,18,2\n"
        "a,2026-11-20 22:00,2026-11-20 23:00,4.65,-74.06,,\n"
        "b,2026-11-20 12:00,2026-11-20 15:00,4.65,-74.06,18,2\n"
        "c,2026-11-20 19:00,2026-11-20 18:00,4.65,-74.06,18,2\n"
    )
    offers.write_text(
        "order_number,courier,offered_at,answered_at,response,distance_km\n"
        "A000,a,2026-11-20 17:01,2026-11-20 17:01:09,REJECTED,2.5\n"
        "A000,b,2026-11-20 17:02,2026-11-20 17:02:05,Accepted,2\n"
        "A000,b,2026-11-20 17:02,,expired,2\n"
        "Z9,b,2026-11-20 17:02,,no,2\n"
        "A001,b,2026-11-20 17:02,,maybe,2\n"
    )
    imported = _imported(export, riders=riders, offers=offers)
    a, again = imported.instance.riders
    assert (a.id, a.on_at, a.off_at, a.speed, a.capacity) == ("a", 0.0, 4 * 3600.0, 5.0, 2)
    assert (again.id, again.speed) == ("a#2", None)
    assert imported.tallies[1].n_outside == 1
    assert list(imported.history.offers["answer"]) == ["declined", "accepted", "timed_out"]
    assert imported.history.offers["distance"][0] == 2500.0
    assert [reject.line for reject in imported.tallies[2].rejects] == [5, 6]
    _adds_up(imported)


def test_ends_are_understood(day: pd.DataFrame, tmp_path: Path) -> None:
    """By their instants first, then by the words; a cancellation is the customer's unless it names another."""
    day = day.assign(status="delivered", cancelled_at="", cancel_reason="")
    day.loc[3, ["delivered_at", "status", "cancelled_at", "cancel_reason"]] = (
        "", "CANCELED", "2026-11-20 17:40:00", "customer changed mind",
    )  # fmt: skip
    day.loc[4, ["delivered_at", "status", "cancel_reason"]] = "", "cancelado", "restaurant closed"
    day.loc[5, ["delivered_at", "status"]] = "", "In progress"
    day.to_csv(tmp_path / "orders.csv", index=False)
    happened = _imported(tmp_path / "orders.csv").history.orders
    assert list(happened["outcome"][2:6]) == ["delivered", "cancelled", "cancelled", ""]
    assert list(happened["by_customer"][3:5]) == [1.0, 0.0]


def test_what_is_written_is_read_back(export: Path, tmp_path: Path) -> None:
    """The folder holds the same instance and history, and a file of rejected rows."""
    imported = _imported(export)
    write_import(imported, tmp_path / "friday")
    assert list(delivsim.read(tmp_path / "friday").orders) == list(imported.instance.orders)
    history = read_history(tmp_path / "friday")
    pd.testing.assert_frame_equal(history.orders, imported.history.orders)
    assert (history.starts_at, history.timezone, history.horizon) == (
        imported.history.starts_at, ZONE, imported.history.horizon,
    )  # fmt: skip
    assert (tmp_path / "friday" / REJECTS).read_text() == "file,line,column,reason,value\n"


def test_degrees_and_metres_give_the_same_distances(day: pd.DataFrame, tmp_path: Path) -> None:
    """Places in metres are read as well as places in degrees, and ways are as long."""
    metres = day.assign(
        store_x=(day["restaurantLng"] + 74.0) * 111_195.0 * np.cos(np.radians(4.66)),
        store_y=(day["restaurantLat"] - 4.6) * 111_195.0,
        dropoff_x=(day["customer_lng"] + 74.0) * 111_195.0 * np.cos(np.radians(4.66)),
        dropoff_y=(day["customer_lat"] - 4.6) * 111_195.0,
    ).drop(columns=["restaurantLat", "restaurantLng", "customer_lat", "customer_lng"])
    metres.to_csv(tmp_path / "metres.csv", index=False)
    day.to_csv(tmp_path / "degrees.csv", index=False)
    flat, round_ = (_imported(tmp_path / f"{name}.csv").instance for name in ("metres", "degrees"))
    assert not flat.geographic
    for a, b in zip(flat.orders, round_.orders, strict=True):
        ways = [
            i.travel.distance((i.stores[o.store].x, i.stores[o.store].y), (o.x, o.y))
            for i, o in ((flat, a), (round_, b))
        ]
        assert ways[0] == pytest.approx(ways[1], rel=1e-3)
