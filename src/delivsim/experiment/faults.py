"""The faults of a run: when each begins and ends, whom it strikes, and the rows that tell of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from delivsim.city.faults import (
    DeadZoneFault,
    DemandSurgeFault,
    KitchenFireFault,
    NearConfig,
    RidersOfflineFault,
    StoreClosedFault,
)
from delivsim.city.kitchens import Kitchens
from delivsim.city.reception import Reception
from delivsim.city.riders import Riders
from delivsim.city.surge import surged
from delivsim.domain.distributions import Law
from delivsim.domain.instance import Instance
from delivsim.domain.streams import Streams
from delivsim.domain.travel.haversine import great_circle
from delivsim.domain.units import near_miss, shown
from delivsim.errors import Problem, ScenarioError
from delivsim.experiment.chaos import chaos
from delivsim.scenario.faults import ChaosFault, Struck
from delivsim.scenario.schema import Scenario
from delivsim.services.store import StoreProfile
from delivsim.simulated.assemble import Parts
from delivsim.simulated.faults import PlatformFaults, Turn
from delivsim.simulated.wake import Agenda

Place = tuple[float, float]
CITY_FAULTS = StoreClosedFault | KitchenFireFault | RidersOfflineFault
MOST_NAMED = 4
"""A target of more stores or riders is told as their number."""


class Happening(NamedTuple):
    """One time that something is wrong: its place in the scenario's list, what, and from when to when."""

    entry: int
    fault: Struck
    begin: float
    end: float


def happenings(scenario: Scenario, streams: Streams) -> list[Happening]:
    """Settle when each fault of a scenario begins and ends, chaos included, in the order of their beginnings."""
    found: list[Happening] = []
    for i, fault in enumerate(scenario.faults):
        if isinstance(fault, ChaosFault):
            found += [Happening(i, *drawn) for drawn in chaos(fault, scenario, streams)]
            continue
        name = f"faults/{i}/for"
        windows = fault.windows(scenario.starts_at, scenario.until, partial(_durations, streams, name))
        found += [Happening(i, fault, begin, end) for begin, end in windows]
    return sorted(found, key=lambda happening: (happening.begin, happening.entry))


def _durations(streams: Streams, name: str, law: Law) -> Callable[[], float]:
    return streams.sequence(name, law.sample)


def with_surges(instance: Instance, planned: Sequence[Happening], streams: Streams, until: float) -> Instance:
    """Give an instance the orders that surges of demand bring; none comes after demand has ended."""
    for number, happening in enumerate(planned, 1):
        if isinstance(happening.fault, DemandSurgeFault):
            factor = happening.fault.factor
            instance = surged(instance, happening.begin, min(happening.end, until), factor, streams, number)
    return instance


def check_names(scenario: Scenario, instance: Instance | None) -> None:
    """
    Check that the stores, riders and zones that faults name exist.

    Raises
    ------
    ScenarioError
        One does not: every one of them, with a near miss.
    """
    wrong = list(_wrong_names(scenario, instance)) if instance is not None else []
    if wrong:
        raise ScenarioError.of(wrong)


def _wrong_names(scenario: Scenario, instance: Instance | None) -> Iterator[Problem]:
    assert instance is not None
    stores, riders = ([thing.id for thing in things] for things in (instance.stores, instance.riders))
    for i, fault in enumerate(scenario.faults):
        if not isinstance(fault, CITY_FAULTS):
            continue
        kind, known = ("riders", riders) if isinstance(fault, RidersOfflineFault) else ("stores", stores)
        for k, name in enumerate(getattr(fault, kind)):
            if name not in known:
                rule = f"must be one of the {kind} there are, got {shown(name)}{near_miss(name, known)}"
                yield scenario.place("faults", i, kind, k).problem(rule, f"faults[{i}].{kind}[{k}]")
        things: Sequence[Any] = instance.riders if kind == "riders" else instance.stores
        zones = sorted({thing.zone for thing in things if thing.zone})
        if fault.zone is not None and fault.zone not in zones:
            rule = f"must be a zone of some {kind}, got {shown(fault.zone)}{near_miss(fault.zone, zones)}"
            yield scenario.place("faults", i, "zone").problem(rule, f"faults[{i}].zone")


