"""
Draw the picture of ``docs/dispatch.md``: seconds of one decision by number of open orders. Prints its table, too.

Usage: ``python tools/draw_decisions.py docs``; takes some two minutes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from delivsim.dispatch.policies import POLICIES
from delivsim.report.figures import style

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks" / "speed"))

from decision import ALLOWED, FITTED_FROM, JUDGED, SIZES, STEEPEST, curve, steepness

COLORS = {"lookahead": style.BLUE, "linear_assignment": style.RED}
GAP = 1.6
"""Labels stand at least by this factor apart."""


def main(directory: str) -> None:
    """Measure all policies, print them as rows of a table, draw them on two logarithmic axes."""
    curves = {name: curve(name) for name in POLICIES}
    for name, known in curves.items():
        cells = " | ".join(_figures(known[n]) for n in SIZES)
        sys.stdout.write(f"| `{name}` | {cells} | n^{steepness(known):.2f} |\n")
    draw(curves, Path(directory) / "decisions.png")


def _figures(seconds: float) -> str:
    return f"{seconds:.{1 if seconds >= 1.0 else 2 if seconds >= 0.1 else 3}f}"


def draw(curves: dict[str, dict[int, float]], path: Path) -> None:
    """Draw a line for each policy, what is allowed, and how steep a line may be."""
    with style.look():
        (axes,) = style.panels(1, 1, size=(8.6, 5.0))
        labels = 0.0
        for name in sorted(curves, key=lambda name: curves[name][SIZES[-1]]):
            known, color = curves[name], COLORS.get(name, style.GREY)
            axes.plot(SIZES, [known[n] for n in SIZES], color=color, marker="o", markersize=3.5)
            labels = max(known[SIZES[-1]], labels * GAP)
            words = f"{name}, n^{steepness(known):.2f}"
            axes.annotate(words, (SIZES[-1] * 1.12, labels), va="center", color=color if name in COLORS else style.INK)
            if name in ALLOWED:
                axes.plot(JUDGED, ALLOWED[name], color=color, marker="_", markersize=16, markeredgewidth=2.5)
                words = f"{ALLOWED[name]:g} s allowed"
                axes.annotate(words, (JUDGED, ALLOWED[name] * 1.12), ha="center", va="bottom", size=8, color=color)
        steep = np.array([n for n in SIZES if n >= FITTED_FROM])
        axes.plot(steep, 0.0004 * (steep / FITTED_FROM) ** STEEPEST, color=style.INK, linestyle="--", linewidth=1.0)
        axes.annotate(f"n^{STEEPEST}, the steepest allowed", (1_250, 0.0021), va="top", color=style.INK)
        axes.set(xscale="log", yscale="log", xlabel="open orders, and as many riders", ylabel="CPU seconds")
        axes.set_title("One decision, one core")
        axes.set_xticks(SIZES, [f"{n:,}" for n in SIZES])
        axes.set_yticks([0.001, 0.01, 0.1, 1.0, 10.0], ["0.001", "0.01", "0.1", "1", "10"])
        axes.figure.savefig(path, dpi=110, bbox_inches="tight", metadata={"Software": None})


if __name__ == "__main__":
    main(*sys.argv[1:])
