"""What a worker is held for, and what services that share a process share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from delivsim.experiment.run import run
from delivsim.record.result import Result
from delivsim.scenario.schema import Scenario

SERVICES = ("gateway", "user", "order", "store", "delivery", "payment", "notification")


class TestHolds:
    """What a worker is held for, and what services that share a process share."""

    def front(self, holds: str, **front: Any) -> Result:
        services = {
            "web": {
                "workers": 2,
                "holds": holds,
                "operations": {"page": {"steps": [{"work": 0.1}, {"call": "db.query"}]}},
            },
            "db": {"workers": 50, "operations": {"query": {"steps": [{"work": 2.0}]}}},
        }
        platform = {
            "services": services | front,
            "network": {"default_delay": 0},
            "workloads": [{"kind": "batch", "name": "visitors", "operation": "web.page", "rate": 0.1, "size": 8}],
        }
        return run(
            Scenario.model_validate({"name": "holds", "horizon": "5min", "drain": "10min", "platform": platform})
        )

    def test_held_threads_run_out(self):
        """Two threads that wait for a database of 2 s serve eight pages in 8.4 s; two that do not, in 2.4 s."""
        longest = {}
        for holds in ("work", "request"):
            rows = self.front(holds).tables["requests"].query("caller == 'visitors'")
            longest[holds] = (rows["answered_at"] - rows["sent_at"]).groupby(rows["sent_at"]).max().min()
            assert set(rows["seen"]) == {200}
        assert longest == {"work": pytest.approx(2.4), "request": pytest.approx(8.4)}

    def test_a_held_thread_is_one_visit_as_long_as_its_request(self):
        """The row of a held worker lasts from its start to the end of the request."""
        result = self.front("request")
        both = result.tables["visits"].query("station == 'web'").merge(result.tables["requests"], on="request")
        assert len(both) == len(result.tables["requests"].query("service == 'web'"))
        assert both["departed_at"].to_numpy() == pytest.approx(both["ended_at"].to_numpy())
        assert (both["departed_at"] - both["started_at"]).to_numpy() == pytest.approx(2.1)

    def test_an_evening_of_threads_ends_well(self, city, books):
        """All seven services hold a worker per request: nobody waits for himself, everything comes to its end."""
        services = {service: {"workers": 4, "holds": "request"} for service in SERVICES}
        result = city(platform={"services": services})
        assert books.outcomes(result) == {("delivered", ""): len(result.tables["orders"])}
        books.assert_all_ended_well(result)

    @pytest.mark.parametrize(("workers", "ends"), [(1, False), (8, True)])
    def test_a_pool_that_calls_into_itself_can_starve(self, workers, ends):
        """Both services in one process of threads: with one thread the page waits for ever for its own query."""
        services = {
            "web": {"operations": {"page": {"steps": [{"call": "db.query"}]}}},
            "db": {"operations": {"query": {"steps": [{"work": 0.1}]}}},
        }
        platform = {
            "services": services,
            "processes": {"all": {"services": ["web", "db"], "workers": workers, "holds": "request"}},
            "network": {"default_delay": 0},
            "workloads": [{"kind": "open", "name": "visitor", "operation": "web.page", "interarrival": 10}],
        }
        result = run(Scenario.model_validate({"name": "pool", "horizon": 35, "drain": "1h", "platform": platform}))
        assert result.tables["requests"]["ended_at"].notna().all() == ends
        assert result.summary()["conservation"]["holds"]

    def test_services_of_one_process_share_its_queue(self, city, books):
        """One station for all seven, with all their visits: never more in work than it has workers."""
        process = {"all": {"services": list(SERVICES), "workers": 2}}
        result = city(platform={"processes": process})
        visits = result.tables["visits"]
        assert set(visits["station"]) == {"all"}
        assert set(visits["service"]) == set(SERVICES)
        assert list(result.manifest["stations"]) == ["all"]
        instants = np.concatenate([visits["departed_at"], visits["started_at"]])
        steps = np.repeat([-1, 1], len(visits))
        assert np.cumsum(steps[np.lexsort((steps, instants.round(9)))]).max() == 2
        books.assert_all_ended_well(result)

    def test_a_crash_takes_the_whole_process(self, city, books):
        """When one service of a process crashes, all of them are gone, and come back together."""
        process = {"all": {"services": list(SERVICES), "workers": 4}}
        fault = {"kind": "crash", "service": "user", "at": "18:08", "for": "1min"}
        result = city(platform={"processes": process}, faults=[fault])
        down = result.tables["requests"].query("480 < arrived_at < 540")
        assert "gateway" in set(down["service"])
        assert set(down["status"]) == {503}
        assert "user" not in set(down["service"]), "nothing gets that far"
        books.assert_all_ended_well(result)
