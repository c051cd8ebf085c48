"""Rate limits: the token bucket (RFC 2697's "committed" bucket, in calls)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ROUNDING = 1e-9
"""Tokens that may be missing because they are sums of floats."""


@dataclass(slots=True, kw_only=True)
class TokenBucket:
    """
    Lets ``burst`` calls through at once and ``rate`` per second in the long run.

    It is full at first. In any time t it lets at most burst + rate x t calls through.
    """

    rate: float
    burst: int
    tokens: float = field(init=False)
    filled_at: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self.tokens = float(self.burst)

    def take(self, now: float) -> bool:
        """Take a token for a call; False: there is none, and the call is refused."""
        self.tokens = min(float(self.burst), self.tokens + (now - self.filled_at) * self.rate)
        self.filled_at = now
        if self.tokens < 1.0 - ROUNDING:
            return False
        self.tokens = max(0.0, self.tokens - 1.0)
        return True


@dataclass(slots=True, kw_only=True)
class RateLimiter:
    """One token bucket for all, or (``per_client``) one for each client."""

    rate: float
    burst: int
    per_client: bool
    buckets: dict[Any, TokenBucket] = field(init=False, default_factory=dict)

    def admit(self, client: Any, now: float) -> bool:
        """Whether a call of this client may pass now."""
        key = client if self.per_client else None
        bucket = self.buckets.get(key)
        if bucket is None:
            bucket = self.buckets[key] = TokenBucket(rate=self.rate, burst=self.burst)
        return bucket.take(now)
