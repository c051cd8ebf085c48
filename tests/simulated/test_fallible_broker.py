"""Messages that come twice, late or never: everything here can be checked by hand in the messages table."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from delivsim.experiment.run import run
from delivsim.record.result import Result
from delivsim.scenario.schema import Scenario


def world(publishers: dict[str, Any], worker: dict[str, Any], faults: Any = (), **broker: Any) -> Result:
    """Let every publisher's operation happen once, at 10 s; ``worker`` consumes. Nothing but work takes time."""
    front = {"operations": {name: {"steps": steps} for name, steps in publishers.items()}}
    front |= broker.pop("front", {})
    services = {"front": front, "worker": worker, **broker.pop("services", {})}
    platform = {
        "services": services,
        "network": {"default_delay": 0},
        "broker": {"publish_delay": 0, **broker},
        "workloads": [
            {"kind": "open", "name": f"source-{name}", "operation": f"front.{name}", "interarrival": 10}
            for name in publishers
        ],
    }
    data = {"name": "broker", "horizon": 15, "drain": "2min", "platform": platform, "faults": list(faults)}
    result = run(Scenario.model_validate(data))
    assert result.summary()["conservation"]["holds"]
    return result


def told(result: Result, *columns: str) -> list[tuple[Any, ...]]:
    """Give these columns of the messages table, in order of messages and of when they were done with."""
    rows = result.tables["messages"].sort_values(["message", "settled_at"])
    return list(rows[list(columns)].astype(object).itertuples(index=False, name=None))


def consumer(work: float, *topics: str, workers: int = 8, **more: Any) -> dict[str, Any]:
    operations = {"handle": {"steps": [{"work": work}]}}
    return {"workers": workers, "operations": operations, "consumes": dict.fromkeys(topics, "handle"), **more}


def crash(at: float, lasts: float, service: str = "broker", **more: Any) -> dict[str, Any]:
    return {"kind": "crash", "service": service, "at": at, "for": lasts, **more}


NEWS = {"many": [{"publish": "news"}] * 3}
ONE = {"one": [{"publish": "news"}]}
FATE = ("outcome", "reason", "attempt", "delivered_at", "settled_at")


class TestAcknowledgementInTime:
    """``ack_timeout``: a message that is not acknowledged in time is delivered again."""

    def test_a_slow_handler_makes_a_visible_duplicate(self) -> None:
        """5 s of work, 3 s of time: delivered at 10 and 13 s; the first ends at 15 s and counts, the second at 18 s."""
        result = world(ONE, consumer(5.0, "news"), ack_timeout=3)
        assert told(result, *FATE) == [
            ("acknowledged", "", 1, 10.0, 15.0), ("duplicate", "settled", 2, 13.0, 18.0),
        ]  # fmt: skip
        found = result.summary()["broker"]
        assert (found["deliveries"], found["acknowledged"], found["redelivered"], found["duplicate"]) == (1, 1, 1, 1)

    def test_after_too_many_deliveries_it_is_a_dead_letter(self) -> None:
        """Never in time: handed out at 10, 11 and 12 s, given up at 13 s; all three handlers end well, and in vain."""
        result = world(ONE, consumer(60.0, "news", idempotent=False), ack_timeout=1, max_deliveries=3)
        rows = told(result, *FATE)
        assert rows[0] == ("dead_letter", "max_deliveries", 3, 12.0, 13.0)
        assert [row[:3] for row in rows[1:]] == [("duplicate", "settled", n) for n in (1, 2, 3)]

    def test_a_dead_letter_is_not_buried_again_when_its_last_handler_fails_at_last(self) -> None:
        """Given up at 14 s, its handlers fail from 19 s on: one row, and the next of the partition had its turn."""
        slow = {"operations": {"handle": {"steps": [{"wait": 9.0}, {"fail": 500}]}}, "consumes": {"news": "handle"}}
        result = world(NEWS, slow, ack_timeout=2, max_deliveries=2, partitions=1)
        assert told(result, "outcome", "attempt", "settled_at") == [
            ("dead_letter", 2, 14.0), ("dead_letter", 2, 18.0), ("dead_letter", 2, 22.0),
        ]  # fmt: skip

    def test_who_acknowledges_in_time_sees_nothing_of_it(self) -> None:
        """The messages are those of a broker without the limit."""
        assert told(world(NEWS, consumer(2.0, "news"), ack_timeout=3), *FATE) == told(
            world(NEWS, consumer(2.0, "news")), *FATE
        )

    def test_the_next_of_the_partition_waits_until_the_first_is_done_with(self) -> None:
        """However often the first is delivered, the second begins after the first acknowledgement."""
        result = world({"two": [{"publish": "news"}] * 2}, consumer(5.0, "news"), partitions=1, ack_timeout=3)
        well = result.tables["messages"].query("outcome == 'acknowledged'").sort_values("message")
        assert list(well["settled_at"]) == [15.0, 20.0]
        assert list(well["delivered_at"]) == [10.0, 15.0]


