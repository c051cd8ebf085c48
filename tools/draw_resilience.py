"""
Draw the picture of ``docs/resilience.md`` from runs of the retry storm and its two cured twins.

Usage: ``python tools/draw_resilience.py docs``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from delivsim.experiment.run import run
from delivsim.report.figures import style
from delivsim.scenario.reader import load_scenario

SHOWN = (
    ("retry_storm", "three attempts", style.RED),
    ("retry_storm_cured", "with budget and breaker", style.BLUE),
    ("retry_storm_deadlines", "with deadlines that are told", style.GREEN),
)
MINUTES = 20


def main(directory: str) -> None:
    """Run the scenarios; draw what is sent to the shop, and the share of pages answered well, over time."""
    bins = np.arange(MINUTES * 4 + 1) * 15.0
    at = bins[:-1] / 60.0 + 0.125
    with style.look():
        top, bottom = style.panels(2, 1, size=(9.0, 5.2))
        for name, label, color in SHOWN:
            rows = run(load_scenario(f"scenarios/{name}.yaml")).tables["requests"]
            pages = rows[rows["caller"] == "visitors"]
            calls = rows[(rows["caller"] == "web") & rows["arrived_at"].notna()]
            offered = np.histogram(pages["sent_at"], bins)[0]
            well = np.histogram(pages["sent_at"][pages["seen"].between(1, 499)], bins)[0]
            top.plot(at, np.histogram(calls["sent_at"], bins)[0] / 15.0, color=color, label=label)
            bottom.plot(at, 100.0 * well / offered, color=color, label=label)
        top.plot(at, offered / 15.0, color=style.GREY, linestyle="--", label="pages asked for")
        top.axhline(40.0, color=style.INK, linewidth=0.8)
        top.annotate("what the shop can do", (MINUTES, 41.5), ha="right", va="bottom")
        for axes in (top, bottom):
            axes.axvspan(5, 6, color=style.GREY, alpha=0.15, linewidth=0)
        top.set(
            ylabel="calls to the shop [1/s]", ylim=(0, None), title="One minute of peak, with two cures and with none"
        )
        top.legend(loc="upper right", bbox_to_anchor=(1.0, 0.88))
        bottom.set(ylabel="pages answered well [%]", xlabel="minute", xlim=(0, MINUTES), ylim=(-3, 103))
        figure = bottom.figure
        assert figure is not None
        figure.savefig(Path(directory) / "resilience.png", dpi=110, bbox_inches="tight", metadata={"Software": None})


if __name__ == "__main__":
    main(*sys.argv[1:])
