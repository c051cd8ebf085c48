"""`delivsim dispatch serve`, and what asks such a service from the command line."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from delivsim.dispatch.codec import problem_to_json
from delivsim.dispatch.contract import sample_problem

ROOT = Path(__file__).parents[2]


@pytest.fixture
def service():
    """A served `nearest` in another process, and its address."""
    command = [sys.executable, str(ROOT / "cli.py"), "dispatch", "serve", "--policy", "nearest", "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        yield server, server.stdout.readline().split()[3].rstrip(";")
        if server.poll() is None:
            server.kill()


@pytest.fixture
def problem(tmp_path):
    file = tmp_path / "p.json"
    file.write_text(problem_to_json(sample_problem(5, 8)))
    return file


def test_decide_and_check_ask_the_service(service, problem, command):
    """One decision is that of the policy itself, and the contract holds; Ctrl-C ends the service well."""
    server, url = service
    told = command("decide", problem, "--policy", "http", "--set", f"dispatch.params.url={url}")
    assert json.loads(told.out) == json.loads(command("decide", problem, "--policy", "nearest").out)
    checked = command("policies", "check", "http", "--set", f"dispatch.params.url={url}")
    assert (checked.code, checked.out.splitlines()[-1]) == (0, "http: fine")
    server.send_signal(signal.SIGINT)
    assert server.stdout.read().endswith(" problems decided\n")
    assert server.wait() == 0


def test_nobody_there_is_exit_code_2(problem, command):
    """With the address and the reason, and no traceback."""
    told = command("decide", problem, "--policy", "http", "--set", "dispatch.url=http://127.0.0.1:9/decide")
    assert told.code == 2
    assert told.err.startswith("policy http: failed at 50000 s: http://127.0.0.1:9/decide: cannot be reached: ")


def test_a_port_that_is_taken_is_told(command):
    """Which one, and why."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told = command("dispatch", "serve", "--port", port)
    assert told.code == 2
    assert f"--host 127.0.0.1 --port {port}: cannot listen there: Address already in use" in told.err


def test_suites_run_servers_and_programs(tmp_path, command, monkeypatch):
    """A suite names a program like any policy; its runs are made anew each time, for it may have changed."""
    monkeypatch.chdir(tmp_path)
    code = 'import sys\nfor line in sys.stdin: print(\'{"format": "delivsim.assignment/1"}\', flush=True)\n'
    Path("idle.py").write_text(code)
    days = ROOT / "tests" / "data" / "mdrplib_twin"
    Path("suite.yaml").write_text(
        f"name: two\ninstances: [{{path: {days}}}]\npolicies: {{nearest: , idle: {{policy: {{exec: {sys.executable} "
        "idle.py}}}\n"
    )
    told = command("bench", "run", "--suite", "suite.yaml", "-o", "out", "--policies", "nearest,idle")
    assert told.code == 0, told.err
    rows = [line.split() for line in told.out.splitlines() if line.strip().startswith("idle")]
    assert rows
    n = len([*Path("out/tasks").glob("*.json")])
    again = (
        "import sys; from delivsim.cli.app import main; sys.argv = "
        "['delivsim', 'bench', 'run', '--suite', 'suite.yaml', '-o', 'out', '--policies', 'nearest,idle']; main()"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    subprocess.run([sys.executable, "-c", again], check=True, capture_output=True, env=environment)
    assert len([*Path("out/tasks").glob("*.json")]) == n + 1
