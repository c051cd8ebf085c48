"""Patience from those who left and those who need not, answers from offers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from delivsim.calibrate.people import estimate_acceptance, estimate_patience, is_sure


def test_patience_counts_those_who_were_served() -> None:
    """Most are served before their patience ends: the law is that of all, not of the few who left."""
    rng = np.random.default_rng(1)
    patience, served = rng.normal(4200, 1200, 8000), rng.gamma(9, 300, 8000)
    left = patience < served
    found = estimate_patience(patience[left], served[~left])
    assert found.fit is not None
    assert found.n_cancelled == left.sum()
    assert found.fit.mean == pytest.approx(4200, rel=0.1)
    assert patience[left].mean() < 3300


def test_few_who_left_are_no_law() -> None:
    """Nine cancellations tell of no law; the estimate of those still waiting stands."""
    found = estimate_patience(np.full(9, 600.0), np.full(500, 1200.0))
    assert found.fit is None
    assert found.still[-1] == pytest.approx(1 - 9 / 509)


def _offers(n: int = 6000, *, per_km: float = -0.4, per_pay: float = 0.3, silent: float = 0.05) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    distance, pay = rng.uniform(0.5, 8, n), rng.uniform(3, 9, n)
    yes = rng.random(n) < 1 / (1 + np.exp(-(1.5 + per_km * (distance - 4) + per_pay * (pay - 6))))
    answer = np.where(yes, "accepted", np.where(rng.random(n) < silent, "timed_out", "declined"))
    return pd.DataFrame({"answer": answer, "distance": distance, "pay": pay, "think_time": rng.lognormal(2, 0.5, n)})


def test_what_answers_depend_on_is_found() -> None:
    """Log odds per kilometre and per unit of pay within three standard errors, and the model fits."""
    found = estimate_acceptance(_offers())
    assert found is not None
    for name, true in (("distance", -0.4), ("pay", 0.3)):
        coefficient = found.depends_on[name]
        assert abs(coefficient.value - true) < 3 * coefficient.error
        assert is_sure(coefficient)
    assert found.p_fit > 0.01
    assert found.think_time is not None
    assert found.think_time.kind == "lognormal"


def test_what_answers_do_not_depend_on_is_not_taken_for_sure() -> None:
    """With no effect of the way, its coefficient is not."""
    found = estimate_acceptance(_offers(per_km=0.0))
    assert found is not None
    assert not is_sure(found.depends_on["distance"])


def test_shares_of_yes_and_of_silence() -> None:
    """Offers withdrawn before an answer are no answers."""
    offers = pd.DataFrame({"answer": ["accepted"] * 17 + ["declined"] * 2 + ["timed_out"] + ["withdrawn"] * 30})
    found = estimate_acceptance(offers)
    assert found is not None
    assert (found.n, found.accept, found.ignore) == (20, 0.85, 0.05)
    assert estimate_acceptance(offers[offers["answer"] == "withdrawn"]) is None