class TestIdempotentConsumers:
    """What a consumer does with a message that it has handled."""

    NEXT = {  # noqa: RUF012
        "after": {"operations": {"note": {"steps": [{"work": 0}]}}, "consumes": {"echo": "note"}},
    }

    def echoes(self, **more: Any) -> Result:
        """Let a worker take 5 s to publish an echo of a message that it has 3 s to acknowledge."""
        steps = [{"work": 5.0}, {"publish": "echo"}]
        worker = {"operations": {"handle": {"steps": steps}}, "consumes": {"news": "handle"}, **more}
        return world(ONE, worker, ack_timeout=3, services=self.NEXT)

    def test_one_that_is_idempotent_does_nothing_twice(self) -> None:
        """The second delivery finds the message handled when it is about to write: one echo."""
        result = self.echoes()
        assert list(result.tables["messages"]["topic"].astype(str)).count("echo") == 1
        assert result.summary()["broker"]["duplicate"] == 1

    def test_one_that_is_not_does_it_again(self) -> None:
        """Two deliveries, two echoes, each a message of its own."""
        result = self.echoes(idempotent=False)
        echoes = result.tables["messages"].query("topic == 'echo'")
        assert list(echoes["outcome"]) == ["acknowledged"] * 2
        assert echoes["message"].nunique() == 2

    def test_what_failed_is_not_taken_for_handled(self) -> None:
        """A handler that publishes and then fails is run again in full, idempotent or not."""
        steps = [{"publish": "echo"}, {"fail": 500}]
        worker = {"operations": {"handle": {"steps": steps}}, "consumes": {"news": "handle"}}
        result = world(ONE, worker, ack_timeout=3, max_deliveries=2, services=self.NEXT)
        assert list(result.tables["messages"]["topic"].astype(str)).count("echo") == 2


def test_lost_acknowledgements_come_again_after_a_delay() -> None:
    """All of them lost: handled at 10 and 11 s, both well, and still a dead letter after two deliveries."""
    result = world(ONE, consumer(0.0, "news"), duplicates=1, max_deliveries=2)
    assert sorted(told(result, "settled_at", "outcome", "reason", "attempt")) == [
        (10.0, "duplicate", "lost_ack", 1), (11.0, "dead_letter", "max_deliveries", 2),
        (11.0, "duplicate", "lost_ack", 2),
    ]  # fmt: skip


def test_a_dead_letter_goes_where_dead_letters_go() -> None:
    """It is published anew for a service that consumes them, with its key, and not buried a second time."""
    worker = {"operations": {"handle": {"steps": [{"fail": 500}]}}, "consumes": {"news": "handle", "dead": "handle"}}
    result = world(ONE, worker, max_deliveries=2, dead_letter_topic="dead")
    assert told(result, "topic", "outcome", "attempt") == [("news", "dead_letter", 2), ("dead", "dead_letter", 2)]
    assert result.tables["messages"]["parent"].iloc[-1] in set(result.tables["requests"]["request"])


