import dataclasses
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from delivsim.domain.distributions import duration_law
from delivsim.domain.instance import Instance, Rules
from delivsim.domain.order import Order
from delivsim.domain.rider import Rider
from delivsim.domain.store import Store
from delivsim.domain.travel import Euclidean, Haversine
from delivsim.errors import InstanceError
from delivsim.record.parquet import connect
from delivsim.scenario.formats import format_of, read_instance, write_instance
from delivsim.scenario.formats.delivsim import Tables, read, write
from delivsim.scenario.formats.nouns import NOUNS, PARTS, columns_of


def assert_same(one: Instance, other: Instance) -> None:
    """Every field is equal, and written alike: -0.0 is not 0.0, and 1 is not 1.0."""
    for field in dataclasses.fields(Instance):
        left, right = getattr(one, field.name), getattr(other, field.name)
        assert left == right, field.name
        assert repr(left) == repr(right), field.name


DATA = Path(__file__).parents[2] / "data"
FORMS: tuple[Tables, ...] = ("csv", "parquet")
PUBLIC = [
    Path(folder) / name
    for variable, names in (("DELIVSIM_MDRPLIB", ("0o100t100s1p100", "3r50t75s2p125")), ("DELIVSIM_RAPPI", ("16",)))
    for name in names
    if (folder := os.environ.get(variable, ""))
]
"""A few of the public instances; `make proof` takes all of them."""

RICH = Instance(
    name='A "name", with: commas',
    zones=("north side", "süd"),
    travel=Haversine(16.2 / 3.6, detour=1.3),
    geographic=True,
    rules=Rules(pickup_service_time=0.1 + 0.2, pay_per_km=35, capacity=3, same_store_bundles=False),
    stores=[
        Store(id="empty, but open", x=-0.0, y=1e-12),
        Store(
            id=' odd "id" ',
            x=2.3522219,
            y=48.856614,
            menu=(("soup, hot", 450), ("dish\n2", 0)),
            stock=(("soup, hot", 3),),
            cooks=2,
            zone="süd",
            opening=((0.0, 3600.5), (7200.0, 9000.0)),
            refills=((1800.25, "soup, hot", 10),),
            preparation=duration_law({"kind": "lognormal", "mean": "11min", "cv": 0.37}),
            estimate=601.7,
            handover_time=12.5,
            other_rate=1 / 3,
            slowdown=0.2,
        ),
    ],
    orders=[
        Order(id="1", placed_at=1 / 3, store=0, x=2.0, y=48.0),
        Order(
            id="nan",
            placed_at=5e-324,
            store=1,
            x=2.1,
            y=48.1,
            ready_at=600.1,
            items=(("dish\n2", 2), ("soup, hot", 1)),
            customer=17,
            zone="north side",
            promised_at=-1.5,
            preparation_started_at=33.3,
            preparation_time=700.7,
            tip=150,
        ),
    ],
    riders=[
        Rider(id="r1", x=2.0, y=48.0, on_at=0.0, off_at=0.0),
        Rider(
            id="r2",
            x=2.2,
            y=48.2,
            on_at=1.1,
            off_at=9000.9,
            speed=23 / 3.6,
            vehicle="motorcycle",
            capacity=2,
            breaks=((1000.5, 1200.0), (3000.0, 3600.0)),
            zone="süd",
        ),
    ],
)
"""Says everything that an instance can say, oddly."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The rich instance as a folder that a test may damage."""
    write(RICH, tmp_path / "rich")
    return tmp_path / "rich"


def mistakes(folder: Path) -> list[str]:
    with pytest.raises(InstanceError) as caught:
        read(folder)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("tables", FORMS)
def test_everything_an_instance_can_say_survives(tmp_path: Path, tables: Tables):
    """Every field that is not its default comes back to the bit, from either kind of table."""
    for noun, things in ((Store, RICH.stores), (Order, RICH.orders), (Rider, RICH.riders)):
        for field in dataclasses.fields(noun):
            assert any(getattr(thing, field.name) != field.default for thing in things), f"RICH does not say {field}"
    write(RICH, tmp_path, tables=tables)
    assert_same(read(tmp_path), RICH)


