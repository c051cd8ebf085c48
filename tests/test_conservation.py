"""Integers add up in every shipped scenario, as it is, cut short, and broken; counted anew from the rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivsim.experiment.run import run
from delivsim.record.result import Result
from delivsim.scenario.reader import load_scenario

ROOT = Path(__file__).parents[1]
SHIPPED = [*sorted((ROOT / "scenarios").glob("*.yaml")), ROOT / "src/delivsim/scenario/templates/mdrplib.yaml"]
SHORTER = {
    "friday_evening": ["horizon=50min"],
    "services": ["horizon=10min"],
    "two_cities": ["horizon=80min"],
    "mdrplib": [f"instance.path={ROOT / 'tests' / 'data' / 'mdrplib_twin'}"],
}
CUT = {
    "friday_evening": "40min",
    "minimal": "20min",
    "services": "6min",
    "rappi_day": "13h",
    "flash_sale": "38min",
    "rainy_night": "1h",
    "dark_store": "3h",
    "two_cities": "1h",
}
BROKEN = """
platform:
  services:
    gateway: {queue_capacity: 3}
    payment: {workers: 2, queue_capacity: 0}
  broker: {max_deliveries: 3}
faults:
  - {kind: crash, service: store, at: "18:33", for: 40s}
  - {kind: crash, service: user, at: "18:38", for: 10s}
  - {kind: crash, service: payment, at: "18:35", for: 5min}
  - {kind: crash, service: delivery, at: "18:41", for: 30s}
  - {kind: slow, service: user, at: "18:36", for: 5min, factor: 60}
"""


def shipped(path: Path) -> Result:
    return run(load_scenario(path, overrides=SHORTER.get(path.stem, ())))


def cut(path: Path) -> Result:
    """Stopped in the middle, with everything on its way."""
    return run(load_scenario(path, overrides=[f"horizon={CUT.get(path.stem, '6h')}", "drain=0s"]))


CASES = [*((how, path) for path in SHIPPED[:-1] for how in (shipped, cut)), (shipped, SHIPPED[-1])]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[1].stem}-{case[0].__name__}")
def result(request: pytest.FixtureRequest) -> Result:
    """A run of a shipped scenario."""
    how, path = request.param
    ran: Result = how(path)
    return ran


def test_the_summary_says_so(result: Result) -> None:
    """The run's own books hold."""
    assert result.summary()["conservation"]["holds"]


def test_orders(result: Result) -> None:
    """Each order has one row and one outcome, with the instants that belong to it, and only those."""
    orders = result.tables["orders"]
    instance = result.manifest["instance"]
    assert len(orders) == (instance["n_orders"] if instance else 0)
    assert orders["order"].tolist() == list(range(len(orders)))
    delivered = orders["outcome"] == "delivered"
    assert (orders["delivered_at"].notna() == delivered).all()
    assert orders.loc[delivered, ["picked_up_at", "ready_at", "assigned_at"]].notna().all(axis=None)
    assert (orders["ended_at"].isna() == (orders["outcome"] == "censored")).all()
    assert set(orders["outcome"]) <= {"delivered", "rejected", "cancelled", "failed", "censored"}


def test_stations(result: Result) -> None:
    """What arrived at a service is what visited its station: served, refused, or still there; nothing else."""
    visits, requests = result.tables["visits"], result.tables["requests"]
    assert (len(visits) > 0) == (result.manifest["platform"] == "simulated")
    keys = ["service", "operation"]
    own = visits["station"].astype(str) == visits["service"].map(result.manifest["services"]).astype(str)
    came = visits[own].groupby(keys, observed=True).size()  # resources are visited besides
    arrived = requests[requests["arrived_at"].notna()].groupby(keys, observed=True).size()
    broken = bool(result.manifest["scenario"].get("faults"))  # who finds a service down does not visit it
    asked, came = arrived.reindex(came.index).to_numpy(), came.to_numpy()
    assert ((came <= asked) if broken else (came == asked)).all()
    left = visits["departed_at"].notna()
    assert set(visits["outcome"]) <= {"served", "refused", "reneged", "shed", "open", *(["failed"] if broken else [])}
    assert (~left == (visits["outcome"] == "open")).all()


def test_messages(result: Result) -> None:
    """Each message is done with once per group, or open; each kind as often as what it tells of."""
    messages = result.tables["messages"]
    assert not messages.duplicated(["message", "group"]).any()
    for topic, rows in messages.groupby("topic", observed=True):
        groups = sorted(result.manifest["topics"][topic]["groups"] or [""])
        assert all(sorted(each) == groups for _, each in rows.groupby("message")["group"])
    assert ((messages["outcome"] == "acknowledged") == messages["acknowledged_at"].notna()).all()
    published = messages.groupby("topic", observed=True)["message"].nunique()
    if result.manifest["instance"]:
        arrived = messages.query("topic == 'rider.offered' and outcome == 'acknowledged'")["message"].nunique()
        assert arrived == result.tables["offers"]["offer"].nunique()
        assert (
            published["order.placed"]
            == (result.tables["requests"].query("operation == 'create_order'")["status"] == 201).sum()
        )


def test_stock(result: Result) -> None:
    """Units reserved and not given back are those of orders that were eaten, cooked in vain, or are still on."""
    orders = result.tables["orders"]
    for store in result.tables["stores"].itertuples():
        mine = orders[orders["store"] == store.store]
        eaten = mine["n_items"][mine["outcome"] == "delivered"].sum()
        wasted = mine["n_items"][
            (mine["outcome"] != "delivered") & (mine["ready_at"] <= result.manifest["ended_at"])
        ].sum()
        still_on = mine["n_items"][mine["outcome"] == "censored"].sum()
        assert eaten <= store.reserved - store.given_back <= eaten + wasted + still_on


def test_money(result: Result) -> None:
    """Every cent charged was earned, given back, or belongs to an order that is still on; receipts count the same."""
    orders = result.tables["orders"]
    kept = orders["charged"] - orders["refunded"]
    assert (kept >= 0).all()
    assert set(orders["refunded"][orders["refunded"] > 0] - orders["charged"][orders["refunded"] > 0]) <= {0}
    assert kept[orders["outcome"].isin(["rejected", "cancelled", "failed"])].sum() == 0
    assert (kept[orders["outcome"] == "delivered"] > 0).all()
    receipts = result.tables["messages"].query("topic == 'payment.succeeded'")["message"].nunique()
    assert receipts == (orders["charged"] > 0).sum()


def test_a_broken_evening_adds_up(tmp_path: Path) -> None:
    """Full queues, crashes, slowness and dead letters: integers still add up, and whoever is owed has a dead letter."""
    overlay = tmp_path / "broken.yaml"
    overlay.write_text(BROKEN)
    result = run(load_scenario(ROOT / "scenarios/friday_evening.yaml", overlays=[overlay], overrides=["horizon=50min"]))
    assert result.summary()["conservation"]["holds"]
    visits, messages, orders = (result.tables[name] for name in ("visits", "messages", "orders"))
    assert {"served", "refused", "failed"} <= set(visits["outcome"])
    assert "dead_letter" in set(messages["outcome"])
    owed = orders[(orders["charged"] > orders["refunded"]) & (orders["outcome"] != "delivered")]
    assert set(owed["order"]) <= set(messages.query("outcome == 'dead_letter'")["order"])
    assert "censored" not in set(orders["outcome"])
    told = result.summary()["orders"]
    assert told["rejected"] > 0
    delivered = messages.query("topic == 'order.delivered' and group == 'order'")["order"]
    assert not delivered.duplicated().any()
