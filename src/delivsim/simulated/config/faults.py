"""``faults``: what breaks, and when."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from delivsim.domain.config import Config
from delivsim.domain.units import Instant, PositiveDuration
from delivsim.simulated.config.names import Name


class CrashFault(Config):
    """A service is gone for a while: work in progress is lost, callers get 503."""

    kind: Literal["crash"]
    """Everything of the service fails at that instant; new requests are refused until it is back."""
    service: Name
    """The service (with all others of its process)."""
    at: Instant
    """When it crashes."""
    duration: PositiveDuration = Field(alias="for", serialization_alias="for")
    """How long it is gone."""


class SlowFault(Config):
    """A service works slower for a while."""

    kind: Literal["slow"]
    """Work that begins while it lasts takes ``factor`` times as long."""
    service: Name
    """The service."""
    at: Instant
    """When it begins."""
    duration: PositiveDuration = Field(alias="for", serialization_alias="for")
    """How long it lasts."""
    factor: Annotated[float, Field(gt=0, le=1e6)]
    """How many times longer the work takes."""


FaultConfig = Annotated[CrashFault | SlowFault, Field(discriminator="kind")]
