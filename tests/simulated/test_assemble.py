"""A platform is put together as its scenario says: who shares a station, and who holds a worker for how long."""

from __future__ import annotations

from typing import Any

import pytest

from delivsim.experiment.run import run
from delivsim.record.result import Result
from delivsim.scenario.schema import Scenario

SERVICES = ["gateway", "user", "order", "store", "delivery", "payment", "notification"]


def evening(platform: dict[str, Any]) -> Result:
    """Half an hour of some thirty orders and ten riders."""
    return run(
        Scenario.model_validate(
            {
                "name": "evening",
                "starts_at": "2026-11-20T18:00",
                "horizon": "30min",
                "city": {
                    "side": 3000,
                    "demand": {"rate": {"18:00": "60/h"}},
                    "stores": {"count": 3, "clusters": 1},
                    "riders": {"shifts": [{"start": "18:00", "end": "20:00", "riders": 10}]},
                },
                "platform": platform,
            }
        )
    )


def test_a_process_says_what_its_workers_are_held_for() -> None:
    """The services of one process hold its workers for whole requests, and give them back."""
    result = evening({"processes": {"all": {"services": SERVICES, "workers": 60, "holds": "request"}}})
    summary = result.summary()
    assert summary["orders"]["delivered"] == summary["orders"]["placed"] > 20
    assert summary["conservation"]["stations"]["all"]["open"] == 0
    held = result.visits.set_index("request")["departed_at"]
    calls = result.requests[(result.requests["caller"] == "gateway") & result.requests["last"]]
    assert (held[calls["parent"]].to_numpy() >= calls["answered_at"].to_numpy()).all()


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_is_held_on_an_ideal_platform(service: str) -> None:
    """On an ideal platform a service whose requests would hold workers serves like any other."""
    orders = evening({"kind": "ideal", "services": {service: {"holds": "request"}}}).summary()["orders"]
    assert orders["delivered"] == orders["placed"] > 20
