"""Which answers a caller may remember and give again when the service is not there, and what question each answers."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

from delivsim.services.messages import Response

FROM_CACHE = 203
"""Status of an answer that was remembered (HTTP: non-authoritative information)."""

QUESTIONS: Mapping[tuple[str, str], Callable[[Any], Hashable]] = {
    ("user", "authenticate"): lambda who: who.token,
    ("user", "view_profile"): lambda who: who.user,
    ("order", "track_order"): lambda ref: ref.order,
    ("gateway", "view_profile"): lambda who: who.user,
    ("gateway", "track_order"): lambda ref: ref.order,
    ("store", "check_availability"): lambda asked: asked.store,
}
"""
Of the built-in services' operations those whose answers may be given again, and by what they are remembered.

A remembered answer of ``check_availability`` is only an estimate of its store: the order service accepts the order with
it and asks the store again until it answers.
"""


def remembered(answer: Any) -> Response[Any]:
    """Make the response with a remembered body."""
    return Response(FROM_CACHE, answer, "fallback")
