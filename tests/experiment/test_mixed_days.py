"""A food court with few riders: bundles of several stores pay there, and what is done keeps the strict rules."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import delivsim as ds
from delivsim.experiment.mdrplib import check_solution, export_solution
from delivsim.record.measures import click_to_door
from delivsim.scenario.formats.mdrplib import read

MIXING = ("cheapest_insertion", "linear_assignment", "rolling_horizon", "set_partition", "lookahead")
SCENARIO = """
name: food_court
seed: 3
starts_at: 2026-11-20T00:00
horizon: 24h
instance: {{format: mdrplib, path: {path}, rules: {{same_store_bundles: {same}, capacity: 3}}}}
platform: {{kind: ideal}}
dispatch: {{policy: {policy}, every: 60s, give_up_after: null}}
"""
PARAMETERS = (
    "meters_per_minute\tpickup service minutes\tdropoff service minutes\ttarget click-to-door\t"
    "maximum click-to-door\tpay per order\tguaranteed pay per hour\n100\t4\t4\t40\t90\t10\t15\n"
)


@pytest.fixture(scope="module")
def court(tmp_path_factory) -> Path:
    """Forty stores within 200 m, an order each in three hours, to doors 1 to 2 km away in one quarter, six couriers."""
    folder, rng = tmp_path_factory.mktemp("court"), np.random.default_rng(5)
    stores = [f"r{k} {20 * (k % 10)} {20 * (k // 10)}" for k in range(40)]
    placed = np.sort(rng.integers(0, 180, 40)).tolist()
    doors = rng.integers(1000, 2000, (40, 2)).tolist()
    orders = [f"o{k} {x} {y} {t} r{k} {t + 15}" for k, (t, (x, y)) in enumerate(zip(placed, doors, strict=True))]
    couriers = [f"c{k} 0 0 0 600" for k in range(6)]
    for name, head, lines in (
        ("restaurants", "restaurant x y", stores),
        ("orders", "order x y placement_time restaurant ready_time", orders),
        ("couriers", "courier x y on_time off_time", couriers),
    ):
        (folder / f"{name}.txt").write_text("\n".join([head, *lines]).replace(" ", "\t") + "\n")
    (folder / "instance_parameters.txt").write_text(PARAMETERS)
    return folder


def solved(court: Path, folder: Path, policy: str, *, same: bool) -> ds.Result:
    """Run a policy and write its solution."""
    file = folder / "scenario.yaml"
    file.write_text(SCENARIO.format(path=court, same=str(same).lower(), policy=policy))
    result = ds.run(ds.load_scenario(file))
    export_solution(result, folder)
    return result


@pytest.mark.parametrize("policy", MIXING)
def test_mixing_stores_pays_where_riders_are_scarce(court: Path, tmp_path: Path, policy: str):
    """Where stores may be mixed the policy does it, customers have their food far sooner, and every rule is kept."""
    alone = solved(court, tmp_path, policy, same=True)
    mixed = solved(court, tmp_path, policy, same=False)
    before, after = (click_to_door(result.orders) for result in (alone, mixed))
    assert before.count() == after.count() == 40
    assert after.mean() < 0.8 * before.mean()
    offers = mixed.offers.merge(mixed.orders[["order", "store"]], on="order")
    stores, sizes = (offers.groupby("offer")["store"].agg(how) for how in ("nunique", "size"))
    assert (stores > 1).sum() >= 5
    assert sizes.max() <= 3
    rules = replace(read(court).rules, capacity=3, same_store_bundles=False)
    allowed = replace(read(court), rules=rules)
    assert [str(problem) for problem in check_solution(allowed, tmp_path).violations] == []
    fewer = check_solution(replace(allowed, rules=replace(rules, capacity=1)), tmp_path).violations
    assert any("can carry 1 orders" in str(problem) for problem in fewer)
    assert not check_solution(replace(allowed, rules=replace(rules, same_store_bundles=True)), tmp_path).ok
