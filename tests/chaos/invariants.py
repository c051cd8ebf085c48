"""
What must hold of every evening, whatever broke: computed from the tables of its run and the scenario it was given.

Each rule says in one sentence what must hold, and raises AssertionError with the rows that break it.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from itertools import pairwise

import pandas as pd

from delivsim.record.conservation import conservation
from delivsim.record.result import Result
from delivsim.scenario.schema import Scenario

LONGEST_RUN = 600.0 + 3 * 3600.0
HORIZON = 600.0
PRICE = 2000
"""Cents of every item on every menu."""
SLACK = 1e-6
LONGEST_LOOK = 180.0
"""Seconds that a customer's look at the order, tried again and again, may keep him from cancelling it."""

UNENDING = 200
"""Deliveries of a message that no fault outlasts."""

Rule = Callable[[Result], None]
RULES: list[Rule] = []


def rule(must_hold: Rule) -> Rule:
    RULES.append(must_hold)
    return must_hold


def check(result: Result) -> None:
    """Hold a run against all rules."""
    for must_hold in RULES:
        must_hold(result)


def rule_of(error: BaseException) -> str:
    """Give the name of the rule that an error comes from; else that of the error."""
    names = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
    rules = {rule.__name__ for rule in RULES}
    return next(
        (name for name in names if name in rules),
        "a rerun is equal" if "held_twice" in names[-1:] else type(error).__name__,
    )


def none(rows: pd.DataFrame) -> None:
    assert rows.empty, "\n" + rows.head(5).T.to_string()


def once(numbers: Iterable[int], among: Iterable[int]) -> None:
    """Hold that just these are named, each once."""
    assert sorted(numbers) == sorted(among)


def messages_of(result: Result, topic: str) -> pd.DataFrame:
    """One row per message of a topic, whichever groups consumed it."""
    messages = result.tables["messages"]
    return messages[messages["topic"] == topic].drop_duplicates("message")


def scenario_of(result: Result) -> Scenario:
    return Scenario.model_validate(result.manifest["scenario"])


def with_outcome(result: Result, *outcomes: str) -> pd.DataFrame:
    orders = result.tables["orders"]
    return orders[orders["outcome"].isin(outcomes)]


# --- the evening as a whole --------------------------------------------------------------------------------------


def buried(result: Result) -> set[int]:
    """Orders that a dead letter tells of: what it would have done is not done, and is told as not done."""
    messages = result.tables["messages"]
    return set(messages.loc[messages["outcome"] == "dead_letter", "order"])


def without_end(result: Result) -> set[int]:
    """
    Orders whose end nobody can wait for: a server is at work for one of them when the longest run is over.

    Slow-downs multiply, so that a piece of work may take days. Messages to its service wait as long, and what stands
    behind those in their partitions.
    """
    visits, messages = result.tables["visits"], result.tables["messages"]
    if result.manifest["ended_at"] < LONGEST_RUN:
        return set()
    at_work = visits[visits["departed_at"].isna() & (visits["started_at"] < LONGEST_RUN - 2 * HORIZON)]
    stuck = messages["order"].isin(at_work["order"]) | messages["group"].isin(at_work["service"])
    places = [tuple(place) for place in messages[["topic", "partition", "group"]].itertuples(index=False)]
    is_open = stuck & (messages["outcome"] == "open")
    waiting = {place for place, waits in zip(places, is_open, strict=True) if waits}
    return {*at_work["order"], *messages.loc[[place in waiting for place in places], "order"]}


@rule
def counts_add_up(result: Result) -> None:
    """Orders, requests, visits, messages, stock, money and tips add up as integers."""
    books = conservation(result)
    assert books["holds"], {name: part for name, part in books.items() if name != "holds"}


@rule
def the_run_ends(result: Result) -> None:
    """It ends by itself, unless a letter is dead or work has no end; and every fault has ended before."""
    ended_at = result.manifest["ended_at"]
    assert ended_at < LONGEST_RUN or without_end(result) or buried(result)
    assert result.tables["faults"]["ended_at"].notna().all() or ended_at < 3 * HORIZON


