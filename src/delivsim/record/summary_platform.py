"""The platform's part of the summary: client operations, services, stations, the broker."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pandas as pd

from delivsim.record import measures
from delivsim.record.over_time import SHARED, busy_spans, load_over_time, shared_spans, waiting_spans
from delivsim.record.stats import describe, latencies, most_at_once, share, steps_within, time_mean, time_within
from delivsim.record.view import View


def operations(view: View) -> dict[str, Any]:
    """
    Summarize what clients asked for, as they saw it, retries being part of one operation.

    ``errors`` were answered 5xx or timed out, ``unanswered`` were open when the run stopped, ``throughput`` is answers
    per second of the window, ``latency`` is over all answers, errors included.
    """
    asked = view.operations
    listed = view.manifest.get("operations", [])
    parts = dict(list(asked.groupby(["service", "operation"], observed=True)))
    pairs = [(str(service), str(operation)) for service, operation in parts]
    found = {_named(pair, pairs, listed): _operation(parts[pair], view.duration) for pair in pairs}
    used = {*found, *(operation for _, operation in pairs)}
    unused = [name for name in listed if name not in used]
    found |= {name: _operation(asked.iloc[:0], view.duration) for name in unused}
    return {name: found[name] for name in sorted(found)}


def _named(pair: tuple[str, str], pairs: list[tuple[str, str]], listed: list[str]) -> str:
    """Name an operation; with its service if the manifest does, or if clients call two services' of that name."""
    service, operation = pair
    qualified = f"{service}.{operation}"
    twice = sum(other == operation for _, other in pairs) > 1
    return qualified if twice or qualified in listed else operation


def _operation(asked: pd.DataFrame, duration: float) -> dict[str, Any]:
    latency = measures.latency(asked)
    answered = int(latency.notna().sum())
    return {
        "count": len(asked),
        "errors": int(measures.is_error(asked).sum()),
        "unanswered": len(asked) - answered,
        "throughput": share(answered, duration),
        "latency": latencies(latency),
    }


def edges(view: View) -> dict[str, Any]:
    """
    Count calls and attempts (calls and retries) in the window by caller and service, and refusals of guards by reason.

    ``answered_well`` are attempts that their caller saw answered below 500 (not those that lost against a copy, 499);
    ``fallbacks`` are those of them that it answered itself, with what it remembered (203).
    """
    found: dict[str, Any] = {}
    for (caller, service), sent in view.requests.groupby(["caller", "service"], observed=True):
        reasons = sent["reason"].astype(str)
        found.setdefault(str(caller), {})[str(service)] = {
            "calls": int((sent["attempt"] == 1).sum()),
            "attempts": len(sent),
            "answered_well": int(sent["seen"].between(1, 498).sum()),
            "fallbacks": int((sent["seen"] == 203).sum()),
            "by_reason": {reason: int((reasons == reason).sum()) for reason in sorted(set(reasons)) if reason},
        }
    return {caller: dict(sorted(found[caller].items())) for caller in sorted(found)}


def services(view: View) -> dict[str, Any]:
    """
    Summarize each service's visits to its station.

    ``utilization`` is the part of its station's capacity that it used: on a station of its own, that of the station.
    """
    found = {}
    for service, station in sorted(view.manifest["services"].items()):
        visits = view.visits_to(station)
        own = visits[visits["service"] == service]
        found[service] = _load(view, visits if len(own) == len(visits) else own, station)
    return found


def stations(view: View) -> dict[str, Any]:
    """Summarize each station (the servers of one or several services) and its busiest quarter hour."""
    found = {}
    for name, station in sorted(view.manifest["stations"].items()):
        visits, capacity = view.visits_to(name), station["capacity"]
        servers = share(steps_within(capacity, view.window.start, view.until), view.duration)
        busiest = _busiest(view, visits, station)
        found[name] = {
            "servers": servers,
            "replica_hours": steps_within(station.get("replicas", []), view.window.start, view.until) / 3600.0,
            **_load(view, visits, name),
            "busiest": busiest,
            "by_replica": _by_replica(view, visits, station),
        }
    return found


def _load(view: View, visits: pd.DataFrame, station: str) -> dict[str, Any]:
    a, b = view.window.start, view.until
    capacity = view.manifest["stations"].get(station, {}).get("capacity", [])
    arrived = view.arrived(visits)
    waiting = waiting_spans(visits, view.ended_at)
    work = _work(view, visits, station)
    return {
        "visits": len(arrived),
        "refused": int((arrived["outcome"] == "refused").sum()),
        "reneged": int((arrived["outcome"] == "reneged").sum()),
        "shed": int((arrived["outcome"] == "shed").sum()),
        "utilization": share(work, steps_within(capacity, a, b)),
        "waiting_time": describe(measures.waiting_time(arrived)),
        "sojourn_time": describe(measures.sojourn_time(arrived)),
        "queue_length": {"mean": time_mean(*waiting, a, b), "max": most_at_once(*waiting, a, b)},
    }


