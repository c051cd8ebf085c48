"""Ways that take another time than a model says: what dispatch believes, and what varies from day to day."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from delivsim.domain.travel.protocol import Floats, Instants, Point, Travel

DRAWS = 1 << 16
"""Draws of the law that ways share among them."""
SLOT = 300.0
"""Seconds of setting out that count as one leg, where every leg has its own error."""

_MASK = (1 << 64) - 1
_ODD = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F)


@dataclass(frozen=True, slots=True, eq=False)
class Erring:
    """
    Another travel model whose times are wrong by a factor that belongs to the way.

    The factor is found by hashing the two places (and the five minutes of setting out): whoever asks, whenever, in
    whatever order, finds the same one. Other policies under the same seed meet the same errors.

    Parameters
    ----------
    travel
        The times that are wrong.
    factors
        Draws of the factor, shape (65536,), > 0.
    salt
        Makes the errors of one stream differ from those of another.
    per_leg
        Whether the same way errs anew every five minutes; else it always errs alike.
    """

    travel: Travel
    factors: Floats
    salt: int = 0
    per_leg: bool = False

    @property
    def geographic(self) -> bool:
        return self.travel.geographic

    def distance(self, origin: Point, destination: Point) -> float:
        return self.travel.distance(origin, destination)

    def along(self, origin: Point, destination: Point, share: float, speed: float | None = None) -> Point:
        return self.travel.along(origin, destination, share, speed)

    def time(self, origin: Point, destination: Point, speed: float | None = None, at: float = 0.0) -> float:
        slot = math.floor(at / SLOT) if self.per_leg else 0
        row = _hash(self.salt, (*origin, *destination, float(slot)))
        return self.travel.time(origin, destination, speed, at) * float(self.factors[row])

    def times(self, origins: Floats, destinations: Floats, speeds: Floats | None = None, at: Instants = 0.0) -> Floats:
        slots = np.floor(np.asarray(at, dtype=np.float64) / SLOT) if self.per_leg else np.zeros(())
        rows = _hashes(self.salt, (*origins.T, *destinations.T, np.broadcast_to(slots, (len(origins),))))
        return self.travel.times(origins, destinations, speeds, at) * self.factors[rows]


def factors(sample: Callable[[np.random.Generator, int], Floats], rng: np.random.Generator, bias: float) -> Floats:
    """Draw the factors of a law, all multiplied by ``bias``."""
    return sample(rng, DRAWS) * bias


def _hash(salt: int, numbers: tuple[float, ...]) -> int:
    """Hash floats to a row of the draws (after the finalizer of splitmix64)."""
    found = salt & _MASK
    for number, odd in zip(numbers, _ODD, strict=True):
        (bits,) = struct.unpack("<Q", struct.pack("<d", number + 0.0))  # -0.0 is 0.0
        found = ((found ^ bits) * odd) & _MASK
        found ^= found >> 29
    return (found * _ODD[1] & _MASK) >> 48


def _hashes(salt: int, numbers: tuple[Floats, ...]) -> NDArray[np.int64]:
    """Hash rows of floats, as ``_hash``."""
    found = np.full(len(numbers[0]), salt & _MASK, dtype=np.uint64)
    for column, odd in zip(numbers, _ODD, strict=True):
        bits = np.ascontiguousarray(column + 0.0).view(np.uint64)
        found = (found ^ bits) * np.uint64(odd)
        found ^= found >> np.uint64(29)
    return ((found * np.uint64(_ODD[1])) >> np.uint64(48)).astype(np.int64)