class TestCrashOfTheBroker:
    """What survives a crash of the broker."""

    def test_what_stands_in_partitions_survives(self) -> None:
        """One partition, 4 s each, down from 12 to 20 s: the one at work comes again, known; then the others."""
        result = world(NEWS, consumer(4.0, "news"), [crash(12, 8)], partitions=1)
        rows = told(result, *FATE)
        assert rows == [
            ("duplicate", "broker_crash", 1, 10.0, 14.0),
            ("acknowledged", "", 2, 20.0, 20.0),
            ("acknowledged", "", 1, 20.0, 24.0),
            ("acknowledged", "", 1, 24.0, 28.0),
        ]

    @pytest.mark.parametrize(("outbox", "fate"), [(True, ("acknowledged", "")), (False, ("lost", "broker_down"))])
    def test_what_is_published_meanwhile_waits_in_the_outbox_or_is_lost(self, outbox: bool, fate: Any) -> None:
        """Down from 5 to 20 s, published at 10 s: handled from 20 s on, in order; without an outbox never."""
        result = world(NEWS, consumer(1.0, "news"), [crash(5, 15)], partitions=1, front={"outbox": outbox})
        assert told(result, "outcome", "reason") == [fate] * 3
        if outbox:
            assert list(result.tables["messages"].sort_values("message")["delivered_at"]) == [20.0, 21.0, 22.0]

    @pytest.mark.parametrize(("outbox", "fate"), [(True, ("acknowledged", "")), (False, ("lost", "broker_down"))])
    def test_what_is_on_its_way_is_sent_again_or_lost(self, outbox: bool, fate: Any) -> None:
        """A publish delay of 4 s, a crash after 2 s of it: with an outbox it stands there 4 s after the restart."""
        result = world(ONE, consumer(1.0, "news"), [crash(12, 8)], publish_delay=4, front={"outbox": outbox})
        assert told(result, "outcome", "reason") == [fate]
        if outbox:
            assert told(result, "available_at") == [(24.0,)]

    def test_two_crashes_at_once_last_until_both_are_over(self) -> None:
        """Down from 5 to 20 and from 15 to 30 s: back at 30 s."""
        result = world(ONE, consumer(1.0, "news"), [crash(5, 15), crash(15, 15)])
        assert told(result, "delivered_at") == [(30.0,)]


class TestOutbox:
    """What a service has committed and not published yet."""

    def test_the_relay_sends_every_so_often(self) -> None:
        """Published at 10 s, relayed at every multiple of 4 s: they stand in their partitions at 12 s."""
        result = world(NEWS, consumer(1.0, "news"), front={"relay_every": 4})
        assert told(result, "published_at", "available_at") == [(10.0, 12.0)] * 3

    def test_it_survives_a_crash_of_its_service(self) -> None:
        """The service crashes at 11 s and is back at 25 s: its relay sends then."""
        result = world(ONE, consumer(1.0, "news"), [crash(11, 14, "front")], front={"relay_every": 4})
        assert told(result, "available_at", "outcome") == [(25.0, "acknowledged")]

    def test_without_one_a_crash_between_loses_the_message(self) -> None:
        """It takes 4 s to reach the broker, and its service crashes after 1 s of that."""
        result = world(ONE, consumer(1.0, "news"), [crash(11, 1, "front")], publish_delay=4, front={"outbox": False})
        assert told(result, "outcome", "reason") == [("lost", "crash")]


