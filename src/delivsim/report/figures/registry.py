"""The figures of a run by name, and how they become files: the same run gives the same bytes."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from delivsim.errors import InputError
from delivsim.report.figures import orders, platform, riders
from delivsim.report.figures.style import figure_of, look

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from delivsim.record.result import Result

FIGURES: dict[str, Callable[[Result], Axes]] = {
    "click_to_door": orders.click_to_door,
    "click_to_door_parts": orders.click_to_door_parts,
    "open_orders": orders.open_orders,
    "busy_riders": riders.busy_riders,
    "map": riders.city_map,
    "latency": platform.latency,
    "throughput": platform.throughput,
    "services": platform.services,
}
"""Every figure, in the order in which a page shows them."""

CITY = frozenset({"click_to_door", "click_to_door_parts", "open_orders", "busy_riders", "map"})
"""Figures that need a city: a run of workloads alone has none."""

_METADATA: dict[str, dict[str, str | None]] = {
    "svg": {"Date": None, "Creator": "delivsim"},
    "png": {"Software": "delivsim"},
    "pdf": {"CreationDate": None, "ModDate": None, "Creator": "delivsim", "Producer": "delivsim"},
}


def names_for(result: Result) -> list[str]:
    """Names of the figures that a run can fill."""
    city = len(result.tables["orders"]) > 0
    platform_ = len(result.tables["visits"]) > 0
    asked = bool((result.tables["requests"]["sent_at"] < result.tables["requests"]["answered_at"]).any())
    needs = {"services": platform_, "latency": asked}
    return [name for name in FIGURES if (city or name not in CITY) and needs.get(name, True)]


def figure(result: Result, name: str, format: str = "svg") -> bytes:  # noqa: A002 (the word of matplotlib)
    """
    Draw one figure of a run as a file's bytes; the same tables give the same bytes.

    Parameters
    ----------
    result
        A run.
    name
        A key of `FIGURES`.
    format
        ``svg``, ``png`` or ``pdf``.

    Raises
    ------
    InputError
        No such figure, or no such format; the message names those there are.
    """
    _check(name, format)
    buffer = io.BytesIO()
    with look(salt=f"delivsim:{name}"):
        figure_of(FIGURES[name](result)).savefig(buffer, format=format, dpi=144, metadata=_METADATA[format])
    return buffer.getvalue()


def svg(result: Result, name: str) -> str:
    """One figure as SVG text."""
    return figure(result, name, "svg").decode("utf-8")


def save_figures(
    result: Result,
    directory: str | Path,
    format: str = "svg",  # noqa: A002 (the word of matplotlib)
    names: list[str] | None = None,
) -> list[Path]:
    """
    Write figures of a run into a directory, one file each; the same run gives the same bytes.

    Parameters
    ----------
    result
        A run.
    directory
        Made if it is not there.
    format
        ``svg``, ``png`` or ``pdf``.
    names
        Keys of `FIGURES`; by default all that the run can fill.

    Returns
    -------
    The files written.
    """
    chosen = names_for(result) if names is None else names
    for name in chosen:
        _check(name, format)
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    files = [directory / f"{name}.{format}" for name in chosen]
    for name, file in zip(chosen, files, strict=True):
        file.write_bytes(figure(result, name, format))
    return files


def _check(name: str, format: str) -> None:  # noqa: A002
    from delivsim.domain.units import near_miss

    if name not in FIGURES:
        raise InputError(f"figure: no figure '{name}'{near_miss(name, list(FIGURES))}; there are {', '.join(FIGURES)}")
    if format not in _METADATA:
        raise InputError(f"format: must be one of {', '.join(_METADATA)}, got '{format}'")
