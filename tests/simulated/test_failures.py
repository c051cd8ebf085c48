"""What breaks: full queues, callers who give up, crashes, and slowness; and what is left afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from delivsim.experiment.run import run
from delivsim.record.result import Result
from delivsim.scenario.schema import Scenario

SERVICES = ("gateway", "user", "order", "store", "delivery", "payment", "notification")


def the(rows: Any) -> Any:
    assert len(rows) == 1, rows
    return rows.iloc[0]


def work(service: str, operation: str, law: Any, **station: Any) -> dict[str, Any]:
    return {"services": {service: {"operations": {operation: {"work": law}}, **station}}}


class TestOverload:
    """Bounded queues."""

    def test_who_finds_no_room_is_refused_and_counted(self, city, books):
        """One user service worker at 8 s a login, no queue: 503, two more attempts, then rejected as overload."""
        result = city(platform=work("user", "authenticate", "8s", workers=1, queue_capacity=0))
        outcomes = books.outcomes(result)
        assert outcomes["rejected", "overload"] > 5
        visits = result.tables["visits"].query("station == 'user'")
        refused = (visits["outcome"] == "refused").sum()
        assert refused == result.summary()["services"]["user"]["refused"] > 0
        assert (visits[visits["outcome"] == "refused"]["queue_length"] == 0).all()
        place = books.calls(result, "place_order")
        assert (books.calls(result, "authenticate")["status"] == 503).sum() == refused
        lost = place[place["last"] & (place["seen"] == 503)]
        assert len(lost) == outcomes["rejected", "overload"]
        assert set(lost["attempt"]) == {3}
        books.assert_all_ended_well(result)


class TestTimeouts:
    """A called service that outlives its caller's patience finishes its work."""

    @pytest.fixture
    def slow_bank(self, street) -> Result:
        """A charge takes 11 s, the customer's app waits 10 s for an answer and asks again after 2 s."""
        return street(platform=work("payment", "charge", "11s"))

    def test_the_caller_sees_504_and_the_charge_happens(self, slow_bank, books):
        """The first attempt is answered 504 after 10 s to the app, and 201 into the void when the bank is done."""
        first = books.calls(slow_bank, "place_order").iloc[0]
        assert (first["seen"], first["status"], first["attempt"], first["last"]) == (504, 201, 1, False)
        assert first["answered_at"] == pytest.approx(first["sent_at"] + 10.0)
        assert first["ended_at"] > first["answered_at"] + 0.9
        charge = books.calls(slow_bank, "charge").iloc[0]
        assert (charge["status"], charge["seen"]) == (200, 200)
        assert charge["answered_at"] > first["answered_at"]

    def test_the_idempotency_key_keeps_it_single(self, slow_bank, books):
        """The retry finds the order it began: one order, one charge, one reservation, and the app sees it."""
        place = books.calls(slow_bank, "place_order")
        assert place["attempt"].tolist() == [1, 2]
        assert place["sent_at"].iloc[1] == pytest.approx(place["answered_at"].iloc[0] + 2.0)
        assert set(place["first_sent_at"]) == {place["sent_at"].iloc[0]}
        assert place["seen"].iloc[1] == 200
        order = the(slow_bank.tables["orders"])
        assert (order["outcome"], order["refunded"]) == ("delivered", 0)
        assert len(books.messages(slow_bank, "order.placed", "delivery")) == 1
        assert len(books.messages(slow_bank, "payment.succeeded")) == 1
        assert the(slow_bank.tables["stores"])["reserved"] == 1
        assert order["charged"] == 2000
        books.assert_all_ended_well(slow_bank)

    def test_two_attempts_at_work_place_one_order(self, street, books):
        """A bank of 15 s: the second attempt asks it too, finds the order confirmed meanwhile, and changes nothing."""
        result = street(platform=work("payment", "charge", "15s"))
        assert books.calls(result, "charge")["status"].tolist() == [200, 200]
        assert books.calls(result, "create_order")["status"].tolist() == [201, 200, 200]
        assert len(books.messages(result, "order.placed", "delivery")) == 1
        assert len(books.messages(result, "payment.succeeded")) == 1
        books.assert_all_ended_well(result)

    def test_latency_as_the_client_sees_it_counts_all_attempts(self, slow_bank, books):
        """From the first attempt sent to the last one answered."""
        place = books.calls(slow_bank, "place_order")
        seen = place["answered_at"].iloc[1] - place["sent_at"].iloc[0]
        assert slow_bank.summary()["operations"]["place_order"]["latency"]["max"] == pytest.approx(seen)

    def test_an_order_whose_customer_gave_up_is_the_platforms(self, street, books):
        """Three attempts are too few for a bank of 50 s: the app gave up, the order was accepted and is delivered."""
        result = street(platform=work("payment", "charge", "50s"))
        place = books.calls(result, "place_order")
        assert place["seen"].tolist() == [504] * 3
        assert books.outcomes(result) == {("delivered", ""): 1}
        books.assert_all_ended_well(result)

    def test_a_caller_may_give_up_while_the_answer_is_on_its_way(self):
        """3 s there, 0.5 s of work, 3 s back, 4 s of patience: done at 3.5 s, 504 seen at 4 s, one row."""
        result = steps(edge={"delay": "3s", "timeout": "4s"}, work=0.5)
        row = the(result.tables["requests"])
        assert (row["status"], row["seen"]) == (200, 504)
        assert row["ended_at"] - row["sent_at"] == pytest.approx(3.5)
        assert row["answered_at"] - row["sent_at"] == pytest.approx(4.0)

    def test_retries_wait_between_attempts_and_stop_at_the_last(self):
        """Patience 1 s, work 5 s: four attempts, each 2 s after the one before was given up, all served in the end."""
        result = steps(edge={"timeout": "1s", "retries": {"max_attempts": 4, "backoff": "2s"}}, work=5.0)
        rows = result.tables["requests"].sort_values("sent_at")
        assert (rows["sent_at"] - rows["sent_at"].iloc[0]).tolist() == pytest.approx([0.0, 3.0, 6.0, 9.0])
        assert rows["last"].tolist() == [False, False, False, True]
        assert set(rows["status"]) == {200}
        assert result.summary()["operations"]["page"]["errors"] == 1


