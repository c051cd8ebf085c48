"""Tasks over processes: nothing is lost, nothing is done twice."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from delivsim.errors import DelivsimError
from delivsim.experiment.pool import Shelf, run_all


@dataclass(frozen=True)
class Named:
    """As much of a task as the pool needs."""

    instance: str
    policy: str = "nearest"

    @property
    def key(self) -> str:
        return f"key-{self.instance}"

    def __str__(self) -> str:
        return f"{self.policy} on {self.instance}"


TASKS = [Named(name) for name in "abcd"]


def named(task: Named) -> dict:
    return {"figures": {"instance": task.instance}, "times": {}, "error": ""}


def test_what_is_done_is_not_done_again(tmp_path):
    """Interrupted after two of four, the next call does the other two, and gives all four in order."""
    begun: list[str] = []

    def interrupted(task: Named) -> dict:
        begun.append(task.instance)
        if len(begun) == 3:
            raise KeyboardInterrupt
        return named(task)

    with pytest.raises(KeyboardInterrupt):
        run_all(TASKS, Shelf(tmp_path), interrupted)
    told: list[tuple[int, int]] = []
    found = run_all(TASKS, Shelf(tmp_path), interrupted, tell=lambda done, total: told.append((done, total)))
    assert [f["figures"]["instance"] for f in found] == list("abcd")
    assert begun == ["a", "b", "c", "c", "d"]
    assert told == [(2, 4), (3, 4), (4, 4)]


def test_a_half_written_result_does_not_count(tmp_path):
    """A file cut short is done again."""
    shelf = Shelf(tmp_path)
    shelf.put("key-a", named(TASKS[0]))
    (tmp_path / "key-a.json").write_text('{"figures"')
    assert shelf.get("key-a") is None
    assert run_all(TASKS[:1], shelf, named) == [named(TASKS[0])]


def test_a_worker_that_dies_costs_nothing(tmp_path, planted, monkeypatch):
    """The pool that lost a worker is replaced, and every task is done."""
    import planted as faults

    monkeypatch.setenv("DELIVSIM_TEST_MARK", str(tmp_path / "mark"))
    found = run_all(tasks_of(faults), Shelf(tmp_path / "shelf"), faults.dies_once, jobs=2)
    assert [f["figures"]["instance"] for f in found] == list("abcd")
    assert (tmp_path / "mark").exists()


def test_workers_that_die_again_and_again_are_told(tmp_path, planted):
    """After three pools it is no accident."""
    import planted as faults

    with pytest.raises(DelivsimError, match=r"workers died 3 times .* not done: nearest on a"):
        run_all(tasks_of(faults), Shelf(tmp_path), faults.always_dies, jobs=2)


def tasks_of(module):
    """Tasks of a class that other processes can import."""
    return [module.Named(name) for name in "abcd"]
