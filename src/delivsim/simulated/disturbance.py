"""What is wrong with the network: ways that take longer, and requests and answers that never come."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

from delivsim.simulated.draws import OrderDraws
from delivsim.simulated.edges import Edge
from delivsim.simulated.runtime import Runtime

Draw = Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Disturbance:
    """
    One thing that is wrong with the network.

    Parameters
    ----------
    edges
        The pairs (caller, service) that it is about; None: all.
    factor, extra
        How many times longer, and how much longer, each way takes.
    share, draw
        Share of requests and answers that are lost, and what draws whether one is.
    noticed_after
        Seconds until a caller without an earlier time-out sees that nothing comes.
    """

    edges: frozenset[tuple[str, str]] | None
    factor: float = 1.0
    extra: Draw | None = None
    share: float = 0.0
    draw: Draw | None = None
    noticed_after: float = math.inf

    def concerns(self, caller: str, service: str) -> bool:
        """Whether it is about this pair."""
        return self.edges is None or (caller, service) in self.edges

    def loses(self) -> bool:
        """Whether what is sent now is lost."""
        return self.share >= 1.0 or (self.draw is not None and self.draw() < self.share)


def between(groups: tuple[tuple[str, ...], ...]) -> frozenset[tuple[str, str]]:
    """Give all pairs, either way, of members of different groups."""
    pairs = [(a, b) for one, other in combinations(groups, 2) for a in one for b in other]
    return frozenset([*pairs, *((b, a) for a, b in pairs)])


class DisturbedDelay:
    """The one-way delay of an edge while something is wrong with it; infinite: it never comes."""

    constant = None

    def __init__(self, usual: OrderDraws, wrong: list[Disturbance]) -> None:
        self._usual, self._wrong = usual, wrong
        self.noticed_after = min(each.noticed_after for each in wrong)

    def __call__(self, order: int) -> float:
        delay = self._usual(order)
        for each in self._wrong:
            if each.loses():
                return math.inf
            delay = delay * each.factor + (0.0 if each.extra is None else each.extra())
        return delay


class Network:
    """All edges of a platform, and what is wrong with them now."""

    def __init__(self, runtime: Runtime) -> None:
        self._wrong: list[Disturbance] = []
        self._edges: dict[tuple[str, str], tuple[Edge, OrderDraws]] = {}
        runtime.each_edge(self._known)

    def _known(self, caller: str, service: str, edge: Edge) -> None:
        self._edges[caller, service] = edge, edge.delay
        self._set(caller, service)

    def begin(self, wrong: Disturbance) -> None:
        """Let something be wrong from now on."""
        self._wrong.append(wrong)
        self._set_all(wrong)

    def end(self, wrong: Disturbance) -> None:
        """Let it be well again; whatever else is wrong stays."""
        self._wrong.remove(wrong)
        self._set_all(wrong)

    def _set_all(self, changed: Disturbance) -> None:
        for caller, service in self._edges:
            if changed.concerns(caller, service):
                self._set(caller, service)

    def _set(self, caller: str, service: str) -> None:
        edge, usual = self._edges[caller, service]
        wrong = [each for each in self._wrong if each.concerns(caller, service)]
        edge.delay = DisturbedDelay(usual, wrong) if wrong else usual  # type: ignore[assignment]  # the same shape
