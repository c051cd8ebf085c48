"""Draws by name and key: the same whatever else is drawn, independent, and cheap to keep."""

from __future__ import annotations

import random

import numpy as np
import pytest

from delivsim.domain.streams import OFTEN, Streams


def exponential(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.exponential(1.0, n)


def test_a_name_has_a_stream_of_its_own() -> None:
    """What is drawn from one name changes nothing for another; a seed and a name give one stream."""
    one, other = Streams(7), Streams(7)
    other["b"].random(1000)
    assert one["a"].random(5).tolist() == other["a"].random(5).tolist()
    assert one["a"] is one["a"]
    assert Streams(8)["a"].random() != Streams(7)["a"].random() != Streams(7)["c"].random()


def test_keyed_draws_do_not_depend_on_the_order_of_asking() -> None:
    """Entity and occurrence alone decide, for the first draws and for the hundredth, near and far."""
    keys = [(entity, k) for entity in (0, 17, 4095, 4096, 90_000) for k in range(100)]
    draws = Streams(7).keyed("work", exponential)
    expected = {key: draws(*key) for key in keys}
    shuffled = random.Random(1).sample(keys, len(keys))
    again = Streams(7).keyed("work", exponential)
    assert {key: again(*key) for key in shuffled} == expected
    assert len(set(expected.values())) == len(keys), "no two draws are the same"


@pytest.mark.parametrize("occurrence", [0, OFTEN - 1, OFTEN, 5 * OFTEN + 3])
def test_keyed_draws_follow_their_law(occurrence: int) -> None:
    """Over entities, any occurrence has the law's mean and spread, and does not go with the one before."""
    draws = Streams(7).keyed("work", exponential)
    values = np.array([draws(entity, occurrence) for entity in range(4000)])
    before = np.array([draws(entity, occurrence - 1 if occurrence else 1) for entity in range(4000)])
    assert values.mean() == pytest.approx(1.0, abs=0.06)
    assert values.std() == pytest.approx(1.0, abs=0.1)
    assert abs(np.corrcoef(values, before)[0, 1]) < 0.06


def test_what_one_entity_repeats_is_not_kept() -> None:
    """A thousand draws of one order keep a few hundred numbers, not a block of 4096 each."""
    drawn = []

    def counted(rng: np.random.Generator, n: int) -> np.ndarray:
        drawn.append(n)
        return rng.random(n)

    draws = Streams(7).keyed("work", counted)
    for k in range(1000):
        draws(3, k)
    assert sum(drawn) < OFTEN * 4096 + 1100


def test_uniform_is_a_hash_of_its_key() -> None:
    """The same key gives the same number in [0, 1), any other another; over keys they are even."""
    streams = Streams(7)
    values = [streams.uniform("answer", rider, order) for rider in range(40) for order in range(50)]
    assert streams.uniform("answer", 3, 4) == streams.uniform("answer", 3, 4)
    assert len(set(values)) == 2000
    assert 0.0 <= min(values) <= max(values) < 1.0
    assert np.histogram(values, 10, (0, 1))[0].std() < 30


def test_a_sequence_goes_on_across_blocks() -> None:
    """Ten thousand values in turn are those of the generator in blocks, none twice."""
    sequence = Streams(7).sequence("gap", exponential)
    values = [sequence() for _ in range(10_000)]
    assert len(set(values)) == 10_000
    assert np.mean(values) == pytest.approx(1.0, abs=0.04)
