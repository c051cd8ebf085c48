"""Ramps: what is scaled, where objectives die, which patterns show, and that nothing done is lost."""

from __future__ import annotations

import math
from typing import Any

import pytest

from delivsim.errors import InputError
from delivsim.scenario.schema import Scenario
from delivsim.stress import ramp as ramping
from delivsim.stress.findings import data, find, text
from delivsim.stress.knees import between, find_knees, weakest
from delivsim.stress.load import with_load, with_riders
from delivsim.stress.objectives import figure_of, objectives, rounded
from delivsim.stress.ramp import Ramp, Step, climb, stepped

FRONT = {"workers": 4, "operations": {"page": {"steps": [{"work": "5ms"}, {"call": "db.query"}]}}}
BACK = {"workers": 1, "operations": {"query": {"steps": [{"work": {"kind": "exponential", "mean": "50ms"}}]}}}


def scenario(**more: Any) -> Scenario:
    workload = {"kind": "open", "name": "visitors", "operation": "web.page", "rate": 8}
    platform = {"services": {"web": FRONT, "db": BACK}, "workloads": [workload]} | more
    return Scenario.model_validate({"name": "two tiers", "horizon": "20min", "platform": platform})


def ramp(**more: Any) -> Ramp:
    given: dict[str, Any] = {"what": "load", "factors": (0.5, 1.0, 2.0, 4.0), "seeds": (1,), "slos": ()}
    return Ramp(**(given | more))


def step(factor: float, values: dict[str, float], **signs: Any) -> Step:
    """One look with these values; ``answered`` of its only operation is the value of that name."""
    known = {
        "attempts": {},
        "metastable": None,
        "held_idle": {},
        "no_connection": {},
        "deadlocks": {},
        "pools": [],
        "dead_letters": 0,
        "cold": {},
        "rider_utilization": None,
        "lost_for_riders": 0.0,
    }
    answered = values.pop("answered", 10.0)
    operation = {
        "count": 100,
        "offered": 10.0 * factor,
        "answered": answered,
        "errors": 0.0,
        "p50": 1,
        "p95": 1,
        "p99": 1,
    }
    look = {
        "values": values,
        "components": {figure: f"station {figure.split()[0]}" for figure in values},
        "orders": 0,
        "hours": 1.0,
        "operations": {"page": operation},
        "tails": {},
        "signs": known | signs,
    }
    return Step(factor=factor, looks=(look,))


def test_the_narrow_component_breaks_first():
    """A database at 40 % is the first to die; the front holds; the tail waits at the database."""
    given = scenario()
    steps = climb(given, ramp(slos=("page p99 < 1s",)))
    first = weakest(find_knees(steps, ("page p99 < 1s",)))
    assert first[0].objective.component == "operation page"
    assert 1.0 < first[0].at < 2.5
    named = {knee.objective.component: knee for knee in first}
    assert (named["station db"].good, named["station db"].bad) == (2.0, 4.0), "it is full at 2.5 times the load"
    assert math.isnan(named["station web"].at)
    told = str(text(find("two tiers", "load", steps, ("page p99 < 1s",))))
    assert "operation page breaks first" in told
    assert "db.query" in told
    assert data(find("two tiers", "load", steps, ()))["steps"][0]["factor"] == 0.5


def test_a_ramp_ends_when_nothing_useful_arrives():
    """Callers that give up after a second get nothing from a database flooded four times over."""
    edges = {"visitors->web": {"timeout": "1s"}}
    given = scenario(network={"edges": edges})
    steps = climb(given, ramp(factors=(0.5, 4.0, 8.0, 16.0)))
    assert [one.factor for one in steps] == [0.5, 4.0]


def test_a_ramp_goes_on_where_it_stopped(tmp_path, monkeypatch):
    """What was looked at is kept; the same ramp looks only at the rest, and tells what there is meanwhile."""
    looked: list[float] = []
    whole = ramping._look

    def once(task):
        if len(looked) == 2:
            raise KeyboardInterrupt
        looked.append(task.factor)
        return whole(task)

    monkeypatch.setattr(ramping, "_look", once)
    given, asked = scenario(), ramp(out=tmp_path)
    with pytest.raises(KeyboardInterrupt):
        climb(given, asked)
    assert [one.factor for one in stepped(given, asked)] == [0.5, 1.0]
    monkeypatch.setattr(ramping, "_look", whole)
    assert [one.factor for one in climb(given, asked)][:2] == [0.5, 1.0]
    assert looked == [0.5, 1.0]


