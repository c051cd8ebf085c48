"""Whole runs that somebody outside decides: the same city, counted fallbacks, and no process left behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import delivsim as ds
from delivsim.errors import PolicyError
from delivsim.record.metrics import verdicts
from delivsim.report.text import text_report

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples" / "dispatcher"
SCENARIO = f"""
name: outside
seed: 3
starts_at: 2026-11-20T00:00
horizon: 24h
instance: {{format: mdrplib, path: {ROOT / "tests" / "data" / "mdrplib_twin"}}}
platform: {{kind: ideal}}
slos: ["fallbacks < 1%"]
dispatch: {{policy: fcfs}}
"""
NODE = shutil.which("node")
GO = shutil.which("go")


@pytest.fixture
def scenario(tmp_path: Path):
    """Read the scenario with some values set."""

    def read(*changes: str) -> ds.Scenario:
        (tmp_path / "scenario.yaml").write_text(SCENARIO)
        return ds.load_scenario(tmp_path / "scenario.yaml", overrides=changes)

    return read


def same_city(one: ds.Result, other: ds.Result) -> bool:
    return all(one.tables[name].equals(other.tables[name]) for name in ("orders", "legs", "riders", "messages"))


@pytest.fixture
def as_fcfs(scenario):
    """Check that a run that was decided elsewhere is that of `fcfs`."""

    def check(*changes: str) -> None:
        result = ds.run(scenario(*changes))
        assert same_city(result, ds.run(scenario()))
        assert result.summary()["dispatch"]["fallbacks"] == 0
        assert result.manifest["outside"]

    return check


def test_our_policy_outside_is_our_policy_inside(as_fcfs):
    """A service of our own, in another process, decides every order and every way of the day as it does here."""
    command = [sys.executable, str(ROOT / "cli.py"), "dispatch", "serve", "--policy", "fcfs", "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        try:
            url = server.stdout.readline().split()[3].rstrip(";")
            as_fcfs(f"dispatch={{policy: http, url: {url}}}")
        finally:
            server.terminate()
        told = server.stdout.read()
    assert told.endswith(" problems decided\n")
    assert server.returncode == 0


@pytest.mark.skipif(NODE is None, reason="Node is not installed")
@pytest.mark.parametrize("way", ["pipe", "http"])
def test_the_example_in_node_decides_as_fcfs(as_fcfs, way):
    """The dispatcher of the guide gives the day of the policy that it is like, over both ways."""
    file = EXAMPLES / "dispatcher.mjs"
    if way == "pipe":
        as_fcfs(f"dispatch={{policy: {{exec: [{NODE}, {file}]}}}}")
        return
    with subprocess.Popen([NODE, str(file), "0"], stdout=subprocess.PIPE, text=True) as server:
        try:
            as_fcfs(f"dispatch={{policy: {{http: '{server.stdout.readline().strip()}'}}}}")
        finally:
            server.kill()


@pytest.mark.skipif(GO is None, reason="Go is not installed")
def test_the_example_in_go_decides_as_fcfs(as_fcfs, tmp_path):
    """The same in Go, built as the guide says."""
    binary, environment = tmp_path / "my-dispatcher", {**os.environ, "GO111MODULE": "off", "GOCACHE": str(tmp_path)}
    subprocess.run([GO, "build", "-o", binary, EXAMPLES / "dispatcher.go"], check=True, env=environment)
    as_fcfs(f"dispatch={{policy: {{exec: {binary}}}}}")


EVERY_SIXTH_FAILS = """
import sys
for n, line in enumerate(sys.stdin):
    if n == 5:
        sys.exit(1)
    print('{"format": "delivsim.assignment/1"}', flush=True)
"""
THIRD_IS_WRONG = """
import os, sys
open("pid", "w").write(str(os.getpid()))
for n, line in enumerate(sys.stdin):
    print('{"format": "delivsim.assignment/%d"}' % (1 if n < 2 else 7), flush=True)
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Write a program that decides, into the folder where runs are then made."""
    monkeypatch.chdir(tmp_path)

    def written(code: str) -> str:
        (tmp_path / "program.py").write_text(code)
        return f"dispatch.policy={{exec: {sys.executable} program.py}}"

    return written


def test_decisions_of_the_fallback_are_counted(scenario, program):
    """With their reasons in the table, their number in the summary, the report and objectives."""
    result = ds.run(scenario(program(EVERY_SIXTH_FAILS), "dispatch.fallback=fcfs"))
    why = result.tables["decisions"]["fallback"].tolist()
    assert why[:7] == ["", "", "", "", "", "ended", ""]
    assert result.summary()["dispatch"]["fallbacks"] == why.count("ended") == len(why) // 6
    assert [verdict.holds for verdict in verdicts(result)] == [False]
    report = " ".join(str(text_report(result, [])).split())
    assert f"The fallback took {why.count('ended')} decisions for want of an answer" in report


def test_without_fallback_the_run_ends_with_the_decision(scenario, program):
    """The message names policy, instant, decision and program; what happened before is there; no process is left."""
    told = r"policy exec: failed at \d+ s \(decision 3\): .*program.py: the answer: format: must be .*, got .*/7'"
    with pytest.raises(PolicyError, match=told) as error:
        ds.run(scenario(program(THIRD_IS_WRONG)))
    assert len(error.value.result.tables["decisions"]) == 2
    with pytest.raises(ProcessLookupError):
        os.kill(int(Path("pid").read_text()), 0)


def test_ctrl_c_ends_run_and_program(program, tmp_path):
    """What happened is saved, the command ends with 130, and the program is gone."""
    code = (
        "import os, sys, time\nopen('pid', 'w').write(str(os.getpid()))\nfor line in sys.stdin:\n    time.sleep(0.1)\n"
    )
    setting = program(code + '    print(\'{"format": "delivsim.assignment/1"}\', flush=True)\n')
    (tmp_path / "scenario.yaml").write_text(SCENARIO)
    command = [sys.executable, str(ROOT / "cli.py"), "run", "scenario.yaml", "--set", setting, "-o", "run"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True) as running:
        while not Path("pid").exists() or not Path("pid").read_text():
            assert running.poll() is None
            time.sleep(0.05)
        os.killpg(running.pid, signal.SIGINT)
    assert running.returncode == 130
    assert ds.load_result("run").manifest["interrupted_at"] is not None
    with pytest.raises(ProcessLookupError):
        os.kill(int(Path("pid").read_text()), 0)


def test_a_run_that_is_decided_inside_says_so(scenario):
    """Nothing is outside, and no fallback is counted."""
    result = ds.run(scenario())
    assert result.manifest["outside"] == {}
    assert set(result.tables["decisions"]["fallback"]) == {""}
