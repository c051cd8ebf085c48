from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from delivsim.domain.distributions import DurationLaw, Law, MoneyLaw, NumberLaw, Uniform, duration_law, number_law

N = 200_000
LAWS: dict[str, Any] = {
    "constant": "20ms",
    "exponential": {"kind": "exponential", "mean": "20ms"},
    "uniform": {"kind": "uniform", "low": "1min", "high": "3min"},
    "normal": {"kind": "normal", "mean": 10, "sd": 1},
    "normal mostly cut": {"kind": "normal", "mean": 1, "sd": 3},
    "normal half": {"kind": "normal", "mean": 0, "sd": 3},
    "lognormal p": {"kind": "lognormal", "p50": "20ms", "p99": "180ms"},
    "lognormal p999": {"kind": "lognormal", "p5": 1, "p99.9": 9},
    "lognormal cv": {"kind": "lognormal", "mean": 2, "cv": 0.5},
    "lognormal sd": {"kind": "lognormal", "mean": 2, "sd": 1},
    "gamma p": {"kind": "gamma", "p50": 1, "p95": 5},
    "gamma cv": {"kind": "gamma", "mean": 2, "cv": 1.2},
    "gamma shape": {"kind": "gamma", "shape": 2, "scale": 3},
    "weibull p": {"kind": "weibull", "p10": 1, "p90": 5},
    "weibull cv": {"kind": "weibull", "mean": 3, "cv": 1.5},
    "weibull shape": {"kind": "weibull", "shape": 2, "scale": 3},
    "erlang": {"kind": "erlang", "stages": 3, "mean": 4},
    "hyperexponential cv": {"kind": "hyperexponential", "mean": 1, "cv": 2},
    "hyperexponential": {"kind": "hyperexponential", "probabilities": [0.9, 0.1], "means": [1, "10s"]},
    "triangular": {"kind": "triangular", "low": 1, "mode": 2, "high": 5},
    "triangular edge": {"kind": "triangular", "low": 0, "mode": 0, "high": 5},
    "empirical": {"kind": "empirical", "values": [3, 1, 2], "weights": [1, 2, 7]},
    "empirical equal": {"kind": "empirical", "values": [3, 1, 2, 2]},
}


def law(spec: object) -> Law:
    return duration_law(spec)


def draws(spec: object, n: int = N) -> np.ndarray[Any, np.dtype[np.float64]]:
    return law(spec).sample(np.random.default_rng(7), n)


@pytest.mark.parametrize("spec", LAWS.values(), ids=LAWS)
def test_samples_agree_with_mean_and_variance(spec: object) -> None:
    """The sample mean and variance lie within five standard errors of the exact ones."""
    x, exact = draws(spec), law(spec)
    assert x.shape == (N,)
    assert x.dtype == np.float64
    assert (x >= 0).all()
    assert abs(x.mean() - exact.mean) <= 5 * math.sqrt(exact.variance / N) + 1e-12
    square = (x - exact.mean) ** 2
    assert abs(square.mean() - exact.variance) <= 5 * square.std() / math.sqrt(N) + 1e-12


@pytest.mark.parametrize("spec", LAWS.values(), ids=LAWS)
def test_samples_agree_with_quantiles(spec: object) -> None:
    """A share p of the sample stays at or below the p-quantile, and less stays clearly below it."""
    x, exact = draws(spec), law(spec)
    for p in (0.01, 0.1, 0.5, 0.9, 0.99, 0.999):
        error = 5 * math.sqrt(p * (1 - p) / N)
        at = exact.quantile(p)
        assert np.mean(x <= at * (1 + 1e-9) + 1e-12) >= p - error
        assert np.mean(x < at * (1 - 1e-9) - 1e-12) <= p + error


@pytest.mark.parametrize("spec", LAWS.values(), ids=LAWS)
def test_scaling_scales_everything(spec: object) -> None:
    """A law scaled by 3 has three times the mean and quantiles, nine times the variance, and the same draws."""
    once, thrice = law(spec), law(spec).scaled(3)
    assert thrice.mean == pytest.approx(3 * once.mean)
    assert thrice.variance == pytest.approx(9 * once.variance)
    assert thrice.quantile(0.9) == pytest.approx(3 * once.quantile(0.9))
    assert thrice.sample(np.random.default_rng(1), 5) == pytest.approx(3 * once.sample(np.random.default_rng(1), 5))


