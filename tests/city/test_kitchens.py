"""Kitchens cook what they are asked to, no more at once than they have cooks, and say when it is ready."""

from __future__ import annotations

from typing import Any

import pytest

from delivsim.city.behavior import KitchensConfig
from delivsim.city.kitchens import Kitchens
from delivsim.city.ledger import Ledger
from delivsim.domain.streams import Streams
from delivsim.services.messages import OK, UNAVAILABLE, KitchenTicket, OrderRef


@pytest.fixture
def kitchen(env, make_platform, make_instance):
    """A store's kitchen that takes 100 s for an order; ``told`` are (instant, what, order)."""

    def run(*told: tuple[float, str, int], cooks: int | None = None, given: bool = False, answer: Any = None):
        platform = make_platform(answer or (lambda _: OK))
        instance = make_instance(orders=5, cooks=cooks)
        ledger = Ledger(env, instance, ready_is_given=given)
        if given:
            for i, file in enumerate(ledger.files):
                file.ready_at = 300.0 + i
        starts = "given" if given else "on_order"
        config = KitchensConfig.model_validate({"preparation_starts": starts, "preparation": 100})
        kitchens = Kitchens(env, platform, instance, ledger, config, Streams(1))
        for at, what, i in told:
            platform.bring(at, f"kitchen.{what}", KitchenTicket(70 + i, i, 0))
        env.run()
        said = [(at, r.order) for at, r in platform.asked if r.operation == "mark_ready"]
        assert all(r.body == OrderRef(70 + r.order) for _, r in platform.asked)
        return said, kitchens.n_cooked[0], [file.ready_at for file in ledger.files]

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
