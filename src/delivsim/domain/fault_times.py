"""When something is wrong, and for how long: instants, durations by law, repetition."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema, core_schema

from delivsim.domain.config import Config, refuse
from delivsim.domain.distributions import DurationLaw, Law
from delivsim.domain.units import Instant, PositiveDuration

MOST_TIMES = 10_000
"""Nothing breaks more often; beyond it is a slip of the unit."""


class _OneOrMore:
    """Lets a single instant stand for a list of one, in pydantic and in the JSON Schema."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._listed, handler(source))

    def _listed(self, value: Any) -> Any:
        return value if isinstance(value, list | tuple) else [value]

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        many = handler(schema)
        return {"anyOf": [many["items"], many]}


Instants = Annotated[tuple[Instant, ...], Field(min_length=1), _OneOrMore()]


class FaultTimes(Config):
    """When a fault begins and how long it lasts; it may come several times."""

    at: Instants
    """When it begins: one instant, or a list of them."""
    duration: DurationLaw = Field(alias="for", serialization_alias="for")
    """How long it lasts; a law is drawn anew each time."""
    every: PositiveDuration | None = None
    """After how long it comes again, counted from begin to begin; without it each instant counts once."""
    times: Annotated[int, Field(ge=1, le=MOST_TIMES)] | None = None
    """How often it comes from each instant on, with ``every``; without it until demand ends."""

    @model_validator(mode="after")
    def _lasts(self) -> FaultTimes:
        if self.duration.mean <= 0.0:
            raise refuse((("for",), "must be > 0: what lasts no time breaks nothing"))
        if self.times is not None and self.every is None:
            raise refuse((("times",), "needs every: after how long it comes again"))
        return self

    def windows(self, starts_at: datetime, until: float, draws: Callable[[Law], Callable[[], float]]) -> Windows:
        """
        Give when it begins and ends, each time, in seconds since the start.

        Parameters
        ----------
        until
            When demand ends: nothing is repeated after it.
        draws
            Makes a source of durations of a law.
        """
        constant = self.duration.constant
        lasts = draws(self.duration) if constant is None else lambda: constant
        return [(begin, begin + lasts()) for begin in sorted(self._begins(starts_at, until))]

    def _begins(self, starts_at: datetime, until: float) -> Iterator[float]:
        for instant in self.at:
            first = instant.at(starts_at)
            yield first
            if self.every is None:
                continue
            most = MOST_TIMES if self.times is None else self.times
            for k in range(1, most):
                if (again := first + k * self.every) >= until:
                    break
                yield again


Windows = list[tuple[float, float]]
"""Begin and end of each time, seconds since the start."""
