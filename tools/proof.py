"""
The long proofs: run what must hold, and write what was measured to ``docs/proof.md``.

Usage: ``python tools/proof.py [PART...]`` (``make proof``: all of them); parts that are not named keep what was
measured before, with the commit it was measured at. Published instances are read from the folders in the environment
variables ``DELIVSIM_MDRPLIB`` and ``DELIVSIM_RAPPI``; without them their rows say so. A row that does not hold ends
the run with exit code 1, after the page was written.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from known_evening import ACCEPT, DAMAGES, MAPPED, PREPARATION_CV, PREPARATION_MEAN
from proof_chaos import chaos
from proof_dispatch import Proof, bound, planted, policies, unchanged

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "proof.md"
INSTANCE = "0o100t100s1p100"
MINUTE = 60.0
DAYS = ("16", "10", "19", "18")
"""Days of real orders, the largest last: 30,448 orders, 12,218 riders."""
MOST_SECONDS, MOST_MEMORY = 180.0, 2e9


TITLE = """# Proofs

What must hold, measured by `make proof` (or `python tools/proof.py PART...` for some parts). Times are of one machine;
ratios and counts are what to compare.
"""


def call(*args: str, ok: tuple[int, ...] = (0,)) -> str:
    """Run a command in the repository with this Python; give what it prints."""
    done = subprocess.run([sys.executable, *args], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode not in ok:
        raise SystemExit(
            f"{' '.join(args)} ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        )
    return done.stdout


def simulate(scenario: str, out: Path, *more: str) -> dict[str, object]:
    """Run a scenario through the command line; give its summary."""
    command = ("cli.py", "run", scenario, "-o", str(out), "--force", "--format", "json", *more)
    summary: dict[str, object] = json.loads(call(*command, ok=(0, 3)))
    return summary


def published(folder: Path) -> Iterator[Proof]:
    """One published instance on an ideal platform: everybody served, and the strict checker finds nothing."""
    data = os.environ.get("DELIVSIM_MDRPLIB")
    base = f"delivsim run scenarios/mdrplib.yaml --set instance.path=$DELIVSIM_MDRPLIB/{INSTANCE}"
    if data is None:
        yield Proof(f"{INSTANCE}: figures", base, "DELIVSIM_MDRPLIB is not set", None)
        return
    path = f"instance.path={Path(data).resolve() / INSTANCE}"
    for policy, low, high in (("linear_assignment", 0.0, 31.0), ("nearest", 30.26, 30.86)):
        run = folder / policy
        more = ("--set", path, "--set", "platform.kind=ideal", "--set", f"dispatch.policy={policy}")
        got = simulate("scenarios/mdrplib.yaml", run, *more)
        minutes = got["click_to_door"]["mean"] / MINUTE  # type: ignore[index]
        delivered = got["orders"]["delivered"]  # type: ignore[index]
        command = f"{base} --set platform.kind=ideal --set dispatch.policy={policy}"
        claim = f"{INSTANCE}, `{policy}`: 505 of 505, click-to-door {f'{low} to' if low else 'at most'} {high} min"
        holds = delivered == 505 and low <= minutes <= high
        yield Proof(claim, command, f"{delivered} of 505, {minutes:.2f} min", holds)
        call("cli.py", "export", "mdrplib", str(run), str(folder / f"{policy}-solution"))
        checked = call(
            "cli.py", "check-solution", str(Path(data) / INSTANCE), str(folder / f"{policy}-solution"), ok=(0, 1)
        )
        line = checked.strip().splitlines()[0].strip()
        yield Proof(
            f"{INSTANCE}, `{policy}`: strictly clean", "delivsim check-solution ...", line, line.startswith("Clean")
        )


def same_bytes(folder: Path) -> Iterator[Proof]:
    """One evening in two processes with different hash seeds: the same files."""
    runs = []
    for seed in ("1", "2"):
        os.environ["PYTHONHASHSEED"] = seed
        simulate("scenarios/friday_evening.yaml", folder / f"hash{seed}")
        runs.append({p.name: p.read_bytes() for p in sorted((folder / f"hash{seed}").iterdir()) if p.is_file()})
    del os.environ["PYTHONHASHSEED"]
    differ = sorted(name for name in runs[0] if name != "timings.parquet" and runs[0][name] != runs[1].get(name))
    figure = f"{len(runs[0]) - 1} files equal" if not differ else f"differ: {', '.join(differ)}"
    command = "PYTHONHASHSEED=1 (and 2) delivsim run scenarios/friday_evening.yaml"
    yield Proof("Same seed, same bytes: two processes, two hash seeds", command, figure, not differ)


def known_evening(folder: Path) -> Iterator[Proof]:
    """A company's export of a known evening, damaged: every broken row named, every law found, the city as it was."""
    import delivsim as ds

    call("tools/known_evening.py", str(folder / "export"))
    files = {"--riders": "couriers.csv", "--stores": "merchants.csv", "--offers": "offers.csv"}
    options = [part for option, name in files.items() for part in (option, str(folder / "export" / name))]
    options += [part for pair in MAPPED for part in ("--map", pair)]
    city = folder / "friday" / "city.yaml"
    call(
        "cli.py", "import", str(folder / "export" / "orders.csv"), *options, "--timezone", "America/Bogota", "--fit",
        "-o", str(city.parent),
    )  # fmt: skip
    damaged = {int(line) for line in json.loads((folder / "export" / "damaged.json").read_text())}
    rejects = csv.DictReader((city.parent / "rejects.csv").read_text(encoding="utf-8").splitlines())
    named = {int(row["line"]) for row in rejects if row["file"].endswith("orders.csv")}
    known = ds.load_result(folder / "export" / "run")
    base = "python tools/known_evening.py E; delivsim import E/orders.csv ... --fit -o F"
    n = len(known.orders)
    figure = f"{len(named & damaged)} of {len(damaged)} in {n:,} rows, {len(named - damaged)} others"
    claim = f"Import: every row broken, in {len(DAMAGES)} ways, is named"
    yield Proof(claim, base, figure, named == damaged)
    yield from _laws(known, city, base)
    yield from _served(known, city, folder)


