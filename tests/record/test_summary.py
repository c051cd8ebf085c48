import json

import pytest

from delivsim.record.result import Result, to_json
from delivsim.record.summary import SECTIONS, section_of
from delivsim.record.view import View, Window

DESCRIBED = ["mean", "sd", "min", "p10", "p50", "p90", "p95", "p99", "max"]
LATENCY = ["mean", "p50", "p90", "p95", "p99", "p99.9", "max"]


def test_the_summary_has_the_promised_structure(sample_result):
    """Every name of the contract is there, and durations are described by the promised figures."""
    found = sample_result.summary()
    assert list(found)[5:-1] == list(SECTIONS)
    outcomes = ["delivered", "rejected", "cancelled", "failed", "censored"]
    assert list(found["orders"]) == ["placed", *outcomes, "by_reason", "on_time"]
    for name in ("promise_error", "click_to_door", "click_to_door_overage", "ready_to_door", "ready_to_pickup"):
        assert list(found[name]) == DESCRIBED
    assert list(found["operations"]["place_order"]["latency"]) == LATENCY
    for service in found["services"].values():
        counts = ["visits", "refused", "reneged", "shed"]
        assert list(service) == [*counts, "utilization", "waiting_time", "sojourn_time", "queue_length"]
    assert list(found["riders"])[1:7] == [
        "utilization",
        "orders_per_hour",
        "bundles_per_hour",
        "pay",
        "cost_per_order",
        "share_on_guarantee",
    ]
    assert set(found["dispatch"]) > {"decisions", "offers", "accepted", "declined", "timed_out", "orders_per_bundle"}


def test_outcomes_by_hand(sample_result):
    """Two of three delivered, one of three on time, one cancelled because of its payment."""
    orders = sample_result.summary()["orders"]
    assert (orders["placed"], orders["delivered"], orders["cancelled"]) == (3, 2, 1)
    assert orders["by_reason"] == {"payment": 1}
    assert orders["on_time"] == pytest.approx(1 / 3, abs=1e-9)


def test_customer_times_by_hand(sample_result):
    """Click-to-door of 1500 and 2010 s, 300 and 810 above the target of 20 minutes."""
    found = sample_result.summary()
    assert found["click_to_door"]["mean"] == 1755
    assert found["click_to_door"]["p90"] == 1500 + 0.9 * 510
    assert found["click_to_door_overage"]["min"] == 300
    assert found["promise_error"]["max"] == 208
    assert sum(part["mean"] for part in found["click_to_door_parts"].values()) == pytest.approx(1755)


def test_operations_by_hand(sample_result):
    """Three placements; of three trackings one is unanswered and one, tried twice, took 2 s; none is an error."""
    found = sample_result.summary()["operations"]
    assert found["place_order"]["latency"]["max"] == 1.5
    track = found["track_order"]
    assert (track["count"], track["errors"], track["unanswered"]) == (3, 0, 1)
    assert track["latency"]["mean"] == pytest.approx(1.9)
    assert track["throughput"] == pytest.approx(2 / 2400, abs=1e-9)


def test_an_operation_never_used_is_there_without_figures(sample):
    """What nobody asked for counts 0 and has no latency; it does not vanish."""
    found = sample.sample_result(operations=["place_order", "give_feedback"]).summary()["operations"]
    assert found["give_feedback"]["count"] == 0
    assert found["give_feedback"]["latency"]["p99"] is None
    assert "track_order" in found


def test_operations_of_one_name_on_two_services_are_kept_apart(sample):
    """Clients that call ``read`` of two services get two entries, named with their service."""
    one = {"caller": "load", "operation": "read", "first_sent_at": 1.0, "answered_at": 2.0, "seen": 200}
    requests = sample.make("requests", {**one, "service": "db", "request": 1}, {**one, "service": "web", "request": 2})
    result = Result({"requests": requests}, sample.manifest(clients=["load"], operations=["read"], instance=None))
    assert list(result.summary()["operations"]) == ["db.read", "web.read"]


def test_an_operation_is_named_as_the_manifest_names_it(sample):
    """A workload's ``web.page`` has one entry, under that name."""
    page = {"caller": "load", "service": "web", "operation": "page", "first_sent_at": 1.0, "request": 1, "seen": 200}
    manifest = sample.manifest(clients=["load"], operations=["web.page"], instance=None)
    found = Result({"requests": sample.make("requests", page)}, manifest).summary()["operations"]
    assert {name: entry["count"] for name, entry in found.items()} == {"web.page": 1}


def test_services_and_stations_by_hand(sample_result):
    """The gateway worked 2.8 of 2400 s and refused one of seven; payment has 1.5 servers on average."""
    found = sample_result.summary()
    gateway = found["services"]["gateway"]
    assert (gateway["visits"], gateway["refused"]) == (7, 1)
    assert gateway["utilization"] == pytest.approx(2.8 / 2400, abs=1e-9)
    assert gateway["queue_length"] == {"mean": pytest.approx(1 / 2400, abs=1e-9), "max": 1}
    assert gateway["waiting_time"]["max"] == pytest.approx(1.0)
    payment = found["stations"]["payment"]
    assert payment["servers"] == 1.5
    assert payment["utilization"] == pytest.approx(0.9 / 3600, abs=1e-9)
    assert found["stations"]["gateway"]["busiest"]["start"] == 0
    assert found["stations"]["gateway"]["busiest"]["utilization"] == pytest.approx(2.8 / 900, abs=1e-9)


