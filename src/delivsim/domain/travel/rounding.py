"""Rounding up to a unit: whole minutes in the rules of mdrplib."""

from __future__ import annotations

import math

import numpy as np

from delivsim.domain.travel.protocol import Floats


def rounded_up(seconds: float, unit: float) -> float:
    """Round up to a whole multiple of ``unit`` seconds; what floating point adds to a whole one does not count."""
    return math.ceil(seconds / unit - 1e-9) * unit


def all_rounded_up(seconds: Floats, unit: float) -> Floats:
    """Round each up, as ``rounded_up``; with ``unit`` 0 leave them."""
    return np.asarray(np.ceil(seconds / unit - 1e-9) * unit if unit else seconds, dtype=np.float64)
