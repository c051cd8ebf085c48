"""A table of texts, written as Markdown, as LaTeX or in columns."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LATEX = {"%": r"\%", "_": r"\_", "&": r"\&", "#": r"\#", "$": r"\$", "{": r"\{", "}": r"\}"}


@dataclass(frozen=True, slots=True)
class Table:
    """A heading, the names of the columns, and rows of as many texts; the first ``n_left`` columns are words."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    n_left: int = 1
    note: str = ""

    def markdown(self) -> str:
        """Write it as GitHub and others render it."""
        line = ["---" if i < self.n_left else "---:" for i in range(len(self.head))]
        rows = [self.head, tuple(line), *(tuple(cell.replace("|", r"\|") for cell in row) for row in self.rows)]
        text = "\n".join(f"| {' | '.join(row)} |" for row in rows)
        return "\n\n".join(part for part in (f"**{self.title}**" if self.title else "", text, self.note) if part) + "\n"

    def latex(self) -> str:
        """Write it as a ``tabular`` with the rules of the package booktabs."""
        columns = "l" * self.n_left + "r" * (len(self.head) - self.n_left)
        lines = [" & ".join(_escaped(cell) for cell in row) + r" \\" for row in (self.head, *self.rows)]
        body = [lines[0], r"\midrule", *lines[1:]]
        comment = [f"% {self.title}"] if self.title else []
        return "\n".join(
            [*comment, rf"\begin{{tabular}}{{{columns}}}", r"\toprule", *body, r"\bottomrule", r"\end{tabular}", ""]
        )

    def text(self) -> str:
        """Write it in columns for a terminal."""
        lines = (self.head, *self.rows)
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.head))]
        written = ["  ".join(self._aligned(line, widths)).rstrip() for line in lines]
        return "\n".join(part for part in (self.title, *written, self.note) if part) + "\n"

    def _aligned(self, line: tuple[str, ...], widths: list[int]) -> list[str]:
        return [
            cell.ljust(width) if i < self.n_left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]


def _escaped(text: str) -> str:
    return re.sub(r"[%_&#${}]", lambda found: _LATEX[found.group()], text)
