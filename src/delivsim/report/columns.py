"""Text in columns: what every page of the plain-text report is made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest

from rich.cells import cell_len
from rich.text import Text

Cell = str | Text
"""A cell: words, or words with a style."""


def table(
    rows: Iterable[Sequence[Cell]],
    *,
    head: Sequence[str] = (),
    left: int = 1,
    indent: int = 2,
    gap: int = 2,
    at_least: Sequence[int] = (),
) -> list[Text]:
    """
    Rows of cells as aligned lines, the head first and dimmed.

    Parameters
    ----------
    rows
        Cells of each row; rows may be ragged.
    left
        How many columns from the first are words (set left); the others are numbers (set right).
    indent, gap
        Spaces before the first column and between columns.
    at_least
        Least widths of the columns, to align one table with another.
    """
    body = [[_text(cell) for cell in row] for row in rows]
    lines = [[Text(cell, style="dim") for cell in head], *body] if head else body
    widths = [
        max([_width(cell) for cell in column if cell is not None] + [least])
        for column, least in _columns(lines, at_least)
    ]
    return [_line(line, widths, left, " " * indent, " " * gap) for line in lines]


def heading(title: str, note: str = "", width: int = 100) -> Text:
    """A section's heading: its title in bold, and after it what the numbers below are."""
    line = Text(title, style="bold")
    if note:
        line.append("  " + note, style="dim")
    line.truncate(width, overflow="ellipsis")
    return line


def wrapped(text: str, *, width: int = 100, indent: int = 2, style: str = "") -> list[Text]:
    """One paragraph as lines no wider than ``width``."""
    import textwrap

    space = " " * indent
    lines = textwrap.wrap(text, width, initial_indent=space, subsequent_indent=space)
    return [Text(line, style=style) for line in lines]


def joined(lines: Iterable[Text]) -> Text:
    """Lines as one text; print it with ``console.print(text, soft_wrap=True)``, ``str(text)`` is plain."""
    return Text("\n").join(lines)


def bar(share: float, width: int = 20, full: str = "█", empty: str = "·") -> str:
    """A share of 1 as a bar; anything above nothing shows at least one block."""
    n = min(width, max(round(share * width), 1 if share > 0 else 0)) if share == share else 0
    return full * n + empty * (width - n)


def _text(cell: Cell) -> Text:
    return cell if isinstance(cell, Text) else Text(cell)


def _width(cell: Text) -> int:
    return cell_len(cell.plain)


def _columns(lines: list[list[Text]], at_least: Sequence[int]) -> Iterable[tuple[tuple[Text | None, ...], int]]:
    columns = list(zip_longest(*lines))
    return zip(columns, [*at_least, *[0] * len(columns)][: len(columns)], strict=True)


def _line(cells: list[Text], widths: list[int], left: int, indent: str, gap: str) -> Text:
    line = Text(indent)
    for i, (cell, width) in enumerate(zip(cells, widths, strict=False)):
        space = " " * (width - _width(cell))
        line.append(gap if i else "")
        line.append_text(Text.assemble(cell, space) if i < left else Text.assemble(space, cell))
    line.rstrip()
    return line
