"""Operations that use what services share behind them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from delivsim.services.effects import Use
from delivsim.services.messages import Response
from delivsim.services.service import Handler


def using(handler: Handler, resources: Sequence[str]) -> Handler:
    """Make a handler that uses resources, one after the other, before it goes on; one that refuses ends it."""

    async def handle(body: Any) -> Response[Any]:
        for resource in resources:
            answer = await Use(resource)
            if not answer.ok:
                return answer
        return await handler(body)

    return handle
