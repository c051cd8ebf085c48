"""Same seed and versions, same bytes; and under one seed every policy meets the same evening."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from delivsim.experiment.run import run
from delivsim.record.result import Result
from delivsim.record.tables import TABLES
from delivsim.scenario.schema import Scenario

LIVELY: dict[str, Any] = {
    "name": "lively",
    "seed": 5,
    "starts_at": "2026-11-20T18:00",
    "horizon": "20min",
    "city": {
        "side": "4km",
        "demand": {"rate": {"18:00": "150/h"}},
        "stores": {"count": 6, "clusters": 2, "stock": 30},
        "kitchens": {"preparation": {"kind": "gamma", "mean": "8min", "cv": 0.5}, "cooks": 2},
        "customers": {
            "patience": {"kind": "uniform", "low": "10min", "high": "60min"}, "track_every": "4min", "bad_token": 0.05,
            "declined_card": 0.1, "view_profile": 0.3, "update_profile": 0.2, "feedback": 0.5,
        },
        "riders": {
            "accept": 0.8, "ignore": 0.1, "think_time": {"kind": "exponential", "mean": "10s"},
            "shifts": [{"start": "18:00", "end": "20:30", "riders": 12}],
        },
    },
    "dispatch": {"policy": "linear_assignment", "every": "30s", "decision_time": {"kind": "exponential", "mean": "1s"}},
    "faults": [{"kind": "crash", "service": "store", "at": "18:08", "for": "1min"}],
}  # fmt: skip

SCRIPT = """
import json, sys
from delivsim.experiment.run import run
from delivsim.record.tables import TABLES
from delivsim.scenario.schema import Scenario
scenario = Scenario.model_validate(json.loads(sys.argv[1]))
run(scenario, out=sys.argv[2])
"""


def digests(folder: Path) -> dict[str, str]:
    """The bytes of every file of a saved run, but for the wall clock's."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "timings.parquet")
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def saved(folder: Path, **over: Any) -> dict[str, str]:
    run(Scenario.model_validate(LIVELY | over)).save(folder)
    return digests(folder)


def test_twice_in_one_process(tmp_path: Path) -> None:
    """Two runs after each other write the same bytes; another seed does not."""
    first, second, other = saved(tmp_path / "a"), saved(tmp_path / "b"), saved(tmp_path / "c", seed=6)
    assert len(first) == len(TABLES) + 2, "the tables, the summary and the manifest"
    assert first == second
    same = {name for name in first if first[name] == other[name]}
    given = {"stores.parquet", "known_stores.parquet", "faults.parquet"}
    assert same <= given, "another seed is another evening"


def test_in_two_processes_with_other_hash_seeds(tmp_path: Path) -> None:
    """Neither the process nor the order of its sets and hashes leaves a trace; nor does flushing while it runs."""
    mine = saved(tmp_path / "mine")
    for hash_seed in ("0", "4242"):
        folder = tmp_path / hash_seed
        command = [sys.executable, "-c", SCRIPT, json.dumps(LIVELY), str(folder)]
        subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": hash_seed}, timeout=120)
        assert digests(folder) == mine


@pytest.fixture(scope="module")
def both() -> tuple[Result, Result]:
    """The same evening under two policies, without faults, and with cooks for everybody."""
    results = []
    kitchens = {"preparation": {"kind": "gamma", "mean": "8min", "cv": 0.5}}
    city = LIVELY["city"] | {"stores": {"count": 6, "clusters": 2}, "kitchens": kitchens}
    for policy, every in (("nearest", "60s"), ("linear_assignment", "20s")):
        data = LIVELY | {"dispatch": {"policy": policy, "every": every}, "faults": [], "city": city}
        results.append(run(Scenario.model_validate(data)))
    return results[0], results[1]


def test_two_policies_do_differ(both: tuple[Result, Result]) -> None:
    """They dispatch differently, or the other tests here would say nothing."""
    one, other = both
    assert not one.tables["orders"]["delivered_at"].equals(other.tables["orders"]["delivered_at"])


def test_the_same_customers_order_the_same(both: tuple[Result, Result]) -> None:
    """Who orders what, where, when and to where."""
    who = ["order", "id", "customer", "store", "x", "y", "n_items", "placed_at"]
    assert both[0].tables["orders"][who].equals(both[1].tables["orders"][who])
    riders = ["rider", "id", "on_at", "off_at"]
    assert both[0].tables["riders"][riders].equals(both[1].tables["riders"][riders])


def test_attitudes_are_the_same(both: tuple[Result, Result]) -> None:
    """The same customers have expired tokens and declined cards, and look at and change their profile."""
    cases = [("orders", "reason", "auth"), ("orders", "reason", "payment")]
    cases += [("requests", "operation", "view_profile"), ("requests", "operation", "update_profile")]
    for table, column, value in cases:
        one, other = (set(r.tables[table]["order"][r.tables[table][column] == value]) for r in both)
        assert one == other != set()


def preparation(result: Result) -> pd.Series:
    """How long each order was cooked."""
    requested = result.tables["messages"].query("topic == 'kitchen.requested'").set_index("order")["available_at"]
    return (result.tables["orders"].set_index("order")["ready_at"] - requested).dropna()


def test_kitchens_take_the_same_time(both: tuple[Result, Result]) -> None:
    """An order's preparation time is its own, whoever carries it."""
    one, other = preparation(both[0]), preparation(both[1])
    common = one.index.intersection(other.index)
    assert len(common) > 20
    assert one[common].to_numpy() == pytest.approx(other[common].to_numpy(), abs=1e-9)


def first_work(result: Result) -> pd.Series:
    """The work of the first visit of each order to each operation."""
    visits = result.tables["visits"].query("outcome == 'served' and order >= 0").sort_values(["arrived_at", "request"])
    work = visits["departed_at"] - visits["started_at"]
    keys = [visits["order"], visits["service"].astype(str), visits["operation"].astype(str)]
    return work.groupby(keys).first()


def test_each_order_brings_the_same_work(both: tuple[Result, Result]) -> None:
    """The first visit of an order to any operation takes as long under either policy: common random numbers."""
    one, other = first_work(both[0]), first_work(both[1])
    common = one.index.intersection(other.index)
    assert len(common) > 600
    assert common.get_level_values(1).nunique() == 7
    assert one[common].to_numpy() == pytest.approx(other[common].to_numpy(), abs=1e-9)
    assert one.nunique() > 500


def test_the_first_call_travels_as_long(both: tuple[Result, Result]) -> None:
    """The network's delays belong to the order, too."""

    def travelled(result: Result) -> pd.Series:
        rows = result.tables["requests"].query("operation == 'authenticate'").set_index("order")
        return rows["arrived_at"] - rows["sent_at"]

    assert travelled(both[0]).to_numpy() == pytest.approx(travelled(both[1]).to_numpy(), abs=1e-9)
