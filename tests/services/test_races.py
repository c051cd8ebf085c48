"""Calls and messages that come late, twice, or in another order than they were sent."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest

from delivsim.domain.instance import Rules
from delivsim.domain.travel import Euclidean
from delivsim.services.delivery import Deliveries
from delivsim.services.effects import Call, Commit, Decide, Delete, Load, NewId, Now, Publish, Query
from delivsim.services.jobs import Job, Offer, OpenJob, RiderRecord
from delivsim.services.messages import (
    OK,
    RATE_LIMITED,
    DropOff,
    GiveBack,
    OfferAnswer,
    OfferMade,
    OrderRef,
    Placed,
    Position,
    Reserve,
    Response,
    StatusChange,
    Stop,
)
from delivsim.services.store import MenuItem, Reservation, Stock, StoreProfile, Stores, give_back


class Hand:
    """Runs one handler after the other on a state of its own; calls to other services get ``answers``, then 200."""

    def __init__(self, now: float = 0.0) -> None:
        self.state: dict[type[Any], dict[Any, Any]] = {}
        self.published: list[Publish] = []
        self.now, self._ids = now, itertools.count(1)
        self.problems: list[Any] = []
        self.calls: list[Any] = []
        self.answers: list[Response[Any]] = []

    def put(self, key: Any, value: Any) -> None:
        self.state.setdefault(type(value), {})[key] = value

    def run(self, handler: Any) -> Response[Any]:
        answer = None
        while True:
            try:
                answer = self._perform(handler.send(answer))
            except StopIteration as stop:
                return stop.value

    def _perform(self, effect: Any) -> Any:
        match effect:
            case Load():
                return self.state.get(effect.kind, {}).get(effect.id)
            case Query():
                return list(self.state.get(effect.kind, {}).values())
            case Commit():
                for write in effect.writes:
                    if isinstance(write, Delete):
                        self.state.get(write.kind, {}).pop(write.id, None)
                    else:
                        self.put(write.id, write.value)
                self.published += effect.publishes
                return None
            case Decide():
                self.problems.append(effect.problem)
                raise AssertionError("nothing is left to decide about")
            case Now():
                return self.now
            case NewId():
                return next(self._ids)
            case Call():
                self.calls.append(effect.body)
                return self.answers.pop(0) if self.answers else OK
        raise AssertionError(f"unexpected {effect}")

    def topics(self) -> list[str]:
        return [publish.topic for publish in self.published]


@pytest.fixture
def kitchen() -> Hand:
    """One store with two units of soup."""
    hand = Hand()
    hand.put(0, StoreProfile((0.0, 0.0)))
    hand.put((0, "soup"), MenuItem(900, 600.0))
    hand.put((0, "soup"), Stock(2))
    return hand


def deliveries(**changed: Any) -> Deliveries:
    settings = {
        "travel": Euclidean(speed=5.0),
        "rules": Rules(),
        "every": 30.0,
        "offer_timeout": 45.0,
        "decline_pause": 60.0,
        "give_up_after": math.inf,
        "prepare_on_accept": False,
    }
    return Deliveries(**settings | changed)


def open_job(order: int, placed_at: float) -> OpenJob:
    return OpenJob(Placed(order, order, 0, 0, (0.0, 0.0), (9.0, 9.0), placed_at, placed_at, 900, "valid"), placed_at)


def offered(hand: Hand) -> OfferAnswer:
    """Offer order 7 to rider 3, as offer 50; what the rider would answer."""
    job = open_job(7, 0.0)
    hand.put(3, RiderRecord(3, 0.0, 0.0, 0.0, math.inf, math.nan, offer=50))
    hand.put(7, Job("offered", job, 3))
    hand.put(50, Offer(OfferMade(50, 1, 3, (Stop(7, 7, (9.0, 9.0), 0, (0.0, 0.0)),)), (job,)))
    return OfferAnswer(50, 3)


def test_a_cancelled_order_reserves_nothing_afterwards(kitchen: Hand) -> None:
    """When the news of a cancelled order comes before its request for units, the request gets none."""
    kitchen.run(give_back(StatusChange(7, 7)))
    answer = kitchen.run(Stores(opening=False, estimates=False).check_availability(Reserve(7, 7, 0, (("soup", 1),))))
    assert (answer.status, kitchen.state[Stock][0, "soup"].units) == (409, 2)


def test_a_refused_order_stays_refused(kitchen: Hand) -> None:
    """Units given back after an order was refused are for others: its repeated call takes none."""
    kitchen.run(Stores(opening=False, estimates=False).check_availability(Reserve(1, 1, 0, (("soup", 2),))))
    assert (
        kitchen.run(Stores(opening=False, estimates=False).check_availability(Reserve(2, 2, 0, (("soup", 1),)))).status
        == 409
    )
    kitchen.run(give_back(StatusChange(1, 1)))
    assert (
        kitchen.run(Stores(opening=False, estimates=False).check_availability(Reserve(2, 2, 0, (("soup", 1),)))).status
        == 409
    )
    assert (
        kitchen.run(Stores(opening=False, estimates=False).check_availability(Reserve(3, 3, 0, (("soup", 1),)))).status
        == 200
    )
    assert kitchen.state[Stock][0, "soup"].units == 1
    assert kitchen.state[Reservation][2].status == "given_back"


def test_an_order_withdrawn_before_it_was_known_is_not_forgotten() -> None:
    """Whoever asked for the withdrawal may be gone by then: the order service is told by message in any case."""
    hand = Hand()
    assert hand.run(deliveries().withdraw(OrderRef(7, "patience"))).ok
    assert hand.topics() == ["order.unserved"]
    assert (hand.published[0].key, hand.published[0].body.order, hand.published[0].body.reason) == (7, 7, "patience")
    hand.run(deliveries().on_placed(open_job(7, 0.0).placed))
    assert hand.state[Job][7].status == "withdrawn"
    assert not hand.state.get(OpenJob)


def test_an_order_is_given_up_in_time_whatever_stands_before_it() -> None:
    """An order that was offered and declined stands behind younger ones, and is given up by its own age."""
    hand = Hand(now=600.0)
    for order, placed_at in ((2, 500.0), (1, 0.0)):
        hand.put(order, open_job(order, placed_at))
        hand.put(order, Job("open", open_job(order, placed_at)))
    assert hand.run(deliveries(give_up_after=600.0).dispatch(None)).ok
    assert list(hand.state[OpenJob]) == [2]
    assert [publish.key for publish in hand.published] == [1]


@pytest.mark.parametrize("answer", ["accept_offer", "decline_offer"])
def test_an_answer_after_the_time_is_up_is_none(answer: str) -> None:
    """A rider who answers an offer that has expired learns that it has timed out, whatever the answer."""
    hand = Hand()
    of_rider = offered(hand)
    hand.run(deliveries().expire_offer(of_rider))
    late = hand.run(getattr(deliveries(), answer)(of_rider))
    assert (late.status, late.reason) == (410, "timed_out")
    assert hand.state[Job][7].status == "open"


@pytest.mark.parametrize("answer", ["accept_offer", "decline_offer"])
def test_an_answer_to_a_withdrawn_offer_says_so(answer: str) -> None:
    """A rider who answers an offer whose order was cancelled meanwhile learns that it was withdrawn."""
    hand = Hand()
    of_rider = offered(hand)
    hand.run(deliveries().withdraw(OrderRef(7, "patience")))
    late = hand.run(getattr(deliveries(), answer)(of_rider))
    assert (late.status, late.reason) == (410, "withdrawn")
    assert hand.state[RiderRecord][3].offer == 0


def test_who_says_yes_again_is_told_what_is_still_his() -> None:
    """The first yes went through and its answer was lost; meanwhile the platform took the order back."""
    hand = Hand()
    of_rider = offered(hand)
    assert hand.run(deliveries().accept_offer(of_rider)).body.orders == (7,)
    assert hand.run(deliveries().accept_offer(of_rider)).body.orders == (7,)
    hand.run(deliveries().give_back(GiveBack(3, (7,))))
    again = hand.run(deliveries().accept_offer(of_rider))
    assert (again.status, again.reason) == (410, "withdrawn")


def test_what_met_a_rate_limit_comes_again() -> None:
    """A message whose handler was told 429 by another service was not handled; a refusal for good is."""
    hand = Hand()
    hand.answers = [RATE_LIMITED, Response(409, None, "cancelled")]
    placed = open_job(7, 0.0).placed
    assert hand.run(deliveries().on_placed(placed)).status == 503
    assert hand.run(deliveries().on_placed(placed)).ok


def test_a_bundle_is_asked_for_order_by_order() -> None:
    """A store that can take one request at a time can still be asked to prepare a whole bundle."""
    hand = Hand()
    jobs = tuple(open_job(order, 0.0) for order in (7, 8))
    hand.put(3, RiderRecord(3, 0.0, 0.0, 0.0, math.inf, math.nan, offer=50))
    stops = tuple(Stop(order, order, (9.0, 9.0), 0, (0.0, 0.0)) for order in (7, 8))
    hand.put(50, Offer(OfferMade(50, 1, 3, stops), jobs))
    answer = hand.run(deliveries(prepare_on_accept=True).accept_offer(OfferAnswer(50, 3)))
    assert (answer.status, answer.body.orders) == (200, (7, 8))
    assert [asked.order for asked in hand.calls] == [7, 8]
    assert hand.topics() == ["order.assigned", "order.assigned"]


def test_a_store_that_takes_one_request_hears_of_a_whole_bundle_in_the_end() -> None:
    """What it has been asked for is not asked again when the rider says yes once more."""
    hand = Hand()
    jobs = tuple(open_job(order, 0.0) for order in (7, 8))
    hand.put(3, RiderRecord(3, 0.0, 0.0, 0.0, math.inf, math.nan, offer=50))
    hand.put(50, Offer(OfferMade(50, 1, 3, ()), jobs))
    hand.answers = [OK, RATE_LIMITED, OK]
    assert hand.run(deliveries(prepare_on_accept=True).accept_offer(OfferAnswer(50, 3))).status == 503
    again = hand.run(deliveries(prepare_on_accept=True).accept_offer(OfferAnswer(50, 3)))
    assert (again.status, again.body.orders) == (200, (7, 8))
    assert [asked.order for asked in hand.calls] == [7, 8, 8]


def test_a_decline_sent_twice_is_one() -> None:
    """The second of two equal declines changes nothing and is answered like the first."""
    hand = Hand()
    of_rider = offered(hand)
    assert hand.run(deliveries().decline_offer(of_rider)).ok
    before = dict(hand.state[RiderRecord])
    hand.now = 10.0
    assert hand.run(deliveries().decline_offer(of_rider)).ok
    assert hand.state[RiderRecord] == before


def reported(hand: Hand, *reports: tuple[float, float]) -> tuple[float, float]:
    """Where rider 3 is believed to be after reports (x, taken at) have come in that order."""
    for x, taken_at in reports:
        hand.run(deliveries().report_position(Position(3, (x, 0.0), taken_at)))
    return hand.state[RiderRecord][3].place


def test_a_report_that_was_overtaken_counts_no_more() -> None:
    """Of two reports the one taken later counts, whichever comes first; at one instant, what comes last."""
    hand = Hand(now=100.0)
    hand.put(3, RiderRecord(3, 0.0, 0.0, 0.0, math.inf, math.nan))
    assert reported(hand, (2.0, 50.0)) == (2.0, 0.0)
    assert reported(hand, (1.0, 40.0)) == (2.0, 0.0)
    assert reported(hand, (3.0, 60.0), (4.0, 60.0)) == (4.0, 0.0)


def test_a_report_from_before_the_delivery_does_not_take_the_rider_back() -> None:
    """After the last drop-off he is at that door, whatever old report still comes; a newer one counts."""
    hand = Hand(now=100.0)
    hand.put(7, Job("picked_up", open_job(7, 0.0), 3))
    hand.put(3, RiderRecord(3, 9.0, 9.0, 100.0, math.inf, math.nan, n_jobs=1, jobs=(7,)))
    hand.run(deliveries().delivered(DropOff(3, 7, 90.0)))
    assert reported(hand, (5.0, 80.0)) == (9.0, 9.0)
    assert reported(hand, (6.0, 95.0)) == (6.0, 0.0)


def test_where_a_bundle_fell_through_any_report_counts() -> None:
    """The door of an order that is withdrawn is no place where its rider was seen."""
    hand = Hand(now=100.0)
    hand.put(7, Job("assigned", open_job(7, 0.0), 3))
    hand.put(3, RiderRecord(3, 9.0, 9.0, 500.0, math.inf, math.nan, n_jobs=1, jobs=(7,), seen_at=70.0))
    hand.run(deliveries().withdraw(OrderRef(7, "patience")))
    assert reported(hand, (5.0, 60.0)) == (5.0, 0.0)
