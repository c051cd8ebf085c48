"""What a suite gave: rows, what follows from them, and the files they are kept in."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from delivsim.bench.metrics import METRICS, OPTIMA, Metric
from delivsim.bench.tables import Table
from delivsim.record.paired import Paired, holm, noise_band, paired
from delivsim.record.parquet import connect, write_frame

KEYS = ("policy", "condition", "instance", "seed")
Floats = NDArray[np.float64]
_RUN = dict.fromkeys((*KEYS, "permutation"), "int64") | {"policy": "str", "condition": "str", "instance": "str"}
_FIGURES = {**dict.fromkeys((m.column for m in METRICS), "float64"), "checked": "str"}
_FIGURES |= dict.fromkeys(("violations", "late_pickups"), "int64")
_NOTHING = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in (_RUN | _FIGURES).items()})
_NO_TIMES = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in (_RUN | {"cpu": "float64"}).items()})
"""Tables of runs of which none came to an end."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Benchmark:
    """
    The rows of a suite.

    Parameters
    ----------
    name
        The suite's.
    rows
        One per instance and policy (and condition and seed): minutes, shares and the instance's money.
    numberings
        The same rows with orders and riders numbered otherwise; ``permutation`` counts from 1.
    times
        CPU seconds of each row (``cpu``: the whole run, ``decisions``: the policy alone, by the wall clock); the only
        part that differs from run to run.
    against
        The policy that the others are compared with.
    errors
        What policies did that ended their runs, one line each.
    """

    name: str
    rows: pd.DataFrame
    numberings: pd.DataFrame
    times: pd.DataFrame
    against: str
    errors: tuple[str, ...] = ()

    @property
    def policies(self) -> list[str]:
        """The policies, in the order of the suite."""
        return [str(name) for name in self.rows["policy"].unique()]

    @property
    def conditions(self) -> list[str]:
        """The conditions, in the order of the suite."""
        return [str(name) for name in self.rows["condition"].unique()]

    @property
    def ok(self) -> bool:
        """Whether every policy came to an end and every solution keeps the rules."""
        return not self.errors and not int(self.rows["violations"].sum() + self.numberings["violations"].sum())

    def per_instance(self, column: str, policy: str, condition: str) -> Floats:
        """Give a figure of each instance, its seeds averaged, in the order of the suite; NaN where it is missing."""
        mine = self.rows[(self.rows["policy"] == policy) & (self.rows["condition"] == condition)]
        means = mine.groupby("instance", sort=False)[column].mean()
        return means.reindex(self.rows["instance"].unique()).to_numpy(np.float64)

    def band(self, column: str, policy: str, condition: str) -> float:
        """Give the noise band of a policy's mean: how far mere ties move it; NaN without numberings."""
        both = pd.concat([self.rows, self.numberings])
        mine = both[(both["policy"] == policy) & (both["condition"] == condition)]
        wide = mine.pivot_table(index="instance", columns="permutation", values=column, aggfunc="mean")
        # The band of a mean over all numberings is that of one numbering over the root of their number.
        return noise_band(wide.to_numpy(np.float64)) * math.sqrt(wide.shape[1])

    def difference(self, column: str, policy: str, other: str, condition: str) -> Paired:
        """Compare two policies, instance by instance."""
        return paired(self.per_instance(column, policy, condition), self.per_instance(column, other, condition))

    def summary(self) -> Table:
        """Give one line per policy and condition: means over the instances."""
        several = len(self.conditions) > 1
        rows = [self._summary_row(policy, c, several) for c in self.conditions for policy in self.policies]
        head = (*(("condition",) if several else ()), "policy", *(m.label for m in METRICS), "to the optimum", "s/run")
        n = self.rows["instance"].nunique()
        note = "Means over instances: minutes, and the instance's money per order placed. s/run: CPU seconds of a run."
        return Table(f"{self.name}: {n} instance{'s' * (n != 1)}", head, tuple(rows), 1 + several, note)

    def _summary_row(self, policy: str, condition: str, several: bool) -> tuple[str, ...]:
        figures = [_mean(self.per_instance(m.column, policy, condition)) for m in METRICS]
        mine = self.times[(self.times["policy"] == policy) & (self.times["condition"] == condition)]
        gap = _mean(self.per_instance("gap_to_optimum", policy, condition))
        return (
            *((condition,) if several else ()),
            policy,
            *(m.shown(value) for m, value in zip(METRICS, figures, strict=True)),
            "-" if math.isnan(gap) else f"{100 * gap:+.2f} %",
            f"{mine['cpu'].mean():.2f}",
        )

    def differences(self) -> Table | None:
        """Compare every policy with the one they are held against; None if there is no other."""
        others = [policy for policy in self.policies if policy != self.against]
        if not others or self.against not in self.policies:
            return None
        rows = [row for c in self.conditions for policy in others for row in self._difference_rows(policy, c)]
        head = (
            "policy", "condition", "metric", "difference", "95 % interval", "bootstrap", "p (Holm)", "noise band",
        )  # fmt: skip
        note = (
            "Paired over instances, policy minus reference; Student's t and the percentile bootstrap. p is two-sided, "
            "adjusted for the metrics of a policy (Holm 1979). A difference within the noise band may be mere ties."
        )
        return Table(f"Against {self.against}", head, tuple(rows), 3, note)

    def _difference_rows(self, policy: str, condition: str) -> list[tuple[str, ...]]:
        found = [self.difference(m.column, policy, self.against, condition) for m in METRICS]
        p_values = holm([min(1.0, 2.0 * min(f.p_greater, f.p_less)) for f in found])
        bands = [
            math.hypot(*(self.band(m.column, name, condition) for name in (policy, self.against))) for m in METRICS
        ]
        rows = zip(METRICS, found, p_values, bands, strict=True)
        return [(policy, condition, *difference_cells(m, f), f"{p:.3f}", m.shown(band)) for m, f, p, band in rows]

    def degradation(self) -> Table | None:
        """Say by how much each policy gets worse under each condition than under the first; None without several."""
        if len(self.conditions) < 2:
            return None
        first, *rest = self.conditions
        rows = [
            (policy, condition, *difference_cells(m, self._degraded(m.column, policy, condition, first)))
            for policy in self.policies
            for condition in rest
            for m in METRICS
        ]
        head = ("policy", "condition", "metric", "difference", "95 % interval", "bootstrap")
        return Table(f"Against the condition '{first}'", head, tuple(rows), 3, "Paired over instances.")

    def _degraded(self, column: str, policy: str, condition: str, first: str) -> Paired:
        return paired(self.per_instance(column, policy, condition), self.per_instance(column, policy, first))

    def by_instance(self) -> Table:
        """Give one line per instance and policy."""
        several = {name: len(self.rows[name].unique()) > 1 for name in ("condition", "seed")}
        names = ["instance", "policy", *(name for name, there in several.items() if there)]
        rows = [
            (
                *(str(row[name]) for name in names),
                str(row["orders"]),
                *(m.shown(_number(row[m.column])) for m in METRICS),
                "-" if math.isnan(_number(row["gap_to_optimum"])) else f"{100 * row['gap_to_optimum']:+.2f} %",
                "clean" if not row["violations"] else f"{row['violations']} violations",
            )
            for row in self.rows.to_dict("records")
        ]
        head = (*names, "orders", *(m.label for m in METRICS), "to the optimum", "rules")
        return Table(self.name, head, tuple(rows), len(names))

    def text(self) -> str:
        """Give what ``delivsim bench run`` prints."""
        tables = (self.summary(), self.differences(), self.degradation())
        return "\n".join([*(table.text() for table in tables if table is not None), *self._judged()])

    def markdown(self) -> str:
        """Give the summary, the comparisons and every row as Markdown."""
        tables = (self.summary(), self.differences(), self.degradation(), self.by_instance())
        return "\n".join([*(table.markdown() for table in tables if table is not None), *self._judged()])

    def _judged(self) -> list[str]:
        """Say whether the solutions keep the rules, and how that was checked."""
        both = pd.concat([self.rows, self.numberings])
        how = ", ".join(f"{n} {how}" for how, n in both["checked"].value_counts().sort_index().items())
        wrong = both[both["violations"] > 0]
        lines = [f"Solutions checked: {how}." if how else "No solutions."]
        late = both[both["late_pickups"] > 0]
        if len(late):
            n = int(late["late_pickups"].sum())
            lines.append(
                f"{n:,} pick-up{'s' * (n != 1)} after the end of a shift in {len(late):,} of {len(both):,} solutions: "
                "believed to be in time when they were decided, so counted here and no broken rule."
            )
        if len(wrong):
            first = wrong.iloc[0]
            lines.append(f"{len(wrong)} break the rules, first {first['policy']} on {first['instance']}:")
            lines.append(f"  {first['first_violation']}")
        return [*lines, *(f"Ended by the policy: {error}" for error in self.errors)]

    def save(self, folder: Path) -> list[Path]:
        """Write the rows as Parquet, CSV, Markdown and LaTeX, and the times apart; give the files."""
        folder.mkdir(parents=True, exist_ok=True)
        frames = {"rows": self.rows, "numberings": self.numberings, "times": self.times}
        with connect() as con:
            for name, frame in frames.items():
                write_frame(con, frame, folder / f"{name}.parquet")
        self.rows.to_csv(folder / "rows.csv", index=False, lineterminator="\n")
        rows = self.by_instance()
        (folder / "rows.md").write_text(rows.markdown(), encoding="utf-8")
        (folder / "rows.tex").write_text(rows.latex(), encoding="utf-8")
        (folder / "summary.md").write_text(self.markdown(), encoding="utf-8")
        (folder / "summary.tex").write_text(self.summary().latex(), encoding="utf-8")
        return [folder / name for name in ("rows.parquet", "rows.csv", "rows.md", "rows.tex", "summary.md")]


