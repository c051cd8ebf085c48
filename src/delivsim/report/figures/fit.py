"""The picture of a fit: each estimate over the data that it was made from."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from delivsim.calibrate.laws import Fit
from delivsim.report.figures import style
from delivsim.scenario.fitting.found import Found
from delivsim.scenario.fitting.write import hours_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (12.6, 7.4)
POINTS = 300
MINUTE = 60.0


def save_fit(found: Found, path: Path) -> None:
    """Draw a fit into a file, PNG or SVG by its suffix; the same fit gives the same bytes."""
    buffer = io.BytesIO()
    form = path.suffix.lstrip(".")
    metadata: dict[str, str | None] = {"Software": "delivsim"} if form == "png" else {"Date": None}
    with style.look(salt="delivsim:fit"):
        axes = style.panels(2, 3, size=SIZE, share_x=False)
        for draw, panel in zip((_demand, _preparation, _patience, _popularity, _riders, _speeds), axes, strict=True):
            draw(found, panel)
        style.figure_of(axes[0]).savefig(buffer, format=form, dpi=110, metadata=metadata)
    path.write_bytes(buffer.getvalue())


def _demand(found: Found, axes: Axes) -> None:
    """Rates by hour, zones on top of each other; each day's orders as a line."""
    first, last = hours_of(found)
    rates = found.demand.rates.loc[first : last - 1]
    style.title(axes, "Orders per hour", lines_below=1)
    bottom = np.zeros(len(rates))
    for k, zone in enumerate(rates.columns):
        color = style.CYCLE[k] if k < len(style.CYCLE) else style.GREY
        axes.bar(rates.index + 0.5, rates[zone], bottom=bottom, width=0.92, color=color, alpha=0.75)
        bottom += rates[zone].to_numpy()
    for day in found.past.days:
        counts, edges = np.histogram(day.clock / 3600, np.arange(first, last + 1))
        watched = np.clip(np.minimum(edges[1:], day.ends / 3600) - np.maximum(edges[:-1], day.begins / 3600), 0, 1)
        whole = watched > 0.99
        axes.plot(edges[:-1][whole] + 0.5, counts[whole], color=style.INK, alpha=0.5, linewidth=0.7, marker=".", ms=3)
    axes.plot([], [], color=style.INK, marker=".", label="each day")
    if len(rates.columns) > 1:
        axes.bar([first + 0.5], [0], color=style.GREY, label=f"fitted, {len(rates.columns)} zones in colors")
    axes.set_xlabel("hour of the day")
    axes.locator_params(axis="x", integer=True, nbins=8)
    style.legend(axes)
    style.whole_numbers(axes)


def _preparation(found: Found, axes: Axes) -> None:
    """How long cooking took, and the law."""
    style.title(axes, "Preparation", lines_below=1)
    if found.preparation is None:
        style.nothing(axes, "not told")
        return
    seen = found.past.orders["cooking"].dropna().to_numpy(np.float64)
    if not len(seen):
        x = np.linspace(0, found.preparation.city.mean + 3 * found.preparation.city.sd, POINTS)
        axes.plot(x / MINUTE, found.preparation.city.distribution(x), color=style.RED, label="share ready, estimated")
        style.legend(axes)
        axes.set_xlabel("minutes")
        return
    _histogram(axes, seen[seen > 0] / MINUTE, found.preparation.city, MINUTE)
    axes.set_xlabel("minutes")


def _histogram(axes: Axes, seen: np.ndarray, fit: Fit, unit: float) -> None:
    top = float(np.quantile(seen, 0.995))
    edges = np.linspace(0, top, 41)
    counts = np.histogram(seen, edges)[0] / len(seen)
    axes.bar(edges[:-1], counts, width=edges[1], align="edge", color=style.SKY, alpha=0.8, label=f"{len(seen):,} seen")
    expected = np.diff(fit.distribution(edges * unit))
    axes.plot((edges[:-1] + edges[1:]) / 2, expected, color=style.RED, label=fit.kind)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    style.legend(axes)


