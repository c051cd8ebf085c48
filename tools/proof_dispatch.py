"""
The long proofs of dispatch: what the policies reach on the published instances, and that the gate catches faults.

Called by ``tools/proof.py``; writes ``docs/policies-table.md``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from delivsim.bench import gate
from delivsim.bench.benchmark import Benchmark
from delivsim.bench.run import benchmark
from delivsim.bench.suite import load_suite

ROOT = Path(__file__).resolve().parent.parent
SUITES = ROOT / "benchmarks" / "suites"
TABLE = ROOT / "docs" / "policies-table.md"
GIVEN = "as given"
COLUMNS = ("undelivered_share", "click_to_door_mean", "ready_to_pickup_mean", "cost_per_order")
REQUIRED = {
    ("shared", "lookahead"): (0.0015, 31.6, 1.2, 11.40),
    ("shared", "rolling_horizon"): (0.004, 33.2, 2.6, 11.6),
    ("small16", "lookahead"): (0.0, 31.0, 1.0, 11.2),
}
"""Undelivered, click-to-door, ready-to-pickup and cost per order, each at most, as means over the instances."""
SECONDS = {"lookahead": 1.5, "rolling_horizon": 1.0}
"""CPU seconds per instance, on average, at most."""
PLANTED = {
    "Later": ("1 % worse in ready-to-pickup", "ready_to_pickup_mean"),
    "Slower": ("30 % slower", "speed"),
    "Loses": ("loses one order in 500", "undelivered_share"),
    "Moody": ("not repeatable", "repeatability"),
    "Foresees": ("sees the future", "foresight"),
}
TIMES = 20
"""How often an unchanged policy must pass in a row, beside other work."""


class Proof(NamedTuple):
    """One row: what must hold, how it was measured, what came out; ``holds`` is None where it could not be measured."""

    claim: str
    command: str
    figure: str
    holds: bool | None


def policies() -> Iterator[Proof]:
    """What the policies reach on the published instances, and write the table."""
    if not os.environ.get("DELIVSIM_MDRPLIB"):
        yield Proof("Policies on published instances", "delivsim bench run", "DELIVSIM_MDRPLIB is not set", None)
        return
    made = {}
    for name in ("shared", "small16"):
        made[name] = run(name)
        for policy in ("lookahead", "rolling_horizon"):
            if (name, policy) in REQUIRED:
                yield required(name, policy, made[name])
    yield beliefs(run("beliefs"))
    TABLE.write_text(page(made), encoding="utf-8")


def run(name: str) -> Benchmark:
    """Run a suite, taking up what an earlier call left."""
    return benchmark(SUITES / f"{name}.yaml", jobs=os.cpu_count() or 1, out=ROOT / "runs" / "bench" / name)


def required(name: str, policy: str, made: Benchmark) -> Proof:
    """Hold a policy's means against what is required of it."""
    got = [float(made.per_instance(column, policy, GIVEN).mean()) for column in COLUMNS]
    most = REQUIRED[name, policy]
    mine = made.times[made.times["policy"] == policy]
    seconds = float(mine["cpu"].mean())
    figure = f"{100 * got[0]:.3f} % / {got[1]:.2f} / {got[2]:.2f} / {got[3]:.2f}, {seconds:.2f} s"
    claim = (
        f"`{policy}` on {name}: undelivered <= {100 * most[0]:g} %, click-to-door <= {most[1]:g}, "
        f"ready-to-pickup <= {most[2]:g}, cost <= {most[3]:g}, strictly clean, <= {SECONDS[policy]:g} s each"
    )
    clean = not int(made.rows[made.rows["policy"] == policy]["violations"].sum())
    holds = clean and seconds <= SECONDS[policy] and all(a <= b + 1e-9 for a, b in zip(got, most, strict=True))
    return Proof(claim, f"delivsim bench run --suite benchmarks/suites/{name}.yaml", figure, holds)


def beliefs(made: Benchmark) -> Proof:
    """With every belief wrong, is ``lookahead`` still better at the 90th percentile of click-to-door?"""
    found = {
        other: made.difference("click_to_door_p90", "lookahead", other, "all wrong").difference
        for other in ("linear_assignment", "rolling_horizon")
    }
    figure = "; ".join(f"{other}: {d.mean:+.2f} ({d.low:+.2f} to {d.high:+.2f})" for other, d in found.items())
    return Proof(
        "With all beliefs wrong `lookahead` has the lower click-to-door p90, 95 % confidence, twelve instances",
        "delivsim bench run --suite benchmarks/suites/beliefs.yaml",
        figure,
        all(difference.high < 0.0 for difference in found.values()),
    )


def page(made: dict[str, Benchmark]) -> str:
    """Render the table of policies."""
    parts = [
        "# Dispatch policies on published instances",
        "",
        "Written by `make proof`. The instances are those of mdrplib (github.com/grubhub/mdrplib), rules strict,",
        "platform ideal; every solution passes the strict checker. `delivsim bench run --suite FILE` gives it again,",
        "and writes every row as Parquet, CSV and LaTeX as well. Repositioning is a row of its own, never mixed in.",
        "The optima with perfect information are those of Yildiz and Savelsbergh (2019).",
    ]
    for name, bench in made.items():
        parts += ["", f"## `benchmarks/suites/{name}.yaml`", "", bench.summary().markdown()]
        differences = bench.differences()
        parts += [differences.markdown()] if differences is not None else []
        rows = bench.by_instance().markdown()
        parts += ["<details>", "<summary>Every instance</summary>", "", rows, "</details>"]
    return "\n".join(parts) + "\n"


def planted() -> Iterator[Proof]:
    """Plant faults and see the gate catch them; see an unchanged policy pass, again and again, beside other work."""
    sys.path.append(str(ROOT / "tests" / "bench"))
    command = "tools/proof_dispatch.py: planted()"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        baseline = folder / "baseline.json"
        wrong = gate.update(load_suite(suite_with(folder, "Same")), baseline, jobs=os.cpu_count() or 1)
        assert not wrong, wrong
        for fault, (words, what) in PLANTED.items():
            verdict = gate.check(load_suite(suite_with(folder, fault)), str(baseline), jobs=os.cpu_count() or 1)
            texts = [finding.text for finding in verdict.findings if finding.what == what]
            figure = texts[0] if texts else "; ".join(f.text for f in verdict.findings) or "passed"
            yield Proof(f"The gate catches a policy that is planted: {words}", command, figure, bool(texts))
        passed = sum(unchanged(folder, baseline) for _ in range(TIMES))
    yield Proof(
        f"An unchanged policy passes the gate {TIMES} times of {TIMES}, beside two busy processes",
        command,
        f"{passed} of {TIMES}",
        passed == TIMES,
    )


def suite_with(folder: Path, fault: str) -> Path:
    """Write the gate's suite for one policy, which is a planted one under the old name."""
    text = (SUITES / "ci.yaml").read_text(encoding="utf-8")
    head, tail = text.split("policies:")
    rest = tail[tail.index("permutations:") :]
    file = folder / f"{fault}.yaml"
    file.write_text(f"{head}policies:\n  linear_assignment: {{policy: 'planted:{fault}'}}\n{rest}", encoding="utf-8")
    return file


def unchanged(folder: Path, baseline: Path) -> bool:
    """Check the unchanged policy while two processes keep the machine busy."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: sum(range(10**6))"]) for _ in range(2)]
    try:
        return gate.check(load_suite(suite_with(folder, "Same")), str(baseline), jobs=os.cpu_count() or 1).ok
    finally:
        for process in busy:
            process.kill()
            process.wait()
