"""``policy: exec``: a program decides, one line per decision."""

from __future__ import annotations

import json
import os
import time

import numpy as np
import pytest
from pydantic import ValidationError

from delivsim.dispatch.config import DispatchConfig, make_policy
from delivsim.dispatch.contract import sample_problem
from delivsim.dispatch.outside import Exec
from delivsim.dispatch.policies import Nearest
from delivsim.errors import PolicyError

PROBLEM = sample_problem(5, 8)
EMPTY = "{'format': 'delivsim.assignment/1'}"
PATIENT = f"for line in sys.stdin: say({EMPTY})\n"


def decided(policy):
    return policy(PROBLEM, np.random.default_rng(0))


def gone(pid: int) -> bool:
    for _ in range(200):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def test_one_program_answers_line_by_line(program):
    """It is started once, gets every problem as one line, and its lines are the answers."""
    code = "n = 0\nfor line in sys.stdin:\n    n += 1\n    known = json.loads(line)\n    "
    code += "say({'format': 'delivsim.assignment/1', 'waits': [{'orders': [known['orders'][0]['order']], "
    code += "'reason': f'call {n}'}]})\n"
    policy = Exec(command=program(code))
    assert [decided(policy).waits[0].reason for _ in range(3)] == ["call 1", "call 2", "call 3"]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("sys.exit('my mistake')", "ended with exit code 1 instead of answering\n  it wrote .*:\n  my mistake"),
        ("os.kill(os.getpid(), 9)", "was killed by signal 9 instead of answering"),
        ("sys.stdin.readline(); print('loading', flush=True); time.sleep(5)", "the answer: no JSON"),
        (f"say({EMPTY}); time.sleep(0.5); say({EMPTY})", "no problem asked for"),
        ("time.sleep(60)", "no answer within 1 s"),
        ("say({'format': 'delivsim.assignment/1', 'matches': [{'rider': 7, 'orders': [4]}]})", "order 4: not in the"),
    ],
)
def test_an_answer_that_cannot_be_used_says_why(program, code, told):
    """The command, what it did instead, and what it wrote to standard error."""
    command = program(code)
    policy = Exec(command=command, timeout=1.0)
    with pytest.raises(PolicyError, match=f"program.py: .*{told}"):
        [(decided(policy), time.sleep(0.7)) for _ in range(3)]


def test_the_fallback_decides_and_the_program_starts_again(program, tmp_path):
    """A program that ended is started for the next problem."""
    flag = tmp_path / "again"
    code = (
        f"flag = {str(flag)!r}\nif not os.path.exists(flag):\n    open(flag, 'w').close()\n    sys.exit(3)\n{PATIENT}"
    )
    policy = Exec(command=program(code), fallback="nearest")
    assert decided(policy) == decided(Nearest())
    assert policy.outside.reason == "ended"
    assert decided(policy).matches == ()
    assert policy.outside.reason == ""


@pytest.mark.parametrize("code", [PATIENT, PATIENT + "time.sleep(60)\n"], ids=["obedient", "stubborn"])
def test_closing_ends_the_program(program, tmp_path, code):
    """It ends when its input does; if not, it is killed after the grace time."""
    policy = Exec(command=program(f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\n{code}"))
    decided(policy)
    pid = int((tmp_path / "pid").read_text())
    policy.outside.line.close()
    assert gone(pid)


def test_a_policy_that_nobody_holds_any_more_leaves_no_process(program, tmp_path):
    """What is not closed ends with its policy."""
    policy = Exec(command=program(f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\n{PATIENT}"))
    decided(policy)
    del policy
    assert gone(int((tmp_path / "pid").read_text()))


def test_a_large_problem_and_a_deaf_program_are_no_deadlock(program):
    """A program that never reads is a time-out, also when the problem does not fit into the pipe."""
    policy = Exec(command=program("time.sleep(60)"), timeout=0.3)
    with pytest.raises(PolicyError, match=r"no answer within 0\.3 s"):
        policy(sample_problem(400, 100), np.random.default_rng(0))


def test_a_missing_program_is_told_before_anything_runs(tmp_path, monkeypatch):
    """Also with a fallback: that is a mistake, and not a bad day of the program."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plain.txt").write_text("")
    for command, told in (("./nobody", "no such program"), ("./plain.txt", "must be a program that can be run")):
        with pytest.raises(PolicyError, match=f"dispatch.params.command: {command}: {told}"):
            make_policy(DispatchConfig(policy="exec", params={"command": command, "fallback": "nearest"}))


@pytest.mark.parametrize("command", ["", [], [3], None, "'"])
def test_a_command_is_words(command):
    """What is none is refused."""
    with pytest.raises(ValidationError, match=r"params.command: must be a program and its arguments"):
        DispatchConfig(policy="exec", params={"command": command})


def test_no_plugins_asks_nobody():
    """Programs and servers are refused like code of one's own."""
    for policy, params in (("exec", {"command": "cat"}), ("http", {"url": "http://x"})):
        with pytest.raises(PolicyError, match=f"{policy} asks somebody outside, which --no-plugins forbids"):
            make_policy(DispatchConfig(policy=policy, params=params), plugins=False)


def test_problems_are_one_line():
    """No problem has a line break in it, whatever it says."""
    from delivsim.dispatch.codec import problem_to_json

    assert "\n" not in problem_to_json(PROBLEM)
    assert json.loads(problem_to_json(PROBLEM))["format"] == "delivsim.problem/1"
