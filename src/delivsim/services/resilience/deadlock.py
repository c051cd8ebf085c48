"""Deadlock of a pool: all of its places are held by callers of those who wait for one."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

REASON = "deadlock"
"""Why who waits in a deadlock was not served in time, if it was not."""


def is_deadlocked(holders: Collection[Any], waits: Iterable[Collection[Any]]) -> bool:
    """
    Whether no place can come free by itself: hold and wait, in a circle (Coffman et al. 1971, System deadlocks).

    Parameters
    ----------
    holders
        Who holds the places of a full pool.
    waits
        For each that waits for a place, those of its callers that hold one.
    """
    return bool(holders) and set().union(*waits) >= set(holders)
