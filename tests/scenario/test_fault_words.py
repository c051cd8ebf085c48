"""Faults as the command line writes them."""

from __future__ import annotations

import pytest

from delivsim.errors import Problem
from delivsim.scenario.fault_words import fault_node


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("crash:store@19:00+5m", {"kind": "crash", "service": "store", "at": "19:00", "for": "5min"}),
        ("crash:store", {"kind": "crash", "service": "store", "at": "10min", "for": "5min"}),
        ("slow:order@5min,factor=4", {"kind": "slow", "service": "order", "at": "5min", "for": "5min", "factor": 4}),
        ("riders_offline:30%@19:00", {"kind": "riders_offline", "share": "30%", "at": "19:00", "for": "5min"}),
        ("store_closed:s1/s2", {"kind": "store_closed", "stores": ["s1", "s2"], "at": "10min", "for": "5min"}),
        ("partition:order|store/user", {"kind": "partition", "groups": [["order"], ["store", "user"]], "at": "10min",
                                        "for": "5min"}),
    ],
)  # fmt: skip
def test_words_are_faults(text: str, fault: dict[str, object]) -> None:
    """Kind, target, begin, duration and further keys are read."""
    read = fault_node(text)
    assert not isinstance(read, Problem)
    assert read.plain() == fault


@pytest.mark.parametrize(
    ("text", "rule"),
    [("cash:store", "did you mean 'crash'"), ("crash store", "must be KIND"), ("demand_surge:x", "has no target")],
)
def test_nonsense_is_refused(text: str, rule: str) -> None:
    """What cannot be read is refused with the form or the nearest kind."""
    read = fault_node(text)
    assert isinstance(read, Problem)
    assert rule in read.rule
