"""How requests queue at a station: in which order, how long, and who is given up."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from delivsim.domain.config import Config
from delivsim.domain.units import PositiveDuration

Discipline = Literal["fifo", "lifo", "priority", "preemptive_priority", "processor_sharing"]
Balancing = Literal["shared", "round_robin", "random", "least_outstanding", "two_choices"]
Priority = Annotated[int, Field(ge=0, le=9)]


class DeadlineShedding(Config):
    """
    Give up requests that can hardly be answered before their callers give up; reason ``too_late``.

    It needs ``network.propagate_deadlines``, by which requests tell how long their callers wait.
    """

    kind: Literal["deadline"] = "deadline"
    """
    On arrival (fifo) and when it would start, a request is held against the mean of what others took of a server.
    """


class CoDelConfig(Config):
    """Give up requests while the queue has been too slow for too long (controlled delay, RFC 8289)."""

    kind: Literal["codel"] = "codel"
    """Controlled delay: once all waits were longer than ``target`` for ``interval``, ever more often one is shed."""
    target: PositiveDuration = 0.005
    """A wait in the queue that is all right."""
    interval: PositiveDuration = 0.1
    """How long all waits may be longer than that before the first request is given up."""


SheddingConfig = Annotated[CoDelConfig | DeadlineShedding, Field(discriminator="kind")]
