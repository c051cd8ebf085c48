"""Riders on their shifts: breaks, giving back, leaving early, late positions, pay and tips."""

from __future__ import annotations

import math
from typing import Any

import pytest

from delivsim.city.attitude import Attitude
from delivsim.city.behavior import RidersConfig
from delivsim.city.ledger import Ledger
from delivsim.city.rider import stretches
from delivsim.city.riders import Riders
from delivsim.domain.instance import Instance, Rules
from delivsim.domain.order import Order, Outcome
from delivsim.domain.rider import Rider
from delivsim.domain.store import Store
from delivsim.domain.streams import Streams
from delivsim.domain.travel import Euclidean
from delivsim.record.tables import columns
from delivsim.services.messages import OK, Errand, Handover, OfferMade, Request, Response, RiderOn, Stop

STORE, DOOR = (1000.0, 0.0), (1000.0, 500.0)


def town(rider: dict[str, Any] | None = None, n: int = 3, **rules: Any) -> Instance:
    """A store 200 s away from the rider, and doors 100 s from the store."""
    return Instance(
        name="town",
        orders=[Order(id=f"o{i}", placed_at=0.0, store=0, x=DOOR[0], y=DOOR[1], tip=50 * i) for i in range(n)],
        riders=[Rider(**{"id": "r", "x": 0.0, "y": 0.0, "on_at": 0.0, "off_at": 3600.0} | (rider or {}))],
        stores=[Store(id="s", x=STORE[0], y=STORE[1])],
        travel=Euclidean(speed=5.0),
        rules=Rules(pickup_service_time=0.0, dropoff_service_time=0.0, **rules),
    )


def offer(number: int, *orders: int) -> OfferMade:
    return OfferMade(number, 1, 0, tuple(Stop(70 + i, i, DOOR, 0, STORE) for i in orders))


def kind(request: Request) -> Response[Any]:
    """A platform that says yes to everything."""
    if request.operation == "accept_offer":
        made = OFFERS[request.body.offer]
        return Response(200, Handover(tuple(stop.order for stop in made.stops)))
    return Response(200, Handover(request.body.orders)) if request.operation == "picked_up" else OK


OFFERS = {number: offer(number, number - 1) for number in (1, 2, 3)}


@pytest.fixture
def ride(env, make_platform):
    """Let a rider work; ``offers`` are (instant, number); food is ready at once, or at ``ready_at``."""

    def run(
        *offers: tuple[float, int],
        ready_at: float = 0.0,
        rider: Any = None,
        rules: Any = None,
        moves: Any = (),
        **config: Any,
    ):
        instance = town(rider, **(rules or {}))
        ledger = Ledger(env, instance, ready_is_given=True)
        for file in ledger.files:
            file.ready_at = ready_at
        platform = make_platform(kind)
        legs: list[tuple[Any, ...]] = []
        told = RidersConfig.model_validate(config)
        riders = Riders(env, platform, instance, ledger, told, Streams(1), offers=[], legs=legs)
        for at, number in offers:
            platform.bring(at, "rider.offered", OFFERS[number], 0)
        for at, place in moves:
            platform.bring(at, "rider.moved", Errand(0, place), 0)
        env.run(until=4000.0)
        rows = [dict(zip(columns("legs"), leg, strict=True)) for leg in legs]
        row = dict(zip(columns("riders"), riders.rows()[0], strict=True))
        return platform, ledger, [(leg["kind"], leg["started_at"], leg["ended_at"]) for leg in rows], row

    return run


def test_a_shift_is_cut_at_its_breaks() -> None:
    """Breaks of no length cut nothing out, and a break at the very start makes the shift begin later."""
    rider = Rider(id="r", x=0, y=0, on_at=0, off_at=100, breaks=((0, 10), (50, 60)))
    assert stretches(rider) == [(10, 50), (60, 100)]
    assert stretches(Rider(id="r", x=0, y=0, on_at=5, off_at=5)) == []


