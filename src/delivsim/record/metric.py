"""What a metric's text means: which figures it may name, settled once the names of a run are known."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from delivsim.domain.units import near_miss, shown
from delivsim.record.catalogue import CHOICES, FORMS, NAMED, Form, Kind, filled

if TYPE_CHECKING:
    from delivsim.record.result import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What a run or a scenario has: the names that metrics may use."""

    operations: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    stations: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    @classmethod
    def of(cls, result: Result) -> Names:
        """Collect the names of a run from its summary."""
        found = result.summary()
        sent = found["broker"]
        lists = (found["operations"], found["services"], found["stations"], sent["topics"], sent["groups"])
        operations, services, stations, topics, groups = (tuple(names) for names in lists)
        return cls(operations=operations, services=services, stations=stations, topics=topics, groups=groups)

    def find(self, place: str, name: str) -> str | None:
        """Give the name as the summary has it; an operation may be written with or without its service."""
        if place in ("reason", "caller", "callee", "replica"):
            return name
        known = self.known(place)
        if name in known:
            return name
        bare = name.rpartition(".")[2]
        near = [other for other in known if other == bare or other.endswith(f".{name}")]
        return near[0] if place == "operation" and len(near) == 1 else None

    def known(self, place: str) -> tuple[str, ...]:
        """List the names that may stand for a placeholder."""
        lists = {
            "operation": self.operations,
            "service": self.services,
            "station": self.stations,
            "topic": self.topics,
            "group": self.groups,
        }
        return lists.get(place, ())

    def __str__(self) -> str:
        lists = ((f"{place}s", self.known(place)) for place in NAMED)
        return "; ".join(f"{what}: {', '.join(sorted(names))}" for what, names in lists if names)


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a metric's text: a form, and what stands for its placeholders."""

    form: Form
    places: tuple[tuple[str, str], ...]

    @property
    def path(self) -> list[str]:
        """The keys that lead to the figure in the summary."""
        return self._keys(self.form.path)

    @property
    def whole(self) -> list[str]:
        """The keys to what a limit in percent is a share of; empty if it is none."""
        return self._keys(self.form.of) if self.form.of else []

    def _keys(self, pattern: str) -> list[str]:
        places = dict(self.places)
        return [filled(key, places) for key in re.findall(r"(?:<[a-z ]+>|[^.<])+", pattern)]

    def within(self, names: Names) -> Reading | None:
        """Give this reading with the names as the run has them; None if the run has no such name."""
        found = [(place, names.find(place, name) if place in NAMED else name) for place, name in self.places]
        if any(name is None for _, name in found):
            return None
        return Reading(self.form, tuple((place, str(name)) for place, name in found))


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure that someone asked for by name; ``readings`` has more than one while names are not yet known."""

    text: str
    readings: tuple[Reading, ...]

    @property
    def kind(self) -> Kind:
        """What it is compared with."""
        return self.readings[0].form.kind

    @property
    def windowed(self) -> bool:
        """Whether it can be asked for a window."""
        return self.readings[0].form.windowed

    def within(self, names: Names) -> Reading:
        """
        Settle which figure is meant: of equal names the client operation, then the service, then the station.

        Raises
        ------
        ValueError
            There is nothing of that name; the message lists what there is.
        """
        for reading in self.readings:
            if found := reading.within(names):
                return found
        places = [(place, name) for reading in self.readings for place, name in reading.places if place in NAMED]
        known = [name for place, _ in places for name in names.known(place)]
        wrong = places[0][1]
        raise ValueError(f"{self.text}: there is no {wrong!r}{near_miss(wrong, known)}; there are {names}")


def parse_metric(text: str, names: Names | None = None) -> Metric:
    """
    Read a metric: a path of ``summary.json``, or a short form of one.

    Parameters
    ----------
    text
        ``place_order p99``, ``operations.place_order.latency.p99``, ``on_time`` ...
    names
        The names there are; without them any name is taken until the metric meets a run.

    Raises
    ------
    ValueError
        There is no such metric, or (with ``names``) nothing of that name.
    """
    clean = " ".join(text.split())
    fixed = [form for form in FORMS if not form.named]
    readings = _readings(clean, fixed) or _readings(clean, [form for form in FORMS if form.named])
    mistyped = names is None and bool(readings) and _mistyped(readings[0])
    if not readings or mistyped:
        near = _near(clean, fixed if mistyped else list(FORMS))
        rule = "must be a metric such as 'place_order p99', 'click_to_door p90' or 'delivered'"
        raise ValueError(f"{rule}, got {shown(text)}{near}")
    metric = Metric(clean, tuple(readings))
    return Metric(clean, (metric.within(names),)) if names else metric


def _near(text: str, forms: list[Form]) -> str:
    name = re.split(r"[\s.]", text)[0]
    return near_miss(text, [words for form in forms for words in form.written(name)])


def _mistyped(reading: Reading) -> bool:
    """Tell whether a name is almost that of a customer's time: no one calls a service so."""
    times = [*CHOICES["times"], "promise_error"]
    return any(get_close_matches(name, times, n=1, cutoff=0.8) for place, name in reading.places if place in NAMED)


def _readings(text: str, forms: list[Form]) -> list[Reading]:
    found = ((form, form.match(text)) for form in forms)
    readings = [Reading(form, tuple(places.items())) for form, places in found if places is not None]
    full = [reading for reading in readings if ".".join(reading.path) == text]
    return full or readings
