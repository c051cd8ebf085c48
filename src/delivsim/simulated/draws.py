"""Random durations of the platform, keyed so that an order meets the same work under every policy."""

from __future__ import annotations

from delivsim.domain.distributions import Law
from delivsim.domain.streams import BLOCK_BITS, BLOCK_MASK, Streams


class OrderDraws:
    """
    Values of one law: the k-th draw of an order is the same whatever else happens.

    Draws for no order (position reports, workloads) are taken one after the other instead.
    """

    __slots__ = ("_blocks", "_counts", "_keyed", "_sequence", "constant")

    def __init__(self, streams: Streams, name: str, law: Law) -> None:
        self.constant = law.constant
        self._keyed = streams.keyed(name, law.sample)
        self._blocks = self._keyed.first
        self._sequence = streams.sequence(f"{name}/any", law.sample)
        self._counts: dict[int, int] = {}

    def __call__(self, order: int) -> float:
        """Draw for an order (-1: for none)."""
        if self.constant is not None:
            return self.constant
        if order < 0:
            return self._sequence()
        counts = self._counts
        if order in counts:
            k = counts[order] = counts[order] + 1
            return self._keyed(order, k)
        counts[order] = 0
        block = self._blocks.get(order >> BLOCK_BITS)
        return self._keyed(order, 0) if block is None else block[order & BLOCK_MASK]
