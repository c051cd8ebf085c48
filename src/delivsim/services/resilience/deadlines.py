"""Deadlines: a request is worth its work only if its answer is there before whoever asked gives up."""

from __future__ import annotations

from dataclasses import dataclass, field

WEIGHT = 0.1
"""What the latest request counts in the mean of how long requests take."""


def is_over(due: float, now: float) -> bool:
    """Whether nobody waits any more, at ``due`` or later (Site Reliability Engineering, 2016, chapter 22)."""
    return now >= due


@dataclass(slots=True, kw_only=True)
class Foresight:
    """
    Foresees which requests cannot be answered in time, from how long those before them took.

    Load is shed by deadline so that work is done on what can still be in time (Site Reliability Engineering, 2016,
    chapters 21 and 22). What a request takes is taken to be the exponentially weighted mean of those that were served;
    before any was, nobody is foreseen to be late.
    """

    weight: float = WEIGHT
    mean: float = field(init=False, default=0.0)
    seen: bool = field(init=False, default=False)

    def served(self, seconds: float) -> None:
        """Note how long a server was busy with a request."""
        self.mean = self.mean + self.weight * (seconds - self.mean) if self.seen else seconds
        self.seen = True

    def is_too_late(self, due: float, now: float, turns: int = 0, servers: int = 1) -> bool:
        """
        Whether the answer would come at ``due`` or later.

        Parameters
        ----------
        turns
            How many requests must be done before this one begins; with all ``servers`` at work one of them is, on
            average, every mean / servers.
        """
        return now + self.mean * (1.0 + turns / max(1, servers)) >= due
