"""Where things are in a generated city: its zones or districts, its stores, and doors around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from delivsim.city.demand import check_rate
from delivsim.city.roster import SpanConfig
from delivsim.domain.config import Config, Loc, refuse
from delivsim.domain.source_path import SourcePath
from delivsim.domain.units import Distance, Instant, Money, PositiveDistance, PositiveDuration, Rate

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Count = Annotated[int, Field(ge=1, le=10_000_000)]
Weight = Annotated[float, Field(ge=0, le=1e6)]


class ZoneConfig(Config):
    """A named part of the city, around its middle; its part of orders, stores and riders is relative to the others'."""

    x: Distance
    """Its middle, from the left edge of the city."""
    y: Distance
    """Its middle, from the lower edge of the city."""
    spread: PositiveDistance = 700.0
    """Standard deviation of a store's distance from the middle, in each direction."""
    demand: Weight = 1.0
    """Its part of the city's orders, relative to that of other zones."""
    rate: dict[str, Rate] | None = None
    """Orders per time from each time of day on, instead of a part of the city's."""
    stores: Weight = 1.0
    """Its part of the stores, relative to that of other zones; each zone has one at least."""
    riders: Weight = 1.0
    """Its part of the riders who start here, relative to that of other zones."""

    @model_validator(mode="after")
    def _times(self) -> ZoneConfig:
        check_rate(self.rate or {})
        return self


class StoresFile(Config):
    """Stores from a table instead of drawn ones, or those of an instance."""

    file: SourcePath | None = None
    """A table of stores: id, x, y, and what else docs/instance.md names."""
    openings: SourcePath | None = None
    """A table of their opening hours: store, opens_at, closes_at (times of day, or seconds)."""


class MenusConfig(Config):
    """What stores sell and have, from tables; docs/instance.md names their columns."""

    file: SourcePath | None = None
    """Menus: store, item, price (cents)."""
    stock: SourcePath | None = None
    """Stock: store, item, units."""
    refills: SourcePath | None = None
    """Refills of the stock: store, refilled_at (time of day, or seconds), item, units."""


class StoresConfig(StoresFile):
    """The stores of a city: drawn, or from a file."""

    count: Count = 60
    """How many stores there are."""
    clusters: Count = 5
    """How many districts they cluster in, in a city without zones."""
    concentration: Annotated[float, Field(ge=0, le=5)] = 0.0
    """Exponent of the Zipf law of stores per district; 0: all districts alike."""
    spread: PositiveDistance = 700.0
    """Standard deviation of a store's distance from the middle of its district, in each direction."""
    popularity: Annotated[float, Field(ge=0, le=5)] = 0.8
    """Exponent of the Zipf law of orders per store; 0: all alike."""
    items: Count = 12
    """Items on each menu."""
    price_low: Money = 900
    """Cheapest item."""
    price_high: Money = 2200
    """Dearest item."""
    stock: Annotated[int, Field(ge=0)] | None = None
    """Units of each item at the start; without it nothing runs out."""
    refill_every: PositiveDuration | None = None
    """How often as many units of each item are added; without it never."""
    opening: tuple[SpanConfig, ...] = ()
    """When stores take orders, such as {start: "11:30", end: "23:00"}; without it always."""

    @model_validator(mode="after")
    def _fits(self) -> StoresConfig:
        if self.refill_every is not None and self.stock is None:
            raise refuse((("refill_every",), "must have stock beside it: without it nothing runs out"))
        if self.price_high < self.price_low:
            raise refuse((("price_high",), f"must be >= price_low ({self.price_low / 100:.2f})"))
        return self

    def mistakes(self, starts_at: datetime) -> Iterator[tuple[Loc, str]]:
        """Give the opening hours that end before they begin, or begin before the last ones have ended."""
        last: Instant | None = None
        for i, span in enumerate(self.opening):
            if span.end.at(starts_at) <= span.start.at(starts_at):
                yield ("opening", i, "end"), f"must be after the opening ({span.start.text})"
            if last is not None and span.start.at(starts_at) < last.at(starts_at):
                yield ("opening", i, "start"), f"must not be before the closing before it ({last.text})"
            last = span.end


def scattered(middles: Floats, spread: float | Floats, side: float, rng: np.random.Generator) -> Floats:
    """
    Draw a place around each of these middles: normal in each direction, cut at the city's edge.

    By the inverse of the distribution function, so that every place takes exactly two random numbers, none is drawn
    again, and none piles up on the edge.

    Parameters
    ----------
    middles
        Shape (n, 2), metres within the square.
    spread
        Standard deviation before the cut, metres; one for all, or shape (n, 1).
    side
        Length of the square's side, metres.
    """
    from scipy.special import ndtr, ndtri

    low, high = ndtr(-middles / spread), ndtr((side - middles) / spread)
    places = middles + spread * ndtri(low + rng.random(middles.shape) * (high - low))
    return np.asarray(np.round(np.clip(places, 0.0, side), 1), dtype=np.float64)


def zipf(n: int, exponent: float) -> Floats:
    """Give the shares of ranks 1 to n, the first the largest."""
    weight = 1.0 / np.arange(1, n + 1) ** exponent
    return np.asarray(weight / weight.sum())


def apportioned(n: int, weights: Sequence[float]) -> Ints:
    """
    Divide n things by weight: each gets its whole part, but one at least, then the largest remainders one more.

    ``n`` must be at least the number of weights.
    """
    weight = np.asarray(weights, dtype=np.float64) if any(weights) else np.ones(len(weights))
    shares = (n - len(weight)) * weight / weight.sum()
    counts = np.floor(shares).astype(np.int64)
    left = n - len(weight) - int(counts.sum())
    counts[np.argsort(counts - shares, kind="stable")[:left]] += 1
    return np.asarray(counts + 1, dtype=np.int64)
