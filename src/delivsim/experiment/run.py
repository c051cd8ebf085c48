"""Runs a scenario and gives its result."""

from __future__ import annotations

import gc
import platform as machine
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from delivsim.dispatch.assignment import DispatchPolicy
from delivsim.domain.instance import Instance
from delivsim.errors import PolicyError
from delivsim.experiment.build import Simulation
from delivsim.experiment.decisions import dispatch_facts
from delivsim.experiment.interrupt import first_interrupt
from delivsim.record.recorder import Recorder
from delivsim.record.result import Result
from delivsim.record.tables import SCHEMA_VERSION
from delivsim.scenario.dump import digest_of, plain
from delivsim.scenario.schema import Scenario
from delivsim.services.gateway import CLIENT_OPERATIONS
from delivsim.simulated.config import StationConfig
from delivsim.simulated.stations import Fleet
from delivsim.simulated.wake import run_until

Progress = Callable[[float, int, int], None]
"""Told now and then by a run: simulated seconds since the start, orders placed, orders ended."""

LOOKS = 2000
"""How often a run looks up from its work: to tell its progress and to flush its rows."""
LIBRARIES = ("numpy", "scipy", "pandas", "simpy", "ortools", "networkx", "duckdb", "pydantic")


def run(
    scenario: Scenario,
    *,
    seed: int | None = None,
    policy: DispatchPolicy | None = None,
    instance: Instance | None = None,
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> Result:
    """
    Run a scenario to its end.

    Parameters
    ----------
    scenario
        What ``load_scenario`` gives.
    seed
        Instead of the scenario's own.
    policy
        A dispatch policy instead of the one that the scenario names.
    instance
        The orders, riders and stores, read before, instead of reading those that the scenario names.
    out
        A directory to which rows are flushed while the run lasts, so that memory stays flat; it holds the saved
        result afterwards. Without it everything stays in memory until ``result.save``.
    progress
        Told now and then: simulated seconds, orders placed, orders ended.

    Returns
    -------
    The result. After Ctrl-C that is what happened so far, and its manifest says ``interrupted_at``; once the run has
    ended, Ctrl-C waits until it is saved.

    Raises
    ------
    PolicyError
        The policy erred. What had happened until then is saved to ``out`` all the same, and is the error's ``result``.
    """
    with _uncollected():
        return _run(scenario, scenario.seed if seed is None else seed, policy, instance, out, progress)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let the garbage collector rest: a run makes no cycles worth collecting, and it would look at all of it again."""
    collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collected:
            gc.enable()


def whole(result: Result) -> Result:
    """
    Give a run that came to its end.

    Raises
    ------
    KeyboardInterrupt
        Ctrl-C ended it: half a day must not pass for a day.
    """
    if result.manifest["interrupted_at"] is not None:
        raise KeyboardInterrupt
    return result


def _run(
    scenario: Scenario,
    seed: int,
    policy: DispatchPolicy | None,
    instance: Instance | None,
    out: str | Path | None,
    progress: Progress | None,
) -> Result:
    directory = None if out is None else Path(out)
    began, cpu = time.perf_counter(), time.process_time()
    recorder = Recorder(directory)
    simulation = Simulation(scenario, seed, recorder, policy, instance)
    built = time.perf_counter()
    interrupted, failure = False, None
    try:
        interrupted = _run_to_the_end(simulation, progress)
    except PolicyError as error:  # what was computed until then is not lost
        interrupted, failure = True, error
    finally:
        if simulation.policy and simulation.policy.outside:
            simulation.policy.outside.line.close()
    with first_interrupt(lambda: None):
        simulation.finish()
        done = time.perf_counter()
        timings: dict[str, float] = {
            "build": built - began,
            "run": done - built,
            "cpu": time.process_time() - cpu,
            "decisions": sum(simulation.policy.timings) if simulation.policy else 0.0,
            "peak_memory_mb": _peak_memory(),
        }
        result = Result(recorder.close(), manifest(simulation, interrupted), timings)
        simulation.forget()
        if directory is not None:
            result.save(directory)
    if failure is not None:
        failure.result = result
        raise failure
    return result


def _peak_memory() -> float:
    """Give the most memory this process has held, in MB (the system counts in KB, on macOS in bytes)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def _run_to_the_end(simulation: Simulation, progress: Progress | None) -> bool:
    """Run until the stop event; tell whether Ctrl-C ended it before."""
    env, recorder, ledger = simulation.env, simulation.recorder, simulation.ledger
    every = max(simulation.scenario.until / LOOKS, 1e-9)

    def look(_: Any) -> None:
        recorder.flush()
        if progress is not None:
            progress(env.now, ledger.n_placed if ledger else 0, ledger.n_ended if ledger else 0)
        env.timeout(every).callbacks.append(look)

    env.timeout(every).callbacks.append(look)
    try:
        with first_interrupt(lambda: env.timeout(0.0).callbacks.append(_interrupt)):
            run_until(env, simulation.stop)
    except KeyboardInterrupt:
        return True
    return False


def _interrupt(_: Any) -> None:
    raise KeyboardInterrupt


@cache
def _versions() -> Mapping[str, str]:
    """Give the versions of Python and of the libraries that figures may depend on; finding them out takes files."""
    return {"python": machine.python_version(), **{name: version(name) for name in LIBRARIES}}


def manifest(simulation: Simulation, interrupted: bool) -> dict[str, Any]:
    """Say what was run, with what, and on which stations; nothing of the clock or the machine's name."""
    scenario, instance, parts = simulation.scenario, simulation.instance, simulation.parts
    config, said = scenario.platform, plain(scenario)
    topics = parts.runtime.broker.topics
    return {
        "schema_version": SCHEMA_VERSION,
        "delivsim": version("delivsim"),
        "versions": dict(_versions()),
        "scenario": said,
        "digest": digest_of(said),
        "name": scenario.name,
        "seed": simulation.seed,
        "starts_at": scenario.starts_at.isoformat(),
        "timezone": scenario.timezone,
        "horizon": scenario.until,
        "warm_up": scenario.warm_up,
        "ended_at": simulation.env.now,
        "interrupted_at": simulation.env.now if interrupted else None,
        "instance": None if instance is None else _instance(instance),
        "stations": {
            name: _station(services, parts.stations[name], config.processes.get(name) or config.services[name])
            for name, services in parts.on_station.items()
            if parts.stations[name] is not None
        }
        | {
            name: _station([], resource.station, StationConfig())
            for name, resource in parts.runtime.resources.items()
            if resource.station is not None
        },
        "services": {service: name for name, services in parts.on_station.items() for service in services},
        "topics": {
            name: {
                "partitions": topic.partitions,
                "groups": [group.name for group in topic.groups] + (["app"] if topic.listeners else []),
            }
            for name, topic in sorted(topics.items())
        },
        "policy": simulation.policy.name if simulation.policy else None,
        "outside": _outside(simulation),
        "dispatch": None if simulation.town is None else dispatch_facts(simulation.town),
        "slos": [str(slo) for slo in scenario.slos],
        "platform": config.kind,
        "clients": ["customer", "rider", "store_app"] * (instance is not None) + [w.name for w in config.workloads],
        "operations": _client_operations(simulation),
    }


def _outside(simulation: Simulation) -> dict[str, str]:
    """Say what of the run was decided outside delivsim, and where: it repeats itself only if that does."""
    outside = simulation.policy.outside if simulation.policy else None
    return {} if outside is None else {"dispatch": outside.line.where}


def _station(services: list[str], station: Any, config: StationConfig) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "services": services,
        "capacity": [list(change) for change in station.capacity],
        "queue_capacity": station.queue_capacity,
        "holds": config.holds,
        "discipline": config.discipline,
        "replicas": [[0.0, config.replicas]] if services else [],
        "by_replica": {},
    }
    if isinstance(station, Fleet):
        facts["replicas"] = station.paid
        facts["by_replica"] = {str(index): changes for index, changes in station.by_replica.items()}
    return facts


def _instance(instance: Any) -> dict[str, Any]:
    rules = instance.rules
    return {
        "name": instance.name,
        "n_orders": len(instance.orders),
        "n_riders": len(instance.riders),
        "n_stores": len(instance.stores),
        "geographic": instance.geographic,
        "rules": {name: getattr(rules, name) for name in rules.__slots__},
    }


def _client_operations(simulation: Simulation) -> list[str]:
    own = [workload.operation.split(".", 1)[1] for workload in simulation.scenario.platform.workloads]
    return list(dict.fromkeys([*(CLIENT_OPERATIONS if simulation.instance is not None else ()), *own]))