def steps(edge: dict[str, Any], work: float) -> Result:
    """One call, at 10 s, of a service of one step, over an edge of one's own."""
    platform = {
        "services": {"web": {"operations": {"page": {"steps": [{"work": work}]}}}},
        "network": {"default_delay": 0, "edges": {"visitor->web": edge}},
        "workloads": [{"kind": "open", "name": "visitor", "operation": "web.page", "interarrival": 10}],
    }
    return run(Scenario.model_validate({"name": "steps", "horizon": 15, "drain": "5min", "platform": platform}))


class TestCrashes:
    """A service that is gone for two minutes in the middle of a small evening."""

    @pytest.mark.parametrize("service", SERVICES)
    @pytest.mark.parametrize("mode", ["sync", "async"])
    def test_whoever_crashes_nothing_gets_lost(self, city, books, service, mode):
        """Counts add up, whoever was charged is served or refunded, nobody is served twice, nothing hangs."""
        fault = {"kind": "crash", "service": service, "at": "18:08", "for": "2min"}
        slow = {service: {"operations": {op: {"work": law} for op, law in SLOW[service].items()}}}
        platform = {"payment": {"mode": mode}, "services": slow}
        customers = {"declined_card": 0.1, "patience": {"kind": "uniform", "low": "3min", "high": "30min"}}
        result = city(faults=[fault], platform=platform, city={"customers": customers, "stores": {"stock": 9}})
        failed = result.tables["visits"].query("outcome == 'failed'")
        assert set(failed["service"]) <= {service}
        assert set(failed["departed_at"]) <= {480.0}
        down = result.tables["requests"].query("service == @service and 480 < arrived_at < 600")
        assert len(down) > 0
        assert set(down["status"]) == {503}
        assert len(result.tables["orders"]) == sum(books.outcomes(result).values()) > 50
        assert books.outcomes(result)["delivered", ""] > 20
        books.assert_all_ended_well(result)

    def test_work_in_progress_is_lost_and_seen(self):
        """A crash at 12 s: the call at work since 10 s fails with 503, and the one after the restart is served."""
        result = crashing([{"kind": "crash", "service": "web", "at": "00:00:12", "for": 5}])
        rows = result.tables["requests"].sort_values("sent_at")
        assert rows["seen"].tolist() == [503, 200]
        assert rows["answered_at"].iloc[0] == 12.0
        visits = result.tables["visits"].sort_values("arrived_at")
        assert visits["outcome"].tolist() == ["failed", "served"]
        assert result.manifest["stations"]["web"]["capacity"] == [[0.0, 2], [12.0, 0], [17.0, 2]]

    def test_crashes_may_overlap(self):
        """Two crashes that overlap are one long one: nothing is served between, and no servers are made of them."""
        crashes = [
            {"kind": "crash", "service": "web", "at": "00:00:12", "for": 5},
            {"kind": "crash", "service": "web", "at": "00:00:15", "for": 8},
        ]
        result = crashing(crashes)
        assert result.tables["requests"].sort_values("sent_at")["seen"].tolist() == [503, 503]
        capacity = [servers for _, servers in result.manifest["stations"]["web"]["capacity"]]
        assert capacity[-1] == 2
        assert max(capacity) == 2

    def test_what_a_crashed_service_had_called_goes_on(self):
        """A crash of the caller fails only what is its own: the database finishes the query, to nobody."""
        services = {
            "web": {"operations": {"page": {"steps": [{"call": "db.query"}]}}},
            "db": {"operations": {"query": {"steps": [{"work": 5.0}]}}},
        }
        result = crashing([{"kind": "crash", "service": "web", "at": "00:00:12", "for": 1}], services)
        query = result.tables["requests"].query("service == 'db'").sort_values("sent_at").iloc[0]
        assert (query["ended_at"], query["status"]) == (15.0, 200)
        page = result.tables["requests"].query("service == 'web'").sort_values("sent_at").iloc[0]
        assert (page["answered_at"], page["seen"]) == (12.0, 503)

    def test_the_dispatcher_goes_on_where_it_was(self, street, books):
        """The delivery service is down when the order comes and when its decision is due: it makes up for it later."""
        fault = {"kind": "crash", "service": "delivery", "at": "00:09", "for": "4min"}
        result = street(faults=[fault])
        assert books.messages(result, "order.placed", "delivery")["attempt"].iloc[0] > 3
        assert the(result.tables["decisions"])["decided_at"] >= 13 * 60
        books.assert_all_ended_well(result)

    def test_durable_timers_outlive_a_crash(self, street, books):
        """An offer nobody answers expires although its timer rang while the service was down."""
        fault = {"kind": "crash", "service": "delivery", "at": "00:11:10", "for": "2min"}
        result = street(
            faults=[fault], instance={"behavior": {"riders": {"accept": 0, "ignore": 1}}},
            dispatch={"give_up_after": "20min"},
        )  # fmt: skip
        expired = books.calls(result, "expire_offer")
        assert expired["sent_at"].iloc[0] == 11 * 60 + 130
        assert len(expired) == len(result.tables["offers"]) > 2
        books.assert_all_ended_well(result)


