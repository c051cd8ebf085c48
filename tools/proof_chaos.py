"""
The long proof of chaos: a thousand random evenings of faults, told with what they were, and faults planted into the
model itself, which the hundred evenings of ``make test`` must find.

Called by ``tools/proof.py``; the evenings, the rules and the planted faults are those of ``tests/chaos``. What is done
is kept in ``build/chaos.json`` slice by slice, so that a proof that was interrupted goes on where it was; it counts
for this source of delivsim and of the evenings alone.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from proof_dispatch import Proof

from delivsim.record.result import Result

ROOT = Path(__file__).resolve().parent.parent
CHAOS = ROOT / "tests" / "chaos"
KEPT = ROOT / "build" / "chaos.json"
EVENINGS = 1000
OUTCOMES = ("delivered", "cancelled", "rejected", "failed", "censored")


def chaos() -> Iterator[Proof]:
    """A thousand evenings hold all rules; every planted fault breaks one."""
    sys.path.insert(0, str(CHAOS))
    done = _kept()
    yield _evenings(done)
    yield _planted(done)


def _kept() -> dict[str, Any]:
    """Give what was done before with this very source."""
    digest = hashlib.sha256()
    for file in sorted([*(ROOT / "src").rglob("*.py"), *CHAOS.glob("*.py")]):
        digest.update(file.read_bytes())
    source = digest.hexdigest()
    kept: dict[str, Any] = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    return kept if kept.get("source") == source else {"source": source}


def _once(done: dict[str, Any], what: str, do: Callable[[], Any]) -> Any:
    """Do something unless it is done, and keep what came of it."""
    if what not in done:
        done[what] = do()
        KEPT.parent.mkdir(exist_ok=True)
        KEPT.write_text(json.dumps(done), encoding="utf-8")
    return done[what]


# --- a thousand evenings -----------------------------------------------------------------------------------------


def _evenings(done: dict[str, Any]) -> Proof:
    from evenings import SLICE

    seen, failed = Counter[str](), ""
    for number in range(EVENINGS // SLICE):
        try:
            seen.update(_once(done, f"slice {number}", lambda number=number: _slice(number)))
        except Exception as error:  # whatever fails is told, with the evening as a scenario
            sys.stderr.write("\n".join(getattr(error, "__notes__", ())) + "\n")
            failed += f"; slice {number}: {type(error).__name__}"
        sys.stderr.write(f"chaos: {(number + 1) * SLICE:,} of {EVENINGS:,} evenings{failed}\n")
    outcomes = ", ".join(f"{seen[name]:,} {name}" for name in OUTCOMES if seen[name])
    told = (
        f"{seen['evenings']:,} evenings, {seen['orders']:,} orders, {seen['faults']:,} faults, {seen['seconds']:,} s: "
        f"{outcomes}{failed}"
    )
    claim = (
        f"{EVENINGS:,} random evenings of faults: counts add up, no order is lost or comes twice, accepted ones are "
        "delivered or refunded, the run ends, a rerun in another process is equal"
    )
    command = f"DELIVSIM_CHAOS={EVENINGS} pytest tests/chaos/test_random_evenings.py"
    return Proof(claim, command, told, not failed and seen["censored"] == 0)


def _slice(number: int) -> Counter[str]:
    """Hold one slice of evenings to all rules, twice each; what it was, counted."""
    from evenings import drawn
    from rerun import Rerun, hold

    seen, began = Counter[str](), time.perf_counter()
    with Rerun() as again:
        for evening in drawn(number):
            _count(seen, hold(evening, again))
    seen["seconds"] = round(time.perf_counter() - began)
    return seen


def _count(seen: Counter[str], result: Result) -> None:
    seen["evenings"] += 1
    seen["orders"] += len(result.tables["orders"])
    seen["faults"] += len(result.tables["faults"])
    seen.update(str(outcome) for outcome in result.tables["orders"]["outcome"])


# --- planted faults ----------------------------------------------------------------------------------------------


def _planted(done: dict[str, Any]) -> Proof:
    from evenings import drawn
    from planted import PLANTED, found_by

    evenings, found = drawn(0), {}
    for name in PLANTED:
        found[name] = _once(done, f"planted {name}", lambda name=name: found_by(name, evenings))
        sys.stderr.write(f"chaos: {name} is found by {found[name]}\n")
    missed = [name for name, by in found.items() if by is None]
    last = max((by[0] for by in found.values() if by is not None), default=0)
    told = f"{len(found) - len(missed)} of {len(found)}, the last by evening {last}"
    claim = f"{len(PLANTED)} faults planted into the model, one at a time: found by the 100 evenings of `make test`"
    command = "python tools/proof.py chaos"
    return Proof(claim, command, f"{told}; missed: {', '.join(missed)}" if missed else told, not missed)