def _by_replica(view: View, visits: pd.DataFrame, station: Mapping[str, Any]) -> dict[str, Any]:
    """Give visits and utilization of each replica that has a queue of its own."""
    a, b, found = view.window.start, view.until, {}
    shared = station.get("discipline") in SHARED
    for index, capacity in station.get("by_replica", {}).items():
        own = visits[visits["replica"] == int(index)]
        spans = busy_spans(own, view.ended_at)
        work = time_within(*(shared_spans(spans, capacity) if shared else spans), a, b)
        found[index] = {"visits": len(view.arrived(own)), "utilization": share(work, steps_within(capacity, a, b))}
    return found


def _work(view: View, visits: pd.DataFrame, name: str) -> float:
    """Give the server time within the window that these visits to a station took; of shared servers, their part."""
    a, b = view.window.start, view.until
    time = time_within(*busy_spans(visits, view.ended_at), a, b)
    station = view.manifest["stations"].get(name, {})
    if station.get("discipline") not in SHARED or not time:
        return time
    spans = busy_spans(view.visits_to(name), view.ended_at)
    return time * time_within(*shared_spans(spans, station["capacity"]), a, b) / time_within(*spans, a, b)


def _busiest(view: View, visits: pd.DataFrame, station: Mapping[str, Any]) -> dict[str, Any]:
    """Find the first quarter hour, wholly in the window if one is, with the highest utilization."""
    shared = station.get("discipline") in SHARED
    load = load_over_time(visits, station["capacity"], view.window.start, view.until, shared=shared)
    row = load.iloc[int(load["utilization"].fillna(-1.0).to_numpy().argmax())]
    return {name: float(row[name]) for name in ("start", "end", "utilization", "queue_length")}


def broker(view: View) -> dict[str, Any]:
    """Summarize the messages published in the window: in all, by topic and by consumer group (``app``: the apps)."""
    listed = view.manifest.get("topics", {})
    groups = {group for topic in listed.values() for group in topic.get("groups", ())}
    by_topic, by_group = (_lags(view, column) for column in ("topic", "group"))
    return {
        **_counts(view.messages),
        "topics": {
            name: {**_counts(rows), "delay": _delay(rows), "lag": by_topic[name]}
            for name, rows in _parted(view.messages, "topic", by_topic | listed)
        },
        "groups": {
            name: {**_counts(rows), "lag": by_group[name]}
            for name, rows in _parted(view.messages, "group", by_group | dict.fromkeys(groups))
            if name
        },
    }


def _parted(messages: pd.DataFrame, column: str, names: Iterable[str]) -> Iterator[tuple[str, pd.DataFrame]]:
    """Give the rows of each name, also of those that have none."""
    parts = dict(list(messages.groupby(messages[column].astype(str))))
    return ((name, parts.get(name, messages.iloc[:0])) for name in sorted({*names, *parts}))


def _counts(messages: pd.DataFrame) -> dict[str, int]:
    """Count messages once, what became of them once per consumer group, and duplicates besides."""
    outcomes = messages["outcome"]
    each = messages[outcomes != "duplicate"]
    duplicates = len(messages) - len(each)
    last = messages.groupby(["message", "group"], observed=True)["attempt"].max() if duplicates else each["attempt"]
    return {
        "published": int(messages["message"].nunique()),
        "deliveries": len(each),
        **{name: int((outcomes == name).sum()) for name in ("acknowledged", "open", "dead_letter", "expired", "lost")},
        "redelivered": int((last - 1).sum()),
        "duplicate": duplicates,
    }


def _delay(messages: pd.DataFrame) -> dict[str, float]:
    each = messages[messages["outcome"] != "duplicate"]
    return latencies(each["delivered_at"] - each["published_at"])


def _lags(view: View, column: str) -> defaultdict[str, dict[str, float]]:
    """Give by name how many messages stood in partitions that groups were not done with: over the window, at most."""
    a, b = view.window.start, view.until
    found: defaultdict[str, dict[str, float]] = defaultdict(lambda: {"mean": 0.0, "max": 0})
    messages = view.tables["messages"]
    rows = messages[(messages["outcome"] != "duplicate") & messages["available_at"].notna()]
    for name, each in rows.groupby(rows[column].astype(str)):
        spans = each["available_at"].to_numpy(), each["settled_at"].fillna(view.ended_at).to_numpy()
        found[str(name)] = {"mean": time_mean(*spans, a, b), "max": most_at_once(*spans, a, b)}
    return found