@rule
def nothing_is_under_way(result: Result) -> None:
    """Every order has ended, and every message was acknowledged by every group; what has no end is told as open."""
    excused = without_end(result)
    for table, open_as in (("orders", "censored"), ("messages", "open")):
        rows = result.tables[table]
        none(rows[(rows["outcome"] == open_as) & ~rows["order"].isin(excused)])
    messages = result.tables["messages"]
    none(messages[messages["outcome"].isin(["expired", "lost"])])
    if scenario_of(result).platform.broker.max_deliveries == UNENDING:
        none(messages[messages["outcome"] == "dead_letter"])


@rule
def accepted_orders_are_not_forgotten(result: Result) -> None:
    """What was accepted is delivered or was cancelled, or given up if that was by an estimate and its store is gone."""
    orders = ended_orders(result)
    told = orders["order"].isin(messages_of(result, "order.cancelled")["order"])
    has_end = orders["outcome"].isin(["delivered", "cancelled"]) | (told & (orders["reason"] == "abandoned"))
    none(orders[orders["promised_at"].notna() & ~has_end])


def ended_orders(result: Result) -> pd.DataFrame:
    """Orders that have an end, and whose books are closed."""
    orders = result.tables["orders"]
    return orders[~orders["order"].isin(without_end(result) | buried(result))]


# --- orders ------------------------------------------------------------------------------------------------------


@rule
def orders_are_delivered_once(result: Result) -> None:
    """The platform learns of each delivery once, and each was one way to one door."""
    delivered = with_outcome(result, "delivered")["order"]
    legs = result.tables["legs"]
    once(legs.loc[legs["kind"] == "to_customer", "order"], delivered)
    for topic in ("order.delivered", "order.picked_up"):
        once(messages_of(result, topic)["order"], delivered)


@rule
def things_happen_once(result: Result) -> None:
    """An order is placed, charged, cooked and cancelled at most once, and not both delivered and cancelled."""
    for topic in ("order.placed", "payment.succeeded", "payment.declined", "kitchen.requested", "order.cancelled"):
        none(messages_of(result, topic)[lambda told: told["order"].duplicated(keep=False)])
    cancelled = set(messages_of(result, "order.cancelled")["order"])
    assert not cancelled & set(with_outcome(result, "delivered")["order"])
    assert set(with_outcome(result, "cancelled")["order"]) <= cancelled


@rule
def instants_are_in_order(result: Result) -> None:
    """A delivered order was placed, confirmed, accepted, fetched when ready, and brought, in this order."""
    delivered = with_outcome(result, "delivered")
    steps = ("placed_at", "assigned_at", "departed_at", "arrived_at", "picked_up_at", "delivered_at")
    none(delivered[delivered[[*steps, "ready_at"]].isna().any(axis=1)])
    for before, after in [*pairwise(steps), ("ready_at", "picked_up_at")]:
        none(delivered[delivered[before] > delivered[after] + SLACK])
    assert (delivered["ended_at"] == delivered["delivered_at"]).all()


@rule
def money_is_what_orders_owe(result: Result) -> None:
    """
    Who got the food has paid its price, everybody else nothing in the end; each charge was told once.

    Only a card that is found out when the food is on its way already (asynchronous payments) gets it for nothing.
    """
    orders = ended_orders(result)
    charged, refunded, is_brought = orders["charged"], orders["refunded"], orders["outcome"] == "delivered"
    price = PRICE * orders["n_items"]
    none(orders[(charged != 0) & (charged != price)])
    is_declined = orders["order"].isin(messages_of(result, "payment.declined")["order"])
    none(orders[is_brought & ~is_declined & ((charged != price) | (refunded != 0))])
    none(orders[is_declined & (charged != 0)])
    none(orders[~is_brought & (charged != refunded)])
    told = messages_of(result, "payment.succeeded")["order"]
    once(told[told.isin(orders["order"])], orders.loc[charged > 0, "order"])


@rule
def food_is_what_orders_took(result: Result) -> None:
    """What stores gave out was ready or delivered; all else that orders had reserved is on the shelves again."""
    orders, stores = result.tables["orders"], result.tables["stores"].set_index("store")
    if without_end(result):
        return
    kept = stores["reserved"] - stores["given_back"]

    def units(of: pd.Series) -> pd.Series:
        return orders[of].groupby("store")["n_items"].sum().reindex(stores.index, fill_value=0)

    told = orders["order"].isin(messages_of(result, "order.ready")["order"])
    assert (units(told) <= kept).all()
    unsettled = orders["order"].isin(buried(result))
    assert (kept <= units(told | unsettled | (orders["outcome"] == "delivered"))).all()
    cooked = orders[orders["ready_at"].notna()].groupby("store").size().reindex(stores.index, fill_value=0)
    assert (stores["n_cooked"] == cooked).all()


