"""
Laws of chance, as scenario files write them: ``{kind: lognormal, p50: 20ms, p99: 180ms}``, or just ``20ms``.

A law stands wherever a duration (`DurationLaw`, seconds), a number (`NumberLaw`) or an amount of money
(`MoneyLaw`, cents) may stand; a bare quantity is a constant. All give values >= 0. Every law can be sampled in
blocks, knows its mean, variance and quantiles exactly, and can be scaled.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter
from pydantic_core import CoreSchema, core_schema

from delivsim.domain.laws import Constant, Empirical, Law, Normal, Number, Sample, Triangular, Uniform
from delivsim.domain.skewed_laws import Erlang, Exponential, Gamma, Hyperexponential, Lognormal, Weibull
from delivsim.domain.units import DURATION, Duration, Money, shown

__all__ = [
    "Constant",
    "DurationLaw",
    "Empirical",
    "Erlang",
    "Exponential",
    "Gamma",
    "Hyperexponential",
    "Law",
    "Lognormal",
    "MoneyLaw",
    "Normal",
    "Number",
    "NumberLaw",
    "Sample",
    "Triangular",
    "Uniform",
    "Weibull",
    "duration_law",
    "number_law",
]


class _Shorthand:
    """Lets a bare quantity stand for a constant law, in pydantic and in the JSON Schema."""

    def __init__(self, quantity: Any, rule: str) -> None:
        self.quantity = quantity
        self.rule = rule

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._spelled_out, handler(source))

    def _spelled_out(self, value: Any) -> Any:
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return {"kind": "constant", "value": value}
        if isinstance(value, dict | Law):
            return value
        raise ValueError(f"{self.rule}, or a law such as {{kind: exponential, mean: ...}}, got {shown(value)}")

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        bare = TypeAdapter(self.quantity).json_schema()
        law = handler(schema)
        return {"anyOf": [bare, law], **{key: bare[key] for key in ("unit", "examples") if key in bare}}


DurationLaw = Annotated[
    Constant[Duration]
    | Exponential[Duration]
    | Uniform[Duration]
    | Normal[Duration]
    | Lognormal[Duration]
    | Gamma[Duration]
    | Erlang[Duration]
    | Hyperexponential[Duration]
    | Weibull[Duration]
    | Triangular[Duration]
    | Empirical[Duration],
    Field(discriminator="kind"),
    _Shorthand(Duration, DURATION.rule),
]
NumberLaw = Annotated[
    Constant[Number]
    | Exponential[Number]
    | Uniform[Number]
    | Normal[Number]
    | Lognormal[Number]
    | Gamma[Number]
    | Erlang[Number]
    | Hyperexponential[Number]
    | Weibull[Number]
    | Triangular[Number]
    | Empirical[Number],
    Field(discriminator="kind"),
    _Shorthand(Number, "must be a number >= 0"),
]
MoneyLaw = Annotated[
    Constant[Money]
    | Exponential[Money]
    | Uniform[Money]
    | Normal[Money]
    | Lognormal[Money]
    | Gamma[Money]
    | Erlang[Money]
    | Hyperexponential[Money]
    | Weibull[Money]
    | Triangular[Money]
    | Empirical[Money],
    Field(discriminator="kind"),
    _Shorthand(Money, "must be an amount of money such as 10 or 10.50"),
]


_DURATIONS: TypeAdapter[Law] = TypeAdapter(DurationLaw)
_NUMBERS: TypeAdapter[Law] = TypeAdapter(NumberLaw)


def duration_law(value: object) -> Law:
    """Make a law of durations from what a scenario writes: ``duration_law("20ms")`` or a map with ``kind``."""
    return _DURATIONS.validate_python(value)


def number_law(value: object) -> Law:
    """Make a law of numbers from what a scenario writes: ``number_law(3)`` or a map with ``kind``."""
    return _NUMBERS.validate_python(value)
