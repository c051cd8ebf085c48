"""What a scenario says under ``city``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from delivsim.city.behavior import CustomersConfig, KitchensConfig, RidersConfig
from delivsim.city.demand import DemandConfig
from delivsim.city.places import Count, StoresConfig, ZoneConfig
from delivsim.domain.config import Config, refuse
from delivsim.domain.travel.config import CityTravel, EuclideanTravel
from delivsim.domain.units import (
    Duration,
    Instant,
    Money,
    PositiveDistance,
    PositiveDuration,
    Share,
)


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
    close_by: Share = 0.0
    """Share of customers who live around the corner: a quarter of the reach away."""
    travel: CityTravel = EuclideanTravel()
    """How riders get about."""
    zones: dict[str, ZoneConfig] = Field(default_factory=dict)
    """Parts of the city by name; without them stores cluster in districts that have none."""
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
    def _zones(self) -> CityConfig:
        shared = [name for name, zone in self.zones.items() if zone.rate is None]
        if not self.demand.rate and self.demand.orders is None and (shared or not self.zones):
            raise refuse((("demand",), "must have a rate by time of day, or orders and peaks"))
        if self.stores.count < len(self.zones):
            raise refuse((("stores", "count"), f"must be >= {len(self.zones)}, one for each zone"))
        for name, zone in self.zones.items():
            for axis in ("x", "y"):
                if getattr(zone, axis) > self.side:
                    raise refuse((("zones", name, axis), f"must be within the city, whose side is {self.side:g} m"))
        if shared and not any(self.zones[name].demand for name in shared):
            raise refuse((("zones", shared[0], "demand"), "must be > 0 for some zone, or nobody orders"))
        return self

    @model_validator(mode="after")
    def _no_facts(self) -> CityConfig:
        if self.kitchens.preparation_starts == "given":
            rule = "given is for instances, whose ready times are facts; use on_order or on_accept"
            raise refuse((("kitchens", "preparation_starts"), rule))
        return self
