"""What a phone shows may come late or out of order; the platform's word on an order stands."""

from __future__ import annotations

import pytest
from simpy import Environment

from delivsim.city.ledger import Ledger
from delivsim.domain.instance import Instance, Rules
from delivsim.domain.order import Order, Outcome
from delivsim.domain.rider import Rider
from delivsim.domain.store import Store
from delivsim.domain.travel import Euclidean
from delivsim.services.messages import Message, Notice


@pytest.fixture
def ledger() -> Ledger:
    """One order, placed."""
    instance = Instance(
        name="one",
        orders=[Order(id="o", placed_at=0.0, store=0, x=1.0, y=1.0, items=(("meal", 1),), customer=0)],
        riders=[Rider(id="r", x=0.0, y=0.0, on_at=0.0, off_at=100.0)],
        stores=[Store(id="s", x=0.0, y=0.0)],
        travel=Euclidean(speed=5.0),
        rules=Rules(),
    )
    ledger = Ledger(Environment(), instance, ready_is_given=False)
    ledger.placed(0)
    return ledger


def told(status: str, reason: str = "") -> Message:
    return Message(1, "customer.notified", 0, Notice(9, 0, status, reason), 0, 0.0)


@pytest.mark.parametrize("seen", [Outcome.FAILED, Outcome.REJECTED])
def test_a_cancellation_stands_when_older_news_comes_after_it(ledger: Ledger, seen: Outcome) -> None:
    """An order whose answer got lost was cancelled by the platform: that it was once confirmed changes nothing."""
    ledger.ended(0, seen, "timeout")
    assert not ledger.notice(told("cancelled", "payment"))
    assert not ledger.notice(told("confirmed"))
    file = ledger.files[0]
    assert (file.outcome, file.reason, ledger.n_ended) == (Outcome.CANCELLED, "payment", 1)
    assert ledger.is_done()


def test_a_delivered_order_is_not_cancelled_any_more(ledger: Ledger) -> None:
    """Food at the door stays there, whatever the phone shows afterwards."""
    ledger.ended(0, Outcome.DELIVERED)
    ledger.notice(told("cancelled", "payment"))
    assert ledger.files[0].outcome is Outcome.DELIVERED


def test_an_order_abandoned_after_a_lost_answer_stays_as_its_customer_saw_it(ledger: Ledger) -> None:
    """That the platform gives up an order it never confirmed is no news to a customer who was turned away."""
    ledger.ended(0, Outcome.REJECTED, "overload")
    ledger.notice(told("cancelled", "abandoned"))
    assert (ledger.files[0].outcome, ledger.files[0].reason) == (Outcome.REJECTED, "overload")


def test_the_phone_shows_the_promise_of_an_order_whose_answer_got_lost(ledger: Ledger) -> None:
    """An order that was accepted has the time promised at step 7, however its customer came to know of it."""
    ledger.ended(0, Outcome.FAILED, "timeout")
    confirmed = Notice(9, 0, "confirmed", promised_at=2400.0)
    assert ledger.notice(Message(1, "customer.notified", 0, confirmed, 0, 0.0))
    assert (ledger.files[0].promised_at, ledger.files[0].outcome) == (2400.0, None)
