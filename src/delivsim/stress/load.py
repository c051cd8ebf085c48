"""A scenario with more load, or with other riders: the same in all else."""

from __future__ import annotations

from typing import Any

from delivsim.city.redraw import DrawnDemand
from delivsim.city.roster import Roster
from delivsim.scenario.schema import Scenario
from delivsim.simulated.config import WorkloadConfig


def with_load(scenario: Scenario, factor: float) -> Scenario:
    """Multiply all that comes from outside: orders, and the rates (or users) of workloads."""
    changes: dict[str, Any] = {}
    if scenario.city is not None:
        demand = scenario.city.demand
        demand = demand.model_copy(update={"scale": demand.scale * factor})
        changes["city"] = scenario.city.model_copy(update={"demand": demand})
    if scenario.instance is not None:
        drawn = scenario.instance.demand or DrawnDemand()
        drawn = drawn.model_copy(update={"scale": drawn.scale * factor})
        changes["instance"] = scenario.instance.model_copy(update={"demand": drawn})
    workloads = tuple(_busier(workload, factor) for workload in scenario.platform.workloads)
    changes["platform"] = scenario.platform.model_copy(update={"workloads": workloads})
    return scenario.model_copy(update=changes)


def _busier(workload: WorkloadConfig, factor: float) -> WorkloadConfig:
    """Multiply a workload's calls: rates by the factor, gaps by its inverse, users rounded to at least one."""
    match workload.kind:
        case "open" if workload.rate is None:
            assert workload.interarrival is not None, "an open workload has one of the two"
            return workload.model_copy(update={"interarrival": workload.interarrival.scaled(1.0 / factor)})
        case "open" | "batch":
            assert workload.rate is not None, "an open workload has one of the two"
            return workload.model_copy(update={"rate": workload.rate * factor})
        case "closed":
            return workload.model_copy(update={"users": max(1, round(workload.users * factor))})
        case "mmpp":
            states = tuple(s.model_copy(update={"rate": s.rate * factor}) for s in workload.states)
            return workload.model_copy(update={"states": states})
        case "phases":
            phases = tuple(p.model_copy(update={"rate": p.rate * factor}) for p in workload.phases)
            return workload.model_copy(update={"phases": phases})


def with_riders(scenario: Scenario, count: int) -> Scenario:
    """Have so many riders in all, with the same pattern of shifts."""
    if scenario.city is not None:
        riders = scenario.city.riders.model_copy(update={"count": count})
        return scenario.model_copy(update={"city": scenario.city.model_copy(update={"riders": riders})})
    assert scenario.instance is not None, "only a city or an instance has riders"
    roster = scenario.instance.riders or Roster()
    changed = scenario.instance.model_copy(update={"riders": roster.model_copy(update={"count": count})})
    return scenario.model_copy(update={"instance": changed})
