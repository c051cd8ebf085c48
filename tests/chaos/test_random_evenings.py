"""
Random faults strike random platforms in small cities; whatever happens, nothing and nobody gets lost.

``DELIVSIM_CHAOS`` says how many evenings are tried (100); one that fails is shrunk and shown as a scenario.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from evenings import SLICE, drawn
from rerun import Rerun, hold

EVENINGS = int(os.environ.get("DELIVSIM_CHAOS", "100"))


@pytest.fixture(scope="module")
def again() -> Iterator[Rerun]:
    with Rerun() as process:
        yield process


@pytest.mark.parametrize("number", range(-(-EVENINGS // SLICE)))
def test_whatever_breaks_nothing_gets_lost(number: int, again: Rerun) -> None:
    """Counts add up, no order is lost or comes twice, what was accepted is brought or refunded; again the same."""
    for evening in drawn(number)[: EVENINGS - number * SLICE]:
        hold(evening, again)
