"""One suite for every format of instances: each has a twin, and keeps what it promises about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivsim.domain.instance import Instance
from delivsim.errors import InstanceError
from delivsim.experiment.instance_facts import measured
from delivsim.experiment.run import run
from delivsim.record.conservation import conservation
from delivsim.scenario.formats import FORMATS, format_of, read_instance, write_instance
from delivsim.scenario.schema import Scenario

DATA = Path(__file__).parents[1] / "data"
WRITTEN = [name for name, one in FORMATS.items() if one.write]
PARTS = ("name", "orders", "riders", "stores", "travel", "rules", "geographic", "zones")


def twin(name: str) -> Path:
    return DATA / f"{name}_twin"


def said(instance: Instance, part: str) -> str:
    value = getattr(instance, part)
    return repr(list(value) if isinstance(value, list | tuple) else value)


@pytest.mark.parametrize("name", FORMATS)
def test_a_twin_is_known_read_and_measured(name: str) -> None:
    """Its folder is recognized, holds orders, riders and stores, and reads the same twice."""
    assert format_of(twin(name)) == name
    one, same = read_instance(name, twin(name)), read_instance(name, twin(name))
    assert one.orders
    assert one.riders
    assert one.stores
    assert all(said(one, part) == said(same, part) for part in PARTS)
    assert measured(twin(name))[1]["counts"]["orders"] == len(one.orders)


@pytest.mark.parametrize("name", FORMATS)
def test_a_twin_can_be_lived_in(name: str) -> None:
    """The full platform runs on it, nearly everybody is served, and all counts add up."""
    scenario = {"name": name, "instance": {"format": name, "path": str(twin(name))}, "dispatch": {"policy": "nearest"}}
    result = run(Scenario.model_validate(scenario))
    assert conservation(result)["holds"]
    assert (result.orders["outcome"] == "delivered").mean() > 0.5


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_reads_back_the_same(name: str, tmp_path: Path) -> None:
    """A format that is written holds all that was read from it, to the last bit."""
    first = read_instance(name, twin(name))
    write_instance(first, name, tmp_path / first.name)
    again = read_instance(name, tmp_path / first.name)
    assert all(said(first, part) == said(again, part) for part in PARTS)


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_no_folder_is_refused(name: str, tmp_path: Path) -> None:
    """Nothing there, a file, an empty folder: an error that names it, never another."""
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    for where in ("none", "file", "empty"):
        with pytest.raises(InstanceError, match=where):
            read_instance(name, tmp_path / where)
