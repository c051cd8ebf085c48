import math
import re
from datetime import datetime

import pytest

from delivsim.record.catalogue import FORMS
from delivsim.record.metric import Names
from delivsim.record.metrics import evaluate, measure, parse_metric, parse_slo, verdicts
from delivsim.record.result import Result

NAMES = Names(
    operations=("place_order", "track_order"),
    services=("gateway", "payment"),
    stations=("gateway", "payment", "all"),
    topics=("order.placed", "order.cancelled"),
)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("place_order p99", "operations place_order latency p99"),
        ("place_order p99.9", "operations place_order latency p99.9"),
        ("operations.place_order.latency.p99.9", "operations place_order latency p99.9"),
        ("web.place_order p99", "operations place_order latency p99"),
        ("place_order errors", "operations place_order errors"),
        ("payment p99", "services payment sojourn_time p99"),
        ("all p99", "stations all sojourn_time p99"),
        ("gateway utilization", "services gateway utilization"),
        ("gateway  waiting_time   p99", "services gateway waiting_time p99"),
        ("stations.gateway.busiest.utilization", "stations gateway busiest utilization"),
        ("gateway queue_length max", "services gateway queue_length max"),
        ("delivered", "orders delivered"),
        ("on_time", "orders on_time"),
        ("by_reason payment", "orders by_reason payment"),
        ("click_to_door p90", "click_to_door p90"),
        ("click_to_door_parts.delivery.mean", "click_to_door_parts delivery mean"),
        ("riders.utilization", "riders utilization"),
        ("cost_per_order", "riders cost_per_order"),
        ("order.placed delay p99", "broker topics order.placed delay p99"),
        ("broker.topics.order.cancelled.open", "broker topics order.cancelled open"),
        ("dead_letter", "broker dead_letter"),
        ("declined", "dispatch declined"),
    ],
)
def test_short_and_full_forms_name_the_same_figures(text, path, sample_result):
    """A metric is a path of summary.json or a short form of one, topics with dots included."""
    assert parse_metric(text, NAMES).readings[0].path == [
        "order." + word[6:] if word.startswith("order.") else word for word in path.split()
    ]


@pytest.mark.parametrize(
    "form", [f for f in FORMS if not re.search("<callee>|<replica>", f.path)], ids=lambda form: form.path
)
def test_every_form_leads_to_a_figure_of_the_summary(form, sample, sample_result):
    """No form of the catalogue points into the void: its path, and that of its whole, exist in a summary."""
    # those of edges and replicas have two names; that their numbers can be named is held below and in test_fleet
    name = {"<operation>": "place_order", "<topic>": "order.placed", "<group>": "delivery", "<reason>": "payment"}
    known = next((word for place, word in name.items() if place in form.path), "gateway")
    for text in form.written(known):
        reading = parse_metric(text).within(Names.of(sample_result))
        node = sample_result.summary()
        for path in (reading.path, reading.whole):
            at = node
            for key in path:
                at = at[key]
            assert not path or at is None or isinstance(at, int | float)


def test_every_number_of_the_summary_can_be_named(sample_result):
    """Each figure of the sections (instants are none), by its full path, is a metric with that very value."""
    sections = {key: value for key, value in sample_result.summary().items() if isinstance(value, dict)}
    del sections["window"], sections["conservation"]
    paths = [path for path in leaves(sections) if path[-1] not in {"start", "end"}]
    assert len(paths) > 200
    for path in paths:
        reading = parse_metric(".".join(path)).within(Names.of(sample_result))
        assert reading.path == path
        value = measure(reading, sample_result)
        assert isinstance(value, float)


def leaves(node, path=()):
    if isinstance(node, dict):
        for key, inner in node.items():
            yield from leaves(inner, (*path, key))
    else:
        yield list(path)


@pytest.mark.parametrize(
    ("text", "limit", "is_share"),
    [
        ("place_order p99 < 800ms", 0.8, False),
        ("place_order p99 < 0.8", 0.8, False),
        ("click_to_door p90 <= 45min", 2700.0, False),
        ("delivered > 99%", 0.99, True),
        ("delivered ≥ 500", 500.0, False),
        ("on_time > 90%", 0.9, False),
        ("on_time > 0.9", 0.9, False),
        ("gateway utilization<80%", 0.8, False),
        ("place_order errors < 1%", 0.01, True),
        ("place_order throughput > 120/min", 2.0, False),
        ("cost_per_order < 11.40", 1140.0, False),
        ("orders_per_hour > 2.5", 2.5, False),
        ("promise_error p50 < -2min", -120.0, False),
        ("gateway queue_length mean < 3.5", 3.5, False),
    ],
)
def test_limits_are_read_in_the_unit_of_their_metric(text, limit, is_share):
    """Durations, shares, rates, money and counts each have their own units; a percent of a count is a share."""
    slo = parse_slo(text)
    assert slo.limit == pytest.approx(limit)
    assert slo.is_share is is_share
    assert slo.op in {"<", "<=", ">", ">="}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "must be METRIC < LIMIT"),
        ("place_order p99", "must be METRIC < LIMIT"),
        ("place_order p98 < 1s", r"must be a metric.*got 'place_order p98' \(did you mean 'place_order p9"),
        ("click_to_dor p90 < 45min", r"did you mean 'click_to_door p90'"),
        ("delivred > 99%", r"did you mean 'delivered'"),
        ("place_order p99 = 1s", "must compare with <, <=, > or >=, got ="),
        ("place_order p99 << 1s", "must compare with <, <=, > or >=, got <<"),
        ("place_order p99 < 80%", "must be a duration such as"),
        ("place_order p99 < -1s", "must be >= 0"),
        ("place_order p99 < 800 msec", "did you mean '800ms'"),
        ("delivered > 0.99", "must be a whole number, or a share such as 99%"),
        ("delivered > many", "must be a number, got 'many'"),
        ("placed > 90%", "placed is a part of nothing"),
        ("on_time > 90", "must be a share between 0 and 1"),
        ("on_time > 101%", "must be a share"),
        ("cost_per_order < 11.405", "at most two decimals"),
        ("place_order p99 < 1s in 20:30-18:30", "must end after it begins"),
        ("place_order p99 < 1s in the evening", "must be two times such as 18:30-20:30"),
        ("pay < 5000 in 18:30-20:30", "is of the whole run and has no window"),
        ("place_order p99 < nan", "must be a duration"),
    ],
)
def test_mistakes_are_named_with_what_would_be_right(text, told):
    """Every wrong objective is refused in one sentence that shows the rule and a near miss."""
    with pytest.raises(ValueError, match=told):
        parse_slo(text)


