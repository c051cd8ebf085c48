"""What riders make of offers, how long they keep to them, and when they have had enough of the evening."""

from __future__ import annotations

import itertools
import math

from delivsim.city.behavior import RidersConfig
from delivsim.domain.distributions import DurationLaw
from delivsim.domain.instance import Instance
from delivsim.domain.rider import Rider
from delivsim.domain.streams import KeyedDraws, Streams
from delivsim.services.messages import OfferMade, Place


class Attitude:
    """
    The attitude of an instance's riders.

    Everything is drawn by rider, order and attempt: the same offer finds the same rider in the same mood, whatever
    else happens. Distance and pay then decide what the mood makes of it.
    """

    def __init__(self, config: RidersConfig, instance: Instance, streams: Streams) -> None:
        self.config, self._instance, self._streams = config, instance, streams
        self._think_time = streams.keyed("rider/think_time", config.think_time.sample)
        self._give_back_after = streams.keyed("rider/give_back_after", config.give_back_after.sample)
        self._leave_early_by = streams.keyed("rider/leave_early_by", config.leave_early_by.sample)

    def answer(self, made: OfferMade, place: Place, attempt: int) -> str:
        """
        Give a rider's answer to an offer: accepted, declined or timed_out.

        ``place`` is where the rider will set out from; ``attempt`` counts the offers of its first order.
        """
        mood = self._streams.uniform("rider/answer", made.rider, made.stops[0].reference, attempt)
        if mood >= 1.0 - self.config.ignore:
            return "timed_out"
        return "accepted" if mood < self._accept(made, place) else "declined"

    def _accept(self, made: OfferMade, place: Place) -> float:
        """Give the probability that the rider accepts."""
        logit, accept = self.config.acceptance, self.config.accept
        if logit is None or not 0.0 < accept < 1.0:
            return accept
        km = self.way(made, place) / 1000.0
        rules = self._instance.rules
        pay = (rules.pay_per_order * len(made.stops) + rules.pay_per_km * km) / 100.0
        odds = math.log(accept / (1.0 - accept))
        odds += logit.per_km * (km - logit.usual_km) + logit.per_pay * (pay - logit.usual_pay)
        return 1.0 / (1.0 + math.exp(-max(-700.0, min(700.0, odds))))

    def way(self, made: OfferMade, place: Place) -> float:
        """Give the metres of an offer: to its stores, and on to its customers."""
        stops = (place, *dict.fromkeys(stop.pickup for stop in made.stops), *(stop.address for stop in made.stops))
        return sum(self._instance.travel.distance(a, b) for a, b in itertools.pairwise(stops))

    def think_time(self, made: OfferMade, attempt: int) -> float:
        """How long a rider thinks about an offer, seconds."""
        return self._drawn(self.config.think_time, self._think_time, "rider/think_time", made, attempt)

    def gives_back_after(self, made: OfferMade, attempt: int) -> float:
        """How long after accepting it a rider gives an offer back, seconds; infinite: never."""
        config, key = self.config, (made.rider, made.stops[0].reference, attempt)
        if config.give_back == 0.0 or self._streams.uniform("rider/give_back", *key) >= config.give_back:
            return math.inf
        return self._drawn(config.give_back_after, self._give_back_after, "rider/give_back_after", made, attempt)

    def _drawn(self, law: DurationLaw, draws: KeyedDraws, name: str, made: OfferMade, attempt: int) -> float:
        if law.constant is not None:
            return law.constant
        key = int(self._streams.uniform(name, made.rider, made.stops[0].reference, attempt) * 2**31)
        return draws(key & 0xFFFF)

    def leaves_at(self, number: int, rider: Rider) -> float:
        """When a rider goes off line for good before the shift ends; infinite: never."""
        if (
            self.config.leave_early == 0.0
            or self._streams.uniform("rider/leave_early", number) >= self.config.leave_early
        ):
            return math.inf
        return max(rider.on_at, rider.off_at - self._leave_early_by(number))
