from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticUndefined

from delivsim.domain.source_path import SourcePath
from delivsim.scenario.schema import Scenario

QUEUE: dict[str, Any] = {
    "services": {"web": {"operations": {"page": {"steps": [{"work": "1ms"}]}}}},
    "workloads": [{"kind": "open", "name": "visitors", "operation": "web.page", "rate": 1}],
}
CITY: dict[str, Any] = {
    "demand": {"rate": {"18:00": "60/h"}},
    "riders": {"shifts": [{"start": "18:00", "end": "20:00", "riders": 5}]},
}


def scenario(**changes: Any) -> Scenario:
    return Scenario.model_validate({"name": "x", "horizon": "1h", "starts_at": "2026-11-20T18:00", **changes})


def rules(**changes: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        scenario(**changes)
    return str(caught.value)


def test_what_is_not_said_has_a_default() -> None:
    """A name, a horizon and somebody who orders are enough."""
    made = scenario(city=CITY)
    assert (made.schema_version, made.seed, made.timezone, made.drain) == (1, 1, "UTC", "until_done")
    assert made.warm_up == 0
    assert made.instance is None
    assert made.costs.currency == "USD"
    assert made.slos == made.faults == ()


def test_somebody_must_order() -> None:
    """Exactly one of instance and city, unless the platform has workloads of its own."""
    instance = {"format": "mdrplib", "path": "somewhere"}
    assert scenario(platform=QUEUE).city is None
    assert scenario(instance=instance).city is None
    assert scenario(city=CITY, platform=QUEUE).city is not None
    assert "must have instance or city" in rules()
    assert "must not be given beside instance" in rules(city=CITY, instance=instance)


def test_units_are_those_of_the_domain() -> None:
    """Durations are seconds, money is cents."""
    made = scenario(city=CITY, warm_up="10min", drain="2h", costs={"server_hour": "0.40"})
    assert (made.horizon, made.warm_up, made.drain, made.costs.server_hour) == (3600, 600, 7200, 40)


def test_every_instant_is_checked_against_the_start() -> None:
    """Shifts, demand and faults before the start are all told."""
    early = {
        "demand": {"rate": {"17:00": 1}},
        "riders": {"shifts": [{"start": "16:00", "end": "19:00", "riders": 1}]},
    }
    told = rules(city=early, faults=[{"kind": "slow", "service": "user", "at": "15:00", "for": "1h", "factor": 2}])
    assert [text in told for text in ("'17:00'", "'16:00'", "'15:00'")] == [True] * 3


def test_a_scenario_travels_to_other_processes() -> None:
    """A pickled scenario is the same scenario, its places included."""
    made = scenario(city=CITY, platform={"network": {"default_delay": {"kind": "exponential", "mean": "1ms"}}})
    again = pickle.loads(pickle.dumps(made))
    assert again == made
    assert again.place("city").file == "scenario"


def test_a_source_path_is_a_path_and_writes_back_its_text() -> None:
    """It opens the file beside the scenario, compares by text, and refuses what no file system takes."""
    path = SourcePath("data/x", Path("folder"))
    assert os.fspath(path) == str(Path("folder") / "data" / "x")
    assert path == SourcePath("data/x", Path("elsewhere"))
    made = scenario(instance={"format": "mdrplib", "path": path})
    assert made.model_dump(mode="json")["instance"]["path"] == "data/x"
    assert "must be the name of a file" in rules(instance={"format": "mdrplib", "path": "a\0b"})


def configs(model: type[BaseModel], seen: set[type[BaseModel]]) -> set[type[BaseModel]]:
    """Collect a config and all configs below it."""
    if model not in seen:
        seen.add(model)
        stack: list[Any] = [field.annotation for field in model.model_fields.values()]
        while stack:
            form = stack.pop()
            if isinstance(form, type) and issubclass(form, BaseModel):
                configs(form, seen)
            stack.extend(getattr(form, "__args__", ()))
    return seen


@pytest.mark.parametrize("model", sorted(configs(Scenario, set()), key=lambda m: m.__name__), ids=lambda m: m.__name__)
def test_every_part_of_a_scenario_is_strict(model: type[BaseModel]) -> None:
    """Unknown keys are refused and nothing changes once built, everywhere; defaults are themselves valid."""
    assert model.model_config.get("extra") == "forbid"
    assert model.model_config.get("frozen") is True
    for name, field in model.model_fields.items():
        default = field.get_default(call_default_factory=True, validated_data={})
        if default is not PydanticUndefined and isinstance(default, BaseModel):
            dumped = default.model_dump(mode="json", by_alias=True, exclude_none=True, warnings=False)
            assert type(default).model_validate(dumped) == default, name


def test_more_orders_than_memory_holds_are_refused() -> None:
    """A slip of the unit (1e9/s) is told where the rate is written; a million orders a day are fine."""
    assert scenario(horizon="24h", city={**CITY, "demand": {"rate": {"18:00": "12/s"}}}).city is not None
    told = rules(city={**CITY, "demand": {"rate": {"18:00": "60/h", "18:30": "1e9/s"}}})
    assert "city.demand.rate.18:30" in told
    assert "must bring at most 20,000,000 orders, brings about 1,800,000,000,000" in told