def test_a_break_is_time_off_line_that_the_platform_knows_of(ride) -> None:
    """On line until the break and again after it; the break is a leg of its own, and is not paid."""
    platform, _, legs, row = ride(rider={"breaks": ((1000.0, 1900.0),)}, rules={"guaranteed_pay_per_hour": 1200})
    on = [(at, r.body) for at, r in platform.asked if r.operation == "go_online"]
    assert on[0] == (0.0, RiderOn(0, (0.0, 0.0), 1000.0, pytest.approx(math.nan, nan_ok=True)))
    assert [(at, body.off_at) for at, body in on] == [(0.0, 1000.0), (1900.0, 3600.0)]
    assert platform.instants("go_offline") == [1000.0, 3600.0]
    assert legs == [("break", 1000.0, 1900.0)]
    assert (row["pay"], row["on_guarantee"]) == (900, True)


def test_a_break_begins_when_what_was_accepted_is_done(ride) -> None:
    """An order delivered at 1100 s shortens the break that was to begin at 1000 s, and its end stays."""
    _, ledger, legs, _ = ride((800.0, 1), rider={"breaks": ((1000.0, 1900.0),)})
    assert ledger.files[0].delivered_at == 1100.0
    assert ("break", 1100.0, 1900.0) in legs


def test_the_app_tells_how_much_the_rider_carries(ride, env, make_platform) -> None:
    """The rider's own capacity, else that of the rules, else any number."""
    for rider, rules, capacity in (({"capacity": 2}, {"capacity": 5}, 2), ({}, {"capacity": 5}, 5), ({}, {}, math.inf)):
        platform = make_platform(kind)
        instance = town(rider, **rules)
        ledger = Ledger(env, instance, ready_is_given=True)
        Riders(env, platform, instance, ledger, RidersConfig(), Streams(1), offers=[], legs=[])
        env.run(until=env.now + 1.0)
        assert platform.asked[0][1].body.capacity == capacity


def test_given_back_on_the_way_the_rider_turns_round(ride) -> None:
    """Accepted at 0 s, given back at 60 s: the platform is told, and the rider stands where he was then."""
    platform, ledger, legs, row = ride((0.0, 1), give_back=1, give_back_after="60s")
    back = [(at, r.body.orders) for at, r in platform.asked if r.operation == "give_back"]
    assert back == [(60.0, (70,))]
    assert legs == [("to_store", 0.0, 60.0)]
    where = [r.body.place for at, r in platform.asked if r.operation == "report_position" and at == 60.0]
    assert set(where) == {(300.0, 0.0)}
    file = ledger.files[0]
    assert (file.rider, file.n_given_back, math.isnan(file.assigned_at)) == (-1, 1, True)
    assert row["distance"] == 300.0


def test_given_back_while_waiting_for_food(ride) -> None:
    """The rider leaves the store at once, and begins what was accepted later."""
    platform, ledger, legs, _ = ride((0.0, 1), (10.0, 2), ready_at=9e9, give_back=1, give_back_after="5min")
    assert platform.instants("give_back") == [300.0, 310.0]
    assert [leg for leg in legs if leg[2] > leg[1]] == [
        ("to_store", 0.0, 200.0), ("wait", 200.0, 300.0), ("wait", 300.0, 310.0)
    ]  # fmt: skip
    assert [file.n_given_back for file in ledger.files] == [1, 1, 0]


def test_given_back_before_it_is_begun_but_not_once_on_board(ride) -> None:
    """Picked up at 200 s: at 250 s it is too late to give the first back; the second, not yet begun, goes."""
    platform, ledger, _, _ = ride((0.0, 1), (10.0, 2), give_back=1, give_back_after="250s")
    assert [(at, r.body.orders) for at, r in platform.asked if r.operation == "give_back"] == [(260.0, (71,))]
    assert [file.outcome for file in ledger.files[:2]] == [Outcome.DELIVERED, None]
    assert ledger.files[0].delivered_at == 300.0


def test_who_leaves_early_delivers_what_he_carries_and_leaves_the_rest(ride) -> None:
    """Off line at 250 s with one order on board and one to fetch: the first is delivered, the second is not."""
    platform, ledger, legs, row = ride((0.0, 1), (10.0, 2), leave_early=1, leave_early_by="3350s")
    assert platform.instants("go_offline") == [250.0]
    assert [file.delivered_at for file in ledger.files[:2]] == [300.0, pytest.approx(math.nan, nan_ok=True)]
    assert ledger.files[1].n_given_back == 1
    assert [leg[0] for leg in legs] == ["to_store", "wait", "to_customer"]
    assert row["off_at"] == 250.0


