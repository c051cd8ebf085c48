"""Which pairs of order and rider are worth a look, so that a decision over thousands stays sparse."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from delivsim.domain.travel import Travel
from delivsim.domain.travel.haversine import in_space

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def nearest_pairs(left: Floats, right: Floats, k: int) -> tuple[Ints, Ints]:
    """
    Pair the rows of the shorter list with the ``k`` nearest rows of the longer one.

    With at most ``k`` rows on the shorter side no pair of a matching of least total distance is lost: who is matched
    beyond the k nearest could always take one of these instead.

    Parameters
    ----------
    left, right
        Places, shape (n, d) and (m, d), in metres.
    k
        Neighbors to look at, >= 1.

    Returns
    -------
    Row numbers in ``left`` and in ``right``, sorted by both.
    """
    n, m = len(left), len(right)
    if max(n, m) <= k or not n or not m:
        return np.repeat(np.arange(n), m), np.tile(np.arange(m), n)
    if n > m:
        b, a = _neighbors(right, left, k)
    else:
        a, b = _neighbors(left, right, k)
    key = np.sort(a * m + b)
    return key // m, key % m


def flat(places: Floats, travel: Travel) -> Floats:
    """Give places in metres, good enough to tell near from far; (n, 3) where they were longitudes and latitudes."""
    return in_space(places) if travel.geographic else places


def _neighbors(few: Floats, many: Floats, k: int) -> tuple[Ints, Ints]:
    from scipy.spatial import cKDTree

    k = min(k, len(many))
    _, rows = cKDTree(many).query(few, k)
    return np.repeat(np.arange(len(few)), k), np.asarray(rows, dtype=np.int64).reshape(-1)
