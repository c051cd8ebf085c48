"""
The tables of a run: every column, its type, unit and meaning. A versioned contract.

Instants are seconds since the start of the scenario; NaN where a thing never happened. ``order``, ``rider`` and
``store`` are positions in the instance (its ids are in the tables of that name); -1 where there is none.
``request`` and ``message`` numbers come from one sequence, so ``parent`` names either without doubt; 0: none.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

SCHEMA_VERSION = 2

Kind = Literal["int", "float", "category", "text", "bool"]


class Column(NamedTuple):
    """One column: its name, type, unit and meaning."""

    name: str
    kind: Kind
    meaning: str
    unit: str = ""


def _c(name: str, kind: Kind, meaning: str, unit: str = "") -> Column:
    return Column(name, kind, meaning, unit)


_TRACE = (
    _c("order", "int", "the order this was done for; -1: none"),
    _c("request", "int", "the request this belongs to; 0: none"),
    _c("parent", "int", "the request or message that caused it; 0: a client or a timer did"),
    _c("attempt", "int", "1 at first, counted up by every retry or redelivery"),
    _c("cause", "category", "client, call, message or timer"),
)

TABLES: dict[str, tuple[Column, ...]] = {
    "orders": (
        _c("order", "int", "position in the instance"),
        _c("id", "text", "the order's name in the instance"),
        _c("customer", "int", "who ordered"),
        _c("store", "int", "who cooks"),
        _c("zone", "category", "the zone it goes to; empty: none"),
        _c("rider", "int", "who picked it up (or last had it); -1: nobody"),
        _c("x", "float", "where it goes", "m or degrees east"),
        _c("y", "float", "where it goes", "m or degrees north"),
        _c("n_items", "int", "units ordered"),
        _c("placed_at", "float", "the customer pressed the button (step 1)", "s"),
        _c("responded_at", "float", "the app had its answer (step 7)", "s"),
        _c("promised_at", "float", "delivery promised at step 7", "s"),
        _c("ready_at", "float", "the food was ready", "s"),
        _c("assigned_at", "float", "a rider accepted it, as the rider's app learned (step 11)", "s"),
        _c("departed_at", "float", "the rider set out for the store", "s"),
        _c("arrived_at", "float", "the rider reached the store", "s"),
        _c("picked_up_at", "float", "the food changed hands at the store", "s"),
        _c("delivered_at", "float", "the food changed hands at the door", "s"),
        _c("ended_at", "float", "the order ended, whatever the outcome", "s"),
        _c("outcome", "category", "delivered, rejected, cancelled, failed or censored"),
        _c("reason", "category", "why it was not delivered; empty if it was"),
        _c("bundle_size", "int", "orders picked up together with it, itself included; 0: never picked up"),
        _c("n_offers", "int", "offers of it that reached a rider"),
        _c("n_given_back", "int", "times a rider who had accepted it left it to others"),
        _c("charged", "int", "taken from the customer", "cents"),
        _c("refunded", "int", "given back to the customer", "cents"),
        _c("tip", "int", "given to the rider on delivery, beside what was charged", "cents"),
        _c("rating", "float", "the customer's feedback, 1 to 5; NaN: none given"),
    ),
    "requests": (
        *_TRACE,
        _c(
            "caller",
            "category",
            "customer, rider or store app, workload or service that called; broker or timer",
        ),
        _c("service", "category", "the service called"),
        _c("operation", "category", "the operation called"),
        _c("sent_at", "float", "the caller sent it", "s"),
        _c("arrived_at", "float", "it reached the service", "s"),
        _c("ended_at", "float", "its handler ended", "s"),
        _c("answered_at", "float", "the caller had an answer, or gave up waiting", "s"),
        _c("status", "int", "what the handler answered (HTTP status); 0: nothing yet"),
        _c(
            "seen",
            "int",
            "what the caller saw: 504 when it had given up, 499 when another copy was first, 203 when it remembered an "
            "answer; 0: nothing yet",
        ),
        _c("last", "bool", "whether no further attempt followed: the caller's final answer"),
        _c(
            "first_sent_at",
            "float",
            "when the first attempt was sent: latency as the caller sees it starts here",
            "s",
        ),
        _c(
            "reason",
            "category",
            "why it was refused: rate_limit, breaker_open, pool_full, pool_wait; or given up: deadline, "
            "connect_timeout, by its station queue_timeout, codel, too_late, overdue; or, failed, not tried again: "
            "retry_budget, not_idempotent; deadlock: it waited for places all held by callers of those who waited; "
            "hedge: it is a copy; else empty",
        ),
    ),
    "visits": (
        *_TRACE,
        _c("station", "category", "the process whose servers were used"),
        _c("service", "category", "the service that worked"),
        _c("operation", "category", "the operation worked on"),
        _c("arrived_at", "float", "joined the queue", "s"),
        _c("started_at", "float", "a server took it", "s"),
        _c("departed_at", "float", "the server was free again", "s"),
        _c("queue_length", "int", "visits found waiting on arrival, itself not counted"),
        _c(
            "outcome",
            "category",
            "served, refused (queue full), reneged (its patience in the queue was over), shed (given up when it would "
            "have started), failed (crash), withdrawn (caller gone), or open",
        ),
        _c(
            "reason",
            "category",
            "why not served: queue_full, no_replica, queue_timeout, codel, crash, caller_gone; of a cache: hit or miss",
        ),
        _c("replica", "int", "the replica whose own queue it joined, from 0; -1: one queue for all"),
    ),
    "messages": (
        _c("message", "int", "one number per published message (a row per consumer group, and one per duplicate)"),
        *_TRACE,
        _c("topic", "category", "the topic"),
        _c("partition", "int", "the partition, by key"),
        _c("group", "category", "the consumer group; empty: nobody subscribes"),
        _c("published_at", "float", "the publisher committed it", "s"),
        _c("available_at", "float", "it stood in the partition", "s"),
        _c("delivered_at", "float", "its (last) delivery began", "s"),
        _c("acknowledged_at", "float", "its handler ended well", "s"),
        _c("settled_at", "float", "the group was done with it, whichever way; of a duplicate: its handler ended", "s"),
        _c(
            "outcome",
            "category",
            "acknowledged, dead_letter (no delivery ended well), expired (retention), lost (it never reached the "
            "broker) or open; besides a row for each duplicate: another delivery that ended well",
        ),
        _c(
            "reason",
            "category",
            "why it is a dead letter (max_deliveries, poison), expired (age, messages) or lost (broker_down, crash, "
            "back_pressure); why a duplicate did not count (settled, lost_ack, broker_crash)",
        ),
    ),
    "offers": (
        _c("offer", "int", "one number per offer (a row per order in it)"),
        _c("decision", "int", "the decision that made it"),
        _c("order", "int", "the order"),
        _c("rider", "int", "the rider it was made to"),
        _c("position", "int", "place of this order in the bundle's visiting order, from 0"),
        _c("bundle_size", "int", "orders in the offer"),
        _c("offered_at", "float", "it reached the rider's app", "s"),
        _c("answered_at", "float", "the rider answered", "s"),
        _c("answer", "category", "accepted, declined, timed_out, withdrawn (order gone) or open"),
    ),
    "legs": (
        _c("rider", "int", "who"),
        _c("order", "int", "the order served; for a bundle's store stops its first; -1: none"),
        _c(
            "kind",
            "category",
            "to_store, wait (for food), pickup (service), to_customer, dropoff (service), move, break",
        ),
        _c("started_at", "float", "start of the stretch", "s"),
        _c("ended_at", "float", "end of the stretch", "s"),
        _c("from_x", "float", "start", "m or degrees"),
        _c("from_y", "float", "start", "m or degrees"),
        _c("to_x", "float", "end", "m or degrees"),
        _c("to_y", "float", "end", "m or degrees"),
        _c("distance", "float", "length of the way", "m"),
        _c("n_carried", "int", "orders on board during the stretch"),
    ),
    "decisions": (
        _c("decision", "int", "numbered from 1"),
        _c("decided_at", "float", "the policy was called with what was known then", "s"),
        _c("applied_at", "float", "its answer came into force, after the modelled compute time", "s"),
        _c("n_orders", "int", "open orders it could choose from"),
        _c("n_riders", "int", "riders it could choose from"),
        _c("n_offers", "int", "offers it made"),
        _c("n_assigned", "int", "orders in those offers"),
        _c("policy", "category", "the policy's name"),
        _c("n_ready", "int", "orders whose readiness had shown how wrong estimates are (if the policy asks)"),
        _c("ready_bias", "float", "mean of how much later than told they were ready", "s"),
        _c("ready_spread", "float", "root of the mean squared error of what was told", "s"),
        _c(
            "fallback",
            "category",
            "why the fallback decided in place of a server or program: timeout, unreachable, ended, http_status, "
            "bad_answer, unlawful; empty: it did not",
        ),
    ),
    "choices": (
        _c("decision", "int", "the decision"),
        _c("order", "int", "the order; -1: a move is of a rider alone"),
        _c(
            "choice",
            "category",
            "offered, joins (a promised bundle), waits (told when the reason changes) or moved (to where to wait)",
        ),
        _c("rider", "int", "who was chosen, or is meant for an order that waits; -1: nobody"),
        _c("cost", "float", "what the policy reckoned it costs, or would as planned, in its own unit: less is better"),
        _c("second", "int", "the rider who would have been next best; -1: none, or not said"),
        _c("second_cost", "float", "what that would have cost"),
        _c("hold_until", "float", "the rider was not to set out before, or what an order waits for was to come", "s"),
        _c("reason", "text", "why, or what it waited for"),
    ),
    "known_orders": (
        _c("decision", "int", "from this decision on"),
        _c("order", "int", "the order"),
        _c("number", "int", "its number on the platform"),
        _c("is_known", "bool", "whether the dispatcher was told of it; false: no longer open, nor a promise"),
        _c("store", "int", "its store"),
        _c("placed_at", "float", "placed", "s"),
        _c("ready_at", "float", "when its food was believed to be ready", "s"),
        _c("pickup_x", "float", "where from", "m or degrees east"),
        _c("pickup_y", "float", "where from", "m or degrees north"),
        _c("x", "float", "where to", "m or degrees east"),
        _c("y", "float", "where to", "m or degrees north"),
        _c("rider", "int", "who had promised to carry it (told to policies that ask); -1: it was open"),
        _c("bundle", "int", "the promised bundle; 0: none"),
        _c("position", "int", "its place in the bundle's visiting order, from 0"),
        _c("pickup_at", "float", "when the rider was expected to have it; infinite: open", "s"),
        _c("picked_up", "bool", "whether the rider had it on board"),
    ),
    "known_riders": (
        _c("decision", "int", "from this decision on"),
        _c("rider", "int", "the rider"),
        _c("is_known", "bool", "whether the rider could be asked"),
        _c("is_coming", "bool", "whether the shift was to begin soon (told to policies that ask)"),
        _c("x", "float", "where the rider was, or would be once free", "m or degrees east"),
        _c("y", "float", "where the rider was, or would be once free", "m or degrees north"),
        _c("free_at", "float", "when the rider was expected to be free, or the shift to begin", "s"),
        _c("off_at", "float", "end of the shift", "s"),
        _c("speed", "float", "the rider's own speed; NaN: the travel model's", "m/s"),
        _c("capacity", "int", "orders carried at the same time; 2147483647: any number"),
        _c("moving_until", "float", "until when under way to where to wait; minus infinite: not", "s"),
    ),
    "known_stores": (
        _c("decision", "int", "from this decision on (told to policies that ask for demand)"),
        _c("store", "int", "the store"),
        _c("x", "float", "where it is", "m or degrees east"),
        _c("y", "float", "where it is", "m or degrees north"),
        _c("rate", "float", "its orders per second, fading by a factor e per hour", "1/s"),
    ),
    "riders": (
        _c("rider", "int", "position in the instance"),
        _c("id", "text", "the rider's name in the instance"),
        _c("on_at", "float", "shift start", "s"),
        _c("off_at", "float", "shift end, or when the rider went off line before it", "s"),
        _c("vehicle", "category", "what the rider drives; empty: not said"),
        _c("n_orders", "int", "orders delivered"),
        _c("n_bundles", "int", "bundles picked up"),
        _c("distance", "float", "driven for orders, to stores and to customers", "m"),
        _c("pay", "int", "paid: pay per order and per km, or the hourly guarantee if that is more", "cents"),
        _c("on_guarantee", "bool", "whether the guarantee was the greater"),
        _c("tips", "int", "given by customers, on top of the pay", "cents"),
    ),
    "stores": (
        _c("store", "int", "position in the instance"),
        _c("id", "text", "the store's name in the instance"),
        _c("x", "float", "place", "m or degrees east"),
        _c("y", "float", "place", "m or degrees north"),
        _c("n_cooked", "int", "orders cooked"),
        _c("stock", "int", "units at the start over all items; -1: never runs out"),
        _c("reserved", "int", "units reserved by orders, given-back ones included; of items with a stock, if any has"),
        _c("given_back", "int", "units given back by cancelled orders"),
        _c("refilled", "int", "units put on the shelves later"),
        _c("left", "int", "units left at the end; -1: never runs out"),
    ),
    "faults": (
        _c("fault", "int", "numbered from 1, in the order in which they began"),
        _c("entry", "int", "its place in the scenario's list of faults, from 0"),
        _c("kind", "category", "what broke: crash, slow, kitchen_fire, ..."),
        _c("target", "text", "the service, edges, stores or riders that it was about; empty: everything"),
        _c("detail", "text", "how bad it was, such as factor 4"),
        _c("began_at", "float", "it began", "s"),
        _c("ended_at", "float", "it was over; NaN: not when the run ended", "s"),
    ),
}


def columns(table: str) -> list[str]:
    """Names of a table's columns, in order."""
    return [column.name for column in TABLES[table]]
