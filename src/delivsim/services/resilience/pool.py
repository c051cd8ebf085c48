"""The bulkhead, or pool of connections: a slow callee holds up only so many calls (Nygard 2007, chapter 5)."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, kw_only=True)
class Bulkhead:
    """At most ``size`` calls are under way, at most ``queue`` more wait for one of them to end, first come first."""

    size: int
    queue: int
    taken: int = field(init=False, default=0)
    waiting: OrderedDict[Any, None] = field(init=False, default_factory=OrderedDict)

    @property
    def full(self) -> bool:
        """Whether another call would be refused."""
        return self.taken >= self.size and len(self.waiting) >= self.queue

    def take(self, call: Any) -> bool:
        """Take a connection, or wait for one (False) if there is none; only when it is not full."""
        if self.taken < self.size:
            self.taken += 1
            return True
        self.waiting[call] = None
        return False

    def leave(self, call: Any) -> bool:
        """Stop waiting; False: it was not waiting."""
        if call not in self.waiting:
            return False
        del self.waiting[call]
        return True

    def release(self) -> Any:
        """Give a connection back: to the call that waited longest, which is returned, or to nobody (None)."""
        if self.waiting:
            return self.waiting.popitem(last=False)[0]
        self.taken -= 1
        return None
