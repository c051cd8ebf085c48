"""
One look for every figure: quiet axes, colors that color-blind readers tell apart, times of day below.

Figures are made with matplotlib's objects and never with pyplot, so that nothing is kept between them. Colors
are of Okabe and Ito (2008); `INK`, `GRID` and `PAPER` are single values, so that a page can exchange them for
those of its own light or dark look.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from delivsim.record.result import Result
    from delivsim.report.clock import Clock

INK, FAINT, GRID, PAPER = "#33373d", "#6b7280", "#dfe3e8", "#fefefe"
BLUE, ORANGE, GREEN, PURPLE, SKY, RED, YELLOW, GREY = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#d55e00",
    "#f0e442",
    "#9aa3ad",
)
CYCLE = (BLUE, ORANGE, GREEN, PURPLE, SKY, RED)
"""Colors of things without a color of their own, in this order; more than six share a grey."""

WIDE = (9.0, 3.8)
"""Size of a figure of one panel, in inches: at this size its words are as large as a page's small print."""

NOTE: Mapping[str, Any] = {"ha": "center", "va": "center", "color": FAINT}
"""How words on an empty panel are set."""

RC: Mapping[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.5,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 8.0,
    "axes.labelsize": 9.5,
    "axes.labelcolor": FAINT,
    "axes.edgecolor": GRID,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "text.color": INK,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.major.size": 3.0,
    "ytick.major.size": 0.0,
    "xtick.minor.size": 0.0,
    "ytick.minor.size": 0.0,
    "lines.linewidth": 1.7,
    "lines.solid_capstyle": "round",
    "legend.frameon": False,
    "legend.fontsize": 9.0,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "svg.fonttype": "none",
    "path.simplify": True,
}


def look(*, salt: str = "delivsim") -> AbstractContextManager[None]:
    """Draw and save within this, and matplotlib's own settings stay what they were; ``salt`` names an SVG's parts."""
    import matplotlib as mpl

    settings: Any = {**RC, "svg.hashsalt": salt}
    return mpl.rc_context(settings)


def styled(draw: Callable[[Result], Axes]) -> Callable[[Result], Axes]:
    """Let a figure function draw in this look, whoever calls it."""

    @wraps(draw)
    def drawn(result: Result) -> Axes:
        with look():
            return draw(result)

    return drawn


def panels(
    rows: int = 1,
    columns: int = 1,
    *,
    size: tuple[float, float] = WIDE,
    share_x: bool = True,
    share_y: bool = False,
    ratios: tuple[float, ...] | None = None,
) -> list[Axes]:
    """
    Make a new figure of equal panels, row by row; ``axes[0].figure`` is the figure.

    Parameters
    ----------
    rows, columns
        How many panels there are.
    size
        Width and height of the whole figure in inches.
    share_x, share_y
        Whether all panels have one axis.
    ratios
        Heights of the rows, relative to each other.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(
        rows,
        columns,
        squeeze=False,
        sharex=share_x,
        sharey=share_y,
        height_ratios=list(ratios) if ratios else None,
    )
    return list(grid.ravel())


def mosaic(layout: list[list[str]], *, size: tuple[float, float], widths: tuple[float, ...]) -> dict[str, Axes]:
    """
    Make a new figure of panels by name, some larger than others.

    Parameters
    ----------
    layout
        Names row by row; a panel is as large as its name is repeated.
    size
        Width and height of the whole figure in inches.
    widths
        Widths of the columns, relative to each other.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    found: dict[str, Axes] = figure.subplot_mosaic(layout, width_ratios=list(widths))  # type: ignore[arg-type]
    return found


def figure_of(axes: Axes) -> Figure:
    """The whole figure that axes lie in."""
    from matplotlib.figure import Figure

    figure = axes.figure
    assert isinstance(figure, Figure)
    return figure


def time_axis(axes: Axes, clock: Clock, start: float, end: float, *, label: bool = True, most: int = 9) -> None:
    """Let the horizontal axis run from ``start`` to ``end`` seconds, and write times of day below it."""
    ticks = clock.ticks(start, end, most)
    axes.set_xlim(start, max(end, start + 1.0))
    axes.set_xticks(ticks, clock.tick_labels(ticks))
    if label:
        axes.set_xlabel("time of day")


def legend(axes: Axes, *, columns: int = 8, reverse: bool = False, **more: Any) -> None:
    """Write what the colors mean above the panel, where no data are; nothing if nothing is named."""
    handles, labels = axes.get_legend_handles_labels()
    if not handles:
        return
    if reverse:
        handles, labels = handles[::-1], labels[::-1]
    axes.legend(
        handles,
        labels,
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        borderaxespad=0.3,
        ncols=min(columns, len(labels)),
        handlelength=1.2,
        handletextpad=0.5,
        columnspacing=1.4,
        borderpad=0.0,
        **more,
    )


def title(axes: Axes, text: str, *, lines_below: int = 0) -> None:
    """Name a panel; ``lines_below`` leaves room for a legend of so many lines between the title and the data."""
    axes.set_title(text, pad=8.0 + 15.0 * lines_below)


def nothing(axes: Axes, why: str) -> Axes:
    """Say on an empty panel why it is empty; gives the panel back."""
    axes.text(0.5, 0.5, why, transform=axes.transAxes, **NOTE)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(visible=False)
    return axes


def unused(panels: list[Axes]) -> None:
    """Leave panels of a grid out."""
    for panel in panels:
        panel.set_visible(False)


def common_legend(panel: Axes) -> None:
    """Write what the colors of one panel mean above the whole figure: they mean the same in all its panels."""
    handles, labels = panel.get_legend_handles_labels()
    figure_of(panel).legend(
        handles, labels, loc="outside upper left", ncols=len(labels), handlelength=1.2, handletextpad=0.5
    )


def whole_numbers(axes: Axes) -> None:
    """Let a vertical axis count: ticks at whole numbers only, thousands apart."""
    from matplotlib.ticker import MaxNLocator

    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")


def duration_axis(axes: Axes) -> None:
    """Let a vertical axis of seconds be logarithmic and written as durations: ``20 ms``, ``50 ms``, ``1 s``."""
    from matplotlib.ticker import LogLocator, NullFormatter

    from delivsim.domain.units import format_duration

    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(base=10.0, subs=(1.0, 2.0, 5.0), numticks=8))
    axes.yaxis.set_major_formatter(lambda value, _: format_duration(value))
    axes.yaxis.set_minor_formatter(NullFormatter())
