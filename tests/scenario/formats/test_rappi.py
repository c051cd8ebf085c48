import os
import runpy
import shutil
from pathlib import Path

import pytest

from delivsim.errors import InstanceError
from delivsim.scenario.formats.rappi import SPEEDS, read

DATA = Path(__file__).parents[2] / "data"
TWIN = DATA / "rappi_twin"
DAYS = os.environ.get("DELIVSIM_RAPPI", "")
SIZES = {"16": (538, 430), "10": (735, 455), "19": (4389, 1908), "18": (30448, 12218)}
ORDER = "1,10.1,20.1,10.2,20.2,23:50:00,23:51:00,00:10:00,00:20:00"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the twin that a test may damage."""
    return Path(shutil.copytree(TWIN, tmp_path / "twin"))


def damage(path: Path, line: int, text: str) -> str:
    """Replace one line of a file, and give the place as an error message names it."""
    lines = path.read_text().splitlines()
    lines[line - 1] = text
    path.write_text("\n".join(lines) + "\n")
    return f"{path}:{line}"


def test_degrees_clocks_and_vehicles_are_mapped_exactly(folder: Path):
    """x is the longitude, instants count from midnight and pass it, and a vehicle gives its rider a speed."""
    damage(folder / "orders.csv", 2, ORDER)
    damage(folder / "couriers.csv", 2, "1,bicycle,10.3,20.3,18:30:05,01:15:00")
    instance = read(folder)
    order, rider = instance.orders[0], instance.riders[0]
    store = instance.stores[order.store]
    assert (store.x, store.y, order.x, order.y) == (20.1, 10.1, 20.2, 10.2)
    assert (order.placed_at, order.ready_at, order.promised_at) == (85_800.0, 87_000.0, 87_600.0)
    assert (order.preparation_started_at, order.preparation_time) == (85_860.0, 1140.0)
    assert (rider.x, rider.y, rider.on_at, rider.off_at) == (20.3, 10.3, 66_605.0, 90_900.0)
    assert (rider.vehicle, rider.speed) == ("bicycle", pytest.approx(15 / 3.6))
    assert instance.geographic
    one_degree_of_latitude = instance.travel.time((20.0, 10.0), (20.0, 11.0), rider.speed)
    assert one_degree_of_latitude == pytest.approx(111_195 / (15 / 3.6), rel=1e-4)


def test_a_pick_up_point_is_one_store():
    """Orders picked up at the same place share a store, and no two stores share a place."""
    instance = read(TWIN)
    places = {(store.x, store.y) for store in instance.stores}
    rows = [line.split(",") for line in (TWIN / "orders.csv").read_text().splitlines()[1:]]
    assert len(places) == len(instance.stores) == len({(row[2], row[1]) for row in rows}) < len(rows)
    for row, order in zip(rows, instance.orders, strict=True):
        store = instance.stores[order.store]
        assert (store.x, store.y) == (float(row[2]), float(row[1]))


def test_the_twin_holds_what_real_days_hold():
    """A shift without length, promises before readiness, times past midnight and every vehicle are legal."""
    instance = read(TWIN)
    assert any(rider.off_at == rider.on_at for rider in instance.riders)
    assert any(order.promised_at < order.ready_at for order in instance.orders)
    assert any(order.placed_at < 86_400.0 < order.ready_at for order in instance.orders)
    assert any(rider.on_at < 86_400.0 < rider.off_at for rider in instance.riders)
    assert {rider.vehicle for rider in instance.riders} == set(SPEEDS)
    assert all(order.promised_at >= order.placed_at for order in instance.orders)


def test_the_twin_is_what_its_maker_makes():
    """The committed twin can be made anew from its seed."""
    maker = runpy.run_path(str(DATA / "make_rappi_twin.py"))
    made = maker["tables"](**maker["TWIN"])
    for name, rows in made.items():
        assert [line.split(",") for line in (TWIN / name).read_text().splitlines()] == rows


@pytest.mark.parametrize("day", SIZES)
def test_every_real_day_is_read_whole(day: str):
    """Each row of the published days becomes an order or a rider; none is lost, none invented."""
    if not DAYS:
        pytest.skip("DELIVSIM_RAPPI is not set")
    instance = read(Path(DAYS) / day)
    assert (len(instance.orders), len(instance.riders)) == SIZES[day]


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("orders.csv", ORDER.replace("10.1", "x"), "pick_up_lat: must be a number, got 'x'"),
        ("orders.csv", ORDER.replace("10.1", "90.5"), "pick_up_lat: must be <= 90, got 90.5"),
        ("orders.csv", ORDER.replace("20.2", "-181"), "drop_off_lng: must be >= -180, got -181"),
        ("orders.csv", ORDER.replace("23:50:00", "24:50:00"), "placement_time: must be a time of day such as 18:30:00"),
        ("orders.csv", ORDER.replace("23:50:00", ""), "placement_time: must be a time of day such as 18:30:00, got ''"),
        ("orders.csv", ORDER.replace("23:51:00", "23:49:00"), "preparation_time: must not fall back by 12 hours"),
        ("orders.csv", ORDER.replace("00:10:00", "12:00:00"), "ready_time: must not fall back by 12 hours"),
        ("orders.csv", ORDER.replace("00:20:00", "00:20"), "expected_drop_off_time: must be a time of day"),
        ("orders.csv", ORDER + ",1", "must have 9 cells as the header has, got 10"),
        ("orders.csv", ORDER[1:], "order_id: must not be blank"),
        ("couriers.csv", "1,byke,10.3,20.3,18:30:05,01:15:00", "vehicle: must be one of walking, bicycle"),
        ("couriers.csv", "1,car,10.3,20.3,18:30:05,17:15:00", "off_time: must not fall back by 12 hours"),
        ("couriers.csv", "2,car,10.3,20.3,18:30:05,19:15:00", "courier_id: given twice: '2' is on line 2 already"),
    ],
)
def test_a_wrong_line_is_named(folder: Path, file: str, text: str, message: str):
    """A mistake is told with its file, line, column and rule, and is the only one told."""
    place = damage(folder / file, 2, text)
    with pytest.raises(InstanceError) as caught:
        read(folder)
    (found,) = str(caught.value).splitlines()
    place = place.replace(":2", ":3") if "twice" in message else place
    assert found.startswith(f"{place}: ")
    assert message in found


def test_every_mistake_is_told_at_once(folder: Path):
    """Mistakes of both files come in one error."""
    places = [damage(folder / "orders.csv", n, "x") for n in (2, 9)] + [damage(folder / "couriers.csv", 5, "x")]
    with pytest.raises(InstanceError) as caught:
        read(folder)
    assert [str(problem).split(": ")[0] for problem in caught.value.problems] == places


def test_a_promise_may_precede_everything(folder: Path):
    """A promise that lies a little before the placement is data, not tomorrow's."""
    damage(folder / "orders.csv", 2, ORDER.replace("00:20:00", "23:40:00"))
    assert read(folder).orders[0].promised_at == 85_200.0
