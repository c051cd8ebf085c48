"""All days of one or more instances as one table of orders, with a service day and a time of day for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from delivsim.calibrate.demand import DayCount
from delivsim.city.redraw import zone_of
from delivsim.domain.instance import Instance
from delivsim.domain.order import Order
from delivsim.domain.rider import Rider
from delivsim.domain.travel import Euclidean, Haversine
from delivsim.domain.units import near_miss
from delivsim.errors import InputError, InstanceError, Problem
from delivsim.scenario.fitting.past import Past
from delivsim.scenario.formats import read_instance
from delivsim.scenario.history import OFFERS, ORDERS, History, empty, has_history, read_history

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

DAY, HOUR = 86400.0, 3600.0
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
QUIET = 4
"""The hour in which a day begins, where several are as quiet."""
UNDATED = datetime(2026, 1, 1)
"""Date of the first instance that tells none."""
FEWEST_PER_ZONE = 200
"""Orders per zone that zones made here have at least, on average."""


def read_past(paths: Sequence[Path], format: str = "delivsim", weekdays: Sequence[str] = ()) -> Past:  # noqa: A002
    """
    Read instances and their histories.

    Parameters
    ----------
    paths
        Folders of instances.
    format
        How they are written; only our own has a history beside it.
    weekdays
        ``fri``, ``sat``: only these; empty: all.

    Raises
    ------
    InputError
        One cannot be read, they do not go together, or no order is left.
    """
    wanted = [_weekday(text) for text in weekdays]
    parts = [(instance := read_instance(format, path), _history(path, instance)) for path in paths]
    if len({instance.geographic for instance, _ in parts}) > 1:
        raise _wrong("instances must all have places in degrees, or all in metres")
    return _Days(parts, wanted).past()


def _weekday(text: str) -> int:
    word = text.strip().lower()
    for number, name in enumerate(WEEK):
        if len(word) >= 3 and name.startswith(word):
            return number
    raise _wrong(f"must be a day of the week such as fri, got {text!r}{near_miss(text, list(WEEK))}", "--days")


def _wrong(rule: str, path: str = "") -> InputError:
    return InputError.of([Problem(path=path, rule=rule)])


def _history(path: Path, instance: Instance) -> History | None:
    if not has_history(path):
        return None
    history = read_history(path)
    known = {order.id for order in instance.orders}
    if unknown := next((name for name in history.orders["id"] if name not in known), None):
        rule = f"tells of the order {unknown!r}, which the instance does not have"
        raise InstanceError.of([Problem(file=str(path / "history" / "orders.csv"), rule=rule)])
    return history


class _Days:
    """Cuts instances into days."""

    def __init__(self, parts: list[tuple[Instance, History | None]], wanted: list[int]) -> None:
        self.parts, self.wanted = parts, wanted
        self.starts = [
            UNDATED + timedelta(days=i) if history is None else history.starts_at
            for i, (_, history) in enumerate(parts)
        ]
        self.begins = HOUR * _quiet_hour(parts, self.starts)
        self.stores = {store.id: store for instance, _ in parts for store in instance.stores}
        self.zones_made = self._make_zones()

    def _make_zones(self) -> bool:
        """Cluster the stores into zones where nobody names any."""
        named = any(zone_of(instance, order) for instance, _ in self.parts for order in instance.orders)
        if named:
            return False
        n_orders = sum(len(instance.orders) for instance, _ in self.parts)
        k = min(6, round((len(self.stores) / 2) ** 0.5), n_orders // FEWEST_PER_ZONE)
        names = list(self.stores)
        places = np.array([(self.stores[name].x, self.stores[name].y) for name in names])
        for name, zone in zip(names, _clustered(places, max(1, k)), strict=True):
            self.stores[name] = replace(self.stores[name], zone=f"zone-{zone + 1}")
        return True

    def past(self) -> Past:
        """Put all days together."""
        import pandas as pd

        frames = [self._orders(i, instance, history) for i, (instance, history) in enumerate(self.parts)]
        orders = pd.concat(frames, ignore_index=True)
        kept = orders["weekday"].isin(self.wanted) if self.wanted else pd.Series(True, index=orders.index)
        orders = orders[kept].reset_index(drop=True)
        if not len(orders):
            raise _wrong("no order is left to fit a scenario to")
        self._refuse_repeats(orders)
        models = tuple(orders.pop("model"))
        instance, history = self.parts[-1]
        offers = [h.offers for _, h in self.parts if h is not None]
        known = set(orders["id"])
        told = pd.concat(offers, ignore_index=True) if offers else empty(OFFERS)
        labels = sorted(orders["day"].unique())
        zones = tuple(sorted(orders["zone"].unique()))
        return Past(
            orders=orders,
            offers=_once(told[told["order"].isin(known)]),
            days=tuple(self._count(label, orders, zones) for label in labels),
            models=models,
            stores=self.stores,
            zones=zones,
            rosters={label: roster for label, roster in self._rosters().items() if label in labels},
            last=datetime.fromisoformat(labels[-1][:10]),
            instance=instance,
            timezone="UTC" if history is None else history.timezone,
            told=any(h is not None for _, h in self.parts),
            zones_made=self.zones_made,
        )

    def _refuse_repeats(self, orders: pd.DataFrame) -> None:
        """Refuse a day that is given twice: it would count twice, and days would seem to differ less."""
        again = orders[orders.duplicated(["day", "id", "clock"], keep="first")]
        if len(again):
            first = again.iloc[0]
            name = self.parts[int(first["part"])][0].name
            raise _wrong(f"order {first['id']!r} of {first['day']} is given twice, the second time in {name}")

    def _day(self, i: int, seconds: Floats) -> tuple[NDArray[np.int64], Floats]:
        """Give the number of the service day, and the time since its midnight; undated instances are one day each."""
        if self.parts[i][1] is None:
            return np.zeros(len(seconds), dtype=np.int64), seconds
        clock = self._clock(i, seconds)
        day = np.floor((clock - self.begins) / DAY).astype(np.int64)
        return day, clock - DAY * day

    def _clock(self, i: int, seconds: Floats) -> Floats:
        """Give what clocks show, in seconds since the midnight before the start, also after they were put back."""
        history, start = self.parts[i][1], self.starts[i]
        zone = ZoneInfo("UTC" if history is None else history.timezone)
        begin = start.replace(tzinfo=zone)
        hours, which = np.unique(np.floor((begin.timestamp() + seconds) / HOUR), return_inverse=True)
        offsets = [datetime.fromtimestamp(HOUR * hour, zone).utcoffset() or timedelta() for hour in hours.tolist()]
        moved = np.array([(offset - (begin.utcoffset() or timedelta())).total_seconds() for offset in offsets])
        midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
        return np.asarray(seconds + moved[which] + (start - midnight).total_seconds(), dtype=np.float64)

    def _label(self, i: int, day: int) -> str:
        date = self.starts[i] + timedelta(days=day)
        if self.parts[i][1] is None:
            return f"{date:%Y-%m-%d} {self.parts[i][0].name}"
        return f"{date:%Y-%m-%d} {WEEK[date.weekday()][:3]}"

    def _orders(self, i: int, instance: Instance, history: History | None) -> pd.DataFrame:
        import pandas as pd

        orders = list(instance.orders)
        placed_at = np.array([order.placed_at for order in orders])
        day, clock = self._day(i, placed_at)
        frame = pd.DataFrame(
            {
                "id": pd.Series([order.id for order in orders], dtype=object),
                "part": i,
                "day": [self._label(i, int(d)) for d in day],
                "weekday": [(self.starts[i].weekday() + int(d)) % 7 for d in day],
                "clock": clock,
                "placed_at": placed_at,
                "zone": [order.zone or self.stores[instance.stores[order.store].id].zone for order in orders],
                "store": [instance.stores[order.store].id for order in orders],
                "distance": _distances(instance),
                "cooking": [_cooking(order) for order in orders],
                "begun_at": [np.nan if (at := order.preparation_started_at) is None else at for order in orders],
                "units": [sum(units for _, units in order.items) for order in orders],
                "model": _models(orders, clock),
            }
        )
        told = history.orders if history is not None else empty(ORDERS)
        frame = frame.merge(told, on="id", how="left")
        texts = ["rider", "outcome", "reason"]
        frame[texts] = frame[texts].fillna("").astype(object)
        picked_up_at = frame["picked_up_at"].to_numpy(np.float64)
        hour = np.floor(self._day(i, np.nan_to_num(picked_up_at))[1] / HOUR % 24)
        frame["hour"] = np.where(np.isnan(picked_up_at), -1, hour).astype(np.int64)
        return frame

    def _count(self, label: str, orders: pd.DataFrame, zones: tuple[str, ...]) -> DayCount:
        of_day = orders[orders["day"] == label]
        begins, ends, lost = np.inf, -np.inf, 0.0
        for i in sorted(set(of_day["part"])):
            instance, history = self.parts[i]
            if history is None:
                return DayCount(label, *_hours(instance), of_day["clock"].to_numpy(np.float64), _numbers(of_day, zones))
            date = self.starts[i].replace(hour=0, minute=0, second=0, microsecond=0)
            start, end = self._clock(i, np.array([0.0, history.horizon])).tolist()
            before = (datetime.fromisoformat(label[:10]) - date).total_seconds()
            begins = min(begins, max(start - before, self.begins))
            ends = max(ends, min(end - before, self.begins + DAY))
            share = len(of_day[of_day["part"] == i]) / max(1, len(instance.orders))
            lost += share * history.lost
        clock, zone = of_day["clock"].to_numpy(np.float64), _numbers(of_day, zones)
        return DayCount(label, float(begins), float(ends), clock, zone, round(lost))

    def _rosters(self) -> dict[str, list[Rider]]:
        rosters: dict[str, list[Rider]] = {}
        named: set[tuple[str, str]] = set()
        for i, (instance, _) in enumerate(self.parts):
            for rider in instance.riders:
                (day,), (on_at,) = self._day(i, np.array([rider.on_at]))
                later = float(on_at) - rider.on_at
                breaks = tuple((begin + later, end + later) for begin, end in rider.breaks)
                label = self._label(i, int(day))
                name = f"{rider.id}@{i + 1}" if (label, rider.id) in named else rider.id
                named.add((label, name))
                times = {"on_at": rider.on_at + later, "off_at": rider.off_at + later, "breaks": breaks}
                rosters.setdefault(label, []).append(replace(rider, id=name, **times))  # type: ignore[arg-type]
        return rosters


def _once(offers: pd.DataFrame) -> pd.DataFrame:
    """One row for each offer: the orders of a bundle are offered together."""
    return offers.drop_duplicates(["rider", "offered_at"]) if offers["offered_at"].notna().all() else offers


def _hours(instance: Instance) -> tuple[float, float]:
    """Give the whole hours around an instance's orders."""
    first = min(order.placed_at for order in instance.orders)
    return float(HOUR * np.floor(first / HOUR)), float(HOUR * np.ceil((instance.ends_at + 1) / HOUR))


