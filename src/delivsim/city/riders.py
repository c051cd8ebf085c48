"""Riders: they answer offers, drive, wait for the food, and hand it over."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Generator
from enum import Enum, auto
from typing import Any

from simpy import Environment
from simpy.events import Event

from delivsim.city.behavior import RidersConfig
from delivsim.city.insist import insist, insisting
from delivsim.city.ledger import Ledger, OrderFile
from delivsim.city.port import Platform
from delivsim.domain.instance import Instance
from delivsim.domain.order import Outcome
from delivsim.domain.streams import Streams
from delivsim.services.messages import (
    DropOff,
    Errand,
    Message,
    OfferAnswer,
    OfferMade,
    PickUp,
    Place,
    Position,
    Request,
    RiderOn,
    RiderRef,
    Stop,
)

APP = "rider"
Process = Generator[Any, Any, Any]


class Stage(Enum):
    """How far a rider is with the first of the bundles to be done."""

    AWAY = auto()
    DRIVING = auto()
    AT_STORE = auto()
    LOADED = auto()


class RiderProcess:
    """One rider: a process for the way, and answers to offers beside it."""

    def __init__(self, riders: Riders, number: int) -> None:
        self.riders, self.number = riders, number
        self.env, self.platform, self.ledger = riders.env, riders.platform, riders.ledger
        self.rider = riders.instance.riders[number]
        self.place: Place = (self.rider.x, self.rider.y)
        self.bundles: deque[OfferMade] = deque()
        self.n_carried = 0
        self.idle: Event | None = None
        self.answering = 0
        self.errand: Errand | None = None
        self.stage = Stage.AWAY
        self.arrival: Event | None = None
        self.called: Event | None = None
        self.env.process(self.run())

    def run(self) -> Process:
        """Work a shift: whatever was accepted is finished, even after its end."""
        env, rider = self.env, self.rider
        if rider.on_at > env.now:
            yield env.timeout(rider.on_at - env.now)
        if rider.off_at <= rider.on_at:
            return
        self.platform.subscribe("rider.offered", self.number, self._offered)
        self.platform.subscribe("rider.withdrawn", self.number, self._withdrawn)
        self.platform.subscribe("rider.moved", self.number, self._moved)
        speed = math.nan if rider.speed is None else rider.speed
        most = rider.capacity or self.riders.instance.rules.capacity or math.inf
        yield from self._insist("go_online", RiderOn(self.number, self.place, rider.off_at, speed, most))
        env.timeout(max(0.0, rider.off_at - env.now)).callbacks.append(self._wake)
        while self.bundles or self.answering or env.now < rider.off_at:
            if self.bundles:
                yield from self._serve(self.bundles[0])
                self.bundles.popleft()
                self.stage = Stage.AWAY
            elif self.errand is not None:
                yield from self._move(self.errand.place)
            else:
                yield from self._rest()
        yield from self._insist("go_offline", RiderRef(self.number))

    def _rest(self) -> Process:
        """Wait for the next bundle or the end of the shift; report now and then where that is."""
        self.idle = self.env.event()
        every = self.riders.config.report_at_rest_every
        if every is not None:
            self.env.timeout(every, self.idle).callbacks.append(self._report_at_rest)
        yield self.idle
        self.idle = None

    def _report_at_rest(self, event: Any) -> None:
        if event.value is self.idle and self.env.now < self.rider.off_at:
            self._report()
            every = self.riders.config.report_at_rest_every
            self.env.timeout(every or math.inf, self.idle).callbacks.append(self._report_at_rest)

    def _wake(self, _: Any = None) -> None:
        if self.idle is not None and not self.idle.triggered:
            self.idle.succeed()

    # --- offers --------------------------------------------------------------------------------------------------

    def _offered(self, message: Message) -> None:
        self.answering += 1
        self.riders.unanswered[message.body.offer] = message.body, self.env.now
        self.env.process(self._answer(message.body))

    def _answer(self, made: OfferMade) -> Process:
        """Think about an offer, and accept it, decline it, or let it be."""
        offered_at = self.env.now
        attempt = 0
        for stop in made.stops:
            file = self.ledger.files[stop.reference]
            file.n_offers += 1
            attempt = max(attempt, file.n_offers)
        first = made.stops[0].reference
        if made.joins and self.bundles and self.bundles[0].offer == made.joins and self.stage is Stage.DRIVING:
            self.arrival = self.arrival or self.env.event()
            yield self.arrival
        mood = self.riders.streams.uniform("rider/answer", self.number, first, attempt)
        answer = "accepted" if mood < self.riders.config.accept else "declined"
        if mood >= 1.0 - self.riders.config.ignore:
            answer = "timed_out"
        else:
            think = self.riders.think_time(self.number, first, attempt)
            if think > 0:
                yield self.env.timeout(think)
            operation = "accept_offer" if answer == "accepted" else "decline_offer"
            response = yield from self._insist(operation, OfferAnswer(made.offer, self.number), first)
            if not response.ok:  # it came too late
                answer = response.reason
            elif answer == "accepted":
                self._take(made, response.body.orders)
        answered_at = math.nan if answer == "timed_out" else self.env.now
        self.riders.record_offer(made, offered_at, answered_at, answer)
        self.answering -= 1
        self._wake()

    def _take(self, made: OfferMade, wanted: tuple[int, ...]) -> None:
        """Put an accepted bundle behind those to be done before it, or what joins one into it."""
        stops = tuple(stop for stop in made.stops if stop.order in wanted)
        at = self._growing(made.joins) if made.joins else None
        if made.joins and at is None:
            return  # too late: the platform hears of it at the pick-up
        for stop in stops:
            file = self.ledger.files[stop.reference]
            file.assigned_at, file.rider = self.env.now, self.number
            self.ledger.reopened(stop.reference)
        if at is None:
            self.bundles.append(made._replace(stops=stops))
        else:
            self._grow(at, made.sequence, stops)
        if self.called is not None and not self.called.triggered:
            self.called.succeed()

    def _growing(self, number: int) -> int | None:
        """Where a bundle that is still to be picked up stands among those to be done."""
        for at, bundle in enumerate(self.bundles):
            if bundle.offer == number and (at > 0 or self.stage is not Stage.LOADED):
                return at
        return None

    def _grow(self, at: int, sequence: tuple[int, ...], more: tuple[Stop, ...]) -> None:
        """Deliver a bundle's orders, with those that joined it, in the order they were told."""
        place = {order: k for k, order in enumerate(sequence)}
        stops = sorted((*self.bundles[at].stops, *more), key=lambda stop: place.get(stop.order, len(place)))
        self.bundles[at] = self.bundles[at]._replace(stops=tuple(stops))
        if at == 0 and self.stage is Stage.AT_STORE:
            for stop in more:
                file = self.ledger.files[stop.reference]
                file.departed_at = file.arrived_at = self.env.now

    def _withdrawn(self, message: Message) -> None:
        file = self.ledger.files[message.body.reference]
        if file.rider in (-1, self.number) and math.isnan(file.picked_up_at):
            self.ledger.withdrawn(message.body.reference)

    def _moved(self, message: Message) -> None:
        self.errand = message.body
        self._wake()

    # --- the way -------------------------------------------------------------------------------------------------

    def _serve(self, bundle: OfferMade) -> Process:
        """Fetch the orders of a bundle, store by store, and deliver them one after the other."""
        self.errand = None
        if bundle.hold_until > self.env.now:
            yield self.env.timeout(bundle.hold_until - self.env.now)
        half = self.riders.instance.rules.dropoff_service_time / 2
        going: list[Stop] = []
        for store in dict.fromkeys(stop.store for stop in self.bundles[0].stops):
            going += yield from self._fetch(store)
        self.stage = Stage.LOADED
        place = {stop.order: k for k, stop in enumerate(self.bundles[0].stops)}
        for stop in sorted(going, key=lambda stop: place[stop.order]):
            yield from self._drive("to_customer", stop.address, stop.reference)
            yield from self._stay("dropoff", half, stop.reference)
            self._hand_over(stop)
            yield from self._stay("dropoff", half, stop.reference)
        if not going:
            self._report()

    def _fetch(self, store: int) -> Generator[Any, Any, list[Stop]]:
        """Go to one store of the bundle and pick up what is still wanted of it."""
        half = self.riders.instance.rules.pickup_service_time / 2
        stops = self._stops_at(store)
        files = [self.ledger.files[stop.reference] for stop in stops]
        first = stops[0].reference
        for file in files:
            file.departed_at = self.env.now
        self.stage = Stage.DRIVING
        yield from self._drive("to_store", stops[0].pickup, first)
        self._arrive(files)
        if all(file.withdrawn for file in files):
            return []
        yield from self._stay("pickup", half, first)
        yield from self._wait_for_food(store, first)
        self.stage = Stage.LOADED
        going = yield from self._pick_up(self._stops_at(store))
        yield from self._stay("pickup", half, first)
        return going

    def _stops_at(self, store: int) -> list[Stop]:
        return [stop for stop in self.bundles[0].stops if stop.store == store]

    def _arrive(self, files: list[OrderFile]) -> None:
        """Be at the store; what is to join the bundle is told now."""
        self.stage = Stage.AT_STORE
        for file in files:
            file.arrived_at = self.env.now
        if self.arrival is not None:
            self.arrival.succeed()
            self.arrival = None

    def _wait_for_food(self, store: int, first: int) -> Process:
        """Wait until all of the bundle is ready, with whatever joins it meanwhile."""
        began, known = self.env.now, 0
        while known < len(self.bundles[0].stops):
            known = len(self.bundles[0].stops)
            for stop in self._stops_at(store):
                ready = self.ledger.wait_ready(stop.reference)
                while ready is not None:
                    yield ready
                    ready = self.ledger.wait_ready(stop.reference)
        self.riders.record_leg(self.number, first, "wait", began, self.place, self.place, 0.0, self.n_carried)

    def _pick_up(self, stops: list[Stop]) -> Generator[Any, Any, list[Stop]]:
        """Take what is still wanted; the platform has the last word."""
        wanted = [stop for stop in stops if not self.ledger.files[stop.reference].withdrawn]
        if wanted:
            picked_up_at = self.env.now
            orders = tuple(stop.order for stop in wanted)
            response = yield from self._insist("picked_up", PickUp(self.number, orders), wanted[0].reference)
            kept = set(response.body.orders)
            wanted = [stop for stop in wanted if stop.order in kept]
            for stop in wanted:
                file = self.ledger.files[stop.reference]
                file.picked_up_at, file.bundle_size = picked_up_at, len(wanted)
        self.n_carried += len(wanted)
        return wanted

    def _move(self, place: Place) -> Process:
        """Drive to where to wait; an accepted bundle calls the rider away where the rules say so."""
        self.errand = None
        env, travel, origin, began = self.env, self.riders.instance.travel, self.place, self.env.now
        seconds = travel.time(origin, place, self.rider.speed, began)
        if self.riders.instance.rules.diversion:
            self.called = env.event()
            yield self.called | env.timeout(seconds)
            self.called = None
        else:
            yield env.timeout(seconds)
        share = 1.0 if env.now >= began + seconds else (env.now - began) / seconds
        self.place = place if share >= 1.0 else travel.along(origin, place, share, self.rider.speed)
        metres = travel.distance(origin, self.place)
        self.riders.record_leg(self.number, -1, "move", began, origin, self.place, metres, 0)
        self._report()

    def _hand_over(self, stop: Stop) -> None:
        self.ledger.files[stop.reference].delivered_at = self.env.now
        self.ledger.ended(stop.reference, Outcome.DELIVERED)
        self.n_carried -= 1
        request = Request(APP, "delivered", DropOff(self.number, stop.order), stop.reference)
        self.ledger.busy += 1
        insist(self.env, self.platform, request, self._told)

    def _told(self) -> None:
        self.ledger.busy -= 1
        self.ledger.check()

    def _drive(self, kind: str, to: Place, order: int) -> Process:
        """Drive somewhere, reporting the position every so often on the way."""
        env, travel, origin = self.env, self.riders.instance.travel, self.place
        began, seconds = env.now, travel.time(origin, to, self.rider.speed, env.now)
        every = self.riders.config.report_every or math.inf
        left = seconds
        while left > every:
            yield env.timeout(every)
            left -= every
            self.place = travel.along(origin, to, 1.0 - left / seconds, self.rider.speed)
            self._report()
        if left > 0:
            yield env.timeout(began + seconds - env.now)
        self.place = to
        metres = travel.distance(origin, to)
        self.riders.record_leg(self.number, order, kind, began, origin, to, metres, self.n_carried)

    def _stay(self, kind: str, seconds: float, order: int) -> Process:
        if seconds > 0:
            began = self.env.now
            yield self.env.timeout(seconds)
            self.riders.record_leg(self.number, order, kind, began, self.place, self.place, 0.0, self.n_carried)

    def _report(self) -> None:
        self.platform.call(Request(APP, "report_position", Position(self.number, self.place)))

    def _insist(self, operation: str, body: Any, order: int = -1) -> Process:
        return (yield from insisting(self.env, self.platform, Request(APP, operation, body, order)))


