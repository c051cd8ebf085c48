"""Times from all of some places to all of some others."""

from __future__ import annotations

import numpy as np

from delivsim.domain.travel.haversine import EARTH_RADIUS, Haversine
from delivsim.domain.travel.protocol import Floats, Travel
from delivsim.domain.travel.rounding import all_rounded_up

AT_ONCE = 64
"""Origins looked at together: what is computed of them stays in the processor's cache."""


def table(travel: Travel, origins: Floats, destinations: Floats, at: float = 0.0) -> Floats:
    """
    Give the seconds from each origin to each destination, shape (n, m), for riders who set out at the instant ``at``.

    Parameters
    ----------
    origins, destinations
        Shape (n, 2) and (m, 2).
    """
    if isinstance(travel, Haversine):
        metres = great_circle_table(origins, destinations)
        return all_rounded_up(metres * (travel.detour / travel.speed), travel.round_up_to)
    n, m = len(origins), len(destinations)
    pairs = np.repeat(origins, m, axis=0), np.tile(destinations, (n, 1))
    return travel.times(*pairs, at=at).reshape(n, m)


def great_circle_table(origins: Floats, destinations: Floats) -> Floats:
    """Give the metres from each place (longitude, latitude) to each other, shape (n, m)."""
    (lon1, lat1), (lon2, lat2) = np.radians(origins).T / 2.0, np.radians(destinations).T / 2.0
    found = np.empty((len(origins), len(destinations)))
    for begin in range(0, len(origins), AT_ONCE):
        part = slice(begin, begin + AT_ONCE)
        # the sine of a difference, without a sine for each pair
        along = np.outer(np.cos(lat1[part]), np.sin(lat2)) - np.outer(np.sin(lat1[part]), np.cos(lat2))
        across = np.outer(np.cos(lon1[part]), np.sin(lon2)) - np.outer(np.sin(lon1[part]), np.cos(lon2))
        h = along**2 + np.outer(np.cos(2.0 * lat1[part]), np.cos(2.0 * lat2)) * across**2
        np.arcsin(np.minimum(1.0, np.sqrt(h)), out=found[part])
    return np.multiply(found, 2.0 * EARTH_RADIUS, out=found)
