from __future__ import annotations

from pydantic import Field

from delivsim.domain.config import Config
from delivsim.domain.distributions import DurationLaw
from delivsim.domain.units import Duration, Money
from delivsim.scenario.dump import dump_scenario, plain, scenario_digest


class Part(Config):
    every: Duration | None = 60.0
    limit: int | None = None
    work: DurationLaw | None = None
    pay: Money = 5


class Whole(Config):
    parts: tuple[Part, ...] = ()
    named: dict[str, Part] = Field(default_factory=dict)


def test_only_what_says_something_is_written() -> None:
    """None by default is left out, None instead of a default stays, constants are bare, units are written."""
    whole = Whole.model_validate({"parts": [{"every": None, "work": "20ms"}], "named": {"a": {"every": "2h"}}})
    assert plain(whole) == {
        "parts": [{"every": None, "work": "20ms", "pay": "0.05"}],
        "named": {"a": {"every": "2h", "pay": "0.05"}},
    }
    assert Whole.model_validate(plain(whole)) == whole


def test_the_text_is_stable() -> None:
    """Keys stand in the order of the schema, and the digest is the same in every process."""
    assert dump_scenario(Part()) == "{every: 1min, pay: '0.05'}\n"
    assert scenario_digest(Part()) == "161c644f19657c19"
