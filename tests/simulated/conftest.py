"""Small worlds for tests of the platform: a street with given orders and riders, and a small city with faults."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from delivsim.experiment.run import run
from delivsim.record.result import Result
from delivsim.scenario.reader import load_scenario
from delivsim.scenario.schema import Scenario

PARAMETERS = {
    "meters_per_minute": 320, "pickup service minutes": 4, "dropoff service minutes": 4, "target click-to-door": 40,
    "maximum click-to-door": 90, "pay per order": 10, "guaranteed pay per hour": 15,
}  # fmt: skip
ONE_ORDER = ((10, 25, 3200),)
ONE_RIDER = ((640, 0, 240),)


def laid_over(base: Any, over: Any) -> Any:
    """Merge maps; everything else replaces."""
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return over
    return base | {key: laid_over(base.get(key), value) for key, value in over.items()}


def write_street(folder: Path, orders: Any, riders: Any) -> None:
    """Write an instance: orders (placed, ready, metres from the store), riders (metres, on, off), all in minutes."""
    folder.mkdir()
    tables = {
        "restaurants.txt": [("restaurant", "x", "y"), ("s1", 0, 0)],
        "orders.txt": [
            ("order", "x", "y", "placement_time", "restaurant", "ready_time"),
            *((f"o{i}", x, 0, placed, "s1", ready) for i, (placed, ready, x) in enumerate(orders)),
        ],
        "couriers.txt": [
            ("courier", "x", "y", "on_time", "off_time"),
            *((f"c{i}", x, 0, on, off) for i, (x, on, off) in enumerate(riders)),
        ],
        "instance_parameters.txt": [tuple(PARAMETERS), tuple(PARAMETERS.values())],
    }
    for name, rows in tables.items():
        (folder / name).write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))


@pytest.fixture
def street(tmp_path: Path) -> Callable[..., Result]:
    """Run a street with one store at its end; what is given besides orders and riders is laid over the scenario."""

    def run_street(orders: Any = ONE_ORDER, riders: Any = ONE_RIDER, **over: Any) -> Result:
        write_street(tmp_path / "street", orders, riders)
        base = {
            "name": "street",
            "horizon": "4h",
            "instance": {"format": "mdrplib", "path": "street"},
            "dispatch": {"policy": "nearest"},
        }
        file = tmp_path / "street.yaml"
        file.write_text(yaml.safe_dump(laid_over(base, over)))
        return run(load_scenario(file))

    return run_street


CITY = {
    "name": "city",
    "starts_at": "2026-11-20T18:00",
    "horizon": "20min",
    "city": {
        "side": "4km",
        "demand": {"rate": {"18:00": "180/h"}},
        "stores": {"count": 6, "clusters": 2},
        "kitchens": {"preparation": {"kind": "gamma", "mean": "6min", "cv": 0.3}},
        "riders": {"shifts": [{"start": "18:00", "end": "20:30", "riders": 20}]},
    },
}


@pytest.fixture(scope="session")
def city() -> Callable[..., Result]:
    """Run a small city with some sixty orders; what is given is laid over the scenario."""

    def run_city(seed: int = 1, **over: Any) -> Result:
        return run(Scenario.model_validate(laid_over(CITY, over)), seed=seed)

    return run_city


class Books:
    """Questions to the tables of a run."""

    @staticmethod
    def calls(result: Result, operation: str, service: str | None = None) -> pd.DataFrame:
        """Requests of an operation, in the order in which they were sent."""
        rows = result.tables["requests"]
        rows = rows[rows["operation"] == operation]
        rows = rows if service is None else rows[rows["service"] == service]
        return rows.sort_values(["sent_at", "request"])

    @staticmethod
    def messages(result: Result, topic: str, group: str | None = None) -> pd.DataFrame:
        """Messages of a topic, in the order in which they were published."""
        rows = result.tables["messages"]
        rows = rows[rows["topic"] == topic]
        rows = rows if group is None else rows[rows["group"] == group]
        return rows.sort_values("message")

    @staticmethod
    def outcomes(result: Result) -> dict[tuple[str, str], int]:
        """How many orders ended how, and why."""
        return dict(result.tables["orders"].groupby(["outcome", "reason"], observed=True).size())

    @staticmethod
    def owed(result: Result) -> pd.DataFrame:
        """Orders that were charged, and neither delivered nor refunded."""
        orders = result.tables["orders"]
        return orders[(orders["charged"] > orders["refunded"]) & (orders["outcome"] != "delivered")]

    @staticmethod
    def assert_all_ended_well(result: Result) -> None:
        """Counts add up; nothing is open, nobody owes anybody, no order came twice or was delivered for nothing."""
        assert result.summary()["conservation"]["holds"]
        orders, requests, messages = (result.tables[name] for name in ("orders", "requests", "messages"))
        assert "censored" not in set(orders["outcome"])
        assert Books.owed(result).empty
        delivered = orders[orders["outcome"] == "delivered"]
        assert (delivered["charged"] > delivered["refunded"]).all()
        told = Books.messages(result, "order.delivered", "order")["order"]
        assert sorted(told) == sorted(delivered["order"])
        carried = result.tables["legs"].query("kind == 'to_customer'")["order"]
        assert sorted(carried) == sorted(delivered["order"])
        assert set(messages["outcome"]) <= {"acknowledged"}
        assert requests[requests["order"] >= 0]["ended_at"].notna().all()
        assert_stock(result)


def assert_stock(result: Result) -> None:
    """Every unit is on the shelf, with a customer, or was cooked in vain."""
    orders = result.tables["orders"]
    for store in result.tables["stores"].itertuples():
        mine = orders[orders["store"] == store.store]
        eaten = mine["n_items"][mine["outcome"] == "delivered"].sum()
        wasted = mine["n_items"][(mine["outcome"] != "delivered") & mine["ready_at"].notna()].sum()
        kept = store.reserved - store.given_back
        assert eaten <= kept <= eaten + wasted
        assert store.stock < 0 or store.left == store.stock - kept


@pytest.fixture(scope="session")
def books() -> type[Books]:
    """Questions to the tables of a run."""
    return Books
