"""
What the simulated runtime does for each effect that a handler awaits, but for the two most frequent ones, which
``Runtime.run`` does itself: ``Call`` and ``Load``.

Each function takes the runtime, the frame and the effect, and gives the effect's value at once, or ``SUSPENDED`` when
that takes time (then the runtime resumes the frame later), or ``CONFLICT`` when the handler must run again.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from delivsim.services import effects
from delivsim.services.effects import Delete, Put
from delivsim.services.messages import OVERLOADED
from delivsim.simulated.broker.delivery import Delivery
from delivsim.simulated.frames import Frame

if TYPE_CHECKING:
    from delivsim.simulated.runtime import Runtime

SUSPENDED = object()
CONFLICT = object()
NOTHING: dict[Any, Any] = {}


def _gather(runtime: Runtime, frame: Frame, gather: Any) -> Any:
    n = len(gather.calls)
    answers: list[Any] = [None] * n
    left = [n]

    def collect(i: int, response: Any) -> None:
        answers[i] = response
        left[0] -= 1
        if left[0] == 0:
            runtime.resume(frame, answers)

    if n == 0:
        return answers
    for i, call in enumerate(gather.calls):
        runtime.ask(frame, call, partial(collect, i))
    return SUSPENDED


def _query(_: Runtime, frame: Frame, query: Any) -> Any:
    return list(frame.server.state.get(query.kind, NOTHING).values())


def _commit(runtime: Runtime, frame: Frame, commit: Any) -> Any:
    """Write everything, unless a value that this handler loaded was changed by another one since; then publish."""
    server = frame.server
    state, reads = server.state, frame.reads
    if server.commits != frame.commits and _conflicts(frame, commit.writes):
        return CONFLICT
    for write in commit.writes:
        if write.__class__ is Delete:
            state.get(write.kind, NOTHING).pop(write.id, None)
            continue
        value = write.value
        values = state.get(value.__class__)
        if values is None:
            values = state[value.__class__] = {}
        values[write.id] = value
    reads.extend(commit.writes)
    if server.commits == frame.commits:
        frame.commits += 1
    server.commits += 1
    value = None
    for publish in commit.publishes:
        runtime.numbers = number = runtime.numbers + 1
        if runtime.broker.publish(publish, number, frame):
            value = SUSPENDED
    for timer in commit.timers:
        runtime.after(server, timer, frame.order, frame.id)
    for cancel in commit.cancels:
        runtime.forget(server, cancel)
    return value


def _conflicts(frame: Frame, writes: Any) -> bool:
    """Tell whether a key about to be written is not what this handler last saw or wrote."""
    state = frame.server.state
    seen = dict(map(_seen, frame.reads))
    for write in writes:
        key, _ = _seen(write)
        if key in seen and state.get(key[0], NOTHING).get(write.id) is not seen[key]:
            return True
    return False


def _seen(read: Any) -> tuple[tuple[type[Any], Any], Any]:
    """Give the key and value that a handler saw, or wrote itself: (kind, id) and the value, None for none."""
    if read.__class__ is Put:
        return (read.value.__class__, read.id), read.value
    if read.__class__ is Delete:
        return (read.kind, read.id), None
    kind, key, value = read
    return (kind, key), value


def _work(runtime: Runtime, frame: Frame, work: Any) -> Any:
    station = frame.server.station
    if station is None:
        return None
    if not station.enter(frame, frame.op.laws[work.step](frame.order) * frame.server.slow):
        runtime.finish_frame(frame, OVERLOADED)
    return SUSPENDED


def _use(runtime: Runtime, frame: Frame, use: Any) -> Any:
    return runtime.resources[use.resource].use(frame)


def _wait(runtime: Runtime, frame: Frame, wait: Any) -> Any:
    delay = frame.op.laws[wait.step](frame.order)
    runtime.alarm(delay, (lambda wake: runtime.resume(wake.value, None),), frame)
    return SUSPENDED


def _choose(_: Runtime, frame: Frame, choose: Any) -> Any:
    return bisect_right(choose.cumulative, frame.op.laws[choose.step](frame.order))


def _decide(runtime: Runtime, frame: Frame, decide: Any) -> Any:
    """Ask the policy; its answer comes into force after the modelled compute time."""
    assert runtime.policy is not None, "a delivery service is built together with a policy"
    decision, delay = runtime.policy.decide(decide.problem, decide.references)
    if delay > 0:
        runtime.alarm(delay, (lambda wake: runtime.resume(frame, wake.value),), decision)
        return SUSPENDED
    return decision


def _now(runtime: Runtime, _frame: Frame, _effect: Any) -> Any:
    return runtime.env._now


def _received(_: Runtime, frame: Frame, _effect: Any) -> Any:
    return frame.parent if frame.to.__class__ is Delivery else 0


def _new_id(runtime: Runtime, _frame: Frame, _effect: Any) -> Any:
    runtime.numbers += 1
    return runtime.numbers


PERFORM: dict[type[Any], Callable[[Any, Frame, Any], Any]] = {
    effects.Gather: _gather,
    effects.Query: _query,
    effects.Commit: _commit,
    effects.CommitPart: _commit,
    effects.Work: _work,
    effects.Use: _use,
    effects.Wait: _wait,
    effects.Choose: _choose,
    effects.Decide: _decide,
    effects.Now: _now,
    effects.NewId: _new_id,
    effects.Received: _received,
}
