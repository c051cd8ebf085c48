"""A station where who is more urgent interrupts who is less."""

from __future__ import annotations

from typing import Any

from delivsim.simulated.stations.event import EventStation
from delivsim.simulated.stations.port import NAN


class PreemptiveStation(EventStation):
    """
    Preemptive resume: a visit of a more urgent class takes a server from the least urgent visit in work.

    Who was interrupted is the next of its class, and does only the rest of its work. It takes no place in the queue
    and does not lose patience. Its row tells its first start, so its time from there on contains interruptions.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._interrupted: dict[Any, float] = {}

    def enter(self, visit: Any, work: float) -> bool:
        """Admit a visit: it starts, takes somebody's server, or waits its turn."""
        if self.servers and len(self._busy) >= self.servers:
            last = max(self._busy, key=lambda other: (other.priority, other.queued_at, other.id))
            if last.priority > visit.priority and len(self._busy) == self.servers:
                visit.work, visit.queued_at, visit.queue_length = work, self.env.now, self._waiting()
                self._interrupt(last)
                self._start(visit)
                return True
        return super().enter(visit, work)

    def withdraw(self, visit: Any) -> bool:
        """Take a visit that has not been served yet out of the queue."""
        return visit not in self._interrupted and super().withdraw(visit)

    def _interrupt(self, visit: Any) -> None:
        del self._busy[visit]
        visit.timer = None
        visit.work = max(0.0, visit.ends_at - self.env.now)
        self._interrupted[visit] = visit.started_at
        self._line.push_back(visit)

    def _start(self, visit: Any) -> None:
        self._busy[visit] = None
        visit.started_at = self._interrupted.pop(visit, self.env.now)
        self._work(visit)

    def _work(self, visit: Any) -> None:
        visit.ends_at = self.env.now + visit.work
        super()._work(visit)

    def _waiting(self) -> int:
        return len(self._line) - len(self._interrupted)

    def _begun(self, visit: Any) -> float:
        return self._interrupted.get(visit, NAN)

    def fail_waiting(self) -> None:
        """Fail every visit that waits, interrupted ones too."""
        super().fail_waiting()
        self._interrupted.clear()

    def _given_up(self, visit: Any) -> str:
        return "" if visit in self._interrupted else super()._given_up(visit)
