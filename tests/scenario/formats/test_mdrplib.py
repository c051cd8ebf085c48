import dataclasses
import math
import os
import runpy
import shutil
from pathlib import Path

import pytest

from delivsim.domain.travel import Euclidean
from delivsim.errors import InstanceError
from delivsim.scenario.formats import read_instance
from delivsim.scenario.formats.mdrplib import read, write

DATA = Path(__file__).parents[2] / "data"
TWIN = DATA / "mdrplib_twin"
FILES = ("orders.txt", "couriers.txt", "restaurants.txt", "instance_parameters.txt")
PUBLIC = os.environ.get("DELIVSIM_MDRPLIB", "")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the twin that a test may damage."""
    return Path(shutil.copytree(TWIN, tmp_path / "twin"))


def folders() -> list[Path]:
    """The public instances where DELIVSIM_MDRPLIB names them, and always the twin."""
    return [TWIN, *(sorted(Path(PUBLIC).iterdir()) if PUBLIC else ())]


def damage(path: Path, line: int, text: str) -> str:
    """Replace one line of a file, and give the place as an error message names it."""
    lines = path.read_text().splitlines()
    lines[line - 1] = text
    path.write_text("\n".join(lines) + "\n")
    return f"{path}:{line}"


def mistakes(folder: Path) -> list[str]:
    with pytest.raises(InstanceError) as caught:
        read(folder)
    return str(caught.value).splitlines()


def test_minutes_metres_and_money_are_mapped_exactly(folder: Path):
    """Minutes become seconds, dollars cents, metres stay, and travel takes whole minutes."""
    damage(folder / "orders.txt", 2, "o1\t-91.5\t7497\t743\tr2\t753")
    damage(folder / "couriers.txt", 2, "c1\t11\t28\t30\t90")
    instance = read(folder)
    order, rider = instance.orders[0], instance.riders[0]
    assert (order.x, order.y, order.placed_at, order.ready_at) == (-91.5, 7497.0, 743 * 60.0, 753 * 60.0)
    assert instance.stores[order.store].id == "r2"
    assert (rider.on_at, rider.off_at, rider.speed) == (1800.0, 5400.0, None)
    assert instance.travel.time((0.0, 0.0), (320.0, 0.0)) == 60.0
    assert instance.travel.time((0.0, 0.0), (320.5, 0.0)) == 120.0
    rules = instance.rules
    assert (rules.pickup_service_time, rules.target_click_to_door) == (240.0, 2400.0)
    assert (rules.pay_per_order, rules.guaranteed_pay_per_hour) == (1000, 1500)
    assert instance.name == "twin"


def test_every_instance_reads_and_writes_to_the_same_bytes(tmp_path: Path):
    """The twin, and each public instance where there are any, survives a round trip byte for byte."""
    for source in folders():
        write(read_instance("mdrplib", source), tmp_path)
        for name in FILES:
            assert (tmp_path / name).read_bytes() == (source / name).read_bytes(), source


def test_fractions_survive_a_round_trip(tmp_path: Path, folder: Path):
    """Speeds, service times, money and places that are not whole come back the same."""
    damage(folder / "instance_parameters.txt", 2, "333.3\t2.5\t0.1\t40\t90\t7.55\t15.25")
    damage(folder / "restaurants.txt", 2, "r1\t0.1\t-1e-7")
    first = read(folder)
    write(first, tmp_path / "again")
    again = read(tmp_path / "again")
    for name in ("orders", "riders", "stores", "rules", "travel"):
        assert getattr(again, name) == getattr(first, name)
    assert again.rules.pay_per_order == 755


def test_the_twin_is_what_its_maker_makes():
    """The committed twin can be made anew from its seed."""
    made = runpy.run_path(str(DATA / "make_mdrplib_twin.py"))["tables"]()
    for name in FILES:
        assert [line.split("\t") for line in (TWIN / name).read_text().splitlines()] == made[name]


@pytest.mark.parametrize(
    ("file", "line", "text", "message"),
    [
        ("orders.txt", 2, "o1\t1\tx\t3\tr1\t5", "y: must be a number, got 'x'"),
        ("orders.txt", 2, "o1\t1\t\t3\tr1\t5", "y: must be a number, got ''"),
        ("orders.txt", 3, "o2\tnan\t2\t3\tr1\t5", "x: must be a number, got 'nan'"),
        ("orders.txt", 3, "o2\t1_0\t2\t3\tr1\t5", "x: must be a number, got '1_0'"),
        ("orders.txt", 3, "o2\t1e400\t2\t3\tr1\t5", "x: must be <= 1e+09, got 1e400"),
        ("orders.txt", 3, "o2\t1\t2\t3.5\tr1\t5", "placement_time: must be a whole number, got 3.5"),
        ("orders.txt", 3, "o2\t1\t2\t-3\tr1\t5", "placement_time: must be >= 0, got -3"),
        ("orders.txt", 4, "o3\t1\t2\t9\tr1\t8", "ready_time: must be >= placement_time (9), got 8"),
        ("orders.txt", 4, "o3\t1\t2\t9\tr11\t9", "restaurant: no 'r11' in restaurants.txt (did you mean"),
        ("orders.txt", 5, "o1\t1\t2\t9\tr1\t9", "order: given twice: 'o1' is on line 2 already"),
        ("orders.txt", 5, "\t1\t2\t9\tr1\t9", "order: must not be blank"),
        ("orders.txt", 5, "o4\t1\t2\t9\tr1", "must have 6 cells as the header has, got 5"),
        ("orders.txt", 5, "o4 1 2 9 r1 10", "must have 6 cells as the header has, got 1"),
        (
            "orders.txt",
            1,
            "order\tx\ty\tplaced\trestaurant\tready_tim",
            "no column 'ready_time' in the header (did you mean 'ready_tim'?)",
        ),
        ("couriers.txt", 2, "c1\t1\t2\t90\t80", "off_time: must be >= on_time (90), got 80"),
        ("couriers.txt", 3, "c1\t1\t2\t90\t99", "courier: given twice"),
        ("restaurants.txt", 3, "r2\t1\tinf", "y: must be a number, got 'inf'"),
        ("restaurants.txt", 3, "r1\t1\t1", "restaurant: given twice"),
        ("instance_parameters.txt", 2, "0\t4\t4\t40\t90\t10\t15", "meters_per_minute: must be > 0, got 0"),
        (
            "instance_parameters.txt",
            2,
            "320\t-4\t4\t40\t90\t10\t15",
            "pickup service minutes: must be >= 0, got -4",
        ),
        ("instance_parameters.txt", 2, "320\t4\t4\t40\t30\t10\t15", "must be >= target click-to-door (40)"),
        ("instance_parameters.txt", 2, "320\t4\t4\t40\t90\t1.005\t15", "an amount in whole cents, got 1.005"),
    ],
)
def test_a_wrong_line_is_named(folder: Path, file: str, line: int, text: str, message: str):
    """A mistake is told with its own file, line, column and rule, and is the only one told."""
    place = damage(folder / file, line, text)
    found = mistakes(folder)
    assert [m for m in found if m.startswith(f"{place}: ") and message in m], found
    assert len(found) <= 2


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda p: p.unlink(), "cannot be read: no such file"),
        (lambda p: p.write_text(""), "an empty file"),
        (lambda p: p.write_text("\n \n"), "an empty file"),
        (lambda p: p.write_text(p.read_text().splitlines()[0] + "\n"), "below the header, got none"),
        (lambda p: p.write_bytes(bytes(range(256))), "bytes that are none"),
        (lambda p: p.write_bytes(b"a\0b\n"), "got a binary one"),
        (lambda p: (p.unlink(), p.mkdir()), "cannot be read: is a directory"),
    ],
    ids=["missing", "empty", "blank", "header only", "not utf-8", "binary", "directory"],
)
def test_a_wrong_file_is_named(folder: Path, file: str, spoil, message: str):
    """A file that is missing, empty or no text is one mistake, told with its name."""
    spoil(folder / file)
    (found,) = mistakes(folder)
    assert found.startswith(str(folder / file))
    assert message in found


def test_every_mistake_is_told_at_once(folder: Path):
    """Mistakes in all four files come in one error, and each keeps its place."""
    places = [
        damage(folder / "orders.txt", 2, "o1\t1\tx\t3\tr1\t5"),
        damage(folder / "couriers.txt", 4, "c3\tx\t1\t2\t3"),
        damage(folder / "restaurants.txt", 8, "r7\tx\t1"),
        damage(folder / "instance_parameters.txt", 2, "320\tx\t4\t40\t90\t10\t15"),
    ]
    found = mistakes(folder)
    assert len(found) == len(places)
    assert all(any(m.startswith(place) for m in found) for place in places)


def test_a_path_that_is_no_directory_is_refused(tmp_path: Path):
    """No such directory, a file in its place, an absurd name, an unknown format: said, never a traceback."""
    with pytest.raises(InstanceError, match="no such directory"):
        read(tmp_path / "none")
    with pytest.raises(InstanceError, match="no such directory"):
        read("x" * 5000)
    (tmp_path / "file").write_text("")
    with pytest.raises(InstanceError, match="must be a directory, got a file"):
        read(tmp_path / "file")
    with pytest.raises(InstanceError, match=r"format: must be one of .*mdrplib.*did you mean 'mdrplib'"):
        read_instance("mdrp-lib", TWIN)


def test_windows_lines_and_a_byte_order_mark_are_read(folder: Path):
    """A file saved by an editor of another system means the same."""
    text = (folder / "orders.txt").read_text()
    (folder / "orders.txt").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert read(folder).orders == read(TWIN).orders


def test_what_the_format_cannot_hold_is_refused(tmp_path: Path):
    """Seconds between minutes, unknown ready times, other travel, what has no column: named, and nothing is written."""
    twin = read(TWIN)
    order = dataclasses.replace(twin.orders[0], placed_at=61.0, ready_at=None, tip=5)
    rider = dataclasses.replace(twin.riders[0], speed=3.0, off_at=math.floor(twin.riders[0].off_at) + 1.0)
    rules = dataclasses.replace(twin.rules, same_store_bundles=False)
    for travel in (Euclidean(3.0), Euclidean(3.0, round_up_to=60.0, detour=1.3)):
        odd = dataclasses.replace(twin, orders=[order], riders=[rider], travel=travel, rules=rules)
        with pytest.raises(InstanceError) as caught:
            write(odd, tmp_path / "out")
        text = str(caught.value)
        for part in (
            "placed_at: must be a whole minute, got 61", "ready_at", "off_at", "orders: the format has no tip",
            "riders: the format has no speed", "rules: the format has no same_store_bundles",
            "travel: must be Euclidean",
        ):  # fmt: skip
            assert part in text
    assert not (tmp_path / "out").exists()
