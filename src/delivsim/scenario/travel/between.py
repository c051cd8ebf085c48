"""The part of a table of travel times that an instance needs, found by ids or by zones."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from delivsim.domain.instance import Instance
from delivsim.domain.travel.config import MatrixTravel
from delivsim.domain.travel.known_places import Ints, NearestPlaces
from delivsim.domain.travel.matrix import Matrix
from delivsim.domain.travel.protocol import Floats
from delivsim.domain.units import near_miss
from delivsim.errors import InstanceError, Problem
from delivsim.scenario.formats.columnar import read_parquet
from delivsim.scenario.formats.delimited import read_csv, refuse_repeats
from delivsim.scenario.travel.matrix_file import MatrixFile, read_matrix

MOST = 20
"""Missing pairs that are named."""


def matrix_of(config: MatrixTravel, instance: Instance, names: list[str], places: Floats) -> Matrix:
    """
    Make the travel model of an instance from a table.

    Parameters
    ----------
    names, places
        What errors call the places of the instance (kind and id), and where they are, shape (n, 2).

    Raises
    ------
    InstanceError
        A file is wrong, a place or zone is not in the table, or a pair of those needed is missing: all by name.
    """
    file = read_matrix(Path(config.path))
    if config.places is None:
        numbers = _by_id(file, names, places)
    else:
        numbers = _by_zone(file, Path(config.places), places, geographic=instance.geographic)
    used, rows = np.unique(numbers, return_inverse=True)
    seconds, metres = (
        None if values is None else _square(file, used, values) for values in (file.seconds, file.metres)
    )
    assert seconds is not None
    if problems := [*_missing(file, used, seconds), *_apart(names, places, rows, seconds)]:
        raise InstanceError.of(problems)
    return Matrix(
        seconds,
        places,
        rows,
        metres=metres,
        speed=config.speed,
        detour=config.detour,
        geographic=instance.geographic,
    )


def _by_id(file: MatrixFile, names: list[str], places: Floats) -> Ints:
    """Find each place by its id, that of the store, order or rider; or by another that stands on the same spot."""
    problems: list[Problem] = []
    kinds: dict[str, str] = {}
    ids = [name.partition(" ")[::2] for name in names]
    spots = {spot: file.ids[id_] for (_, id_), spot in zip(ids, _spots(places), strict=True) if id_ in file.ids}
    for (kind, id_), name, spot in zip(ids, names, _spots(places), strict=True):
        if id_ not in file.ids and spot not in spots:
            rule = f"no {id_!r} in {file.path}{near_miss(id_, list(file.ids)) if len(problems) < MOST else ''}"
            problems.append(Problem(path=name, rule=rule))
        elif id_ in file.ids and kinds.setdefault(id_, kind) != kind:
            rule = f"{id_!r} is a {kinds[id_]} as well: such ids cannot be told apart, give zones as places"
            problems.append(Problem(path=name, rule=rule))
    if problems:
        raise InstanceError.of(problems)
    numbers = [file.ids.get(id_, spots.get(spot, -1)) for (_, id_), spot in zip(ids, _spots(places), strict=True)]
    return np.array(numbers, dtype=np.int64)


def _spots(places: Floats) -> list[tuple[float, ...]]:
    return [tuple(place) for place in places.tolist()]


def _by_zone(file: MatrixFile, path: Path, places: Floats, *, geographic: bool) -> Ints:
    """Find the zone of each place: the one whose middle is nearest."""
    problems: list[Problem] = []
    columns = ("id", "x", "y")
    read = read_parquet if path.suffix == ".parquet" else read_csv
    zones = read(path, columns, problems, optional=())
    refuse_repeats(zones, "id")
    middles = np.array([(zone.number("x"), zone.number("y")) for zone in zones]).reshape(-1, 2)
    for zone in zones:
        if zone.cells["id"] not in file.ids:
            near = near_miss(zone.cells["id"], list(file.ids))
            zone.refuse("id", f"no {zone.cells['id']!r} in {file.path}{near}")
    if not zones and not problems:
        problems.append(Problem(file=str(path), rule="must have a row below the header, got none"))
    if problems:
        raise InstanceError.of(problems)
    nearest = NearestPlaces(middles, np.arange(len(zones)), geographic=geographic).find(places)[0]
    return np.array([file.ids[zone.cells["id"]] for zone in zones], dtype=np.int64)[nearest]


def _square(file: MatrixFile, used: Ints, values: Floats) -> Floats:
    """Put what is said of pairs of the used ids into a square; NaN where nothing is said, 0 from each to itself."""
    row = np.full(len(file.ids), -1, dtype=np.int64)
    row[used] = np.arange(len(used))
    tails, heads = row[file.tails], row[file.heads]
    both = (tails >= 0) & (heads >= 0)
    square = np.full((len(used), len(used)), math.nan)
    np.fill_diagonal(square, 0.0)
    square[tails[both], heads[both]] = values[both]
    return square


def _missing(file: MatrixFile, used: Ints, seconds: Floats) -> Iterator[Problem]:
    names = list(file.ids)
    pairs = np.argwhere(np.isnan(seconds))
    for i, j in pairs[:MOST]:
        yield Problem(file=str(file.path), rule=f"no seconds from {names[used[i]]!r} to {names[used[j]]!r}")
    if len(pairs) > MOST:
        yield Problem(file=str(file.path), rule=f"no seconds of {len(pairs) - MOST:,} further pairs")


def _apart(names: list[str], places: Floats, rows: Ints, seconds: Floats) -> Iterator[Problem]:
    """Find places with equal coordinates and unequal times: by their coordinates places are found again."""
    first: dict[tuple[float, ...], int] = {}
    for i, place in enumerate(_spots(places)):
        k = first.setdefault(place, i)
        if rows[k] != rows[i] and not _alike(seconds, int(rows[k]), int(rows[i])):
            yield Problem(path=names[i], rule=f"must not stand where {names[k]} does, from which ways take otherwise")


def _alike(seconds: Floats, a: int, b: int) -> bool:
    """Tell whether all ways from and to two rows, from and to others, take the same."""
    others = np.delete(np.arange(len(seconds)), (a, b))
    return bool((seconds[a, others] == seconds[b, others]).all() and (seconds[others, a] == seconds[others, b]).all())
