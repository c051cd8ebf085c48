"""What was wrong when: shaded behind every figure of a run over time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from delivsim.report.figures import style
from delivsim.report.rows import each

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from delivsim.record.result import Result

MOST_NAMED = 6
"""With more faults than this their names would stand upon each other."""


def shade(panel: Axes, result: Result, *, named: bool = True) -> None:
    """Shade the times of faults on a panel whose time axis is set; ``named`` writes what broke, if there is room."""
    faults = result.tables["faults"]
    start, end = panel.get_xlim()
    seen = faults[(faults["began_at"] < end) & ~(faults["ended_at"] <= start)]
    for k, row in enumerate(each(seen)):
        until = end if math.isnan(row.ended_at) else min(row.ended_at, end)
        label = "a fault" if k == 0 and len(seen) > MOST_NAMED and named else None
        panel.axvspan(max(row.began_at, start), until, color=style.RED, alpha=0.13, linewidth=0, zorder=0, label=label)
        if named and len(seen) <= MOST_NAMED:
            panel.text(
                max(row.began_at, start), 0.985, f" {row.kind.replace('_', ' ')} {row.target}".rstrip(),
                transform=panel.get_xaxis_transform(), rotation=90, ha="left", va="top", fontsize=7.5, color=style.RED,
                bbox={"facecolor": style.PAPER, "alpha": 0.75, "pad": 0.8, "linewidth": 0},
            )  # fmt: skip
    panel.set_xlim(start, end)