def test_who_leaves_early_on_the_way_to_the_store_stops_there(ride) -> None:
    """Off line at 100 s: nobody fetches it, and no offer is taken any more."""
    _, ledger, legs, _ = ride((0.0, 1), (500.0, 2), leave_early=1, leave_early_by="3500s")
    assert legs == [("to_store", 0.0, 100.0)]
    assert [file.rider for file in ledger.files[:2]] == [-1, -1]


def test_positions_come_late(ride) -> None:
    """A position of 60 s is sent at 90 s; without delay at once."""
    sent = ride((0.0, 1), report_every="60s", report_delay="30s")[0]
    reports = [(at, r.body.place) for at, r in sent.asked if r.operation == "report_position"]
    assert reports[0] == (90.0, (pytest.approx(300.0), 0.0))


def test_positions_are_reported_on_the_way_to_where_to_wait(ride) -> None:
    """Who is sent somewhere reports every so often until he is there, and then only what he does at rest."""
    platform, _, legs, row = ride(moves=[(0.0, (1000.0, 0.0))], report_every="60s", report_at_rest_every=None)
    reports = [(at, r.body.place[0]) for at, r in platform.asked if r.operation == "report_position"]
    assert reports == [(60.0, 300.0), (120.0, 600.0), (180.0, 900.0), (200.0, 1000.0)]
    assert legs == [("move", 0.0, 200.0)]
    assert row["distance"] == 0.0  # of orders


def test_pay_is_by_order_and_kilometre_or_the_guarantee_and_tips_come_on_top(ride) -> None:
    """Two deliveries over 2.5 km at 450 and 100 per km beat 1100 for the hour; tips of 0 and 50."""
    rules = {"pay_per_order": 450, "pay_per_km": 100, "guaranteed_pay_per_hour": 1100}
    *_, row = ride((0.0, 1), (10.0, 2), rules=rules)
    assert (row["n_orders"], row["n_bundles"], row["distance"]) == (2, 2, 2500.0)
    assert (row["pay"], row["on_guarantee"], row["tips"]) == (1150, False, 50)


def test_without_orders_the_guarantee_is_paid_and_nobody_works_for_nothing(ride) -> None:
    """An hour on line without an order earns the guarantee."""
    *_, row = ride(rules={"pay_per_order": 450, "guaranteed_pay_per_hour": 1100})
    assert (row["pay"], row["on_guarantee"], row["n_orders"]) == (1100, True, 0)


def test_way_and_pay_change_acceptance_by_the_logit() -> None:
    """The usual offer is accepted as often as said; 2 km more at -0.5 per km, by the odds of the formula."""
    config = RidersConfig.model_validate(
        {"accept": 0.8, "acceptance": {"per_km": -0.5, "usual_km": 1.5, "per_pay": 0.1, "usual_pay": 10}}
    )
    attitude = Attitude(config, town(), Streams(1))
    usual = sum(attitude.answer(offer(1, 0), (0.0, 0.0), k) == "accepted" for k in range(4000)) / 4000
    far = sum(attitude.answer(offer(1, 0), (-2000.0, 0.0), k) == "accepted" for k in range(4000)) / 4000
    rich = sum(attitude.answer(offer(1, 0, 1), (0.0, 0.0), k) == "accepted" for k in range(4000)) / 4000
    assert usual == pytest.approx(0.8, abs=0.02)
    assert far == pytest.approx(1 / (1 + math.exp(-(math.log(4) - 1.0))), abs=0.025)
    assert rich == pytest.approx(1 / (1 + math.exp(-(math.log(4) + 1.0))), abs=0.02)


def test_all_or_nothing_needs_no_logit() -> None:
    """Riders who accept everything accept the farthest offer; who ignores all never answers."""
    far = {"accept": 1.0, "acceptance": {"per_km": -5}}
    assert (
        Attitude(RidersConfig.model_validate(far), town(), Streams(1)).answer(offer(1, 0), (1e6, 0.0), 1) == "accepted"
    )
    never = RidersConfig.model_validate({"accept": 0, "ignore": 1})
    assert Attitude(never, town(), Streams(1)).answer(offer(1, 0), (0.0, 0.0), 1) == "timed_out"