@pytest.mark.parametrize("tables", FORMS)
@pytest.mark.parametrize("source", [DATA / "mdrplib_twin", DATA / "rappi_twin", *PUBLIC], ids=lambda path: path.name)
def test_instances_of_other_formats_survive(tmp_path: Path, source: Path, tables: Tables):
    """What was read from any format is the same after a round trip through ours."""
    first = read_instance(format_of(source), source)
    write(first, tmp_path, tables=tables)
    assert_same(read(tmp_path), first)


number = st.floats(-1e9, 1e9)
text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    places=st.lists(st.tuples(number, number, number), min_size=1, max_size=6),
    ids=st.lists(text.filter(bool), min_size=6, max_size=6, unique=True),
    zone=text,
    speed=st.floats(1e-300, 1e9),
    cooking=st.one_of(st.floats(0.0, 1e6), st.just({"kind": "gamma", "mean": "11min", "cv": 1 / 3})),
    tables=st.sampled_from(FORMS),
)
@example(places=[(0.5, 0.0, -0.0)], ids=["a\rb", *"bcdef"], zone="\r", speed=1.0, cooking=360.0, tables="csv")
def test_any_number_and_any_word_survives(tmp_path: Path, places, ids, zone, speed, cooking, tables: Tables):
    """Floats keep their bits and words their letters, whatever they are."""
    instance = Instance(
        name="any",
        travel=Euclidean(speed),
        stores=[Store(id="s", x=1.0, y=2.0, preparation=duration_law(cooking))],
        orders=[
            Order(id=name, placed_at=at, store=0, x=x, y=y, zone=zone)
            for name, (at, x, y) in zip(ids, places, strict=False)
        ],
        riders=[],
    )
    write(instance, tmp_path, tables=tables)
    assert_same(read(tmp_path), instance)


