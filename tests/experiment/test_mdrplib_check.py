"""
The strict checker on a day that can be checked by hand; this also covers its parts, solution, walk and metrics.

100 m a minute, half a service 2 min everywhere. c1 is told at 18 to fetch o1 and o2 at r1: there at 20, served by half
and all ready at 22, off at 24, at o1's door at 27 (o1 delivered at 29, off at 31), at o2's at 33 (delivered at 35).
c2 is told at 25 to fetch o3 at r2: there at 28, pick-up at 30, as the shift ends; at the door at 36, delivered at 38.
"""

from pathlib import Path

import pytest

from delivsim.domain.instance import Instance
from delivsim.errors import InstanceError
from delivsim.experiment.mdrplib import check_solution
from delivsim.scenario.formats.mdrplib import read

INSTANCE = {
    "restaurants.txt": "restaurant x y|r1 0 0|r2 1000 0",
    "orders.txt": "order x y placement_time restaurant ready_time|o1 300 0 10 r1 20|o2 500 0 12 r1 22"
    "|o3 1000 400 15 r2 30|o4 0 9000 50 r1 60",
    "couriers.txt": "courier x y on_time off_time|c1 0 200 0 120|c2 1000 -300 0 30|c3 5000 5000 40 40",
}
PARAMETERS = (
    "meters_per_minute\tpickup service minutes\tdropoff service minutes\ttarget click-to-door\t"
    "maximum click-to-door\tpay per order\tguaranteed pay per hour\n100\t4\t4\t20\t90\t10\t15\n"
)
FILES = {
    "assignments": ["assignment_time pickup_time courier order", "18 22 c1 o1 o2", "25 30 c2 o3"],
    "orders": [
        "order placement_time ready_time pickup_time dropoff_time courier",
        "o1 10 20 22 29 c1",
        "o2 12 22 22 35 c1",
        "o3 15 30 30 38 c2",
    ],
    "couriers": [
        "courier departure_time origin destination",
        "c1 18 0 r1",
        "c1 24 r1 o1",
        "c1 31 o1 o2",
        "c2 25 0 r2",
        "c2 32 r2 o3",
    ],
}


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    folder = tmp_path / "instance"
    folder.mkdir()
    for name, text in INSTANCE.items():
        (folder / name).write_text(text.replace(" ", "\t").replace("|", "\n"))
    (folder / "instance_parameters.txt").write_text(PARAMETERS)
    return read(folder)


@pytest.fixture
def check(instance: Instance, tmp_path: Path):
    """Check the solution with some lines replaced (None: left out), given as {(file, line): text}."""

    def run(changes=None, more=None):
        for name, lines in FILES.items():
            kept = [(changes or {}).get((name, i), line) for i, line in enumerate(lines, start=1)]
            kept += (more or {}).get(name, [])
            text = "".join(f"{line}\n" for line in kept if line is not None)
            (tmp_path / f"solution_info_{name}.txt").write_text(text)
        return check_solution(instance, tmp_path)

    return run


def test_a_right_solution_has_no_violation(check):
    """The day told above is clean; o4 is undelivered, which is counted and is no violation."""
    found = check()
    assert found.ok
    assert found.violations == ()
    assert (found.n_orders, found.n_delivered, found.undelivered) == (4, 3, ("o4",))


def test_the_published_metrics(check):
    """Each figure is what one computes by hand."""
    found = check()
    means = {name: figures["mean"] for name, figures in found.metrics.items()}
    assert means["click_to_door"] == pytest.approx((19 + 23 + 23) / 3)
    assert means["click_to_door_overage"] == pytest.approx(2.0)
    assert means["ready_to_door"] == pytest.approx((9 + 13 + 8) / 3)
    assert means["ready_to_pickup"] == pytest.approx(2 / 3)
    assert means["courier_utilization"] == pytest.approx((19 / 120 + 15 / 30) / 2)
    assert means["orders_per_hour"] == pytest.approx((2 / 2 + 1 / 0.5) / 2)
    assert means["bundles_per_hour"] == pytest.approx((1 / 2 + 1 / 0.5) / 2)
    assert means["orders_per_bundle"] == pytest.approx(1.5)
    assert list(found.metrics["click_to_door"]) == ["mean", "sd", "min", "p10", "p50", "p90", "max"]
    assert found.totals == pytest.approx({"total_pay": 40.0, "cost_per_order": 10.0, "share_on_guarantee": 1 / 3})