def _laws(known: Any, city: Path, base: str) -> Iterator[Proof]:
    import yaml

    instance = yaml.safe_load(city.read_text(encoding="utf-8"))["instance"]
    zones = instance["demand"]["zones"].values()
    hours = [sum(float(zone[f"{hour}:00"].removesuffix("/h")) for zone in zones) for hour in (18, 19, 20, 21)]
    placed = known.orders["placed_at"] // 3600
    true = {f"demand at {18 + k}:00": (rate, float((placed == k).sum())) for k, rate in enumerate(hours)}
    law = instance["behavior"]["kitchens"]["preparation"]
    true["preparation mean"] = law["mean"], PREPARATION_MEAN
    true["preparation sd"] = law["mean"] * law["cv"], PREPARATION_MEAN * PREPARATION_CV
    true["acceptance"] = instance["behavior"]["riders"]["accept"], ACCEPT
    for what, (found, known_value) in true.items():
        error = found / known_value - 1
        yield Proof(
            f"Fit: {what} within 5 %", base, f"{found:.4g}, known {known_value:.4g}: {error:+.1%}", abs(error) <= 0.05
        )


def _served(known: Any, city: Path, folder: Path) -> Iterator[Proof]:
    """Three days of the fitted city against the one evening."""
    runs = [simulate(str(city), folder / f"fitted{seed}", "--seed", str(seed)) for seed in (1, 2, 3)]
    for quantile in ("p50", "p90"):
        was = known.summary()["click_to_door"][quantile] / MINUTE
        now = [run["click_to_door"][quantile] / MINUTE for run in runs]  # type: ignore[index]
        worst = max(abs(minutes / was - 1) for minutes in now)
        figure = f"{', '.join(f'{minutes:.2f}' for minutes in now)}; known {was:.2f} min"
        claim = f"Fit: click-to-door {quantile} of three simulated days within 5 %"
        yield Proof(claim, "delivsim run F/city.yaml --seed 1 (2, 3)", figure, worst <= 0.05)


def instances() -> Iterator[Proof]:
    """Every published instance and day: exact through our own format, run whole, and all counts add up."""
    data = os.environ.get("DELIVSIM_MDRPLIB")
    folders = sorted(Path(data).resolve().iterdir()) if data else []
    yield from _all_of(folders, "ideal", f"{len(folders) or 120} published instances, `nearest`, ideal platform")
    days = os.environ.get("DELIVSIM_RAPPI")
    for day in DAYS:
        folder = [Path(days).resolve() / day] if days else []
        yield from _all_of(folder, "simulated", f"Day {day} of real orders, `nearest`, simulated platform")