class Riders:
    """The riders of an instance, and the rows of their offers and legs."""

    def __init__(
        self,
        env: Environment,
        platform: Platform,
        instance: Instance,
        ledger: Ledger,
        config: RidersConfig,
        streams: Streams,
        *,
        offers: list[tuple[Any, ...]],
        legs: list[tuple[Any, ...]],
    ) -> None:
        self.env, self.platform, self.instance, self.ledger = env, platform, instance, ledger
        self.config, self.streams = config, streams
        self._offers, self._legs = offers, legs
        self.unanswered: dict[int, tuple[OfferMade, float]] = {}
        self._thinking = streams.keyed("rider/think_time", config.think_time.sample)
        self.processes = [RiderProcess(self, number) for number in range(len(instance.riders))]

    def think_time(self, rider: int, order: int, attempt: int) -> float:
        """Draw how long a rider thinks about an offer: the same for the same rider, order and attempt."""
        constant = self.config.think_time.constant
        if constant is not None:
            return constant
        key = int(self.streams.uniform("rider/think_time", rider, order, attempt) * 2**31)
        return self._thinking(key & 0xFFFF)

    def record_offer(self, made: OfferMade, offered_at: float, answered_at: float, answer: str) -> None:
        """Write a row for each order of an offer."""
        del self.unanswered[made.offer]
        n = len(made.sequence) or len(made.stops)
        for k, stop in enumerate(made.stops):
            position = made.sequence.index(stop.order) if made.sequence else k
            self._offers.append(
                (
                    made.offer, made.decision, stop.reference, made.rider, position, n, offered_at, answered_at,
                    answer,
                )
            )  # fmt: skip

    def finish(self) -> None:
        """Write the rows of offers that riders are still thinking about when the run ends."""
        for made, offered_at in list(self.unanswered.values()):
            self.record_offer(made, offered_at, math.nan, "open")

    def record_leg(
        self, rider: int, order: int, kind: str, began: float, origin: Place, to: Place, metres: float, carried: int
    ) -> None:
        """Write a row for a stretch of a rider's way that ends now."""
        self._legs.append((rider, order, kind, began, self.env.now, *origin, *to, metres, carried))
