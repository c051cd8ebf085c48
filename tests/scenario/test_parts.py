"""Stores, menus, orders, riders and travel of one scenario, each from a file or generator of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from delivsim.domain.instance import Instance
from delivsim.domain.streams import Streams
from delivsim.errors import InputError
from delivsim.experiment.run import run
from delivsim.experiment.settled import settled
from delivsim.scenario.reader import load_scenario

TWIN = Path(__file__).parents[1] / "data" / "mdrplib_twin"
FILES = {
    "stores.csv": "id,x,y,cooks,zone\nnoodles,100,200,2,\ncurry,2000,1500,,\n",
    "menus.csv": "store,item,price\nnoodles,soup,900\nnoodles,ramen,1400\ncurry,korma,1300\n",
    "stock.csv": "store,item,units\ncurry,korma,3\n",
    "refills.csv": "store,refilled_at,item,units\ncurry,18:30,korma,5\n",
    "openings.csv": "store,opens_at,closes_at\ncurry,18:10,21:00\n",
    "riders.csv": "id,on_at,off_at,capacity,vehicle\nana,18:00,20:00,2,bicycle\nbo,18:30,22:00,,\n",
    "breaks.csv": "rider,begins_at,ends_at\nbo,19:30,19:45\n",
    "orders.csv": "id,placed_at,store,x,y,tip\na,18:05,noodles,300,400,150\nb,900,curry,1800,1500,\n",
    "items.csv": "order,item,units\na,soup,2\nb,korma,1\n",
}
ALL = {
    "demand": {"file": "orders.csv", "items": "items.csv"},
    "stores": {"file": "stores.csv", "openings": "openings.csv"},
    "menus": {"file": "menus.csv", "stock": "stock.csv", "refills": "refills.csv"},
    "riders": {"file": "riders.csv", "breaks": "breaks.csv"},
}
Make = Callable[..., Instance]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a table of everything."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def written(folder: Path, file_name: str, /, **said: Any) -> Path:
    file = folder / file_name
    file.parent.mkdir(exist_ok=True)
    file.write_text(yaml.safe_dump(said))
    return file


@pytest.fixture
def town(folder: Path) -> Make:
    """Make the instance of a scenario whose city is this, with overlays and overrides."""

    def make(city: Any = ALL, overlays: tuple[Any, ...] = (), sets: tuple[str, ...] = (), seed: int = 1) -> Instance:
        base = written(folder, "base.yaml", name="t", starts_at="2026-11-20T18:00", horizon="2h", city=city)
        over = [written(folder, f"over{i}.yaml", **overlay) for i, overlay in enumerate(overlays)]
        found = settled(load_scenario(base, overlays=over, overrides=sets), Streams(seed))
        assert found is not None
        return found.instance

    return make


def test_all_parts_from_files(town: Make) -> None:
    """Every table is read, times of day count from the start, and who says no place starts at a store."""
    instance = town()
    noodles, curry = instance.stores
    assert (noodles.id, noodles.cooks, noodles.menu) == ("noodles", 2, (("soup", 900), ("ramen", 1400)))
    assert (curry.stock, curry.refills, curry.opening) == (
        (("korma", 3),), ((1800.0, "korma", 5),), ((600.0, 10_800.0),)
    )  # fmt: skip
    a, b = instance.orders
    assert (a.placed_at, a.store, a.items, a.tip) == (300.0, 0, (("soup", 2),), 150)
    assert (b.placed_at, b.store, b.items) == (900.0, 1, (("korma", 1),))
    ana, bo = instance.riders
    assert (ana.on_at, ana.off_at, ana.capacity, ana.vehicle) == (0.0, 7200.0, 2, "bicycle")
    assert bo.breaks == ((5400.0, 6300.0),)
    assert {(rider.x, rider.y) for rider in instance.riders} <= {(store.x, store.y) for store in instance.stores}


def test_any_part_may_be_drawn_instead(town: Make) -> None:
    """Drawn orders go to the file's stores and are for what its menus hold; drawn riders start near them."""
    demand = {"rate": {"18:00": "200/h"}}
    instance = town(ALL | {"demand": demand, "riders": 7})
    assert len(instance.orders) > 300
    assert {item for order in instance.orders for item, _ in order.items} == {"soup", "ramen", "korma"}
    assert all(order.items[0][0] == "korma" for order in instance.orders if order.store == 1)
    assert len(instance.riders) == 7
    drawn_stores = town(ALL | {"stores": {"count": 9, "items": 4}, "menus": {}, "demand": demand})
    assert (len(drawn_stores.stores), len(drawn_stores.riders)) == (9, 2)