def _all_of(folders: list[Path], platform: str, what: str) -> Iterator[Proof]:
    """Examine instances in one process of their own, so that its time and memory are theirs."""
    command = f"python tools/instances.py --platform {platform} FOLDER..."
    if not folders:
        yield Proof(what, command, "the folder is not given", None)
        return
    printed = call("tools/instances.py", "--platform", platform, *map(str, folders), ok=(0, 1))
    found = [json.loads(line) for line in printed.splitlines()]
    n, orders = len(found), sum(one["orders"] for one in found)
    exact, adding = (sum(one[key] for one in found) for key in ("exact", "adds_up"))
    delivered = sum(one["outcomes"].get("delivered", 0) for one in found)
    claim = f"{what}: the same after a round trip through CSV and Parquet, and all counts add up"
    figure = f"{exact} of {n} the same, {adding} of {n} add up; {delivered:,} of {orders:,} orders delivered"
    yield Proof(claim, command, figure, exact == adding == n == len(folders))
    if platform == "simulated":
        cpu, peak = found[-1]["cpu"], found[-1]["peak"]
        holds = cpu <= MOST_SECONDS and peak <= MOST_MEMORY
        claim = f"{what}: at most {MOST_SECONDS / MINUTE:.0f} min of one core and 2 GB, round trips included"
        yield Proof(claim, command, f"{cpu:.0f} s, {peak / 1e9:.2f} GB", holds)


def validate() -> Iterator[Proof]:
    """The model against every exact result at every load, a row per family: where it is farthest off."""
    found = json.loads(call("cli.py", "validate", "--format", "json", ok=(0, 1)))
    for family in dict.fromkeys(one["family"] for one in found):
        rows = [one for one in found if one["family"] == family]
        cases, holding = {one["case"] for one in rows}, [one for one in rows if one["verdict"] == "holds"]
        off = {id(one): one["simulated"] / one["exact"] - 1.0 for one in rows}
        worst = max(rows, key=lambda one: abs(off[id(one)]))
        half = worst["half_width"] / worst["exact"]
        figure = (
            f"{len(holding)} of {len(rows)} hold; farthest off by {off[id(worst)]:+.2%} with an interval of ±{half:.2%}"
            f" ({worst['case']}: {worst['quantity']})"
        )
        claim = (
            f"{family}: the exact value of {len(rows)} figures of {len(cases)} cases lies in a narrow 99.9 % interval"
        )
        yield Proof(claim, f"delivsim validate '{family}'", figure, len(holding) == len(rows))


def speed() -> Iterator[Proof]:
    """Visits of a station against SimPy's own resource, and whole orders, on one core."""
    for file in sorted((ROOT / "benchmarks" / "speed").glob("[a-z]*.py")):
        done = subprocess.run([sys.executable, str(file)], cwd=ROOT, capture_output=True, text=True, check=False)
        lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
        verdict = next((line for line in reversed(lines) if "ratio" in line or "per CPU second" in line), lines[-1])
        command = f"python {file.relative_to(ROOT)}"
        yield Proof(f"Speed: {file.stem.replace('_', ' ')}", command, verdict, done.returncode == 0)


WORD = {True: "yes", False: "**no**", None: "not measured"}


def section(part: str, proofs: list[Proof]) -> str:
    """Render the table of one part."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    python = ".".join(map(str, sys.version_info[:3]))
    lines = [
        f"## {part}",
        "",
        f"Measured at commit {commit.stdout.strip()}, Python {python}.",
        "",
        "| what must hold | measured | holds | command |",
        "| --- | --- | --- | --- |",
        *(f"| {p.claim} | {p.figure} | {WORD[p.holds]} | `{p.command}` |" for p in proofs),
    ]
    return "\n".join(lines) + "\n"


def sections() -> dict[str, str]:
    """Give the sections that the page has already, by part."""
    text = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    return {part.split("\n", 1)[0]: f"## {part.rstrip()}\n" for part in text.split("\n## ")[1:]}


def main() -> int:
    """Run the parts asked for (all of them, if none is), write the page, tell whether all of it holds."""
    holds = True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parts = {
            "published": lambda: published(folder),
            "same-bytes": lambda: same_bytes(folder),
            "import-and-fit": lambda: known_evening(folder),
            "instances": instances,
            "validate": validate,
            "speed": speed,
            "policies": policies,
            "bound": bound,
            "planted": planted,
            "unchanged": unchanged,
            "chaos": chaos,
        }
        asked = sys.argv[1:] or list(parts)
        if unknown := [part for part in asked if part not in parts]:
            sys.stderr.write(f"parts are {', '.join(parts)}; got {', '.join(unknown)}\n")
            return 2
        for part in asked:
            proofs = []
            for proof in parts[part]():
                proofs.append(proof)
                holds = holds and proof.holds is not False
                sys.stdout.write(f"{proof.holds!s:5}  {proof.claim}: {proof.figure}\n")
                sys.stdout.flush()
            known = sections() | {part: section(part, proofs)}
            ordered = [known[name] for name in parts if name in known]
            PAGE.write_text("\n".join((TITLE, *ordered)), encoding="utf-8")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
