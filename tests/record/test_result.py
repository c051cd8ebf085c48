import json

import pandas as pd
import pytest

from delivsim.errors import ResultError
from delivsim.record.result import Result, load_result, to_json
from delivsim.record.tables import SCHEMA_VERSION, TABLES


def test_a_saved_run_comes_back_as_it_was(sample_result, tmp_path):
    """Tables, types, manifest and summary survive the folder."""
    sample_result.save(tmp_path / "run")
    loaded = load_result(tmp_path / "run")
    for table in TABLES:
        pd.testing.assert_frame_equal(loaded.tables[table], sample_result.tables[table], check_exact=True)
    assert loaded.manifest == sample_result.manifest
    assert to_json(loaded.summary()) == to_json(sample_result.summary())


def test_equal_runs_are_equal_bytes(sample, tmp_path):
    """Saving, saving again, and saving what was loaded give the same files."""
    sample.sample_result().save(tmp_path / "a")
    sample.sample_result().save(tmp_path / "b")
    load_result(tmp_path / "a").save(tmp_path / "c")
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == sorted(["manifest.json", "summary.json", "timings.parquet", *(f"{t}.parquet" for t in TABLES)])
    for name in names:
        assert len({(tmp_path / run / name).read_bytes() for run in "abc"}) == 1, name


def test_saving_a_loaded_run_into_its_own_folder_keeps_it(sample_result, tmp_path):
    """A run may be saved where it was loaded from, its tables not yet read."""
    sample_result.save(tmp_path)
    load_result(tmp_path).save(tmp_path)
    assert len(load_result(tmp_path).orders) == 3


def test_tables_are_read_when_asked_for(sample_result, tmp_path):
    """Opening a run reads no table: a damaged one is told when it is used, the others are fine."""
    sample_result.save(tmp_path)
    (tmp_path / "visits.parquet").write_bytes(b"not parquet at all")
    loaded = load_result(tmp_path)
    assert len(loaded.orders) == 3
    with pytest.raises(ResultError, match=r"visits.parquet: cannot be read as the table visits"):
        loaded.visits  # noqa: B018


def test_orders_riders_and_stores_are_indexed_by_their_names(sample_result):
    """``orders.loc["a"]`` is the order named a; the raw table stays indexed by row."""
    assert sample_result.orders.loc["b", "outcome"] == "delivered"
    assert sample_result.riders.loc["r2", "pay"] == 1000
    assert sample_result.stores.loc["curry", "stock"] == 10
    assert sample_result.tables["orders"].index.tolist() == [0, 1, 2]


def test_tables_left_out_have_no_rows(sample):
    """A result of a few tables has all of them, typed; one that no one knows is refused."""
    result = Result({}, sample.manifest())
    assert str(result.legs["distance"].dtype) == "float64"
    with pytest.raises(ResultError, match="no table named 'order'"):
        Result({"order": result.legs}, sample.manifest())


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda run: run.rename(run.with_name("elsewhere")), "no such folder"),
        (lambda run: (run / "manifest.json").unlink(), "not a run: it holds no manifest.json"),
        (lambda run: (run / "manifest.json").write_text("{\n oops"), "manifest.json:2:2: damaged"),
        (lambda run: (run / "manifest.json").write_text("[1]"), "must hold a map, got a list"),
        (lambda run: (run / "manifest.json").write_bytes(b"\xff\xfe\x00"), "manifest.json: cannot be read"),
        (lambda run: (run / "manifest.json").write_text("{}"), "schema_version: must be a whole number"),
        (lambda run: (run / "legs.parquet").unlink(), "damaged run: legs.parquet missing"),
        (lambda run: (run / "timings.parquet").write_bytes(b""), "timings.parquet: cannot be read"),
        (lambda run: (run / "summary.json").write_text("{"), "summary.json:1:2: damaged"),
        (lambda run: (run / "summary.json").write_text('{"orders": {}}'), "summary.json: damaged: promise_error, "),
        (
            lambda run: (run / "manifest.json").write_text(f'{{"schema_version": {SCHEMA_VERSION}}}'),
            "manifest.json: damaged: name, ",
        ),
    ],
)
def test_what_is_no_run_is_told(damage, told, sample_result, tmp_path):
    """Each way to damage a run is one clear ResultError."""
    run = sample_result.save(tmp_path / "run")
    damage(run)
    with pytest.raises(ResultError, match=told):
        load_result(run)


@pytest.mark.parametrize(
    ("version", "cure"), [(99, "update delivsim to read it"), (1, "run its scenario again")], ids=("newer", "older")
)
def test_a_run_of_another_version_is_refused(version, cure, sample_result, tmp_path):
    """Another schema_version is not read by chance: the message says who wrote it and what to do."""
    sample_result.save(tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    (tmp_path / "manifest.json").write_text(json.dumps({**manifest, "schema_version": version, "delivsim": "9.0"}))
    with pytest.raises(
        ResultError, match=f"must be {SCHEMA_VERSION}, got {version}: delivsim 9.0 wrote this run; {cure}"
    ):
        load_result(tmp_path)


def test_a_table_without_a_column_is_told(sample_result, tmp_path):
    """A file of another table in a table's place names the column that is missing."""
    sample_result.save(tmp_path)
    (tmp_path / "legs.parquet").write_bytes((tmp_path / "riders.parquet").read_bytes())
    with pytest.raises(ResultError, match=r"legs.parquet: cannot be read as the table legs: .*kind"):
        load_result(tmp_path).legs  # noqa: B018


def test_timings_are_kept_beside_the_tables(sample, tmp_path):
    """Wall-clock times, given by name, come back as a table; without any there is an empty one."""
    Result(sample.sample_tables(), sample.manifest(), {"build": 1.5, "run": 20.0}).save(tmp_path)
    assert load_result(tmp_path).timings.to_dict("list") == {"what": ["build", "run"], "seconds": [1.5, 20.0]}
    assert len(sample.sample_result().timings) == 0


def test_json_has_no_nan():
    """NaN and infinities, which JSON does not know, become null."""
    assert json.loads(to_json({"a": float("nan"), "b": [float("inf"), 1.5]})) == {"a": None, "b": [None, 1.5]}
