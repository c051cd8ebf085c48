"""What a scenario says of the rules of an instance, instead of the instance itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field

from delivsim.domain.config import Config
from delivsim.domain.instance import Instance
from delivsim.domain.units import Duration, Money, PositiveDuration


class RulesConfig(Config):
    """Rules other than those of the instance; what is not said stays as it is there."""

    pickup_service_time: Duration | None = None
    """What a rider spends at a store besides waiting; half before the hand-over, half after."""
    dropoff_service_time: Duration | None = None
    """What a rider spends at a customer's door; half before the hand-over, half after."""
    target_click_to_door: PositiveDuration | None = None
    """Click-to-door the platform aims at; what is above it is overage."""
    max_click_to_door: PositiveDuration | None = None
    """Click-to-door that is never to be passed."""
    pay_per_order: Money | None = None
    """Paid to the rider for each delivered order."""
    pay_per_km: Money | None = None
    """Paid to the rider for each kilometre driven for orders."""
    guaranteed_pay_per_hour: Money | None = None
    """Paid to the rider at least, per hour on line."""
    same_store_bundles: bool | None = None
    """Whether only orders of one store may share a bundle."""
    capacity: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Orders that a rider carries at the same time, at most, unless the rider says."""

    growing_bundles: bool | None = None
    """Whether a bundle that a rider has accepted may get more orders of its stores until it is picked up."""
    waiting_at: Literal["stores", "anywhere"] | None = None
    """Where idle riders may be sent to wait."""
    diversion: bool | None = None
    """Whether a rider on the way to where he was sent to wait may be called away before he is there."""

    def applied(self, instance: Instance) -> Instance:
        """Give an instance these rules."""
        said: dict[str, Any] = {name: value for name, value in self if value is not None}
        return replace(instance, rules=replace(instance.rules, **said)) if said else instance
