"""What is left of an evening that fails is what makes it fail."""

from __future__ import annotations

from shrinking import shrunk


def test_only_what_makes_it_fail_is_left() -> None:
    """Parts at any depth go, one after the other; what fails without them stays."""
    evening = {"faults": [{"kind": "slow", "factor": 3}, {"kind": "crash", "at": 1}], "city": {"side": 2}}
    left = shrunk(evening, lambda smaller: any(fault.get("kind") == "crash" for fault in smaller.get("faults", ())))
    assert left == {"faults": [{"kind": "crash"}]}
