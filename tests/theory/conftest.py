"""What the comparisons with exact results share: scenarios of steps, replications, and when a mean is right."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from delivsim.experiment.run import run
from delivsim.record.result import Result
from delivsim.scenario.schema import Scenario

REPLICATIONS = 20


def exponential(mean: float) -> dict[str, Any]:
    return {"kind": "exponential", "mean": mean}


def one_step(law: Any, servers: int = 1, **station: Any) -> dict[str, Any]:
    """A service ``web`` with one operation ``page`` of one step of work."""
    return {"workers": servers, **station, "operations": {"page": {"steps": [{"work": law}]}}}


class Theory:
    """Scenarios of steps, run through the public door."""

    exponential = staticmethod(exponential)
    one_step = staticmethod(one_step)

    @staticmethod
    def scenario(services: dict[str, Any], workload: dict[str, Any], horizon: float, warm_up: float) -> Scenario:
        """Services and one workload, on a network without delay; whoever has come is served to the end."""
        platform = {
            "services": services,
            "network": {"default_delay": 0},
            "workloads": [{"name": "visitors", "operation": "web.page", **workload}],
        }
        data = {"name": "theory", "horizon": horizon, "warm_up": warm_up, "drain": 3600, "platform": platform}
        return Scenario.model_validate(data)

    @staticmethod
    def replicate(scenario: Scenario, *measures: Callable[[Result], float], n: int = REPLICATIONS) -> list[list[float]]:
        """Run with seeds 1 to ``n``; give each measure's values."""
        results = [[measure(result) for measure in measures] for result in _runs(scenario, n)]
        return [list(values) for values in zip(*results, strict=True)]

    @staticmethod
    def check(values: list[float], exact: float, within: float) -> None:
        """Demand the exact value in the 99.9 % t-interval, and that interval to be narrow: +-``within`` of it."""
        mean = float(np.mean(values))
        half = float(stats.t.ppf(0.9995, len(values) - 1) * np.std(values, ddof=1)) / math.sqrt(len(values))
        assert half < within * exact, f"half-width {half / exact:.1%} of {exact:.5g}: too wide to mean anything"
        assert abs(mean - exact) <= half, f"{mean:.5g} +- {half:.2g} is not {exact:.5g}"

    @staticmethod
    def visits(result: Result, station: str = "web") -> pd.DataFrame:
        """Visits to a station that arrived between warm-up and horizon."""
        rows = result.tables["visits"]
        begin, end = result.manifest["warm_up"], result.manifest["horizon"]
        return rows[(rows["station"] == station) & (rows["arrived_at"] >= begin) & (rows["arrived_at"] < end)]

    @staticmethod
    def waiting(result: Result, station: str = "web") -> pd.Series:
        rows = Theory.visits(result, station)
        return rows["started_at"] - rows["arrived_at"]

    @staticmethod
    def sojourn(result: Result, station: str = "web") -> pd.Series:
        rows = Theory.visits(result, station)
        return rows["departed_at"] - rows["arrived_at"]


def _runs(scenario: Scenario, n: int) -> Any:
    for seed in range(1, n + 1):
        yield run(scenario, seed=seed)


@pytest.fixture(scope="session")
def theory() -> type[Theory]:
    """Scenarios of steps, replications, and when a mean is right."""
    return Theory