@pytest.mark.parametrize("spec", LAWS.values(), ids=LAWS)
def test_a_law_survives_travel(spec: object) -> None:
    """Pickling, and writing and reading as text, give the same law."""
    adapter: TypeAdapter[Law] = TypeAdapter(DurationLaw)
    made = law(spec)
    assert pickle.loads(pickle.dumps(made)) == made
    assert adapter.validate_python(adapter.dump_python(made, mode="json", by_alias=True, exclude_none=True)) == made


def test_a_law_of_floats_is_a_law_of_numbers() -> None:
    """``Uniform[float]`` in code is the class that scenarios give, so it travels and compares like one."""
    made = Uniform[float](low=1.0, high=3.0)
    assert made == number_law({"kind": "uniform", "low": 1, "high": 3})
    assert pickle.loads(pickle.dumps(made)) == made


@pytest.mark.parametrize(
    ("spec", "p", "value"),
    [
        ({"kind": "lognormal", "p50": "20ms", "p99": "180ms"}, 0.5, 0.02),
        ({"kind": "lognormal", "p50": "20ms", "p99": "180ms"}, 0.99, 0.18),
        ({"kind": "gamma", "p50": 1, "p95": 5}, 0.95, 5),
        ({"kind": "weibull", "p10": 1, "p99.9": 50}, 0.999, 50),
        ({"kind": "exponential", "mean": 1}, 0.99, math.log(100)),
        ({"kind": "erlang", "stages": 1, "mean": 1}, 0.99, math.log(100)),
        ({"kind": "normal", "mean": 100, "sd": 1}, 0.975, 101.959963984540),
    ],
)
def test_given_percentiles_are_met(spec: object, p: float, value: float) -> None:
    """A law given by percentiles has these percentiles; textbook quantiles come out."""
    assert law(spec).quantile(p) == pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize(
    ("spec", "mean", "cv"),
    [
        ({"kind": "lognormal", "mean": 2, "cv": 0.5}, 2, 0.5),
        ({"kind": "gamma", "mean": 2, "sd": 3}, 2, 1.5),
        ({"kind": "weibull", "mean": 3, "cv": 2}, 3, 2),
        ({"kind": "weibull", "mean": 3, "cv": 0.2}, 3, 0.2),
        ({"kind": "hyperexponential", "mean": 3, "cv": 4}, 3, 4),
        ({"kind": "erlang", "mean": 3, "stages": 4}, 3, 0.5),
    ],
)
def test_given_moments_are_met(spec: object, mean: float, cv: float) -> None:
    """A law given by its mean and spread has them."""
    assert law(spec).mean == pytest.approx(mean)
    assert math.sqrt(law(spec).variance) / law(spec).mean == pytest.approx(cv)


def test_the_mean_of_a_normal_is_that_of_what_is_left_above_zero() -> None:
    """Half a bell has mean sd * sqrt(2 / pi), not 0."""
    assert law({"kind": "normal", "mean": 0, "sd": 1}).mean == pytest.approx(math.sqrt(2 / math.pi))
    assert law({"kind": "normal", "mean": 0, "sd": 1}).variance == pytest.approx(1 - 2 / math.pi)


def test_only_degenerate_laws_are_constant() -> None:
    """A bare quantity and an empirical law of one possible value are constant, nothing else is."""
    assert law("20ms").constant == 0.02
    assert law({"kind": "empirical", "values": [4, 5], "weights": [1, 0]}).constant == 4
    assert law({"kind": "empirical", "values": [4, 5]}).constant is None
    assert law({"kind": "exponential", "mean": 1}).constant is None


def test_a_constant_takes_no_random_numbers() -> None:
    """Drawing from a constant leaves the stream where it was."""
    rng = np.random.default_rng(3)
    law("20ms").sample(rng, 1000)
    assert rng.random() == np.random.default_rng(3).random()


def test_money_and_numbers_have_laws_too() -> None:
    """An amount of money is in cents everywhere in its law; a number has no unit."""
    money: Law = TypeAdapter[Law](MoneyLaw).validate_python({"kind": "uniform", "low": "2.50", "high": 4})
    assert money.mean == 325
    assert TypeAdapter[Law](MoneyLaw).validate_python("2.50").constant == 250
    assert number_law(3).constant == 3
    with pytest.raises(ValidationError):
        TypeAdapter(NumberLaw).validate_python("3s")