def difference_cells(metric: Metric, found: Paired) -> tuple[str, str, str, str]:
    """Write a comparison: the metric, the difference, and both intervals."""
    low, high = (metric.shown(value, signed=True) for value in (found.difference.low, found.difference.high))
    boot = (metric.shown(value, signed=True) for value in found.bootstrap)
    return (
        metric.label,
        metric.shown(found.difference.mean, signed=True),
        f"{low} to {high}",
        " to ".join(boot),
    )


def collect(
    name: str,
    rows: Sequence[Mapping[str, Any]],
    times: Sequence[Mapping[str, Any]],
    against: str,
    errors: Sequence[str],
) -> Benchmark:
    """Make a benchmark of rows that tell their policy, condition, instance, seed and permutation."""
    table = pd.DataFrame(list(rows)) if rows else _NOTHING
    table = table.assign(gap_to_optimum=[_gap(row) for row in rows])
    return Benchmark(
        name=name,
        rows=table[table["permutation"] == 0].reset_index(drop=True),
        numberings=table[table["permutation"] > 0].reset_index(drop=True),
        times=pd.DataFrame(list(times)) if times else _NO_TIMES,
        against=against,
        errors=tuple(errors),
    )


def _gap(row: Mapping[str, Any]) -> float:
    """Give how far a mean click-to-door is above the optimum with perfect information; NaN where none is known."""
    found, best = row.get("click_to_door_mean"), OPTIMA.get(str(row["instance"]))
    if best is None or found is None or row["undelivered"]:
        return math.nan
    return float(found) / best[0] - 1.0


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)


def _mean(values: Floats) -> float:
    """Average what is known; NaN for nothing."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else math.nan
