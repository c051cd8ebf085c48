"""How long orders take in the kitchen, and what stores say of it beforehand."""

from __future__ import annotations

from delivsim.city.behavior import KitchensConfig
from delivsim.domain.distributions import DurationLaw
from delivsim.domain.instance import Instance
from delivsim.domain.streams import Streams

NEARLY = 1e-12
"""The smallest probability that a quantile is asked for."""


class Preparation:
    """
    Cooking times of an instance's orders.

    They are drawn by order, from the law of its store or else of all, so that the same order takes as long whatever
    else happens; an order whose own time is known takes that.
    """

    def __init__(self, instance: Instance, config: KitchensConfig, streams: Streams) -> None:
        self._instance, self._config = instance, config
        self._common = streams.keyed("kitchen/preparation", config.preparation.sample)
        self._share = streams.keyed("kitchen/preparation/share", lambda rng, n: rng.random(n))
        self._error = streams.keyed("kitchen/estimate", lambda rng, n: rng.standard_normal(n))
        self._guest = streams.sequence("kitchen/guests/preparation", lambda rng, n: rng.random(n))

    def law(self, store: int) -> DurationLaw:
        """The law of a store."""
        return self._instance.stores[store].preparation or self._config.preparation

    def time(self, i: int) -> float:
        """Seconds that an order takes once it is begun, in a kitchen that is not busy."""
        order = self._instance.orders[i]
        if order.preparation_time is not None:
            return order.preparation_time
        own = self._instance.stores[order.store].preparation
        return self._common(i) if own is None else own.quantile(max(NEARLY, self._share(i)))

    def guest(self, store: int) -> float:
        """Seconds that the next order from elsewhere takes."""
        return self.law(store).quantile(max(NEARLY, self._guest()))

    def menu(self, store: int) -> float:
        """Seconds that a store's menu says."""
        said = self._instance.stores[store].estimate
        said = self._config.estimate if said is None else said
        return self.law(store).mean if said is None else said

    def estimates(self) -> dict[int, float] | None:
        """What stores say of each order that they are asked for, seconds; None: what their menus say."""
        config, given = self._config, self._config.preparation_starts == "given"
        if not given and config.estimates == "menu" and config.estimate_bias == 1.0 and config.estimate_error == 0.0:
            return None
        return {i: max(0.0, self._meant(i) * config.estimate_bias + self._wrong(i)) for i in self._numbers()}

    def _numbers(self) -> range:
        return range(len(self._instance.orders))

    def _meant(self, i: int) -> float:
        order = self._instance.orders[i]
        if self._config.preparation_starts == "given" and order.ready_at is not None:
            return order.ready_at - order.placed_at
        return self.time(i) if self._config.estimates == "order" else self.menu(order.store)

    def _wrong(self, i: int) -> float:
        sd = self._config.estimate_error
        return sd * self._error(i) if sd > 0.0 else 0.0
