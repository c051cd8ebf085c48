"""Customers who lose patience, and riders who say yes or no."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from delivsim.calibrate.laws import Fit, fit_law, survival

Floats = NDArray[np.float64]

FEWEST_EVENTS = 10
"""Cancellations below which no law of patience is fitted."""
SURE = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Patience:
    """
    How long customers wait before they cancel.

    Parameters
    ----------
    fit
        The law; None: too few cancelled to tell.
    n_cancelled, n_waited
        Customers who cancelled, and who had not yet cancelled when it was too late to.
    at, still
        The Kaplan-Meier estimate: instants after placement (s), and the share who would still wait.
    longest
        The longest that anybody was seen waiting, seconds: beyond it the law is a guess.
    """

    fit: Fit | None
    n_cancelled: int
    n_waited: int
    at: Floats
    still: Floats
    longest: float


def estimate_patience(cancelled_after: Floats, waited: Floats) -> Patience:
    """
    Fit the law of patience to censored data.

    Parameters
    ----------
    cancelled_after
        Seconds from placement to the customer's cancellation.
    waited
        Seconds that others had waited when they could or did no longer cancel: until the pick-up.
    """
    fit = fit_law(cancelled_after, waited) if len(cancelled_after) >= FEWEST_EVENTS else None
    at, still = survival(cancelled_after, waited)
    longest = float(max(cancelled_after.max(initial=0.0), waited.max(initial=0.0)))
    return Patience(fit, len(cancelled_after), len(waited), at, still, longest)


@dataclass(frozen=True, slots=True)
class Coefficient:
    """One coefficient of the logistic model: its value per unit, standard error, and chance if it were nothing."""

    value: float
    error: float
    p: float


@dataclass(frozen=True, slots=True)
class Acceptance:
    """
    How riders answer offers.

    Parameters
    ----------
    n
        Offers that were answered or left unanswered.
    accept, ignore
        Shares of yes, and of no answer at all.
    think_time
        The law of the seconds until an answer; None: not told, or too few.
    depends_on
        ``distance`` (km) and ``pay`` (units of money): what they add to the log odds of a yes, where offers tell
        them; ``intercept`` beside them.
    usual
        The mean distance and pay of the offers of that model.
    calibration
        Ten groups by expected yes: columns ``expected``, ``seen``, ``n``; empty without a model.
    p_fit
        Hosmer and Lemeshow's p of the model; NaN without one.
    """

    n: int
    accept: float
    ignore: float
    think_time: Fit | None
    depends_on: Mapping[str, Coefficient]
    usual: Mapping[str, float]
    calibration: pd.DataFrame
    p_fit: float


def estimate_acceptance(offers: pd.DataFrame) -> Acceptance | None:
    """
    Estimate the share of yes, and on what it depends.

    Parameters
    ----------
    offers
        Column ``answer`` (accepted, declined or timed_out; other rows do not count), and if known ``think_time``
        (seconds), ``distance`` (km), ``pay``.
    """
    asked = offers[offers["answer"].isin(["accepted", "declined", "timed_out"])]
    if not len(asked):
        return None
    yes = asked["answer"].eq("accepted")
    silent = asked["answer"].eq("timed_out")
    think = fit_law(asked.loc[~silent, "think_time"]) if "think_time" in asked else None
    told = [name for name in ("distance", "pay") if name in asked and asked[name].nunique() > 5]
    known = asked.dropna(subset=told)
    depends, table, p = _logistic(known, told) if told and len(known) >= 50 else ({}, pd.DataFrame(), math.nan)
    usual = {name: float(known[name].mean()) for name in told} if depends else {}
    return Acceptance(len(asked), float(yes.mean()), float(silent.mean()), think, depends, usual, table, p)


def _logistic(offers: pd.DataFrame, names: list[str]) -> tuple[dict[str, Coefficient], pd.DataFrame, float]:
    """Fit the log odds of a yes by Newton's method."""
    from scipy.special import expit, ndtr

    y: Floats = np.where(offers["answer"] == "accepted", 1.0, 0.0)
    if not 0 < y.mean() < 1:
        return {}, pd.DataFrame(), math.nan
    x = np.column_stack([np.ones(len(y)), *(offers[name].to_numpy(np.float64) for name in names)])
    beta = np.zeros(x.shape[1])
    beta[0] = math.log(y.mean() / (1 - y.mean()))
    for _ in range(50):
        p = expit(x @ beta)
        information = (x * (p * (1 - p))[:, None]).T @ x + 1e-9 * np.eye(len(beta))
        step = np.linalg.solve(information, x.T @ (y - p))
        beta += step
        if float(np.abs(step).max()) < 1e-10:
            break
    error = np.sqrt(np.diag(np.linalg.inv(information)))
    out = {
        name: Coefficient(float(b), float(e), float(2 * ndtr(-abs(b / e))))
        for name, b, e in zip(("intercept", *names), beta, error, strict=True)
    }
    table, p_fit = _hosmer_lemeshow(1.0 / (1.0 + np.exp(-(x @ beta))), y)
    return out, table, p_fit


def _hosmer_lemeshow(expected: Floats, seen: Floats, groups: int = 10) -> tuple[pd.DataFrame, float]:
    from scipy.stats import chi2

    order = np.argsort(expected, kind="stable")
    parts = [part for part in np.array_split(order, groups) if len(part)]
    table = pd.DataFrame(
        {
            "expected": [float(expected[part].mean()) for part in parts],
            "seen": [float(seen[part].mean()) for part in parts],
            "n": [len(part) for part in parts],
        }
    )
    spread = table["expected"] * (1 - table["expected"]) / table["n"]
    value = float(((table["seen"] - table["expected"]) ** 2 / spread.clip(lower=1e-12)).sum())
    return table, float(chi2.sf(value, max(1, len(parts) - 2)))


def is_sure(coefficient: Coefficient) -> bool:
    """Whether a coefficient is more than chance."""
    return coefficient.p < SURE
