"""
Hold the generated city of ``scenarios/published_like.yaml`` against published instances: ``docs/generated-city.md``.

Usage: ``python tools/generated_city.py`` with the published instances in the folder that ``DELIVSIM_MDRPLIB`` names.
What is measured is what ``delivsim info`` prints. A statistic outside its tolerance ends the run with exit code 1,
after the page was written.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from delivsim.experiment.generated import generated
from delivsim.experiment.instance_facts import instance_facts, measured
from delivsim.scenario.formats.mdrplib_near import nearest_mdrplib
from delivsim.scenario.reader import load_scenario

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "generated-city.md"
SCENARIO = ROOT / "scenarios" / "published_like.yaml"
SEEDS = range(1, 11)
"""Days drawn; what stands on the page is their mean."""
MOST_HOURS = 19
Facts = Mapping[str, Any]


class Kind(NamedTuple):
    """A kind of published day, and the city drawn in its image."""

    name: str
    about: str
    instances: tuple[str, ...]
    overlays: tuple[Path, ...] = ()


class Statistic(NamedTuple):
    """One row: what it is, how it is found in the facts, and by how much it may differ, as a share."""

    name: str
    unit: str
    of: Callable[[Facts], float]
    tolerance: float


KINDS = (
    Kind("Long days", "seeds 2, 3 and 4: a broad day", tuple(f"{s}o100t100s1p100" for s in (2, 3, 4))),
    Kind(
        "Short days",
        "seeds 0 and 1: a shorter day with one sharp peak",
        tuple(f"{s}o100t100s1p100" for s in (0, 1)),
        (ROOT / "tools" / "generated_city_short.yaml",),
    ),
)


def _spread(name: str, q: str, scale: float) -> Callable[[Facts], float]:
    return lambda facts: float(facts["distributions"][name][q]) / scale


def _of_busiest(facts: Facts) -> float:
    return 100.0 * float(facts["stores"]["share_of_busiest_tenth"])


WAY, TIME, STORE, READY = "store_to_customer_distance", "store_to_customer_time", "way_to_store_time", "placed_to_ready"
STATISTICS = (
    Statistic("orders", "", lambda facts: facts["counts"]["orders"], 0.05),
    Statistic("stores", "", lambda facts: facts["counts"]["stores"], 0.02),
    Statistic("rider-hours", "h", lambda facts: facts["riders"]["rider_hours"], 0.05),
    Statistic("orders per rider-hour", "", lambda facts: facts["riders"]["orders_per_rider_hour"], 0.10),
    Statistic("rider-hours that orders need", "h", lambda facts: facts["riders"]["rider_hours_needed"], 0.10),
    Statistic("shift, mean", "h", _spread("shift", "mean", 3600.0), 0.05),
    Statistic("store to customer, mean", "km", _spread(WAY, "mean", 1000.0), 0.07),
    Statistic("store to customer, p10", "km", _spread(WAY, "p10", 1000.0), 0.25),
    Statistic("store to customer, p50", "km", _spread(WAY, "p50", 1000.0), 0.07),
    Statistic("store to customer, p90", "km", _spread(WAY, "p90", 1000.0), 0.07),
    Statistic("way to the customer, mean", "min", _spread(TIME, "mean", 60.0), 0.07),
    Statistic("way to the next store, estimated mean", "min", _spread(STORE, "mean", 60.0), 0.15),
    Statistic("placed to ready, mean", "min", _spread(READY, "mean", 60.0), 0.05),
    Statistic("placed to ready, sd", "min", _spread(READY, "sd", 60.0), 0.10),
    Statistic("placed to ready, p10", "min", _spread(READY, "p10", 60.0), 0.25),
    Statistic("placed to ready, p90", "min", _spread(READY, "p90", 60.0), 0.07),
    Statistic("orders of the busiest tenth of stores", "%", _of_busiest, 0.10),
)
HOURLY = {"orders": "orders", "riders on shift": "riders_on_shift"}
"""What is compared hour by hour."""
MOST_ELSEWHERE = 0.08
"""The greatest share that may lie in other hours than in published days (total variation distance)."""


class Days(NamedTuple):
    """What days of one kind have in common: the mean of every statistic, and the share of every hour."""

    figures: dict[str, float]
    hours: dict[str, list[float]]


def summed_up(days: Sequence[Facts]) -> Days:
    """Average days: every statistic, and the share of each hour since the start of the day."""
    figures = {one.name: float(np.mean([one.of(facts) for facts in days])) for one in STATISTICS}
    return Days(figures, {name: _shares(days, key) for name, key in HOURLY.items()})


def _shares(days: Sequence[Facts], key: str) -> list[float]:
    shares = np.zeros((len(days), MOST_HOURS))
    for row, facts in zip(shares, days, strict=True):
        for hour in facts["hours"]:
            row[round(hour["start"] / 3600.0)] += hour[key]
    mean = (shares / shares.sum(axis=1, keepdims=True)).mean(axis=0)
    return [float(share) for share in mean]


def published(kind: Kind, folder: Path) -> list[Facts]:
    """Measure the published days of a kind."""
    return [measured(folder / name)[1] for name in kind.instances]


def drawn(kind: Kind) -> Days:
    """Draw and measure days of the city, in whole minutes as published ones are."""
    scenario = load_scenario(SCENARIO, overlays=kind.overlays)
    days = (nearest_mdrplib(generated(scenario, seed).instance)[0] for seed in SEEDS)
    return summed_up([instance_facts(day, scenario.starts_at) for day in days])


def too_far(real: Days, made: Days) -> list[str]:
    """Name every statistic that is outside its tolerance."""
    found = [one.name for one in STATISTICS if abs(_off(real.figures, made.figures, one.name)) > one.tolerance]
    return found + [f"{name} by hour" for name in HOURLY if elsewhere(real, made, name) > MOST_ELSEWHERE]


def elsewhere(real: Days, made: Days, name: str) -> float:
    """Give the share that lies in other hours: half the sum of what each hour differs by."""
    return sum(abs(a - b) for a, b in zip(real.hours[name], made.hours[name], strict=True)) / 2.0


def _off(real: Mapping[str, float], made: Mapping[str, float], name: str) -> float:
    return made[name] / real[name] - 1.0


def section(kind: Kind, days: Sequence[Facts], made: Days) -> str:
    """Render one kind of day: every statistic of every published day beside the city's, and the hours."""
    real = summed_up(days)
    names = [name.removesuffix("100t100s1p100") for name in kind.instances]
    head = ["statistic", *(f"`{name}...`" for name in names), "mean", "generated", "off by", "at most"]
    rows = [
        [f"{one.name}{f' ({one.unit})' if one.unit else ''}", *(_text(one.of(facts)) for facts in days),
         _text(real.figures[one.name]), _text(made.figures[one.name]),
         f"{_off(real.figures, made.figures, one.name):+.1%}", f"{one.tolerance:.0%}"]
        for one in STATISTICS
    ]  # fmt: skip
    lines = [
        f"## {kind.name}",
        "",
        f"Published: {kind.about}. Share of each hour since the start of the day in percent.",
        "",
    ]
    lines += [*_grid(head, rows), ""]
    hours = [f"{hour}" for hour in range(MOST_HOURS)]
    shares = [
        [f"{name}, {who}", *(f"{100.0 * share:.1f}" for share in days.hours[name])]
        for name in HOURLY
        for who, days in (("published", real), ("generated", made))
    ]
    lines += [*_grid(["hour", *hours], shares), ""]
    lines += [
        f"- {name}: {elsewhere(real, made, name):.1%} lie in other hours (at most {MOST_ELSEWHERE:.0%})"
        for name in HOURLY
    ]
    return "\n".join(lines)