def test_openings_may_be_said_of_drawn_stores(town: Make, folder: Path) -> None:
    """A table of opening hours alone names the stores that are drawn."""
    (folder / "openings.csv").write_text("store,opens_at,closes_at\ns2,0,60\n")
    demand = {"rate": {"18:00": "20/h"}}
    instance = town({"demand": demand, "stores": {"count": 2, "openings": "openings.csv"}, "riders": 1})
    assert [store.opening for store in instance.stores] == [(), ((0.0, 60.0),)]


def test_a_number_of_riders_scales_the_roster_of_a_lower_layer(town: Make) -> None:
    """``riders: 80`` over shifts, counts by hour or a file keeps the pattern: a third here, two thirds there."""
    shifts = [
        {"start": "18:00", "end": "20:00", "riders": 10}, {"start": "19:00", "end": "22:00", "riders": 20}
    ]  # fmt: skip
    demand = {"rate": {"18:00": "20/h"}}
    for roster in (shifts, {"shifts": shifts, "accept": 0.9}):
        for more in ({"overlays": ({"city": {"riders": 80}},)}, {"sets": ("city.riders=80",)}):
            instance = town({"demand": demand, "riders": roster}, **more)
            assert [rider.on_at for rider in instance.riders].count(0.0) == 27
            assert len(instance.riders) == 80
    assert len(town(ALL, overlays=({"city": {"riders": 5}},)).riders) == 5
    by_hour = {"18:00": 30, "19:00": 60, "20:00": 0}
    starts = [r.on_at for r in town({"demand": demand, "riders": by_hour}, sets=("city.riders=20",)).riders]
    assert (starts.count(0.0), starts.count(3600.0)) == (10, 10)


def test_no_riders_at_all(town: Make) -> None:
    """``riders: 0`` leaves nobody, whatever the roster."""
    assert town(sets=("city.riders=0",)).riders == []


def test_a_layer_may_name_a_file_instead(town: Make) -> None:
    """A file over shifts, and shifts over a file: what the lower layer said of it is gone."""
    drawn = {"demand": {"rate": {"18:00": "20/h"}}, "riders": [{"start": "18:00", "end": "20:00", "riders": 10}]}
    assert [r.id for r in town(drawn, overlays=({"city": {"riders": {"file": "riders.csv"}}},)).riders] == ["ana", "bo"]
    assert len(town(ALL, overlays=({"city": {"riders": {"18:00": 4}}},)).riders) == 4
    orders = town(drawn, overlays=({"city": {k: ALL[k] for k in ("demand", "stores", "menus")}},)).orders
    assert [order.id for order in orders] == ["a", "b"]


