"""Each pattern of failure is named on a scenario that has it, and not on its twin that has not."""

from __future__ import annotations

from typing import Any

import pytest

from delivsim.experiment.run import run
from delivsim.scenario.reader import load_scenario
from delivsim.scenario.schema import Scenario
from delivsim.stress.patterns import find_patterns
from delivsim.stress.ramp import Ramp, climb
from delivsim.stress.signs import signs


def named(scenario: Scenario, factors: tuple[float, ...], **how: Any) -> set[str]:
    """Name the patterns of a short ramp."""
    ramp = Ramp(**({"what": "load", "factors": factors, "seeds": (1,), "slos": ()} | how))
    return {pattern.name for pattern in find_patterns(climb(scenario, ramp))}


def shipped(name: str) -> Scenario:
    return load_scenario(f"scenarios/{name}.yaml")


def exponential(mean: str) -> dict[str, str]:
    return {"kind": "exponential", "mean": mean}


def calling(web: dict[str, Any], db: dict[str, Any], rate: float, edge: dict[str, Any], **more: Any) -> Scenario:
    """Visitors ask ``web``, which asks ``db``, ten minutes long."""
    platform = {
        "services": {"web": web, "db": db, **more.pop("services", {})},
        "workloads": [{"kind": "open", "name": "visitors", "operation": "web.page", "rate": rate}],
        "network": {"default_delay": 0, "edges": edge},
        **more,
    }
    return Scenario.model_validate({"name": "calling", "horizon": "10min", "platform": platform})


def test_a_retry_storm_and_its_cure() -> None:
    """Three attempts per call and ever fewer answers are a storm that outlives its peak; budget and breaker cure it."""
    storm, cured = (named(shipped(name), (0.5, 1.0)) for name in ("retry_storm", "retry_storm_cured"))
    assert storm == {"retry storm", "metastable after the peak"}
    assert cured == set()


@pytest.mark.parametrize(("patience", "is_named"), [("1s", True), ("1h", False)])
def test_a_queue_that_only_grows_is_no_metastable_failure(patience: str, is_named: bool) -> None:
    """After a peak retries keep a full database failing; callers who just wait for it meet plain overload at worst."""
    phases = [{"rate": rate, "lasts": lasts} for rate, lasts in ((17, "5min"), (60, "1min"), (17, "14min"))]
    workload = {"kind": "phases", "name": "visitors", "operation": "web.page", "phases": phases}
    web = {"workers": 400, "operations": {"page": {"steps": [{"work": "5ms"}, {"call": "db.query"}]}}}
    db = {"workers": 1, "operations": {"query": {"steps": [{"work": exponential("50ms")}]}}}
    edge = {"visitors->web": {"timeout": patience, "retries": {"max_attempts": 3, "backoff": "100ms"}}}
    given = calling(web, db, 1.0, edge, workloads=[workload]).model_copy(update={"horizon": 1200.0})
    assert (signs(run(given, seed=1))["metastable"] is not None) == is_named


@pytest.mark.parametrize(("workers", "is_named"), [(1, True), (8, False)])
def test_dead_letters_that_grow_with_the_load(workers: int, is_named: bool) -> None:
    """Messages whose handler asks a database that no longer answers in time die after three deliveries."""
    web = {"workers": 50, "operations": {"page": {"steps": [{"publish": "photo.stored"}]}}}
    db = {"workers": workers, "operations": {"query": {"steps": [{"work": exponential("50ms")}]}}}
    faces = {
        "workers": 64,
        "consumes": {"photo.stored": "find"},
        "operations": {"find": {"steps": [{"call": "db.query"}]}},
    }
    edge = {"faces->db": {"timeout": "500ms"}}
    given = calling(web, db, 8.0, edge, services={"faces": faces}, broker={"max_deliveries": 3})
    assert ("dead-letter growth" in named(given, (1.0, 2.0))) == is_named


SIZE_8: dict[str, Any] = {"web->db": {"pool": {"size": 8, "queue": 2}}}
SIZE_80: dict[str, Any] = {"web->db": {"pool": {"size": 80, "queue": 2}}}