class TestConsumersThatDie:
    """Groups of several consumers."""

    GROUP = {"worker": {"consumers": 2, "rebalance_delay": 3}}  # noqa: RUF012

    def test_the_others_take_its_partitions_over(self) -> None:
        """Two partitions, 4 s each, the first consumer dies at 11 s: its message begins anew at 14 s, elsewhere."""
        result = world(
            {"two": [{"publish": "news"}] * 2}, consumer(4.0, "news"), [crash(11, 100, "worker", consumers=1)],
            partitions=2, groups=self.GROUP,
        )  # fmt: skip
        rows = {
            row[0]: row[1:] for row in told(result, "partition", "outcome", "attempt", "delivered_at", "settled_at")
        }
        assert rows == {0: ("acknowledged", 2, 14.0, 18.0), 1: ("acknowledged", 1, 10.0, 14.0)}

    def test_what_it_did_is_lost(self) -> None:
        """Its handler does not come to publish anything; the second delivery does."""
        steps = [{"work": 4.0}, {"publish": "echo"}]
        worker = {"operations": {"handle": {"steps": steps}}, "consumes": {"news": "handle"}}
        result = world(ONE, worker, [crash(11, 100, "worker", consumers=1)], groups=self.GROUP)
        assert told(result, "topic", "published_at", "outcome") == [
            ("news", 10.0, "acknowledged"), ("echo", 18.0, "acknowledged"),
        ]  # fmt: skip

    def test_the_dead_try_nothing_again(self) -> None:
        """Its handler's call failed at 10 and 13 s; it dies at 14 s, and only the second delivery goes on calling."""
        worker = {
            "operations": {"handle": {"steps": [{"call": "shop.ask"}]}}, "consumes": {"news": "handle"},
            "calls": {"retries": {"max_attempts": 5, "backoff": 3}},
        }  # fmt: skip
        shop = {"operations": {"ask": {"steps": [{"fail": 503}]}}}
        faults = [crash(14, 200, "worker", consumers=1)]
        result = world(ONE, worker, faults, groups=self.GROUP, services={"shop": shop}, max_deliveries=2)
        asked = result.tables["requests"]
        first, second = asked[asked["operation"] == "handle"].sort_values("sent_at")["request"]
        sent = {n: asked.loc[asked["parent"] == n, "sent_at"].tolist() for n in (first, second)}
        assert sent == {first: [10.0, 13.0], second: [17.0, 20.0, 23.0, 26.0, 29.0]}

    def test_without_any_messages_wait(self) -> None:
        """Both die at 5 s and are back at 20 s: 3 s later partitions are shared again."""
        result = world(ONE, consumer(1.0, "news"), [crash(5, 15, "worker", consumers=2)], groups=self.GROUP)
        assert told(result, "delivered_at", "outcome") == [(23.0, "acknowledged")]

    def test_concurrency_is_of_each(self) -> None:
        """Four partitions, two consumers, one message at a time each: two at a time."""
        groups = {"worker": {"consumers": 2, "concurrency": 1}}
        result = world({"four": [{"publish": "news"}] * 4}, consumer(1.0, "news"), partitions=4, groups=groups)
        assert sorted(result.tables["messages"]["settled_at"]) == [11.0, 11.0, 12.0, 12.0]


class TestRetention:
    """What a topic keeps for groups that lag behind."""

    def test_the_oldest_that_waits_expires(self) -> None:
        """Two are kept, one of them at work: of five, the second and third make room for the last."""
        result = world(
            {"five": [{"publish": "news"}] * 5}, consumer(4.0, "news"), partitions=1, retention={"messages": 2}
        )
        assert [row[0] for row in told(result, "outcome")] == ["acknowledged", *["expired"] * 3, "acknowledged"]

    def test_what_waits_too_long_expires(self) -> None:
        """4 s of work each, and nobody waits longer than 5 s: the third would begin after 8 s."""
        result = world(NEWS, consumer(4.0, "news"), partitions=1, retention={"age": 5})
        assert told(result, "outcome", "reason")[-1] == ("expired", "age")
        assert [row[0] for row in told(result, "outcome")].count("acknowledged") == 2

    def test_a_topic_may_keep_more(self) -> None:
        """What is said of the topic counts for it."""
        result = world(
            NEWS, consumer(4.0, "news"), partitions=1, retention={"messages": 1},
            topics={"news": {"retention": {"messages": 9}}},
        )  # fmt: skip
        assert {row[0] for row in told(result, "outcome")} == {"acknowledged"}


