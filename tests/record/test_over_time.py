import math

import numpy as np
import pytest

from delivsim.record import over_time as o
from delivsim.record.measures import client_operations
from delivsim.record.stats import most_at_once, time_mean


def test_the_queue_of_a_station_by_hand(sample_result):
    """At the gateway one visit waits from 600.1 to 601.1 and never two; the refused one never waited."""
    gateway = sample_result.visits[sample_result.visits["station"] == "gateway"]
    spans = o.waiting_spans(gateway, 2400.0)
    assert time_mean(*spans, 600.0, 602.0) == pytest.approx(0.5)
    assert most_at_once(*spans, 0.0, 2400.0) == 1
    assert time_mean(*o.busy_spans(gateway, 2401.0), 2400.0, 2401.0) == 1


def test_load_by_quarter_hour(sample_result):
    """The gateway's 2.8 s of work fall into the first quarter hour; payment has one server after 1200."""
    visits = sample_result.visits
    gateway = o.load_over_time(visits[visits["station"] == "gateway"], [[0.0, 1]], 0.0, 2400.0)
    assert gateway["start"].tolist() == [0, 900]
    assert gateway["arrivals"].tolist() == [6, 0]
    assert gateway["utilization"].tolist() == pytest.approx([2.8 / 900, 0])
    assert gateway["queue_length"].tolist() == pytest.approx([1.0 / 900, 0])
    payment = o.load_over_time(visits[visits["station"] == "payment"], [[0.0, 2], [1200.0, 1]], 0.0, 2400.0)
    assert payment["servers"].tolist() == pytest.approx([2, (300 * 2 + 600) / 900])


def test_a_station_without_servers_has_no_utilization(sample):
    """While no server is on, utilization is unknown, not zero; a run of no length has no levels."""
    load = o.load_over_time(sample.make("visits"), [], 0.0, 900.0)
    assert math.isnan(load["utilization"][0])
    assert load["queue_length"][0] == 0
    assert len(o.load_over_time(sample.make("visits"), [], 0.0, 0.0)) == 1


def test_latency_by_bin_counts_what_was_asked_in_it(sample_result):
    """Place_order: three in the first quarter hour, p50 0.8 s; track_order: the open one has no latency."""
    operations = client_operations(sample_result.requests, ["customer"])
    found = o.latency_over_time(operations, 0.0, 2700.0).set_index(["operation", "start"])
    assert found.loc[("place_order", 0), "count"] == 3
    assert found.loc[("place_order", 0), "p50"] == pytest.approx(0.8)
    assert found.loc[("place_order", 0), "throughput"] == pytest.approx(3 / 900)
    assert found.loc[("track_order", 1800), "count"] == 1
    assert math.isnan(found.loc[("track_order", 1800), "p99"])


def test_open_orders_by_state_by_hand(sample_result):
    """At 310 order a travels to its store and b has just joined; at 1000 a is on its way to the door."""
    found = o.open_orders(
        sample_result.orders, sample_result.messages, np.array([-1.0, 2.0, 310.0, 600.5, 1000.0]), 2400
    )
    assert found.to_numpy().tolist() == [
        [0, 0, 0, 0, 0],
        [1, 0, 0, 0, 0],
        [0, 1, 1, 0, 0],
        [1, 0, 1, 1, 0],
        [0, 0, 1, 0, 1],
    ]


def test_open_orders_are_those_placed_and_not_ended(sample_evening):
    """At any instant the states add up to the orders placed and not yet ended."""
    at = np.linspace(0.0, 16000.0, 50)
    orders = sample_evening.orders
    found = o.open_orders(orders, sample_evening.messages, at, 1e9).sum(axis=1)
    wanted = [((orders["placed_at"] <= t) & (orders["ended_at"] > t)).sum() for t in at]
    assert found.tolist() == wanted


def test_riders_by_what_they_do(sample_result):
    """At 600 one rider waits at the store and one drives; at 2000 only one of two is on shift, and one drives."""
    found = o.riders_over_time(sample_result.riders, sample_result.legs, np.array([600.0, 2000.0]), 2400.0)
    assert found.iloc[0].to_dict() == {"on_shift": 2, "driving": 1, "at_store": 1, "at_customer": 0, "busy": 2}
    assert found.iloc[1].to_dict() == {"on_shift": 1, "driving": 1, "at_store": 0, "at_customer": 0, "busy": 1}