@pytest.mark.parametrize(
    ("holds", "edge", "is_named"),
    [("request", {}, True), ("work", {}, False), ("work", SIZE_8, True), ("work", SIZE_80, False)],
    ids=("held workers", "free workers", "few connections", "enough connections"),
)
def test_a_pool_that_is_exhausted(holds: str, edge: dict[str, Any], is_named: bool) -> None:
    """Eight workers held while a slow database answers, or eight connections to it, are too few for twelve calls."""
    web = {"workers": 8, "holds": holds, "operations": {"page": {"steps": [{"work": "5ms"}, {"call": "db.query"}]}}}
    db = {"workers": 200, "operations": {"query": {"steps": [{"work": exponential("1s")}]}}}
    assert named(calling(web, db, 6.0, edge), (0.5, 2.0)) == ({"pool exhaustion"} if is_named else set())


@pytest.mark.parametrize(("holds", "is_named"), [("request", True), ("work", False)])
def test_a_pool_that_waits_for_itself(holds: str, is_named: bool) -> None:
    """A database that asks the web back for more waits, if workers are held, for those who wait for it."""
    menu = {"steps": [{"work": "5ms"}]}
    page = {"steps": [{"wait": "50ms"}, {"call": "db.query"}]}
    web = {"workers": 4, "holds": holds, "operations": {"page": page, "menu": menu}}
    db = {"workers": 200, "operations": {"query": {"steps": [{"call": "web.menu"}]}}}
    edge = {"web->db": {"timeout": "1s"}}
    assert ("pool deadlock" in named(calling(web, db, 20.0, edge), (1.0,))) == is_named


@pytest.mark.parametrize(("connections", "is_named"), [(2, True), (8, False)])
def test_a_database_pool_that_is_exhausted(connections: int, is_named: bool) -> None:
    """A shared resource with all its connections taken is named too, while the service has workers to spare."""
    web = {"workers": 200, "operations": {"page": {"steps": [{"work": "1ms"}, {"use": "photos"}]}}}
    db = {"workers": 1, "operations": {"query": {"steps": [{"work": "1ms"}]}}}
    pool = {"kind": "pool", "connections": connections, "work": exponential("100ms"), "queue_timeout": "1s"}
    given = calling(web, db, 15.0, {}, resources={"photos": pool})
    assert ("pool exhaustion" in named(given, (0.5, 2.0))) == is_named


@pytest.mark.parametrize(
    ("start", "is_named"), [({}, True), ({"every": "5s", "reaction_lag": 0, "start_up": 0, "cooldown": 0}, False)]
)
def test_a_cold_start_while_scaling(start: dict[str, Any], is_named: bool) -> None:
    """Replicas that take a minute to start make the peak wait; those that serve at once do not."""
    given = shipped("autoscaling")
    web = given.platform.services["web"]
    assert web.autoscale is not None
    data = web.autoscale.model_dump(mode="json") | start
    scaler = type(web.autoscale).model_validate(data)
    services = {"web": web.model_copy(update={"autoscale": scaler})}
    changed = given.model_copy(update={"platform": given.platform.model_copy(update={"services": services})})
    assert ("cold start while scaling" in named(changed, (0.5, 1.0))) == is_named


@pytest.mark.parametrize(
    ("kitchens", "what", "factors", "is_named"),
    [
        ({}, "riders", (1.0, 0.3), True),
        ({}, "load", (0.5, 1.0), False),
        ({"cooks": 2, "preparation": "20min"}, "load", (0.5, 1.0), False),
    ],
    ids=("nine riders", "thirty riders", "slow kitchens"),
)
def test_a_shortage_of_riders(kitchens: dict[str, Any], what: str, factors: tuple[float, ...], is_named: bool) -> None:
    """Customers who give up because no rider came are the riders' pattern; those who wait for a kitchen are not."""
    city: dict[str, Any] = {
        "kitchens": kitchens,
        "customers": {"patience": "50min"},
        "demand": {"rate": {"00:00": "40/h"}},
        "stores": {"count": 6},
        "riders": {"count": 30},
    }
    said = {"name": "town", "horizon": "2h", "seed": 1, "dispatch": {"policy": "nearest"}, "city": city}
    patterns = named(Scenario.model_validate(said), factors, what=what)
    assert ("rider shortage feeding cancellations" in patterns) == is_named
