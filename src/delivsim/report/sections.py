"""The parts that a report is made of, before anyone decides whether they become text or a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Tone = Literal["", "good", "bad", "warn", "strong", "faint"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Words in a table, and how they are meant."""

    words: str
    tone: Tone = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """
    A titled part of a report: a table of words, and sentences below it.

    Parameters
    ----------
    title, note
        What the part is about, and a few words on what its numbers are.
    head, rows
        The table; rows are as long as the head unless the head is empty.
    left
        How many columns from the first hold words; the others hold numbers and are set right.
    lines
        Sentences below the table.
    figures
        Names of the figures that show the same, for a page that has room for them.
    """

    title: str
    note: str = ""
    head: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    left: int = 1
    lines: tuple[Cell, ...] = ()
    figures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A whole report: a headline, what ran, what to beware of, its parts, and the closing line."""

    title: str
    subtitle: str
    warning: str
    sections: tuple[Section, ...]
    closing: str


def cells(*words: str, tone: Tone = "") -> tuple[Cell, ...]:
    """A row of cells of one tone."""
    return tuple(Cell(words=word, tone=tone) for word in words)


def line(words: str, tone: Tone = "") -> Cell:
    """A sentence below a table."""
    return Cell(words=words, tone=tone)
