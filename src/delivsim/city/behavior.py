"""How the people of a city or of an instance behave: customers, kitchens and riders."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, model_validator

from delivsim.domain.config import Config, refuse
from delivsim.domain.distributions import DurationLaw, MoneyLaw, duration_law
from delivsim.domain.units import Duration, PositiveDuration, Rate, Share


def _law(value: object) -> DurationLaw:
    law: DurationLaw = duration_law(value)  # type: ignore[assignment]
    return law


def _money(amount: float) -> MoneyLaw:
    return TypeAdapter[MoneyLaw](MoneyLaw).validate_python(amount)


class CustomersConfig(Config):
    """How customers behave; the defaults are customers who never do anything but order."""

    patience: DurationLaw | None = None
    """How long after placing it a customer cancels an order that is still not picked up; without it never."""
    patience_assigned: DurationLaw | None = None
    """How long after placing it, if the app says by then that a rider is coming and that is longer; the app is asked
    before giving up."""
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
    lateness_per_star: PositiveDuration = 600.0
    """How much later than promised costs a delivery one of five stars."""
    tips: Share = 0.0
    """Share of orders with a tip for the rider, where the instance says nothing of tips."""
    tip: MoneyLaw = Field(default_factory=lambda: _money(2.0))
    """How much it is."""

    @model_validator(mode="after")
    def _patience(self) -> CustomersConfig:
        if self.patience_assigned is not None and self.patience is None:
            raise refuse((("patience_assigned",), "must have patience beside it: without it nobody gives up"))
        return self


class AcceptanceConfig(Config):
    """
    How the way and the pay of an offer change whether a rider accepts it: a logit model (McFadden 1974).

    The log-odds of accepting are those of ``accept``, plus ``per_km`` for each kilometre of the way beyond
    ``usual_km``, plus ``per_pay`` for each unit of the currency beyond ``usual_pay``.
    """

    per_km: Annotated[float, Field(ge=-100, le=100)] = 0.0
    """Added to the log-odds for each kilometre to the store and on to the customers; below 0: short ways are liked."""
    usual_km: Annotated[float, Field(ge=0, le=1000)] = 4.0
    """The way in kilometres that is accepted as often as ``accept`` says."""
    per_pay: Annotated[float, Field(ge=-100, le=100)] = 0.0
    """Added to the log-odds for each unit of the currency that the platform pays for it."""
    usual_pay: Annotated[float, Field(ge=0, le=1e6)] = 5.0
    """The pay in units of the currency that is accepted as often as ``accept`` says."""


class RidersConfig(Config):
    """How riders behave; the defaults are riders who accept everything at once and keep it."""

    accept: Share = 1.0
    """Share of offers that a rider answers with yes."""
    acceptance: AcceptanceConfig | None = None
    """How that share depends on the way and the pay; without it not at all."""
    ignore: Share = 0.0
    """Share of offers that a rider does not answer at all."""
    think_time: DurationLaw = Field(default_factory=lambda: _law("0s"))
    """How long a rider thinks about an offer."""
    give_back: Share = 0.0
    """Share of accepted offers that a rider gives back unless they are picked up by then; they are offered again."""
    give_back_after: DurationLaw = Field(default_factory=lambda: _law("3min"))
    """How long after accepting it a rider gives an offer back."""
    leave_early: Share = 0.0
    """Share of riders who go off line before their shift ends; what they carry they deliver, the rest they leave."""
    leave_early_by: DurationLaw = Field(default_factory=lambda: _law({"kind": "exponential", "mean": "30min"}))
    """How long before the end of the shift they go."""
    report_every: PositiveDuration | None = 300.0
    """How often a moving rider's app reports the position."""
    report_at_rest_every: PositiveDuration | None = 1800.0
    """How often a waiting rider's app reports the position."""
    report_delay: DurationLaw = Field(default_factory=lambda: _law("0s"))
    """How old a position is when the app sends it, besides the way to the gateway."""

    @model_validator(mode="after")
    def _shares(self) -> RidersConfig:
        if self.accept + self.ignore > 1.0 + 1e-9:
            raise refuse((("ignore",), f"accept + ignore must be <= 1, got {self.accept + self.ignore:g}"))
        return self


class KitchensConfig(Config):
    """How kitchens work; what a store says of itself comes first."""

    preparation_starts: Literal["given", "on_order", "on_accept"] = "on_order"
    """given: the instance's ready times are facts; on_order: when it is placed; on_accept: when a rider has it."""
    preparation: DurationLaw = Field(default_factory=lambda: _law({"kind": "gamma", "mean": "12min", "cv": 0.35}))
    """How long cooking one order takes, once begun (not for ``given``)."""
    cooks: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """Orders that a store cooks at the same time, others wait; without it any number (not for ``given``)."""
    slowdown: Annotated[float, Field(ge=0, le=10)] = 0.0
    """How much longer cooking takes in a busy kitchen: by this times the share of cooks at work as it begins."""
    other_orders: Rate = 0.0
    """Orders that each kitchen has from its own guests and other platforms; only with ``cooks``."""
    handover_time: Duration = 0.0
    """What handing the food over takes a store, once it is ready and the rider is there."""
    estimate: Duration | None = None
    """What the menu says it takes; without it the mean of ``preparation``."""
    estimates: Literal["menu", "order"] = "menu"
    """What a store tells of an order: menu: what the menu says; order: what this one will take. ``given``: order."""
    estimate_bias: Annotated[float, Field(ge=0, le=10)] = 1.0
    """What stores say over what they mean; 0.8: they promise too much."""
    estimate_error: Duration = 0.0
    """Standard deviation of the normal error of what a store says of an order; never below zero in all."""

    @model_validator(mode="after")
    def _busy(self) -> KitchensConfig:
        for name in ("slowdown", "other_orders"):
            if getattr(self, name) > 0 and self.cooks is None:
                raise refuse(((name,), "only a kitchen with a number of cooks can be busy: give cooks as well"))
        return self


class BehaviorConfig(Config):
    """How the people of an instance behave; the defaults change nothing of the instance."""

    customers: CustomersConfig = CustomersConfig()
    """How customers behave."""
    riders: RidersConfig = RidersConfig()
    """How riders behave."""
    kitchens: KitchensConfig = KitchensConfig(preparation_starts="given")
    """When kitchens start."""
