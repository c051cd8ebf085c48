"""Suites run: rows, checks, files, and the same on every engine."""

from __future__ import annotations

import math

import pandas as pd
import pytest

import delivsim as ds
from delivsim.bench.metrics import OPTIMA
from delivsim.bench.run import benchmark
from delivsim.bench.suite import load_suite
from delivsim.dispatch.policies.nearest import Nearest
from delivsim.errors import PolicyError
from delivsim.record.parquet import read_frame


@pytest.fixture(scope="module")
def made(small, tmp_path_factory):
    """The small suite, run once."""
    folder = tmp_path_factory.mktemp("small")
    file = folder / "suite.yaml"
    file.write_text(small)
    return benchmark(file, out=folder / "out"), folder


def test_there_is_one_row_per_instance_and_policy(made):
    """Three days, two policies, every solution strictly clean; other numberings stand apart."""
    bench, _ = made
    assert len(bench.rows) == 6
    assert len(bench.numberings) == 6
    assert set(bench.rows["checked"]) == {"strict"}
    assert bench.ok
    assert (bench.rows["orders"] == 40).all()


def test_the_figures_are_those_of_the_published_metrics(made):
    """A row says what the strict checker's own metrics say of the same solution."""
    from delivsim.experiment.mdrplib import check_solution, export_solution
    from delivsim.scenario.formats.mdrplib import read

    bench, folder = made
    row = bench.rows.iloc[0]
    path = folder / "out" / "instances" / row["instance"]
    scenario = load_suite(folder / "suite.yaml").scenario_of(row["policy"])
    instance = scenario.instance.model_copy(update={"path": type(scenario.instance.path)(str(path))})
    export_solution(ds.run(scenario.model_copy(update={"instance": instance})), folder / "solution")
    check = check_solution(read(path), folder / "solution")
    for name in ("click_to_door", "click_to_door_overage", "ready_to_door", "ready_to_pickup"):
        for key in ("mean", "sd", "p90", "max"):
            assert row[f"{name}_{key}"] == pytest.approx(check.metrics[name][key], abs=1e-6), (name, key)
    assert row["cost_per_order"] == pytest.approx(check.totals["cost_per_order"])
    assert row["share_on_guarantee"] == pytest.approx(check.totals["share_on_guarantee"])
    assert row["undelivered"] == check.n_orders - check.n_delivered


def test_rows_are_kept_in_four_forms(made):
    """Parquet and CSV hold the same rows; Markdown and LaTeX show them."""
    bench, folder = made
    out = folder / "out"
    parquet, csv = read_frame(out / "rows.parquet"), pd.read_csv(out / "rows.csv", dtype={"digest": str})
    assert list(parquet["digest"]) == list(csv["digest"]) == list(bench.rows["digest"])
    assert (out / "rows.md").read_text().count("\n| ") == 2 + len(bench.rows)
    tex = (out / "rows.tex").read_text()
    assert tex.count(r" \\") == 1 + len(bench.rows)
    assert r"linear\_assignment" in tex
    assert "Against linear_assignment" in (out / "summary.md").read_text()


def test_two_processes_give_the_same_bytes(made, tmp_path):
    """Rows depend neither on the engine nor on the order in which runs end."""
    _, folder = made
    benchmark(folder / "suite.yaml", jobs=2, out=tmp_path)
    for name in ("rows.csv", "rows.parquet", "numberings.parquet", "rows.tex"):
        assert (tmp_path / name).read_bytes() == (folder / "out" / name).read_bytes(), name


def test_what_is_there_is_not_run_again(made):
    """The same suite on the same folder is all there already: nothing is left to do."""
    _, folder = made
    told = []
    benchmark(folder / "suite.yaml", out=folder / "out", tell=lambda done, total: told.append((done, total)))
    assert told == [(12, 12)]


def test_a_policy_object_runs_beside_those_with_names(suite_file):
    """What a notebook defines is compared with what delivsim has; the same policy twice is no difference at all."""
    bench = benchmark(suite_file(), policies={"mine": Nearest(), "nearest": None})
    assert bench.policies == ["mine", "nearest"]
    assert list(bench.rows["digest"][::2]) == list(bench.rows["digest"][1::2])
    assert bench.difference("click_to_door_mean", "mine", "nearest", "as given").difference.mean == 0.0


def test_a_policy_that_errs_is_told_and_the_others_go_on(suite_file, planted):
    """One policy's failure costs no other its rows, and the benchmark is not fine."""
    bench = benchmark(suite_file(), policies=["nearest", "planted:Fails"])
    assert bench.policies == ["nearest"]
    assert not bench.ok
    assert "planted:Fails on twin-40-001: " in bench.errors[0]
    assert "ZeroDivisionError" in bench.text()


def test_a_policy_that_cannot_be_made_is_refused_before_any_run(suite_file, tmp_path):
    """A wrong module name costs no time."""
    with pytest.raises(PolicyError, match="no_such_module:Mine: no module no_such_module"):
        benchmark(suite_file(), policies=["nearest", "no_such_module:Mine"], out=tmp_path / "out")
    assert not list((tmp_path / "out").glob("tasks/*"))


def test_a_suite_in_which_everything_fails_says_so(suite_file, planted, tmp_path):
    """Nothing to compare, every failure told, and the files are there all the same, with their columns."""
    bench = benchmark(suite_file(), policies=["planted:Fails"], out=tmp_path / "out")
    assert not bench.ok
    assert "small: 0 instances" in bench.text()
    assert "Ended by the policy: planted:Fails on twin-40-001: " in bench.text()
    assert (tmp_path / "out" / "rows.csv").read_text().startswith("policy,condition,instance,seed,permutation,")
    assert len(read_frame(tmp_path / "out" / "rows.parquet")) == 0


def test_conditions_are_rows_of_their_own_and_degrade(suite_file):
    """Shy riders cost something, said paired against the first condition."""
    suite = """
name: shy
instances: [{twins: {count: 2, orders: 40, riders: 12, stores: 10}}]
policies: {nearest: }
conditions: {exact: , shy riders: {instance: {behavior: {riders: {accept: 0.5}}}}}
"""
    bench = benchmark(suite_file(suite))
    assert list(bench.rows["condition"]) == ["exact", "shy riders"] * 2
    table = bench.degradation()
    assert table is not None
    assert {row[1] for row in table.rows} == {"shy riders"}
    assert bench.difference("ready_to_pickup_mean", "nearest", "nearest", "exact").difference.mean == 0.0
    assert "Against the condition 'exact'" in bench.markdown()


def test_the_sixteen_optima_are_those_of_the_small_instances():
    """Half the orders or half the restaurants of seed 0; the mean of all is 30.67, as published."""
    assert len(OPTIMA) == 16
    assert sum(ctd for ctd, _ in OPTIMA.values()) / 16 == pytest.approx(30.67, abs=0.005)
    assert sum(rtp for _, rtp in OPTIMA.values()) / 16 == pytest.approx(0.66, abs=0.005)
    assert all(not math.isnan(ctd) and name[:4] in ("0o50", "0r50") for name, (ctd, _) in OPTIMA.items())
