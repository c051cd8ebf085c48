"""Kitchens cook what they are asked to, no more at once than they have cooks, and say when it is ready."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from delivsim.city.behavior import KitchensConfig
from delivsim.city.kitchens import Kitchens
from delivsim.city.ledger import Ledger
from delivsim.city.preparation import Preparation
from delivsim.domain.streams import Streams
from delivsim.services.messages import OK, UNAVAILABLE, KitchenTicket, OrderRef, Restock


@pytest.fixture
def kitchen(env, make_platform, make_instance):
    """A store's kitchen that takes 100 s for an order; ``told`` are (instant, what, order)."""

    def run(*told: tuple[float, str, int], given: bool = False, answer: Any = None, until: Any = None, **store: Any):
        platform = make_platform(answer or (lambda _: OK))
        instance = make_instance(orders=5)
        instance = replace(instance, stores=[replace(instance.stores[0], **store)])
        ledger = Ledger(env, instance, ready_is_given=given)
        if given:
            for i, file in enumerate(ledger.files):
                file.ready_at = 300.0 + i
        starts = "given" if given else "on_order"
        config = KitchensConfig.model_validate({"preparation_starts": starts, "preparation": 100})
        kitchens = Kitchens(env, platform, instance, ledger, Preparation(instance, config, Streams(1)), Streams(1))
        for at, what, i in told:
            platform.bring(at, f"kitchen.{what}", KitchenTicket(70 + i, i, 0))
        env.run(until=until)
        said = [(at, r.order) for at, r in platform.asked if r.operation == "mark_ready"]
        assert all(r.body == OrderRef(70 + r.order) for _, r in platform.asked if r.operation == "mark_ready")
        kitchen.asked = platform.asked
        return said, kitchens.n_cooked[0], [file.ready_at for file in ledger.files]

    kitchen = SimpleNamespace(asked=[])
    run.kitchen = kitchen  # type: ignore[attr-defined]
    return run


def test_without_limit_all_are_cooked_at_once(kitchen) -> None:
    """Three orders at 0, 10 and 20 s are ready at 100, 110 and 120 s, and the platform is told."""
    said, cooked, ready = kitchen((0, "requested", 0), (10, "requested", 1), (20, "requested", 2))
    assert said == [(100, 0), (110, 1), (120, 2)]
    assert cooked == 3
    assert ready[:3] == [100, 110, 120]


def test_cooks_take_one_order_each_first_come_first_served(kitchen) -> None:
    """Two cooks: the third order waits for the first to be done, the fourth for the second."""
    told = [(0, "requested", 2), (10, "requested", 0), (20, "requested", 1), (30, "requested", 3)]
    said, cooked, _ = kitchen(*told, cooks=2)
    assert said == [(100, 2), (110, 0), (200, 1), (210, 3)]
    assert cooked == 4


def test_what_is_stopped_on_the_stove_makes_room(kitchen) -> None:
    """The first order is cancelled at 40 s: the next one is begun at once, and nobody is told of the first."""
    said, cooked, ready = kitchen((0, "requested", 0), (10, "requested", 1), (40, "stopped", 0), cooks=1)
    assert said == [(140, 1)]
    assert cooked == 1
    assert ready[0] != ready[0], "never ready"


def test_what_is_stopped_in_the_queue_is_never_begun(kitchen) -> None:
    """An order cancelled before its turn is skipped."""
    told = [(0, "requested", 0), (10, "requested", 1), (20, "requested", 2), (40, "stopped", 1)]
    said, cooked, _ = kitchen(*told, cooks=1)
    assert said == [(100, 0), (200, 2)]
    assert cooked == 2


def test_what_is_ready_cannot_be_stopped(kitchen) -> None:
    """A stop that comes after the food was ready changes nothing."""
    said, cooked, _ = kitchen((0, "requested", 0), (150, "stopped", 0), (160, "requested", 1), cooks=1)
    assert (said, cooked) == ([(100, 0), (260, 1)], 2)


def test_given_ready_times_are_facts(kitchen) -> None:
    """However early or late the ticket comes: ready when the instance says so, told at once when that is past."""
    said, _, ready = kitchen((0, "requested", 0), (1, "requested", 1), (500, "requested", 2), given=True, cooks=1)
    assert said == [(300, 0), (301, 1), (500, 2)]
    assert ready[:3] == [300, 301, 302]


def test_the_kitchen_insists(kitchen) -> None:
    """A platform that cannot take the news is told again every 30 s until it does."""
    answers = iter([UNAVAILABLE, UNAVAILABLE, OK])
    said, cooked, ready = kitchen((0, "requested", 0), answer=lambda _: next(answers))
    assert said == [(100, 0), (130, 0), (160, 0)]
    assert (cooked, ready[0]) == (1, 100)


def test_a_busy_kitchen_is_slower(kitchen) -> None:
    """Alone an order takes 100 s; beside one of four cooks at work by a quarter of the slowdown of 0.8 longer."""
    told = [(0, "requested", 0), (10, "requested", 1), (20, "requested", 2)]
    said, *_ = kitchen(*told, cooks=4, slowdown=0.8)
    assert said == [(100, 0), (pytest.approx(130), 1), (pytest.approx(160), 2)]


def test_orders_from_elsewhere_take_cooks(kitchen) -> None:
    """One cook and a guest every ten seconds: of our orders, begun in turn, few are done, and guests are not ours."""
    said, cooked, _ = kitchen((5000, "requested", 0), cooks=1, other_rate=0.1, until=20_000)
    assert said == []
    assert cooked == 0
    said, *_ = kitchen((25_000, "requested", 0), cooks=1, other_rate=1e-9, until=30_000)
    assert said == [(25_100, 0)]


def test_guests_come_only_while_the_store_is_open(kitchen) -> None:
    """Closed from the first instant on, the kitchen is empty."""
    said, *_ = kitchen((5000, "requested", 0), cooks=1, other_rate=0.1, opening=((0.0, 0.0),), until=20_000)
    assert said == [(5100, 0)]


def test_new_stock_is_told_to_the_platform(kitchen) -> None:
    """Each refill at its instant, with its number, so that told twice it counts once."""
    refills = ((500.0, "meal", 4), (200.0, "meal", 6))
    kitchen(stock=(("meal", 1),), refills=refills)
    told = [(at, r.body) for at, r in kitchen.kitchen.asked if r.operation == "restock"]
    assert told == [(200.0, Restock(0, 1, "meal", 6)), (500.0, Restock(0, 0, "meal", 4))]


def test_an_order_without_a_given_ready_time_is_cooked(kitchen, env, make_platform, make_instance) -> None:
    """Facts where there are any; else the kitchen's own time."""
    ledger = Ledger(env, make_instance(orders=2), ready_is_given=True)
    ledger.files[0].ready_at = 777.0
    platform = make_platform(lambda _: OK)
    config = KitchensConfig.model_validate({"preparation_starts": "given", "preparation": 100})
    Kitchens(env, platform, ledger.instance, ledger, Preparation(ledger.instance, config, Streams(1)), Streams(1))
    for i in range(2):
        platform.bring(10.0, "kitchen.requested", KitchenTicket(70 + i, i, 0))
    env.run()
    assert [file.ready_at for file in ledger.files] == [777.0, 110.0]