def test_demand_of_a_file_is_scaled(town: Make, folder: Path) -> None:
    """At 0.5 half the orders are left, each of them one of the file; at 2.25 each comes twice, some thrice."""
    lines = ["id,placed_at,store,x,y", *(f"o{i},{i},noodles,300,400" for i in range(1000))]
    (folder / "orders.csv").write_text("\n".join(lines))
    (folder / "menus.csv").write_text("store,item,price\ncurry,korma,1300\n")
    half = {order.id for order in town(ALL | {"demand": {"file": "orders.csv", "scale": 0.5}}).orders}
    most = {order.id for order in town(ALL | {"demand": {"file": "orders.csv", "scale": 0.8}}).orders}
    assert 440 < len(half) < 560
    assert half < most
    more = town(ALL | {"demand": {"file": "orders.csv", "scale": 2.25}}).orders
    assert 2200 < len(more) < 2300
    assert {order.id for order in more if order.id.endswith("-2")} == {f"o{i}-2" for i in range(1000)}
    assert all(order.placed_at >= 0 for order in more)
    assert [order.placed_at for order in more] == sorted(order.placed_at for order in more)


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("stores.csv", "id,x,y\nnoodles,1\n", "stores.csv:2: must have 3 cells as the header has, got 2"),
        ("riders.csv", "id,on_at,off_at\nana,25:99,20:00\n", "riders.csv:2: on_at: must be a time such as 18:30"),
        ("riders.csv", "id,on_at,off_at\nana,17:00,20:00\n", "riders.csv:2: on_at: must not be before the start"),
        ("riders.csv", "id,on_at,off_at\nana,20:00,19:00\n", "riders.csv:2: rider ana: off_at: must be >= on_at"),
        ("riders.csv", "id,on_at,of_at\nana,19:00,20:00\n", "no column 'off_at' in the header (did you mean 'of_at'?)"),
        (
            "breaks.csv",
            "rider,begins_at,ends_at\nbob,19:30,19:45\n",
            "breaks.csv:2: rider: no rider 'bob' in",
        ),
        ("orders.csv", "id,placed_at,store,x,y\na,18:05,nodles,1,1\n", "no store 'nodles' in the stores (did you mean"),
        ("menus.csv", "store,item,price\nnoodle,soup,900\n", "menus.csv:2: store: no store 'noodle' in the stores"),
        ("menus.csv", "store,item,price\ncurry,korma,-1\n", "menus.csv:2: store curry: price of korma: must be >= 0"),
        ("stock.csv", "store,item,units\ncurry,corma,3\n", "stock.csv:2: store curry: stock of corma: not on the menu"),
        (
            "openings.csv",
            "store,opens_at,closes_at\ncurry,19:00,18:30\n",
            "openings.csv:2: store curry: opening: must be",
        ),
        ("items.csv", "order,item,units\na,stew,2\n", "items.csv:2: item: not on the menu of its store: 'stew'"),
    ],
)
def test_mistakes_are_told_with_file_and_line(town: Make, folder: Path, file: str, text: str, told: str) -> None:
    """What is wrong in a table is told with the table's own line."""
    (folder / file).write_text(text)
    with pytest.raises(InputError) as error:
        town()
    assert told in str(error.value)


def test_the_scenario_tells_which_key_named_the_file(town: Make, folder: Path) -> None:
    """Before the table's lines stands the line of the scenario."""
    (folder / "riders.csv").unlink()
    with pytest.raises(InputError) as error:
        town()
    first, *others = str(error.value).splitlines()
    assert "base.yaml:" in first
    assert "city.riders.file: must be a table of riders" in first
    assert any("riders.csv: cannot be read: no such file" in line for line in others)
    drawn = {"demand": {"rate": {"18:00": 9}}, "stores": {"openings": "openings.csv"}, "riders": 1}
    (folder / "openings.csv").write_text("store,opens_at,closes_at\ns1,19:00,18:30\n")
    with pytest.raises(InputError, match=r"openings\.csv:2: store s1: opening: must be in order and apart"):
        town(drawn)
    (folder / "menus.csv").write_text("store,item,price\ns1,dish-1,500\n")
    stocked = {"demand": {"rate": {"18:00": 9}}, "stores": {"stock": 5, "items": 1}, "riders": 1}
    with pytest.raises(InputError, match=r"menus\.csv:1: store s2: stock of dish-1: not on the menu"):
        town(stocked | {"menus": {"file": "menus.csv"}})
    (folder / "openings.csv").unlink()
    with pytest.raises(InputError, match=r"city\.stores\.openings: must be a table of the stores"):
        town(drawn)


