"""What a scenario may say and hardly can mean: legal values that deserve a second look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from statistics import median

from delivsim.domain.config import Loc
from delivsim.domain.distributions import Law
from delivsim.domain.units import Instant, format_clock, format_duration
from delivsim.errors import Problem
from delivsim.experiment.city_calls import Town
from delivsim.record.metrics import Slo, parse_slo
from delivsim.scenario.faults import instants_of
from delivsim.scenario.nodes import dotted
from delivsim.scenario.schema import Scenario
from delivsim.services.gateway import ROUTES
from delivsim.simulated.config import BUILT_IN, OperationConfig, StepConfig

Odd = Iterator[tuple[Loc, str]]

LONG_WORK = 1.0
"""Work shorter than this many seconds is never called odd."""
FAR_FROM_OTHERS = 200.0
"""Work so many times longer than the median of all others is."""
CLIENTS = {
    *("accept_offer", "decline_offer", "give_back", "picked_up", "delivered", "report_position", "go_online"),
    "go_offline",
}
"""Operations that riders' apps call."""
KITCHENS = {"mark_ready", "restock"}
"""Operations that stores' apps call; customers' apps call the others."""


def odd_values(scenario: Scenario, town: Town | None) -> tuple[Problem, ...]:
    """
    Name legal but odd values, each with its line.

    Parameters
    ----------
    town
        The scenario's orders and riders, if it has any.
    """
    found = [warning(scenario, loc, rule) for check in CHECKS for loc, rule in check(scenario)]
    return (*found, *(() if town is None else (warning(scenario, loc, rule) for loc, rule in _orders(scenario, town))))


def warning(scenario: Scenario, loc: Loc, rule: str) -> Problem:
    """Make a warning about a value, placed where it (or the nearest key above it) is written."""
    return scenario.place(*loc).problem(rule, dotted(loc))


def _work(scenario: Scenario) -> Odd:
    """Work that is far longer than that of all other operations: perhaps 20s was to be 20ms."""
    works = dict(_works(scenario))
    for loc, law in works.items():
        others = [other.mean for place, other in works.items() if place != loc and other.mean > 0]
        if len(others) >= 2 and law.mean > max(LONG_WORK, FAR_FROM_OTHERS * median(others)):
            usual = format_duration(median(others))
            yield loc, f"{format_duration(law.mean)} of work on average, where {usual} is usual; is the unit right?"


def _works(scenario: Scenario) -> Iterator[tuple[Loc, Law]]:
    for name, service in scenario.platform.services.items():
        if name in BUILT_IN and not scenario.has_city:
            continue
        for op, config in service.operations.items():
            loc: Loc = ("platform", "services", name, "operations", op)
            if config.work is not None:
                yield (*loc, "work"), config.work
            yield from _step_works((*loc, "steps"), config.steps or ())


def _step_works(loc: Loc, steps: tuple[StepConfig, ...]) -> Iterator[tuple[Loc, Law]]:
    for i, step in enumerate(steps):
        if step.work is not None:
            yield (*loc, i, "work"), step.work
        for j, branch in enumerate(step.choose or ()):
            yield from _step_works((*loc, i, "choose", j, "steps"), branch.steps)


def _timeouts(scenario: Scenario) -> Odd:
    """Callers who give up before the work they asked for is done even once out of two."""
    for name, edge in scenario.platform.network.edges.items():
        caller, callee = name.split("->", 1)
        if edge.timeout is None or (callee in BUILT_IN and not scenario.has_city):
            continue
        operations = scenario.platform.services[callee].operations
        times = {op: _typical(config) for op, config in operations.items() if _calls(scenario, caller, callee, op)}
        slow = {op: time for op, time in times.items() if time > edge.timeout}
        if slow:
            op = max(slow, key=lambda one: slow[one])
            rule = (
                f"{format_duration(edge.timeout)} is shorter than half of the calls of {op} work "
                f"({format_duration(slow[op])}): most will time out"
            )
            yield ("platform", "network", "edges", name, "timeout"), rule


def _typical(config: OperationConfig) -> float:
    """Median seconds of an operation's own work; of steps, those that are always gone through."""
    if config.work is not None:
        return config.work.quantile(0.5)
    return sum(step.work.quantile(0.5) for step in config.steps or () if step.work is not None)


def _calls(scenario: Scenario, caller: str, callee: str, operation: str) -> bool:
    """Tell whether a caller may call an operation, as far as that is known."""
    workloads = {w.name: w.operation for w in scenario.platform.workloads}
    if caller in workloads:
        return workloads[caller] == f"{callee}.{operation}"
    if caller == "rider":
        return operation in CLIENTS
    if caller == "store_app":
        return operation in KITCHENS
    if caller == "customer":
        return operation not in CLIENTS | KITCHENS
    return "." not in operation or callee not in BUILT_IN


def _objectives(scenario: Scenario) -> Odd:
    """Objectives that cannot be missed or met: a limit above the caller's time-out, a window outside the demand."""
    for i, text in enumerate(scenario.slos):
        slo = parse_slo(text)
        name, timeout = _patience(scenario, slo)
        if timeout is not None and slo.op in ("<", "<=") and slo.limit > timeout:
            yield (
                ("slos", i),
                f"{format_duration(slo.limit)} is above the time-out of {format_duration(timeout)} of {name}: "
                f"a slower answer is an error and a retry",
            )
        window = slo.window_in(scenario.starts_at)
        if window is not None and window.start >= scenario.until:
            yield ("slos", i), f"its window begins after demand has ended ({_clock(scenario, scenario.until)})"


