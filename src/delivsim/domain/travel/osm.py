"""Values as OpenStreetMap and OSMnx write them: numbers as texts, lists as texts, speeds in any unit."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

from delivsim.domain.travel.protocol import Floats

KMH, MPH, KNOT = 1.0 / 3.6, 0.44704, 0.514444
_SPEED = re.compile(r"(\d+(?:\.\d+)?)\s*(mph|knots|km/h|kmh|kph)?(?![\w:])")
_LINE = re.compile(r"LINESTRING\s*(?:Z\s*)?\(([^()]*)\)", re.IGNORECASE)
_UNITS = {"mph": MPH, "knots": KNOT}


def number(value: Any) -> float:
    """Read a number, or a text that is one; NaN if it is neither."""
    try:
        return math.nan if value is None or isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return math.nan


def truth(value: Any) -> bool:
    """Read a yes or no, such as True, "True", "yes" or 1."""
    return str(value).strip().lower() in ("true", "yes", "1")


def line_string(value: Any) -> Floats:
    """Read a line such as ``LINESTRING (4.1 50.2, 4.2 50.3)``; shape (k, 2), empty if it is none."""
    found = _LINE.fullmatch("" if value is None else str(value).strip())
    if found is None:
        return np.empty((0, 2))
    corners = [[number(word) for word in corner.split()[:2]] for corner in found[1].split(",")]
    whole = len(corners) > 1 and all(len(corner) == 2 and math.isfinite(sum(corner)) for corner in corners)
    return np.array(corners) if whole else np.empty((0, 2))


def speed_limit(value: Any) -> float | None:
    """
    Read ``maxspeed``: ``50``, ``"30 mph"``, ``"50;30"``, ``["50", "30"]`` and the same list as a text.

    Returns
    -------
    Metres per second, the mean of several (as OSMnx takes it); None where there is no number to go by: ``"none"``,
    ``"signals"``, ``"RO:urban"``, or a limit of 0.
    """
    texts = [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)]
    found = [float(digits) * _UNITS.get(unit, KMH) for text in texts for digits, unit in _SPEED.findall(text.lower())]
    limits = [limit for limit in found if limit > 0.0]
    return sum(limits) / len(limits) if limits else None
