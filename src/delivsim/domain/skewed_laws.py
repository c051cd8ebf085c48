"""
The skewed laws of work, latency, patience and failure: exponential, erlang, hyperexponential and the shaped ones.

Lognormal, gamma and Weibull are given by two percentiles, by the mean and cv or sd, or by shape and scale. ``cv``
is the coefficient of variation, sd / mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Generic, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from delivsim.domain import fits
from delivsim.domain.config import refuse
from delivsim.domain.laws import Law, Positive, Q, Sample

_PERCENTILES = {
    "p1": 0.01,
    "p5": 0.05,
    "p10": 0.1,
    "p25": 0.25,
    "p50": 0.5,
    "p75": 0.75,
    "p90": 0.9,
    "p95": 0.95,
    "p99": 0.99,
    "p99_9": 0.999,
}


class Exponential(Law, Generic[Q]):
    """Memoryless: many short values, few long ones; cv = 1."""

    kind: Literal["exponential"] = Field("exponential", description="Memoryless: many short values, few long ones.")
    given_mean: Positive[Q] = Field(alias="mean", description="The mean, > 0.")

    @property
    def mean(self) -> float:
        """The given mean."""
        return float(self.given_mean)

    @property
    def variance(self) -> float:
        """The squared mean."""
        return self.mean**2

    def sample(self, rng: np.random.Generator, n: int) -> Sample:
        """Draw ``n`` values."""
        return rng.standard_exponential(n) * self.mean

    def _inverse(self, p: float) -> float:
        return -self.mean * math.log1p(-p)


class Erlang(Law, Generic[Q]):
    """The sum of equal exponential stages: the more stages, the steadier; cv = 1 / sqrt(stages)."""

    kind: Literal["erlang"] = Field("erlang", description="The sum of equal exponential stages.")
    stages: Annotated[int, Field(ge=1, le=10_000)] = Field(description="How many stages; >= 1.")
    given_mean: Positive[Q] = Field(alias="mean", description="The mean of the sum, > 0.")

    @property
    def mean(self) -> float:
        """The given mean."""
        return float(self.given_mean)

    @property
    def variance(self) -> float:
        """The squared mean over the number of stages."""
        return self.mean**2 / self.stages

    def sample(self, rng: np.random.Generator, n: int) -> Sample:
        """Draw ``n`` values."""
        return rng.gamma(self.stages, self.mean / self.stages, n)

    def _inverse(self, p: float) -> float:
        from scipy.special import gammaincinv

        return self.mean / self.stages * float(gammaincinv(self.stages, p))


class Hyperexponential(Law, Generic[Q]):
    """A mix of exponentials, cv > 1: mostly quick, now and then slow; by probabilities and means, or mean and cv."""

    kind: Literal["hyperexponential"] = Field(
        "hyperexponential", description="A mix of exponentials: mostly quick, now and then slow."
    )
    probabilities: tuple[Annotated[float, Field(gt=0, le=1)], ...] | None = Field(
        None, description="How often each phase is met; they sum to 1."
    )
    means: tuple[Positive[Q], ...] | None = Field(None, description="The mean of each phase, > 0.")
    given_mean: Positive[Q] | None = Field(
        None,
        alias="mean",
        description="The mean of the mix; give cv with it (two phases with balanced means).",
    )
    cv: Annotated[float, Field(gt=1, le=100)] | None = Field(
        None, description="The coefficient of variation, sd / mean; > 1."
    )

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        values = {
            "probabilities": self.probabilities,
            "means": self.means,
            "mean": self.given_mean,
            "cv": self.cv,
        }
        given = {name for name, value in values.items() if value is not None}
        if given not in ({"probabilities", "means"}, {"mean", "cv"}):
            raise ValueError(f"must be given by probabilities and means, or by mean and cv, got {_listed(given)}")
        if self.probabilities is not None and self.means is not None:
            if len(self.means) != len(self.probabilities):
                raise refuse((("means",), f"must have as many as probabilities ({len(self.probabilities)})"))
            if not abs(total := sum(self.probabilities) - 1) < 1e-9:
                raise refuse((("probabilities",), f"must sum to 1, got a sum of {total + 1:.12g}"))
        return self

    @property
    def _phases(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        if self.probabilities is not None and self.means is not None:
            return self.probabilities, tuple(float(mean) for mean in self.means)
        return fits.hyperexponential_from_moments(float(self.given_mean or 0), self.cv or 1)

    @property
    def mean(self) -> float:
        """The mean of the phases' means."""
        return sum(p * mean for p, mean in zip(*self._phases, strict=True))

    @property
    def variance(self) -> float:
        """Twice the mean of the squared means, less the squared mean."""
        return 2 * sum(p * mean**2 for p, mean in zip(*self._phases, strict=True)) - self.mean**2

    def sample(self, rng: np.random.Generator, n: int) -> Sample:
        """Draw ``n`` values: first the phases, then their lengths."""
        probabilities, means = self._phases
        phase = np.searchsorted(np.cumsum(probabilities)[:-1], rng.random(n), side="right")
        return np.asarray(means)[phase] * rng.standard_exponential(n)

    def _inverse(self, p: float) -> float:
        from scipy.optimize import brentq

        weights, means = (np.asarray(part) for part in self._phases)
        top = -float(means.max()) * math.log1p(-p)
        return float(brentq(lambda x: float(weights @ np.exp(-x / means)) - (1 - p), 0.0, top, xtol=1e-15))


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"


