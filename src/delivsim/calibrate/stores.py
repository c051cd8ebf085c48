"""Stores, found in their orders: how popular each is, and how long each cooks; small ones are drawn to the others."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from delivsim.calibrate.laws import Fit, fit_law

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Popularity:
    """
    Who is ordered from.

    Parameters
    ----------
    share
        Share of all orders, by store, the most popular first.
    zipf
        Exponent of the Zipf law closest to it, by likelihood.
    distance
        Largest distance between the shares of the most popular stores and that law's.
    """

    share: pd.Series
    zipf: float
    distance: float


def estimate_popularity(counts: pd.Series) -> Popularity:
    """Find shares and the Zipf exponent of orders per store; stores without an order count as such."""
    from scipy.optimize import minimize_scalar

    ranked = counts.sort_values(ascending=False, kind="stable")
    n = ranked.to_numpy(np.float64)
    rank = np.log(np.arange(1, len(n) + 1))

    def cost(exponent: float) -> float:
        return float(exponent * (n @ rank) + n.sum() * np.log(np.exp(-exponent * rank).sum()))

    exponent = float(minimize_scalar(cost, bounds=(0.0, 5.0), method="bounded").x) if len(n) > 1 else 0.0
    law = np.exp(-exponent * rank)
    distance = float(np.abs(np.cumsum(n / n.sum()) - np.cumsum(law / law.sum())).max())
    return Popularity(ranked / n.sum(), exponent, distance)


@dataclass(frozen=True, slots=True)
class Preparation:
    """
    How long kitchens take.

    Parameters
    ----------
    city
        The law of all orders together.
    own
        The law of one store's orders relative to the store's factor; the city's where stores do not differ.
    factor
        Store to the mean of its law over that of ``own``; empty: stores do not differ beyond chance.
    between
        Standard deviation of the logarithm of stores' factors.
    p_alike
        Chance of stores that differ so much if all cooked alike (Cochran's Q).
    """

    city: Fit
    own: Fit
    factor: Mapping[str, float]
    between: float
    p_alike: float

    def law_of(self, store: str) -> dict[str, object]:
        """Write the law of a store as scenarios do; one without orders has the law of all."""
        factor = self.factor.get(store, 1.0)
        law = dict(self.own.law)
        for key in ("mean", "sd", "value"):
            if key in law:
                law[key] = law[key] * factor
        if "values" in law:
            law["values"] = [round(value * factor, 3) for value in law["values"]]
        return law


SURE = 0.01
"""Stores are taken to differ when chance alone would rarely (less often than this) make them differ so much."""


def estimate_preparation(store: pd.Series, seconds: pd.Series) -> Preparation | None:
    """
    Fit the law of cooking times, store by store, with shrinkage.

    A store's factor is estimated on the logarithms: DerSimonian and Laird's (1986) variance between stores decides
    how far the mean of a store with few orders is drawn to that of all.

    Parameters
    ----------
    store
        Whose order it is.
    seconds
        How long it cooked; NaN: not told.

    Returns
    -------
    The laws; None with too few values.
    """
    known = seconds.notna() & (seconds > 0)
    values, who = seconds[known].to_numpy(np.float64), store[known].to_numpy()
    city = fit_law(values)
    if city is None:
        return None
    names, number = np.unique(who, return_inverse=True)
    logs = np.log(values)
    n = np.bincount(number)
    mean = np.bincount(number, logs) / n
    within = float(((logs - mean[number]) ** 2).sum() / max(1, len(logs) - len(names)))
    tau2, grand, p = _between(n, mean, within)
    if tau2 <= 0 or not p < SURE:
        return Preparation(city, city, {}, math.sqrt(max(0.0, tau2)), p)
    shrunk = np.exp((mean - grand) * tau2 / (tau2 + within / n))
    own = fit_law(values / shrunk[number])
    assert own is not None  # as many values as the city's
    factor = {str(name): float(f) for name, f in zip(names, shrunk, strict=True)}
    return Preparation(city, own, factor, math.sqrt(tau2), p)


WAITED = 60.0
"""Seconds beyond the usual stay at a store from which a rider is taken to have waited for the food."""


def preparation_from_pickups(orders: pd.DataFrame) -> Preparation | None:
    """
    Fit the law of cooking times where nobody told when food was ready, from riders who waited for it and who did not.

    Where a rider waited, the food was ready at the pick-up; where not, it was ready before a rider would have waited.

    Parameters
    ----------
    orders
        Columns ``begun_at`` (NaN: as placed), ``placed_at``, ``arrived_at`` (at the store), ``picked_up_at``, seconds.
    """
    known = orders[orders["arrived_at"].notna() & orders["picked_up_at"].notna()]
    if not len(known):
        return None
    stay = known["picked_up_at"] - known["arrived_at"]
    enough = float(stay.quantile(0.1)) + WAITED
    waited, begun_at = stay > enough, known["begun_at"].fillna(known["placed_at"])
    took, bound = known["picked_up_at"] - begun_at, known["arrived_at"] + enough - begun_at
    fit = fit_law(took[waited], at_most=bound[~waited])
    return None if fit is None else Preparation(fit, fit, {}, math.nan, math.nan)


def _between(n: NDArray[np.int64], mean: Floats, within: float) -> tuple[float, float, float]:
    """Give the variance between stores, the mean of their means, and the p of there being none."""
    from scipy.stats import chi2

    weight = n / max(within, 1e-12)
    grand = float(weight @ mean / weight.sum())
    free = len(n) - 1
    if free < 1:
        return 0.0, grand, 1.0
    q = float(weight @ (mean - grand) ** 2)
    tau2 = max(0.0, (q - free) / (weight.sum() - (weight**2).sum() / weight.sum()))
    balanced = 1.0 / (tau2 + within / n)
    return tau2, float(balanced @ mean / balanced.sum()), float(chi2.sf(q, free))