def test_services_of_one_process_share_its_capacity(sample):
    """Two services on one station: each has its own visits, their utilizations add up to the station's."""
    tables = sample.sample_tables()
    both = tables["visits"].assign(station="all").astype({"station": "category"})
    shared = {"all": {"services": ["gateway", "payment"], "capacity": [[0.0, 2]]}}
    manifest = sample.manifest(stations=shared, services={"gateway": "all", "payment": "all"})
    found = Result({**tables, "visits": both}, manifest).summary()
    parts = [found["services"][name]["utilization"] for name in ("gateway", "payment")]
    assert sum(parts) == pytest.approx(found["stations"]["all"]["utilization"], abs=1e-8)
    assert found["services"]["payment"]["visits"] == 2


def test_a_platform_without_stations_has_no_utilization(sample):
    """On the ideal platform services have no queues: nothing to be busy, and no figure pretends."""
    found = sample.sample_result(stations={}).summary()
    assert found["stations"] == {}
    assert found["services"]["gateway"]["utilization"] is None


def test_broker_by_hand(sample_result):
    """Three messages make four deliveries, one still open; the cancellation was delivered three times to payment."""
    found = sample_result.summary()["broker"]
    assert (found["published"], found["deliveries"], found["open"], found["redelivered"]) == (3, 4, 1, 2)
    assert found["topics"]["order.placed"]["delay"]["p50"] == 2.0


def test_riders_by_hand(sample_result):
    """3350 s of work and two orders in 1.5 hours of shift; 25.00 for three orders placed."""
    found = sample_result.summary()["riders"]
    assert found["utilization"] == pytest.approx(3350 / 5400, abs=1e-9)
    assert found["orders_per_hour"] == pytest.approx(2 / 1.5, abs=1e-9)
    assert (found["pay"], found["share_on_guarantee"]) == (2500, 0.5)
    assert found["cost_per_order"] == pytest.approx(2500 / 3, abs=1e-9)
    assert found["by_rider"]["orders_per_hour"]["max"] == 2


def test_dispatch_by_hand(sample_result):
    """Three offers, two accepted and one declined."""
    found = sample_result.summary()["dispatch"]
    assert (found["decisions"], found["offers"], found["accepted"], found["declined"]) == (3, 3, 2, 1)
    assert found["orders_per_bundle"] == 1.0


def test_the_warm_up_is_left_out(sample):
    """With 200 s of warm-up, order a and its requests no longer count; pay stays whole, the books stay whole."""
    found = sample.sample_result(warm_up=200.0).summary()
    assert found["orders"]["placed"] == 2
    assert found["operations"]["place_order"]["count"] == 2
    assert found["click_to_door"]["max"] == found["click_to_door"]["min"] == 2010
    assert found["services"]["gateway"]["visits"] == 6
    assert found["services"]["gateway"]["utilization"] == pytest.approx(2.3 / 2200, abs=1e-9)
    assert found["riders"]["pay"] == 2500
    assert found["conservation"]["orders"]["orders"] == 3


def test_a_window_is_the_same_code_on_fewer_rows(sample_result):
    """Orders placed from 300 to 600 are b alone; the window's end is not part of it."""
    view = View(sample_result, Window(300.0, 600.0))
    assert section_of("orders", view)["placed"] == 1
    assert section_of("click_to_door", view)["mean"] == 2010
    assert section_of("operations", view)["place_order"]["throughput"] == pytest.approx(1 / 300, abs=1e-9)
    assert section_of("riders", view)["utilization"] == pytest.approx((190 + 170) / 600, abs=1e-9)


def test_an_order_not_yet_placed_when_the_run_stopped_does_not_count(sample):
    """After an interruption at 500 s the order due at 600 s is no placed order."""
    assert sample.sample_result(ended_at=500.0).summary()["orders"]["placed"] == 2


def test_a_run_of_nothing_has_a_summary(sample):
    """Without a single row every section is there, counts are 0, figures null, and the books balance."""
    empty = {**sample.manifest()["instance"], "n_orders": 0}
    found = Result({}, sample.manifest(instance=empty, ended_at=0.0)).summary()
    assert found["orders"]["placed"] == 0
    assert found["orders"]["on_time"] is None
    assert found["conservation"]["holds"]
    json.dumps(found, allow_nan=False)


def test_the_same_tables_give_the_same_text(sample):
    """Summaries of equal runs are equal to the byte, and hold no NaN."""
    a, b = (to_json(sample.sample_evening().summary()) for _ in range(2))
    assert a == b
    assert "NaN" not in a


def test_an_interrupted_run_counts_the_hours_it_saw(sample):
    """After Ctrl-C at 1200 s two riders had 2400 s of shift and 1730 s of work: hours to come dilute nothing."""
    found = sample.sample_result(interrupted_at=1200.0, ended_at=1200.0).summary()["riders"]
    assert found["utilization"] == pytest.approx((300 + 120 + 120 + 420 + 770) / 2400, abs=1e-9)
    assert found["pay"] == 2500
