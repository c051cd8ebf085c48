"""What a scenario says under ``city``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from delivsim.city.behavior import CustomersConfig, KitchensConfig, RidersConfig
from delivsim.city.demand import DemandConfig
from delivsim.city.places import MenusConfig, StoresConfig, ZoneConfig
from delivsim.city.roster import Roster, Short
from delivsim.domain.config import Config, refuse
from delivsim.domain.travel.config import CityTravel, EuclideanTravel
from delivsim.domain.units import (
    Duration,
    Money,
    PositiveDistance,
    PositiveDuration,
    Share,
)


class RosterConfig(RidersConfig, Roster):
    """The riders of a city: how many, when, what they are paid, and how they behave."""

    capacity: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Orders that a rider carries at the same time, at most; without it any number."""
    pay_per_order: Money = 450
    """Paid for each delivered order."""
    pay_per_km: Money = 0
    """Paid for each kilometre driven for orders, to the store and to the customer."""
    guaranteed_pay_per_hour: Money = 1100
    """Paid at least, per hour on line."""

    @model_validator(mode="after")
    def _somebody(self) -> RosterConfig:
        if self.shifts is None and self.file is None and self.count is None:
            raise refuse((("shifts",), "must be given, or file, or count"))
        return self


class CityCustomersConfig(CustomersConfig):
    """The customers of a city: how many there are, and how they behave."""

    pool: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    """How many people order, some of them again and again; without it every order is somebody else's."""
    loyalty: Annotated[float, Field(ge=0, le=5)] = 0.6
    """Exponent of the Zipf law of orders per person of the pool; 0: all alike."""


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
    menus: MenusConfig = MenusConfig()
    """What they sell, from tables instead of drawn."""
    kitchens: KitchensConfig = KitchensConfig()
    """How they cook."""
    customers: CityCustomersConfig = CityCustomersConfig()
    """How customers behave."""
    riders: Annotated[RosterConfig, Short()]
    """The riders; or just how many (80), a list of shifts, or how many from each time of day on."""
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
    growing_bundles: bool = True
    """Whether a bundle that a rider has accepted may get more orders of its stores until it is picked up."""
    waiting_at: Literal["stores", "anywhere"] = "anywhere"
    """Where idle riders may be sent to wait."""
    diversion: bool = False
    """Whether a rider on the way to where he was sent to wait may be called away before he is there."""

    @model_validator(mode="after")
    def _zones(self) -> CityConfig:
        if self.demand.file is not None:
            return self
        shared = [name for name, zone in self.zones.items() if zone.rate is None]
        if not self.demand.rate and self.demand.orders is None and (shared or not self.zones):
            raise refuse((("demand",), "must have a rate by time of day, or orders and peaks, or a file"))
        if self.stores.file is None and self.stores.count < len(self.zones):
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
        if self.kitchens.preparation_starts == "given" and self.demand.file is None:
            rule = "given is for orders of a file or instance, whose ready times are facts; use on_order or on_accept"
            raise refuse((("kitchens", "preparation_starts"), rule))
        return self
