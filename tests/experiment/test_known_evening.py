"""What a company would export of a known evening brings the evening back: every broken row named, every law found."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np
import pytest

import delivsim as ds
from delivsim.experiment.company import export_company
from delivsim.scenario.fitting.days import read_past
from delivsim.scenario.fitting.found import Found, find_all
from delivsim.scenario.fitting.write import write_city
from delivsim.scenario.imports.bring import import_export
from delivsim.scenario.imports.export import Export, Imported
from delivsim.scenario.imports.write import write_import

TOOLS = Path(__file__).parents[2] / "tools"


def _tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, TOOLS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


known = _tool("known_evening")


class Evening(NamedTuple):
    """The run, its damaged export, what the import made of it, and the fit."""

    result: ds.Result
    damaged: dict[int, str]
    imported: Imported
    found: Found
    folder: Path


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Evening:
    """About 2,000 orders in four hours."""
    folder = tmp_path_factory.mktemp("known")
    scenario, company = folder / "known.yaml", folder / "company"
    scenario.write_text(known.scenario_text(330, 150))
    result = ds.run(ds.load_scenario(scenario))
    export_company(result, company)
    damaged = known.disguise(company)
    imported = import_export(
        Export(
            orders=company / "orders.csv", riders=company / "couriers.csv", stores=company / "merchants.csv",
            offers=company / "offers.csv", mapped=known.MAPPED, timezone="America/Bogota",
        )
    )  # fmt: skip
    write_import(imported, folder / "friday")
    found = find_all(read_past([folder / "friday"]))
    write_city(found, folder / "city.yaml")
    return Evening(result, damaged, imported, found, folder)


def test_every_broken_row_is_named_and_no_other(evening: Evening) -> None:
    """Two per cent of rows, broken in fourteen ways; counts add up."""
    orders = evening.imported.tallies[0]
    assert len(set(evening.damaged.values())) == len(known.DAMAGES) >= 10
    assert {reject.line for reject in orders.rejects} == set(evening.damaged)
    assert orders.n_read == len(evening.result.orders) == orders.n_used + len(orders.rejects)
    assert len(evening.damaged) == pytest.approx(0.02 * orders.n_read, abs=1)


def test_offers_of_rejected_orders_are_no_mistakes(evening: Evening) -> None:
    """They are left out with their orders, and the other files are used whole."""
    stores, riders, offers = evening.imported.tallies[1:]
    assert stores.rejects == riders.rejects == ()
    assert offers.n_read == offers.n_used + offers.n_outside + len(offers.rejects)


def test_hourly_demand_is_found_within_five_per_cent(evening: Evening) -> None:
    """Rows that could not be read were orders all the same."""
    placed = evening.result.orders["placed_at"].to_numpy(np.float64)
    true = np.histogram(placed, 3600.0 * np.arange(5))[0]
    assert evening.found.demand.rates.sum(axis=1).to_numpy() == pytest.approx(true, rel=0.05)


def test_preparation_is_found_within_five_per_cent(evening: Evening) -> None:
    """Its mean and its spread, from when the kitchen knew of an order until it was ready."""
    preparation = evening.found.preparation
    assert preparation is not None
    assert preparation.city.mean == pytest.approx(known.PREPARATION_MEAN, rel=0.05)
    assert preparation.city.sd == pytest.approx(known.PREPARATION_MEAN * known.PREPARATION_CV, rel=0.05)
    assert preparation.city.kind == "gamma"


def test_acceptance_and_speed_are_found_within_five_per_cent(evening: Evening) -> None:
    """From offers and answers; and from times of pick-up and delivery, 18 km/h on streets 1.3 times longer."""
    acceptance, ways = evening.found.acceptance, evening.found.ways
    assert acceptance is not None
    assert ways is not None
    assert acceptance.accept == pytest.approx(known.ACCEPT, rel=0.05)
    assert ways.speed == pytest.approx(5.0 / 1.3, rel=0.05)
    assert (ways.pickup_service_time, ways.dropoff_service_time) == pytest.approx((120.0, 120.0), abs=6)


def test_the_fitted_city_serves_its_customers_as_the_known_one_did(evening: Evening) -> None:
    """Click-to-door of a simulated day of the fitted city: median and 90th percentile within 5 %."""
    fitted = ds.run(ds.load_scenario(evening.folder / "city.yaml"), seed=5)
    was, now = evening.result.summary()["click_to_door"], fitted.summary()["click_to_door"]
    for quantile in ("p50", "p90"):
        assert now[quantile] == pytest.approx(was[quantile], rel=0.05), quantile
