"""One run of a suite: instances numbered otherwise, or with another future."""

from __future__ import annotations

from collections import Counter

import pytest

from delivsim.bench.suite import instance_paths, load_suite
from delivsim.bench.tasks import plan
from delivsim.bench.twins import TwinsConfig, twin
from delivsim.bench.work import middle_of, renumbered, with_another_future, work

DAY = twin(TwinsConfig(orders=60, riders=15, stores=12), 4)


def test_another_numbering_is_the_same_day():
    """The same orders and riders, in another order; which one says the number."""
    other = renumbered(DAY, 1)
    assert list(other.orders) != list(DAY.orders)
    assert sorted(other.orders, key=lambda o: o.id) == sorted(DAY.orders, key=lambda o: o.id)
    assert sorted(other.riders, key=lambda r: r.id) == sorted(DAY.riders, key=lambda r: r.id)
    assert list(renumbered(DAY, 1).orders) == list(other.orders) != list(renumbered(DAY, 2).orders)


def test_another_future_leaves_the_past_alone():
    """Before the instant nothing differs; after it as many orders, at other times, of other stores and doors."""
    at = middle_of(DAY)
    other = with_another_future(DAY, at)
    pairs = list(zip(DAY.orders, other.orders, strict=True))
    assert all(a == b for a, b in pairs if a.placed_at <= at)
    later = [(a, b) for a, b in pairs if a.placed_at > at]
    assert all(a.id == b.id and at < a.placed_at < b.placed_at <= a.placed_at + 1800.0 for a, b in later)
    assert all(b.ready_at is not None and b.ready_at >= b.placed_at for _, b in later)
    assert sum((a.x, a.y) != (b.x, b.y) for a, b in later) > len(later) / 2
    assert Counter(a.store for a, _ in later) == Counter(b.store for _, b in later)


@pytest.mark.parametrize("policy", ["nearest", "linear_assignment"])
def test_delivsims_own_policies_neither_waver_nor_foresee(suite_file, tmp_path, policy):
    """The same run again decides alike to the end, and with another future alike until then."""
    suite = load_suite(suite_file())
    task = plan(suite, instance_paths(suite, tmp_path), [policy])[0]
    run, again, other = (work(t)["figures"] for t in (task, task.other("again"), task.other("other_future")))
    assert run == again
    assert run["digest"] != other["digest"]
    assert run["digest_of_the_past"] == other["digest_of_the_past"]
    assert len({task.key, task.other("again").key, task.other("other_future").key}) == 3


LATE = """
name: late
instances: [twins: {count: 2, orders: 60, riders: 8, stores: 12}]
scenario: {dispatch: {give_up_after: null}}
policies: {nearest: }
conditions:
  exact:
  late food: {instance: {behavior: {kitchens: {preparation_starts: given, estimate_bias: 0.5, estimate_error: 10min}}}}
"""


def test_a_late_pickup_is_luck_only_where_beliefs_may_be_wrong(suite_file, tmp_path, monkeypatch):
    """Food later than told after the end of a shift is counted; the same pick-up decided knowingly breaks a rule."""
    suite = load_suite(suite_file(LATE))
    tasks = plan(suite, instance_paths(suite, tmp_path), ["nearest"])
    found = {}
    for task in tasks:
        figures = work(task)["figures"]
        assert figures["violations"] == 0
        found.setdefault(task.condition, []).append(figures["late_pickups"])
    assert sum(found["exact"]) == 0 < sum(found["late food"])
    monkeypatch.setattr("delivsim.bench.work.believes_the_truth", lambda scenario: True)
    late = [work(task)["figures"] for task in tasks if task.condition == "late food"]
    assert [figures["violations"] for figures in late] == found["late food"]
    assert "off_time" in late[0]["first_violation"] + late[1]["first_violation"]