class Faults:
    """
    Lets everything go wrong as planned, and writes the rows of the faults table.

    Parameters
    ----------
    instance, kitchens, riders
        The city that faults may strike; None for a platform without one.
    """

    def __init__(
        self,
        env: Agenda,
        planned: Sequence[Happening],
        parts: Parts,
        streams: Streams,
        rows: list[tuple[Any, ...]],
        instance: Instance | None,
        kitchens: Kitchens | None,
        riders: Riders | None,
        reception: Reception | None,
    ) -> None:
        self._env, self._parts, self._streams, self._rows = env, parts, streams, rows
        self._instance, self._kitchens, self._riders = instance, kitchens, riders
        self._reception = reception
        self._platform = PlatformFaults(parts, streams)
        self._closed: dict[int, int] = {}
        self._open: dict[int, tuple[Any, ...]] = {}
        self._n = 0
        for happening in planned:
            self._plan(happening)

    def _plan(self, happening: Happening) -> None:
        fault, env = happening.fault, self._env
        if isinstance(fault, DemandSurgeFault | DeadZoneFault | CITY_FAULTS):

            def turns() -> tuple[Turn, Turn, str]:
                return self._strike(fault)
        else:
            begin, end = self._platform.turns(fault)

            def turns() -> tuple[Turn, Turn, str]:
                return begin, end, target_of(fault)

        def begins(_: Any) -> None:
            start, stop, target = turns()
            self._n += 1
            number = self._n
            self._open[number] = (number, happening.entry, fault.kind, target, detail_of(fault), env.now)
            start()

            def ends(_: Any) -> None:
                stop()
                self._rows.append((*self._open.pop(number), env.now))

            env.timeout(max(0.0, happening.end - env.now)).callbacks.append(ends)

        env.timeout(happening.begin - env.now).callbacks.append(begins)

    def finish(self) -> None:
        """Write the rows of what is still wrong when the run ends."""
        self._rows.extend((*row, math.nan) for row in self._open.values())

    # --- the city ------------------------------------------------------------------------------------------------

    def _strike(self, fault: DemandSurgeFault | DeadZoneFault | CITY_FAULTS) -> tuple[Turn, Turn, str]:
        """Say whom a fault of the city strikes that begins now, and what happens then and at its end."""
        if isinstance(fault, DemandSurgeFault):
            return _nothing, _nothing, ""
        if isinstance(fault, DeadZoneFault):
            return self._dead_zone(fault)
        if isinstance(fault, RidersOfflineFault):
            struck, gives_back = self._struck_riders(fault), fault.orders == "give_back"
            assert self._riders is not None, "riders are of a city"
            processes = [self._riders.processes[number] for number in struck]
            return (
                _each(processes, lambda process: process.go_away(gives_back=gives_back)),
                _each(processes, lambda process: process.come_back(gives_back=gives_back)),
                _named([process.rider.id for process in processes], "riders"),
            )
        stores = self._struck_stores(fault)
        close, reopen = _each(stores, lambda s: self._close(s, 1)), _each(stores, lambda s: self._close(s, -1))
        assert self._instance is not None, "stores are of a city"
        target = _named([self._instance.stores[s].id for s in stores], "stores")
        if isinstance(fault, StoreClosedFault):
            return close, reopen, target
        assert self._kitchens is not None, "kitchens are of a city"
        burn, put_out = _each(stores, self._kitchens.catch_fire), _each(stores, self._kitchens.put_out)
        return (lambda: (close(), burn(), None)[-1]), (lambda: (reopen(), put_out(), None)[-1]), target

    def _dead_zone(self, fault: DeadZoneFault) -> tuple[Turn, Turn, str]:
        reception, near = self._reception, fault.near
        assert reception is not None, "made where there is a dead zone"

        def zone(place: Place) -> bool:
            return near is None or self._is_near(near, place)

        where = "" if near is None else f"{near.within:g} m around {near.x:g}, {near.y:g}"
        return (lambda: reception.begin(zone)), (lambda: reception.end(zone)), where

    def _is_near(self, near: NearConfig, place: Place) -> bool:
        assert self._instance is not None, "places are of a city"
        away = great_circle if self._instance.geographic else math.dist
        return away(place, (near.x, near.y)) <= near.within

    def _close(self, store: int, by: int) -> None:
        """Close a store once more, or once less: it is open when nothing closes it."""
        self._closed[store] = self._closed.get(store, 0) + by
        profiles = self._parts.runtime.services["store"].state[StoreProfile]
        profiles[store] = profiles[store]._replace(closed=self._closed[store] > 0)

    def _struck_stores(self, fault: StoreClosedFault | KitchenFireFault) -> list[int]:
        assert self._instance is not None, "stores are of a city"
        stores = self._instance.stores
        here = [
            s for s, store in enumerate(stores)
            if (not fault.stores or store.id in fault.stores) and self._is_in(fault, store.zone, (store.x, store.y))
        ]  # fmt: skip
        return self._share_of(here, fault)

    def _struck_riders(self, fault: RidersOfflineFault) -> list[int]:
        """Give the riders at work whom a fault strikes that begins now."""
        assert self._riders is not None, "riders are of a city"
        here = [
            process.number
            for process in self._riders.processes
            if process.is_at_work()
            and (not fault.riders or process.rider.id in fault.riders)
            and self._is_in(fault, process.rider.zone, process.tour.way.place)
        ]
        return self._share_of(here, fault)

    def _is_in(self, fault: CITY_FAULTS, zone: str, place: Place) -> bool:
        if fault.zone is not None and fault.zone != zone:
            return False
        return fault.near is None or self._is_near(fault.near, place)

    def _share_of(self, struck: list[int], fault: CITY_FAULTS) -> list[int]:
        if fault.share is None or not struck:
            return struck
        n = max(1, round(fault.share * len(struck))) if fault.share > 0 else 0
        drawn = self._streams[f"faults/share/{fault.kind}"].permutation(len(struck))[:n]
        return sorted(struck[int(i)] for i in drawn)


