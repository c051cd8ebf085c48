"""Instance formats: each a file with ``read(path) -> Instance``, and one line here."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike

from delivsim.domain.instance import Instance
from delivsim.domain.units import near_miss
from delivsim.errors import InstanceError, Problem
from delivsim.scenario.formats import mdrplib, rappi

FORMATS: dict[str, Callable[[str | PathLike[str]], Instance]] = {"mdrplib": mdrplib.read, "rappi": rappi.read}
"""How each format is read, by name."""


def read_instance(format: str, path: str | PathLike[str]) -> Instance:  # noqa: A002
    """
    Read an instance in the named format.

    Raises
    ------
    InstanceError
        The format is unknown, or the files are wrong: every mistake with its file and line.
    """
    if format not in FORMATS:
        known = ", ".join(sorted(FORMATS))
        rule = f"must be one of {known}, got {format!r}{near_miss(format, sorted(FORMATS))}"
        raise InstanceError.of([Problem(path="format", rule=rule)])
    return FORMATS[format](path)