def crashing(faults: list[dict[str, Any]], services: dict[str, Any] | None = None) -> Result:
    """Calls at 10 s and 20 s of a service with two servers and 4 s of work, or of the services given."""
    own = services or {"web": {"workers": 2, "operations": {"page": {"steps": [{"work": 4.0}]}}}}
    platform = {
        "services": own,
        "network": {"default_delay": 0},
        "workloads": [{"kind": "open", "name": "visitor", "operation": "web.page", "interarrival": 10}],
    }
    data = {"name": "crash", "horizon": 25, "drain": "5min", "platform": platform, "faults": faults}
    return run(Scenario.model_validate(data))


SLOW: dict[str, dict[str, str]] = {
    "gateway": {"place_order": "2s", "picked_up": "1s"},
    "user": {"authenticate": "2s"},
    "order": {"create_order": "2s", "order.picked_up": "2s"},
    "store": {"check_availability": "2s", "order.cancelled": "2s"},
    "delivery": {"order.placed": "2s", "accept_offer": "2s"},
    "payment": {"charge": "3s", "order.placed": "3s", "order.cancelled": "3s"},
    "notification": {"order.placed": "2s", "order.cancelled": "2s"},
}
"""Work long enough that some of it is in progress when the service crashes."""


class TestSlowness:
    """A service that works slower for a while."""

    def test_work_that_begins_meanwhile_takes_longer(self, street, books):
        """A charge of 1 s takes 5 s between 10:00 and 10:30, and 1 s before and after."""
        result = street(
            orders=((5, 25, 3200), (10, 25, 3200), (15, 30, 3200)),
            platform=work("payment", "charge", "1s"),
            faults=[{"kind": "slow", "service": "payment", "at": "00:10", "for": "30s", "factor": 5}],
        )
        visits = result.tables["visits"].query("operation == 'charge'").sort_values("arrived_at")
        assert (visits["departed_at"] - visits["started_at"]).tolist() == pytest.approx([1.0, 5.0, 1.0])
        books.assert_all_ended_well(result)
