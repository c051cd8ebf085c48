"""``platform.workloads``: calls on services of one's own that come from outside the city."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from delivsim.domain.config import Config, refuse
from delivsim.domain.distributions import DurationLaw, NumberLaw
from delivsim.domain.units import PositiveDuration, PositiveRate
from delivsim.simulated.config.names import Count, Name


class OpenWorkload(Config):
    """Calls that come whatever happened to those before."""

    kind: Literal["open"]
    """Independent arrivals."""
    name: Name
    """Names the caller in the tables, and the edge ``name->service``."""
    operation: Name
    """``service.operation`` to call."""
    interarrival: DurationLaw | None = None
    """Time between arrivals; or give ``rate``."""
    rate: PositiveRate | None = None
    """Poisson arrivals at this rate; or give ``interarrival``."""

    @model_validator(mode="after")
    def _one_form(self) -> OpenWorkload:
        if (self.interarrival is None) == (self.rate is None):
            raise refuse(((), "must have exactly one of interarrival and rate"))
        if self.interarrival is not None and self.interarrival.mean <= 0:
            raise refuse((("interarrival",), "must have a mean > 0"))
        return self


class BatchWorkload(Config):
    """Several calls at once, at Poisson instants."""

    kind: Literal["batch"]
    """Batch arrivals."""
    name: Name
    """Names the caller in the tables."""
    operation: Name
    """``service.operation`` to call."""
    rate: PositiveRate
    """Batches per second."""
    size: NumberLaw
    """Calls in a batch, rounded to whole numbers."""


class ClosedWorkload(Config):
    """A fixed number of users who think, call, wait for the answer, and think again."""

    kind: Literal["closed"]
    """A fixed population."""
    name: Name
    """Names the caller in the tables."""
    operation: Name
    """``service.operation`` to call."""
    users: Count
    """How many users there are."""
    think: DurationLaw
    """How long a user thinks before each call."""


class MmppState(Config):
    """One state of a Markov-modulated Poisson process."""

    rate: Annotated[float, Field(ge=0)] | PositiveRate
    """Arrivals per second while in it."""
    mean_time: PositiveDuration
    """Mean time spent in it (exponential)."""


class MmppWorkload(Config):
    """Poisson arrivals whose rate follows a Markov chain that goes round its states."""

    kind: Literal["mmpp"]
    """Bursty arrivals."""
    name: Name
    """Names the caller in the tables."""
    operation: Name
    """``service.operation`` to call."""
    states: Annotated[tuple[MmppState, ...], Field(min_length=2)]
    """The states, visited in this order, over and over."""


class Phase(Config):
    """A time during which calls come at one rate."""

    rate: Annotated[float, Field(ge=0)] | PositiveRate
    """Arrivals per second while it lasts."""
    lasts: PositiveDuration
    """How long it lasts."""


class PhasesWorkload(Config):
    """Poisson arrivals whose rate changes at known times: a peak, a ramp in steps, the hours of a day."""

    kind: Literal["phases"]
    """Arrivals by a timetable."""
    name: Name
    """Names the caller in the tables."""
    operation: Name
    """``service.operation`` to call."""
    phases: Annotated[tuple[Phase, ...], Field(min_length=1)]
    """The phases, one after another from the start."""
    repeat: bool = False
    """Whether they begin anew after the last one; otherwise no call comes after it."""

    @model_validator(mode="after")
    def _some_calls(self) -> PhasesWorkload:
        if not any(phase.rate > 0 for phase in self.phases):
            raise refuse((("phases",), "must have a phase with a rate > 0"))
        return self


WorkloadConfig = Annotated[
    OpenWorkload | BatchWorkload | ClosedWorkload | MmppWorkload | PhasesWorkload, Field(discriminator="kind")
]
