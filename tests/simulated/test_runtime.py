"""The runtime by itself: one service without a station, edges whose delays are given."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from delivsim.record.recorder import Recorder
from delivsim.services.effects import After, Cancel, Commit
from delivsim.services.messages import Request, Response
from delivsim.services.resilience import ONCE
from delivsim.simulated.edges import Edge
from delivsim.simulated.frames import Operation, ServiceRuntime
from delivsim.simulated.runtime import Runtime
from delivsim.simulated.wake import Agenda, run_until


class Delays:
    """Delays in the order in which they are asked for."""

    constant = None

    def __init__(self, *delays: float) -> None:
        self._delays = list(delays)

    def __call__(self, _: int) -> float:
        return self._delays.pop(0)


def world(handler: Any, *delays: float, **others: Any) -> tuple[Agenda, Runtime]:
    env = Agenda()
    runtime: Any = None

    def edge(_caller: str, _service: str) -> Edge:
        law: Any = Delays(*delays)
        return Edge(env, law, None, ONCE, None, runtime.expire)

    runtime = Runtime(env, Recorder(), edge)
    server = ServiceRuntime("bell", None, hold=False)
    server.operations = {name: Operation(name, do, None) for name, do in {"ring": handler, **others}.items()}
    runtime.services["bell"] = server
    runtime.broker = SimpleNamespace(publish=None)  # type: ignore[assignment]
    return env, runtime


def ring(runtime: Runtime) -> Any:
    return runtime.call(Request("app", "ring", None, service="bell"))


async def answer(_: Any) -> Response[None]:
    return Response(200, None)


class TestAnswersToApps:
    """When an app has its answer."""

    def test_an_answer_takes_its_way_back_though_the_question_took_no_time(self):
        """A way of 0 s, no work, a way of 1 s: whoever waits at once has the answer after 1 s, not before."""
        env, runtime = world(answer, 0.0, 1.0)
        seen: list[float] = []

        def app() -> Any:
            yield ring(runtime)
            seen.append(env.now)

        run_until(env, env.process(app()))
        assert seen == [1.0]

    def test_an_app_that_waits_late_has_the_answer_no_sooner(self):
        """Ways of 1 s and 4 s; the app looks at something else until 2 s, then waits: the answer comes at 5 s."""
        env, runtime = world(answer, 1.0, 4.0)
        seen: list[float] = []

        def app() -> Any:
            asked = ring(runtime)
            yield env.timeout(2.0)
            yield asked
            seen.append(env.now)

        run_until(env, env.process(app()))
        assert seen == [5.0]


class TestTimers:
    """Durable timers of one operation and body."""

    def test_two_timers_alike_ring_both(self):
        """Timers of 1 s and of 3 s with the same body are two; none keeps the other from ringing."""
        rang: list[float] = []

        async def set_both(_: Any) -> Response[None]:
            await Commit(timers=[After(1.0, "rang", 7), After(3.0, "rang", 7)])
            return Response(200, None)

        async def note(_: Any) -> Response[None]:
            rang.append(env.now)
            return Response(200, None)

        env, runtime = world(set_both, 0.0, 0.0, rang=note)
        ring(runtime)
        run_until(env, env.timeout(10.0))
        assert rang == [1.0, 3.0]
        assert runtime._timers == 0

    def test_a_cancelled_timer_does_not_ring_and_is_not_waited_for(self):
        """A timer far ahead is forgotten at once: nothing rings, the platform is at rest as far as timers go."""
        rang: list[float] = []

        async def think_again(_: Any) -> Response[None]:
            await Commit(timers=[After(30.0, "rang", 7)])
            await Commit(cancels=[Cancel("rang", 7)])
            return Response(200, None)

        async def note(_: Any) -> Response[None]:
            rang.append(env.now)
            return Response(200, None)

        env, runtime = world(think_again, 0.0, 0.0, rang=note)
        ring(runtime)
        run_until(env, env.timeout(60.0))
        assert (rang, runtime._timers) == ([], 0)
