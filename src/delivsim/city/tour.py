"""The bundles of a rider: accepted, grown, given back, fetched store by store, and handed over."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Generator, Sequence
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from simpy.events import Event, Process
from simpy.exceptions import Interrupt

from delivsim.city.insist import insist, insisting
from delivsim.city.ledger import OrderFile
from delivsim.city.way import APP, Way
from delivsim.domain.order import Outcome
from delivsim.services.messages import DropOff, GiveBack, OfferMade, PickUp, Request, Stop

if TYPE_CHECKING:
    from delivsim.city.riders import Riders

Steps = Generator[Any, Any, Any]


class Stage(Enum):
    """How far a rider is with the first of the bundles to be done."""

    AWAY = auto()
    DRIVING = auto()
    AT_STORE = auto()
    LOADED = auto()


class Tour:
    """
    What a rider has accepted and not yet delivered, in the order in which it is done.

    Attributes
    ----------
    bundles
        The first is being done.
    way
        Where the rider is.
    process
        The rider's process, which a bundle that is given back interrupts.
    """

    def __init__(self, riders: Riders, number: int) -> None:
        self.riders, self.number = riders, number
        self.env, self.ledger = riders.env, riders.ledger
        self.way = Way(riders, number)
        self.bundles: deque[OfferMade] = deque()
        self.process: Process | None = None
        self._stage = Stage.AWAY
        self._fetching = False
        self._arrival: Event | None = None

    # --- what is to be done --------------------------------------------------------------------------------------

    def take(self, made: OfferMade, wanted: tuple[int, ...]) -> bool:
        """Put an accepted bundle behind those to be done before it, or what joins one into it; False: too late."""
        stops = tuple(stop for stop in made.stops if stop.order in wanted)
        at = self._growing(made.joins) if made.joins else None
        if made.joins and at is None:
            if all(bundle.offer != made.joins for bundle in self.bundles):
                self._leave_to_others(stops)
            return False  # else the platform hears of it at the pick-up
        for stop in stops:
            file = self.ledger.files[stop.reference]
            file.assigned_at, file.rider = self.env._now, self.number
            self.ledger.reopened(stop.reference)
        if at is None:
            self.bundles.append(made if len(stops) == len(made.stops) else made._replace(stops=stops))
        else:
            self._grow(at, made.sequence, stops)
        return True

    def arriving(self, number: int) -> Event | None:
        """The arrival at the store, where a rider on the way there learns what joins that bundle; None: not driving."""
        if not number or not self.bundles or self.bundles[0].offer != number or self._stage is not Stage.DRIVING:
            return None
        self._arrival = self._arrival or self.env.event()
        return self._arrival

    def _growing(self, number: int) -> int | None:
        """Where a bundle that is still to be picked up stands among those to be done."""
        for at, bundle in enumerate(self.bundles):
            if bundle.offer == number and (at > 0 or self._stage is not Stage.LOADED):
                return at
        return None

    def _grow(self, at: int, sequence: tuple[int, ...], more: tuple[Stop, ...]) -> None:
        """Deliver a bundle's orders, with those that joined it, in the order they were told."""
        place = {order: k for k, order in enumerate(sequence)}
        stops = sorted((*self.bundles[at].stops, *more), key=lambda stop: place.get(stop.order, len(place)))
        self.bundles[at] = self.bundles[at]._replace(stops=tuple(stops))
        for stop in more if at == 0 else ():
            file = self.ledger.files[stop.reference]
            if self._stage is not Stage.AWAY:
                file.departed_at = self.env._now
            if self._stage is Stage.AT_STORE:
                file.arrived_at = self.env._now

    def give_back(self, number: int) -> None:
        """Tell the platform that somebody else should have a bundle, unless any of it is on board."""
        self._tell_given_back(self._drop(number, whole=True))

    def _leave_to_others(self, stops: Sequence[Stop]) -> None:
        """Give back at once what was to join a bundle that was given back before the platform knew."""
        for stop in stops:
            self.ledger.given_back(stop.reference)
        self._tell_given_back(stops)

    def _tell_given_back(self, stops: Sequence[Stop]) -> None:
        if stops:
            request = Request(APP, "give_back", GiveBack(self.number, tuple(stop.order for stop in stops)))
            insist(self.env, self.riders.platform, request._replace(order=stops[0].reference), self.way.report)

    def give_up(self) -> None:
        """Forget everything that is not on board."""
        for bundle in [*self.bundles]:
            self._drop(bundle.offer, whole=False)

    def _drop(self, number: int, *, whole: bool) -> list[Stop]:
        """Forget the orders of a bundle that are not on board; with ``whole`` all of them or none."""
        at = next((k for k, bundle in enumerate(self.bundles) if bundle.offer == number), None)
        if at is None or (at == 0 and not self._fetching):
            return []
        stops = self.bundles[at].stops
        left = [stop for stop in stops if math.isnan(self.ledger.files[stop.reference].picked_up_at)]
        if whole and len(left) < len(stops):
            return []
        for stop in left:
            self.ledger.given_back(stop.reference)
        if at == 0:
            assert self.process is not None, "who fetches is at work"
            self._fetching = False
            self.process.interrupt()
        else:
            del self.bundles[at]
        return left

    # --- doing it ------------------------------------------------------------------------------------------------

    def serve(self) -> Steps:
        """Fetch the orders of the first bundle, store by store, and deliver them one after the other."""
        going = yield from self._fetched()
        self._stage, half = Stage.LOADED, self.riders.instance.rules.dropoff_service_time / 2
        place = {stop.order: k for k, stop in enumerate(self.bundles[0].stops)}
        for stop in sorted(going, key=lambda stop: place[stop.order]):
            yield from self.way.drive("to_customer", stop.address, stop.reference)
            yield from self.way.stay("dropoff", half, stop.reference)
            self._hand_over(stop)
            yield from self.way.stay("dropoff", half, stop.reference)
        if not going:
            self.way.report()
        self.bundles.popleft()
        self._stage = Stage.AWAY

    def _fetched(self) -> Generator[Any, Any, list[Stop]]:
        """Have what is still wanted of the first bundle on board; what is given back on the way is not."""
        going: list[Stop] = []
        bundle = self.bundles[0]
        try:
            self._fetching = True
            if bundle.hold_until > self.env._now:
                yield self.env.timeout(bundle.hold_until - self.env._now)
            for store in dict.fromkeys(stop.store for stop in self.bundles[0].stops):
                going += yield from self._fetch(store)
        except Interrupt:
            self._tell_arrival()
        self._fetching = False
        return going

    def _fetch(self, store: int) -> Generator[Any, Any, list[Stop]]:
        """Go to one store of the bundle and pick up what is still wanted of it."""
        half = self.riders.instance.rules.pickup_service_time / 2
        stops = self._stops_at(store)
        first = stops[0].reference
        for file in self._files(stops):
            file.departed_at = self.env._now
        self._stage, self._fetching = Stage.DRIVING, True
        yield from self.way.drive("to_store", stops[0].pickup, first)
        files = self._files(self._stops_at(store))  # with what joined on the way
        self._arrive(files)
        if all(file.withdrawn for file in files):
            return []
        yield from self.way.stay("pickup", half, first)
        yield from self.way.wait("wait", first, self._food(store))
        self._stage, self._fetching = Stage.LOADED, False
        going = yield from self._pick_up(self._stops_at(store))
        yield from self.way.stay("pickup", half, first)
        return going

    def _stops_at(self, store: int) -> list[Stop]:
        return [stop for stop in self.bundles[0].stops if stop.store == store]

    def _files(self, stops: list[Stop]) -> list[OrderFile]:
        return [self.ledger.files[stop.reference] for stop in stops]

    def _arrive(self, files: list[OrderFile]) -> None:
        """Be at the store; what is to join the bundle is told now."""
        self._stage = Stage.AT_STORE
        for file in files:
            file.arrived_at = self.env._now
        self._tell_arrival()

    def _tell_arrival(self) -> None:
        if self._arrival is not None:
            self._arrival.succeed()
            self._arrival = None

    def _food(self, store: int) -> Steps:
        """Wait until all of the bundle is ready, with whatever joins it meanwhile, and is handed over."""
        known = 0
        while known < len(self.bundles[0].stops):
            known = len(self.bundles[0].stops)
            for stop in self._stops_at(store):
                ready = self.ledger.wait_ready(stop.reference)
                while ready is not None:
                    yield ready
                    ready = self.ledger.wait_ready(stop.reference)
        handover_time = self.riders.instance.stores[store].handover_time
        if handover_time > 0.0:
            yield self.env.timeout(handover_time)

    def _pick_up(self, stops: list[Stop]) -> Generator[Any, Any, list[Stop]]:
        """Take what is still wanted; the platform has the last word."""
        wanted = [stop for stop in stops if not self.ledger.files[stop.reference].withdrawn]
        if wanted:
            picked_up_at = self.env._now
            orders = tuple([stop.order for stop in wanted])
            request = Request(APP, "picked_up", PickUp(self.number, orders), wanted[0].reference)
            response = yield from insisting(self.env, self.riders.platform, request)
            kept = set(response.body.orders)
            wanted = [stop for stop in wanted if stop.order in kept]
            for stop in wanted:
                file = self.ledger.files[stop.reference]
                file.picked_up_at, file.bundle_size = picked_up_at, len(wanted)
        self.way.n_carried += len(wanted)
        return wanted

    def _hand_over(self, stop: Stop) -> None:
        self.ledger.files[stop.reference].delivered_at = self.env._now
        self.ledger.ended(stop.reference, Outcome.DELIVERED)
        self.way.n_carried -= 1
        request = Request(APP, "delivered", DropOff(self.number, stop.order, self.env._now), stop.reference)
        self.ledger.busy += 1
        insist(self.env, self.riders.platform, request, self._told)

    def _told(self) -> None:
        self.ledger.busy -= 1
        self.ledger.check()
