"""Every figure that a metric can name: its path in ``summary.json``, its short forms, its unit, what it is over."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from delivsim.domain.order import Outcome
from delivsim.record.measures import PARTS
from delivsim.record.stats import DESCRIBED, LATENCIES

Kind = Literal["time", "signed time", "count", "share", "rate", "number", "money"]

CHOICES: dict[str, tuple[str, ...]] = {
    "stat": ("mean", "sd", "min", *DESCRIBED, "max"),
    "latency": ("mean", *LATENCIES, "max"),
    "outcome": tuple(str(outcome) for outcome in Outcome),
    "part": PARTS,
    "times": ("click_to_door", "click_to_door_overage", "ready_to_door", "ready_to_pickup"),
    "visit times": ("waiting_time", "sojourn_time"),
    "level": ("mean", "max"),
    "trouble": ("dead_letter", "redelivered", "duplicate", "expired", "lost"),
    "settled": ("deliveries", "acknowledged", "open"),
    "answer": ("accepted", "declined", "timed_out"),
    "other answer": ("withdrawn", "open"),
}
"""What may stand for a placeholder that has a fixed list."""

NAMED = ("operation", "service", "station", "topic", "group", "reason", "caller", "callee", "replica")
"""Placeholders for names that a run or a scenario defines."""

_PLACE = re.compile(r"<([a-z ]+)>")


@dataclass(frozen=True, slots=True)
class Form:
    """
    One kind of figure.

    Parameters
    ----------
    path
        Where it stands in ``summary.json``; ``<...>`` are placeholders.
    short
        Other ways to write it.
    kind
        What it is compared with.
    meaning
        What it is, and over what.
    of
        For counts: the path of what a limit in percent is a share of.
    windowed
        Whether it can be asked for a window.
    """

    path: str
    short: tuple[str, ...]
    kind: Kind
    meaning: str
    of: str = ""
    windowed: bool = True

    @property
    def named(self) -> bool:
        """Whether it needs a name that only a run or a scenario knows."""
        return any(place in NAMED for place in _PLACE.findall(self.path))

    def match(self, text: str) -> dict[str, str] | None:
        """Give what stands for each placeholder if the text is this figure, written in full or short; else None."""
        for pattern in (self.path, *self.short):
            if found := _regex(pattern).fullmatch(text):
                return {key.replace("_", " "): value for key, value in found.groupdict().items()}
        return None

    def written(self, name: str) -> list[str]:
        """Write out all short forms (the path, if there is none), with this name for what a run defines."""
        out = []
        for pattern in self.short or (self.path,):
            places = _PLACE.findall(pattern)
            choices = itertools.product(*(CHOICES.get(place, (name,)) for place in places))
            out += [filled(pattern, dict(zip(places, words, strict=True))) for words in choices]
        return out


def filled(pattern: str, names: dict[str, str]) -> str:
    """Put names where the placeholders are."""
    return _PLACE.sub(lambda place: names[place[1]], pattern)


@cache
def _regex(pattern: str) -> re.Pattern[str]:
    """Words may be parted by dots or spaces; a fixed list allows only its words."""
    out = []
    for part in re.split(r"(<[a-z ]+>)", pattern):
        if place := _PLACE.fullmatch(part):
            allowed = "|".join(map(re.escape, CHOICES.get(place[1], ()))) or r"[^\s<>=]+"
            out.append(f"(?P<{place[1].replace(' ', '_')}>{allowed})")
        else:
            out.append(re.sub(r"[. ]", lambda _: r"(?:\.|\s+)", part))
    return re.compile("".join(out))


_VISITED = (
    ("visits", "count", "visits that arrived", ""),
    ("refused", "count", "visits refused (queue full, or down); %: of its visits", "visits"),
    ("reneged", "count", "visits that waited longer than queue_timeout; %: of its visits", "visits"),
    ("shed", "count", "visits given up when they would have started; %: of its visits", "visits"),
    ("utilization", "share", "busy servers over servers, time-weighted", ""),
)


def _station_forms(section: str, place: str) -> tuple[Form, ...]:
    where, near = f"{section}.<{place}>", (f"<{place}> ",)
    counts = tuple(
        Form(f"{where}.{name}", (near[0] + name,), kind, meaning, f"{where}.{of}" if of else "")  # type: ignore[arg-type]
        for name, kind, meaning, of in _VISITED
    )
    times = "time in the queue, or in the system (queue and server)"
    return (
        *counts,
        Form(f"{where}.<visit times>.<stat>", (f"<{place}> <visit times> <stat>",), "time", times),
        Form(f"{where}.sojourn_time.<stat>", (f"<{place}> <stat>",), "time", "time in the system, short"),
        Form(f"{where}.queue_length.<level>", (f"<{place}> queue_length <level>",), "number", "visits waiting"),
    )


_SENT = "broker.deliveries"

FORMS: tuple[Form, ...] = (
    Form("orders.placed", ("placed",), "count", "orders placed"),
    Form("orders.<outcome>", ("<outcome>",), "count", "orders that ended so; %: of orders placed", "orders.placed"),
    Form(
        "orders.by_reason.<reason>",
        ("by_reason <reason>",),
        "count",
        "orders not delivered for this reason; %: of orders placed",
        "orders.placed",
    ),
    Form("orders.on_time", ("on_time",), "share", "orders delivered by the time promised, of orders placed"),
    Form(
        "promise_error.<stat>", ("promise_error <stat>",), "signed time", "delivery after the promise; delivered orders"
    ),
    Form("<times>.<stat>", ("<times> <stat>",), "time", "over delivered orders"),
    Form("click_to_door_parts.<part>.<stat>", (), "time", "a part of click-to-door; over delivered orders"),
    Form(
        "broker.<trouble>", ("<trouble>",), "count", "deliveries of all topics that went wrong; %: of deliveries", _SENT
    ),
    Form("broker.<settled>", (), "count", "deliveries of all topics, once per group; %: of deliveries", _SENT),
    Form("broker.published", (), "count", "messages published, all topics"),
    Form("riders.riders", (), "count", "riders with a shift in the window"),
    Form("riders.utilization", ("rider_utilization",), "share", "driving and service over hours of shift, all riders"),
    Form("riders.orders_per_hour", ("orders_per_hour",), "number", "orders delivered per hour of shift"),
    Form("riders.bundles_per_hour", ("bundles_per_hour",), "number", "bundles delivered per hour of shift"),
    Form("riders.pay", ("pay",), "money", "all riders' pay, whole run", windowed=False),
    Form("riders.cost_per_order", ("cost_per_order",), "money", "pay over orders placed, whole run", windowed=False),
    Form(
        "riders.share_on_guarantee",
        ("share_on_guarantee",),
        "share",
        "riders paid the hourly guarantee, whole run",
        windowed=False,
    ),
    Form("riders.by_rider.utilization.<stat>", (), "number", "rider by rider: 0.5 is half of the shift"),
    Form("riders.by_rider.orders_per_hour.<stat>", (), "number", "rider by rider"),
    Form("riders.by_rider.bundles_per_hour.<stat>", (), "number", "rider by rider"),
    Form("dispatch.decisions", ("decisions",), "count", "calls of the dispatch policy"),
    Form(
        "dispatch.fallbacks",
        ("fallbacks",),
        "count",
        "decisions that the fallback took in place of a server or program; %: of decisions",
        "dispatch.decisions",
    ),
    Form("dispatch.offers", ("offers",), "count", "offers that reached a rider"),
    Form("dispatch.<answer>", ("<answer>",), "count", "offers answered so; %: of offers", "dispatch.offers"),
    Form("dispatch.<other answer>", (), "count", "offers that ended so; %: of offers", "dispatch.offers"),
    Form("dispatch.orders_per_bundle", ("orders_per_bundle",), "number", "orders picked up over bundles"),
    Form(
        "operations.<operation>.latency.<latency>",
        ("<operation> <latency>",),
        "time",
        "as the client sees it, retries and errors included; the operation may be written with its service before it",
    ),
    Form("operations.<operation>.count", ("<operation> count",), "count", "operations clients asked for"),
    Form(
        "operations.<operation>.errors",
        ("<operation> errors",),
        "count",
        "answered 5xx or timed out; %: of the count",
        "operations.<operation>.count",
    ),
    Form(
        "operations.<operation>.unanswered",
        ("<operation> unanswered",),
        "count",
        "open when the run stopped; %: of the count",
        "operations.<operation>.count",
    ),
    Form("operations.<operation>.throughput", ("<operation> throughput",), "rate", "answers per second"),
    Form("edges.<caller>.<callee>.calls", (), "count", "calls sent, retries not counted"),
    Form("edges.<caller>.<callee>.attempts", (), "count", "calls and retries sent"),
    Form("edges.<caller>.<callee>.answered_well", (), "count", "attempts that the caller saw answered below 500"),
    Form(
        "edges.<caller>.<callee>.fallbacks",
        (),
        "count",
        "failed calls that the caller answered itself, with what it remembered; %: of calls",
        "edges.<caller>.<callee>.calls",
    ),
    Form(
        "edges.<caller>.<callee>.by_reason.<reason>",
        (),
        "count",
        "attempts that were refused, given up, not tried again or copies, by reason; %: of attempts",
        "edges.<caller>.<callee>.attempts",
    ),
    Form(
        "stations.<station>.by_replica.<replica>.visits",
        ("<station> by_replica <replica> visits",),
        "count",
        "visits that joined the own queue of this replica; %: of the station's visits",
        "stations.<station>.visits",
    ),
    Form(
        "stations.<station>.by_replica.<replica>.utilization",
        ("<station> by_replica <replica> utilization",),
        "share",
        "busy servers over servers of this replica, which has a queue of its own",
    ),
    *_station_forms("services", "service"),
    *_station_forms("stations", "station"),
    Form("stations.<station>.servers", (), "number", "servers, time-weighted"),
    Form("stations.<station>.replica_hours", ("<station> replica_hours",), "number", "replicas paid for, start-up too"),
    Form("stations.<station>.busiest.utilization", ("<station> busiest",), "share", "in its busiest quarter hour"),
    Form("stations.<station>.busiest.queue_length", (), "number", "mean queue in its busiest quarter hour"),
    Form("broker.topics.<topic>.published", ("<topic> published",), "count", "messages published"),
    *(
        Form(
            f"broker.topics.<topic>.<{what}>",
            (f"<topic> <{what}>",),
            "count",
            "deliveries, once per group, and what became of them; %: of deliveries",
            "broker.topics.<topic>.deliveries",
        )
        for what in ("settled", "trouble")
    ),
    Form(
        "broker.topics.<topic>.delay.<latency>",
        ("<topic> delay <latency>",),
        "time",
        "published until its (last) delivery to a group began",
    ),
    Form(
        "broker.topics.<topic>.lag.<level>",
        ("<topic> lag <level>",),
        "number",
        "messages in its partitions, once per group that is not done with them",
    ),
    Form("broker.groups.<group>.published", (), "count", "messages published to the group's topics"),
    *(
        Form(
            f"broker.groups.<group>.<{what}>",
            (),
            "count",
            "deliveries to the group (app: the apps), and what became of them; %: of deliveries",
            "broker.groups.<group>.deliveries",
        )
        for what in ("settled", "trouble")
    ),
    Form("broker.groups.<group>.lag.<level>", (), "number", "messages in partitions that the group is not done with"),
)
"""All figures, in the order in which a text is tried against them: full paths and fixed words before names."""
