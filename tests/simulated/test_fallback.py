"""Orders are accepted by a remembered estimate while the store service is down, and none of them is forgotten."""

from __future__ import annotations

from typing import Any

import pytest

FALLBACK = {"network": {"edges": {"order->store": {"fallback": {}}}}}


def down(service: str, minutes: float = 3) -> dict[str, Any]:
    return {"kind": "crash", "service": service, "at": "10min", "for": f"{minutes}min"}


def accepted(result: Any, books: Any) -> Any:
    """The calls that were answered 202: accepted by an estimate."""
    calls = books.calls(result, "place_order", "gateway")
    return calls[calls["seen"] == 202]


def by_number(result: Any) -> Any:
    return result.tables["orders"].set_index("order")


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_orders_accepted_by_an_estimate_are_made_when_the_store_is_back(city, books, mode: str) -> None:
    """Customers are answered while the store service is down; each such order ends as others do, and counts add up."""
    result = city(platform={**FALLBACK, "payment": {"mode": mode}}, faults=[down("store")])
    early = accepted(result, books)
    assert len(early) > 3
    ends = by_number(result).loc[early["order"]]
    assert (ends["outcome"] == "delivered").mean() > 0.7
    assert not set(ends["outcome"]) & {"failed", "rejected"}
    assert result.summary()["edges"]["order"]["store"]["fallbacks"] >= len(early)
    books.assert_all_ended_well(result)


def test_without_a_fallback_they_are_refused(city, books) -> None:
    """What the fallback is for: the same minutes without it."""
    result = city(faults=[down("store")])
    assert not len(accepted(result, books))
    orders = result.tables["orders"]
    assert (orders["outcome"] == "rejected").sum() > 3


def test_the_promise_made_by_an_estimate_is_kept_as_it_was_made(city, books) -> None:
    """The time that the customer was told first is the one that the order is held against."""
    result = city(platform=FALLBACK, faults=[down("store")])
    early = accepted(result, books)
    orders = by_number(result)
    answered = early.set_index("order")["answered_at"]
    promised = orders.loc[answered.index, "promised_at"]
    assert promised.notna().all()
    assert (promised - answered).max() < 7200
    assert (promised > answered).all()


def test_an_order_whose_store_never_answers_is_cancelled_and_its_customer_told(city, books) -> None:
    """It is abandoned in time: nobody waits for ever, and nothing is charged."""
    result = city(platform={**FALLBACK, "abandon_after": "60s"}, faults=[down("store", 30)])
    early = accepted(result, books)
    orders = by_number(result).loc[early["order"]]
    first = orders[orders["placed_at"] < 1700]
    assert len(first) > 3
    assert set(first["reason"]) == {"abandoned"}
    assert first["ended_at"].notna().all()
    assert (first["charged"] == 0).all()
    assert result.summary()["conservation"]["holds"]


def test_who_waits_for_a_store_may_cancel(city, books) -> None:
    """An order that is accepted by an estimate is the customer's to cancel, though nothing has confirmed it yet."""
    customers = {"customers": {"patience": "2min"}}
    result = city(platform={**FALLBACK, "abandon_after": "60min"}, faults=[down("store", 10)], city=customers)
    orders = by_number(result).loc[accepted(result, books)["order"]]
    assert len(orders) > 3
    first = orders[orders["placed_at"] < 900]
    assert set(first["reason"]) == {"patience"}
    assert (first["ended_at"] - first["placed_at"]).between(120, 130).all()
    books.assert_all_ended_well(result)
