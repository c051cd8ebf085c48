"""
Draw the picture of ``docs/travel.md``: a one-way grid and ring roads with radials, and a way there and back on each.

Usage: ``python tools/draw_streets.py docs/streets.png``.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from delivsim.domain.travel.networks import Area, grid, ring_radial
from delivsim.domain.travel.protocol import Point
from delivsim.domain.travel.road_graph import RoadGraph
from delivsim.domain.travel.streets import Streets
from delivsim.report.figures import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

AREA: Area = (0.0, 0.0, 3000.0, 3000.0)
STORE: Point = (620.0, 1880.0)
DOOR: Point = (2330.0, 2400.0)
SPEED = 5.0


def draw(axes: Axes, title: str, streets: Streets) -> None:
    """Draw the stretches, and the fastest ways from the store to the door and back."""
    from matplotlib.collections import LineCollection

    travel = RoadGraph(streets, speed=SPEED)
    ends = streets.points[streets.tails], streets.points[streets.heads]
    axes.add_collection(LineCollection(list(zip(*ends, strict=True)), colors=style.GREY, linewidths=0.6, zorder=1))
    ways = (("there", STORE, DOOR, style.BLUE, "-"), ("back", DOOR, STORE, style.ORANGE, (0, (4, 2))))
    for word, origin, destination, color, dashes in ways:
        corners = streets.points[travel.path(origin, destination).nodes]
        x, y = [origin[0], *corners[:, 0], destination[0]], [origin[1], *corners[:, 1], destination[1]]
        label = f"{word} {travel.distance(origin, destination) / 1000.0:.2f} km"
        axes.plot(x, y, color=color, linewidth=2.4, linestyle=dashes, label=label, zorder=2)
    for what, place, marker in (("store", STORE, "s"), ("door", DOOR, "o")):
        axes.plot(*place, marker, color=style.INK, markersize=6, zorder=3)
        axes.annotate(
            what, place, (6, 8), textcoords="offset points", color=style.INK, zorder=4,
            bbox={"boxstyle": "round,pad=0.15", "facecolor": style.PAPER, "edgecolor": "none", "alpha": 0.85},
        )  # fmt: skip
    axes.set(title=title, aspect="equal", xlim=(-150, 3150), ylim=(-150, 3150), xticks=[], yticks=[])
    axes.grid(visible=False)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=2, handlelength=2.4)


def main(path: str) -> None:
    """Draw both networks beside each other."""
    with style.look():
        left, right = style.panels(1, 2, size=(9.0, 4.9), share_x=False)
        draw(left, "grid, one-way, 250 m", Streets.of(grid(AREA, 250.0, one_way=True), speed=SPEED))
        draw(
            right,
            "ring_radial, one-way, 16 radials, 400 m",
            Streets.of(ring_radial(AREA, 400.0, 16, one_way=True), speed=SPEED),
        )
        figure = left.figure
        assert figure is not None
        figure.savefig(path, dpi=110, bbox_inches="tight", metadata={"Software": None})


if __name__ == "__main__":
    main(sys.argv[1])