@pytest.mark.parametrize("tables", FORMS)
def test_equal_instances_are_equal_bytes(tmp_path: Path, tables: Tables):
    """Writing twice gives the same files."""
    for name in "ab":
        write(RICH, tmp_path / name, tables=tables)
    files = sorted(file.name for file in (tmp_path / "a").iterdir())
    assert files == sorted([*(f"{t}.{tables}" for t in (*NOUNS, *PARTS)), "instance.yaml"])
    assert all((tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes() for file in files)


def test_no_table_of_an_earlier_instance_stays(tmp_path: Path):
    """Writing over a folder leaves nothing behind that would be read as part of the new instance."""
    write(RICH, tmp_path, tables="parquet")
    plain = dataclasses.replace(RICH, stores=RICH.stores[:1], orders=RICH.orders[:1], riders=[])
    write(plain, tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "instance.yaml", "orders.csv", "riders.csv", "stores.csv",
    ]  # fmt: skip
    assert_same(read(tmp_path), plain)


def test_an_instance_by_hand_needs_little(tmp_path: Path):
    """Three small tables in any order of columns, and three lines about the whole."""
    (tmp_path / "instance.yaml").write_text(
        "format: delivsim\nschema_version: 1\nname: by hand\ntravel: {kind: euclidean, speed: 5}\n"
    )
    (tmp_path / "stores.csv").write_text("y,x,id\n300,400,luigi\n\n")
    (tmp_path / "riders.csv").write_text("id,x,y,on_at,off_at,speed\r\nana,0,0,0,14400,\r\n")
    (tmp_path / "orders.csv").write_text("id,placed_at,store,x,y,tip\n1,600, luigi,1500,900,\n")
    assert "orders.csv:2: store: no store ' luigi' in the stores (did you mean 'luigi'?)" in mistakes(tmp_path)[0]
    (tmp_path / "orders.csv").write_text("id,placed_at,store,x,y,tip\n1, 600 ,luigi,1500,900,\n")
    (order,) = read(tmp_path).orders
    assert order == Order(id="1", placed_at=600.0, store=0, x=1500.0, y=900.0)


def test_parquet_columns_of_any_type_are_read(tmp_path: Path):
    """Whole numbers in a column of numbers, and names that are numbers, mean the same as in a text file."""
    write(dataclasses.replace(RICH, orders=[], stores=RICH.stores[:1]), tmp_path, tables="parquet")
    with connect() as con:
        query = (
            "SELECT 7 AS id, 5 AS placed_at, 'empty, but open' AS store, 1::FLOAT AS x, 2::SMALLINT AS y, NULL AS tip"
        )
        con.execute(f"COPY ({query}) TO '{tmp_path / 'orders.parquet'}' (FORMAT parquet)")
    (order,) = read(tmp_path).orders
    assert (order.id, order.placed_at, order.x, order.y, order.tip) == ("7", 5.0, 1.0, 2.0, 0)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("orders.csv", "700.7", "soon", "orders.csv:3: preparation_time: must be a number, got 'soon'"),
        ("orders.csv", "700.7", "-1", "orders.csv:3: order nan: preparation_time: must be >= 0, got -1.0"),
        ("orders.csv", ",150", ",1.5", "orders.csv:3: tip: must be a whole number, got 1.5"),
        ("orders.csv", ",17,", ",17,,", "orders.csv:3: must have 12 cells as the header has, got 13"),
        ("orders.csv", "placed_at", "placed", "orders.csv:1: no column 'placed_at' in the header"),
        ("orders.csv", ",tip", ",typ", "orders.csv:1: must not have a column 'typ', the format has none (did you mean"),
        ("orders.csv", ",tip", ",zone", "orders.csv:1: column 'zone' is given twice"),
        ("orders.csv", "nan,", '"nan,', "orders.csv:3: must be comma-separated values"),
        ("items.csv", "nan,\"soup", "nun,\"soup", "order: no order 'nun' in the orders (did you mean 'nan'?)"),
        ("items.csv", '"soup, hot",1', '"soup, hot",0', "items.csv:4: order nan: units of soup, hot: must be"),
        ("items.csv", "soup, hot", "soupe, hot", "items.csv:4: item: not on the menu of its store: 'soupe, hot' (did"),
        ("orders.csv", "north side", "north end", "orders.csv:3: zone: no zone 'north end' in the zones (did you mean"),
        ("riders.csv", "r2", "r1", "riders.csv:3: id: given twice: 'r1' is on line 2 already"),
        ("breaks.csv", "1200.0", "", "breaks.csv:2: ends_at: must be a number, got ''"),
        ("breaks.csv", "3000.0", "100.0", "breaks.csv:3: rider r2: breaks: must lie within the"),
        ("stores.csv", "lognormal", "lognorm", "stores.csv:3: preparation.kind: must be one of constant, exponential"),
        ("stores.csv", "lognormal", "lognorm", "got 'lognorm' (did you mean 'lognormal'?)"),
        ("menus.csv", ",450", ",-450", "menus.csv:2: store  odd \"id\" : price of soup, hot: must be >= 0, got -450"),
        ("stock.csv", "soup, hot", "soop, hot", "stock of soop, hot: not on the menu (did you mean 'soup, hot'?)"),
        ("refills.csv", ",10", ",-10", "refills.csv:2: store  odd \"id\" : refill of soup, hot: must be at a finite"),
        ("openings.csv", "9000.0", "7000.0", "openings.csv:3: store  odd \"id\" : opening: must be in order and apart"),
        ("stores.csv", "12.5", "-12.5", "stores.csv:3: store  odd \"id\" : handover_time: must be >= 0, got -12.5"),
        ("instance.yaml", "speed: 4.5", "speed: -4.5", "instance.yaml:6:34: travel.speed: must be > 0.0, got -4.5"),
        ("instance.yaml", "schema_version: 1", "schema_version: 2", "instance.yaml:2:17: schema_version: must be 1"),
        ("instance.yaml", "capacity: 3", "capacitee: 3", "rules.capacitee: unknown key (did you mean 'capacity'?)"),
        ("instance.yaml", "pay_per_km: 35", "pay_per_km: -1", "rules.pay_per_km: must be >= 0, got -1"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_named(folder: Path, file: str, old: str, new: str, message: str):
    """A mistake is told with its file, line, column and rule, and it is the only one."""
    before = (folder / file).read_text()
    assert old in before
    (folder / file).write_text(before.replace(old, new, 1))
    found = mistakes(folder)
    assert any(message in one for one in found), found
    assert len(found) <= 2


def test_rows_of_parquet_are_named_by_their_number(tmp_path: Path):
    """A mistake in a Parquet table is told with the number of its row, a damaged file with its name."""
    write(RICH, tmp_path, tables="parquet")
    with connect() as con:
        file = tmp_path / "riders.parquet"
        con.execute(f"CREATE TABLE t AS SELECT * REPLACE (-1.0 AS off_at) FROM '{file}'")
        con.execute(f"COPY t TO '{file}' (FORMAT parquet)")
    assert f"{file}:1: rider r1: off_at: must be >= on_at (0.0), got -1.0" in mistakes(tmp_path)
    file.write_text("no parquet")
    assert any(m.startswith(f"{file}: must be a Parquet file") for m in mistakes(tmp_path))


def test_wrong_files_are_named(folder: Path):
    """A missing table, one given twice, and a missing instance.yaml are told together."""
    (folder / "orders.csv").unlink()
    (folder / "instance.yaml").unlink()
    (folder / "items.parquet").write_bytes(b"")
    found = "\n".join(mistakes(folder))
    for part in ("orders.csv: cannot be read", "instance.yaml", "items.parquet: must not be given beside items.csv"):
        assert part in found


def test_what_the_format_cannot_hold_is_refused(tmp_path: Path):
    """A travel model that nobody knows and an order for nothing are named, and nothing is written."""

    class Teleport(Euclidean):
        pass

    with pytest.raises(InstanceError, match=r"travel: must be one of euclidean, haversine.*got Teleport"):
        write(dataclasses.replace(RICH, travel=Teleport(1.0)), tmp_path / "out")
    with pytest.raises(InstanceError, match="order 1: items: must not be empty"):
        write(dataclasses.replace(RICH, orders=[dataclasses.replace(RICH.orders[0], items=())]), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_format_is_known_by_its_files(tmp_path: Path):
    """Each format's folder is recognized; one without known files is refused with what would be known."""
    write_instance(RICH, "delivsim", tmp_path / "own")
    assert format_of(tmp_path / "own") == "delivsim"
    assert format_of(DATA / "mdrplib_twin") == "mdrplib"
    assert format_of(DATA / "rappi_twin") == "rappi"
    with pytest.raises(InstanceError, match=r"no format known by its files \(delivsim has instance.yaml"):
        format_of(tmp_path)
    with pytest.raises(InstanceError, match="no such directory"):
        format_of(tmp_path / "none")
    with pytest.raises(InstanceError, match=r"format: must be one of delivsim, mdrplib, got 'rappi'"):
        write_instance(RICH, "rappi", tmp_path / "out")


def test_every_field_has_its_place_and_meaning():
    """Each plain field of a noun is a column, each list a table, and all of them say what they mean."""
    for table, noun in NOUNS.items():
        lists = {part.field for part in PARTS.values() if part.of == table}
        assert lists | {c.name for c in columns_of(table)} == {field.name for field in dataclasses.fields(noun)}
    for table in (*NOUNS, *PARTS):
        assert all(len(column.meaning) > 5 for column in columns_of(table))
