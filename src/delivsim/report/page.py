"""The report as one HTML page that needs nothing else: words, tables, and figures drawn in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from delivsim.report.content import report_content
from delivsim.report.figures import style
from delivsim.report.figures.registry import FIGURES, names_for, svg

if TYPE_CHECKING:
    from delivsim.record.metrics import Verdict
    from delivsim.record.result import Result

_TEMPLATES = Path(__file__).parent / "templates"
_VARIABLES = {
    style.INK: "ink",
    style.FAINT: "faint",
    style.GRID: "grid",
    style.PAPER: "paper",
    style.BLUE: "blue",
    style.RED: "red",
}
"""Colors of figures that a page may exchange in its dark look, and the names of its own."""


def html_report(result: Result, verdicts: Sequence[Verdict]) -> str:
    """
    Write the report and the figures of a run as one HTML page: no other file, no request to anywhere.

    Parameters
    ----------
    result
        A run.
    verdicts
        What `delivsim.record.metrics` says of its service level objectives.

    Returns
    -------
    The page; the same run gives the same text.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES), autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["slug"] = _slug
    names = names_for(result)
    return environment.get_template("report.html").render(
        content=report_content(result, verdicts),
        figures={name: inline(svg(result, name), name) for name in names},
        captions={name: _caption(name) for name in names},
        version=result.manifest.get("delivsim", ""),
        digest=str(result.manifest.get("digest", ""))[:12],
    )


def inline(drawing: str, name: str) -> str:
    """
    Make an SVG file part of a page: no prologue, names of its parts its own, its ink that of the page.

    Parameters
    ----------
    drawing
        An SVG file as text.
    name
        What to put before the names of its parts, so that two drawings on a page do not share any.
    """
    body = drawing[drawing.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'(<svg [^>]*?)width="([\d.]+)pt"', _fluid, body, count=1)
    body = re.sub(r'(<svg [^>]*?)height="[^"]*"', r"\1", body, count=1)
    body = re.sub(r'\bid="', f'id="{name}-', body)
    body = re.sub(r'href="#', f'href="#{name}-', body)
    body = re.sub(r"url\(#", f"url(#{name}-", body)
    for color, variable in _VARIABLES.items():
        body = re.sub(rf": {color}\b", f": var(--{variable}, {color})", body)
    return body.strip()


def _fluid(match: re.Match[str]) -> str:
    """Let a drawing be as wide as its place, up to a size at which its words are as large as the page's."""
    return f'{match[1]}style="max-width: {float(match[2]) / 72 * 6.2:.1f}rem"'


def _caption(name: str) -> str:
    return (FIGURES[name].__doc__ or "").strip().split("\n")[0]


def _slug(words: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")
