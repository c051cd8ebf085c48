"""What services share behind them, through the public door: pools of connections, and caches."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from delivsim.experiment.run import run
from delivsim.record.conservation import conservation
from delivsim.scenario.reader import load_scenario
from delivsim.scenario.schema import Scenario

SCENARIO = Path(__file__).parents[2] / "scenarios" / "minimal.yaml"


def shop(resources: dict[str, Any], steps: Any = ({"use": "db"},), rate: float = 6.0, **rest: Any) -> dict[str, Any]:
    """Two services of many workers that do the same steps, and what they share."""
    service = {"workers": 500, "operations": {"page": {"steps": list(steps)}}}
    platform = {
        "services": {"web": service, "api": service},
        "resources": resources,
        "network": {"default_delay": 0},
        "workloads": [
            {"kind": "open", "name": f"to_{name}", "operation": f"{name}.page", "rate": rate / 2}
            for name in ("web", "api")
        ],
    }
    return {"name": "shop", "seed": 4, "horizon": 1200, "drain": 60, "platform": platform, **rest}


def done(data: dict[str, Any]) -> Any:
    return run(Scenario.model_validate(data))


DB = {"kind": "pool", "connections": 1, "work": {"kind": "exponential", "mean": 0.1}}


def test_all_services_wait_for_the_same_connections():
    """Half of the calls each, one connection: together they are an M/M/1 at 60 %, mean sojourn 0.25 s."""
    result = done(shop({"db": DB}))
    visits = result.tables["visits"].query("station == 'db'")
    assert set(visits["service"].astype(str)) == {"web", "api"}
    assert (visits["departed_at"] - visits["arrived_at"]).mean() == pytest.approx(0.25, rel=0.12)
    started = visits.sort_values("arrived_at", kind="stable")["started_at"]
    assert started.is_monotonic_increasing
    load = 0.6 * 1200 / result.manifest["ended_at"]
    assert result.summary()["stations"]["db"]["utilization"] == pytest.approx(load, rel=0.06)


def test_a_full_pool_is_a_503():
    """Uses that find no place, or lose patience, end their operation with 503; rows and answers agree."""
    db = {**DB, "queue_capacity": 2, "queue_timeout": {"kind": "exponential", "mean": 0.2}}
    result = done(shop({"db": db}, rate=20.0))
    outcomes = result.tables["visits"].query("station == 'db'")["outcome"].astype(str).value_counts()
    seen = result.tables["requests"]["seen"].value_counts()
    assert min(outcomes["refused"], outcomes["reneged"]) > 0
    assert seen[503] == outcomes["refused"] + outcomes["reneged"]
    assert seen[200] == outcomes["served"]


def test_a_cold_cache_sends_more_to_the_pool():
    """Warm, a tenth misses; cold, the misses are those of a hit rate that climbs with the uses."""
    for cold_start in (0, 1000):
        menus = {"kind": "cache", "hit_rate": 0.9, "behind": "db", "cold_start": cold_start}
        result = done(shop({"db": {**DB, "connections": 100}, "menus": menus}, [{"use": "menus"}]))
        looks = result.tables["visits"].query("station == 'menus'")
        misses, n = int((looks["reason"] == "miss").sum()), len(looks)
        cold = sum(math.exp(-k / cold_start) for k in range(n)) if cold_start else 0.0
        assert misses == pytest.approx(0.1 * n + 0.9 * cold, rel=0.08)
        assert misses == len(result.tables["visits"].query("station == 'db'"))


def test_a_thread_is_held_while_it_waits_for_a_connection():
    """``holds: request``: with two threads and one slow connection, the queue is before the threads as well."""
    data = shop({"db": {**DB, "work": 0.15}}, [{"work": 0.001}, {"use": "db"}], rate=6.0)
    data["platform"]["services"]["web"] = {**data["platform"]["services"]["web"], "workers": 2, "holds": "request"}
    visits = done(data).tables["visits"]
    web = visits.query("station == 'web'")
    assert (web["departed_at"] - web["started_at"]).mean() > 0.15
    assert (web["started_at"] - web["arrived_at"]).max() > 0.1


@pytest.mark.parametrize(
    ("resources", "steps", "rule"),
    [
        ({"db": DB}, [{"use": "dbs"}], "must be one of platform.resources (did you mean 'db'?)"),
        ({"web": DB}, [{"use": "web"}], "must be a name that no service, process or app has"),
        ({"db": DB, "c": {"kind": "cache", "hit_rate": 0.5, "behind": "c"}}, [{"use": "c"}], "must be a pool of"),
    ],
)
def test_nonsense_is_refused(resources, steps, rule):
    """A resource that is not there, a name taken, a cache before a cache."""
    with pytest.raises(ValidationError) as refused:
        Scenario.model_validate(shop(resources, steps))
    assert rule in str(refused.value)


def test_built_in_operations_use_them_too():
    """Each order that is placed uses the database once at the order service, and all orders still end as before."""
    plain = load_scenario(SCENARIO)
    create = {"work": "5ms", "uses": ["db"]}
    data = {"services": {"order": {"operations": {"create_order": create}}}, "resources": {"db": DB}}
    with_db = plain.model_copy(update={"platform": type(plain.platform).model_validate(data)})
    result = run(with_db)
    used = result.tables["visits"].query("station == 'db'")
    created = result.tables["requests"].query("operation == 'create_order'")
    assert len(used) == len(created) > 0
    assert set(used["operation"].astype(str)) == {"create_order"}
    assert conservation(result)["holds"]
