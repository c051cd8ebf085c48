"""Rules that nothing can break hold nothing: each fault planted into the model must break one of them."""

from __future__ import annotations

import pytest
from planted import PLANTED, found_by
from rerun import Rerun, held_twice
from stormy import STORMY


def test_nothing_is_found_where_nothing_is_planted() -> None:
    """The stormy evenings hold all rules."""
    with Rerun() as again:
        for evening in STORMY:
            held_twice(evening, again)


@pytest.mark.parametrize("name", PLANTED)
def test_what_is_planted_is_found(name: str) -> None:
    """A stormy evening breaks a rule when this fault is in the model."""
    assert found_by(name, STORMY) is not None, PLANTED[name].what
