"""What a suite gave at some time, in a small file: the figures that later code is held against."""

from __future__ import annotations

import json
import math
import os
import platform as machine
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from delivsim.bench.benchmark import Benchmark
from delivsim.bench.metrics import METRICS
from delivsim.bench.tasks import digest_of
from delivsim.errors import InputError
from delivsim.experiment.run import LIBRARIES

FORMAT = 1
DECIMALS = 6
Floats = NDArray[np.float64]
Key = tuple[str, str]
"""A policy and a condition."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Figures:
    """
    What a suite gave, an entry per policy and condition.

    Parameters
    ----------
    instances
        Digest of each instance's files by name, in the order of the suite.
    means, spreads
        By policy and condition, then by metric: a figure per instance (averaged over seeds and numberings), and its
        standard deviation over the numberings.
    n_numberings
        How many numberings there were.
    speed
        CPU time of each policy over that of the fixed work.
    made_with
        Versions and machine.
    """

    instances: dict[str, str]
    means: dict[Key, dict[str, Floats]]
    spreads: dict[Key, dict[str, Floats]]
    n_numberings: int
    speed: dict[str, float] = field(default_factory=dict)
    made_with: dict[str, Any] = field(default_factory=dict)

    def band(self, key: Key, metric: str, which: list[int]) -> float:
        """Give by how much mere ties move the mean over some instances: its standard error over the numberings."""
        spreads = self.spreads[key][metric][which]
        variance = float(np.nansum(spreads**2)) / self.n_numberings
        return math.sqrt(variance) / max(1, len(which))


def figures_of(made: Benchmark, paths: Mapping[str, tuple[str, Path]]) -> Figures:
    """Condense the rows of a suite."""
    both = pd.concat([made.rows, made.numberings])
    names = [str(name) for name in made.rows["instance"].unique()]
    means: dict[Key, dict[str, Floats]] = {}
    spreads: dict[Key, dict[str, Floats]] = {}
    for (policy, condition), mine in both.groupby(["policy", "condition"], sort=False, observed=True):
        key = str(policy), str(condition)
        means[key], spreads[key] = {}, {}
        for metric in METRICS:
            wide = mine.pivot_table(index="instance", columns="permutation", values=metric.column, aggfunc="mean")
            table = wide.reindex(names)
            means[key][metric.column] = table.mean(axis=1).to_numpy(np.float64)
            spreads[key][metric.column] = table.std(axis=1, ddof=1).fillna(0.0).to_numpy(np.float64)
    return Figures(
        instances={name: digest_of(paths[name][1]) for name in names},
        means=means,
        spreads=spreads,
        n_numberings=len(both["permutation"].unique()),
        made_with=made_with(),
    )


def made_with() -> dict[str, Any]:
    """Say with which versions and on what machine: what the figures and the speed depend on besides the code."""
    return {
        "python": ".".join(machine.python_version_tuple()[:2]),
        **{name: version(name) for name in LIBRARIES},
        "system": machine.system(),
        "machine": machine.machine(),
        "processor": _processor(),
        "cores": os.cpu_count(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return machine.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), machine.processor())


def differs_in(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Say in what two manifests differ, one text per entry."""
    return [
        f"{name} {old.get(name, 'unknown')} -> {new.get(name, 'unknown')}"
        for name in dict.fromkeys([*old, *new])
        if old.get(name) != new.get(name)
    ]


def write_baseline(found: Figures, path: Path) -> None:
    """Write figures as JSON, one line per policy and metric; equal figures give equal bytes."""
    entries = [
        {
            "policy": key[0],
            "condition": key[1],
            "metric": metric,
            "means": _rounded(values),
            "spreads": _rounded(found.spreads[key][metric]),
        }
        for key, metrics in found.means.items()
        for metric, values in metrics.items()
    ]
    head = {
        "format": FORMAT,
        "made_with": found.made_with,
        "speed": {name: round(ratio, 3) for name, ratio in found.speed.items()},
        "numberings": found.n_numberings,
        "instances": found.instances,
    }
    lines = ",\n".join(f"  {json.dumps(entry)}" for entry in entries)
    text = json.dumps(head, indent=1).removesuffix("\n}") + f',\n "figures": [\n{lines}\n ]\n}}\n'
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def read_baseline(path: Path) -> Figures:
    """
    Read what `write_baseline` wrote.

    Raises
    ------
    InputError
        There is no such file, or it is none of ours.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        said = (error.strerror or str(error)).lower()
        raise InputError(f"{path}: {said}; `delivsim bench check ... --update` writes a baseline") from None
    except ValueError as error:
        raise InputError(f"{path}: must be a baseline in JSON: {error}") from None
    try:
        return _figures(data)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: is no baseline of format {FORMAT}: {type(error).__name__}: {error}") from None


def _figures(data: Any) -> Figures:
    if data["format"] != FORMAT:
        raise ValueError(f"format {data['format']}")
    means: dict[Key, dict[str, Floats]] = {}
    spreads: dict[Key, dict[str, Floats]] = {}
    for entry in data["figures"]:
        key = str(entry["policy"]), str(entry["condition"])
        means.setdefault(key, {})[entry["metric"]] = np.array(entry["means"], dtype=np.float64)
        spreads.setdefault(key, {})[entry["metric"]] = np.array(entry["spreads"], dtype=np.float64)
    return Figures(
        instances=dict(data["instances"]),
        means=means,
        spreads=spreads,
        n_numberings=int(data["numberings"]),
        speed={str(name): float(ratio) for name, ratio in data["speed"].items()},
        made_with=dict(data["made_with"]),
    )


def _rounded(values: Floats) -> list[float | None]:
    return [None if math.isnan(value) else round(float(value), DECIMALS) + 0.0 for value in values]
