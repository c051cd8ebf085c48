"""
Draw the pictures of ``docs/disciplines.md``, ``autoscaling.md`` and ``resources.md`` from runs of their scenarios.

Usage: ``python tools/draw_queueing.py docs``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from delivsim.experiment.run import run
from delivsim.report.figures import style
from delivsim.scenario.reader import load_scenario

if TYPE_CHECKING:
    import pandas as pd

    from delivsim.record.result import Result

SHOWN = {
    "fifo": ("fifo", "page"),
    "lifo": ("lifo", "page"),
    "processor_sharing": ("sharing", "page"),
    "queue_timeout": ("patience", "page"),
    "codel": ("codel", "page"),
    "preemptive, class 0": ("classes", "order"),
}


def quantile_by_minute(visits: pd.DataFrame, q: float, minutes: int) -> list[float]:
    """Give a quantile of the time in the station of those served, by minute of arrival."""
    served = visits[visits["outcome"] == "served"]
    minute = (served["arrived_at"] // 60).astype(int)
    times = (served["departed_at"] - served["arrived_at"]).groupby(minute).quantile(q)
    return [float(value) for value in times.reindex(range(minutes))]


def disciplines(result: Result, path: Path) -> None:
    """Draw how long the slowest tenth took, by minute of arrival, for each way to queue."""
    visits = result.tables["visits"]
    colors = (style.INK, style.GREY, style.BLUE, style.ORANGE, style.GREEN, style.RED)
    with style.look():
        (axes,) = style.panels(1, 1, size=(9.0, 4.4), share_x=False)
        axes.axvspan(5, 10, color=style.GREY, alpha=0.15, linewidth=0)
        for (name, (station, operation)), color in zip(SHOWN.items(), colors, strict=True):
            own = visits[(visits["station"] == station) & (visits["operation"] == operation)]
            axes.plot(np.arange(20) + 0.5, quantile_by_minute(own, 0.9, 20), color=color, label=name)
        axes.set(
            yscale="log", xlim=(0, 20), xlabel="minute of arrival (shaded: more comes than can be served)",
            ylabel="time in the station, p90 [s]", title="One worker, six ways to queue",
        )  # fmt: skip
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        figure = axes.figure
        assert figure is not None
        figure.savefig(path, dpi=110, bbox_inches="tight", metadata={"Software": None})


def autoscaling(result: Result, path: Path) -> None:
    """Draw the replicas paid for and serving, the servers' worth of demand, and the latency."""
    station = result.manifest["stations"]["web"]
    with style.look():
        top, bottom = style.panels(2, 1, size=(9.0, 5.4))
        for changes, per, label, color in (
            (station["replicas"], 1, "paid for", style.ORANGE), (station["capacity"], 4, "serving", style.BLUE),
        ):  # fmt: skip
            at, n = np.array([*changes, [result.manifest["ended_at"], changes[-1][1]]]).T
            top.step(at / 60.0, n / per, where="post", color=color, label=label)
        top.step([0, 10, 25, 50], [1.0, 3.5, 1.0, 1.0], where="post", color=style.GREY, label="work that comes")
        top.set(ylabel="replicas", ylim=(0, None), title="A peak meets an autoscaler")
        top.legend(loc="upper right")
        bottom.plot(np.arange(50) + 0.5, quantile_by_minute(result.tables["visits"], 0.99, 50), color=style.INK)
        bottom.set(yscale="log", ylabel="time in the station, p99 [s]", xlabel="minute", xlim=(0, 50))
        figure = bottom.figure
        assert figure is not None
        figure.savefig(path, dpi=110, bbox_inches="tight", metadata={"Software": None})


def resources(result: Result, path: Path) -> None:
    """Draw the share of reads that the cache answers, and how long writes wait for a connection."""
    visits = result.tables["visits"]
    reads = visits[visits["station"] == "menus"]
    hits = (reads["reason"] == "hit").groupby((reads["arrived_at"] // 15).astype(int)).mean()
    pool = visits[visits["station"] == "orders_db"]
    waits = pool["started_at"].fillna(pool["departed_at"]) - pool["arrived_at"]
    p99 = waits.groupby((pool["arrived_at"] // 15).astype(int)).quantile(0.99)
    with style.look():
        top, bottom = style.panels(2, 1, size=(9.0, 5.0))
        top.plot((hits.index + 0.5) / 4.0, 100.0 * hits, color=style.GREEN)
        top.set(ylabel="hits [%]", ylim=(0, 100), title="A cold cache before a pool of ten connections")
        bottom.plot((p99.index + 0.5) / 4.0, p99, color=style.INK)
        bottom.set(ylabel="wait for a connection, p99 [s]", xlabel="minute", xlim=(0, 15), ylim=(0, None))
        figure = bottom.figure
        assert figure is not None
        figure.savefig(path, dpi=110, bbox_inches="tight", metadata={"Software": None})


def main(directory: str) -> None:
    """Run the scenarios and draw their pictures."""
    for draw in (disciplines, autoscaling, resources):
        name = draw.__name__
        draw(run(load_scenario(f"scenarios/{name}.yaml")), Path(directory) / f"{name}.png")


if __name__ == "__main__":
    main(*sys.argv[1:])
