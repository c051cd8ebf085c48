"""The report as text: what a planner reads in one screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from delivsim.report import columns
from delivsim.report.content import report_content
from delivsim.report.sections import Cell, Content, Section

if TYPE_CHECKING:
    from delivsim.record.metrics import Verdict
    from delivsim.record.result import Result

WIDTH = 100
LINES = 45
"""What a planner's screen holds."""
_LABEL = 10
_STYLES = {"good": "green", "bad": "bold red", "warn": "yellow", "strong": "bold", "faint": "dim", "": ""}


def text_report(result: Result, verdicts: Sequence[Verdict]) -> Text:
    """
    Say in one screen what a planner asks of a run: objectives, orders, times, latencies, services, riders, broker.

    Parameters
    ----------
    result
        A run.
    verdicts
        What `delivsim.record.metrics` says of its service level objectives.

    Returns
    -------
    Lines of at most 100 characters, as many objectives and operations as fit 45 lines; ``str()`` of it is plain.
    Print it with ``console.print(..., soft_wrap=True)``.
    """
    for most in (12, 10, 8, 7, 6, 5, 4):
        text = as_text(report_content(result, verdicts, most=most))
        if text.plain.count("\n") < LINES:
            break
    return text


def as_text(content: Content) -> Text:
    """Lay out a report's content as lines of text."""
    lines = [Text(content.title, style="bold"), *columns.wrapped(content.subtitle, indent=0, style="dim")]
    if content.warning:
        lines += columns.wrapped(content.warning, indent=0, style="bold red")
    before = True
    for section in content.sections:
        body = _table(section) if section.rows else _sentences(section)
        lines += [Text(), *body] if section.rows or before else body
        before = bool(section.rows)
    return columns.joined([*lines, Text(), Text(content.closing, style="dim")])


def _table(section: Section) -> list[Text]:
    title = Text(section.title, style="bold")
    if section.note and not section.head:
        title.append(f"  {section.note}", style="dim not bold")
    head = (title, *(Text(word, style="dim") for word in section.head[1:]))
    rows = [[_styled(cell) for cell in row] for row in section.rows]
    if not section.head:
        return [title, *columns.table(rows, left=section.left), *_below(section)]
    return [*columns.table([head, *_indented(rows)], left=section.left, indent=0), *_below(section)]


def _indented(rows: list[list[Text]]) -> list[list[Text]]:
    return [[Text.assemble("  ", row[0]), *row[1:]] for row in rows]


def _below(section: Section) -> list[Text]:
    return [text for line in section.lines for text in _wrapped(line, 2)]


def _sentences(section: Section) -> list[Text]:
    lines = [text for line in section.lines for text in _wrapped(line, _LABEL)]
    first = lines[0] if lines else Text(" " * _LABEL)
    label = section.title if len(section.title) < _LABEL else f"{section.title}  "
    return [Text.assemble((label.ljust(_LABEL), "bold"), first[_LABEL:]), *lines[1:]]


def _wrapped(line: Cell, indent: int) -> list[Text]:
    return columns.wrapped(line.words, width=WIDTH, indent=indent, style=_STYLES[line.tone])


def _styled(cell: Cell) -> Text:
    return Text(cell.words, style=_STYLES[cell.tone])