def _numbers(orders: pd.DataFrame, zones: tuple[str, ...]) -> NDArray[np.int64]:
    number = {zone: k for k, zone in enumerate(zones)}
    return np.array([number[name] for name in orders["zone"]], dtype=np.int64)


def _quiet_hour(parts: list[tuple[Instance, History | None]], starts: list[datetime]) -> int:
    """Find the hour of the day in which fewest order: days begin there."""
    counts = np.zeros(24)
    for (instance, _), start in zip(parts, starts, strict=True):
        clock = np.array([o.placed_at for o in instance.orders]) / HOUR + start.hour + start.minute / 60
        counts += np.bincount(np.floor(clock).astype(int) % 24, minlength=24)
    return min(range(24), key=lambda hour: (counts[hour], abs(hour - QUIET)))


def _clustered(places: Floats, k: int) -> NDArray[np.int64]:
    """Number the cluster of each place, from west to east."""
    from scipy.cluster.vq import kmeans2

    if k == 1:
        return np.zeros(len(places), dtype=np.int64)
    scaled = (places - places.mean(axis=0)) / max(float(places.std()), 1e-12)
    middles, label = kmeans2(scaled, k, minit="++", seed=1, iter=50)
    used = sorted(set(label.tolist()), key=lambda c: float(middles[c, 0]))
    return np.array([used.index(c) for c in label.tolist()], dtype=np.int64)


def _distances(instance: Instance) -> Floats:
    """Straight metres from store to door."""
    here = np.array([(instance.stores[o.store].x, instance.stores[o.store].y) for o in instance.orders]).reshape(-1, 2)
    there = np.array([(o.x, o.y) for o in instance.orders]).reshape(-1, 2)
    travel = Haversine(speed=1.0) if instance.geographic else Euclidean(speed=1.0)
    return np.asarray(travel.times(here, there), dtype=np.float64)


def _cooking(order: Order) -> float:
    if order.preparation_time is not None:
        return float(order.preparation_time)
    if order.ready_at is None:
        return float("nan")
    begun = order.placed_at if order.preparation_started_at is None else order.preparation_started_at
    return max(0.0, float(order.ready_at - begun))


def _models(orders: Sequence[Order], clock: Floats) -> list[Order]:
    """Give the orders by the time of their day, without what is bound to its other instants."""
    bound: dict[str, Any] = dict.fromkeys(("ready_at", "promised_at", "preparation_started_at", "preparation_time"))
    return [replace(order, placed_at=float(at), **bound) for order, at in zip(orders, clock, strict=True)]