class _Shaped(Law, Generic[Q]):
    """What lognormal, gamma and weibull share: given by two percentiles, or by the mean and cv or sd."""

    kind: str = Field(description="Which law this is.")
    given_mean: Positive[Q] | None = Field(None, alias="mean", description="The mean, > 0; give cv or sd with it.")
    cv: Annotated[float, Field(gt=0, le=100)] | None = Field(
        None, description="The coefficient of variation, sd / mean; > 0 and at most 100."
    )
    sd: Positive[Q] | None = Field(None, description="The standard deviation, > 0.")
    p1: Positive[Q] | None = Field(
        None, description="1 % of the values stay at or below; give two percentiles, or none."
    )
    p5: Positive[Q] | None = Field(None, description="5 % of the values stay at or below.")
    p10: Positive[Q] | None = Field(None, description="10 % of the values stay at or below.")
    p25: Positive[Q] | None = Field(None, description="A quarter of the values stays at or below.")
    p50: Positive[Q] | None = Field(None, description="Half of the values stay at or below: the median.")
    p75: Positive[Q] | None = Field(None, description="Three quarters of the values stay at or below.")
    p90: Positive[Q] | None = Field(None, description="90 % of the values stay at or below.")
    p95: Positive[Q] | None = Field(None, description="95 % of the values stay at or below.")
    p99: Positive[Q] | None = Field(None, description="99 % of the values stay at or below.")
    p99_9: Positive[Q] | None = Field(None, alias="p99.9", description="99.9 % of the values stay at or below.")

    @property
    def _quantiles(self) -> tuple[fits.Quantile, ...]:
        given = ((share, getattr(self, name)) for name, share in _PERCENTILES.items())
        return tuple((share, float(value)) for share, value in given if value is not None)

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        names = {field.alias or name for name, field in type(self).model_fields.items()}
        given = {field.alias or name for name, field in type(self).model_fields.items() if getattr(self, name)}
        given -= {"kind"}
        forms = [{"mean", "cv"}, {"mean", "sd"}, *([{"shape", "scale"}] if "shape" in names else [])]
        two = len(self._quantiles) == 2 and len(given) == 2
        if given not in forms and not two:
            ways = " or ".join(" and ".join(sorted(form)) for form in forms)
            raise ValueError(f"must be given by {ways} or two percentiles (p50 and p99), got {_listed(given)}")
        if two and not self._quantiles[0][1] < self._quantiles[1][1]:
            raise ValueError(f"{_listed(given)}: the higher percentile must be the larger value")
        try:
            spread = self.variance
        except (ValueError, OverflowError, ZeroDivisionError) as error:
            raise ValueError(f"{_listed(given)}: no such law ({error})") from error
        if not math.isfinite(spread):
            raise ValueError(f"{_listed(given)}: the spread is too wide to compute with")
        return self

    def _fitted(
        self,
        from_moments: Callable[[float, float], tuple[float, float]],
        from_quantiles: Callable[[fits.Quantile, fits.Quantile], tuple[float, float]],
    ) -> tuple[float, float]:
        if self.given_mean is None:
            return from_quantiles(*self._quantiles)
        cv = self.cv if self.cv is not None else float(self.sd or 0) / self.given_mean
        return from_moments(float(self.given_mean), cv)


