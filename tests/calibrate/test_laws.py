"""The law behind a sample is found, with and without censored values, and it is told where none fits."""

from __future__ import annotations

import numpy as np
import pytest

from delivsim.calibrate.laws import fit_law, survival
from delivsim.domain.distributions import duration_law

LAWS = [
    {"kind": "gamma", "mean": 840.0, "cv": 0.4},
    {"kind": "lognormal", "mean": 10.0, "cv": 0.6},
    {"kind": "weibull", "mean": 4200.0, "cv": 0.5},
    {"kind": "normal", "mean": 4200.0, "sd": 1200.0},
    {"kind": "exponential", "mean": 60.0},
]


def _draw(law: dict[str, object], n: int, seed: int = 1) -> np.ndarray:
    return duration_law(law).sample(np.random.default_rng(seed), n)


@pytest.mark.parametrize("law", LAWS, ids=[str(law["kind"]) for law in LAWS])
def test_a_law_is_found_again(law: dict[str, object]) -> None:
    """Of 4,000 values: its kind, its mean and deviation within 4 %, a small distance and no small p."""
    fit = fit_law(_draw(law, 4000))
    assert fit is not None
    true = duration_law(law)
    assert fit.kind == law["kind"] or fit.rivals[str(law["kind"])] < 3.0
    assert fit.mean == pytest.approx(true.mean, rel=0.04)
    assert fit.sd == pytest.approx(true.variance**0.5, rel=0.04)
    assert fit.distance < 0.03
    assert fit.p > 0.05
    assert fit.fits
    written = duration_law(fit.law)
    assert written.mean == pytest.approx(fit.mean, rel=1e-6)
    for p in (0.1, 0.5, 0.9):
        assert fit.distribution(np.array([written.quantile(p)]))[0] == pytest.approx(p, abs=1e-6)


@pytest.mark.parametrize("law", [LAWS[0], LAWS[2], LAWS[4]], ids=["gamma", "weibull", "exponential"])
def test_what_was_cut_off_counts(law: dict[str, object]) -> None:
    """Half of the values seen only up to an instant of their own: the law is still found, not the shorter one."""
    x = _draw(law, 6000)
    until = _draw({"kind": "exponential", "mean": 1.5 * x.mean()}, 6000, seed=2)
    fit = fit_law(x[x <= until], until[x > until])
    assert fit is not None
    assert fit.n_censored > 2000
    assert fit.mean == pytest.approx(x.mean(), rel=0.04)
    assert x[x <= until].mean() < 0.92 * x.mean()
    assert np.isnan(fit.p)


def test_where_no_law_fits_the_data_are_the_law() -> None:
    """Two separate humps are no bell: the law is empirical, has the data's mean, and says that it does not fit."""
    x = np.concatenate(
        (_draw({"kind": "normal", "mean": 100, "sd": 5}, 2000), _draw({"kind": "normal", "mean": 900, "sd": 5}, 2000))
    )
    fit = fit_law(x)
    assert fit is not None
    assert not fit.fits
    assert fit.kind == "empirical"
    assert duration_law(fit.law).mean == pytest.approx(x.mean(), rel=0.01)


def test_too_few_and_all_alike() -> None:
    """Seven values are no sample; values that are all the same are a constant."""
    assert fit_law([1.0] * 7) is None
    assert fit_law([-1.0, float("nan"), 0.0] * 9) is None
    fit = fit_law([240.0] * 20)
    assert fit is not None
    assert fit.law == {"kind": "constant", "value": 240.0}


def test_kaplan_meier_by_hand() -> None:
    """Thirty wait; one goes at 1, one was last seen at 2, two go at 3: 29/30, then 29/30 * 26/28."""
    at, still = survival([1.0, 3.0, 3.0], [2.0, *[9.0] * 26])
    assert list(at) == [1.0, 3.0]
    assert still == pytest.approx([29 / 30, 29 / 30 * 26 / 28])
