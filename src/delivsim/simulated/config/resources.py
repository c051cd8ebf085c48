"""``platform.resources``: what services share behind them, connections to a database and caches."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from delivsim.domain.config import Config
from delivsim.domain.distributions import DurationLaw
from delivsim.domain.units import Share
from delivsim.simulated.config.names import Count, Name, law


class PoolResource(Config):
    """A database behind a pool of connections."""

    kind: Literal["pool"]
    """pool: each use takes a connection for the time of a query, first come, first served."""
    connections: Count = 10
    """How many queries run at the same time, whichever services they come from."""
    work: DurationLaw
    """How long a query holds its connection."""
    queue_capacity: Annotated[int, Field(ge=0)] | None = None
    """How many uses may wait for a connection; one more is refused with 503. Without it: any number."""
    queue_timeout: DurationLaw | None = None
    """How long a use waits for a connection before it is given up with 503. Without it: until it has one."""


class CacheResource(Config):
    """A cache before a pool."""

    kind: Literal["cache"]
    """cache: a use finds what it looks for with chance ``hit_rate``, or uses the pool behind it."""
    hit_rate: Share
    """The share of uses that find what they look for, once the cache is warm."""
    hit: DurationLaw = law("1ms")
    """How long a use takes that finds what it looks for."""
    behind: Name
    """The pool that is used on a miss."""
    cold_start: Annotated[float, Field(ge=0)] = 0.0
    """
    How slowly it warms, in uses: after n of them the hit rate is hit_rate x (1 - exp(-n / cold_start)). Without it the
    cache is warm from the start.
    """


ResourceConfig = Annotated[PoolResource | CacheResource, Field(discriminator="kind")]