def _text(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.2f}"


def _grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [list(head), ["---"] * len(head), *map(list, rows)]
    return [f"| {' | '.join(cells)} |" for cells in lines]


HEAD = f"""# A generated city beside published ones

<!-- Written by `DELIVSIM_MDRPLIB=... python tools/generated_city.py`; a test compares. -->

`scenarios/published_like.yaml` generates a city in the image of the instances of the meal delivery routing problem
(Reyes et al. 2018), as large as these are. Its figures are means of {len(SEEDS)} days (seeds {SEEDS[0]} to
{SEEDS[-1]}), each drawn as `delivsim generate scenarios/published_like.yaml --seed N --format mdrplib` draws it, and
measured, like the published ones, as `delivsim info` measures. Short days lay `tools/generated_city_short.yaml` over
it. What published days have in common is their mean; how much they differ among themselves stands beside it.
"""


def page(sections: Sequence[str]) -> str:
    """Render the page."""
    return "\n".join([HEAD, *(f"{text}\n" for text in sections)])


def main() -> int:
    """Measure, write the page, tell whether every statistic is within its tolerance."""
    folder = os.environ.get("DELIVSIM_MDRPLIB")
    if folder is None:
        raise SystemExit("DELIVSIM_MDRPLIB must name the folder of the published instances")
    sections, wrong = list[str](), list[str]()
    for kind in KINDS:
        days, made = published(kind, Path(folder)), drawn(kind)
        sections.append(section(kind, days, made))
        wrong += [f"{kind.name}: {what}" for what in too_far(summed_up(days), made)]
    PAGE.write_text(page(sections), encoding="utf-8")
    sys.stdout.write("".join(f"too far from published days: {what}\n" for what in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