@pytest.mark.parametrize(
    ("changes", "where", "message"),
    [
        # times
        ({("orders", 2): "o1 10 20 22 27 c1"}, ("orders", 2), "dropoff_time: must be 29 (there at 27, and half"),
        ({("orders", 2): "o1 10 20 22 30 c1"}, ("orders", 2), "dropoff_time: must be 29"),
        ({("couriers", 4): "c1 30 o1 o2"}, ("couriers", 4), "departure_time: c1 is busy until 31, got 30"),
        ({("couriers", 3): "c1 23 r1 o1"}, ("couriers", 3), "departure_time: c1 is busy until 24, got 23"),
        ({("couriers", 3): "c1 25 r1 o1"}, ("couriers", 3), "must be 24, at once with food on board, got 25"),
        ({("assignments", 2): "18 21 c1 o1 o2"}, ("assignments", 2), "pickup_time: must be >= ready time of o2 (22)"),
        ({("assignments", 2): "18 23 c1 o1 o2"}, ("assignments", 2), "pickup_time: must be 22 (there at 20, half"),
        ({("couriers", 5): "c2 27 0 r2"}, ("assignments", 3), "pickup_time: must be 32 (there at 30, half the"),
        ({("assignments", 3): "14 30 c2 o3"}, ("assignments", 3), "assignment_time: must be >= placement of o3 (15)"),
        ({("assignments", 3): "26 30 c2 o3"}, ("assignments", 3), "must be <= departure (25) or from arrival (28)"),
        ({("assignments", 3): "31 30 c2 o3"}, ("assignments", 3), "assignment_time: must be <= departure (25)"),
        ({("assignments", 3): "25 31 c2 o3"}, ("assignments", 3), "pickup_time: must be <= off_time of c2 (30)"),
        ({("orders", 4): "o3 15 30 31 38 c2"}, ("orders", 4), "pickup_time: must be 30 (as on line 3"),
        (
            {("orders", 4): "o3 14 30 30 38 c2"},
            ("orders", 4),
            "placement_time: must be 15 (as in the instance), got 14",
        ),
        ({("orders", 4): "o3 15 29 30 38 c2"}, ("orders", 4), "ready_time: must be 30 (as in the instance), got 29"),
        ({("orders", 4): "o3 15 30 30 38.5 c2"}, ("orders", 4), "dropoff_time: must be a whole minute, got 38.5"),
        # who and where
        ({("orders", 4): "o3 15 30 30 38 c1"}, ("orders", 4), "courier: must be c2, as on line 3"),
        ({("couriers", 4): "c1 31 r1 o2"}, ("couriers", 4), "origin: must be o1, where c1 is, got r1"),
        ({("couriers", 2): "c1 18 r2 r1"}, ("couriers", 2), "origin: must be 0, where c1 is, got r2"),
        ({("couriers", 4): "c1 31 o1 r2"}, ("couriers", 4), "destination: diverted to r2 with o2 on board"),
        ({("couriers", 4): "c1 31 o1 o3"}, ("couriers", 4), "destination: c1 does not have o3 on board"),
        ({("couriers", 4): "c1 31 o1 o9"}, ("couriers", 4), "destination: must be a restaurant or an order, got 'o9'"),
        ({("couriers", 4): None}, ("couriers", 3), "destination: the last way, but o2 is still on board"),
        ({("couriers", 4): None}, ("orders", 3), "order: no way of courier c1 leads to o2"),
        ({("couriers", 3): "c1 24 r1 o2", ("couriers", 4): "c1 33 o2 o1"}, ("couriers", 3), "must be o1, as told"),
        ({("couriers", 5): "c2 25 0 r1"}, ("assignments", 3), "courier: c2 never goes to r2 at that time"),
        ({("couriers", 5): None, ("couriers", 6): None}, ("assignments", 3), "courier: c2 has no way in solution"),
        ({("couriers", 5): "c9 25 0 r2"}, ("couriers", 5), "courier: no courier 'c9'"),
        ({("couriers", 5): "c1 37 o2 r2", ("couriers", 4): "c2 25 0 r2"}, ("couriers", 5), "must stand together"),
        # orders
        ({("assignments", 3): "25 30 c2 o3 o1"}, ("assignments", 3), "must come from one restaurant, got r1, r2"),
        ({("assignments", 3): "25 30 c2 o1"}, ("assignments", 3), "order: o1 is already picked up on line 2"),
        ({("assignments", 3): "25 30 c2 o33"}, ("assignments", 3), "order: no order 'o33' in the instance (did you"),
        ({("assignments", 3): "25 30 c8 o3"}, ("assignments", 3), "courier: no courier 'c8'"),
        ({("assignments", 3): None}, ("orders", 4), "order: o3 is delivered, but nobody is told to pick it up"),
        ({("orders", 4): None}, ("assignments", 3), "order: o3 is picked up, but is not among the delivered"),
        ({("orders", 4): "o1 10 20 22 29 c1"}, ("orders", 4), "order: o1 is already delivered on line 2"),
        ({("orders", 4): "o77 15 30 30 38 c2"}, ("orders", 4), "order: no order 'o77' in the instance"),
        # malformed
        ({("orders", 4): "o3 15 30 30"}, ("orders", 4), "must have 6 cells as the header has, got 4"),
        ({("orders", 4): "o3 15 30 nan 38 c2"}, ("orders", 4), "pickup_time: must be a number, got 'nan'"),
        ({("couriers", 6): "c2 x r2 o3"}, ("couriers", 6), "departure_time: must be a number, got 'x'"),
        ({("assignments", 3): "25 30 c2"}, ("assignments", 3), "must have 4 cells as the header has, got 3"),
        ({("orders", 1): "order placed"}, ("orders", 1), "no column 'placement_time' in the header"),
    ],
)
def test_a_violation_is_named(check, changes, where, message):
    """Each broken rule is told with its file, line and column, what was expected and what was found."""
    found = check(changes)
    assert not found.ok
    place = f"solution_info_{where[0]}.txt:{where[1]}: "
    texts = [str(problem) for problem in found.violations]
    assert any(place in text and message in text for text in texts), texts


