"""Instance formats: each a file with ``read(path) -> Instance``, some with ``write``, and one line here."""

from __future__ import annotations

import os
from collections.abc import Callable
from os import PathLike
from typing import NamedTuple

from delivsim.domain.instance import Instance
from delivsim.domain.units import near_miss
from delivsim.errors import InstanceError, Problem
from delivsim.scenario.formats import delivsim, mdrplib, rappi

Name = str | PathLike[str]


class Format(NamedTuple):
    """How a format is read and written, and the files by which a folder of it is known."""

    read: Callable[[Name], Instance]
    files: tuple[str, ...]
    write: Callable[[Instance, Name], None] | None = None


FORMATS: dict[str, Format] = {
    "delivsim": Format(delivsim.read, ("instance.yaml",), delivsim.write),
    "mdrplib": Format(mdrplib.read, ("orders.txt", "restaurants.txt"), mdrplib.write),
    "rappi": Format(rappi.read, ("orders.csv", "couriers.csv")),
}
"""Every format by name."""


def read_instance(format: str, path: Name) -> Instance:  # noqa: A002
    """
    Read an instance in the named format.

    Raises
    ------
    InstanceError
        The format is unknown, or the files are wrong: every mistake with its file and line.
    """
    return _format(format, list(FORMATS)).read(path)


def write_instance(instance: Instance, format: str, path: Name) -> None:  # noqa: A002
    """
    Write an instance as a folder in the named format.

    Raises
    ------
    InstanceError
        The format is unknown, is only read, or cannot hold the instance: with everything that it cannot.
    """
    write = _format(format, [name for name, one in FORMATS.items() if one.write]).write
    assert write is not None
    write(instance, path)


def format_of(path: Name) -> str:
    """
    Tell the format of a folder by the files in it.

    Raises
    ------
    InstanceError
        It is none.
    """
    for name, one in FORMATS.items():
        if all(os.path.isfile(os.path.join(path, file)) for file in one.files):
            return name
    known = "; ".join(f"{name} has {' and '.join(one.files)}" for name, one in FORMATS.items())
    what = f"no format known by its files ({known})" if os.path.isdir(path) else "no such directory"
    raise InstanceError.of([Problem(file=str(path), rule=what)])


def _format(name: str, known: list[str]) -> Format:
    if name not in known:
        rule = f"must be one of {', '.join(known)}, got {name!r}{near_miss(name, known)}"
        raise InstanceError.of([Problem(path="format", rule=rule)])
    return FORMATS[name]
