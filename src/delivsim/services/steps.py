"""Services that a scenario declares as lists of steps; they run as ordinary handlers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from delivsim.services.effects import NO_KEY, Call, Choose, CommitPart, Gather, Publish, Use, Wait, Work
from delivsim.services.messages import OK, Response
from delivsim.services.service import Handler


class Step(NamedTuple):
    """
    One step.

    ``name`` finds the law of its duration (``work``, ``wait``), of its draw (``choose``) or the resource (``use``);
    ``targets`` are pairs of (service, operation) to call; ``topic`` is where it publishes; ``branches`` with
    ``cumulative`` probabilities are what ``choose`` chooses from; ``status`` is what ``fail`` answers.
    """

    kind: Literal["work", "call", "call_all", "choose", "publish", "wait", "fail", "use"]
    name: str = ""
    targets: tuple[tuple[str, str], ...] = ()
    topic: str = ""
    branches: tuple[tuple[Step, ...], ...] = ()
    cumulative: tuple[float, ...] = ()
    status: int = 0


def handler_of(steps: Sequence[Step]) -> Handler:
    """Make a handler that does these steps; the first failing call or ``fail`` ends it with its answer."""

    async def handle(body: Any) -> Response[Any]:
        return await _run(steps, body)

    return handle


async def _run(steps: Sequence[Step], body: Any) -> Response[Any]:
    for step in steps:
        answer = await _DO[step.kind](step, body)
        if not answer.ok:
            return answer
    return OK


async def _work(step: Step, _: Any) -> Response[Any]:
    await Work(step.name)
    return OK


async def _wait(step: Step, _: Any) -> Response[Any]:
    await Wait(step.name)
    return OK


async def _use(step: Step, _: Any) -> Response[Any]:
    return await Use(step.name)


async def _call(step: Step, body: Any) -> Response[Any]:
    ((service, operation),) = step.targets
    return await Call(service, operation, body)


async def _call_all(step: Step, body: Any) -> Response[Any]:
    answers = await Gather([Call(service, operation, body) for service, operation in step.targets])
    return next((answer for answer in answers if not answer.ok), OK)


async def _choose(step: Step, body: Any) -> Response[Any]:
    return await _run(step.branches[await Choose(step.name, step.cumulative)], body)


async def _publish(step: Step, body: Any) -> Response[Any]:
    await CommitPart((), (Publish(step.topic, hash_key(body), body),))
    return OK


async def _fail(step: Step, _: Any) -> Response[Any]:
    return Response(step.status, None, "failed")


def hash_key(body: Any) -> int:
    """Give the key of a message published by a step: the number that is its body, or none."""
    return body if isinstance(body, int) else NO_KEY


_DO = {
    "work": _work,
    "call": _call,
    "call_all": _call_all,
    "choose": _choose,
    "publish": _publish,
    "wait": _wait,
    "fail": _fail,
    "use": _use,
}
