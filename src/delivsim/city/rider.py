"""A rider: on line and off, between breaks, and what becomes of offers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from simpy.events import Event

from delivsim.city.insist import insist, insisting
from delivsim.city.story import Story
from delivsim.city.tour import Tour
from delivsim.city.way import APP, Process
from delivsim.domain.rider import Rider
from delivsim.services.messages import Errand, Message, OfferAnswer, OfferMade, Request, RiderOn, RiderRef

if TYPE_CHECKING:
    from delivsim.city.riders import Riders


def stretches(rider: Rider) -> list[tuple[float, float]]:
    """Cut a shift at its breaks: pairs of instants between which the rider works, none of no length."""
    cuts = [rider.on_at, *(instant for pause in rider.breaks for instant in pause), rider.off_at]
    return [(begin, end) for begin, end in zip(cuts[::2], cuts[1::2], strict=True) if end > begin]


class RiderProcess:
    """
    One rider: a process for the way, and answers to offers beside it.

    Attributes
    ----------
    tour
        What the rider has accepted, and where he is with it.
    off_at
        When the rider goes off line for good, or went.
    n_away
        How many things keep the rider off line in the middle of the shift.
    """

    def __init__(self, riders: Riders, number: int) -> None:
        self.riders, self.number = riders, number
        self.env, self.platform, self.ledger = riders.env, riders.platform, riders.ledger
        self.rider = riders.instance.riders[number]
        self.tour = Tour(riders, number)
        self.off_at, self.has_left = self.rider.off_at, False
        self._works_until = self.rider.on_at
        self._idle: Event | None = None
        self._reports_at, self._bell_is_set = math.inf, False
        self._answering = 0
        self.n_away, self._gives_back = 0, 0
        self._gone: Event | None = None
        self._errand: Errand | None = None
        self._called: Event | None = None
        self.tour.process = self.env.process(self.run())

    # --- the shift -----------------------------------------------------------------------------------------------

    def run(self) -> Process:
        """Work a shift: whatever was accepted is finished, even after its end."""
        if not (work := stretches(self.rider)):
            return
        if self.rider.on_at > self.env._now:
            yield self.env.timeout(self.rider.on_at - self.env._now)
        self.platform.subscribe("rider.offered", self.number, self._offered)
        self.platform.subscribe("rider.withdrawn", self.number, self._withdrawn)
        self.platform.subscribe("rider.moved", self.number, self._moved)
        leaves_at = self.riders.attitude.leaves_at(self.number, self.rider)
        if leaves_at < math.inf:
            self.riders.bells.ring_at(leaves_at, self._leave)
        for begin, end in work:
            if begin > self.env._now and not self.has_left:
                yield from self._pause(begin)
            if end > self.env._now and not self.has_left:
                yield from self._work(end)

    def _pause(self, until: float) -> Process:
        """Have a break, if what was accepted before it left any of it."""
        began = self.env._now
        yield self.env.timeout(until - began)
        self._errand = None
        if not self.has_left:
            self.tour.way.stayed("break", -1, began)

    def _work(self, until: float) -> Process:
        """Be on line until then, and as long after it as what was accepted takes."""
        env = self.env
        self._works_until = until
        if not self.n_away:
            yield from self._go_online(until)
        self.riders.bells.ring_at(until, self._wake)
        while self.tour.bundles or self._answering or (env._now < until and not self.has_left):
            if self.tour.bundles:
                self._errand = None
                yield from self.tour.serve()
            elif self._is_off_line() and not self._answering:
                yield from self._stay_away(until)
            elif self._errand is not None:
                yield from self._move(self._errand)
            else:
                yield from self._rest()
        if not self.has_left:
            yield from self._insist("go_offline", RiderRef(self.number))

    def _go_online(self, until: float) -> Process:
        speed = math.nan if self.rider.speed is None else self.rider.speed
        most = self.rider.capacity or self.riders.instance.rules.capacity or math.inf
        yield from self._insist("go_online", RiderOn(self.number, self.tour.way.place, until, speed, most))
        if self.has_left:  # while the platform was slow to answer: it does not know yet
            yield from self._insist("go_offline", RiderRef(self.number))

    # --- off line for a while ------------------------------------------------------------------------------------

    def go_away(self, *, gives_back: bool) -> None:
        """Go off line in the middle of a shift: at once, giving back what is not on board, or when all is done."""
        self.n_away += 1
        self._gives_back += gives_back
        if gives_back and self.is_at_work():
            self.tour.give_up()
            if self._gone is None:
                self._tell_gone()
        self._wake()

    def come_back(self, *, gives_back: bool) -> None:
        """Have one reason less to be off line."""
        self.n_away -= 1
        self._gives_back -= gives_back
        self._wake()

    def _is_off_line(self) -> bool:
        """Whether something keeps the rider away, or has and the platform has not been told yet that it is over."""
        return self.n_away > 0 or self._gone is not None

    def is_at_work(self) -> bool:
        """Whether this is within the shift and not in a break of it, and the rider has not left for good."""
        return not self.has_left and self.env._now < self._works_until

    def _tell_gone(self) -> None:
        """Tell the platform; the rider does not come back before it knows."""
        self._gone = gone = self.env.event()
        insist(self.env, self.platform, Request(APP, "go_offline", RiderRef(self.number)), lambda: self._known(gone))

    @staticmethod
    def _known(gone: Event) -> None:
        gone.succeed()

    def _stay_away(self, until: float) -> Process:
        """Be off line until nothing keeps the rider away any more, or the shift is over."""
        began, self._errand = self.env._now, None
        if self._gone is None:
            self._tell_gone()
        while self.n_away and self.is_at_work():
            self._idle = self.env.event()
            yield self._idle
            self._idle = None
        assert self._gone is not None, "the platform was told"
        if not self._gone.processed:
            yield self._gone
        self._gone = None
        self.tour.way.stayed("break", -1, began)
        if self.is_at_work() and not self.n_away:
            yield from self._go_online(until)

    def _leave(self) -> None:
        """Go off line for good, whatever was agreed: what is on board is delivered, the rest is left to others."""
        self.has_left, self.off_at = True, self.env._now
        self.tour.give_up()
        insist(self.env, self.platform, Request(APP, "go_offline", RiderRef(self.number)))
        self._wake()

    def time_on_line(self) -> float:
        """Seconds of the shift, without breaks and without what the rider was not there for."""
        return sum(max(0.0, min(end, self.off_at) - begin) for begin, end in stretches(self.rider))

    # --- between orders ------------------------------------------------------------------------------------------

    def _rest(self) -> Process:
        """Wait for the next bundle or the end of the shift; report now and then where that is."""
        self._idle = self.env.event()
        every = self.riders.config.report_at_rest_every
        if every is not None:
            self._report_at_rest(every)
        yield self._idle
        self._idle = None

    def _report_at_rest(self, every: float) -> None:
        """Report the position after so long a rest, and again, until it ends; one bell is set for all rests."""
        self._reports_at = self.env._now + every
        if not self._bell_is_set:
            self._set_bell()

    def _set_bell(self) -> None:
        self._bell_is_set = True
        self.riders.bells.ring_at(self._reports_at, self._hear)

    def _hear(self) -> None:
        """Report, if the rest has lasted until now; a later one will have lasted long enough later."""
        self._bell_is_set = False
        every = self.riders.config.report_at_rest_every
        if every is None or self._idle is None or self.env._now >= self._works_until:
            return
        if self.env._now < self._reports_at:
            self._set_bell()
            return
        self.tour.way.report()
        self._report_at_rest(every)

    def _wake(self) -> None:
        if self._idle is not None and not self._idle.triggered:
            self._idle.succeed()

    def _moved(self, message: Message) -> None:
        self._errand = message.body
        self._wake()

    def _move(self, errand: Errand) -> Process:
        """Drive to where to wait; an accepted bundle calls the rider away where the rules say so."""
        self._errand = None
        self._called = self.env.event() if self.riders.instance.rules.diversion else None
        yield from self.tour.way.move(errand.place, self._called)
        self._called = None

    # --- offers --------------------------------------------------------------------------------------------------

    def _offered(self, message: Message) -> None:
        self._answering += 1
        self.riders.unanswered[message.body.offer] = message.body, self.env._now
        Story(self._answer(message.body))

    def _answer(self, made: OfferMade) -> Process:
        """Think about an offer, and accept it, decline it, or let it be."""
        offered_at, attempt = self.env._now, 0
        for stop in made.stops:
            file = self.ledger.files[stop.reference]
            file.n_offers += 1
            attempt = max(attempt, file.n_offers)
        arrival = self.tour.arriving(made.joins)
        if arrival is not None:
            yield arrival
        attitude, bundles = self.riders.attitude, self.tour.bundles
        sets_out = bundles[-1].stops[-1].address if bundles else self.tour.way.place
        answer = "declined" if self._is_off_line() else attitude.answer(made, sets_out, attempt)
        if answer != "timed_out":
            think = attitude.think_time(made, attempt)
            if think > 0:
                yield self.env.timeout(think)
            operation = "accept_offer" if answer == "accepted" else "decline_offer"
            told = OfferAnswer(made.offer, self.number)
            response = yield from self._insist(operation, told, made.stops[0].reference)
            if not response.ok:  # it came too late
                answer = response.reason
            elif answer == "accepted":
                self._take(made, response.body.orders, attempt)
        answered_at = math.nan if answer == "timed_out" else self.env._now
        self.riders.record_offer(made, offered_at, answered_at, answer)
        self._answering -= 1
        self._wake()

    def _take(self, made: OfferMade, wanted: tuple[int, ...], attempt: int) -> None:
        """Plan to do what was accepted, and perhaps not to keep to it; who is gone has given everything back."""
        is_gone = self.has_left or self._gives_back or self._gone is not None
        if is_gone or not self.tour.take(made, wanted):
            return
        if self._called is not None and not self._called.triggered:
            self._called.succeed()
        after = self.riders.attitude.gives_back_after(made, attempt)
        if after < math.inf:
            self.env.timeout(after, made.offer).callbacks.append(self._give_back)

    def _give_back(self, event: Any) -> None:
        self.tour.give_back(event.value)

    def _withdrawn(self, message: Message) -> None:
        file = self.ledger.files[message.body.reference]
        if file.rider in (-1, self.number) and math.isnan(file.picked_up_at):
            self.ledger.withdrawn(message.body.reference)

    def _insist(self, operation: str, body: Any, order: int = -1) -> Process:
        return (yield from insisting(self.env, self.platform, Request(APP, operation, body, order)))
