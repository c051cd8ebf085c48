"""The way of a rider: where he is, what he drives and where he stays, each stretch a row of the legs table."""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from simpy.events import Event
from simpy.exceptions import Interrupt

from delivsim.services.messages import Place, Position, Request

if TYPE_CHECKING:
    from delivsim.city.riders import Riders

APP = "rider"
Process = Generator[Any, Any, Any]
NEARLY = 1e-9
"""Seconds before the end of a way at which it is over."""


class Way:
    """
    Where a rider is.

    Attributes
    ----------
    place
        Where the rider is, as of the last report or arrival.
    n_carried
        Orders on board.
    driven
        Metres driven for orders so far.
    """

    def __init__(self, riders: Riders, number: int) -> None:
        self.riders, self.number, self.env = riders, number, riders.env
        self.travel, self.rider = riders.instance.travel, riders.instance.riders[number]
        self.place: Place = (self.rider.x, self.rider.y)
        self.n_carried = 0
        self.driven = 0.0

    def drive(self, kind: str, to: Place, order: int) -> Process:
        """Drive somewhere for an order; who is interrupted stops where he is."""
        origin, began = self.place, self.env._now
        seconds = self.travel.time(origin, to, self.rider.speed, began)
        try:
            yield from self._along(origin, to, seconds)
        except Interrupt:
            self._stop(kind, order, began, origin, self._at(origin, to, (self.env._now - began) / seconds))
            raise
        self._stop(kind, order, began, origin, to)

    def _along(self, origin: Place, to: Place, seconds: float) -> Process:
        """Spend the time of a way, reporting the position every so often."""
        env, began = self.env, self.env._now
        every = self.riders.config.report_every or math.inf
        left = seconds
        while left > every:
            yield env.timeout(every)
            left -= every
            self.place = self._at(origin, to, 1.0 - left / seconds)
            self.report()
        if left > 0:
            yield env.timeout(began + seconds - env._now)

    def _at(self, origin: Place, to: Place, share: float) -> Place:
        return to if share >= 1.0 else self.travel.along(origin, to, share, self.rider.speed)

    def _stop(self, kind: str, order: int, began: float, origin: Place, place: Place) -> None:
        self.place = place
        metres = self.travel.distance(origin, place)
        self.driven += metres
        self.riders.record_leg(self.number, order, kind, began, origin, place, metres, self.n_carried)

    def move(self, to: Place, called: Event | None) -> Process:
        """Drive to where to wait for orders, reporting the position, unless an order calls the rider away."""
        env, origin, began = self.env, self.place, self.env._now
        seconds = self.travel.time(origin, to, self.rider.speed, began)
        every, there_at = self.riders.config.report_every or math.inf, began + seconds
        while self.place != to and (called is None or not called.triggered):
            pause = env.timeout(min(every, there_at - env._now))
            yield pause if called is None else called | pause
            is_there = env._now >= there_at or there_at - env._now < NEARLY
            self.place = to if is_there else self._at(origin, to, (env._now - began) / seconds)
            self.report()
        metres = self.travel.distance(origin, self.place)
        self.riders.record_leg(self.number, -1, "move", began, origin, self.place, metres, 0)

    def stay(self, kind: str, seconds: float, order: int) -> Process:
        """Spend time where the rider is; who is interrupted stays no longer."""
        if seconds <= 0:
            return
        began = self.env._now
        try:
            yield self.env.timeout(seconds)
        except Interrupt:
            self.stayed(kind, order, began)
            raise
        self.stayed(kind, order, began)

    def wait(self, kind: str, order: int, until: Process) -> Process:
        """Stay until a process has ended; who is interrupted stays no longer."""
        began = self.env._now
        try:
            yield from until
        except Interrupt:
            self.stayed(kind, order, began)
            raise
        self.stayed(kind, order, began)

    def stayed(self, kind: str, order: int, began: float) -> None:
        """Write the row of a stay that ends now."""
        self.riders.record_leg(self.number, order, kind, began, self.place, self.place, 0.0, self.n_carried)

    def report(self) -> None:
        """Tell the platform where the rider is."""
        self.riders.report(Request(APP, "report_position", Position(self.number, self.place, self.env._now)))