class TestBackPressure:
    """What becomes of publishing to a full partition."""

    def flood(self, how: str, *, outbox: bool) -> Result:
        """Publish four messages to a partition that keeps one; each takes 4 s of work."""
        return world(
            {"four": [{"publish": "news"}] * 4}, consumer(4.0, "news"), partitions=1, retention={"messages": 1},
            back_pressure=how, front={"outbox": outbox},
        )  # fmt: skip

    def test_publishers_wait(self) -> None:
        """The publisher gets on with each message as the one before is done with, and answers at 22 s."""
        result = self.flood("block", outbox=False)
        assert told(result, "outcome", "published_at") == [("acknowledged", at) for at in (10.0, 10.0, 14.0, 18.0)]
        assert result.tables["requests"].query("operation == 'four'")["answered_at"].iloc[0] == 22.0

    def test_publishers_are_refused(self) -> None:
        """Only the first of them gets in."""
        assert told(self.flood("refuse", outbox=False), "outcome", "reason") == [
            ("acknowledged", ""), *[("lost", "back_pressure")] * 3,
        ]  # fmt: skip

    @pytest.mark.parametrize("how", ["block", "refuse"])
    def test_an_outbox_takes_what_the_broker_does_not(self, how: str) -> None:
        """Nothing is lost, in order, and the publisher has its answer at once."""
        result = self.flood(how, outbox=True)
        assert told(result, "outcome", "delivered_at") == [("acknowledged", at) for at in (10.0, 14.0, 18.0, 22.0)]
        assert result.tables["requests"].query("operation == 'four'")["answered_at"].iloc[0] == 10.0


class TestPoison:
    """Messages on which every handler fails."""

    def poisoned(self, **more: Any) -> pd.DataFrame:
        fault = {"kind": "poison", "topic": "news", "at": 5, "for": 10, **more}
        return world(ONE, consumer(1.0, "news"), [fault], max_deliveries=3).tables["messages"]

    def test_they_end_as_dead_letters(self) -> None:
        """However often they are delivered."""
        row = self.poisoned().iloc[0]
        assert (row["outcome"], row["reason"], row["attempt"]) == ("dead_letter", "poison", 3)

    def test_only_those_that_are_struck(self) -> None:
        """A share of none is nobody."""
        assert self.poisoned(share=0)["outcome"].iloc[0] == "acknowledged"


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"broker": {"back_pressure": "block"}}, "needs retention.messages"),
        ({"broker": {"retention": {}}}, "must have messages, age or both"),
        ({"broker": {"groups": {"order": {"rebalance_delay": "1s"}}}}, "needs consumers"),
        ({"broker": {"ack_timeout": 0}}, "ack_timeout"),
        ({"broker": {"duplicates": 1.5}}, "duplicates"),
        ({"services": {"order": {"outbox": False, "relay_every": "1s"}}}, "needs an outbox"),
    ],
)
def test_nonsense_is_refused(wrong: dict[str, Any], rule: str) -> None:
    """With the place and the rule."""
    with pytest.raises(ValueError, match=rule):
        Scenario.model_validate({"name": "wrong", "horizon": 60, "platform": wrong})


@pytest.mark.parametrize(
    ("broker", "rule"),
    [
        ({"dead_letter_topic": "order.cancelled"}, "dead_letter_topic: must not be a topic of the seven services"),
        (
            {"topics": {"nws": {"partitions": 2}}},
            r"must be a topic that is .* consumed, got 'nws' \(did .*news",
        ),
        ({"groups": {"wroker": {"consumers": 2}}}, r"a service that consumes topics, got 'wroker' \(did .*worker"),
        ({"groups": {"front": {"consumers": 2}}}, "must be a service that consumes topics, got 'front'"),
    ],
)
def test_what_is_not_there_cannot_be_set_up(broker: dict[str, Any], rule: str) -> None:
    """A topic or group that does not exist is refused with its near miss; dead letters go to a topic of one's own."""
    with pytest.raises(ValueError, match=rule):
        world(NEWS, consumer(1.0, "news"), **broker)
