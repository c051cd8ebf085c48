"""Everything that the past tells: demand, stores, kitchens, customers, riders, ways; and what it does not tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from delivsim.calibrate.demand import FEWEST_DAYS, Demand, estimate_demand
from delivsim.calibrate.people import Acceptance, Patience, estimate_acceptance, estimate_patience
from delivsim.calibrate.stores import (
    Popularity,
    Preparation,
    estimate_popularity,
    estimate_preparation,
    preparation_from_pickups,
)
from delivsim.calibrate.ways import Ways, estimate_ways
from delivsim.domain.rider import Rider
from delivsim.scenario.fitting.past import Past

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

SURE = 0.01
"""Days of the week are taken to differ when chance alone would rarely (less often than this) make them differ so."""
ON_ACCEPT = 0.9
"""Share of orders whose cooking began after a rider had accepted, from which kitchens are taken to wait for that."""
_CARD, _TOKEN = ("payment", "card", "pago"), ("auth", "token", "login")


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """
    What the past tells.

    Parameters
    ----------
    demand, popularity
        When and where orders come, and from whom.
    preparation
        How long kitchens take; None: not told.
    on_accept
        Whether kitchens wait until a rider has accepted.
    basket
        Units per order: mean and standard deviation.
    patience, acceptance, ways
        Customers, riders, speeds; None: not told.
    declined_card, bad_token
        Shares of orders that ended for these reasons.
    roster
        The shifts of a usual day: that of median hours.
    roster_day
        Which day that was.
    untold
        What the data do not tell, and what is done about it; whole sentences.
    """

    past: Past
    demand: Demand
    popularity: Popularity
    preparation: Preparation | None
    on_accept: bool
    basket: tuple[float, float]
    patience: Patience | None
    acceptance: Acceptance | None
    ways: Ways | None
    declined_card: float
    bad_token: float
    roster: list[Rider]
    roster_day: str
    untold: tuple[str, ...]


def find_all(past: Past) -> Found:
    """Estimate everything."""
    untold: list[str] = []
    demand = estimate_demand(past.days, past.zones)
    _say_days(demand, len(past.days), untold, dated=past.told)
    counts = past.orders["store"].value_counts().reindex(list(past.stores), fill_value=0)
    preparation = estimate_preparation(past.orders["store"], past.orders["cooking"])
    if preparation is None and (preparation := preparation_from_pickups(past.orders)) is not None:
        untold.append(
            "when food was ready: cooking is estimated from riders who waited for it"
            f" ({preparation.city.n:,}) and who found it ready ({preparation.city.n_censored:,}), alike for all stores;"
            " where riders are sent as it gets ready, this overstates its spread"
        )
    if preparation is None:
        untold.append("how long kitchens take: a gamma law of 12 min on average with cv 0.35 is assumed")
    roster_day, roster = _usual_roster(past, untold)
    return Found(
        past=past,
        demand=demand,
        popularity=estimate_popularity(counts),
        preparation=preparation,
        on_accept=_waits_for_riders(past.orders),
        basket=(float(past.orders["units"].mean()), float(past.orders["units"].std(ddof=0))),
        patience=_patience(past, untold),
        acceptance=_acceptance(past, untold),
        ways=_ways(past, untold),
        declined_card=_share(past.orders, _CARD),
        bad_token=_share(past.orders, _TOKEN),
        roster=roster,
        roster_day=roster_day,
        untold=(*untold, *_always_untold(past)),
    )


def _say_days(demand: Demand, n: int, untold: list[str], *, dated: bool) -> None:
    if n < FEWEST_DAYS:
        days = "one day tells" if n == 1 else f"{n} days tell"
        untold.append(
            f"how much days differ: {days} nothing of it (give {FEWEST_DAYS} or more); day_to_day is left at 0, so"
            " replications differ by chance alone"
        )
    elif demand.day_cv > 0 and demand.p_poisson > 0.05:
        untold.append(f"whether days differ at all: by {demand.day_cv:.1%} beyond chance, which may still be chance")
    if demand.within_p < SURE:
        untold.append(
            "how orders come within an hour: quarters of hours differ beyond chance (chi-square per degree of freedom"
            f" {demand.within_hours:.1f}); rates are hourly all the same"
        )
    if dated and (busy := busier_weekdays(demand)):
        untold.append(
            f"which day of the week it is: they differ ({busy}), and what is fitted is a mix of them; --days fri fits"
            " Fridays alone"
        )


def busier_weekdays(demand: Demand) -> str:
    """Say how days of the week differ, most above the mean first; "" where they do no more than single days do."""
    from scipy.stats import f_oneway

    level = demand.per_day["seen"] / demand.per_day["expected"]
    groups = {name: part for name, part in level.groupby(level.index.str[-3:]) if len(part) > 1}
    if len(groups) < 2 or not f_oneway(*groups.values()).pvalue < SURE:
        return ""
    ranked = sorted(groups, key=lambda name: -float(groups[name].mean()))
    return ", ".join(f"{name} {groups[name].mean() - 1:+.0%}" for name in ranked)


def _usual_roster(past: Past, untold: list[str]) -> tuple[str, list[Rider]]:
    """Choose the day whose riders worked the median number of hours."""
    hours = {day: sum(rider.off_at - rider.on_at for rider in roster) for day, roster in past.rosters.items()}
    if not hours:
        untold.append("who rode: there are no riders at all")
        return "", []
    ranked = sorted(hours, key=lambda day: (hours[day], day))
    day = ranked[(len(ranked) - 1) // 2]
    return day, past.rosters[day]


def _waits_for_riders(orders: pd.DataFrame) -> bool:
    known = orders["begun_at"].notna() & orders["assigned_at"].notna()
    waited = orders["begun_at"][known] >= orders["assigned_at"][known] - 1.0
    return bool(known.any() and waited.mean() >= ON_ACCEPT)


def _patience(past: Past, untold: list[str]) -> Patience | None:
    orders = past.orders
    gone = orders["by_customer"].eq(1.0) & orders["cancelled_at"].notna()
    cancelled_after = (orders["cancelled_at"] - orders["placed_at"])[gone]
    until = orders["picked_up_at"].fillna(orders["delivered_at"]).fillna(orders["cancelled_at"])
    waited = (until - orders["placed_at"])[~gone].dropna()
    if not len(cancelled_after) and not len(waited):
        untold.append("customers' patience: there are no times of cancellations or pick-ups; nobody cancels")
        return None
    found = estimate_patience(cancelled_after.to_numpy(np.float64), waited.to_numpy(np.float64))
    if found.fit is None:
        untold.append(
            f"customers' patience: only {found.n_cancelled} of {found.n_cancelled + found.n_waited:,} cancelled, too"
            " few for a law; nobody cancels"
        )
    elif found.fit.mean > found.longest:
        untold.append(
            f"patience beyond {found.longest / 60:.0f} min: nobody was seen waiting longer, the law's tail is a guess"
        )
    return found


def _acceptance(past: Past, untold: list[str]) -> Acceptance | None:
    offers = past.offers
    if len(offers):
        think_time = offers["answered_at"] - offers["offered_at"]
        asked = offers.assign(think_time=think_time, distance=offers["distance"] / 1000.0)
        found = estimate_acceptance(asked)
        if found is not None and not found.depends_on:
            untold.append("whether acceptance depends on distance or pay: offers do not tell them; it does not")
        return found
    counted = past.orders[past.orders["n_offers"].notna() & past.orders["assigned_at"].notna()]
    if len(counted):
        n = int(counted["n_offers"].sum())
        untold.append(
            "how riders said no, how long they thought, and on what it depends: only offers per order are told"
        )
        return Acceptance(n, min(1.0, len(counted) / max(1, n)), 0.0, None, {}, {}, offers.iloc[:0], float("nan"))
    untold.append("how riders answer offers: they accept all, at once")
    return None


def _ways(past: Past, untold: list[str]) -> Ways | None:
    found = estimate_ways(past.orders.assign(ready_at=past.orders["ready_at"]))
    if found is None:
        untold.append("riders' speed: too few times of pick-up and delivery; that of the instance is kept")
    elif found.pickup_service_time is None:
        untold.append("time at stores and at doors apart: only their sum is told; half is taken for each")
    return found


def _share(orders: pd.DataFrame, signs: tuple[str, ...]) -> float:
    """Share of orders that were not delivered for a reason that says one of these."""
    lost = orders["outcome"].isin(["cancelled", "rejected"]) & orders["by_customer"].ne(1.0)
    says = {text: any(sign in text.lower() for sign in signs) for text in orders["reason"].unique()}
    return float((lost & orders["reason"].map(says)).mean())


def _always_untold(past: Past) -> list[str]:
    out = []
    if not past.told:
        out.append("the date and the time of day: they count from the instances' own midnight")
    if len(past.zones) > 1 and past.zones_made:
        out.append(f"zones: none are named; stores are grouped into {len(past.zones)} by where they are")
    out.append("what riders are paid, and how the platform's software is built: the defaults stand")
    out.append("the dispatch policy in force: lookahead every 30 s is written; set your own")
    return out
