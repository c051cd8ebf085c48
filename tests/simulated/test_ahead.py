"""Running ahead of the queue changes nothing: the same rows as with every step queued."""

from __future__ import annotations

from typing import Any

import pytest

from delivsim.simulated.runtime import Runtime
from delivsim.simulated.stations import ComputedStation
from delivsim.simulated.wake import NEVER

SLOW_BANK = {"payment": {"operations": {"charge": {"work": {"kind": "lognormal", "p50": "3s", "p99": "20s"}}}}}
CRASHES = [
    {"kind": "crash", "service": "delivery", "at": "18:10", "for": "2min"},
    {"kind": "crash", "service": "order", "at": "18:14", "for": "20s"},
]
EVENINGS: dict[str, dict[str, Any]] = {
    "time-outs and retries": {"platform": {"services": SLOW_BANK}},
    "crashes": {"faults": CRASHES},
    "held workers and crashes": {
        "platform": {"services": SLOW_BANK | {"order": {"holds": "request"}}},
        "faults": CRASHES,
    },
    "no latency at all": {"platform": {"kind": "ideal"}},
}


@pytest.mark.parametrize("evening", EVENINGS)
def test_what_happens_is_what_would_happen_in_the_queue(city: Any, monkeypatch: Any, evening: str) -> None:
    """Every table of a run is equal, row by row, to that of a run which never goes on before the queue's turn."""
    ahead = city(seed=3, **EVENINGS[evening])
    go_on, answer = Runtime.run, Runtime._answer
    monkeypatch.setattr(Runtime, "run", lambda runtime, frame, value, _: go_on(runtime, frame, value, NEVER))
    monkeypatch.setattr(Runtime, "_answer", lambda runtime, frame, response, _: answer(runtime, frame, response, NEVER))
    monkeypatch.setattr(ComputedStation, "pass_through", lambda *_: False)
    queued = city(seed=3, **EVENINGS[evening])
    assert len(ahead.tables["requests"]) > 500
    for name, table in ahead.tables.items():
        assert table.equals(queued.tables[name]), name
