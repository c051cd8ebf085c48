"""How the people of a city or of an instance behave: customers, kitchens and riders."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from delivsim.domain.config import Config, refuse
from delivsim.domain.distributions import DurationLaw, duration_law
from delivsim.domain.units import Duration, PositiveDuration, Share


def _law(value: object) -> DurationLaw:
    law: DurationLaw = duration_law(value)  # type: ignore[assignment]
    return law


class CustomersConfig(Config):
    """How customers behave; the defaults are customers who never do anything but order."""

    patience: DurationLaw | None = None
    """How long after placing it a customer cancels an order that is still not picked up; without it never."""
    track_every: PositiveDuration | None = None
    """How often the app asks how far the order is; without it never."""
    bad_token: Share = 0.0
    """Share of orders placed with a token that is not valid (outcome rejected, reason auth)."""
    declined_card: Share = 0.0
    """Share of orders paid with a card that is declined (outcome cancelled, reason payment)."""
    view_profile: Share = 0.0
    """Share of orders before which the customer looks at the profile."""
    update_profile: Share = 0.0
    """Share of orders before which the customer changes the profile."""
    feedback: Share = 0.0
    """Share of delivered orders for which the customer gives feedback."""
    feedback_delay: DurationLaw = Field(default_factory=lambda: _law("5min"))
    """How long after delivery the feedback comes."""


class RidersConfig(Config):
    """How riders behave; the defaults are riders who accept everything at once."""

    accept: Share = 1.0
    """Share of offers that a rider answers with yes."""
    ignore: Share = 0.0
    """Share of offers that a rider does not answer at all."""
    think_time: DurationLaw = Field(default_factory=lambda: _law("0s"))
    """How long a rider thinks about an offer."""
    report_every: PositiveDuration | None = 300.0
    """How often a moving rider's app reports the position."""
    report_at_rest_every: PositiveDuration | None = 1800.0
    """How often a waiting rider's app reports the position."""

    @model_validator(mode="after")
    def _shares(self) -> RidersConfig:
        if self.accept + self.ignore > 1.0 + 1e-9:
            raise refuse((("ignore",), f"accept + ignore must be <= 1, got {self.accept + self.ignore:g}"))
        return self


class KitchensConfig(Config):
    """When kitchens start, and how long they take."""

    preparation_starts: Literal["given", "on_order", "on_accept"] = "on_order"
    """given: the instance's ready times are facts; on_order: when it is placed; on_accept: when a rider has it."""
    preparation: DurationLaw = Field(default_factory=lambda: _law({"kind": "gamma", "mean": "12min", "cv": 0.35}))
    """How long cooking one order takes, once begun (not for ``given``)."""
    estimate: Duration | None = None
    """What the menu says it takes; without it the mean of ``preparation``."""


class BehaviorConfig(Config):
    """How the people of an instance behave; the defaults change nothing of the instance."""

    customers: CustomersConfig = CustomersConfig()
    """How customers behave."""
    riders: RidersConfig = RidersConfig()
    """How riders behave."""
    kitchens: KitchensConfig = KitchensConfig(preparation_starts="given")
    """When kitchens start."""