@pytest.mark.parametrize(
    "change",
    [
        {("orders", 2): "o1 10 20 22 27 c1"},
        {("couriers", 2): "c1 17 0 r1", ("assignments", 2): "17 22 c1 o1 o2", ("orders", 3): "o2 12 22 22 36 c1"},
        {("orders", 4): "o3 14 30 30 38 c2"},
        {("assignments", 3): "14 30 c2 o3"},
        {("orders", 4): "o3 15 30 30 38 c1"},
    ],
)
def test_one_wrong_number_is_one_violation(check, change):
    """A mistake does not drag others behind it."""
    assert len(check(change).violations) == 1


def test_every_violation_is_told(check):
    """Three independent mistakes in three files are three violations, in the order of files and lines."""
    changes = {
        ("orders", 4): "o3 14 30 30 38 c2",
        ("assignments", 2): "9 22 c1 o1 o2",
        ("couriers", 5): "c2 25 r1 r2",
    }
    texts = [str(problem) for problem in check(changes).violations]
    for name, line in (("assignments", 2), ("couriers", 5), ("orders", 4)):
        assert any(f"solution_info_{name}.txt:{line}: " in text for text in texts)
    assert [text.split("solution_info_")[1].split(".")[0] for text in texts] == sorted(
        text.split("solution_info_")[1].split(".")[0] for text in texts
    )


def test_a_courier_may_wait_at_a_store_and_be_told_on_arrival(check):
    """What to pick up may still change on arrival, and somebody may move without an order."""
    assert check({("assignments", 3): "28 30 c2 o3"}).ok
    whole = ["c1 5 0 r1", "c1 18 r1 r1", "c1 24 r1 o1", "c1 31 o1 o2", "c2 25 0 r2", "c2 32 r2 o3"]
    header = FILES["couriers"][0]
    assert check({("couriers", i): None for i in range(1, 7)}, {"couriers": [header, *whole]}).ok


def test_missing_files_are_violations_and_a_missing_folder_an_error(instance, tmp_path: Path):
    """An empty folder lacks three files; no folder at all cannot be checked."""
    (tmp_path / "empty").mkdir()
    found = check_solution(instance, tmp_path / "empty")
    assert [("no such file" in p.rule) for p in found.violations] == [True, True, True]
    assert found.n_delivered == 0
    with pytest.raises(InstanceError, match="no such directory"):
        check_solution(instance, tmp_path / "none")


def test_binary_files_are_violations(check, instance, tmp_path: Path):
    """Bytes that are no text are said to be none, and the other files are still checked."""
    check()
    (tmp_path / "solution_info_orders.txt").write_bytes(bytes(range(256)))
    texts = [str(problem) for problem in check_solution(instance, tmp_path).violations]
    assert any("must be a text file" in text for text in texts)
