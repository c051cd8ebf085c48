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
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import yaml

from delivsim.bench import gate
from delivsim.bench.benchmark import Benchmark
from delivsim.bench.bound import bounds, bounds_table
from delivsim.bench.metrics import OPTIMA
from delivsim.bench.run import benchmark
from delivsim.bench.suite import load_suite
from delivsim.experiment.mdrplib import check_solution
from delivsim.experiment.pool import Tell
from delivsim.scenario.formats import read_instance

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
DAY_SECONDS = {"16": 5.0, "19": 60.0}
"""CPU seconds of a real day with ``lookahead``, less than."""
PLANTED = {
    "Later": ("1 % worse in ready-to-pickup", "ready_to_pickup_mean"),
    "Slower": ("30 % slower", "speed"),
    "Loses": ("loses one order in 500", "undelivered_share"),
    "Moody": ("not repeatable", "repeatability"),
    "Foresees": ("sees the future", "foresight"),
}
HALVES = {"seeds 0, 2, 4": "024", "seeds 1, 3": "13"}
"""The instances that parameters were chosen on, and those that nothing was chosen on, by the first digit."""
SEARCH = 60.0
"""Seconds of the search for a schedule, per instance."""
TIMES, DAYS = 20, 12
"""How often an unchanged policy must pass in a row, beside other work, and on how many of the gate's days."""


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
    for policy in ("lookahead", "rolling_horizon"):
        yield both_halves(policy, made["shared"])
    made["beliefs"] = run("beliefs")
    yield beliefs(made["beliefs"])
    if os.environ.get("DELIVSIM_RAPPI"):
        made["real_days"] = run("real_days")
        yield from real_days(made["real_days"])
    else:
        yield Proof("Policies on real days", "delivsim bench run", "DELIVSIM_RAPPI is not set", None)
    TABLE.write_text(page(made), encoding="utf-8")


def run(name: str) -> Benchmark:
    """Run a suite, taking up what an earlier call left, or another suite had in common with it."""
    return benchmark(name, jobs=os.cpu_count() or 1, out=ROOT / "runs" / "bench" / "proof", tell=tell_of(name))


