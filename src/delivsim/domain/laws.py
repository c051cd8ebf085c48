"""
What every law of chance can do, and the plain ones: constant, uniform, triangular, normal, empirical.

`delivsim.domain.distributions` joins all laws into the types that scenario fields use.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, ConfigDict, Field, model_validator

from delivsim.domain.config import Config, refuse
from delivsim.domain.units import Duration, Money, shown

_PURE_NUMBERS = frozenset({"kind", "cv", "shape", "stages", "weights", "probabilities"})

Sample = NDArray[np.float64]
Number = Annotated[float, Field(ge=0)]
Q = TypeVar("Q", bound=float)


def _positive(value: float) -> float:
    if not value > 0:
        raise ValueError(f"must be > 0, got {shown(value)}")
    return value


Positive = Annotated[Q, AfterValidator(_positive)]
_DIMENSIONS: dict[str, object] = {"Duration": Duration, "Number": Number, "Money": Money}


class Law(Config):
    """A law of chance over values >= 0; the parent of all kinds."""

    # Looking for docstrings in the source again for each of 33 classes took most of the time to import them.
    model_config = ConfigDict(use_attribute_docstrings=False)

    @property
    @abstractmethod
    def mean(self) -> float:
        """The expected value."""

    @property
    @abstractmethod
    def variance(self) -> float:
        """The expected squared distance from the mean."""

    @abstractmethod
    def sample(self, rng: np.random.Generator, n: int) -> Sample:
        """Draw ``n`` values, float64 of shape (n,)."""

    @abstractmethod
    def _inverse(self, p: float) -> float:
        """Give the quantile for 0 < p < 1."""

    def quantile(self, p: float) -> float:
        """Give the value that a share ``p`` of the draws stays at or below; ValueError unless 0 < p < 1."""
        if not 0 < p < 1:
            raise ValueError(f"p: must be > 0 and < 1, got {p}")
        return self._inverse(p)

    @property
    def constant(self) -> float | None:
        """The one value this law ever gives, or None when it varies."""
        return None

    def scaled(self, factor: float) -> Self:
        """Give the same law with every value multiplied by ``factor`` > 0."""
        if not 0 < factor < math.inf:
            raise ValueError(f"factor: must be > 0 and finite, got {factor}")
        fields = {name: getattr(self, name) for name in type(self).model_fields if name not in _PURE_NUMBERS}
        return self.model_copy(update={name: _times(value, factor) for name, value in fields.items()})

    if not TYPE_CHECKING:

        def __class_getitem__(cls, params: Any) -> Any:
            """Take ``Uniform[float]`` for ``Uniform[Number]``, the member of `NumberLaw`."""
            return super().__class_getitem__(Number if params is float else params)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by kind and dimension: the class of both is made where it is unpickled."""
        of = type(self).__pydantic_generic_metadata__
        dimension = next(name for name, known in _DIMENSIONS.items() if known == of["args"][0])
        return _revived, (of["origin"], dimension, self.__getstate__())

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """Name ``Exponential[Duration]`` plainly, for messages and the JSON Schema."""
        names = [name for name, dimension in _DIMENSIONS.items() if dimension == params[0]]
        return f"{cls.__name__}{names[0]}" if names else super().model_parametrized_name(params)


def _revived(kind: Any, dimension: str, state: dict[Any, Any]) -> Law:
    law: Law = object.__new__(kind[_DIMENSIONS[dimension]])
    law.__setstate__(state)
    return law


def _times(value: Any, factor: float) -> Any:
    if isinstance(value, tuple):
        return tuple(part * factor for part in value)
    return None if value is None else value * factor


class Constant(Law, Generic[Q]):
    """Always the same value."""

    kind: Literal["constant"] = Field("constant", description="Always the same value; a bare quantity means this.")
    value: Q = Field(description="The value.")

    @property
    def mean(self) -> float:
        """The value."""
        return float(self.value)

    @property
    def variance(self) -> float:
        """Zero."""
        return 0.0

    @property
    def constant(self) -> float | None:
        """The value."""
        return float(self.value)

    def sample(self, rng: np.random.Generator, n: int) -> Sample:  # noqa: ARG002
        """Repeat the value; takes nothing from ``rng``."""
        return np.full(n, float(self.value))

    def _inverse(self, p: float) -> float:  # noqa: ARG002
        return float(self.value)