class Lognormal(_Shaped[Q], Generic[Q]):
    """The usual law of work and latency: skewed, with a tail; give p50 and p99, or mean and cv."""

    kind: Literal["lognormal"] = Field(
        "lognormal", description="Skewed, with a tail: the usual law of work and latency."
    )

    @property
    def _log(self) -> tuple[float, float]:
        return self._fitted(fits.lognormal_from_moments, fits.lognormal_from_quantiles)

    @property
    def mean(self) -> float:
        """The mean, exp(mu + sigma^2 / 2)."""
        mu, sigma = self._log
        return math.exp(mu + sigma * sigma / 2)

    @property
    def variance(self) -> float:
        """The variance, mean^2 (exp(sigma^2) - 1)."""
        return self.mean**2 * math.expm1(self._log[1] ** 2)

    def sample(self, rng: np.random.Generator, n: int) -> Sample:
        """Draw ``n`` values."""
        return rng.lognormal(*self._log, n)

    def _inverse(self, p: float) -> float:
        from scipy.special import ndtri

        mu, sigma = self._log
        return math.exp(mu + sigma * float(ndtri(p)))


class Gamma(_Shaped[Q], Generic[Q]):
    """Skewed, with a light tail; give mean and cv, shape and scale, or two percentiles."""

    kind: Literal["gamma"] = Field("gamma", description="Skewed, with a light tail.")
    shape: Annotated[float, Field(gt=0, le=1e4)] | None = Field(
        None, description="The shape, > 0: 1 is exponential, more is closer to a bell."
    )
    scale: Positive[Q] | None = Field(None, description="The scale, > 0: the mean is shape times scale.")

    @property
    def _shape_scale(self) -> tuple[float, float]:
        if self.shape is not None and self.scale is not None:
            return self.shape, float(self.scale)
        return self._fitted(lambda mean, cv: (cv**-2, mean * cv**2), fits.gamma_from_quantiles)

    @property
    def mean(self) -> float:
        """Shape times scale."""
        return math.prod(self._shape_scale)

    @property
    def variance(self) -> float:
        """Shape times squared scale."""
        return self.mean * self._shape_scale[1]

    def sample(self, rng: np.random.Generator, n: int) -> Sample:
        """Draw ``n`` values."""
        return rng.gamma(*self._shape_scale, n)

    def _inverse(self, p: float) -> float:
        from scipy.special import gammaincinv

        shape, scale = self._shape_scale
        return scale * float(gammaincinv(shape, p))


class Weibull(_Shaped[Q], Generic[Q]):
    """Times to failure, and patience; give mean and cv, shape and scale, or two percentiles."""

    kind: Literal["weibull"] = Field("weibull", description="Times to failure, and patience.")
    shape: Annotated[float, Field(gt=0.01, le=1e4)] | None = Field(
        None, description="The shape, > 0.01: 1 is exponential, below 1 a long tail, above 1 a hump."
    )
    scale: Positive[Q] | None = Field(None, description="The scale, > 0: 63.2 % of the values stay below.")

    @property
    def _shape_scale(self) -> tuple[float, float]:
        if self.shape is not None and self.scale is not None:
            return self.shape, float(self.scale)
        return self._fitted(fits.weibull_from_moments, fits.weibull_from_quantiles)

    @property
    def mean(self) -> float:
        """The mean, scale * Gamma(1 + 1/shape)."""
        shape, scale = self._shape_scale
        return scale * math.gamma(1 + 1 / shape)

    @property
    def variance(self) -> float:
        """The variance, scale^2 * Gamma(1 + 2/shape) - mean^2."""
        shape, scale = self._shape_scale
        return scale**2 * math.gamma(1 + 2 / shape) - self.mean**2

    def sample(self, rng: np.random.Generator, n: int) -> Sample:
        """Draw ``n`` values."""
        shape, scale = self._shape_scale
        return rng.weibull(shape, n) * scale

    def _inverse(self, p: float) -> float:
        shape, scale = self._shape_scale
        return float(scale * (-math.log1p(-p)) ** (1 / shape))
