import math

import numpy as np
import pytest

from delivsim.record import measures as m


def test_customer_times_by_hand(sample_result):
    """Order a took 1500 s, b 2010 s; the cancelled c has none."""
    orders = sample_result.orders
    ctd = m.click_to_door(orders)
    assert ctd["a"] == 1500
    assert ctd["b"] == 2010
    assert math.isnan(ctd["c"])
    assert m.click_to_door_overage(orders, 1800.0).dropna().tolist() == [0, 210]
    assert m.ready_to_door(orders).dropna().tolist() == [900, 1410]
    assert m.ready_to_pickup(orders).dropna().tolist() == [60, 450]
    assert m.promise_error(orders).dropna().tolist() == [-302, 208]
    assert m.on_time(orders).tolist() == [True, False, False]


def test_parts_add_up_to_click_to_door(sample_result, sample_evening):
    """Platform 5, waiting for a rider 65, travel 300, kitchen 290, delivery 840 make a's 1500 s; and so everywhere."""
    parts = m.click_to_door_parts(sample_result.orders, sample_result.messages)
    assert parts.loc["a"].tolist() == [5, 65, 300, 290, 840]
    assert parts.loc["c"].isna().all()
    for result in (sample_result, sample_evening):
        parts = m.click_to_door_parts(result.orders, result.messages)
        whole = m.click_to_door(result.orders)
        assert parts.sum(axis=1, min_count=1).to_numpy() == pytest.approx(whole.to_numpy(), nan_ok=True)
        assert np.nanmin(parts.to_numpy()) >= 0


def test_without_the_message_the_answer_stands_in(sample_result):
    """An order whose message left no row joins the open set when its app had the answer."""
    joined = m.joined_at(sample_result.orders, sample_result.messages.iloc[:0])
    assert joined.tolist() == [0.8, 300.8, 601.5]


def test_waiting_and_sojourn_by_hand(sample_result):
    """The tracking request waited 1 s and stayed 1.5 s; refused and open visits have neither."""
    visits = sample_result.visits.set_index("request")
    assert m.waiting_time(visits)[11] == pytest.approx(1.0)
    assert m.sojourn_time(visits)[11] == pytest.approx(1.5)
    assert math.isnan(m.waiting_time(visits)[10])
    assert math.isnan(m.sojourn_time(visits)[15])
    assert math.isnan(m.sojourn_time(visits)[10])


def test_a_retried_operation_is_one_operation(sample_result):
    """Request 10 was refused and 12 is its retry: one operation, 2 s long from the first try, no error."""
    operations = m.client_operations(sample_result.requests, ["customer"]).set_index("request")
    assert operations.index.tolist() == [1, 5, 8, 11, 12, 15]
    assert m.latency(operations)[12] == pytest.approx(2.0)
    assert not m.is_error(operations)[12]
    assert math.isnan(m.latency(operations)[15])


def test_rider_utilization_leaves_waits_out(sample_result):
    """Rider 1 worked 300 + 120 + 120 + 600 + 240 s of an hour; rider 2 1970 s of a half-hour shift, so over 100 %."""
    found = m.rider_utilization(sample_result.riders, sample_result.legs)
    assert found.to_dict() == {"r1": 1380 / 3600, "r2": 1970 / 1800}
    clipped = m.rider_utilization(sample_result.riders, sample_result.legs, 0.0, 600.0)
    assert clipped.to_dict() == {"r1": 420 / 600, "r2": 170 / 600}


def test_a_rider_without_shift_or_legs_is_no_trouble(sample):
    """No shift: no utilization; no legs: zero."""
    riders = sample.make("riders", {"rider": 0, "on_at": 5.0, "off_at": 5.0}, {"rider": 1, "on_at": 0.0, "off_at": 9.0})
    found = m.rider_utilization(riders, sample.make("legs")).tolist()
    assert math.isnan(found[0])
    assert found[1] == 0.0


def test_orders_picked_up_together_are_one_bundle(sample):
    """Same rider and instant: one bundle; another rider at the same instant: another."""
    rows = [{"rider": r, "picked_up_at": t} for r, t in ((1, 5.0), (1, 5.0), (2, 5.0), (1, 9.0), (-1, math.nan))]
    assert m.n_bundles(sample.make("orders", *rows)) == 3
