"""The law behind a sample: the best family by likelihood, and how far it is from the data; values may be censored."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from delivsim.calibrate.families import FAMILIES, Family, Free

Floats = NDArray[np.float64]

FEWEST = 8
"""Values below which no law is fitted."""
TOO_FAR = 0.05
"""Largest distance of distribution functions at which a law is still said to fit; small samples get more room."""
FEWEST_AT_RISK = 20
KNOTS = 100
"""Quantiles kept where the data themselves become the law."""


@dataclass(frozen=True, slots=True)
class Fit:
    """
    A law found in data.

    Parameters
    ----------
    law
        As scenario files write it; plain seconds or numbers.
    mean, sd
        Of the law.
    n, n_censored
        Values seen, and values of which only a bound was seen.
    distance
        Largest distance between the law's distribution function and that of the data (Kolmogorov-Smirnov; with
        values still going on, of the Kaplan-Meier estimate; NaN with values of which only an upper bound was seen).
    p
        Chance of a distance so large if the law were true (Kolmogorov's; parameters were fitted to the same data, so
        it flatters a little); NaN with censored values.
    fits
        Whether the distance is small enough. Otherwise ``law`` is empirical, unless values were censored.
    rivals
        Akaike's criterion of each family tried, less the best one's.
    free
        The family's own parameters; none of a constant or empirical law.
    """

    law: dict[str, Any]
    mean: float
    sd: float
    n: int
    n_censored: int
    distance: float
    p: float
    fits: bool
    rivals: dict[str, float] = field(default_factory=dict)
    free: Free = ()

    @property
    def kind(self) -> str:
        """The law's kind."""
        return str(self.law["kind"])

    def distribution(self, at: Floats) -> Floats:
        """Give the share of values up to each of these."""
        family = next((family for family in FAMILIES if family.kind == self.kind), None)
        if family is None:
            values = np.sort(np.asarray(self.law.get("values", [self.mean]), dtype=np.float64))
            return np.asarray(np.searchsorted(values, at, side="right") / len(values), dtype=np.float64)
        return np.asarray(-np.expm1(family.log_tail(np.maximum(at, 1e-12), self.free)), dtype=np.float64)


def fit_law(values: ArrayLike, censored: ArrayLike = (), at_most: ArrayLike = ()) -> Fit | None:
    """
    Find the law of positive values: lognormal, gamma, Weibull, normal or exponential, by Akaike's criterion.

    Parameters
    ----------
    values
        What was seen; values that are not positive or not finite are left out.
    censored
        Values that were still going on when last seen: the true ones are larger.
    at_most
        Values that were over when first seen: the true ones are smaller, or the same.

    Returns
    -------
    The fit; None with fewer than `FEWEST` values. Values that are all (nearly) the same give a constant.
    """
    x, c, under = _positive(values), _positive(censored), _positive(at_most)
    if len(x) < FEWEST:
        return None
    n_censored = len(c) + len(under)
    mean, sd = float(x.mean()), float(x.std())
    if sd <= 1e-6 * mean:
        return Fit({"kind": "constant", "value": mean}, mean, 0.0, len(x), n_censored, 0.0, 1.0, True)
    found = [(family, *_best(family, x, c, under)) for family in FAMILIES]
    scores = {family.kind: 2 * len(free) - 2 * log_likelihood for family, free, log_likelihood in found}
    family, free, _ = min(found, key=lambda one: scores[one[0].kind])
    low = min(scores.values())
    distance = math.nan if len(under) else _distance(family, free, x, c)
    p = math.nan if n_censored else _kolmogorov(distance, len(x))
    fits = not distance > max(TOO_FAR, 1.63 / math.sqrt(len(x)))
    rivals = {kind: score - low for kind, score in scores.items()}
    if not fits and not n_censored:
        return Fit(empirical(x), mean, sd, len(x), 0, distance, p, False, rivals)
    average, cv = family.moments(free)
    return Fit(family.written(free), average, average * cv, len(x), n_censored, distance, p, fits, rivals, free)


def empirical(x: Floats) -> dict[str, Any]:
    """Make a law of the data themselves: their quantiles, each as likely as any other."""
    n = min(len(x), KNOTS)
    values = np.quantile(x, (np.arange(n) + 0.5) / n)
    return {"kind": "empirical", "values": [round(float(v), 3) for v in values]}


def survival(values: ArrayLike, censored: ArrayLike = ()) -> tuple[Floats, Floats]:
    """
    Estimate the probability to exceed by Kaplan and Meier (1958).

    Returns
    -------
    The instants of events in rising order, and the share still going on right after each. With censored values it
    ends where fewer than `FEWEST_AT_RISK` are left to be seen: beyond, one event would move it far.
    """
    x, c = np.sort(_positive(values)), np.sort(_positive(censored))
    at, events = np.unique(x, return_counts=True)
    at_risk = len(x) - np.searchsorted(x, at) + len(c) - np.searchsorted(c, at)
    share = np.cumprod(1.0 - events / np.maximum(at_risk, 1))
    sure = at_risk >= FEWEST_AT_RISK if len(c) else at_risk > 0
    return at[sure], share[sure]


def _positive(values: ArrayLike) -> Floats:
    x = np.asarray(values, dtype=np.float64).ravel()
    return x[np.isfinite(x) & (x > 0)]


def _best(family: Family, x: Floats, c: Floats, under: Floats) -> tuple[Free, float]:
    """Search the parameters of the highest likelihood."""
    from scipy.optimize import minimize

    everything = np.concatenate((x, c, under))
    cv = float(np.clip(x.std() / x.mean(), 0.02, 20.0))
    start = np.asarray(family.start(float(everything.mean()), cv))

    def cost(free: Floats) -> float:
        with np.errstate(all="ignore"):
            parts = tuple(free.tolist())
            if max(abs(part) for part in parts) > 50:
                return 1e30
            total = float(family.log_density(x, parts).sum()) + float(family.log_tail(c, parts).sum())
            total += float(np.log(np.maximum(-np.expm1(family.log_tail(under, parts)), 1e-300)).sum())
        return -total if math.isfinite(total) else 1e30

    done = minimize(cost, start, method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-7, "maxiter": 2000})
    return tuple(done.x.tolist()), -float(done.fun)


def _distance(family: Family, free: Free, x: Floats, c: Floats) -> float:
    at, share = survival(x, c)
    if not len(at):
        return math.nan
    before = np.concatenate(([1.0], share[:-1]))
    tail = np.exp(family.log_tail(at, free))
    return float(max(np.abs(tail - share).max(), np.abs(tail - before).max()))


def _kolmogorov(distance: float, n: int) -> float:
    from scipy.special import kolmogorov

    return float(kolmogorov(distance * (math.sqrt(n) + 0.12 + 0.11 / math.sqrt(n))))
