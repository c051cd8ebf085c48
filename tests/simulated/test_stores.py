"""Stores on a platform: they close, run out, are filled up, hand over slowly, and err about what they say."""

from __future__ import annotations

from typing import Any

import pytest

from delivsim.domain.instance import Instance, Rules
from delivsim.domain.order import Order
from delivsim.domain.rider import Rider
from delivsim.domain.store import Store
from delivsim.domain.travel import Euclidean
from delivsim.experiment.run import run
from delivsim.record.result import Result
from delivsim.scenario.schema import Scenario

KITCHENS = {"preparation_starts": "on_order", "preparation": "5min"}


def day(store: dict[str, Any], n: int = 6, kitchens: dict[str, Any] | None = None, **order: Any) -> Result:
    """One store 1 km away, an order every ten minutes from the first minute on, and a rider for each."""
    orders = [
        Order(**{"id": f"o{i}", "placed_at": 60.0 + 600.0 * i, "store": 0, "x": 0.0, "y": 500.0} | order)
        for i in range(n)
    ]
    instance = Instance(
        name="day",
        orders=orders,
        riders=[Rider(id=f"r{i}", x=1000.0, y=0.0, on_at=0.0, off_at=9000.0) for i in range(n)],
        stores=[Store(**{"id": "s", "x": 0.0, "y": 0.0} | store)],
        travel=Euclidean(speed=5.0),
        rules=Rules(pickup_service_time=0.0, dropoff_service_time=0.0),
    )
    scenario = Scenario.model_validate(
        {
            "name": "day",
            "horizon": "2h",
            "platform": {"kind": "ideal"},
            "instance": {"format": "mdrplib", "path": "nowhere", "behavior": {"kitchens": KITCHENS | (kitchens or {})}},
        }
    )
    result = run(scenario, instance=instance)
    assert result.summary()["conservation"]["holds"]
    return result


def outcomes(result: Result) -> list[str]:
    orders = result.tables["orders"]
    return [f"{outcome} {reason}".strip() for outcome, reason in zip(orders["outcome"], orders["reason"], strict=True)]


def test_a_closed_store_takes_no_orders() -> None:
    """Open from 600 to 1900 s and from 3000 s on: the orders at 60 and 2460 s are refused, and it is told why."""
    told = outcomes(day({"opening": ((600.0, 1900.0), (3000.0, 9000.0))}))
    assert told == ["rejected closed", *["delivered"] * 3, "rejected closed", "delivered"]


def test_what_ran_out_is_there_again_after_a_refill() -> None:
    """Two units, and two more at 2000 s: orders 1 and 2, then 5 and 6 are made; the books of the store balance."""
    result = day({"stock": (("meal", 2),), "refills": ((2000.0, "meal", 2),)})
    assert outcomes(result) == ["delivered", "delivered", *["rejected unavailable"] * 2, "delivered", "delivered"]
    row = result.tables["stores"].iloc[0]
    assert (row["stock"], row["refilled"], row["reserved"], row["given_back"], row["left"]) == (2, 2, 4, 0, 0)


def test_items_without_stock_do_not_confuse_the_books() -> None:
    """Soup never runs out: only the two units of cake are counted."""
    menu = (("soup", 500), ("cake", 300))
    result = day({"menu": menu, "stock": (("cake", 3),)}, n=2, items=(("soup", 5), ("cake", 1)))
    row = result.tables["stores"].iloc[0]
    assert outcomes(result) == ["delivered", "delivered"]
    assert (row["stock"], row["reserved"], row["left"]) == (3, 2, 1)
    assert set(result.tables["orders"]["charged"]) == {5 * 500 + 300}


def test_stock_counts_for_facts_as_well() -> None:
    """With given ready times an order still takes its units, and its price is that of the menu."""
    given = {"preparation_starts": "given"}
    store = {"menu": (("cake", 300),), "stock": (("cake", 2),)}
    result = day(store, n=3, kitchens=given, items=(("cake", 1),), ready_at=3000.0)
    assert outcomes(result) == ["delivered", "delivered", "rejected unavailable"]
    assert result.tables["orders"]["charged"].tolist() == [300, 300, 0]


def test_handing_over_takes_the_rider_time() -> None:
    """A store that needs two minutes for it: every delivery is two minutes later, and the wait says so."""
    quick, slow = day({}), day({"handover_time": 120.0})
    later = slow.tables["orders"]["delivered_at"] - quick.tables["orders"]["delivered_at"]
    assert later.tolist() == pytest.approx([120.0] * 6)


def test_what_a_store_says_moves_the_promise_not_the_food() -> None:
    """Stores that say half: food is ready as before, and promised earlier."""
    honest, hopeful = day({}), day({}, kitchens={"estimate_bias": 0.5})
    assert hopeful.tables["orders"]["ready_at"].tolist() == honest.tables["orders"]["ready_at"].tolist()
    earlier = honest.tables["orders"]["promised_at"] - hopeful.tables["orders"]["promised_at"]
    assert earlier.tolist() == pytest.approx([150.0] * 6)


def test_a_kitchen_full_of_guests_is_late() -> None:
    """One cook and as many guests as he can serve: the same orders are ready later."""
    alone, shared = day({"cooks": 1}), day({"cooks": 1, "other_rate": 1 / 400})
    waited = shared.tables["orders"]["ready_at"] - alone.tables["orders"]["ready_at"]
    assert (waited >= 0).all()
    assert waited.max() > 300


def test_tips_are_for_who_delivered() -> None:
    """What customers give is what riders have, and orders that did not come are not tipped."""
    result = day({"opening": ((600.0, 9000.0),)}, tip=150)
    assert result.tables["orders"]["tip"].tolist() == [0, *[150] * 5]
    assert result.tables["riders"]["tips"].sum() == 750
    assert result.summary()["conservation"]["tips"] == {"given": 750, "had": 750, "holds": True}
