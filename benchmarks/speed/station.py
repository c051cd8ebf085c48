"""
A station's visits per CPU second, its rows recorded, against SimPy's own resource in the same process.

Usage: ``python benchmarks/speed/station.py``. Both serve the same M/M/3 at 80 % load; rounds alternate, so that a
machine that slows down slows both, and the median of the ratios is what counts. Ends with 1 below 1.5.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Callable, Generator
from types import SimpleNamespace
from typing import Any

import numpy as np
import simpy

from delivsim.record.recorder import Recorder
from delivsim.simulated.stations import ComputedStation
from delivsim.simulated.wake import Alarm

VISITS, ROUNDS, SERVERS, REQUIRED = 60_000, 7, 3, 1.5
RNG = np.random.default_rng(1)
GAPS = RNG.exponential(1 / 2.4, VISITS).tolist()
WORK = RNG.exponential(1.0, VISITS).tolist()


ROUTE = SimpleNamespace(cause="client", service="bench", operation="bench")


class Visit:
    """The least that a station needs."""

    __slots__ = (
        "attempt", "ends_at", "id", "order", "parent", "queue_length", "queued_at", "route", "started_at", "timer",
        "visit", "work",
    )  # fmt: skip

    def __init__(self, number: int) -> None:
        self.order, self.id, self.parent, self.attempt, self.visit = -1, number, 0, 1, None
        self.route = ROUTE


def with_resource() -> None:
    """SimPy as its documentation does it: request, timeout, release."""
    env = simpy.Environment()
    resource = simpy.Resource(env, SERVERS)
    waits: list[float] = []

    def job(work: float) -> Generator[Any, Any, None]:
        arrived = env.now
        with resource.request() as request:
            yield request
            waits.append(env.now - arrived)
            yield env.timeout(work)

    def source() -> Generator[Any, Any, None]:
        for gap, work in zip(GAPS, WORK, strict=True):
            yield env.timeout(gap)
            env.process(job(work))

    env.process(source())
    env.run()
    assert len(waits) == VISITS


def with_station() -> None:
    """Delivsim's station: every visit is a row of 13 columns."""
    env, recorder = simpy.Environment(), Recorder()
    served = [0]

    def done(_visit: Any, _ok: bool) -> None:
        served[0] += 1

    station = ComputedStation(env, "bench", SERVERS, None, recorder.rows["visits"], done)
    alarm = Alarm(env).set
    ahead = iter(zip(range(1, VISITS + 1), [*GAPS[1:], 0.0], WORK, strict=True))

    def arrive(_: Any) -> None:
        number, gap, work = next(ahead)
        station.enter(Visit(number), work)
        if number < VISITS:
            alarm(gap, arrivals, None)

    arrivals = (arrive,)
    alarm(GAPS[0], arrivals, None)
    env.run()
    recorder.flush(force=True)
    assert served[0] == VISITS


def seconds(run: Callable[[], None]) -> float:
    """CPU seconds of one round, the collector resting as it does in a run."""
    gc.collect()
    gc.disable()
    began = time.process_time()
    run()
    took = time.process_time() - began
    gc.enable()
    return took


def main() -> int:
    """Alternate, print, judge."""
    rounds = [(seconds(with_resource), seconds(with_station)) for _ in range(ROUNDS)]
    resource, station = (statistics.median(column) for column in zip(*rounds, strict=True))
    ratio = statistics.median(a / b for a, b in rounds)
    sys.stdout.write(f"simpy.Resource  {VISITS / resource:9,.0f} visits per CPU second\n")
    sys.stdout.write(f"station         {VISITS / station:9,.0f} visits per CPU second, recorded\n")
    sys.stdout.write(f"ratio {ratio:.2f} (required {REQUIRED}; {ROUNDS} rounds, median)\n")
    return 0 if ratio >= REQUIRED else 1


if __name__ == "__main__":
    sys.exit(main())
