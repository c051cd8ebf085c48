"""What a fit found and how well it fits, as a table; and what the data do not tell."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator

from delivsim.calibrate.laws import Fit
from delivsim.calibrate.stores import Preparation
from delivsim.domain.units import format_duration
from delivsim.report.wording import plural
from delivsim.scenario.fitting.found import Found
from delivsim.scenario.fitting.write import services

Row = tuple[str, str, str, str]
WIDTH = 112


def fit_text(found: Found) -> str:
    """Write the table of estimates with their goodness of fit, then what the data do not tell."""
    rows = [("what", "found", "n", "how well it fits"), *_rows(found)]
    widths = [max(len(row[k]) for row in rows) for k in range(3)]
    lines = ["  ".join((*(cell.ljust(widths[k]) for k, cell in enumerate(row[:3])), row[3])).rstrip() for row in rows]
    if found.untold:
        lines += ["", "Not told by the data:"]
        for said in found.untold:
            lines += textwrap.wrap(said, WIDTH, initial_indent="  - ", subsequent_indent="    ")
    return "\n".join(lines)


def _rows(found: Found) -> Iterator[Row]:
    yield from _demand(found)
    yield from _stores(found)
    yield from _people(found)
    yield from _ways(found)


def _demand(found: Found) -> Iterator[Row]:
    demand, n = found.demand, len(found.past.orders)
    totals = demand.rates.sum(axis=1)
    totals = totals[totals > 0]
    hour = int(totals.index[int(totals.to_numpy().argmax())])
    days = len(demand.per_day)
    zones = f"{len(found.past.zones)} zones, " if len(found.past.zones) > 1 else ""
    what = f"{zones}{plural(len(totals), 'hour')}, most at {hour:02d}:00 ({totals.max():,.0f}/h)"
    yield "demand", what, f"{n:,}", f"quarters of hours {_chi(demand.within_hours, demand.within_p)}"
    if not math.isnan(demand.cells):
        yield "", "the same profile every day", f"{days} days", f"hours and zones {_chi(demand.cells, demand.cells_p)}"
    if not math.isnan(demand.day_cv):
        chance = 1.0 / math.sqrt(float(demand.per_day["expected"].mean()))
        what = f"days differ by {demand.day_cv:.1%} beyond chance ({chance:.1%})"
        yield "day to day", what, f"{days} days", f"no more than chance: {_p(demand.p_poisson)}"


def _stores(found: Found) -> Iterator[Row]:
    popularity, preparation = found.popularity, found.preparation
    n = len(popularity.share)
    yield (
        "popularity",
        f"the most popular has {popularity.share.iloc[0]:.1%}; Zipf {popularity.zipf:.2f}",
        plural(n, "store"),
        f"distance from Zipf {popularity.distance:.3f} (the shares themselves are used)",
    )
    if preparation is not None:
        yield _law("preparation", preparation.city)
        yield from _between_stores(preparation, n)
    mean, sd = found.basket
    yield "basket", f"{mean:.2f} units, sd {sd:.2f}", f"{len(found.past.orders):,}", "what was ordered, ordered again"


def _between_stores(preparation: Preparation, n: int) -> Iterator[Row]:
    if math.isnan(preparation.p_alike):
        return
    differ = bool(preparation.factor)
    what = f"stores differ by {preparation.between:.1%}" if differ else "stores do not differ beyond chance"
    yield "", what, f"{n} stores", f"all alike: {_p(preparation.p_alike)}"
    if differ:
        yield _law("  within a store", preparation.own)


def _people(found: Found) -> Iterator[Row]:
    patience, acceptance = found.patience, found.acceptance
    if patience is not None and patience.fit is not None:
        _, what, n, fit = _law("patience", patience.fit)
        yield (
            "patience",
            what,
            f"{n} of {patience.n_cancelled + patience.n_waited:,}",
            fit.replace("KS", "Kaplan-Meier"),
        )
    if found.declined_card or found.bad_token:
        what = f"{found.declined_card:.2%} declined cards, {found.bad_token:.2%} not authorized"
        yield "failures", what, f"{len(found.past.orders):,}", ""
    if acceptance is not None:
        margin = 1.96 * math.sqrt(acceptance.accept * (1 - acceptance.accept) / acceptance.n)
        what = f"{acceptance.accept:.1%} accepted, {acceptance.ignore:.1%} unanswered"
        yield "acceptance", what, f"{acceptance.n:,}", f"+- {margin:.1%} (95 %)"
        units = {"distance": "per km", "pay": "per unit of pay"}
        for name, c in acceptance.depends_on.items():
            if name != "intercept":
                yield "", f"log odds {c.value:+.3f} {units[name]}", f"{acceptance.n:,}", f"nothing: {_p(c.p)}"
        if not math.isnan(acceptance.p_fit):
            yield "", "the logistic model", f"{acceptance.n:,}", f"Hosmer-Lemeshow {_p(acceptance.p_fit)}"
        if acceptance.think_time is not None:
            yield _law("think time", acceptance.think_time)


def _ways(found: Found) -> Iterator[Row]:
    ways = found.ways
    if ways is not None:
        pickup, dropoff = services(ways)
        what = f"{3.6 * ways.speed:.2f} km/h along straight lines"
        yield "speed", what, f"{ways.n:,} ways", f"{ways.unexplained:.1%} of the variance is not distance"
        if ways.by_hour:
            low, high = min(ways.by_hour.values()), max(ways.by_hour.values())
            yield "", f"by hour {low:.2f} to {high:.2f} times that", plural(len(ways.by_hour), "hour"), ""
        yield "service", f"{pickup:.0f} s at stores, {dropoff:.0f} s at doors", f"{ways.n:,} ways", ""
    hours = sum(rider.off_at - rider.on_at for rider in found.roster) / 3600
    if found.roster:
        yield "riders", f"{plural(len(found.roster), 'shift')}, {hours:,.0f} hours, as on {found.roster_day}", "", ""


def _law(name: str, fit: Fit) -> Row:
    what = f"{fit.kind}, mean {format_duration(fit.mean)}, sd {format_duration(fit.sd)}"
    if math.isnan(fit.distance):
        return name, what, f"{fit.n:,}", f"with {fit.n_censored:,} bounds: no test"
    p = "" if math.isnan(fit.p) else f", {_p(fit.p)}"
    how = f"KS {fit.distance:.3f}{p}" + ("" if fit.fits else ": no law fits well")
    return name, what, f"{fit.n:,}", how


def _chi(value: float, p: float) -> str:
    return "too few to test" if math.isnan(value) else f"chi2/df {value:.2f}, {_p(p)}"


def _p(p: float) -> str:
    return f"p {p:.2g}" if p >= 1e-9 else "p < 1e-9"