def test_every_kind_of_workload_is_scaled():
    """Rates and users by the factor, gaps by its inverse."""
    workloads = [
        {"kind": "open", "name": "a", "operation": "web.page", "rate": 2},
        {"kind": "open", "name": "b", "operation": "web.page", "interarrival": {"kind": "exponential", "mean": 3}},
        {"kind": "batch", "name": "c", "operation": "web.page", "rate": 1, "size": 2},
        {"kind": "closed", "name": "d", "operation": "web.page", "users": 5, "think": 1},
        {
            "kind": "mmpp",
            "name": "e",
            "operation": "web.page",
            "states": [{"rate": 1, "mean_time": 9}, {"rate": 4, "mean_time": 1}],
        },
        {"kind": "phases", "name": "f", "operation": "web.page", "phases": [{"rate": 7, "lasts": 10}]},
    ]
    a, b, c, d, e, f = with_load(scenario(workloads=workloads), 2.0).platform.workloads
    assert (a.rate, b.interarrival.mean, c.rate, d.users) == (4.0, 1.5, 2.0, 10)
    assert [s.rate for s in e.states] == [2.0, 8.0]
    assert f.phases[0].rate == 14.0


def test_orders_and_riders_of_a_city_are_scaled():
    """Demand times the factor, riders to a number; without a city there are no riders to take away."""
    city = {
        "demand": {"rate": {"00:00": "60/h"}},
        "riders": {"count": 9},
        "stores": {"count": 3},
    }
    given = Scenario.model_validate({"name": "town", "horizon": "1h", "city": city})
    assert with_load(given, 2.0).city.demand.scale == 2.0
    assert with_riders(given, 4).city.riders.count == 4
    with pytest.raises(InputError, match="no riders to take away"):
        climb(scenario(), ramp(what="riders", factors=(1.0, 0.5)))


def test_knees_lie_on_the_line_between_two_steps():
    """Between 80 % at 1.0 and 100 % at 2.0 the limit of 90 % is at 1.5; what never breaks has none."""
    steps = [step(1.0, {"db busiest": 0.8, "web busiest": 0.1}), step(2.0, {"db busiest": 1.0, "web busiest": 0.2})]
    knees = {knee.objective.component: knee for knee in find_knees(steps, ())}
    assert knees["station db"].at == pytest.approx(1.5)
    assert (knees["station db"].good, knees["station db"].bad) == (1.0, 2.0)
    assert math.isnan(knees["station web"].at)
    assert between(steps, (), 3) == [pytest.approx(math.sqrt(2.0), rel=1e-3)]
    down = [step(1.0, {"db busiest": 0.8}), step(0.5, {"db busiest": 1.0})]
    assert find_knees(down, ())[0].at == pytest.approx(0.75)


@pytest.mark.parametrize("limit", [0.4, 0.7, 1.0, 2.5])
def test_the_knee_of_a_queue_is_where_theory_has_it(limit):
    """M/M/1 at 20/s: p99 reaches the limit at 20 - ln 100 / limit calls per second, also between two wide steps."""
    exact = (20.0 - math.log(100.0) / limit) / 8.0
    steps = [
        step(factor, {"page p99": math.log(100.0) / (20.0 - 8.0 * factor)})
        for factor in (0.5, 0.75, 1.1, 1.6, 2.1, 2.45)
    ]
    (knee,) = find_knees(steps, (f"page p99 < {limit}s",))
    assert knee.at == pytest.approx(exact, rel=1e-6)


def test_what_is_broken_from_the_start_says_so():
    """Its knee is the lightest step."""
    (knee,) = find_knees([step(0.5, {"db busiest": 0.95}), step(1.0, {"db busiest": 0.99})], ())
    assert (knee.at, math.isnan(knee.good)) == (0.5, True)


def test_what_holds_is_ranked_by_how_near_it_came():
    """Below those that die come those that hold, the nearest to its limit first; each shows its nearest objective."""
    steps = [step(1.0, {"db busiest": 0.5, "web busiest": 0.3, "delivered": 1.0}), step(2.0, {"db busiest": 0.95})]
    steps += [step(3.0, {"db busiest": 0.99, "web busiest": 0.6, "delivered": 0.995})]
    assert [knee.objective.figure for knee in find_knees(steps, ())] == ["db busiest", "delivered", "web busiest"]


def test_objectives_asked_for_replace_the_default():
    """A component with one of its own gets no other; limits by default follow the lightest step."""
    components = {"page p99": "operation page", "page errors": "operation page", "db busiest": "station db"}
    found = {str(one) for one in objectives(("page p99 < 2s",), components, {"page p99": 0.2})}
    assert found == {"page p99 < 2 s", "db busiest < 90 %"}
    default = {str(one) for one in objectives((), components, {"page p99": 0.2})}
    assert default == {"page p99 < 600 ms", "page errors < 1 %", "db busiest < 90 %"}
    slow = {
        str(one)
        for one in objectives((), {"order.placed delay p99": "topic order.placed"}, {"order.placed delay p99": 0.1})
    }
    assert slow == {"order.placed delay p99 < 1 s"}, "nobody notices less of what nobody waits for"
    assert figure_of("page  p99 < 2s in 18:00-19:00") == "page p99 in 18:00-19:00"
    assert rounded(0.1234) == pytest.approx(0.13)
