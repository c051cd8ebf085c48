"""
Simulate an on-demand delivery platform: its software, riders, kitchens and dispatch in one model.

::

    import delivsim as ds

    result = ds.run(ds.load_scenario("scenarios/friday_evening.yaml"), seed=1)
    result.orders          # a pandas DataFrame; so are visits, requests, messages, legs, decisions ...
    result.summary()       # what summary.json holds
    result.save("runs/friday")

Names are imported when first used, so ``import delivsim`` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from delivsim.bench.run import benchmark
    from delivsim.dispatch.assignment import Assignment, DispatchPolicy, Match, Move, Wait
    from delivsim.dispatch.lawful import check_assignment
    from delivsim.dispatch.policies import POLICIES
    from delivsim.dispatch.problem import DispatchProblem
    from delivsim.domain.instance import Instance, Rules
    from delivsim.domain.order import Order, Outcome
    from delivsim.domain.rider import Rider
    from delivsim.domain.store import Store
    from delivsim.domain.travel.euclidean import Euclidean
    from delivsim.domain.travel.haversine import Haversine
    from delivsim.domain.travel.matrix import Matrix
    from delivsim.domain.travel.protocol import Travel
    from delivsim.domain.travel.road_graph import RoadGraph
    from delivsim.domain.travel.streets import Streets
    from delivsim.errors import DelivsimError, InputError, InstanceError, PolicyError, ResultError, ScenarioError
    from delivsim.experiment.decisions import load_problem
    from delivsim.experiment.run import run
    from delivsim.record.result import Result, load_result
    from delivsim.scenario.formats import read_instance, write_instance
    from delivsim.scenario.reader import load_scenario
    from delivsim.scenario.schema import Scenario

_HOMES = {
    "benchmark": "bench.run",
    "POLICIES": "dispatch.policies",
    "Assignment": "dispatch.assignment",
    "DispatchPolicy": "dispatch.assignment",
    "DispatchProblem": "dispatch.problem",
    "Match": "dispatch.assignment",
    "Move": "dispatch.assignment",
    "Wait": "dispatch.assignment",
    "check_assignment": "dispatch.lawful",
    "Instance": "domain.instance",
    "Rules": "domain.instance",
    "Order": "domain.order",
    "Outcome": "domain.order",
    "Rider": "domain.rider",
    "Store": "domain.store",
    "Euclidean": "domain.travel.euclidean",
    "Haversine": "domain.travel.haversine",
    "Matrix": "domain.travel.matrix",
    "Travel": "domain.travel.protocol",
    "RoadGraph": "domain.travel.road_graph",
    "Streets": "domain.travel.streets",
    "DelivsimError": "errors",
    "InputError": "errors",
    "InstanceError": "errors",
    "PolicyError": "errors",
    "ResultError": "errors",
    "ScenarioError": "errors",
    "load_problem": "experiment.decisions",
    "run": "experiment.run",
    "Result": "record.result",
    "load_result": "record.result",
    "read_instance": "scenario.formats",
    "write_instance": "scenario.formats",
    "load_scenario": "scenario.reader",
    "Scenario": "scenario.schema",
}

__all__ = [
    "POLICIES",
    "Assignment",
    "DelivsimError",
    "DispatchPolicy",
    "DispatchProblem",
    "Euclidean",
    "Haversine",
    "InputError",
    "Instance",
    "InstanceError",
    "Match",
    "Matrix",
    "Move",
    "Order",
    "Outcome",
    "PolicyError",
    "Result",
    "ResultError",
    "Rider",
    "RoadGraph",
    "Rules",
    "Scenario",
    "ScenarioError",
    "Store",
    "Streets",
    "Travel",
    "Wait",
    "__version__",
    "benchmark",
    "check_assignment",
    "load_problem",
    "load_result",
    "load_scenario",
    "read_instance",
    "run",
    "write_instance",
]


def __getattr__(name: str) -> object:
    from importlib import import_module, metadata

    if name == "__version__":
        return metadata.version("delivsim")
    if name not in _HOMES:
        raise AttributeError(f"module 'delivsim' has no attribute {name!r}")
    return getattr(import_module(f"delivsim.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
