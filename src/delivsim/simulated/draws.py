"""Random durations of the platform, keyed so that an order meets the same work under every policy."""

from __future__ import annotations

from array import array

from delivsim.domain.distributions import Law
from delivsim.domain.streams import BLOCK, BLOCK_BITS, BLOCK_MASK, OFTEN, Streams


class _Block:
    """How often each of 4096 orders has drawn, and the values by occurrence and order, close together in memory."""

    __slots__ = ("counts", "values")

    def __init__(self) -> None:
        self.counts = bytearray(BLOCK)
        self.values: list[array[float]] = []


class OrderDraws:
    """
    Values of one law: the k-th draw of an order is the same whatever else happens.

    Draws for no order (position reports, workloads) are taken one after the other instead.
    """

    __slots__ = ("_blocks", "_counts", "_keyed", "_sequence", "constant")

    def __init__(self, streams: Streams, name: str, law: Law) -> None:
        self.constant = law.constant
        self._keyed = streams.keyed(name, law.sample)
        self._sequence = streams.sequence(f"{name}/any", law.sample)
        self._blocks: dict[int, _Block] = {}
        self._counts: dict[int, int] = {}

    def __call__(self, order: int) -> float:
        """Draw for an order (-1: for none)."""
        block = self._blocks.get(order >> BLOCK_BITS)
        if block is not None:
            i = order & BLOCK_MASK
            counts, values = block.counts, block.values
            k = counts[i]
            if k < len(values):
                counts[i] = k + 1
                return values[k][i]
        return self._otherwise(order)

    def _otherwise(self, order: int) -> float:
        """Draw what is not at hand: a constant, for no order, the first of its block, or one of very many."""
        if self.constant is not None:
            return self.constant
        if order < 0:
            return self._sequence()
        number = order >> BLOCK_BITS
        block = self._blocks.setdefault(number, _Block())
        if len(block.values) < OFTEN:
            block.values.append(array("d", self._keyed.block(number, len(block.values))))
            return self(order)
        k = self._counts[order] = self._counts.get(order, OFTEN - 1) + 1
        return self._keyed(order, k)
