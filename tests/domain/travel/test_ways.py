"""What a scenario says of travel becomes what happens and what dispatch believes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from delivsim.domain.streams import Streams
from delivsim.domain.travel import Euclidean
from delivsim.domain.travel.config import EuclideanTravel
from delivsim.domain.travel.ways import Ways, ways

START = datetime(2026, 11, 20, 17, 0)
A, B = (0.0, 0.0), (3000.0, 0.0)
EXPECTED = 300.0


def made(seed: int = 1, **said: Any) -> Ways:
    config = EuclideanTravel.model_validate({"kind": "euclidean", **said})
    return ways(config, Euclidean(10.0), START, 86_400.0, Streams(seed))


def test_where_nothing_is_said_nothing_is_wrapped() -> None:
    """The plain model itself is handed on, so that what is off costs nothing."""
    real, believed = made()
    assert isinstance(real, Euclidean)
    assert believed is real


def test_hours_count_from_midnight_and_weather_from_its_instants() -> None:
    """Half speed from 18:00, and half of that while it rains from 19:00 to 20:00."""
    real, _ = made(speed_by_hour={"06:00": 1, "18:00": 0.5}, weather={"19:00": 0.5, "20:00": 1})
    found = [real.time(A, B, at=3600.0 * hour) for hour in (0.0, 1.0, 2.0, 3.0)]
    assert found == pytest.approx([300.0, 600.0, 1200.0, 600.0])


def test_dispatch_need_not_know_the_hour_or_the_weather() -> None:
    """It plans as if streets were free, and what happens is slower."""
    said = {"speed_by_hour": {"00:00": 0.8}, "weather": 0.5}
    real, believed = made(**said, believed={"hours": False, "weather": False})
    assert (real.time(A, B), believed.time(A, B)) == pytest.approx((750.0, 300.0))
    _, knows_rain = made(**said, believed={"hours": False})
    assert knows_rain.time(A, B) == pytest.approx(600.0)


def test_bias_and_error_are_of_belief_and_noise_is_of_what_happens() -> None:
    """Neither touches the other."""
    real, believed = made(believed={"bias": 0.8})
    assert (real.time(A, B), believed.time(A, B)) == pytest.approx((300.0, 240.0))
    real, believed = made(noise={"kind": "uniform", "low": 0.5, "high": 1.5})
    assert believed.time(A, B) == EXPECTED
    assert len({real.time(A, B, at=300.0 * k) for k in range(20)}) == 20


def test_a_seed_has_its_errors_and_another_seed_others() -> None:
    """What dispatch believes of a way is the same in every run of a seed, whatever is asked before."""
    said = {"believed": {"error": {"kind": "lognormal", "mean": 1, "cv": 0.3}}}
    one, again, other = made(1, **said).believed, made(1, **said).believed, made(2, **said).believed
    again.times(np.zeros((50, 2)), np.ones((50, 2)))
    assert one.time(A, B) == again.time(A, B) != other.time(A, B)


def test_vehicles_may_have_hours_and_weather_of_their_own() -> None:
    """A bicycle (4 m/s) passes the jam, but not the rain."""
    bicycle = {"speed": 4, "speed_by_hour": {}}
    real, _ = made(speed_by_hour={"00:00": 0.5}, weather=0.8, vehicles={"bicycle": bicycle})
    assert real.time(A, B, 4.0) == pytest.approx(750.0 / 0.8)
    assert real.time(A, B, 10.0) == pytest.approx(300.0 / 0.4)


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ({"speed_by_hour": {"25:30": 1}}, "speed_by_hour.25:30: must be a time of day from 00:00 to 23:59"),
        ({"speed_by_hour": {"18:00": 0}}, "greater than 0"),
        ({"weather": {"noon": 0.5}}, "weather.noon: must be a time such as"),
        ({"vehicles": {"a": {"speed": 4}, "b": {"speed": 4}}}, "vehicles.b.speed: must differ from that of a"),
        ({"noise": 0}, "noise: must have a mean > 0"),
        ({"believed": {"per": "rider"}}, "'pair' or 'leg'"),
    ],
)
def test_what_makes_no_sense_is_refused(said: Any, rule: str) -> None:
    """With the key and the rule."""
    with pytest.raises(ValidationError, match=rule):
        made(**said)
