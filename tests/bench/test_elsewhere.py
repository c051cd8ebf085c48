"""The code of another revision beside this one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from delivsim.bench import gate
from delivsim.bench.elsewhere import Code, Stopwatch, git, revision
from delivsim.bench.suite import load_suite
from delivsim.errors import DelivsimError, InputError

SRC = Path(__file__).parents[2] / "src"
SUITE = """
name: own
instances:
  - twins: {count: 4, orders: 40, riders: 16, stores: 12}
policies:
  mine: {policy: "own_policy:Mine"}
"""

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")


def commit(folder: Path, words: str) -> None:
    """Commit everything that lies in a folder."""
    who = ("-c", "user.name=nobody", "-c", "user.email=nobody@localhost")
    for arguments in (("add", "--all"), (*who, "commit", "--quiet", "--message", words)):
        subprocess.run(["git", *arguments], cwd=folder, check=True)


@pytest.fixture
def repo(tmp_path, planted, monkeypatch) -> Path:
    """A repository with delivsim's code and a policy of one's own, which the working folder has made worse."""
    folder = tmp_path / "repo"
    shutil.copytree(SRC, folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(Path(__file__).parent / "planted.py", folder / "planted.py")
    (folder / "own.yaml").write_text(SUITE)
    (folder / "own_policy.py").write_text("from planted import Same as Mine\n")
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    commit(folder, "as it was")
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "own_policy", raising=False)
    return folder


def test_a_policy_made_worse_is_caught_against_the_revision_before(repo):
    """Both versions run on this machine: the quality and the speed of the committed one are the measure."""
    worse = "import functools\nfrom planted import Later\nMine = functools.partial(Later, share=0.3)\n"
    (repo / "own_policy.py").write_text(worse)
    verdict = gate.check(load_suite(repo / "own.yaml"), "git:HEAD")
    assert "ready_to_pickup_mean" in {finding.what for finding in verdict.findings}
    assert 0.5 < verdict.speeds["mine"] < 2.0
    assert git(repo, "worktree", "list", "--porcelain").count("worktree ") == 1


def test_a_revision_that_is_not_there_is_said(repo):
    """A wrong name, or a clone too shallow, is told before anything runs."""
    with (
        pytest.raises(InputError, match="git:nowhere: no such revision here"),
        revision("nowhere"),
    ):
        pass


def test_outside_of_a_repository_there_are_no_revisions(tmp_path, monkeypatch):
    """A plain folder has no history."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with (
        pytest.raises(InputError, match="is not in a git repository"),
        revision("main"),
    ):
        pass


def test_a_stopwatch_whose_process_ends_says_so(tmp_path):
    """A policy that cannot be timed is an error, not a wait for ever."""
    with (
        Stopwatch(Code(), tmp_path / "no-suite.yaml", ["nearest"]) as watch,
        pytest.raises(DelivsimError, match="ended"),
    ):
        watch.round()
