"""When orders come: at a rate that changes with the time of day, or in peaks; more on some days than on others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from delivsim.domain.config import Config, Loc, refuse
from delivsim.domain.distributions import NumberLaw
from delivsim.domain.source_path import SourcePath
from delivsim.domain.streams import Streams
from delivsim.domain.units import Instant, PositiveDuration, Rate, Share

Floats = NDArray[np.float64]


class PeakConfig(Config):
    """A time of day around which many order."""

    at: Instant
    """When most of its orders come."""
    spread: PositiveDuration
    """Standard deviation of its orders' times: two thirds come within it before or after."""
    share: Share
    """Its part of all orders."""


class LevelConfig(Config):
    """How much is ordered, against what is usual."""

    scale: Annotated[float, Field(gt=0, le=1000)] = 1.0
    """All of it times this: 1.2 is 20 % more."""
    day_to_day: Share = 0.0
    """How much days differ: the standard deviation of a day's orders over their mean, beyond chance; each run has a
    day of its own."""


class DemandConfig(LevelConfig):
    """When orders come: give a rate by time of day, or a number of orders and their peaks."""

    rate: dict[str, Rate] = Field(default_factory=dict)
    """Orders per time from each time of day on, such as {"18:00": 600/h, "19:30": 900/h}; none before the first."""
    orders: Annotated[float, Field(gt=0)] | None = None
    """Orders expected within the horizon, instead of a rate."""
    peaks: tuple[PeakConfig, ...] = ()
    """When they come, with ``orders``; what their shares leave of all is spread evenly over the horizon."""
    basket: NumberLaw = Field(default_factory=lambda: _basket())
    """Units per order, rounded to whole numbers, at least 1."""
    file: SourcePath | None = None
    """A table of orders instead: id, placed_at (time of day, or seconds), store, x, y, and what else docs/instance.md
    names; scaled, orders are left out or placed again."""
    items: SourcePath | None = None
    """A table of what they order, beside ``file``: order, item, units."""

    @model_validator(mode="after")
    def _one_way(self) -> DemandConfig:
        check_rate(self.rate)
        if self.file is not None and (self.rate or self.orders is not None):
            raise refuse((("file",), "must not be given beside rate or orders: have one of them"))
        if self.items is not None and self.file is None:
            raise refuse((("items",), "must have file beside it: the table of the orders"))
        if self.rate and self.orders is not None:
            raise refuse((("orders",), "must not be given beside rate: have one of the two"))
        if self.peaks and self.orders is None:
            raise refuse((("peaks",), "must have orders beside them: peaks say when, not how many"))
        if sum(peak.share for peak in self.peaks) > 1.0 + 1e-9:
            raise refuse((("peaks",), f"shares must add up to at most 1, got {sum(p.share for p in self.peaks):g}"))
        return self


def check_rate(rate: dict[str, float], loc: Loc = ("rate",)) -> None:
    """Refuse, as a validator does, what is no time of day."""
    for text in rate:
        try:
            Instant.parse(text)
        except ValueError as wrong:
            raise refuse(((*loc, text), str(wrong))) from None


def _basket() -> NumberLaw:
    from delivsim.domain.distributions import Uniform

    return Uniform[float](kind="uniform", low=1.0, high=3.0)


def level_of_day(config: LevelConfig, streams: Streams) -> float:
    """Draw how busy this day is: the factor of all rates, of mean ``scale``."""
    if config.day_to_day == 0.0:
        return config.scale
    shape = config.day_to_day**-2
    return config.scale * float(streams["city/day"].gamma(shape, 1.0 / shape))


def order_times(
    config: DemandConfig, level: float, starts_at: datetime, horizon: float, rng: np.random.Generator
) -> Floats:
    """
    Draw the instants of a day's orders, ascending.

    Parameters
    ----------
    level
        How busy the day is: a factor of all rates.
    """
    if config.orders is None:
        return placement_times(config.rate, starts_at, horizon, rng, level=level)
    return _peaked(rng.poisson(config.orders * level), config.peaks, starts_at, horizon, rng)


def placement_times(
    rate: dict[str, float], starts_at: datetime, horizon: float, rng: np.random.Generator, *, level: float = 1.0
) -> Floats:
    """
    Draw the instants of a Poisson process whose rate is constant between given times of day.

    Before the first time of day nobody orders; from the last one on its rate stays until the horizon.
    """
    changes = sorted((Instant.parse(text).at(starts_at), per_second * level) for text, per_second in rate.items())
    ends = [*(at for at, _ in changes[1:]), horizon][: len(changes)]
    drawn = []
    for (begin, per_second), end in zip(changes, ends, strict=True):
        begin, end = max(0.0, begin), min(end, horizon)
        if end > begin:
            drawn.append(rng.uniform(begin, end, rng.poisson(per_second * (end - begin))))
    return np.sort(np.concatenate(drawn)) if drawn else np.empty(0)


def _peaked(
    n: int, peaks: Sequence[PeakConfig], starts_at: datetime, horizon: float, rng: np.random.Generator
) -> Floats:
    """Draw the instants of n orders in peaks, cut at the horizon, and between them."""
    from scipy.special import ndtr, ndtri

    shares = np.array([peak.share for peak in peaks] + [max(0.0, 1.0 - sum(peak.share for peak in peaks))])
    which = rng.choice(len(shares), n, p=shares / shares.sum())
    u = rng.random(n)
    times = u * horizon
    for i, peak in enumerate(peaks):
        of_it, at = which == i, peak.at.at(starts_at)
        low, high = ndtr(-at / peak.spread), ndtr((horizon - at) / peak.spread)
        times[of_it] = at + peak.spread * ndtri(low + u[of_it] * (high - low))
    return np.sort(np.clip(times, 0.0, horizon))