# --- riders ------------------------------------------------------------------------------------------------------


@rule
def riders_are_in_one_place(result: Result) -> None:
    """A rider's stretches follow each other, and each begins where the one before ended."""
    legs = result.tables["legs"]
    legs = legs[legs["kind"] != "break"].sort_values(["rider", "started_at", "ended_at"], kind="stable")
    none(legs[legs["ended_at"] < legs["started_at"]])
    before = legs.groupby("rider").shift(1)
    none(legs[legs["started_at"] < before["ended_at"] - SLACK])
    moved = (legs["from_x"] - before["to_x"]).abs() + (legs["from_y"] - before["to_y"]).abs()
    none(legs[moved > SLACK])


@rule
def orders_have_one_rider(result: Result) -> None:
    """Who delivers an order is who was last given it, and picked it up."""
    orders, legs, offers = (result.tables[name] for name in ("orders", "legs", "offers"))
    delivered = orders[orders["outcome"] == "delivered"].set_index("order")["rider"]
    at_door = legs[legs["kind"].isin(["to_customer", "dropoff"]) & legs["order"].isin(delivered.index)]
    none(at_door[at_door["rider"] != at_door["order"].map(delivered)])
    accepted = offers[offers["answer"] == "accepted"].sort_values(["answered_at", "offer"]).groupby("order").last()
    assert accepted["rider"].reindex(delivered.index).equals(delivered.astype(accepted["rider"].dtype))


@rule
def accepted_orders_stay_with_their_riders(result: Result) -> None:
    """
    An order that a rider has accepted is given to another only when it was given back, or the rider went off line.

    Not where bundles grow: what joins too late is given to others at the pick-up.
    """
    city = scenario_of(result).city
    if city is None or city.growing_bundles:
        return
    orders, offers, requests = (result.tables[name] for name in ("orders", "offers", "requests"))
    n_accepted = offers[offers["answer"] == "accepted"].groupby("order").size().reindex(orders["order"], fill_value=0)
    left = (requests["service"] == "delivery") & (requests["operation"] == "go_offline") & (requests["status"] == 200)
    none(orders[n_accepted.array - 1 - orders["n_given_back"] > left.sum()])


@rule
def riders_carry_what_they_fetched(result: Result) -> None:
    """On the way to a customer a rider has on board what he picked up and has not handed over."""
    orders, legs = result.tables["orders"], result.tables["legs"]
    brought = orders[orders["outcome"] == "delivered"]
    ways = legs[legs["kind"] == "to_customer"].merge(brought, on="rider", suffixes=("", "_"))
    on_board = (ways["picked_up_at"] <= ways["started_at"]) & (ways["delivered_at"] >= ways["ended_at"])
    counted = ways[on_board].groupby(["rider", "started_at"]).size()
    said = legs[legs["kind"] == "to_customer"].set_index(["rider", "started_at"])["n_carried"]
    assert (counted.reindex(said.index, fill_value=0) == said).all()


@rule
def counters_count(result: Result) -> None:
    """What is counted along the way is what the rows say."""
    orders, offers, riders = (result.tables[name] for name in ("orders", "offers", "riders"))
    delivered = orders[orders["outcome"] == "delivered"]
    assert (offers.groupby("order").size().reindex(orders["order"], fill_value=0) == orders["n_offers"].array).all()
    assert (delivered.groupby("rider").size().reindex(riders["rider"], fill_value=0) == riders["n_orders"].array).all()
    for column, counted in (("tip", riders["tips"]),):
        assert (delivered.groupby("rider")[column].sum().reindex(riders["rider"], fill_value=0) == counted.array).all()


# --- messages and requests ---------------------------------------------------------------------------------------


