"""All that an answer can ask for, carried out by the platform and its riders, under the strict rules."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

import delivsim as ds
from delivsim.dispatch.lawful import last_pickup_at
from delivsim.dispatch.policies.linear_assignment import LinearAssignment
from delivsim.experiment.mdrplib import check_solution, export_solution
from delivsim.scenario.formats.mdrplib import read

TWIN = Path(__file__).parents[1] / "data" / "mdrplib_twin"
SCENARIO = """
name: port
seed: 3
starts_at: 2026-11-20T00:00
horizon: 24h
instance: {{format: mdrplib, path: {path}}}
platform: {{kind: {kind}}}
dispatch: {{policy: linear_assignment, every: 60s}}
"""


@dataclass(frozen=True, kw_only=True)
class Everything:
    """Linear assignment that also lets bundles grow, holds riders back, and sends idle ones to stores."""

    asks: ClassVar[frozenset[str]] = frozenset({"promises", "demand"})
    grow: bool = True
    hold: float = 120.0
    move: bool = True

    def __call__(self, problem: ds.DispatchProblem, rng: np.random.Generator) -> ds.Assignment:
        joins = list(self._joins(problem)) if self.grow else []
        joined = {order for match in joins for order in match.orders}
        busy = {match.rider for match in joins}
        rest = [
            m for m in LinearAssignment()(problem, rng).matches if m.rider not in busy and joined.isdisjoint(m.orders)
        ]
        matches = (*joins, *(self._held(problem, match) for match in rest))
        taken = busy | {match.rider for match in rest}
        return ds.Assignment(matches, tuple(self._moves(problem, taken)) if self.move else ())

    def _joins(self, problem):
        used, promises = set(), problem.promises
        for rows in promises.growing():
            rider = int(promises.riders[rows[0]])
            fits = np.flatnonzero((problem.stores == promises.stores[rows[0]]) & (problem.ready_at < problem.now + 300))
            new = next((int(problem.orders[k]) for k in fits if int(problem.orders[k]) not in used), None)
            if new is None or rider not in problem.riders or len(rows) > 2:
                continue
            used.add(new)
            before = tuple(promises.orders[rows].tolist())
            yield ds.Match(rider, (*before, new), "joins", joins=int(promises.bundles[rows[0]]))

    def _held(self, problem, match):
        rows, rider = (
            np.searchsorted(problem.orders, match.orders).tolist(),
            int(np.searchsorted(problem.riders, match.rider)),
        )
        later = problem.now + self.hold
        fits = last_pickup_at(problem, rows, rider, later) <= problem.off_at[rider]
        return replace(match, hold_until=later) if fits else match

    def _moves(self, problem, taken):
        for row in np.flatnonzero(problem.idle):
            away = np.hypot(*(problem.demand.places - problem.places[row]).T)
            if problem.riders[row] not in taken and away.min() > 0:
                yield ds.Move(
                    int(problem.riders[row]), tuple(problem.demand.places[away.argmin()].tolist()), "nearest store"
                )


def solve(folder: Path, instance: Path, policy: Everything, *, kind: str = "ideal", extra: str = "") -> ds.Result:
    scenario = folder / "scenario.yaml"
    scenario.write_text(SCENARIO.format(path=instance, kind=kind) + extra)
    return ds.run(ds.load_scenario(scenario), policy=policy)


@pytest.mark.parametrize("policy", [Everything(), Everything(hold=0.0), Everything(move=False), Everything(grow=False)])
def test_growing_holding_and_moving_keep_the_strict_rules(tmp_path: Path, policy: Everything):
    """Whatever an answer asks for, the exported solution is strictly clean."""
    result = solve(tmp_path, TWIN, policy)
    assert export_solution(result, tmp_path) == []
    found = check_solution(read(TWIN), tmp_path)
    assert [str(problem) for problem in found.violations] == []
    assert found.n_delivered >= 40
    assert (result.legs["kind"] == "move").any() == policy.move
    assert not result.decisions.empty


def test_bundles_grow_on_a_public_instance(tmp_path: Path):
    """On a published day bundles grow, and the solution is clean."""
    public = os.environ.get("DELIVSIM_MDRPLIB", "")
    if not public:
        pytest.skip("DELIVSIM_MDRPLIB is not set: the public instances are not here")
    instance = Path(public) / "0o50t100s1p100"
    result = solve(tmp_path, instance, Everything())
    export_solution(result, tmp_path)
    found = check_solution(read(instance), tmp_path)
    assert [str(problem) for problem in found.violations] == []
    offers = result.offers
    grown = offers[
        (offers["answer"] == "accepted") & (offers["position"] >= offers.groupby("offer")["order"].transform("size"))
    ]
    assert len(grown) >= 3


@pytest.mark.parametrize("behavior", ["{accept: 0.6, ignore: 0.2, think_time: 20s}", "{accept: 1.0}"])
def test_every_order_ends_once_whatever_riders_answer(tmp_path: Path, behavior: str):
    """Refused and late answers to additions lose no order and carry none twice."""
    day = tmp_path / "day"
    day.mkdir()
    for file in TWIN.iterdir():
        (day / file.name).write_text(file.read_text())
    scenario = tmp_path / "scenario.yaml"
    text = SCENARIO.format(path=day, kind="simulated")
    scenario.write_text(text.replace("path: " + str(day), f"path: {day}, behavior: {{riders: {behavior}}}"))
    result = ds.run(ds.load_scenario(scenario), policy=Everything())
    orders = result.orders
    assert set(orders["outcome"]) <= {"delivered", "cancelled"}
    assert (orders["outcome"] == "delivered").sum() >= 40
    carried = result.legs[result.legs["kind"] == "to_customer"]
    assert not carried["order"].duplicated().any()


class Mixed:
    """Gives each free rider the two orders that are ready first, whatever their stores."""

    def __call__(self, problem, rng):
        rows = np.argsort(problem.ready_at, kind="stable").tolist()
        matches = []
        for rider in np.flatnonzero(problem.idle & (problem.off_at > problem.now + 7200)).tolist():
            taken, rows = rows[:2], rows[2:]
            if taken:
                matches.append(ds.Match(int(problem.riders[rider]), tuple(problem.orders[taken].tolist()), "first two"))
        return ds.Assignment(tuple(matches))


def with_rules(rules: str) -> str:
    return SCENARIO.replace("path: {path}", f"path: {{path}}, rules: {{{{{rules}}}}}")


def test_a_bundle_of_several_stores_is_fetched_store_by_store(tmp_path: Path):
    """Where the rules allow it, one tour leads to two stores and then to both doors, and expectations hold."""
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text(with_rules("same_store_bundles: false").format(path=TWIN, kind="ideal"))
    result = ds.run(ds.load_scenario(scenario), policy=Mixed())
    orders = result.tables["orders"]
    offers = result.offers.merge(orders[["order", "store", "picked_up_at", "delivered_at"]], on="order")
    tours = [tour for _, tour in offers.groupby("offer") if tour["store"].nunique() == 2]
    assert len(tours) >= 3
    for tour in tours:
        first, second = tour.sort_values("position").itertuples()
        assert first.picked_up_at < second.picked_up_at < first.delivered_at < second.delivered_at
    assert (orders["outcome"] == "delivered").sum() >= 15
    legs = result.legs[result.legs["kind"] == "to_store"]
    assert len(legs) >= (orders["outcome"] == "delivered").sum() - 5


@pytest.mark.parametrize("diversion", [False, True])
def test_riders_on_the_way_to_wait_are_called_away_only_where_allowed(tmp_path: Path, diversion: bool):
    """Without diversion every move ends at a store; with it some end on the way there, and nobody is lost."""
    scenario = tmp_path / "scenario.yaml"
    rules = with_rules(f"diversion: {str(diversion).lower()}").format(path=TWIN, kind="ideal")
    scenario.write_text(rules.replace("policy: linear_assignment", "policy: nearest, repositioning: demand_weighted"))
    result = ds.run(ds.load_scenario(scenario))
    moves = result.legs[result.legs["kind"] == "move"]
    stores = set(zip(result.tables["stores"]["x"], result.tables["stores"]["y"], strict=True))
    short = [row for row in moves.itertuples() if (row.to_x, row.to_y) not in stores]
    assert len(moves) > 5
    assert bool(short) == diversion
    assert (result.orders["outcome"] == "delivered").sum() >= 40
    one = result.legs.sort_values(["rider", "started_at"], kind="stable")
    same = one["rider"].to_numpy()[1:] == one["rider"].to_numpy()[:-1]
    apart = np.hypot(
        one["from_x"].to_numpy()[1:] - one["to_x"].to_numpy()[:-1],
        one["from_y"].to_numpy()[1:] - one["to_y"].to_numpy()[:-1],
    )
    assert apart[same].max() < 1e-6


def test_reports_that_come_late_never_take_a_rider_back(tmp_path: Path):
    """With reports three minutes old a free rider is believed at a door, a store or his start, as he is."""
    scenario = tmp_path / "scenario.yaml"
    text = SCENARIO.format(path=TWIN, kind="ideal")
    text = text.replace("policy: linear_assignment", "policy: nearest, repositioning: demand_weighted")
    late = "behavior: {riders: {report_every: 1min, report_delay: 3min}}"
    scenario.write_text(text.replace(f"path: {TWIN}", f"path: {TWIN}, {late}"))
    result = ds.run(ds.load_scenario(scenario))
    places = {
        (x, y)
        for name, columns in (("orders", ("x", "y")), ("stores", ("x", "y")))
        for x, y in result.tables[name][list(columns)].itertuples(index=False)
    }
    places |= {(rider.x, rider.y) for rider in read(TWIN).riders}
    known = result.tables["known_riders"]
    believed = set(known.loc[known["is_known"], ["x", "y"]].itertuples(index=False, name=None))
    assert len(believed) > 20
    assert believed <= places
