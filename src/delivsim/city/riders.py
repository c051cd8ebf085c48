"""The riders of an instance: all their processes, and the rows of their offers and ways."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from simpy import Environment
from simpy.events import Event

from delivsim.city.attitude import Attitude
from delivsim.city.behavior import RidersConfig
from delivsim.city.bells import Bells
from delivsim.city.ledger import Ledger
from delivsim.city.port import Platform
from delivsim.city.rider import RiderProcess
from delivsim.domain.instance import Instance
from delivsim.domain.order import Outcome
from delivsim.domain.streams import Streams
from delivsim.services.messages import OfferMade, Place, Request


class Riders:
    """The riders of an instance, and what they have in common."""

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
        self.config, self.attitude = config, Attitude(config, instance, streams)
        self._offers, self._legs = offers, legs
        self.unanswered: dict[int, tuple[OfferMade, float]] = {}
        self.bells = Bells(env)
        law = config.report_delay
        self._report_delay = streams.sequence("rider/report_delay", law.sample)
        self.report: Callable[[Request], object] = platform.call if law.constant == 0.0 else self._report_late
        self.processes = [RiderProcess(self, number) for number in range(len(instance.riders))]

    def _report_late(self, request: Request) -> None:
        """Send a position that is not news any more."""

        def send(_: Event) -> None:
            self.platform.call(request)

        self.env.timeout(self._report_delay()).callbacks.append(send)

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
        self._legs.append((rider, order, kind, began, self.env._now, *origin, *to, metres, carried))

    def rows(self) -> list[tuple[Any, ...]]:
        """
        Give the rows of the riders table.

        Pay is that per order and per kilometre, or what is guaranteed for the hours on line if that is more (Reyes et
        al. 2018); tips come on top. Breaks are not paid.
        """
        rules, rows = self.instance.rules, []
        delivered: dict[int, list[int]] = {}
        for i, file in enumerate(self.ledger.files):
            if file.outcome is Outcome.DELIVERED:
                delivered.setdefault(file.rider, []).append(i)
        for process in self.processes:
            rider, mine = process.rider, delivered.get(process.number, [])
            bundles = {self.ledger.files[i].picked_up_at for i in mine}
            earned = rules.pay_per_order * len(mine) + round(rules.pay_per_km * process.tour.way.driven / 1000.0)
            guaranteed = round(rules.guaranteed_pay_per_hour * process.time_on_line() / 3600.0)
            tips = sum(self.instance.orders[i].tip for i in mine)
            rows.append(
                (
                    process.number, rider.id, rider.on_at, process.off_at, rider.vehicle, len(mine), len(bundles),
                    process.tour.way.driven, max(earned, guaranteed), guaranteed > earned, tips,
                )
            )  # fmt: skip
        return rows