def test_names_of_files_count_from_the_file_that_says_so(folder: Path) -> None:
    """A roster named in another folder's overlay is found there."""
    base = written(folder, "base.yaml", name="t", horizon="2h", starts_at="2026-11-20T18:00", city=ALL)
    (folder / "riders.csv").rename(folder / "elsewhere.csv")
    over = written(folder / "more", "over.yaml", city={"riders": {"file": "../elsewhere.csv"}})
    found = settled(load_scenario(base, overlays=[over]), Streams(1))
    assert found is not None
    assert len(found.instance.riders) == 2


# --- instances ---------------------------------------------------------------------------------------------------


@pytest.fixture
def twin(folder: Path) -> Make:
    """Make the mdrplib twin, with what an instance may say besides its path."""

    def make(horizon: Any = "24h", **said: Any) -> Instance:
        more = {} if horizon is None else {"horizon": horizon}
        instance = {"format": "mdrplib", "path": str(TWIN), **said}
        base = written(folder, "twin.yaml", name="t", starts_at="2026-11-20T00:00", instance=instance, **more)
        found = settled(load_scenario(base), Streams(1))
        assert found is not None
        return found.instance

    return make


def test_an_instance_with_another_roster(twin: Make) -> None:
    """Its orders stay; riders are scaled, on other shifts, from a file, or none."""
    as_it_is = twin()
    for riders, n in ((3, 3), (40, 40), (0, 0), ({"09:00": 4, "12:00": 6, "14:00": 0}, 6), ({"file": "riders.csv"}, 2)):
        changed = twin(riders=riders)
        assert len(changed.riders) == n
        assert list(changed.orders) == list(as_it_is.orders)
        assert len({rider.id for rider in changed.riders}) == n
    many = twin(riders=10 * len(as_it_is.riders)).riders
    share = sum(rider.on_at == as_it_is.riders[0].on_at for rider in many) / len(many)
    assert share == sum(r.on_at == as_it_is.riders[0].on_at for r in as_it_is.riders) / len(as_it_is.riders)


def test_an_instance_with_more_of_its_orders(twin: Make) -> None:
    """``demand: {scale: 1.2}``: each order of the instance, and one in five again, food and all a little later."""
    before, after = twin().orders, twin(demand={"scale": 1.5}).orders
    assert 1.3 * len(before) < len(after) < 1.7 * len(before)
    originals = {order.id: order for order in before}
    copies = [order for order in after if order.id not in originals]
    for copy in copies:
        model = originals[copy.id.rpartition("-")[0]]
        assert abs(copy.placed_at - model.placed_at) <= 300
        assert copy.ready_at is not None
        assert copy.ready_at - copy.placed_at == pytest.approx((model.ready_at or 0) - model.placed_at, abs=0.01)
        assert copy.store == model.store


def test_an_instance_with_other_rules_and_vehicles(twin: Make) -> None:
    """Only what is said changes."""
    rules = twin(rules={"pickup_service_time": "1min", "same_store_bundles": False, "capacity": 2}).rules
    assert (rules.pickup_service_time, rules.same_store_bundles, rules.capacity) == (60.0, False, 2)
    assert rules.dropoff_service_time == twin().rules.dropoff_service_time
    vehicles = {"vehicles": {"bicycle": {"share": 3, "capacity": 1}, "car": {"share": 1}}}
    riders = twin(riders={"count": 400, **vehicles}, travel={"kind": "given", "vehicles": {"car": {"speed": 9}}}).riders
    cars = [rider for rider in riders if rider.vehicle == "car"]
    assert 70 < len(cars) < 130
    assert {(rider.speed, rider.capacity) for rider in cars} == {(9.0, None)}
    assert {(rider.speed, rider.capacity) for rider in riders if rider.vehicle == "bicycle"} == {(None, 1)}


