"""The platform's part of what a report says: client operations, services and the broker."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from delivsim.domain.units import format_duration
from delivsim.report.clock import Clock
from delivsim.report.sections import Cell, Section, Tone, cells, line
from delivsim.report.wording import count, decimal, number, percent, plural, rate

_LATENCIES = ("p50", "p95", "p99", "max")
ATTEMPTS_TOLD = 1.05
"""Attempts per call from which on the report tells of them."""
_TIGHT, _FULL = 0.8, 0.95
"""Utilization from which a service is marked as tight, and as full."""
UNHANDLED = ("dead_letter", "expired", "lost")
_BROKER_HEAD = (
    "", "deliveries", "acknowledged", "redelivered", "duplicate", "dead letters", "expired", "lost", "lag", "max lag",
)  # fmt: skip
TROUBLES = ("redelivered", "duplicate", *UNHANDLED)
"""What may become of messages besides being acknowledged, and what of it is bad."""


def operations(summary: Mapping[str, Any], most: int) -> Section | None:
    """Latency of what clients asked for, as they saw it; placing an order first, then by how often it was asked."""
    found = {name: one for name, one in summary["operations"].items() if one["count"]}
    if not found:
        return None
    ranked = sorted(found, key=lambda name: (name != "place_order", -found[name]["count"], name))
    rest = ranked[most:]
    slowest = max(rest, key=lambda name: number(found[name]["latency"]["p99"]), default="")
    left_out = (
        f"And {plural(len(rest), 'more operation')}, p99 at most "
        f"{format_duration(number(found[slowest]['latency']['p99']))} ({slowest})."
        if rest
        else ""
    )
    return Section(
        title="Client operations",
        note="latency as the client sees it",
        head=("operation", "count", "rate", "errors", *_LATENCIES),
        rows=tuple(_operation(name, found[name]) for name in ranked[:most]),
        lines=(line(left_out, "faint"),) if left_out else (),
        figures=("latency", "throughput"),
    )


def _operation(name: str, one: Mapping[str, Any]) -> tuple[Cell, ...]:
    errors = one["errors"]
    latency = (format_duration(number(one["latency"][statistic])) for statistic in _LATENCIES)
    return (
        *cells(name, count(one["count"]), rate(number(one["throughput"]))),
        Cell(words=count(errors), tone="bad" if errors else ""),
        *cells(*latency),
    )


def services(summary: Mapping[str, Any], manifest: Mapping[str, Any], clock: Clock) -> Section | None:
    """How busy the services were, the busiest first, and when the busiest station was busiest."""
    stations, found = summary["stations"], summary["services"]
    if not stations:
        if manifest.get("platform") != "ideal":
            return None
        return Section(title="Services", lines=(line("The platform is ideal: it answers at once and never queues."),))
    where = manifest["services"]
    ranked = sorted(found, key=lambda name: (-_finite(found[name]["utilization"]), name))
    rows = tuple(
        _service(name, found[name], where.get(name, name), stations) for name in ranked if where.get(name) in stations
    )
    return Section(
        title="Services",
        note="by utilization",
        head=(
            "service",
            "servers",
            "visits",
            "refused",
            "utilization",
            "mean wait",
            "p99 wait",
            "mean queue",
            "longest",
        ),
        rows=rows,
        lines=tuple(
            line(text)
            for text in (
                _busiest(stations, clock),
                *_given_up(stations),
                *_behind(stations, manifest),
                *_guarded(summary["edges"]),
            )
        ),
        figures=("services",),
    )


def _given_up(stations: Mapping[str, Any]) -> Iterator[str]:
    """Say which stations gave up requests that waited, and why."""
    for name, one in sorted(stations.items()):
        parts = [
            f"{count(one[outcome])} {words}"
            for outcome, words in (("reneged", "waited longer than queue_timeout"), ("shed", "were shed"))
            if one.get(outcome)
        ]
        if parts:
            yield f"Given up at {name}: {', '.join(parts)}."


def _guarded(edges: Mapping[str, Any]) -> Iterator[str]:
    """Say where calls were tried again or refused by guards."""
    found = [(f"{caller}->{service}", one) for caller, services in edges.items() for service, one in services.items()]
    for name, one in found:
        refused = [f"{count(n)} {reason}" for reason, n in one["by_reason"].items()]
        if one["fallbacks"]:
            refused.append(f"{count(one['fallbacks'])} answered with what was remembered")
        if one["attempts"] > ATTEMPTS_TOLD * one["calls"] or refused:
            words = ", ".join([f"{decimal(one['attempts'] / max(1, one['calls']), 2)} attempts a call", *refused])
            yield f"Calls {name}: {words}."
        if stuck := one["by_reason"].get("deadlock"):
            yield (
                f"Deadlock {name}: {count(stuck)} calls waited for workers or connections "
                f"that were all held by callers of those who waited."
            )


def _behind(stations: Mapping[str, Any], manifest: Mapping[str, Any]) -> Iterator[str]:
    """Say what replicas cost, and how busy the pools are that services share."""
    yield from _replicas(stations, manifest)
    for name, one in sorted(stations.items()):
        if not manifest["stations"][name]["services"] and one["visits"]:
            busy, wait = percent(number(one["utilization"])), format_duration(number(one["waiting_time"]["p99"]))
            yield f"Pool {name}: {busy} of {number(one['servers']):g} connections, p99 wait {wait}."


def _replicas(stations: Mapping[str, Any], manifest: Mapping[str, Any]) -> Iterator[str]:
    """Say what replicas that come and go cost, and how evenly replicas with queues of their own are used."""
    for name, one in sorted(stations.items()):
        paid = [int(n) for _, n in manifest["stations"][name].get("replicas", [])]
        if len(paid) > 1:
            hours = decimal(number(one["replica_hours"]), 2)
            yield f"Replicas of {name}: from {min(paid)} to {max(paid)}, {hours} replica-hours."
        if used := [number(part["utilization"]) for part in one.get("by_replica", {}).values()]:
            known = [value for value in used if not math.isnan(value)]
            if known:
                yield f"Replicas of {name}: each busy {percent(min(known))} to {percent(max(known))} of its time."


def _service(name: str, one: Mapping[str, Any], station: str, stations: Mapping[str, Any]) -> tuple[Cell, ...]:
    shared = "" if station == name else f" (in {station})"
    waiting, queue = one["waiting_time"], one["queue_length"]
    return (
        Cell(words=f"{name}{shared}"),
        *cells(f"{number(stations[station]['servers']):g}", count(one["visits"])),
        Cell(words=count(one["refused"]), tone="bad" if one["refused"] else ""),
        Cell(words=percent(number(one["utilization"])), tone=_tone(number(one["utilization"]))),
        *cells(
            format_duration(number(waiting["mean"])),
            format_duration(number(waiting["p99"])),
            decimal(number(queue["mean"]), 2),
            count(queue["max"]),
        ),
    )


def _tone(utilization: float) -> Tone:
    if utilization >= _FULL:
        return "bad"
    return "warn" if utilization >= _TIGHT else ""


def _busiest(stations: Mapping[str, Any], clock: Clock) -> str:
    name = max(sorted(stations), key=lambda station: _finite(stations[station]["utilization"]))
    station, peak = stations[name], stations[name]["busiest"]
    servers = f"{number(station['servers']):g} server" + ("" if station["servers"] == 1 else "s")
    when = clock.between(number(peak["start"]), number(peak["end"]))
    return (
        f"Busiest: {name}, {percent(number(station['utilization']))} of {servers}; "
        f"{percent(number(peak['utilization']))} in {when}, {decimal(number(peak['queue_length']), 1)} waiting."
    )


def broker(summary: Mapping[str, Any]) -> Section | None:
    """How many messages went through the broker, and whether all arrived."""
    found = summary["broker"]
    if not found["published"]:
        return None
    late = {
        topic: number(one["delay"]["p99"]) for topic, one in found["topics"].items() if number(one["delay"]["p99"]) > 0
    }
    slowest = max(sorted(late), key=lambda topic: late[topic], default="")
    delay = f" Slowest: {slowest}, p99 {format_duration(late[slowest])}." if slowest else ""
    words = f"{plural(found['published'], 'message')} on {plural(len(found['topics']), 'topic')}, {_fate(found)}."
    bad = any(found[name] for name in UNHANDLED)
    rows = [
        _troubled(f"{kind} {name}", one)
        for kind, parts in (("topic", found["topics"]), ("group", found["groups"]))
        for name, one in sorted(parts.items())
        if any(one[trouble] for trouble in TROUBLES)
    ]
    return Section(
        title="Broker",
        note="by topic, and by consumer group, where not all went well" if rows else "",
        head=_BROKER_HEAD if rows else (),
        rows=tuple(rows),
        lines=(line(words + delay, "bad" if bad else ""),),
    )


def _troubled(name: str, one: Mapping[str, Any]) -> tuple[Cell, ...]:
    numbers = (count(one[what]) for what in ("deliveries", "acknowledged", "redelivered", "duplicate"))
    lag = one["lag"]
    return (
        *cells(name, *numbers),
        *(Cell(words=count(one[what]), tone="bad" if one[what] else "") for what in UNHANDLED),
        *cells(decimal(number(lag["mean"]), 2), count(lag["max"])),
    )


def _fate(found: Mapping[str, Any]) -> str:
    """What became of the deliveries, one per message and consumer group."""
    rest = [f"{count(found[name])} {name.replace('_', ' ')}" for name in ("open", *TROUBLES) if found[name]]
    if found["acknowledged"] == found["deliveries"]:
        return ", ".join(["all acknowledged", *rest])
    return ", ".join([f"{count(found['acknowledged'])} of {count(found['deliveries'])} deliveries acknowledged", *rest])


def _finite(value: Any) -> float:
    known = number(value)
    return known if math.isfinite(known) else -1.0
