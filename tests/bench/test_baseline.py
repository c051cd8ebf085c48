"""The baseline in the repository."""

from __future__ import annotations

from pathlib import Path

from delivsim.bench.baseline import read_baseline, write_baseline
from delivsim.bench.metrics import METRIC
from delivsim.bench.suite import instance_paths, load_suite
from delivsim.bench.tasks import digest_of

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_the_baseline_is_of_the_gates_suite_as_it_is(tmp_path):
    """The same days, to the byte, the same policies, every metric, and a speed for each."""
    suite = load_suite(BENCHMARKS / "suites" / "ci.yaml")
    found = read_baseline(BENCHMARKS / "baseline.json")
    paths = instance_paths(suite, tmp_path, further=True)
    assert found.instances == {name: digest_of(path) for name, (_, path) in paths.items()}
    assert [policy for policy, _ in found.means] == list(suite.policies) == list(found.speed)
    assert all(set(metrics) == set(METRIC) for metrics in found.means.values())
    assert found.n_numberings == suite.permutations + 1


def test_a_baseline_written_again_is_the_same_bytes(tmp_path):
    """Reading and writing changes nothing."""
    write_baseline(read_baseline(BENCHMARKS / "baseline.json"), tmp_path / "again.json")
    assert (tmp_path / "again.json").read_text() == (BENCHMARKS / "baseline.json").read_text()
