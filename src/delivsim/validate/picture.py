"""A picture of findings: how far the simulated values are from the exact ones, with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from delivsim.report.figures.style import BLUE, FAINT, GREY, INK, RED, figure_of, look, panels
from delivsim.validate.check import CONFIDENCE, Finding

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW = 0.17
"""Inches per quantity."""


def save_picture(findings: Sequence[Finding], file: Path) -> None:
    """Draw one line per quantity: its interval relative to the exact value, and the width it may have, in grey."""
    with look():
        (axes,) = panels(size=(9.0, 1.2 + ROW * (len(findings) + _headings(findings))))
        y, ticks, labels, family = 0.0, [], [], ""
        for finding in findings:
            if finding.family != family:
                family = finding.family
                y += 0.6
                axes.text(-0.005, y, family, transform=axes.get_yaxis_transform(), **_HEADING)
                y += 1.0
            _draw(axes, y, finding)
            ticks.append(y)
            labels.append(f"{finding.case}: {finding.quantity}")
            y += 1.0
        axes.axvline(0.0, color=INK, linewidth=0.8)
        axes.set_yticks(ticks, labels, fontsize=7.0)
        axes.set_ylim(y + 0.5, 0.0)
        axes.grid(visible=False, axis="y")
        axes.grid(visible=True, axis="x")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:+.0%}")
        axes.set_xlabel(f"simulated against exact, {CONFIDENCE:.1%} intervals\ngrey: the width they may have")
        figure_of(axes).savefig(file, dpi=90)


_HEADING: dict[str, Any] = {"ha": "right", "va": "center", "fontsize": 7.5, "fontweight": "bold", "color": FAINT}


def _headings(findings: Sequence[Finding]) -> float:
    return 1.6 * len({finding.family for finding in findings})


def _draw(axes: Axes, y: float, finding: Finding) -> None:
    scale = abs(finding.exact)
    off, half, allowed = (
        (finding.simulated - finding.exact) / scale,
        finding.half_width / scale,
        finding.allowed / scale,
    )
    color = BLUE if finding.verdict == "holds" else RED
    axes.plot([-allowed, allowed], [y, y], color=GREY, linewidth=4.0, alpha=0.35)
    axes.plot([off - half, off + half], [y, y], color=color, linewidth=1.4)
    axes.plot([off], [y], "o", color=color, markersize=2.6)
