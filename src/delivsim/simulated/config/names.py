"""Names, counts and default laws that the parts of ``platform`` share."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from delivsim.domain.distributions import duration_law

Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.\-]*$", max_length=64)]
ServiceName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_\-]*$", max_length=64)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]

BUILT_IN = ("gateway", "user", "order", "store", "delivery", "payment", "notification")
APPS = ("customer", "rider", "store_app")
"""The clients of the built-in services: all of them call the gateway."""
NOT_SERVICES = (*APPS, "app", "broker", "client", "timer")
"""Names that stand for others than services in the tables of a run."""


def law(value: object) -> Any:
    """Make a default law (``Any``, because mypy cannot tell the union's members from their parent)."""
    return duration_law(value)
