"""The tail of an operation as text: hop by hop, what the slowest calls waited for that ordinary ones did not."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from rich.text import Text

from delivsim.domain.units import Instant, format_duration, near_miss
from delivsim.errors import InputError
from delivsim.record.critical_path import KINDS
from delivsim.record.tail import Tail, find_tail, tails_of
from delivsim.record.view import View, Window
from delivsim.report.columns import Cell, bar, heading, joined, table, wrapped
from delivsim.report.explain_faults import faults
from delivsim.report.wording import percent, plural

if TYPE_CHECKING:
    from delivsim.record.result import Result


def explain_tail(result: Result, name: str, q: float, window: Window | None = None) -> Text:
    """
    Tell where the time of the slowest calls of an operation (or messages of a topic) went.

    Parameters
    ----------
    result
        A run.
    name
        An operation that clients call, or a topic that a service consumes.
    q
        The quantile from which on a call is among the slowest.
    window
        Only calls that began then.

    Raises
    ------
    InputError
        No such operation or topic in the run, or none of its calls in the window.
    """
    known = tails_of(result)
    if name not in known:
        what = near_miss(name, known) or f"; there are {', '.join(known) or 'none'}"
        raise InputError(f"--operation: nobody called {name!r} in this run{what}")
    tail = find_tail(result, name, q, window)
    if tail is None:
        raise InputError(f"--from, --to: no call of {name} began in that time and ended in this run")
    seen = View(result).window if window is None else window
    wrong = faults(result, seen.start, seen.end)
    return joined([*_head(tail), Text(), *_table(tail), *_closing(tail), *([Text(), *wrong] if wrong else [])])


def window_of(result: Result, begin: str | None, end: str | None) -> Window | None:
    """
    Give the window between two instants as written on the command line; None if neither is given.

    Raises
    ------
    InputError
        One of them is no instant of this run, or they are the wrong way round.
    """
    if begin is None and end is None:
        return None
    starts_at = datetime.fromisoformat(result.manifest["starts_at"])
    whole = View(result).window
    start = whole.start if begin is None else _instant("--from", begin, starts_at)
    stop = whole.end if end is None else _instant("--to", end, starts_at)
    if stop <= start:
        raise InputError(f"--to {end}: must be after --from {begin}" if begin else f"--to {end}: nothing is before it")
    return Window(start, stop)


def _instant(option: str, text: str, starts_at: datetime) -> float:
    try:
        return Instant.parse(text).at(starts_at)
    except ValueError as error:
        raise InputError(f"{option} {text}: {error}") from error


def _head(tail: Tail) -> list[Text]:
    level = f"p{100.0 * tail.q:g}"
    title = Text.assemble((f"{tail.name} {level} ", "bold"), (format_duration(tail.at), "bold red"))
    refused = f", {plural(tail.n_refused, 'error')} among them" if tail.n_refused else ""
    said = (
        f"{plural(tail.n_tail, 'call')} of {tail.n_calls:,} took as long or longer{refused}; "
        f"the median is {format_duration(tail.median)}."
    )
    return [title, *wrapped(said, indent=0)]


def _table(tail: Tail) -> list[Text]:
    total = sum(tail.tail.values())
    usual = sum(tail.ordinary.values())
    rows: list[list[Cell]] = []
    for hop, seconds in tail.by_hop().items():
        kinds = [tail.tail.get((hop, kind), 0.0) for kind in KINDS]
        ordinary = sum(value for (where, _), value in tail.ordinary.items() if where == hop)
        rows.append(
            [hop, *(_time(v) for v in kinds), _time(seconds), _time(ordinary), bar(seconds / total, 16, empty=" ")]
        )
    sums = [sum(v for (_, kind), v in tail.tail.items() if kind == one) for one in KINDS]
    rows.append([Text("all", style="bold"), *(_time(v) for v in sums), _time(total), _time(usual), ""])
    used = [i for i, value in enumerate(sums) if value > 0.0]
    keep = [0, *(1 + i for i in used), 1 + len(KINDS), 2 + len(KINDS), 3 + len(KINDS)]
    head = ("hop", *KINDS, "in all", "ordinary", "")
    lines = table([[row[i] for i in keep] for row in rows], head=[head[i] for i in keep])
    return [heading("Where their time went", "mean per call along the critical path, beside ordinary calls"), *lines]


def _closing(tail: Tail) -> list[Text]:
    """Say in a sentence which hop and which kind make the tail longer than an ordinary call."""
    more = {key: seconds - tail.ordinary.get(key, 0.0) for key, seconds in tail.tail.items()}
    extra = sum(value for value in more.values() if value > 0.0)
    if extra <= 0.0:
        return []
    (hop, kind), most = max(more.items(), key=lambda pair: pair[1])
    said = f"{percent(most / extra)} of what they took longer than ordinary calls is {kind} at {hop}."
    return [Text(), *wrapped(said, indent=0)]


def _time(seconds: float) -> str:
    return format_duration(seconds) if seconds > 0.0 else ""
