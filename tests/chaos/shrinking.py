"""Makes an evening that breaks a rule as small as it can be and still break it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

PATIENCE = 60.0
"""Seconds after which it is small enough."""


def shrunk(whole: dict[str, Any], fails: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Leave out one part after the other, as long as it fails."""
    until = time.monotonic() + PATIENCE
    is_smaller = True
    while is_smaller:
        is_smaller = False
        for smaller in _with_one_part_less(whole):
            if time.monotonic() > until:
                return whole
            if fails(smaller):
                whole, is_smaller = smaller, True
                break
    return whole


def _with_one_part_less(whole: Any) -> Iterator[Any]:
    if isinstance(whole, list):
        for k, part in enumerate(whole):
            yield whole[:k] + whole[k + 1 :]
            yield from ([*whole[:k], smaller, *whole[k + 1 :]] for smaller in _with_one_part_less(part))
    elif isinstance(whole, dict):
        for key, part in whole.items():
            yield {name: other for name, other in whole.items() if name != key}
            yield from ({**whole, key: smaller} for smaller in _with_one_part_less(part))
