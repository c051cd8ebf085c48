"""
The long proof of chaos: a thousand random evenings of faults, told with what they were.

Called by ``tools/proof.py``; the evenings are those of ``tests/simulated/test_random_chaos.py``.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from proof_dispatch import Proof

from delivsim.record.result import Result

ROOT = Path(__file__).resolve().parent.parent
EVENINGS = 1000


def chaos() -> Iterator[Proof]:
    """Counts add up, nothing is lost, runs end and are the same again; and what befell the orders meanwhile."""
    os.environ["DELIVSIM_CHAOS"] = str(EVENINGS)
    tests, seen = _tests(), Counter[str]()
    check = tests.check

    def counted(result: Result) -> None:
        check(result)
        seen["evenings"] += 1
        seen["orders"] += len(result.tables["orders"])
        seen["faults"] += len(result.tables["faults"])
        seen.update(f"{outcome}" for outcome in result.tables["orders"]["outcome"])

    tests.check = counted
    failed = ""
    try:
        tests.test_whatever_breaks_nothing_gets_lost()
    except Exception as error:  # whatever fails is told, with the evening as a scenario
        sys.stderr.write("\n".join(getattr(error, "__notes__", ())) + "\n")
        failed = f": {type(error).__name__}"
    outcomes = ", ".join(f"{seen[name]:,} {name}" for name in ("delivered", "cancelled", "rejected", "failed"))
    told = f"{seen['evenings']:,} evenings, {seen['orders']:,} orders, {seen['faults']:,} faults: {outcomes}{failed}"
    command = f"DELIVSIM_CHAOS={EVENINGS} pytest tests/simulated/test_random_chaos.py"
    claim = (
        f"{EVENINGS:,} random evenings of faults: counts add up, no order is lost or comes twice, accepted ones are "
        "delivered or refunded, the run ends, a rerun is equal"
    )
    yield Proof(claim, command, told, not failed and seen["censored"] == 0)


def _tests() -> ModuleType:
    path = ROOT / "tests" / "simulated" / "test_random_chaos.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
