"""The ledger counts every order once, knows when all is done, and pays the riders."""

from __future__ import annotations

import math

import pytest

from delivsim.city.ledger import Ledger
from delivsim.domain.order import Outcome
from delivsim.record.tables import columns


@pytest.fixture
def make_ledger(env, make_instance):
    """A ledger of so many orders."""

    def make(orders: int = 2, given: bool = False, **instance) -> Ledger:
        return Ledger(env, make_instance(orders=orders, **instance), ready_is_given=given)

    return make


def rows(ledger: Ledger, accounts=()) -> list[dict[str, object]]:
    return [dict(zip(columns("orders"), row, strict=True)) for row in ledger.order_rows(dict(accounts))]


def test_an_order_ends_once(env, make_ledger) -> None:
    """The first end counts, later ones do not, and each order is counted once."""
    ledger = make_ledger()
    ledger.placed(0)
    ledger.ended(0, Outcome.DELIVERED)
    ledger.ended(0, Outcome.CANCELLED, "patience")
    assert (ledger.n_placed, ledger.n_ended) == (1, 1)
    assert (rows(ledger)[0]["outcome"], rows(ledger)[0]["reason"]) == ("delivered", "")


def test_drained_when_everybody_has_ordered_and_nothing_is_open(env, make_ledger) -> None:
    """Not while an order is to come, not while one is open, not while somebody is about to say something."""
    ledger = make_ledger()
    ledger.placed(0)
    ledger.ended(0, Outcome.DELIVERED)
    assert not ledger.is_done()
    ledger.placed(1)
    ledger.busy += 1
    ledger.ended(1, Outcome.REJECTED, "auth")
    assert not ledger.drained.triggered
    ledger.busy -= 1
    ledger.check()
    assert ledger.is_done()
    assert ledger.drained.triggered


@pytest.mark.parametrize("outcome", list(Outcome))
def test_only_what_a_customer_gave_up_can_come_back(env, make_ledger, outcome) -> None:
    """Failed and rejected orders reopen when the platform shows that they live; other ends are ends."""
    ledger = make_ledger()
    ledger.placed(0)
    ledger.ended(0, outcome, "why")
    back = outcome in (Outcome.FAILED, Outcome.REJECTED)
    assert ledger.reopened(0) == back
    assert ledger.n_ended == (0 if back else 1)
    assert ledger.files[0].has_ended() != back
    if back:
        ledger.ended(0, Outcome.DELIVERED)
        assert (ledger.n_ended, rows(ledger)[0]["reason"]) == (1, "")


def test_what_is_open_at_the_end_is_censored_or_failed(env, make_ledger) -> None:
    """Placed and open: censored; with a dead letter: failed; never placed: censored, not placed. No end instant."""
    ledger = make_ledger(3)
    ledger.placed(0)
    ledger.placed(1)
    ledger.close({1: "dead_letter"}, {})
    told = rows(ledger)
    assert [row["outcome"] for row in told] == ["censored", "failed", "censored"]
    assert [row["reason"] for row in told] == ["open", "dead_letter", "not_placed"]
    assert all(math.isnan(row["ended_at"]) for row in told)


def test_rows_carry_the_money(env, make_ledger) -> None:
    """What was charged and refunded comes from the platform's books, 0 where they have nothing."""
    told = rows(make_ledger(), {1: (2000, 500)}.items())
    assert [(row["charged"], row["refunded"]) for row in told] == [(0, 0), (2000, 500)]


class TestWaitingForFood:
    """Riders wait until the food is there, or no longer wanted."""

    def waits(self, env, ledger) -> list[float]:
        times: list[float] = []

        def rider():
            event = ledger.wait_ready(0)
            while event is not None:
                yield event
                event = ledger.wait_ready(0)
            times.append(env.now)

        for _ in range(2):
            env.process(rider())
        return times

    def test_until_the_kitchen_says_so(self, env, make_ledger) -> None:
        """Both who wait go on at the instant the food is ready; who comes later does not wait."""
        ledger = make_ledger()
        times = self.waits(env, ledger)
        env.timeout(50).callbacks.append(lambda _: ledger.ready(0))
        env.run()
        assert times == [50, 50]
        assert ledger.wait_ready(0) is None
        assert ledger.files[0].ready_at == 50

    @pytest.mark.parametrize("end", ["withdrawn", "ended"])
    @pytest.mark.parametrize("given", [True, False])
    def test_no_longer_than_it_is_wanted(self, env, make_ledger, end, given) -> None:
        """An order taken back lets the rider go at once, whether or not its ready time is known."""
        ledger = make_ledger()
        if given:
            ledger.files[0].ready_at = 400.0
        times = self.waits(env, ledger)
        arguments = (0,) if end == "withdrawn" else (0, Outcome.CANCELLED, "patience")
        env.timeout(30).callbacks.append(lambda _: getattr(ledger, end)(*arguments))
        env.run()
        assert times == [30, 30]

    def test_until_the_given_instant(self, env, make_ledger) -> None:
        """A given ready time is a fact: riders go on then, without a word from the kitchen."""
        ledger = make_ledger()
        ledger.files[0].ready_at = 400.0
        times = self.waits(env, ledger)
        env.run()
        assert times == [400, 400]


def test_demand_ends_with_the_horizon(env, make_ledger, make_instance) -> None:
    """Orders of the instance beyond the end of demand are never placed, have no instant, and are not waited for."""
    ledger = Ledger(env, make_instance(orders=3), ready_is_given=False, until=60.0)
    for i in ledger.demand:
        ledger.placed(i)
        ledger.ended(i, Outcome.DELIVERED)
    assert ledger.demand == [0, 1]
    assert ledger.is_done()
    ledger.close({}, {})
    assert math.isnan(rows(ledger)[2]["placed_at"])
    assert (rows(ledger)[2]["outcome"], rows(ledger)[2]["reason"]) == ("censored", "not_placed")