def _patience(scenario: Scenario, slo: Slo) -> tuple[str, float | None]:
    """Find the edge over which clients call the operation whose latency an objective is about, and its time-out."""
    places = dict(slo.metric.readings[0].places)
    operation = places.get("operation", "")
    if slo.metric.kind != "time" or not operation:
        return "", None
    for workload in scenario.platform.workloads:
        service, _, own = workload.operation.partition(".")
        if operation in (own, workload.operation):
            return _timeout(scenario, f"{workload.name}->{service}")
    caller = "rider" if operation in CLIENTS else "store_app" if operation in KITCHENS else "customer"
    known = scenario.has_city and operation in ("place_order", *ROUTES)
    return _timeout(scenario, f"{caller}->gateway") if known else ("", None)


def _timeout(scenario: Scenario, edge: str) -> tuple[str, float | None]:
    config = scenario.platform.network.edges.get(edge)
    return edge, None if config is None else config.timeout


def _times(scenario: Scenario) -> Odd:
    """Times that leave no room for what they are about."""
    dispatch, horizon = scenario.dispatch, scenario.until
    if scenario.has_city:
        if horizon < dispatch.every:
            yield ("horizon",), f"shorter than dispatch.every ({format_duration(dispatch.every)}): one decision at most"
        if dispatch.decision_time.mean > dispatch.every:
            taken = format_duration(dispatch.decision_time.mean)
            yield ("dispatch", "decision_time"), f"{taken} on average is longer than the time between decisions"
        if dispatch.give_up_after is not None and dispatch.give_up_after < dispatch.every:
            yield ("dispatch", "give_up_after"), "shorter than every: orders are given up before they are looked at"
    for i, workload in enumerate(scenario.platform.workloads):
        if workload.kind == "open" and workload.interarrival is not None and workload.interarrival.mean > horizon:
            yield ("platform", "workloads", i, "interarrival"), "longer than the horizon: hardly anybody will call"
    for i, fault in enumerate(scenario.faults):
        last = max((at.at(scenario.starts_at) for at in instants_of(fault)), default=0.0)
        if last >= horizon:
            yield ("faults", i, "at"), f"after demand has ended ({_clock(scenario, horizon)})"


def _people(scenario: Scenario) -> Odd:
    """Customers, riders and promises that hardly leave time for the food."""
    behavior = scenario.city or (scenario.instance.behavior if scenario.instance else None)
    if behavior is None:
        return
    at: Loc = ("city",) if scenario.city else ("instance", "behavior")
    customers, riders, promise = behavior.customers, behavior.riders, scenario.platform.promise
    cooking = 0.0 if behavior.kitchens.preparation_starts == "given" else behavior.kitchens.preparation.mean
    takes = f"preparation takes {format_duration(cooking)} on average"
    if customers.patience is not None and customers.patience.quantile(0.5) < cooking:
        yield (*at, "customers", "patience"), f"most customers cancel before the food is ready: {takes}"
    if promise.rule == "fixed" and promise.after < cooking:
        yield ("platform", "promise", "after"), f"most orders will be later than promised: {takes}"
    if riders.think_time.quantile(0.5) > scenario.dispatch.offer_timeout:
        limit = format_duration(scenario.dispatch.offer_timeout)
        yield (*at, "riders", "think_time"), f"most riders think longer than dispatch.offer_timeout ({limit})"
    if riders.accept == 0:
        yield (*at, "riders", "accept"), "no rider ever accepts an offer: nothing will be delivered"


def _demand(scenario: Scenario) -> Odd:
    """Demand and shifts that fall outside the time of demand."""
    if scenario.city is None:
        return
    for text in scenario.city.demand.rate:
        if Instant.parse(text).at(scenario.starts_at) >= scenario.until:
            yield ("city", "demand", "rate", text), f"demand ends at {_clock(scenario, scenario.until)} (horizon)"
    for i, peak in enumerate(scenario.city.demand.peaks):
        if not 0.0 <= peak.at.at(scenario.starts_at) <= scenario.until:
            loc = ("city", "demand", "peaks", i, "at")
            yield loc, f"orders come from {_clock(scenario, 0.0)} to {_clock(scenario, scenario.until)} (horizon)"
    shifts = scenario.city.riders.shifts
    for i, shift in enumerate(shifts if isinstance(shifts, tuple) else ()):
        if shift.start.at(scenario.starts_at) >= scenario.until:
            yield (
                ("city", "riders", "shifts", i, "start"),
                f"demand ends at {_clock(scenario, scenario.until)} (horizon): they come when it is over",
            )


def _orders(scenario: Scenario, town: Town) -> Odd:
    """Orders that there are none of, or that come when demand has ended."""
    placed_at = town.work.placed_at
    if not placed_at.size:
        yield ("city", "demand", "rate"), "nobody orders within the horizon"
    late = int((placed_at >= scenario.until).sum())
    if late:
        yield ("horizon",), f"{late:,} of {len(placed_at):,} orders of the instance come later"


def _clock(scenario: Scenario, at: float) -> str:
    return format_clock(scenario.starts_at, at)


CHECKS: tuple[Callable[[Scenario], Odd], ...] = (_work, _timeouts, _objectives, _times, _people, _demand)