class Uniform(Law, Generic[Q]):
    """Every value between two bounds equally likely."""

    kind: Literal["uniform"] = Field("uniform", description="Every value between two bounds equally likely.")
    low: Q = Field(description="The smallest value.")
    high: Q = Field(description="The largest value, > low.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.low < self.high:
            raise refuse((("high",), f"must be > low ({self.low})"))
        return self

    @property
    def mean(self) -> float:
        """The middle."""
        return (self.low + self.high) / 2

    @property
    def variance(self) -> float:
        """A twelfth of the squared width."""
        return float((self.high - self.low) ** 2 / 12)

    def sample(self, rng: np.random.Generator, n: int) -> Sample:
        """Draw ``n`` values."""
        return rng.uniform(self.low, self.high, n)

    def _inverse(self, p: float) -> float:
        return float(self.low + p * (self.high - self.low))


class Triangular(Law, Generic[Q]):
    """Between two bounds with one peak: the law of a guess."""

    kind: Literal["triangular"] = Field(
        "triangular", description="Between two bounds with one peak: the law of a guess."
    )
    low: Q = Field(description="The smallest value.")
    mode: Q = Field(description="The most likely value, between low and high.")
    high: Q = Field(description="The largest value, > low.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.low < self.high:
            raise refuse((("high",), f"must be > low ({self.low})"))
        if not self.low <= self.mode <= self.high:
            raise refuse((("mode",), f"must be between low ({self.low}) and high ({self.high})"))
        return self

    @property
    def mean(self) -> float:
        """The mean of the three."""
        return (self.low + self.mode + self.high) / 3

    @property
    def variance(self) -> float:
        """The variance (a^2 + b^2 + c^2 - ab - ac - bc) / 18, written without cancellation."""
        a, b = self.mode - self.low, self.high - self.mode
        return float((a * a + a * b + b * b) / 18)

    def sample(self, rng: np.random.Generator, n: int) -> Sample:
        """Draw ``n`` values."""
        return rng.triangular(self.low, self.mode, self.high, n)

    def _inverse(self, p: float) -> float:
        width, rise = self.high - self.low, self.mode - self.low
        if p * width <= rise:
            return self.low + math.sqrt(p * width * rise)
        return self.high - math.sqrt((1 - p) * width * (self.high - self.mode))


class Normal(Law, Generic[Q]):
    """A bell, cut at 0: its own mean is a little above the given one when the bell reaches below 0."""

    kind: Literal["normal"] = Field("normal", description="A bell, cut at 0 (values below are drawn again).")
    center: Q = Field(alias="mean", description="The middle of the bell, before it is cut at 0.")
    sd: Positive[Q] = Field(description="The standard deviation of the bell, before it is cut at 0; > 0.")

    @property
    def mean(self) -> float:
        """The mean of what is left above 0 (Johnson, Kotz and Balakrishnan 1994, ch. 13)."""
        return float(self.center + self.sd * self._hazard)

    @property
    def variance(self) -> float:
        """The variance of what is left above 0."""
        return float(self.sd**2 * (1 - self._hazard * (self.center / self.sd + self._hazard)))

    @property
    def _hazard(self) -> float:
        from scipy.special import ndtr

        z = self.center / self.sd
        return math.exp(-z * z / 2) / math.sqrt(2 * math.pi) / float(ndtr(z))

    def sample(self, rng: np.random.Generator, n: int) -> Sample:
        """Draw ``n`` values by inversion, so that each takes one number from ``rng``."""
        return self._above(rng.random(n))

    def _above(self, p: Sample) -> Sample:
        from scipy.special import ndtr, ndtri

        upper = (1 - p) * ndtr(self.center / self.sd)
        return np.maximum(0.0, self.center - self.sd * ndtri(upper))

    def _inverse(self, p: float) -> float:
        return float(self._above(np.array([p]))[0])


class Empirical(Law, Generic[Q]):
    """Values seen in practice, drawn as often as their weights say."""

    kind: Literal["empirical"] = Field(
        "empirical", description="Values seen in practice, drawn as often as their weights say."
    )
    values: Annotated[tuple[Q, ...], Field(min_length=1)] = Field(description="The values.")
    weights: tuple[Annotated[float, Field(ge=0)], ...] | None = Field(
        None, description="How often each value is met, relative to the others; without it all are equally likely."
    )

    @model_validator(mode="after")
    def _weights_fit(self) -> Self:
        if self.weights is None:
            return self
        if len(self.weights) != len(self.values):
            raise refuse((("weights",), f"must have as many as values ({len(self.values)})"))
        if not 0 < sum(self.weights) < math.inf:
            raise refuse((("weights",), "must not all be 0"))
        return self

    @property
    def _table(self) -> tuple[Sample, Sample]:
        """Values in rising order and their shares, both float64 of shape (n_values,)."""
        order = np.argsort(self.values, kind="stable")
        weights = np.ones(len(self.values)) if self.weights is None else np.asarray(self.weights, dtype=float)
        return np.asarray(self.values, dtype=float)[order], (weights / weights.sum())[order]

    @property
    def mean(self) -> float:
        """The weighted mean."""
        values, shares = self._table
        return float(values @ shares)

    @property
    def variance(self) -> float:
        """The weighted mean of squared distances."""
        values, shares = self._table
        return float((values - self.mean) ** 2 @ shares)

    @property
    def constant(self) -> float | None:
        """The one value, when there is only one."""
        values, shares = self._table
        possible = np.unique(values[shares > 0])
        return float(possible[0]) if len(possible) == 1 else None

    def sample(self, rng: np.random.Generator, n: int) -> Sample:
        """Draw ``n`` values."""
        return self._at(rng.random(n))

    def _at(self, p: Sample) -> Sample:
        values, shares = self._table
        values, shares = values[shares > 0], shares[shares > 0]
        return values[np.searchsorted(np.cumsum(shares)[:-1] - 1e-12, p, side="left")]

    def _inverse(self, p: float) -> float:
        return float(self._at(np.array([p]))[0])
