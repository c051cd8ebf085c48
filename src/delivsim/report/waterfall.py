"""A tree of requests drawn as a waterfall of text: who called whom, and where the time went."""

from __future__ import annotations

import math

from rich.text import Text

from delivsim.domain.units import format_duration
from delivsim.report.columns import Cell, table
from delivsim.report.trace import Hop

LEGEND = "- network   ░ waiting for a worker   █ work   · waiting for its own calls"
WIDTH = 28
_STYLES = {"-": "dim", "░": "yellow", "█": "cyan", "·": "dim"}


def waterfall(root: Hop, width: int = WIDTH) -> list[Text]:
    """
    Lines of a waterfall: one per request from ``root`` down, with its times and a bar on one common scale.

    Parameters
    ----------
    root
        The request that began it.
    width
        Characters of the bars.
    """
    start, end = float(root.row.sent_at), root.end
    rows = [_row(depth, hop, start, end, width) for depth, hop in root.walk()]
    scale = f"0 {'to':>{max(width - 12, 2)}} {format_duration(end - start)}" if end > start else ""
    head = ("request", "network", "waiting", "work", "status", scale)
    return table(rows, head=head, left=1)


def bar(hop: Hop, start: float, end: float, width: int = WIDTH) -> str:
    """
    What a request was doing over time, one character per stretch: see `LEGEND`.

    Each character shows what took most of its stretch of ``(end - start) / width`` seconds.
    """
    if not end > start:
        return " " * width
    cell = (end - start) / width
    pieces = _pieces(hop, end)
    return "".join(_most(pieces, start + i * cell, start + (i + 1) * cell) for i in range(width))


def status_of(row: object) -> str:
    """What the caller saw, and what the handler had answered if that differs: ``504 (200)``."""
    seen, status = int(getattr(row, "seen", 0)), int(getattr(row, "status", 0))
    if not seen:
        return "open"
    return f"{seen}" if status in (seen, 0) else f"{seen} ({status})"


def _row(depth: int, hop: Hop, start: float, end: float, width: int) -> list[Cell]:
    again = f" (attempt {hop.row.attempt})" if hop.row.attempt > 1 else ""
    who = f"{hop.row.caller} > " if depth == 0 else ""
    status = status_of(hop.row)
    times = (hop.network_time, hop.waiting_time, hop.work_time)
    label = f"{'  ' * depth}{who}{hop.name}{again}"
    bad = status == "open" or int(hop.row.seen) >= 400
    return [
        label,
        *(format_duration(time) if time > 0 else "" for time in times),
        Text(status, style="red" if bad else ""),
        _styled(bar(hop, start, end, width)),
    ]


def _styled(drawn: str) -> Text:
    text = Text()
    for char in drawn:
        text.append(char, style=_STYLES.get(char, ""))
    return text


def _pieces(hop: Hop, end: float) -> list[tuple[float, float, str]]:
    """Stretches of a request's life as (from, to, character); later ones lie on top of earlier ones."""
    row = hop.row
    sent, ended = float(row.sent_at), _or(row.ended_at, end)
    arrived, answered = _or(row.arrived_at, ended), _or(row.answered_at, ended)
    pieces = [(sent, arrived, "-"), (arrived, ended, "·"), (ended, answered, "-")]
    for visit in hop.visits:
        started, departed = _or(visit.started_at, ended), _or(visit.departed_at, ended)
        pieces += [(float(visit.arrived_at), started, "░"), (started, departed, "█")]
    return pieces


def _most(pieces: list[tuple[float, float, str]], low: float, high: float) -> str:
    shares: dict[str, float] = {}
    for start, end, char in pieces:
        overlap = min(end, high) - max(start, low)
        if overlap > 0:
            shares[char] = shares.get(char, 0.0) + overlap
    busy = shares.get("░", 0.0) + shares.get("█", 0.0)
    if "·" in shares:
        shares["·"] = max(0.0, shares["·"] - busy)
    return max(shares, key=lambda char: shares[char]) if shares else " "


def _or(value: float, otherwise: float) -> float:
    return float(value) if math.isfinite(value) else otherwise
