"""Busy servers of every station in its peak quarter hour, from the traffic equations of the call graph."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from delivsim.experiment.city_calls import Call, Town, city_calls, reports_at_rest
from delivsim.experiment.flow import Habits, network_of
from delivsim.experiment.rider_work import Floats
from delivsim.experiment.traffic import Network, Settled, Users
from delivsim.scenario.schema import Scenario
from delivsim.simulated.config import ClosedWorkload, PhasesWorkload, WorkloadConfig

QUARTER_HOUR = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StationLoad:
    """
    Busy servers of a station in its peak quarter hour.

    Parameters
    ----------
    busy
        Mean number of servers that the work offered to it takes.
    start, end
        The quarter hour, seconds; the whole time of demand where nothing changes.
    """

    name: str
    services: tuple[str, ...]
    servers: int
    busy: float
    start: float
    end: float

    @property
    def utilization(self) -> float:
        """Busy servers over servers; above 1 the queue grows."""
        return self.busy / self.servers


@dataclass(frozen=True, slots=True, kw_only=True)
class UsersLoad:
    """What the users of a closed workload come to: calls per second, bounded because they wait for answers."""

    name: str
    users: int
    rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformLoad:
    """
    The load of a platform.

    Parameters
    ----------
    calls
        Mean calls of each operation over the whole run, time-outs and retries left out.
    goes_round
        Operations of which one call causes at least one more of itself; then there is no load to speak of.
    """

    stations: tuple[StationLoad, ...] = ()
    users: tuple[UsersLoad, ...] = ()
    calls: tuple[tuple[str, float], ...] = ()
    goes_round: tuple[str, ...] = ()


def platform_load(scenario: Scenario, town: Town | None) -> PlatformLoad:
    """Estimate the load of a platform; an ideal one has none."""
    if scenario.platform.kind == "ideal":
        return PlatformLoad()
    network = _network(scenario, town)
    if rounds := network.goes_round:
        return PlatformLoad(goes_round=tuple(rounds))
    edges, external = _external(scenario, town, network)
    groups = [workload for workload in scenario.platform.workloads if isinstance(workload, ClosedWorkload)]
    users = [_users(scenario, group) for group in groups]
    peaks = _peaks(network, external)
    settled = {k: network.settle(external[:, k], users) for k in sorted(set(peaks))}
    stations = tuple(
        StationLoad(
            name=station.name,
            services=station.services,
            servers=station.servers,
            busy=float(settled[k].busy[i]),
            start=float(edges[k]),
            end=float(edges[k + 1]),
        )
        for i, (station, k) in enumerate(zip(network.stations, peaks, strict=True))
    )
    return PlatformLoad(stations=stations, users=_asked(groups, settled), calls=_calls(network, external, edges))


def _asked(groups: Sequence[ClosedWorkload], settled: dict[int, Settled]) -> tuple[UsersLoad, ...]:
    most = [max(float(one.users[i]) for one in settled.values()) for i in range(len(groups))]
    return tuple(UsersLoad(name=g.name, users=g.users, rate=rate) for g, rate in zip(groups, most, strict=True))


def _calls(network: Network, external: Floats, edges: Floats) -> tuple[tuple[str, float], ...]:
    counts = network.rates(external @ np.diff(edges))
    return tuple((name, float(n)) for name, n in zip(network.names, counts, strict=True))


def _network(scenario: Scenario, town: Town | None) -> Network:
    if town is None:
        return network_of(scenario.platform, None)
    customers, kitchens = town.behavior.customers, town.behavior.kitchens
    habits = Habits(
        bad_token=customers.bad_token,
        declined_card=customers.declined_card,
        prepares_on_accept=kitchens.preparation_starts == "on_accept",
        bundle=town.bundles.orders,
        decision=scenario.dispatch.decision_time.mean,
    )
    return network_of(scenario.platform, habits)


def _external(scenario: Scenario, town: Town | None, network: Network) -> tuple[Floats, Floats]:
    """Count what is called from outside: edges of the quarter hours, and calls per second in each, shape (n, m)."""
    calls = [] if town is None else list(city_calls(town))
    edges = _edges(scenario, calls)
    widths = np.diff(edges)
    external = np.zeros((len(network.names), len(widths)))
    for name, at, times in calls:
        external[network.number(name)] += times * np.histogram(at, bins=edges)[0] / widths
    if town is not None:
        external[network.number("gateway.report_position")] += reports_at_rest(town, edges) / widths
        external[network.number("delivery.dispatch")] += 1.0 / scenario.dispatch.every
    demand = (np.minimum(edges[1:], scenario.until) - edges[:-1]).clip(min=0.0) / widths
    for workload in scenario.platform.workloads:
        if isinstance(workload, PhasesWorkload):
            rates = _timed(workload, np.minimum(edges, scenario.until)) / widths
        else:
            rates = mean_rate(workload) * demand
        external[network.number(workload.operation)] += rates
    return edges, external


def _edges(scenario: Scenario, calls: Sequence[Call]) -> Floats:
    latest = max((float(at.max()) for _, at, _ in calls if at.size), default=0.0)
    timed = any(isinstance(workload, PhasesWorkload) for workload in scenario.platform.workloads)
    if not calls and not (timed and scenario.until > QUARTER_HOUR):
        return np.array([0.0, scenario.until])
    n = math.floor(max(scenario.until, latest) / QUARTER_HOUR) + 1
    return np.arange(n + 1, dtype=np.float64) * QUARTER_HOUR


def _timed(workload: PhasesWorkload, edges: Floats) -> Floats:
    """Count the calls that phases make between instants."""
    ends = np.cumsum([phase.lasts for phase in workload.phases])
    made = np.concatenate([[0.0], np.cumsum([phase.rate * phase.lasts for phase in workload.phases])])
    rounds, within = np.divmod(edges, ends[-1]) if workload.repeat else (np.zeros(len(edges)), edges)
    return np.diff(rounds * made[-1] + np.interp(within, np.concatenate([[0.0], ends]), made))


def mean_rate(workload: WorkloadConfig) -> float:
    """Give the mean calls per second that a workload makes whatever comes of them; 0 for users who wait."""
    match workload.kind:
        case "open":
            gap = workload.interarrival
            return (workload.rate or 0.0) if gap is None else 1.0 / gap.mean
        case "batch":
            return workload.rate * workload.size.mean
        case "mmpp":
            times = sum(state.mean_time for state in workload.states)
            return sum(state.rate * state.mean_time for state in workload.states) / times
        case "phases":
            return sum(p.rate * p.lasts for p in workload.phases) / sum(p.lasts for p in workload.phases)
    return 0.0


def _users(scenario: Scenario, workload: ClosedWorkload) -> Users:
    network = scenario.platform.network
    edge = network.edges.get(f"{workload.name}->{workload.operation.split('.', 1)[0]}")
    delay = network.default_delay if edge is None or edge.delay is None else edge.delay
    return Users(operation=workload.operation, users=workload.users, think=workload.think.mean + 2.0 * delay.mean)


def _peaks(network: Network, external: Floats) -> list[int]:
    """Find the quarter hour of each station in which the most work comes; queues and users left out."""
    idle = np.zeros(len(network.stations))
    busy = network.occupied(network.responses(idle), idle) @ network.rates(external)
    return [int(k) for k in busy.argmax(axis=1)]
