"""What may be asked for twice does the second time nothing that the first has not done."""

from __future__ import annotations

import copy
import importlib.util
import math
from pathlib import Path
from typing import Any

import pytest

from delivsim.services.delivery import give_feedback
from delivsim.services.gateway import CLIENT_OPERATIONS, gateway
from delivsim.services.jobs import Job, RiderRecord
from delivsim.services.messages import (
    Charge,
    Credentials,
    DropOff,
    Feedback,
    GiveBack,
    NewOrder,
    OrderRef,
    PickUp,
    Position,
    Profile,
    Reserve,
    Restock,
    RiderOn,
    RiderRef,
    StatusChange,
)
from delivsim.services.notification import notification, notify
from delivsim.services.order import OrderRecord, Orders, cancel_order, track_order
from delivsim.services.order import order as order_service
from delivsim.services.payment import charge, payment
from delivsim.services.remembering import FROM_CACHE
from delivsim.services.repeating import REPEATABLE, is_repeatable
from delivsim.services.store import (
    MenuItem,
    Quote,
    Reservation,
    Stock,
    StoreProfile,
    Stores,
    mark_ready,
    request_preparation,
    restock,
    store,
)
from delivsim.services.user import Token, authenticate, update_profile, user, view_profile

_PATH = Path(__file__).parent / "test_races.py"
_SPEC = importlib.util.spec_from_file_location("races", _PATH)
assert _SPEC is not None
assert _SPEC.loader is not None
races = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(races)


def _orders() -> Orders:
    return Orders(promise=lambda now, *_: now + 1800.0, payment_mode="async", abandon_after=300.0)


def _hand() -> Any:
    """A rider with one order on the way and another assigned, an offer open, a store with soup, a known user."""
    hand = races.Hand(now=100.0)
    races.offered(hand)
    for number, status in ((1, "assigned"), (2, "picked_up")):
        hand.put(number, Job(status, races.open_job(number, 0.0), 4))
        hand.put(number, OrderRecord(number, number, 0, status))
        hand.put(number, Reservation(0, number, (("soup", 1),), Quote(1.0, 1, (0.0, 0.0)), order=number))
    hand.put(5, Job("delivered", races.open_job(5, 0.0), 4))
    hand.put(4, RiderRecord(4, 0.0, 0.0, 0.0, math.inf, 5.0, n_jobs=2, jobs=(1, 2)))
    hand.put(0, StoreProfile((0.0, 0.0)))
    hand.put((0, "soup"), MenuItem(900, 600.0))
    hand.put((0, "soup"), Stock(2))
    hand.put("token", Token(0))
    return hand


stores, riders = Stores(opening=False, estimates=False), races.deliveries()
ASKED: dict[tuple[str, str], Any] = {
    ("user", "authenticate"): lambda: authenticate(Credentials("token")),
    ("user", "view_profile"): lambda: view_profile(Profile(0)),
    ("user", "update_profile"): lambda: update_profile(Profile(0, "Ada")),
    ("order", "track_order"): lambda: track_order(OrderRef(1)),
    ("order", "cancel_order"): lambda: cancel_order(OrderRef(1, "patience")),
    ("store", "check_availability"): lambda: stores.check_availability(Reserve(9, 9, 0, (("soup", 1),))),
    ("store", "request_preparation"): lambda: request_preparation(OrderRef(1)),
    ("store", "mark_ready"): lambda: mark_ready(OrderRef(1)),
    ("store", "restock"): lambda: restock(Restock(0, 1, "soup", 5)),
    ("payment", "charge"): lambda: charge(Charge(1, 1, 0, 900, "valid")),
    ("delivery", "accept_offer"): lambda: riders.accept_offer(races.OfferAnswer(50, 3)),
    ("delivery", "decline_offer"): lambda: riders.decline_offer(races.OfferAnswer(50, 3)),
    ("delivery", "give_back"): lambda: riders.give_back(GiveBack(4, (1,))),
    ("delivery", "picked_up"): lambda: riders.picked_up(PickUp(4, (1,))),
    ("delivery", "delivered"): lambda: riders.delivered(DropOff(4, 2, 100.0)),
    ("delivery", "withdraw"): lambda: riders.withdraw(OrderRef(1, "patience")),
    ("delivery", "go_online"): lambda: riders.go_online(RiderOn(8, (0.0, 0.0), 900.0, 5.0)),
    ("delivery", "go_offline"): lambda: riders.go_offline(RiderRef(4)),
    ("delivery", "report_position"): lambda: riders.report_position(Position(3, (1.0, 1.0), 100.0)),
    ("delivery", "give_feedback"): lambda: give_feedback(Feedback(5, 4)),
}


