"""Whatever happens to a file, an import ends with a message or with counts that add up; never with a traceback."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from delivsim.errors import InputError
from delivsim.scenario.imports.bring import import_export
from delivsim.scenario.imports.export import Export

Mutate = Callable[[bytearray, random.Random], None]


def _flip(data: bytearray, rng: random.Random) -> None:
    data[rng.randrange(len(data))] = rng.randrange(256)


def _drop(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    del data[at : at + rng.randrange(1, 40)]


def _repeat(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    data[at:at] = data[at : at + rng.randrange(1, 200)]


def _insert(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    data[at:at] = rng.choice((b'"', b",", b"\n", b"\r\n", b";", b"\0", b"\xff", b"nan", b"1e999", b"-", "é".encode()))


def _swap(data: bytearray, rng: random.Random) -> None:
    lines = data.split(b"\n")
    a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
    cells, others = lines[a].split(b","), lines[b].split(b",")
    i, j = rng.randrange(len(cells)), rng.randrange(len(others))
    cells[i], others[j] = others[j], cells[i]
    lines[a] = bytearray(b",".join(cells))
    lines[b] = bytearray(b",".join(others))
    data[:] = b"\n".join(lines)


MUTATIONS: tuple[Mutate, ...] = (_flip, _drop, _repeat, _insert, _swap)


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_file_never_breaks_the_import(export: Path, seed: int) -> None:
    """Bytes changed, dropped, doubled, cells swapped, one to ten times, headers included."""
    rng, data = random.Random(seed), bytearray(export.read_bytes())
    for _ in range(rng.randrange(1, 11)):
        rng.choice(MUTATIONS)(data, rng)
    export.write_bytes(bytes(data))
    try:
        imported = import_export(Export(orders=export, timezone="America/Bogota", day_first=True))
    except InputError:
        return
    for tally in imported.tallies:
        assert tally.n_read == tally.n_used + tally.n_outside + len(tally.rejects)
        assert len({reject.line for reject in tally.rejects}) == len(tally.rejects)
    assert imported.tallies[0].n_used == len(imported.instance.orders)


@pytest.mark.parametrize("seed", range(20))
def test_any_bytes_are_a_message(tmp_path: Path, seed: int) -> None:
    """Files of random bytes, as CSV and as Parquet."""
    rng = random.Random(seed)
    for name in ("x.csv", "x.parquet"):
        path = tmp_path / name
        path.write_bytes(rng.randbytes(rng.randrange(0, 3000)))
        with pytest.raises(InputError):
            import_export(Export(orders=path))
