"""When a station gets more replicas, and when fewer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from delivsim.domain.config import Config, refuse
from delivsim.domain.distributions import DurationLaw
from delivsim.domain.units import Duration, Instant, PositiveDuration, Share
from delivsim.simulated.config.names import Count, law


class ScalingConfig(Config):
    """What all ways to scale have in common."""

    every: PositiveDuration = 30.0
    """How often the scaler looks, and over how long it measures."""
    reaction_lag: Duration = 0.0
    """How long a decision takes until it is acted on."""
    start_up: DurationLaw = law("30s")
    """How long a new replica starts; it is paid for and serves nobody meanwhile."""
    cooldown: Duration = 60.0
    """How long after a decision no other is taken."""
    min: Count = 1
    """The fewest replicas."""
    max: Count
    """The most replicas."""

    @model_validator(mode="after")
    def _range(self) -> ScalingConfig:
        if self.max < self.min:
            raise refuse((("max",), f"must be >= min ({self.min})"))
        return self


class UtilizationScaling(ScalingConfig):
    """Keep servers as busy as ``target``: replicas x utilization / target, rounded up."""

    on: Literal["utilization"]
    """utilization: by the share of server time at work since the last look."""
    target: Annotated[Share, Field(gt=0)] = 0.6
    """The utilization to keep."""


class QueueScaling(ScalingConfig):
    """Keep queues as long as ``target``: replicas x waiting requests per replica / target, rounded up."""

    on: Literal["queue"]
    """queue: by the requests that wait when the scaler looks."""
    target: Annotated[float, Field(gt=0)] = 4.0
    """Waiting requests per replica to keep."""


class Shift(Config):
    """How many replicas there are to be from an instant on."""

    at: Instant
    """From when on."""
    replicas: Count
    """How many replicas; within ``min`` and ``max``."""


class ScheduleScaling(ScalingConfig):
    """Follow a timetable: ``start_up`` and ``reaction_lag`` count from its instants."""

    on: Literal["schedule"]
    """schedule: by the clock; before the first entry as many as ``replicas`` says."""
    schedule: Annotated[tuple[Shift, ...], Field(min_length=1)]
    """The timetable, in order of time."""

    @model_validator(mode="after")
    def _within(self) -> ScheduleScaling:
        wrong = [
            (("schedule", i, "replicas"), f"must be from min ({self.min}) to max ({self.max}), got {shift.replicas}")
            for i, shift in enumerate(self.schedule)
            if not self.min <= shift.replicas <= self.max
        ]
        if wrong:
            raise refuse(*wrong)
        return self


AutoscaleConfig = Annotated[UtilizationScaling | QueueScaling | ScheduleScaling, Field(discriminator="on")]
