from __future__ import annotations

from typing import Literal

import pytest
from pydantic import Field, ValidationError

from delivsim.domain.config import Config, refuse


class Leaf(Config):
    count: int = 1
    """How many."""
    share: float = Field(0.5, description="A share.")
    name: str = "x"
    on: bool = False
    mode: Literal["a", "b"] = "a"
    sizes: tuple[int, ...] = ()
    kids: tuple[Leaf, ...] = ()
    named: dict[str, int | str] = Field(default_factory=dict)


@pytest.mark.parametrize(
    "wrong",
    [
        {"count": "3"},
        {"count": 3.0},
        {"count": True},
        {"share": "0.5"},
        {"share": True},
        {"share": float("nan")},
        {"share": float("inf")},
        {"name": 3},
        {"on": "yes"},
        {"on": 1},
        {"mode": "c"},
        {"sizes": ["3"]},
        {"sizes": 3},
        {"kids": [{"count": "3"}]},
        {"kids": [{"kids": [{"count": "3"}]}]},
        {"kids": [{"cuont": 3}]},
        {"named": {"a": True}},
        {"cuont": 3},
    ],
)
def test_nothing_silently_becomes_something_else(wrong: dict[str, object]) -> None:
    """Text, whole numbers, numbers and yes/no keep apart, at every depth, and unknown keys are refused."""
    with pytest.raises(ValidationError):
        Leaf.model_validate(wrong)


def test_what_fits_is_taken() -> None:
    """Lists stand for tuples, whole numbers for numbers, and docstrings become descriptions."""
    leaf = Leaf.model_validate({"sizes": [1, 2], "share": 1, "kids": [{}], "named": {"a": 1, "b": "x"}})
    assert leaf.sizes == (1, 2)
    assert leaf.named == {"a": 1, "b": "x"}
    assert Leaf.model_fields["count"].description == "How many."


def test_a_config_never_changes() -> None:
    """A built config cannot be written to."""
    with pytest.raises(ValidationError, match="frozen"):
        Leaf().count = 2


def test_a_refusal_keeps_its_places() -> None:
    """Mistakes found by a validator tell where they are below it."""
    error = refuse((("sizes", 0), "must be > 0"), ((), "must fit"))
    assert error.message() == "sizes.0: must be > 0; must fit"
    assert error.context is not None
    assert error.context["mistakes"] == [[("sizes", 0), "must be > 0"], [(), "must fit"]]