@pytest.mark.parametrize(
    ("spec", "rule"),
    [
        ("20 mss", "did you mean '20ms'?"),
        (True, "or a law such as"),
        (None, "or a law such as"),
        ([1], "or a law such as"),
        ({"mean": 3}, "discriminator"),
        ({"kind": "exp", "mean": 3}, "expected tags"),
        ({"kind": "exponential", "mean": 0}, "must be > 0"),
        ({"kind": "exponential"}, "Field required"),
        ({"kind": "exponential", "mean": 1, "mena": 1}, "Extra inputs"),
        ({"kind": "uniform", "low": 3, "high": 3}, "high: must be > low"),
        ({"kind": "normal", "mean": 3, "sd": 0}, "must be > 0"),
        ({"kind": "normal", "mean": -3, "sd": 1}, "must be >= 0"),
        ({"kind": "lognormal", "p50": 3, "p99": 2}, "higher percentile must be the larger"),
        ({"kind": "lognormal", "p50": 3, "p99": 3}, "higher percentile must be the larger"),
        ({"kind": "lognormal", "p50": 3}, "must be given by"),
        ({"kind": "lognormal"}, "must be given by"),
        ({"kind": "lognormal", "p50": 1, "p90": 2, "p99": 3}, "must be given by"),
        ({"kind": "lognormal", "p50": 1, "p99": 2, "mean": 3}, "must be given by"),
        ({"kind": "lognormal", "mean": 1, "cv": 1, "sd": 1}, "must be given by"),
        ({"kind": "lognormal", "mean": 1, "cv": 0}, "greater than 0"),
        ({"kind": "gamma", "p50": 1, "p99": 1e200}, "no such law"),
        ({"kind": "gamma", "shape": 1}, "must be given by"),
        ({"kind": "weibull", "p50": 1, "p99": 1e200}, "p99"),
        ({"kind": "erlang", "mean": 1, "stages": 0}, "greater than or equal to 1"),
        ({"kind": "erlang", "mean": 1, "stages": 1.5}, "integer"),
        ({"kind": "hyperexponential", "mean": 1, "cv": 1}, "greater than 1"),
        ({"kind": "hyperexponential", "mean": 1}, "must be given by"),
        ({"kind": "hyperexponential", "probabilities": [0.9, 0.2], "means": [1, 2]}, "must sum to 1"),
        ({"kind": "hyperexponential", "probabilities": [1.0], "means": [1, 2]}, "as many as probabilities"),
        ({"kind": "triangular", "low": 1, "mode": 6, "high": 5}, "must be between low"),
        ({"kind": "triangular", "low": 5, "mode": 5, "high": 5}, "must be > low"),
        ({"kind": "empirical", "values": []}, "at least 1"),
        ({"kind": "empirical", "values": [1, 2], "weights": [1]}, "as many as values"),
        ({"kind": "empirical", "values": [1, 2], "weights": [0, 0]}, "must not all be 0"),
        ({"kind": "empirical", "values": [1, math.nan]}, "must be finite"),
    ],
)
def test_impossible_laws_are_refused(spec: object, rule: str) -> None:
    """Every parameter is checked, and one message tells what is wrong."""
    with pytest.raises(ValidationError) as caught:
        law(spec)
    (error,) = caught.value.errors()
    assert rule in error["msg"]


@given(
    st.sampled_from(["lognormal", "gamma", "weibull"]),
    st.floats(1e-4, 1e4),
    st.floats(1.1, 30),
)
def test_any_sane_pair_of_percentiles_gives_a_law(kind: str, p50: float, ratio: float) -> None:
    """Whatever median and p99 a person gives, up to 30 times apart, the law has them."""
    spec = {"kind": kind, "p50": p50, "p99": p50 * ratio}
    made = law(spec)
    assert made.quantile(0.5) == pytest.approx(p50, rel=1e-6)
    assert made.quantile(0.99) == pytest.approx(p50 * ratio, rel=1e-6)


def test_a_quantile_needs_a_share() -> None:
    """Quantiles exist strictly between 0 and 1, and a scale is a positive number."""
    for p in (0.0, 1.0, -1.0, math.nan):
        with pytest.raises(ValueError, match="p: must be"):
            law("1s").quantile(p)
    for factor in (0.0, -1.0, math.inf):
        with pytest.raises(ValueError, match="factor: must be"):
            law("1s").scaled(factor)


def test_the_json_schema_offers_the_bare_quantity_and_every_kind() -> None:
    """An editor proposes a duration or one of eleven kinds."""
    schema = TypeAdapter(DurationLaw).json_schema()
    bare, laws = schema["anyOf"]
    assert bare["unit"] == "seconds"
    assert len(laws["oneOf"]) == 11
