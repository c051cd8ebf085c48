"""Orders of service and patience against exact results, at loads that settle quickly."""

from __future__ import annotations

import pytest

from delivsim.experiment.run import run

MU, RATE = 10.0, 6.0


def _open(theory, web, rate=RATE, horizon=1500.0):
    return theory.scenario({"web": web}, {"kind": "open", "rate": rate}, horizon, 20.0)


@pytest.mark.parametrize("law", [{"kind": "exponential", "mean": 0.1}, {"kind": "constant", "value": 0.1}])
def test_sharing_does_not_mind_the_law(theory, law):
    """M/G/1 processor sharing: the mean sojourn is that of M/M/1, whatever the law of work (insensitivity)."""
    (mean,) = theory.replicate(
        _open(theory, theory.one_step(law, discipline="processor_sharing")), lambda r: theory.sojourn(r).mean(), n=10
    )
    theory.check(mean, 1.0 / (MU - RATE), 0.08)


def test_the_last_first_waits_as_long_on_average(theory):
    """M/M/1 LIFO: the mean wait is that of FIFO, the variance larger."""
    web = theory.one_step(theory.exponential(0.1), discipline="lifo")
    mean, second = theory.replicate(
        _open(theory, web), lambda r: theory.waiting(r).mean(), lambda r: theory.waiting(r).var(), n=10
    )
    theory.check(mean, 0.6 / (MU - RATE), 0.12)
    fifo = run(_open(theory, theory.one_step(theory.exponential(0.1))), seed=1)
    assert sum(second) / len(second) > 1.3 * theory.waiting(fifo).var()


@pytest.mark.parametrize("discipline", ["priority", "preemptive_priority"])
def test_priorities_are_those_of_cobham(theory, discipline):
    """M/M/1, two classes of 3 per second: Cobham's waits, or with preemptive resume those of the first alone."""
    operations = {
        name: {"priority": k, "steps": [{"work": theory.exponential(0.1)}]} for k, name in enumerate(("urgent", "page"))
    }
    web = {"workers": 1, "discipline": discipline, "operations": operations}
    scenario = _open(theory, web, rate=3.0, horizon=2000.0)
    urgent = {"kind": "open", "name": "hasty", "operation": "web.urgent", "rate": 3.0}
    data = scenario.model_dump(mode="json", exclude_unset=True, by_alias=True)
    data["platform"]["workloads"] = [*data["platform"]["workloads"], urgent]
    first, second = theory.replicate(
        type(scenario).model_validate(data), _sojourn(theory, "urgent"), _sojourn(theory, "page"), n=12
    )
    rest = 0.6 / MU
    exact = {
        "priority": (0.1 + rest / 0.7, 0.1 + rest / (0.7 * 0.4)),
        "preemptive_priority": (0.1 + 0.3 / MU / 0.7, 0.1 / 0.7 + rest / (0.7 * 0.4)),
    }[discipline]
    theory.check(first, exact[0], 0.06)
    theory.check(second, exact[1], 0.12)


def _sojourn(theory, operation):
    def read(result):
        rows = theory.visits(result)
        rows = rows[rows["operation"] == operation]
        return (rows["departed_at"] - rows["arrived_at"]).mean()

    return read


def test_the_impatient_leave_as_erlang_a_says(theory):
    """M/M/1+M: with patience as long as work, the number here is that of M/M/inf, Poisson with the load."""
    import math

    web = theory.one_step(theory.exponential(0.1), queue_timeout=theory.exponential(0.1))
    (lost,) = theory.replicate(
        _open(theory, web, rate=10.0, horizon=400.0), lambda r: (theory.visits(r)["outcome"] == "reneged").mean(), n=10
    )
    # served per second: mu * P(busy) = mu * (1 - exp(-a)), a = 1
    theory.check(lost, math.exp(-1.0), 0.06)


@pytest.mark.parametrize("discipline", ["processor_sharing", "preemptive_priority"])
def test_utilization_of_shared_servers_is_the_load(theory, discipline):
    """However many share them, servers are busy for the work that comes, as they are first come, first served."""

    def told(**station):
        summary = run(_open(theory, theory.one_step(theory.exponential(0.1), **station)), seed=3).summary()
        return summary["stations"]["web"]["utilization"], summary["services"]["web"]["utilization"]

    assert told(discipline=discipline) == pytest.approx(told(), rel=1e-6)


def test_two_choices_are_much_better_than_one(theory):
    """Four M/M/1s at 60 %: by chance each is M/M/1; the shorter of two waits far less, the shortest less."""
    waits = {}
    for balancing in ("random", "two_choices", "least_outstanding", "shared"):
        web = theory.one_step(theory.exponential(0.1), replicas=4, balancing=balancing)
        (waits[balancing],) = theory.replicate(_open(theory, web, 24.0, 400.0), lambda r: theory.waiting(r).mean(), n=8)
    theory.check(waits["random"], 0.6 / 4.0, 0.2)
    means = {name: sum(values) / len(values) for name, values in waits.items()}
    assert 2.0 * means["two_choices"] < means["random"]
    assert means["shared"] < means["least_outstanding"] < means["two_choices"]
