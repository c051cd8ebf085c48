"""Nothing gets lost: integers that must add up, checked from the rows of a whole run, warm-up included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from delivsim.domain.order import Outcome
from delivsim.record.measures import is_delivered

if TYPE_CHECKING:
    from delivsim.record.result import Result

VISIT_OUTCOMES = ("served", "refused", "reneged", "shed", "failed", "withdrawn", "open")
MESSAGE_OUTCOMES = ("acknowledged", "dead_letter", "expired", "lost", "open")
"""What becomes of a message in each group, just one of them."""


def conservation(result: Result) -> dict[str, Any]:
    """
    Check that what went in came out.

    Returns
    -------
    For orders, requests, every station, every topic, stock, money and tips the integers and whether the identity
    ``holds``; and over all of them once more ``holds``.
    """
    tables = result.tables
    stations = {str(name): _station(rows) for name, rows in _by(tables["visits"], "station")}
    topics = result.manifest.get("topics", {})
    messages = {
        str(name): _topic(rows, topics.get(name, {}).get("groups", []))
        for name, rows in _by(tables["messages"], "topic")
    }
    checks = {
        "orders": _orders(tables["orders"], result.manifest.get("instance")),
        "requests": _requests(tables["requests"]),
        "stations": stations,
        "messages": messages,
        "stock": _stock(tables["stores"]),
        "money": _money(tables["orders"], tables["messages"]),
        "tips": _tips(tables["orders"], tables["riders"]),
    }
    flat = [
        checks["orders"],
        checks["requests"],
        *stations.values(),
        *messages.values(),
        checks["stock"],
        checks["money"],
        checks["tips"],
    ]
    return {**checks, "holds": all(check["holds"] for check in flat)}


def _by(table: pd.DataFrame, column: str) -> list[tuple[Any, pd.DataFrame]]:
    return list(table.groupby(column, sort=True, observed=True))


def _orders(orders: pd.DataFrame, instance: Any) -> dict[str, Any]:
    """Check that every order of the instance has one row and one of the five outcomes, and an end if it ended."""
    counts = {str(outcome): int((orders["outcome"] == str(outcome)).sum()) for outcome in Outcome}
    expected = len(orders) if instance is None else int(instance["n_orders"])
    ended = int(orders["ended_at"].notna().sum())
    whole = len(orders) == expected == sum(counts.values()) and orders["order"].is_unique
    return {"orders": expected, **counts, "holds": bool(whole and ended >= counts["delivered"])}


def _requests(requests: pd.DataFrame) -> dict[str, Any]:
    """Check that every attempt was answered once or is open, and that nothing had two final answers."""
    answered = int((requests["seen"] > 0).sum())
    unanswered = int(requests["answered_at"].isna().sum())
    called = requests[requests["cause"] != "message"]  # redeliveries of a message are counted by the broker
    first, final = int((called["attempt"] == 1).sum()), int(called["last"].sum())
    holds = len(requests) == answered + unanswered and final <= first and requests["request"].is_unique
    return {
        "sent": len(requests),
        "answered": answered,
        "open": unanswered,
        "first_attempts": first,
        "final_answers": final,
        "holds": bool(holds),
    }


def _station(visits: pd.DataFrame) -> dict[str, Any]:
    """Check that each arrival has one of the outcomes, and that just the open ones have not left."""
    counts = {outcome: int((visits["outcome"] == outcome).sum()) for outcome in VISIT_OUTCOMES}
    here = int(visits["departed_at"].isna().sum())
    holds = len(visits) == sum(counts.values()) and here == counts["open"]
    return {"arrived": len(visits), **counts, "holds": holds}


def _topic(messages: pd.DataFrame, groups: list[str]) -> dict[str, Any]:
    """
    Check published x groups = acknowledged + dead_letter + expired + lost + open, duplicates besides.

    Groups are all that subscribe or were seen.
    """
    seen = sorted({*map(str, groups), *messages["group"].astype(str).unique()})
    outcomes = {name: int((messages["outcome"] == name).sum()) for name in MESSAGE_OUTCOMES}
    duplicates = int((messages["outcome"] == "duplicate").sum())
    published = int(messages["message"].nunique())
    each_once = not messages[messages["outcome"] != "duplicate"].duplicated(["message", "group"]).any()
    holds = published * len(seen) == len(messages) - duplicates == sum(outcomes.values()) and each_once
    return {"published": published, "groups": len(seen), **outcomes, "duplicate": duplicates, "holds": bool(holds)}


def _stock(stores: pd.DataFrame) -> dict[str, Any]:
    """Check that every unit that a store had is on the shelf or was given out."""
    kept = stores["reserved"] - stores["given_back"]
    limited = stores["stock"] >= 0
    gone = stores["stock"] + stores["refilled"] - stores["left"]
    holds = (kept >= 0).all() and (stores.loc[limited, "left"] >= 0).all() and (gone[limited] == kept[limited]).all()
    return {
        "stock": int(stores.loc[limited, "stock"].sum()),
        "refilled": int(stores["refilled"].sum()),
        "reserved": int(stores["reserved"].sum()),
        "given_back": int(stores["given_back"].sum()),
        "left": int(stores.loc[limited, "left"].sum()),
        "holds": bool(holds),
    }


def _tips(orders: pd.DataFrame, riders: pd.DataFrame) -> dict[str, Any]:
    """Check that riders have what customers gave them, and nobody gave any for nothing."""
    given, had = int(orders["tip"].sum()), int(riders["tips"].sum())
    delivered = int(orders.loc[is_delivered(orders), "tip"].sum())
    return {"given": given, "had": had, "holds": given == had == delivered}


def _money(orders: pd.DataFrame, messages: pd.DataFrame) -> dict[str, Any]:
    """
    Check charged = refunded + earned + open + owed, in cents.

    Nobody gets back more than was taken, and nothing is owed on orders that ended undelivered, unless a message
    that would have refunded it is still open, or was never handled.
    """
    kept = orders["charged"] - orders["refunded"]
    ended = orders["outcome"].isin([Outcome.CANCELLED.value, Outcome.REJECTED.value, Outcome.FAILED.value])
    owed, earned = int(kept[ended].sum()), int(kept[is_delivered(orders)].sum())
    pending = int(kept[orders["outcome"] == Outcome.CENSORED.value].sum())
    stuck = bool(messages["outcome"].isin(MESSAGE_OUTCOMES[1:]).any())
    charged, refunded = int(orders["charged"].sum()), int(orders["refunded"].sum())
    adds_up = charged == refunded + earned + pending + owed and bool((kept >= 0).all())
    return {
        "charged": charged,
        "refunded": refunded,
        "earned": earned,
        "open": pending,
        "owed": owed,
        "holds": adds_up and (owed == 0 or stuck),
    }
