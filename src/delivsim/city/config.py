"""What a scenario says under ``city``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from delivsim.city.behavior import CustomersConfig, KitchensConfig, RidersConfig
from delivsim.domain.config import Config, refuse
from delivsim.domain.distributions import NumberLaw
from delivsim.domain.travel.config import CityTravel, EuclideanTravel
from delivsim.domain.units import (
    Duration,
    Instant,
    Money,
    PositiveDistance,
    PositiveDuration,
    Rate,
)

Count = Annotated[int, Field(ge=1, le=10_000_000)]


class DemandConfig(Config):
    """When orders come: a Poisson process whose rate changes at given times of day."""

    rate: dict[str, Rate]
    """Orders per time from each time of day on, such as {"18:00": 600/h, "19:30": 900/h}."""
    basket: NumberLaw = Field(default_factory=lambda: _basket())
    """Units per order, rounded to whole numbers, at least 1."""

    @model_validator(mode="after")
    def _times(self) -> DemandConfig:
        if not self.rate:
            raise refuse((("rate",), "must name at least one time of day"))
        for text in self.rate:
            try:
                Instant.parse(text)
            except ValueError as wrong:
                raise refuse((("rate", text), str(wrong))) from None
        return self


def _basket() -> NumberLaw:
    from delivsim.domain.distributions import Uniform

    return Uniform[float](kind="uniform", low=1.0, high=3.0)


class StoresConfig(Config):
    """The stores of a generated city."""

    count: Count = 60
    """How many stores there are."""
    clusters: Count = 5
    """How many districts they cluster in."""
    spread: PositiveDistance = 700.0
    """Standard deviation of a store's distance from the middle of its district, in each direction."""
    popularity: Annotated[float, Field(ge=0, le=5)] = 0.8
    """Exponent of the Zipf law of orders per store; 0: all alike."""
    items: Count = 12
    """Items on each menu."""
    price_low: Money = 900
    """Cheapest item."""
    price_high: Money = 2200
    """Dearest item."""
    stock: Annotated[int, Field(ge=0)] | None = None
    """Units of each item at the start; without it nothing runs out."""
    cooks: Count | None = None
    """Orders that a store cooks at the same time; without it any number."""


class ShiftConfig(Config):
    """Riders who work the same shift."""

    start: Instant
    """When the shift starts."""
    end: Instant
    """When it ends."""
    riders: Count
    """How many riders work it."""


class RosterConfig(RidersConfig):
    """The riders of a generated city: how many, when, and how they behave."""

    shifts: Annotated[tuple[ShiftConfig, ...], Field(min_length=1)]
    """Who works when."""
    pay_per_order: Money = 450
    """Paid for each delivered order."""
    guaranteed_pay_per_hour: Money = 1100
    """Paid at least, per hour of shift."""


class CityConfig(Config):
    """A synthetic city: a square with districts of stores, customers around them, and riders."""

    side: PositiveDistance = 8000.0
    """Length of the square's side."""
    reach: PositiveDistance = 1600.0
    """Standard deviation of a customer's distance from the store, in each direction."""
    travel: CityTravel = EuclideanTravel()
    """How riders get about."""
    demand: DemandConfig
    """When orders come."""
    stores: StoresConfig = StoresConfig()
    """The stores."""
    kitchens: KitchensConfig = KitchensConfig()
    """How they cook."""
    customers: CustomersConfig = CustomersConfig()
    """How customers behave."""
    riders: RosterConfig
    """The riders."""
    pickup_service_time: Duration = 120.0
    """What a rider spends at a store besides waiting; half before the hand-over, half after."""
    dropoff_service_time: Duration = 120.0
    """What a rider spends at a customer's door; half before the hand-over, half after."""
    target_click_to_door: PositiveDuration = 2400.0
    """Click-to-door the platform aims at; what is above it is overage."""
    max_click_to_door: PositiveDuration = 5400.0
    """Click-to-door that is never to be passed."""
    same_store_bundles: bool = True
    """Whether only orders of one store may share a bundle."""

    @model_validator(mode="after")
    def _no_facts(self) -> CityConfig:
        if self.kitchens.preparation_starts == "given":
            rule = "given is for instances, whose ready times are facts; use on_order or on_accept"
            raise refuse((("kitchens", "preparation_starts"), rule))
        return self
