"""Who calls: the client that a limit per client is about."""

from __future__ import annotations

from typing import Any

KNOWN_BY = ("customer", "rider", "store", "user")
"""Fields of bodies that name the person or store behind a call."""


def client_of(caller: str, body: Any) -> tuple[str, Any]:
    """Give the client: the person or store that the body names, else the caller itself (a service, a workload)."""
    for name in KNOWN_BY:
        number = getattr(body, name, None)
        if number is not None:
            return caller, number
    return caller, None