@rule
def partitions_keep_their_order(result: Result) -> None:
    """A group handles the messages of a partition one after the other, as they were published."""
    messages = result.tables["messages"]
    counts = ~messages["group"].isin(["", "app"]) & (messages["outcome"] != "duplicate")
    handled = messages[counts].sort_values("message", kind="stable")
    before = handled.groupby(["topic", "partition", "group"], observed=True).shift(1)
    none(handled[handled["available_at"] < before["available_at"]])
    none(handled[handled["delivered_at"] < before["settled_at"]])


@rule
def callers_give_up_in_time(result: Result) -> None:
    """No attempt lasts longer than its edge's time-out, and none is one more than its edge allows."""
    requests = result.tables["requests"]
    for name, edge in scenario_of(result).platform.network.edges.items():
        caller, service = name.split("->")
        rows = requests[(requests["caller"] == caller) & (requests["service"] == service)]
        if edge.timeout is not None:
            none(rows[rows["answered_at"] - rows["sent_at"] > edge.timeout + SLACK])
        if edge.deadline is not None:
            none(rows[rows["answered_at"] - rows["first_sent_at"] > edge.deadline + SLACK])
        most = edge.retries.max_attempts if edge.retries else edge.hedge.max + 1 if edge.hedge else 1
        none(rows[rows["attempt"] > most])


@rule
def attempts_have_those_before_them(result: Result) -> None:
    """Of every call all attempts are told, and at most one was the last."""
    requests = result.tables["requests"]
    called = requests[requests["cause"] != "message"]
    names = ["parent", "order", "caller", "service", "operation", "first_sent_at"]
    calls = called.assign(first=called["attempt"] == 1).groupby(names, observed=True)
    told = calls.agg(first=("first", "sum"), last=("last", "sum"), most=("attempt", "max"), n=("attempt", "nunique"))
    none(told[(told["most"] != told["n"]) | (told["last"] > told["first"])])


@rule
def causes_are_told(result: Result) -> None:
    """Whatever a request or a message came from has a row."""
    requests, messages = result.tables["requests"], result.tables["messages"]
    known = {0, *requests["request"], *messages["message"]}
    none(requests[~requests["parent"].isin(known)])
    none(messages[~messages["parent"].isin(known)])


# --- promises of time --------------------------------------------------------------------------------------------


def _decided_at(result: Result) -> pd.Series:
    """When each row of the offers was decided."""
    decided_at = result.tables["decisions"].set_index("decision")["decided_at"]
    return result.tables["offers"]["decision"].map(decided_at)


@rule
def nobody_is_offered_an_order_given_up(result: Result) -> None:
    """Once an order has waited for a rider as long as it may, it is offered to nobody."""
    give_up_after = scenario_of(result).dispatch.give_up_after
    if give_up_after is None:
        return
    placed_at = messages_of(result, "order.placed").set_index("order")["published_at"]
    offers = result.tables["offers"]
    none(offers[_decided_at(result) - offers["order"].map(placed_at) >= give_up_after])


@rule
def nobody_is_offered_what_was_cancelled(result: Result) -> None:
    """Once an order has been cancelled, no decision offers it."""
    cancelled_at = messages_of(result, "order.cancelled").set_index("order")["published_at"]
    offers = result.tables["offers"]
    none(offers[_decided_at(result) > offers["order"].map(cancelled_at)])


@rule
def patience_has_an_end(result: Result) -> None:
    """Who has waited long enough for an order that is not on its way has asked to cancel it."""
    city = scenario_of(result).city
    patience = None if city is None or city.customers.patience is None else city.customers.patience.constant
    if city is None or patience is None:
        return
    orders, requests = result.tables["orders"], result.tables["requests"]
    told_at = messages_of(result, "customer.notified").groupby("order")["available_at"].min()
    over_at = pd.concat([orders["placed_at"] + patience, orders["responded_at"], orders["order"].map(told_at)], axis=1)
    looks = 0.0 if city.customers.track_every is None else LONGEST_LOOK
    waited = orders["picked_up_at"].fillna(orders["ended_at"]) > over_at.max(axis=1) + looks + SLACK
    asked = requests.loc[(requests["caller"] == "customer") & (requests["operation"] == "cancel_order"), "order"]
    none(orders[waited & orders["promised_at"].notna() & ~orders["order"].isin(asked)])