def test_a_wrong_name_is_told_with_all_there_are():
    """Once the names are known, an operation or service that does not exist is refused, near miss and list included."""
    with pytest.raises(ValueError, match=r"no 'plce_order' \(did you mean 'place_order'\?\); there are operations: pl"):
        parse_slo("plce_order p99 < 1s", NAMES)
    with pytest.raises(ValueError, match=r"services: gateway, payment; stations: all, gateway, payment; topics"):
        parse_slo("gatway utilization < 80%", NAMES)


def test_an_operation_may_be_written_with_or_without_its_service():
    """``web.page`` and ``page`` are the same, as long as only one service has a ``page``."""
    qualified = Names(operations=("web.page", "web.read", "db.read"))
    assert parse_metric("page p99", qualified).readings[0].path[1] == "web.page"
    assert parse_metric("db.read p99", qualified).readings[0].path[1] == "db.read"
    with pytest.raises(ValueError, match="no 'read'"):
        parse_metric("read p99", qualified)


def test_an_operation_goes_before_a_service_of_its_name():
    """When a client operation and a service share a name, ``x p99`` is what clients see."""
    both = Names(operations=("query",), services=("query",), stations=("query",))
    assert parse_metric("query p99", both).readings[0].path[0] == "operations"
    assert parse_metric("query waiting_time p99", both).readings[0].path[0] == "services"


def test_objectives_are_checked_against_the_run(sample_result):
    """Two of three delivered is 66.7 %; the p90 of click-to-door is 1959 s."""
    delivered = evaluate(parse_slo("delivered > 60%"), sample_result)
    assert delivered.holds
    assert delivered.value == pytest.approx(2 / 3)
    assert str(delivered) == "delivered > 60%: holds, 66.67 %"
    late = evaluate(parse_slo("click_to_door p90 < 30min"), sample_result)
    assert not late.holds
    assert str(late) == "click_to_door p90 < 30min: broken, 32.6 min"
    assert evaluate(parse_slo("click_to_door p90 <= 1959s"), sample_result).holds
    assert not evaluate(parse_slo("click_to_door p90 < 1959s"), sample_result).holds
    assert str(evaluate(parse_slo("cost_per_order < 8.33"), sample_result)).endswith("broken, 8.33")


def test_a_window_looks_only_at_what_began_in_it(sample_result):
    """From 18:05 to 18:10 only order b was placed: 2010 s, delivered, late."""
    for text, value in (
        ("click_to_door max < 1h in 18:05-18:10", 2010.0),
        ("delivered > 99% in 18:05-18:10", 1.0),
        ("on_time > 50% in 5min-10min", 0.0),
        ("place_order count > 0 in 2026-11-20T18:05-2026-11-20T18:10", 1.0),
        ("gateway visits > 0 in 18:10-18:11", 4.0),
    ):
        assert evaluate(parse_slo(text), sample_result).value == value


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("click_to_door p90 < 45min in 23:00-23:30", "no data in this window"),
        ("delivered > 99% in 23:00-23:30", "no data in this window"),
        ("click_to_door p90 < 45min in 17:00-19:00", "must not be before the start"),
        ("give_feedback p99 < 1s", "no data after the warm-up"),
        ("give_feedback errors < 1%", "no data after the warm-up"),
    ],
)
def test_an_objective_without_data_is_broken(text, note, sample):
    """Nothing to measure is not success: broken, and the note says why."""
    found = evaluate(parse_slo(text), sample.sample_result(operations=["give_feedback"]))
    assert not found.holds
    assert math.isnan(found.value)
    assert note in str(found)


def test_a_reason_that_never_came_up_counts_zero(sample_result):
    """No order was lost for want of a rider: 0 %, and that is data."""
    found = evaluate(parse_slo("by_reason no_rider < 1%"), sample_result)
    assert found.holds
    assert found.value == 0.0


def test_a_run_is_checked_against_its_own_objectives(sample):
    """The objectives in the manifest are checked in their order."""
    found = verdicts(sample.sample_result(slos=["on_time > 90%", "place_order p99 < 2s"]))
    assert [verdict.holds for verdict in found] == [False, True]


def test_a_window_without_any_row_is_no_crash(sample):
    """An empty run answers every objective."""
    empty = Result({}, sample.manifest())
    assert not evaluate(parse_slo("gateway utilization < 80% in 18:00-18:15"), empty).value > 0


def test_windows_are_placed_from_the_start_of_the_scenario():
    """18:30 is half an hour into an evening that starts at 18:00; 25:30 is after midnight."""
    starts_at = datetime(2026, 11, 20, 18)
    window = parse_slo("on_time > 90% in 18:30-25:30").window_in(starts_at)
    assert (window.start, window.end) == (1800.0, 27000.0)
    assert parse_slo("on_time > 90%").window_in(starts_at) is None
