"""Orders that join a bundle while its rider is on the way to the store."""

from __future__ import annotations

import math

from delivsim.city.behavior import RidersConfig
from delivsim.city.ledger import Ledger
from delivsim.city.riders import Riders
from delivsim.domain.streams import Streams
from delivsim.services.messages import OK, Handover, OfferMade, Response, Stop

FAR = (1000.0, 0.0)
STOPS = tuple(Stop(70 + i, i, (1.0, 1.0), 0, FAR) for i in (0, 1))


def test_what_joins_on_the_way_has_set_out_and_arrives_with_the_rider(env, make_instance, make_platform) -> None:
    """A yes that the platform took long to hear makes the order one of the bundle under way, with all its instants."""
    refused = iter([503])

    def answer(request):
        if request.operation != "accept_offer":
            return Response(200, Handover((70, 71))) if request.operation == "picked_up" else OK
        if request.body.offer == 2 and next(refused, None):
            return Response(503)
        return Response(200, Handover((69 + request.body.offer,)))

    platform, instance = make_platform(answer), make_instance(orders=2)
    ledger = Ledger(env, instance, ready_is_given=True)
    for file in ledger.files:
        file.ready_at = 0.0
    Riders(env, platform, instance, ledger, RidersConfig(), Streams(1), offers=[], legs=[])
    platform.bring(10.0, "rider.offered", OfferMade(1, 1, 0, STOPS[:1], hold_until=20.0), 0)
    platform.bring(15.0, "rider.offered", OfferMade(2, 2, 0, STOPS[1:], joins=1, sequence=(70, 71)), 0)
    env.run(until=1800.0)
    first, second = ledger.files
    assert (first.departed_at, second.departed_at) == (20.0, 45.0)
    assert second.arrived_at == first.arrived_at > 45.0
    assert not math.isnan(second.delivered_at)


def test_what_joins_a_bundle_that_was_given_back_is_given_back_too(env, make_instance, make_platform) -> None:
    """The platform let it join before it knew; nobody would ever fetch it."""

    def answer(request):
        return Response(200, Handover((69 + request.body.offer,))) if request.operation == "accept_offer" else OK

    platform, instance = make_platform(answer), make_instance(orders=2)
    ledger = Ledger(env, instance, ready_is_given=True)
    told = RidersConfig.model_validate({"give_back": 1.0, "give_back_after": "60s"})
    Riders(env, platform, instance, ledger, told, Streams(1), offers=[], legs=[])
    platform.bring(10.0, "rider.offered", OfferMade(1, 1, 0, STOPS[:1]), 0)
    platform.bring(100.0, "rider.offered", OfferMade(2, 2, 0, STOPS[1:], joins=1, sequence=(70, 71)), 0)
    env.run(until=600.0)
    given_back = [(at, request.body.orders) for at, request in platform.asked if request.operation == "give_back"]
    assert given_back == [(70.0, (70,)), (100.0, (71,))]
