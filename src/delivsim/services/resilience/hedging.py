"""Hedged requests: a second copy of what takes long, and the first good answer wins."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

ROUNDING = 1e-9
"""Seconds by which a copy may come early because instants are sums of floats."""


@dataclass(slots=True, kw_only=True)
class Race:
    """
    One call and its copies (Dean and Barroso 2013, The tail at scale).

    ``after`` seconds after the call, and after each copy, another is due unless the race is over, up to ``copies``. The
    first answer that is good decides; one that is not decides only when nothing else is under way.
    """

    after: float
    copies: int
    made: int = field(init=False, default=0)
    next_at: float = field(init=False, default=math.inf)
    under_way: dict[Any, None] = field(init=False, default_factory=dict)

    def start(self, call: Any, now: float) -> None:
        """Let a call, or one of its copies, take part."""
        self.under_way[call] = None
        self.next_at = now + self.after

    def is_due(self, now: float) -> bool:
        """Whether a copy is to be made now; it counts as made then."""
        due = bool(self.under_way) and self.made < self.copies and now >= self.next_at - ROUNDING
        self.made += due
        return due

    def answered(self, call: Any, *, well: bool) -> bool:
        """Take an answer; True: it decides, and whatever is in ``under_way`` has lost."""
        del self.under_way[call]
        return well or not self.under_way
