import os
from pathlib import Path

import pytest

import delivsim as ds
from delivsim.experiment.mdrplib import check_solution, export_solution
from delivsim.scenario.formats.mdrplib import read

TWIN = Path(__file__).parents[1] / "data" / "mdrplib_twin"
SCENARIO = """
name: published-rules
seed: 3
starts_at: 2026-11-20T00:00
horizon: 24h
instance: {{format: mdrplib, path: {path}}}
platform: {{kind: {kind}}}
dispatch: {{policy: {policy}, every: 60s}}
"""


def solve(folder: Path, instance: Path, *, policy: str = "linear_assignment", kind: str = "ideal") -> list[str]:
    """Run an instance, export its solution into ``folder``, give the warnings."""
    scenario = folder / "scenario.yaml"
    scenario.write_text(SCENARIO.format(path=instance, kind=kind, policy=policy))
    return export_solution(ds.run(ds.load_scenario(scenario)), folder)


@pytest.mark.parametrize("policy", ds.POLICIES)
def test_a_run_on_the_twin_passes_the_strict_checker(tmp_path: Path, policy: str):
    """With an ideal platform every whole minute and every half service is as published."""
    assert solve(tmp_path, TWIN, policy=policy) == []
    found = check_solution(read(TWIN), tmp_path)
    assert [str(problem) for problem in found.violations] == []
    assert found.n_delivered >= 40
    assert found.n_delivered + len(found.undelivered) == 60


def test_platform_latency_makes_a_solution_not_comparable(tmp_path: Path):
    """With a simulated platform times are no whole minutes: said in a warning, and by the checker."""
    (warning,) = solve(tmp_path, TWIN, kind="simulated")
    assert "not comparable with published solutions" in warning
    found = check_solution(read(TWIN), tmp_path)
    assert any("must be a whole minute" in problem.rule for problem in found.violations)


@pytest.mark.parametrize(("policy", "low", "high"), [("linear_assignment", 0.0, 30.0), ("nearest", 30.26, 30.86)])
def test_a_published_instance_is_solved_as_promised(tmp_path: Path, policy: str, low: float, high: float):
    """All 505 orders, strictly clean, mean click-to-door as promised."""
    public = os.environ.get("DELIVSIM_MDRPLIB", "")
    if not public:
        pytest.skip("DELIVSIM_MDRPLIB is not set: the public instances are not here")
    instance = Path(public) / "0o100t100s1p100"
    assert solve(tmp_path, instance, policy=policy) == []
    found = check_solution(read(instance), tmp_path)
    assert found.ok
    assert found.n_delivered == 505
    assert low <= found.metrics["click_to_door"]["mean"] <= high
