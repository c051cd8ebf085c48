"""Tables of travel times: by pair or as a square, as text or Parquet, and every mistake by file and line."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from delivsim.domain.instance import Instance
from delivsim.domain.order import Order
from delivsim.domain.rider import Rider
from delivsim.domain.store import Store
from delivsim.domain.travel import Euclidean
from delivsim.domain.travel.config import MatrixTravel
from delivsim.errors import InstanceError, ScenarioError
from delivsim.record.parquet import connect, write_frame
from delivsim.scenario.nodes import Place
from delivsim.scenario.travel.base import base_travel
from delivsim.scenario.travel.matrix_file import read_matrix

TOWN = Instance(
    name="town",
    stores=[Store(id="s1", x=0.0, y=0.0)],
    orders=[
        Order(id="o1", placed_at=0.0, store=0, x=300.0, y=0.0),
        Order(id="o2", placed_at=60.0, store=0, x=0.0, y=400.0),
    ],
    riders=[Rider(id="r1", x=0.0, y=0.0, on_at=0.0, off_at=3600.0)],
    travel=Euclidean(5.0),
)
IDS = ("s1", "o1", "o2")
PAIRS = "from,to,seconds,metres\n" + "".join(
    f"{a},{b},{100 * i + j},{1000 * i + j}\n" for i, a in enumerate(IDS) for j, b in enumerate(IDS) if a != b
)
SQUARE = "id,s1,o1,o2\ns1,0,1,2\no1,100,0,102\no2,200,201,0\n"


def travel(path: Path, town: Instance = TOWN, **more: Any) -> Any:
    config = MatrixTravel.model_validate({"kind": "matrix", "path": str(path), **more})
    return base_travel(Place("town.yaml", 4, 3), "instance.travel", config, town)


def written(folder: Path, text: str, name: str = "times.csv") -> Path:
    (folder / name).write_text(text)
    return folder / name


def parquet(folder: Path, frame: pd.DataFrame) -> Path:
    with connect() as con:
        write_frame(con, frame, folder / "times.parquet")
    return folder / "times.parquet"


def check(found: Any) -> None:
    assert found.time((0.0, 0.0), (300.0, 0.0)) == 1.0
    assert found.time((300.0, 0.0), (0.0, 400.0)) == 102.0
    assert found.time((0.0, 400.0), (0.0, 0.0)) == 200.0


def test_pairs_and_squares_say_the_same(tmp_path: Path) -> None:
    """In any order of columns; the rider, who starts at the store, needs no rows of his own."""
    check(travel(written(tmp_path, PAIRS)))
    check(travel(written(tmp_path, SQUARE)))
    swapped = "\n".join(",".join(line.split(",")[::-1]) for line in PAIRS.split("\n"))
    check(travel(written(tmp_path, swapped)))
    assert travel(written(tmp_path, PAIRS)).distance((0.0, 400.0), (300.0, 0.0)) == 2001.0


def test_parquet_is_read_as_text_is(tmp_path: Path) -> None:
    """Numbers of any type."""
    rows = [line.split(",") for line in PAIRS.split()[1:]]
    frame = pd.DataFrame(
        {"from": [r[0] for r in rows], "to": [r[1] for r in rows], "seconds": [int(r[2]) for r in rows]}
    )
    check(travel(parquet(tmp_path, frame)))
    square = pd.DataFrame(
        {"id": list(IDS), "s1": [0.0, 100.0, 200.0], "o1": [1.0, 0.0, 201.0], "o2": [2.0, 102.0, 0.0]}
    )
    check(travel(parquet(tmp_path, square)))


def test_zones_stand_for_all_places_that_are_nearest(tmp_path: Path) -> None:
    """Within a zone the table says what it takes, or nothing."""
    zones = written(tmp_path, "id,x,y\nwest,0,0\nnorth,0,400\n", "zones.csv")
    times = written(tmp_path, "from,to,seconds\nwest,north,50\nnorth,west,70\nwest,west,9\n")
    town = dataclasses.replace(TOWN, orders=[dataclasses.replace(TOWN.orders[0], x=100.0), TOWN.orders[1]])
    found = travel(times, town, places=str(zones))
    assert found.time((0.0, 0.0), (100.0, 0.0)) == 9.0
    assert found.time((100.0, 0.0), (0.0, 400.0)) == 50.0
    assert found.time((0.0, 400.0), (0.0, 0.0)) == 70.0


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("s1,o1,1,1", "s1,o1,soon,1", r"times\.csv:2: seconds: must be a number >= 0, got 'soon'"),
        ("s1,o1,1,1", "s1,o1,-1,1", r"times\.csv:2: seconds: must be a number >= 0, got '-1'"),
        ("s1,o1,1,1", "s1,o1,1,nan", r"times\.csv:2: metres: must be a number >= 0, got 'nan'"),
        ("s1,o1,1,1", "s1,o1,1", r"times\.csv:2: must have 4 cells as the header has, got 3"),
        ("s1,o1,1,1", ",o1,1,1", r"times\.csv:2: from: must not be blank"),
        ("s1,o1,1,1", "s1,o2,1,1", r"times\.csv:3: given twice: from 's1' to 'o2'"),
        ("s1,o1,1,1\n", "", r"times\.csv: no seconds from 's1' to 'o1'"),
        ("o2", "o3", r"order o2: no 'o2' in .*times\.csv"),
        ("seconds", "minutes", r"times\.csv:1: must have columns from, to and seconds, or ids"),
        ("s1,o1,1,1", 's1,o"1,1,"1', r"times\.csv:\d+: must be comma-separated values"),
    ],
)
def test_mistakes_are_named_with_file_and_line(old: str, new: str, rule: str, tmp_path: Path) -> None:
    """Below the line of the scenario that names the file."""
    with pytest.raises(
        ScenarioError, match=r"^town\.yaml:4:3: instance\.travel: must fit the places of town\n.*" + rule
    ):
        travel(written(tmp_path, PAIRS.replace(old, new)))


def test_missing_files_and_odd_squares_are_named(tmp_path: Path) -> None:
    """No file, an empty one, a line too short, a column that is no row."""
    with pytest.raises(InstanceError, match=r"no\.csv: cannot be read: no such file"):
        read_matrix(tmp_path / "no.csv")
    with pytest.raises(InstanceError, match=r"no\.parquet: must be a Parquet file"):
        read_matrix(tmp_path / "no.parquet")
    with pytest.raises(InstanceError, match=r"times\.csv: must start with a header line"):
        read_matrix(written(tmp_path, "\n"))
    with pytest.raises(InstanceError, match=r"times\.csv:3: must have 4 cells as the header has, got 3"):
        read_matrix(written(tmp_path, SQUARE.replace(",102", "")))
    with pytest.raises(ScenarioError, match="no seconds from 'o2' to 's1'"):
        travel(written(tmp_path, SQUARE.replace("o2,200,201,0\n", "")))


def test_ids_of_two_kinds_cannot_be_told_apart(tmp_path: Path) -> None:
    """A store and an order of one id: zones help."""
    town = dataclasses.replace(TOWN, orders=[dataclasses.replace(TOWN.orders[0], id="s1"), TOWN.orders[1]])
    with pytest.raises(ScenarioError, match="order s1: 's1' is a store as well"):
        travel(written(tmp_path, SQUARE), town)


def test_one_spot_has_one_time(tmp_path: Path) -> None:
    """Two ids at the same place with different times could not be told apart on the way."""
    town = dataclasses.replace(TOWN, riders=[*TOWN.riders, Rider(id="o9", x=300.0, y=0.0, on_at=0.0, off_at=60.0)])
    more = PAIRS + "".join(f"o9,{a},7,7\n{a},o9,8,8\n" for a in IDS)
    with pytest.raises(ScenarioError, match="rider o9: must not stand where order o1 does"):
        travel(written(tmp_path, more), town)


def test_only_what_is_needed_is_kept(tmp_path: Path) -> None:
    """A table of the whole country serves a village."""
    far = "".join(f"x{i},x{j},1,1\n" for i in range(60) for j in range(60))
    found = travel(written(tmp_path, PAIRS + far))
    assert found.seconds.shape == (3, 3)
    check(found)
    assert np.isfinite(found.seconds).all()
