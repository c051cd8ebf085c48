"""Customers wait, look, give up, and say what they thought of it."""

from __future__ import annotations

from typing import Any

import pytest

from delivsim.city.behavior import CustomersConfig
from delivsim.city.customers import Customers
from delivsim.city.ledger import Ledger
from delivsim.domain.order import Outcome
from delivsim.domain.streams import Streams
from delivsim.services.messages import Notice, OrderView, Request, Response


@pytest.fixture
def evening(env, make_platform, make_instance):
    """One customer on a platform that says that the order is in this state; ``told`` are (instant, status)."""

    def run(*told: tuple[float, str], status: str = "confirmed", **config: Any):
        def answer(request: Request) -> Response[Any]:
            cancelled = request.operation == "cancel_order"
            view = OrderView(7, "cancelled" if cancelled else status, 600.0, request.body.reason if cancelled else "")
            return Response(200, view)

        platform = make_platform(answer)
        ledger = Ledger(env, make_instance(orders=1), ready_is_given=False)
        Customers(env, platform, ledger.instance, ledger, CustomersConfig.model_validate(config), Streams(1))
        for at, what in told:
            platform.bring(at, "customer.notified", Notice(7, 0, what))
        env.run(until=20_000.0)
        return platform, ledger.files[0]

    return run


def test_patience_before_a_rider_is_assigned(evening) -> None:
    """Nobody has it after 20 min: cancelled, after a look whether somebody is coming."""
    platform, file = evening(patience="20min", patience_assigned="50min")
    assert platform.instants("track_order") == [1200.0]
    assert platform.instants("cancel_order") == [1200.0]
    assert (file.outcome, file.reason) == (Outcome.CANCELLED, "patience")


def test_patience_after_a_rider_is_assigned(evening) -> None:
    """With a rider on the way the customer waits for 50 min instead of 20, and then cancels all the same."""
    platform, file = evening(status="assigned", patience="20min", patience_assigned="50min")
    assert platform.instants("track_order") == [1200.0]
    assert platform.instants("cancel_order") == [3000.0]
    assert file.ended_at == 3000.0


@pytest.mark.parametrize("more", [{}, {"patience_assigned": "10min"}])
def test_one_patience_for_both_asks_nobody(evening, more: dict[str, str]) -> None:
    """Without ``patience_assigned``, or with a shorter one, the customer cancels without looking."""
    platform, _ = evening(status="assigned", patience="20min", **more)
    assert platform.instants("track_order") == []
    assert platform.instants("cancel_order") == [1200.0]


def test_food_on_its_way_is_waited_for(evening) -> None:
    """Once the phone says that it is out for delivery, nobody cancels."""
    platform, file = evening((900.0, "out_for_delivery"), patience="20min")
    assert platform.instants("cancel_order") == []
    assert file.outcome is None


def test_the_later_the_worse_the_rating(evening, env, make_platform, make_instance) -> None:
    """A star for each ten minutes of lateness, or for each half hour where the scenario says so; five is the most."""
    ratings = {}
    for late, per_star in ((0.0, "10min"), (1800.0, "10min"), (1800.0, "1h")):
        platform = make_platform(lambda _: Response(200, OrderView(7, "delivered", 600.0)))
        ledger = Ledger(env, make_instance(orders=1), ready_is_given=False)
        config = CustomersConfig.model_validate({"feedback": 1, "lateness_per_star": per_star})
        Customers(env, platform, ledger.instance, ledger, config, Streams(1))
        env.run(until=env.now + 1.0)
        ledger.files[0].delivered_at = 600.0 + late
        ledger.ended(0, Outcome.DELIVERED)
        platform.bring(env.now, "customer.notified", Notice(7, 0, "delivered"))
        env.run(until=env.now + 1000.0)
        ratings[late, per_star] = ledger.files[0].rating
    assert ratings[0.0, "10min"] >= 4.0
    assert ratings[1800.0, "10min"] == ratings[0.0, "10min"] - 3
    assert ratings[0.0, "10min"] - 1 <= ratings[1800.0, "1h"] <= ratings[0.0, "10min"]


def test_patience_with_a_rider_needs_patience_without() -> None:
    """Who never gives up before has nothing to give up after."""
    with pytest.raises(ValueError, match="must have patience beside it"):
        CustomersConfig.model_validate({"patience_assigned": "50min"})
