"""Calls that an app makes until the platform has taken note, however long that takes."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, cast

from simpy import Environment
from simpy.events import Event

from delivsim.city.port import Platform
from delivsim.services.messages import Request, Response

PAUSE = 30.0
"""Seconds between two tries, on top of the retries of the app's edge."""


def insist(env: Environment, platform: Platform, request: Request, done: Callable[[], None] | None = None) -> None:
    """Have a request done, without waiting for it; ``done`` is called when it is."""

    def answered(event: Event) -> None:
        response = cast(Response[Any], event.value)
        if not response.is_final:
            env.timeout(PAUSE).callbacks.append(lambda _: insist(env, platform, request, done))
        elif done is not None:
            done()

    event = platform.call(request)
    if event.processed:
        answered(event)
    else:
        event.callbacks.append(answered)


def insisting(env: Environment, platform: Platform, request: Request) -> Generator[Any, Any, Any]:
    """Have a request done and give its answer: ``response = yield from insisting(...)``."""
    while True:
        response = yield platform.call(request)
        if response.is_final:
            return response
        yield env.timeout(PAUSE)