@pytest.mark.parametrize("operation", ASKED, ids=".".join)
def test_asked_twice_is_as_good_as_asked_once(operation: tuple[str, str]) -> None:
    """State and messages after the second time are those after the first."""
    assert is_repeatable(*operation)
    hand = _hand()
    assert hand.run(ASKED[operation]()).ok
    state, published = copy.deepcopy(hand.state), list(hand.published)
    assert hand.run(ASKED[operation]()).ok
    assert hand.state == state
    assert hand.published == published


def test_the_same_key_is_the_same_order() -> None:
    """Creating an order twice with one key makes one."""
    hand, new = _hand(), NewOrder(0, "key", 9, 0, (("soup", 1),), (9.0, 9.0), "valid")
    hand._perform = _with_quote(hand._perform)
    first, second = (hand.run(_orders().create_order(new)) for _ in range(2))
    assert first.body == second.body
    assert hand.topics() == ["order.placed"]


def test_an_order_accepted_by_an_estimate_keeps_its_promise_and_is_made_when_the_store_answers() -> None:
    """The estimate promises; the store's answer, however different, does not change that, and places the order."""
    hand, new = _hand(), NewOrder(0, "key", 9, 0, (("soup", 1),), (9.0, 9.0), "valid")
    perform = hand._perform
    hand._perform = _with_quote(perform, FROM_CACHE)
    accepted = hand.run(_orders().create_order(new))
    assert (accepted.status, accepted.body.promised_at, hand.topics()) == (202, 1900.0, [])
    hand.now = 200.0
    assert hand.run(_orders().complete_order(new)).status == 503
    hand._perform = _with_quote(perform)
    assert hand.run(_orders().complete_order(new)).ok
    assert hand.topics() == ["order.placed"]
    assert hand.published[0].body.promised_at == 1900.0


def _with_quote(perform: Any, status: int = 200) -> Any:
    def performed(effect: Any) -> Any:
        answer = perform(effect)
        is_quote = type(effect).__name__ == "Call" and effect.operation == "check_availability"
        return answer._replace(status=status, body=Quote(600.0, 900, (0.0, 0.0))) if is_quote else answer

    return performed


def test_a_customer_would_be_told_twice() -> None:
    """A notification is not idempotent, and the table does not call it so."""
    hand = _hand()
    for _ in range(2):
        hand.run(notify(StatusChange(1, 1)))
    assert hand.topics() == ["customer.notified"] * 2
    assert not is_repeatable("notification", "notify")


def test_the_table_is_of_operations_that_exist_and_leaves_none_out() -> None:
    """Every operation that is called over the network is either in it, or known not to be repeatable."""
    built = {
        "user": user(),
        "store": store(),
        "payment": payment(payment_mode="sync"),
        "order": order_service(promise=lambda *_: 0.0, payment_mode="sync", abandon_after=1.0),
        "notification": notification(payment_mode="sync"),
    }
    for name, service in built.items():
        called = {op for op in service.operations if "." not in op} - {"abandon_order", "complete_order", "notify"}
        assert called == set(REPEATABLE.get(name, ()))
    assert all(is_repeatable("gateway", op) for op in CLIENT_OPERATIONS)
    assert set(gateway(payment_mode="sync").calls) <= {(name, op) for name, ops in REPEATABLE.items() for op in ops}