def tell_of(name: str) -> Tell:
    """Say on standard error how far a suite is, now and then."""

    def tell(done: int, total: int) -> None:
        if done % max(1, total // 20) == 0:
            sys.stderr.write(f"{name}: {done:,} of {total:,} runs\n")

    return tell


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
    return Proof(claim, f"delivsim bench run --suite {name}", figure, holds)


def both_halves(policy: str, made: Benchmark) -> Proof:
    """Report a policy on both halves of the instances, which differ in difficulty."""
    found = {half: required("shared", policy, half_of(made, half)) for half in HALVES}
    figure = "; ".join(f"{half}: {one.figure}" for half, one in found.items())
    clean = not int(made.rows[made.rows["policy"] == policy]["violations"].sum())
    claim = f"`{policy}` on both halves of shared, of which the first alone was used to choose its parameters; clean"
    return Proof(claim, "delivsim bench run --suite shared", figure, clean)


def half_of(made: Benchmark, half: str) -> Benchmark:
    """Give the same benchmark for half of the instances."""
    frames = {
        name: frame[frame["instance"].str[0].isin(list(HALVES[half]))] if len(frame) else frame
        for name, frame in (("rows", made.rows), ("numberings", made.numberings), ("times", made.times))
    }
    return replace(made, name=f"{made.name}, {half}", **frames)


def beliefs(made: Benchmark) -> Proof:
    """With every belief wrong, is ``lookahead`` still better at the 90th percentile of click-to-door?"""
    found = {
        other: made.difference("click_to_door_p90", "lookahead", other, "all wrong").difference
        for other in ("linear_assignment", "rolling_horizon")
    }
    figure = "; ".join(f"{other}: {d.mean:+.2f} ({d.low:+.2f} to {d.high:+.2f})" for other, d in found.items())
    return Proof(
        "With all beliefs wrong `lookahead` has the lower click-to-door p90, 95 % confidence, twelve instances",
        "delivsim bench run --suite beliefs",
        figure,
        all(difference.high < 0.0 for difference in found.values()),
    )


def real_days(made: Benchmark) -> Iterator[Proof]:
    """How long the real days take with ``lookahead``, under both rules of bundles."""
    mine = made.times[made.times["policy"] == "lookahead"]
    for day, most in DAY_SECONDS.items():
        found = mine[mine["instance"] == day].set_index("condition")["cpu"]
        figure = "; ".join(f"{condition}: {seconds:.1f} s" for condition, seconds in found.items())
        yield Proof(
            f"`lookahead` does day {day} in under {most:g} CPU seconds, with bundles of one store and of any stores",
            "delivsim bench run --suite real_days",
            figure,
            bool((found < most).all()),
        )


ABOUT = """# Dispatch policies on published instances

Written by `make proof` (`python tools/proof.py policies`). The instances are those of mdrplib
(github.com/grubhub/mdrplib): seeds 0 to 4, 240 to 1,200 orders. Rules strict: whole minutes, every half service time,
no order cancelled however long it waits; platform ideal, a decision every minute. Every solution passes the strict
checker. Repositioning is a row of its own, never mixed in.
The noise band is what mere ties move: the same days with orders and riders numbered otherwise. "To the optimum" is the
distance to the figure of Yildiz and Savelsbergh (2019), who know the whole day beforehand; it is
[no limit](ci-gate.md#what-nobody-could-do-better). `delivsim bench run --suite NAME` gives all of it again, and every
row as Parquet, CSV and LaTeX as well.
"""


def page(made: dict[str, Benchmark]) -> str:
    """Render the table of policies."""
    parts = [ABOUT]
    for name, bench in made.items():
        parts += [f"## `--suite {name}`", "", bench.summary().markdown()]
        if name == "shared":
            parts += [half_of(bench, half).summary().markdown() for half in HALVES]
        tables = (bench.differences(), bench.degradation())
        parts += [table.markdown() for table in tables if table is not None]
        if name == "beliefs":  # too many rows to read
            continue
        rows = bench.by_instance().markdown()
        parts += ["<details>", "<summary>Every instance</summary>", "", rows, "</details>", ""]
    return "\n".join(parts)


def bound() -> Iterator[Proof]:
    """Bounds of what perfect information could reach, on the sixteen instances with published optima."""
    data = os.environ.get("DELIVSIM_MDRPLIB")
    command = f"delivsim bench bound $DELIVSIM_MDRPLIB/0o50* $DELIVSIM_MDRPLIB/0r50* --time-limit {SEARCH:g}s -o OUT"
    if data is None:
        yield Proof("Bounds of the sixteen small instances", command, "DELIVSIM_MDRPLIB is not set", None)
        return
    with tempfile.TemporaryDirectory() as name:
        paths = [Path(data) / instance for instance in OPTIMA]
        found = list(bounds(paths, "mdrplib", "linear_assignment", seconds=SEARCH, moves=None, out=Path(name)))
        wrong = [
            path.name
            for path in paths
            if check_solution(read_instance("mdrplib", path), Path(name) / path.name).violations
        ]
    sys.stdout.write(bounds_table(found).text())
    below = [one.instance for one in found if not one.holds]
    figure = f"{len(found) - len(below)} of {len(found)}"
    yield Proof("No published optimum is below the relaxation", command, figure, not below)
    yield Proof(
        "Every schedule found is strictly clean", command, f"{len(found) - len(wrong)} of {len(found)}", not wrong
    )
    for one in found:
        figure = f"{one.lower:.2f} to {one.upper:.2f} ({100 * one.gap:.1f} %), published {one.published:.2f}"
        yield Proof(f"{one.instance}: click-to-door with perfect information", command, figure, one.holds)


def planted() -> Iterator[Proof]:
    """Plant faults and see the gate catch each by its name."""
    with held_against_itself() as (folder, baseline):
        for fault, (words, what) in PLANTED.items():
            verdict = gate.check(load_suite(suite_with(folder, fault)), str(baseline), jobs=os.cpu_count() or 1)
            texts = [finding.text for finding in verdict.findings if finding.what == what]
            figure = texts[0] if texts else "; ".join(f.text for f in verdict.findings) or "passed"
            yield Proof(f"The gate catches a policy that is planted: {words}", COMMAND, figure, bool(texts))


def unchanged() -> Iterator[Proof]:
    """See an unchanged policy pass, again and again, beside other work."""
    with held_against_itself(DAYS) as (folder, baseline):
        passed = 0
        for k in range(TIMES):
            passed += passes(folder, baseline)
            sys.stderr.write(f"{passed} of {k + 1}\n")
    claim = (
        f"An unchanged policy passes the gate {TIMES} times of {TIMES}, beside two busy processes (speed, and figures "
        f"to the last digit on {DAYS} of the days)"
    )
    yield Proof(claim, COMMAND, f"{passed} of {TIMES}", passed == TIMES)


COMMAND = "delivsim bench check --suite ci, tests/bench/planted.py in the place of linear_assignment"


@contextmanager
def held_against_itself(days: int = 0) -> Iterator[tuple[Path, Path]]:
    """Make a baseline of the policy as it is, in the clothes of a planted one."""
    sys.path.append(str(ROOT / "tests" / "bench"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        baseline = folder / "baseline.json"
        wrong = gate.update(load_suite(suite_with(folder, "Same", days)), baseline, jobs=os.cpu_count() or 1)
        assert not wrong, wrong
        yield folder, baseline


def suite_with(folder: Path, fault: str, days: int = 0) -> Path:
    """Write the gate's suite, or its first days, for one policy, which is a planted one under the old name."""
    data = yaml.safe_load((SUITES / "ci.yaml").read_text(encoding="utf-8"))
    data["policies"] = {"linear_assignment": {"policy": f"planted:{fault}"}}
    if days:
        data["instances"][0]["twins"]["count"] = days
        del data["further"]
    file = folder / f"{fault}.yaml"
    file.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    return file


def passes(folder: Path, baseline: Path) -> bool:
    """Check the unchanged policy while two processes keep the machine busy."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: sum(range(10**6))"]) for _ in range(2)]
    try:
        return gate.check(load_suite(suite_with(folder, "Same", DAYS)), str(baseline), jobs=os.cpu_count() or 1).ok
    finally:
        for process in busy:
            process.kill()
            process.wait()
