from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from delivsim.scenario.slos import check_slo, names_of, wrong_slos
from delivsim.simulated.config import PlatformConfig

START = datetime(2026, 11, 20, 18)
OWN: dict[str, Any] = {
    "services": {
        "web": {"operations": {"page": {"steps": [{"choose": [{"probability": 1, "steps": [{"publish": "seen"}]}]}]}}},
        "log": {"operations": {"note": {"steps": []}}, "consumes": {"written": "note"}},
    },
    "processes": {"both": ["web", "log"]},
    "workloads": [{"kind": "open", "name": "visitors", "operation": "web.page", "rate": 1}],
}


def wrong(*slos: str, has_city: bool = True, **platform: Any) -> list[tuple[Any, str]]:
    made = PlatformConfig.model_validate(platform)
    return list(wrong_slos(slos, made, START, has_city=has_city))


def test_objectives_on_what_exists_pass() -> None:
    """Operations, services, stations and topics of the seven services and of one's own are known."""
    assert wrong("place_order p99 < 800ms", "click_to_door p90 < 45min in 18:30-20:30", "delivered > 99%") == []
    assert wrong("web.page p99 < 1s", has_city=False, **OWN) == []
    assert wrong() == []


@pytest.mark.parametrize(
    ("slo", "message"),
    [
        ("place_ordr p99 < 1s", "(did you mean 'place_order'?)"),
        ("click_to_door p90 < 45min in 17:00-19:00", "must not be before the start (18:00)"),
    ],
)
def test_objectives_on_nothing_are_named(slo: str, message: str) -> None:
    """Each wrong objective is told with its number in the list and a near miss."""
    ((place, rule),) = wrong("delivered > 99%", slo)
    assert place == ("slos", 1)
    assert message in rule


def test_the_seven_services_need_a_city() -> None:
    """Without a city or an instance nobody places orders, so there is no such operation."""
    assert wrong("place_order p99 < 1s", has_city=False, **OWN) != []


def test_names_are_those_of_the_scenario() -> None:
    """A process replaces its services as a station; topics are what steps publish and services consume."""
    names = names_of(PlatformConfig.model_validate(OWN), has_city=False)
    assert names.operations == ("page",)
    assert names.services == ("web", "log")
    assert names.stations == ("both",)
    assert names.topics == ("seen", "written")
    assert "order.placed" in names_of(PlatformConfig(), has_city=True).topics


def test_a_text_that_is_no_objective_is_refused() -> None:
    """The grammar is checked before anything else."""
    assert check_slo("delivered > 99%") == "delivered > 99%"
    with pytest.raises(ValueError, match="must be METRIC < LIMIT"):
        check_slo("delivered")