def _patience(found: Found, axes: Axes) -> None:
    """Share of customers still waiting: Kaplan and Meier's estimate, and the law."""
    style.title(axes, "Customers who would still wait", lines_below=1)
    patience = found.patience
    if patience is None or not len(patience.at):
        style.nothing(axes, "nobody cancelled")
        return
    at = np.concatenate(([0.0], patience.at)) / MINUTE
    axes.step(at, np.concatenate(([1.0], patience.still)), where="post", color=style.BLUE, label="Kaplan-Meier")
    if patience.fit is not None:
        x = np.linspace(0, max(patience.longest, float(patience.at.max())), POINTS)
        axes.plot(x / MINUTE, 1 - patience.fit.distribution(x), color=style.RED, label=patience.fit.kind)
    axes.set_ylim(min(0.9, float(patience.still.min()) - 0.02), 1.005)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.1%}")
    axes.set_xlabel("minutes after placing the order")
    style.legend(axes)


def _popularity(found: Found, axes: Axes) -> None:
    """Share of orders by rank of the store, and the closest Zipf law."""
    style.title(axes, "Orders by store, most popular first", lines_below=1)
    share = found.popularity.share.to_numpy(np.float64)
    rank = np.arange(1, len(share) + 1)
    law = rank**-found.popularity.zipf
    axes.loglog(rank[share > 0], share[share > 0], ".", color=style.BLUE, label=f"{len(share)} stores")
    axes.loglog(rank, law / law.sum(), color=style.RED, label=f"Zipf {found.popularity.zipf:.2f}")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
    axes.set_xlabel("rank")
    style.legend(axes)


def _riders(found: Found, axes: Axes) -> None:
    """Expected against seen acceptance where it depends on the offer; else how long riders think."""
    acceptance = found.acceptance
    style.title(axes, "Riders' answers", lines_below=1)
    if acceptance is None:
        style.nothing(axes, "not told")
    elif len(acceptance.calibration):
        table = acceptance.calibration
        both = table[["expected", "seen"]].to_numpy()
        ends = [max(0.0, both.min() - 0.03), min(1.0, both.max() + 0.03)]
        axes.plot(ends, ends, color=style.GREY, linewidth=1.0)
        axes.plot(table["expected"], table["seen"], "o", color=style.BLUE, label=f"tenths of {acceptance.n:,} offers")
        axes.set_xlabel("share of yes, as the way and the pay let expect")
        axes.set_ylabel("as seen")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(lambda value, _: f"{value:.0%}")
        style.legend(axes)
    elif acceptance.think_time is not None:
        style.title(axes, f"Riders' think time ({acceptance.accept:.1%} accept)", lines_below=1)
        offers = found.past.offers
        seen = (offers["answered_at"] - offers["offered_at"]).dropna().to_numpy(np.float64)
        _histogram(axes, seen[seen > 0], acceptance.think_time, 1.0)
        axes.set_xlabel("seconds")
    else:
        style.nothing(axes, f"{acceptance.accept:.1%} of {acceptance.n:,} offers accepted")


def _speeds(found: Found, axes: Axes) -> None:
    """Speed by hour."""
    style.title(axes, "Speed along straight lines, km/h", lines_below=1)
    if found.ways is None:
        style.nothing(axes, "not told")
        return
    first, speed = hours_of(found)[0], 3.6 * found.ways.speed
    at = {hour + (24 if hour < first else 0): speed * factor for hour, factor in found.ways.by_hour.items()}
    axes.bar([hour + 0.5 for hour in at], list(at.values()), width=0.92, color=style.GREEN, alpha=0.75, label="by hour")
    axes.axhline(speed, color=style.INK, linewidth=1.0, label=f"all day, {found.ways.n:,} ways")
    axes.set_xlabel("hour of the day")
    axes.locator_params(axis="x", integer=True, nbins=8)
    style.legend(axes)
