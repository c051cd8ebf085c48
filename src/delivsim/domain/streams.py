"""
Named random streams, all from one seed.

Three ways to draw, so that what a policy must not change never depends on the order of events:

- ``streams[name]``: a generator of its own for each name; a new stream never disturbs an old one.
- ``streams.keyed(name, law)``: one draw per (entity, occurrence), drawn in blocks keyed by
  ``(seed, name, entity // 4096, occurrence)``: order 17 meets the same work under every policy.
- ``streams.uniform(name, *key)``: a hash of (seed, name, key) in [0, 1).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

BLOCK_BITS = 12
BLOCK = 1 << BLOCK_BITS
BLOCK_MASK = BLOCK - 1
OFTEN = 16
"""Draws of one entity from this one on come in blocks of its own: blocks for everybody would fill memory."""

Sampler = Callable[[np.random.Generator, int], NDArray[np.float64]]
"""Draws ``n`` values: ``law.sample``."""


class Streams:
    """All randomness of one run."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._generators: dict[str, np.random.Generator] = {}

    def __getitem__(self, name: str) -> np.random.Generator:
        """Give the generator of that name, the same object each time."""
        found = self._generators.get(name)
        if found is None:
            found = self._generators[name] = self._generator(name)
        return found

    def keyed(self, name: str, sample: Sampler) -> KeyedDraws:
        """Draws by entity: ``draws(entity, occurrence)``."""
        return KeyedDraws(self, name, sample)

    def sequence(self, name: str, sample: Sampler) -> SequenceDraws:
        """Draws in the order they are asked for, taken in blocks."""
        return SequenceDraws(self[name], sample)

    def uniform(self, name: str, *key: int) -> float:
        """Hash (seed, name, key) to a number in [0, 1)."""
        text = f"{self.seed}/{name}/" + "/".join(map(str, key))
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") / 2.0**64

    def _generator(self, name: str, *key: int) -> np.random.Generator:
        digest = hashlib.blake2b(name.encode(), digest_size=16).digest()
        words = [int.from_bytes(digest[i : i + 4], "big") for i in range(0, 16, 4)]
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(self.seed, spawn_key=(*words, *key))))


class KeyedDraws:
    """Values of one law by entity and occurrence, drawn in blocks of 4096 entities."""

    __slots__ = ("_blocks", "_name", "_often", "_sample", "_streams")

    def __init__(self, streams: Streams, name: str, sample: Sampler) -> None:
        self._streams, self._name, self._sample = streams, name, sample
        self._blocks: dict[tuple[int, int], list[float]] = {}
        self._often: dict[int, tuple[int, list[float]]] = {}

    def __call__(self, entity: int, occurrence: int = 0) -> float:
        """Give the value of this entity's ``occurrence``-th draw."""
        if occurrence >= OFTEN:
            return self._one_more(entity, *divmod(occurrence, OFTEN))
        key = (entity >> BLOCK_BITS, occurrence)
        block = self._blocks.get(key)
        if block is None:
            block = self._blocks[key] = self.block(*key)
        return block[entity & BLOCK_MASK]

    def block(self, number: int, occurrence: int = 0) -> list[float]:
        """Draw the values of the entities from 4096 x ``number`` on, in a new list."""
        values: list[float] = self._sample(self._streams._generator(self._name, number, occurrence), BLOCK).tolist()
        return values

    def _one_more(self, entity: int, block: int, i: int) -> float:
        number, values = self._often.get(entity, (0, []))
        if number != block:
            rng = self._streams._generator(self._name, entity, OFTEN + block)
            values = self._sample(rng, OFTEN).tolist()
            self._often[entity] = block, values
        return values[i]


class SequenceDraws:
    """Values of one law in the order they are asked for; a block costs one call of numpy."""

    __slots__ = ("_left", "_rng", "_sample")

    def __init__(self, rng: np.random.Generator, sample: Sampler) -> None:
        self._rng, self._sample = rng, sample
        self._left: list[float] = []

    def __call__(self) -> float:
        """Give the next value."""
        if not self._left:
            self._left = self._sample(self._rng, BLOCK).tolist()
            self._left.reverse()
        return self._left.pop()
