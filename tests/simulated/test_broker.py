"""Topics, partitions and consumer groups, seen in the messages table of scenarios of steps."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from delivsim.experiment.run import run
from delivsim.scenario.schema import Scenario


def messages(publishers: dict[str, Any], worker: dict[str, Any], **broker: Any) -> pd.DataFrame:
    """Let every publisher's operation happen once, at 10 s; ``worker`` consumes. Nothing but work takes time."""
    front = {"operations": {name: {"steps": steps} for name, steps in publishers.items()}}
    platform = {
        "services": {"front": front, "worker": worker},
        "network": {"default_delay": 0},
        "broker": {"publish_delay": 0, **broker},
        "workloads": [
            {"kind": "open", "name": f"source-{name}", "operation": f"front.{name}", "interarrival": 10}
            for name in publishers
        ],
    }
    data = {"name": "broker", "horizon": 15, "drain": "1h", "platform": platform}
    result = run(Scenario.model_validate(data))
    assert result.summary()["conservation"]["holds"]
    return result.tables["messages"].sort_values("message")


def consumer(work: float, *topics: str, workers: int = 8) -> dict[str, Any]:
    operations = {"handle": {"steps": [{"work": work}]}}
    return {"workers": workers, "operations": operations, "consumes": dict.fromkeys(topics, "handle")}


def test_messages_without_a_key_are_handled_side_by_side() -> None:
    """Four messages that belong to nothing stand in four partitions: four workers are done with them in 1 s."""
    rows = messages({"many": [{"publish": "news"}] * 4}, consumer(1.0, "news"))
    assert sorted(rows["partition"]) == [0, 1, 2, 3]
    assert list(rows["acknowledged_at"]) == [11.0] * 4


def test_a_partition_is_handled_in_order() -> None:
    """With one partition the same four take 4 s, one after the other."""
    rows = messages({"many": [{"publish": "news"}] * 4}, consumer(1.0, "news"), partitions=1)
    assert list(rows["delivered_at"]) == [10.0, 11.0, 12.0, 13.0]
    assert list(rows["acknowledged_at"]) == [11.0, 12.0, 13.0, 14.0]


def test_a_topic_may_have_partitions_of_its_own() -> None:
    """Two partitions for one topic only: its messages are handled two at a time."""
    rows = messages({"many": [{"publish": "news"}] * 4}, consumer(1.0, "news"), topics={"news": {"partitions": 2}})
    assert list(rows["acknowledged_at"]) == [11.0, 11.0, 12.0, 12.0]


def test_a_group_handles_no_more_than_its_concurrency() -> None:
    """Two at a time, though there are workers and partitions for all."""
    groups = {"worker": {"concurrency": 2}}
    rows = messages({"many": [{"publish": "news"}] * 5}, consumer(1.0, "news"), groups=groups)
    assert list(rows["acknowledged_at"]) == [11.0, 11.0, 12.0, 12.0, 13.0]


def test_a_long_partition_lets_others_have_their_turn() -> None:
    """One at a time: the one message of another topic waits for its turn, not for all six of the first."""
    publishers = {"many": [{"publish": "news"}] * 6, "few": [{"publish": "alarm"}]}
    groups, broker = {"worker": {"concurrency": 1}}, {"partitions": 1}
    rows = messages(publishers, consumer(1.0, "news", "alarm"), groups=groups, **broker)
    assert rows.set_index("topic").loc["alarm", "acknowledged_at"] == 12.0
    assert list(rows[rows["topic"] == "news"]["acknowledged_at"]) == [11.0, 13.0, 14.0, 15.0, 16.0, 17.0]


def test_delays_of_publishing_and_delivery() -> None:
    """A message stands in its partition after the publish delay, and reaches its handler after the delivery delay."""
    rows = messages({"one": [{"publish": "news"}]}, consumer(1.0, "news"), publish_delay=2, delivery_delay=3)
    row = rows.iloc[0]
    assert list(row[["published_at", "available_at", "delivered_at", "acknowledged_at"]]) == [10.0, 12.0, 15.0, 16.0]


def test_a_topic_nobody_consumes() -> None:
    """Its messages are done with at once, in a row without a group."""
    rows = messages({"one": [{"publish": "void"}]}, consumer(1.0, "news"))
    assert (rows.iloc[0]["topic"], rows.iloc[0]["group"], rows.iloc[0]["outcome"]) == ("void", "", "acknowledged")


@pytest.mark.parametrize(("capacity", "attempts"), [(0, 4), (None, 1)])
def test_a_refused_delivery_comes_again_and_ends_as_a_dead_letter(capacity: int | None, attempts: int) -> None:
    """One worker and no queue: the second message is refused at 10, 11, 13 and 17 s, then buried; others are served."""
    worker = {**consumer(60.0, "news", workers=1), "queue_capacity": capacity}
    rows = messages({"two": [{"publish": "news"}] * 2}, worker, redelivery_delay=1, max_deliveries=4)
    assert list(rows["outcome"]) == ["acknowledged", "dead_letter" if capacity == 0 else "acknowledged"]
    assert list(rows["attempt"]) == [1, attempts]
    assert rows["delivered_at"].iloc[1] == (17.0 if capacity == 0 else 10.0)


def test_a_redelivered_message_is_handled_when_there_is_room() -> None:
    """Refused at 10, 11, 13, 17 s, taken at 25 s: acknowledged in its fifth delivery, and its partition waited."""
    worker = {**consumer(9.0, "news", workers=1), "queue_capacity": 0}
    rows = messages({"two": [{"publish": "news"}] * 2}, worker, redelivery_delay=1)
    assert list(rows["outcome"]) == ["acknowledged"] * 2
    assert list(rows["attempt"]) == [1, 5]
    assert list(rows["acknowledged_at"]) == [19.0, 34.0]


def test_a_backlog_of_any_length_is_worked_off_at_one_instant() -> None:
    """Three thousand messages behind a slow one end with it, in their order: handlers that take no time do not nest."""
    slow_then_quick = {"choose": [{"probability": 1.0, "steps": []}]}
    publishers = {"many": [{"publish": "slow"}, *[{"publish": "quick"}] * 3000]}
    worker = {
        "operations": {"slow": {"steps": [{"work": 1.0}]}, "quick": {"steps": [slow_then_quick]}},
        "consumes": {"slow": "slow", "quick": "quick"},
    }
    rows = messages(publishers, worker, partitions=1, groups={"worker": {"concurrency": 1}})
    assert set(rows["acknowledged_at"]) == {11.0}
    assert len(rows) == 3001
