"""Whatever happens to a broker: a message has one fate in every group, and those of one partition keep their order."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from delivsim.experiment.run import run
from delivsim.record.result import Result
from delivsim.scenario.schema import Scenario


def mapping(**fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Draw a map some of whose keys may be missing: a field that gives None is left out."""
    return st.fixed_dictionaries(fields).map(lambda drawn: {k: v for k, v in drawn.items() if v is not None})


def maybe(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from([None, *values])


def fault(**fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    return mapping(at=st.integers(0, 90), **{"for": st.sampled_from([0.5, 7, 40])}, **fields)


SOME = st.just(0.3)
FAULTS = st.lists(
    st.one_of(
        fault(kind=st.just("crash"), service=st.sampled_from(["broker", "front", "worker", "other"])),
        fault(kind=st.just("crash"), service=st.just("worker"), consumers=st.integers(1, 3)),
        fault(kind=st.just("poison"), topic=st.just("news"), groups=st.sampled_from([[], ["worker"]]), share=SOME),
        fault(kind=st.just("error_rate"), service=st.sampled_from(["worker", "other"]), share=st.just(0.5)),
    ),
    max_size=6,
)  # fmt: skip
BROKER = mapping(
    partitions=st.sampled_from([1, 3]),
    publish_delay=st.sampled_from([0, 0.5, {"kind": "exponential", "mean": "1s"}]),
    delivery_delay=st.sampled_from([0, 0.2]),
    ack_timeout=maybe(1, 5),
    duplicates=maybe(0.3),
    max_deliveries=st.sampled_from([3, 50]),
    dead_letter_topic=maybe("dead"),
    retention=maybe({"messages": 2}, {"messages": 1, "age": 20}, {"age": 5}),
)
SERVICE = mapping(outbox=maybe(False, True), relay_every=maybe(4), idempotent=maybe(True, False)).map(
    lambda drawn: drawn if drawn.get("outbox", True) else {k: v for k, v in drawn.items() if k != "relay_every"}
)
SCENARIO = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 99),
        "broker": BROKER,
        "pressure": maybe("block", "refuse"),
        "front": SERVICE,
        "worker": SERVICE,
        "concurrency": maybe(1, 2),
        "work": st.sampled_from([0, 2, {"kind": "exponential", "mean": "2s"}]),
        "faults": FAULTS,
    }
)


def scenario(drawn: dict[str, Any]) -> Scenario:
    """Let twenty-odd messages go to two groups, one of which publishes an echo of each."""
    echo = {"operations": {"echo": {"steps": [{"work": drawn["work"]}, {"publish": "echo"}]}}}
    note_it = {"operations": {"note": {"steps": [{"work": 0.3}]}}}
    consumers = {"consumers": 3, "concurrency": drawn["concurrency"], "rebalance_delay": 2}
    group = {key: value for key, value in consumers.items() if value is not None}
    broker = {**drawn["broker"], "groups": {"worker": group}}
    if drawn["pressure"] and broker.get("retention", {}).get("messages"):
        broker["back_pressure"] = drawn["pressure"]
    platform = {
        "services": {
            "front": {"operations": {"tell": {"steps": [{"publish": "news"}]}}, **drawn["front"]},
            "worker": {**echo, **drawn["worker"], "consumes": {"news": "echo"}},
            "other": {**note_it, "consumes": {"news": "note", "echo": "note"}},
        },
        "broker": broker,
        "workloads": [{"kind": "open", "name": "source", "operation": "front.tell", "rate": "0.25/s"}],
    }
    return Scenario.model_validate(
        {
            "name": "broker",
            "seed": drawn["seed"],
            "horizon": 100,
            "drain": 400,
            "platform": platform,
            "faults": drawn["faults"],
        }
    )


@settings(max_examples=60, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
@given(SCENARIO)
def test_every_message_has_one_fate_and_its_place_in_the_order(drawn: dict[str, Any]) -> None:
    """Counts add up; a partition's messages are handled one after the other; idempotent means once; again the same."""
    note(yaml.safe_dump(drawn, sort_keys=False, default_flow_style=None))
    result = run(scenario(drawn))
    books = result.summary()["conservation"]
    assert books["holds"], books
    handlings_keep_their_order(result)
    every_echo_once(result, drawn)
    messages = result.tables["messages"]
    lost = messages[messages["outcome"] == "lost"]
    lossy = {name for name in ("front", "worker") if drawn[name].get("outbox") is False}
    assert set(lost["topic"].astype(str)) <= {{"front": "news", "worker": "echo"}[name] for name in lossy}
    again = run(scenario(drawn))
    assert all(result.tables[name].equals(again.tables[name]) for name in result.tables)


def handlings_keep_their_order(result: Result) -> None:
    """Hold that nobody begins with a message before the group is done with the one before it."""
    messages, requests = result.tables["messages"], result.tables["requests"]
    consumed = requests[requests["cause"] == "message"]
    began = consumed.groupby(["parent", "service"], observed=True)["sent_at"].min()
    arrived = messages[(messages["outcome"] != "duplicate") & messages["available_at"].notna()]
    for (_, _, group), rows in arrived.groupby(["topic", "partition", "group"], observed=True):
        ahead = 0.0
        for row in rows.sort_values(["available_at", "message"]).itertuples():
            key = (row.message, group)
            assert key not in began.index or began[key] >= ahead, row
            if row.outcome in ("acknowledged", "dead_letter"):
                ahead = row.settled_at


def every_echo_once(result: Result, drawn: dict[str, Any]) -> None:
    """Hold that an idempotent worker publishes one echo of each message that it is done with well, and never two."""
    if drawn["worker"].get("idempotent") is False or drawn["worker"].get("outbox") is False:
        return
    messages, requests = result.tables["messages"], result.tables["requests"]
    of_news = requests.set_index("request")["parent"]
    echoes = messages[messages["topic"] == "echo"].drop_duplicates("message")["parent"].map(of_news)
    assert not echoes.duplicated().any()
    news = messages[(messages["topic"] == "news") & (messages["group"] == "worker")]
    assert set(news.loc[news["outcome"] == "acknowledged", "message"]) <= set(echoes)
