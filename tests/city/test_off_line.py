"""Riders who go off line for a while, on a platform that hears of it late."""

from __future__ import annotations

from typing import Any

from delivsim.city.behavior import RidersConfig
from delivsim.city.ledger import Ledger
from delivsim.city.riders import Riders
from delivsim.domain.streams import Streams
from delivsim.services.messages import OK, Handover, OfferMade, Request, Response, Stop

DOOR, STORE = (1.0, 1.0), (0.0, 0.0)
MADE = OfferMade(1, 1, 0, (Stop(70, 0, DOOR, 0, STORE),))


class Deaf:
    """A platform that does not hear the first times that a rider goes off line."""

    def __init__(self, times: int) -> None:
        self.left = times

    def __call__(self, request: Request) -> Response[Any]:
        if request.operation == "go_offline" and self.left:
            self.left -= 1
            return Response(503)
        return Response(200, Handover((70,))) if request.operation in ("accept_offer", "picked_up") else OK


def away(env, instance, platform, *, between: tuple[float, float], gives_back: bool) -> Ledger:
    """Let a rider be away for a while; one is at work all the time, who gets what is offered."""
    ledger = Ledger(env, instance, ready_is_given=True)
    ledger.files[0].ready_at = 0.0
    riders = Riders(env, platform, instance, ledger, RidersConfig(), Streams(1), offers=[], legs=[])
    process = riders.processes[0]
    for at, act in zip(between, (process.go_away, process.come_back), strict=True):
        env.timeout(at).callbacks.append(lambda _, act=act: act(gives_back=gives_back))
    env.run(until=1800.0)
    return ledger


def test_nothing_is_accepted_before_the_platform_knows_that_one_was_gone(env, make_instance, make_platform) -> None:
    """What came of it would be given to others, and the rider would drive in vain: the offer is declined."""
    platform = make_platform(Deaf(1))
    platform.bring(110.0, "rider.offered", MADE, 0)
    away(env, make_instance(), platform, between=(100.0, 101.0), gives_back=False)
    assert platform.instants("decline_offer") == [110.0]
    assert platform.instants("accept_offer") == []
    assert platform.instants("go_offline") == [100.0, 130.0]
    assert platform.instants("go_online") == [0.0, 130.0]


def test_who_was_away_while_he_delivered_comes_back(env, make_instance, make_platform) -> None:
    """The platform was told that he is gone, so it must be told that he is back, though he never stopped."""
    platform = make_platform(Deaf(0))
    platform.bring(10.0, "rider.offered", MADE, 0)
    ledger = away(
        env,
        make_instance(pickup_service_time=600.0, dropoff_service_time=0.0),
        platform,
        between=(400.0, 401.0),
        gives_back=True,
    )
    assert ledger.files[0].picked_up_at < 400.0 < ledger.files[0].delivered_at
    assert platform.instants("go_offline") == [400.0]
    assert platform.instants("go_online") == [0.0, ledger.files[0].delivered_at]
