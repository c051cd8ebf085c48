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