def _nothing() -> None:
    """Do nothing: the orders of a surge are there from the start."""


def _each(things: Sequence[Any], act: Callable[[Any], None]) -> Turn:
    def turn() -> None:
        for thing in things:
            act(thing)

    return turn


def _named(names: list[str], what: str) -> str:
    return ", ".join(names) if len(names) <= MOST_NAMED else f"{len(names)} {what}"


def target_of(fault: Struck) -> str:
    """Say what a fault of the platform is about."""
    if fault.kind == "poison":
        return " > ".join(filter(None, (fault.topic, ", ".join(fault.groups))))
    if hasattr(fault, "groups"):
        return " | ".join(", ".join(group) for group in fault.groups)
    if hasattr(fault, "edges"):
        return ", ".join(fault.edges)
    if fault.kind == "payment_outage":
        return "payment"
    operation = getattr(fault, "operation", None)
    return f"{fault.service}.{operation}" if operation else getattr(fault, "service", "")  # type: ignore[union-attr]


def detail_of(fault: Struck) -> str:
    """Say how bad a fault is."""
    parts = []
    if getattr(fault, "factor", 1.0) != 1.0:
        parts.append(f"factor {fault.factor:g}")  # type: ignore[union-attr]
    share = getattr(fault, "share", None)
    if share is not None:
        parts.append(f"share {share:g}")
    if getattr(fault, "extra", None) is not None:
        parts.append(f"extra {fault.extra.mean:g} s")  # type: ignore[union-attr]
    if getattr(fault, "replicas", None) is not None:
        parts.append(f"replicas: {fault.replicas}")  # type: ignore[union-attr]
    if getattr(fault, "consumers", None) is not None:
        parts.append(f"consumers: {fault.consumers}")  # type: ignore[union-attr]
    if hasattr(fault, "orders"):
        parts.append(f"orders: {fault.orders}")
    return ", ".join(parts)