def test_other_stores_take_over_the_orders_of_the_same_names(twin: Make, folder: Path) -> None:
    """Stores from a file in another order: each order still goes to the store of its name; a missing one is told."""
    stores = twin().stores
    rows = [f"{s.id},{s.x},{s.y},3" for s in reversed(stores)]
    (folder / "stores.csv").write_text("\n".join(["id,x,y,cooks", *rows]))
    changed = twin(stores={"file": "stores.csv"})
    assert [changed.stores[o.store].id for o in changed.orders] == [stores[o.store].id for o in twin().orders]
    assert {store.cooks for store in changed.stores} == {3}
    (folder / "stores.csv").write_text("\n".join(["id,x,y", *(row[:-2] for row in rows[:-1])]))
    with pytest.raises(InputError, match=f"no store '{stores[0].id}', from which orders come"):
        twin(stores={"file": "stores.csv"})


def test_the_instance_knows_when_its_day_ends(folder: Path) -> None:
    """Without a horizon demand ends the minute after the last order: every order is placed."""
    instance = {"format": "mdrplib", "path": str(TWIN)}
    base = written(folder, "twin.yaml", name="t", instance=instance, platform={"kind": "ideal"})
    scenario = load_scenario(base)
    result = run(scenario)
    last = float(result.tables["orders"]["placed_at"].max())
    assert scenario.until == last + 60.0 == result.manifest["horizon"]
    assert result.tables["orders"]["placed_at"].notna().all()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"city": {"demand": {"rate": {"18:00": "9/h"}}, "riders": 3}}, "horizon: must be given, unless an instance"),
        ({"horizon": "1h", "city": ALL | {"riders": {"breaks": "breaks.csv", "count": 3}}}, "must have file beside it"),
        ({"horizon": "1h", "city": ALL | {"riders": {"18:00": 3, "17:00": 2}}}, "shifts.17:00: must not be before"),
        ({"horizon": "1h", "city": ALL | {"riders": {"accept": 0.5}}}, "city.riders.shifts: must be given, or file"),
        ({"horizon": "1h", "city": ALL | {"riders": -3}}, "city.riders.count: must be >= 0, got -3"),
        (
            {"horizon": "1h", "city": ALL | {"riders": [{"start": "18:00", "end": "20:00", "riders": 1,
             "breaks": [{"start": "19:50", "end": "20:10"}]}]}},
            "city.riders.shifts[0].breaks[0]: must lie within the shift, in order and apart",
        ),
        ({"horizon": "1h", "city": ALL | {"demand": {"rate": {"18:00": 1}, "file": "orders.csv"}}}, "not be given"),
    ],
)  # fmt: skip
def test_what_does_not_fit_together_is_told_with_its_place(folder: Path, said: dict[str, Any], told: str) -> None:
    """Rosters and demand that make no sense are refused where they are written."""
    base = written(folder, "base.yaml", name="t", starts_at="2026-11-20T18:00", **said)
    with pytest.raises(InputError) as error:
        load_scenario(base)
    assert told in str(error.value)
    assert "base.yaml:" in str(error.value)


def test_a_day_without_riders_ends_as_it_must(folder: Path) -> None:
    """Nobody comes: every order that was accepted is given up for want of a rider, and all adds up."""
    city = {"demand": {"rate": {"18:00": "60/h"}}, "stores": {"count": 3}, "riders": 0}
    said = {"name": "none", "starts_at": "2026-11-20T18:00", "horizon": "20min", "city": city}
    result = run(load_scenario(written(folder, "none.yaml", **said, dispatch={"give_up_after": "30min"})))
    orders = result.tables["orders"]
    assert len(orders) > 5
    assert set(zip(orders["outcome"], orders["reason"], strict=True)) == {("cancelled", "no_rider")}
    assert result.summary()["conservation"]["holds"]
