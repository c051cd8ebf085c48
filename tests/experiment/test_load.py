"""Offered load against what a run measures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from delivsim.experiment.load import OfferedLoad, offered_load
from delivsim.experiment.run import run
from delivsim.record.over_time import load_over_time
from delivsim.record.result import Result
from delivsim.scenario.reader import load_scenario
from delivsim.scenario.schema import Scenario
from delivsim.scenario.templates import template_text

SLOW = (("gateway", "place_order"), ("user", "authenticate"), ("order", "create_order"))
"""Operations that a test makes slow."""
SCENARIOS = Path(__file__).parents[2] / "scenarios"


def scenario(template: str, tmp_path: Path, *changes: str) -> Scenario:
    (tmp_path / "it.yaml").write_text(template_text(template))
    return load_scenario(tmp_path / "it.yaml", overrides=changes)


def peaks(result: Result, name: str, start: float = 0.0, end: float | None = None) -> float:
    """Utilization of a station in the busiest quarter hour of a run."""
    visits = result.tables["visits"]
    here = visits[visits["station"] == name]
    capacity = result.manifest["stations"][name]["capacity"]
    return float(load_over_time(here, capacity, start, end or result.manifest["ended_at"])["utilization"].max())


def calls(result: Result, name: str) -> int:
    requests = result.tables["requests"]
    return int((requests["service"].astype(str) + "." + requests["operation"].astype(str) == name).sum())


def test_the_friday_evening_is_as_loaded_as_foretold() -> None:
    """Every station's peak is within 10 % (a few points of noise) of the run's; the busiest is busy, not flooded."""
    evening = load_scenario(SCENARIOS / "friday_evening.yaml")
    load, result = offered_load(evening), run(evening)
    assert load.warnings == ()
    assert load.n_orders == len(result.orders)
    for station in load.platform.stations:
        assert station.utilization == pytest.approx(peaks(result, station.name), rel=0.1), station.name
    assert 0.6 < max(station.utilization for station in load.platform.stations) < 0.85
    assert load.riders is not None
    summary = result.summary()
    needed = sum(hour.needed for hour in load.riders.hours) / sum(hour.on_shift for hour in load.riders.hours)
    assert needed == pytest.approx(summary["riders"]["utilization"], rel=0.25), "bundles are more under pressure"
    _shows_what_it_says(summary)


def _shows_what_it_says(summary: dict[str, Any]) -> None:
    """Several thousand orders, every service with a queue, most orders on time."""
    assert summary["orders"]["placed"] > 4000
    assert summary["orders"]["on_time"] > 0.9
    assert all(one["waiting_time"]["mean"] > 0.05 for one in summary["services"].values())
    assert 0.45 < summary["riders"]["utilization"] < 0.8


def test_services_of_steps_are_as_loaded_as_foretold() -> None:
    """Calls, branches, held threads, messages and all kinds of workload: every station within 10 % of a run."""
    services = load_scenario(SCENARIOS / "services.yaml", overrides=["horizon=40min"])
    load, result = offered_load(services), run(services)
    end = services.horizon
    for station in load.platform.stations:
        visits = result.tables["visits"]
        here = visits[(visits["station"] == station.name) & (visits["arrived_at"] < end)]
        capacity = result.manifest["stations"][station.name]["capacity"]
        measured = float(load_over_time(here, capacity, 0.0, end, end)["utilization"].iloc[0])
        assert station.utilization == pytest.approx(measured, rel=0.1), station.name
    (users,) = load.platform.users
    asked = result.tables["requests"]["caller"] == users.name
    assert users.rate == pytest.approx(asked.sum() / end, rel=0.1)


def test_timed_calls_that_fail_are_as_loaded_as_foretold(tmp_path: Path) -> None:
    """A peak of a quarter hour loads its station as foretold, and a call that fails does not do what comes after."""
    page = [{"work": "50ms"}, {"choose": [{"probability": 0.4, "steps": [{"fail": 503}]}, {"probability": 0.6}]}]
    scenario = Scenario.model_validate(
        {
            "name": "peak",
            "horizon": "45min",
            "platform": {
                "services": {
                    "web": {"workers": 2, "operations": {"page": {"steps": [*page, {"call": "db.get"}]}}},
                    "db": {"workers": 1, "operations": {"get": {"steps": [{"work": "30ms"}]}}},
                },
                "workloads": [
                    {
                        "kind": "phases",
                        "name": "visitors",
                        "operation": "web.page",
                        "phases": [{"rate": r, "lasts": "15min"} for r in (5.0, 25.0, 10.0)],
                    }
                ],
            },
        }
    )
    load, result = offered_load(scenario), run(scenario)
    found = {station.name: station for station in load.platform.stations}
    assert (found["web"].start, found["web"].end) == (900.0, 1800.0)
    assert found["web"].busy == pytest.approx(25 * 0.05)
    assert found["db"].busy == pytest.approx(25 * 0.6 * 0.03)
    for name in ("web", "db"):
        assert found[name].utilization == pytest.approx(peaks(result, name, 900.0, 1800.0), rel=0.1)


@pytest.mark.parametrize(
    "changes",
    [
        (),
        ("platform.payment.mode=async", "city.customers.declined_card=20%"),
        ("city.kitchens.preparation_starts=on_accept", "city.riders.accept=70%", "city.riders.ignore=10%"),
        ("city.customers.bad_token=30%", "city.customers.update_profile=50%", "city.customers.feedback=100%"),
        ("dispatch.policy=nearest", "city.customers.track_every=3min"),
    ],
    ids=lambda changes: " ".join(changes) or "as it is",
)
def test_the_calls_of_a_city_are_as_foretold(changes: tuple[str, ...], tmp_path: Path) -> None:
    """Each operation of the seven services is called about as often as in a run, however the city is set up."""
    small = scenario("minimal", tmp_path, "city.riders.shifts[0].riders=110", "horizon=2h", *changes)
    load, result = offered_load(small, seed=2), run(small, seed=2)
    wrong = {}
    for name, expected in load.platform.calls:
        measured = calls(result, name)
        loose = 0.3 if name.endswith(("track_order", "report_position", "_offer", "picked_up")) else 0.08
        if name.rpartition(".")[2] in ("go_offline", "dispatch", "expire_offer"):
            continue
        if abs(expected - measured) > loose * max(expected, measured) + 12:
            wrong[name] = (round(expected), measured)
    assert wrong == {}


def test_impatient_customers_cancel(tmp_path: Path) -> None:
    """Orders whose patience is shorter than the way of their food are expected to be cancelled, not delivered."""
    calm = dict(offered_load(scenario("minimal", tmp_path)).platform.calls)
    cross = dict(offered_load(scenario("minimal", tmp_path, "city.customers.patience=10min")).platform.calls)
    assert calm["gateway.cancel_order"] == 0 < cross["gateway.cancel_order"]
    assert cross["gateway.delivered"] == 0 < calm["gateway.delivered"]


def messages(load: OfferedLoad) -> list[str]:
    return [str(problem) for problem in load.warnings]


def test_too_much_work_is_a_warning_with_its_line(tmp_path: Path) -> None:
    """A station offered more than it can do is named with the line of its workers, or the nearest one there is."""
    text = template_text("services").replace("rate: 18/s", "rate: 36/s")
    (tmp_path / "it.yaml").write_text(text)
    (told,) = messages(offered_load(load_scenario(tmp_path / "it.yaml")))
    line = text.splitlines().index("      replicas: 3") + 2
    assert told.startswith(
        f"{tmp_path / 'it.yaml'}:{line}:16: platform.services.web.workers: 3 servers, but 00:00-01:00"
    )
    assert "work for 3.6 (120%)" in told


def test_services_of_one_process_share_their_servers(tmp_path: Path) -> None:
    """The loads of services in one process add up, and the warning names the process."""
    (tmp_path / "it.yaml").write_text(template_text("minimal").replace("240/h", "1800/h"))
    works = [f"platform.services.{name}.operations.{op}.work=0.9s" for name, op in SLOW]

    def load(*changes: str) -> OfferedLoad:
        return offered_load(load_scenario(tmp_path / "it.yaml", overrides=[*works, *changes]))

    process = "platform.processes.all={services: [gateway, user, order], workers: %d}"
    apart = {station.name: station.busy for station in load().platform.stations}
    (shared,) = [station for station in load(process % 1).platform.stations if station.name == "all"]
    assert shared.services == ("gateway", "user", "order")
    assert shared.busy == pytest.approx(sum(apart[name] for name in shared.services), rel=0.1)
    assert [told for told in messages(load(process % 1)) if "platform.processes.all.workers: 1 servers" in told]
    assert not [told for told in messages(load(process % 4)) if "processes" in told]


def test_too_few_riders_are_a_warning_with_their_line(tmp_path: Path) -> None:
    """Rider-hours needed above those on shift name the shifts; enough riders give no warning."""
    path = tmp_path / "it.yaml"
    path.write_text(template_text("minimal").replace("riders: 70", "riders: 20"))
    (told,) = messages(offered_load(load_scenario(path)))
    assert told.startswith(f"{path}:15:7: city.riders.shifts: 18:")
    assert "rider-hours" in told
    assert messages(offered_load(scenario("minimal", tmp_path))) == []


def test_an_instance_is_told_by_its_real_orders() -> None:
    """Hour by hour the orders of the file are counted; the warning about riders names the line of the instance."""
    town = load_scenario(SCENARIOS / "mdrplib.yaml")
    load = offered_load(town)
    assert load.riders is not None
    assert sum(hour.orders for hour in load.riders.hours) == load.n_orders == 300
    assert load.riders.peak.needed == max(load.riders.peak.needed, *(hour.needed / 4 for hour in load.riders.hours))


def test_an_ideal_platform_has_riders_and_no_stations(tmp_path: Path) -> None:
    """Where nothing takes time there is nothing to be busy with."""
    load = offered_load(scenario("minimal", tmp_path, "platform.kind=ideal"))
    assert load.platform.stations == ()
    assert load.riders is not None


def test_another_seed_has_other_orders(tmp_path: Path) -> None:
    """The orders are those of the run with that seed."""
    small = scenario("minimal", tmp_path)
    assert offered_load(small, seed=5).n_orders == len(run(small, seed=5).orders)


def test_nobody_orders(tmp_path: Path) -> None:
    """A city without an order is odd, not an error."""
    (tmp_path / "it.yaml").write_text(template_text("minimal").replace('"18:00": 240/h', '"19:00": 240/h'))
    load = offered_load(load_scenario(tmp_path / "it.yaml"))
    assert load.n_orders == 0
    assert load.riders is None
    assert any("nobody orders" in told for told in messages(load))


def test_calls_that_never_end_are_a_warning(tmp_path: Path) -> None:
    """An operation that always calls itself has no load to tell, and its steps are named."""
    change = "platform.services.web.operations.page.steps=[{work: 1ms}, {call: web.page}]"
    load = offered_load(scenario("services", tmp_path, change))
    assert load.platform.stations == ()
    assert any("web.operations.page.steps" in told and "never end" in told for told in messages(load))


def test_code_of_a_scenario_is_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A policy from outside is taken to make no bundles; its module is not even looked for."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "mine_alone.py").write_text("raise SystemExit('imported')\n")
    load = offered_load(scenario("minimal", tmp_path, "dispatch.policy=mine_alone:Policy"))
    assert load.riders is not None
    assert load.riders.orders_per_bundle == 1.0


def test_what_the_estimate_knows_nothing_of_is_said(tmp_path: Path) -> None:
    """Busy kitchens, empty shelves, closed stores and riders' moods are named; a plain city names nothing."""
    assert offered_load(scenario("minimal", tmp_path)).left_out == ()
    more = (
        "city.kitchens.cooks=2",
        "city.stores.stock=9",
        "city.stores.opening=[{start: '18:00', end: '20:00'}]",
        "city.riders.leave_early=0.1",
        "city.riders.acceptance={per_km: -1}",
    )
    said = offered_load(scenario("minimal", tmp_path, *more)).left_out
    assert len(said) == 5
    assert "waiting for a cook in busy kitchens" in said


def test_breaks_are_no_rider_hours(tmp_path: Path) -> None:
    """A quarter of an hour of break for each of 70 riders is that much less on shift, and no more riders."""
    shifts = "[{start: '18:00', end: '20:30', riders: 70, breaks: [{start: '18:30', end: '18:45'}]}]"
    whole = offered_load(scenario("minimal", tmp_path)).riders
    less = offered_load(scenario("minimal", tmp_path, f"city.riders.shifts={shifts}")).riders
    assert whole is not None
    assert less is not None
    assert less.riders == whole.riders == 70
    assert whole.hours[0].on_shift - less.hours[0].on_shift == pytest.approx(70 / 4)
