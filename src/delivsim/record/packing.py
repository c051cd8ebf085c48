"""
Rows of the two busiest tables as bytes: a row of Python objects that waits for its column costs three times as much.

A call is a request together with its visit to a station, since most have just one that was served. What rows of one
kind have in common (who calls what, which group hears which topic) is a code, whose labels are told once.
"""

from __future__ import annotations

from collections.abc import Mapping
from struct import Struct
from typing import Any, NamedTuple

import numpy as np

from delivsim.record.columns import CODE, Array, Labels
from delivsim.record.tables import TABLES


class Codes(dict[tuple[str, ...], int]):
    """Codes of what rows have in common, given out in the order in which it is first seen."""

    def __missing__(self, labels: tuple[str, ...]) -> int:
        code = self[labels] = len(self)
        return code


class Packing(NamedTuple):
    """How a row is packed: names and formats of its values, and which columns its code stands for."""

    names: tuple[str, ...]
    formats: str
    coded: tuple[str, ...]

    @property
    def struct(self) -> Struct:
        """What packs a row."""
        return Struct("<" + self.formats)

    @property
    def dtype(self) -> np.dtype[Any]:
        """What reads packed rows as an array."""
        kinds = {"q": "<i8", "i": "<i4", "h": "<i2", "d": "<f8", "?": "?"}
        return np.dtype([(name, kinds[form]) for name, form in zip(self.names, self.formats, strict=True)])


CALL = Packing(
    (
        "order", "request", "parent", "attempt", "code", "sent_at", "arrived_at", "ended_at", "answered_at", "status",
        "seen", "last", "first_sent_at", "started_at", "departed_at", "queue_length",
    ),
    "qqqihddddhh?dddi",
    ("cause", "caller", "service", "operation", "station", "reason"),
)  # fmt: skip
MESSAGE = Packing(
    (
        "message", "order", "request", "parent", "attempt", "code", "partition", "published_at", "available_at",
        "delivered_at", "settled_at",
    ),
    "qqqqihidddd",
    ("cause", "topic", "group", "outcome", "reason"),
)  # fmt: skip

NO_VISIT = (float("nan"), float("nan"), 0)
"""What a call says of its visit (start, end, queue found) when there was none that was served."""


def calls(rows: bytes | bytearray, codes: Codes, labels: Mapping[str, Labels]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Turn packed calls into the columns of requests and those of visits, which share the labels."""
    packed = np.frombuffer(bytes(rows), CALL.dtype)
    data = _unpacked(packed, CALL, codes, labels)
    visited = ~np.isnan(data["departed_at"])
    visits = {name: column[visited] for name, column in data.items()}
    n = len(visits["order"])
    visits["outcome"] = np.full(n, labels["outcome"]["served"], CODE)
    visits["reason"] = np.full(n, labels["reason"][""], CODE)
    visits["replica"] = np.full(n, -1, np.int64)
    return _only("requests", data), _only("visits", visits)


def messages(rows: bytes | bytearray, codes: Codes, labels: Mapping[str, Labels]) -> dict[str, Any]:
    """Turn packed messages into the columns of their table."""
    data = _unpacked(np.frombuffer(bytes(rows), MESSAGE.dtype), MESSAGE, codes, labels)
    acknowledged = data["outcome"] == labels["outcome"]["acknowledged"]
    data["acknowledged_at"] = np.where(acknowledged, data["settled_at"], np.nan)
    return _only("messages", data)


def _unpacked(packed: Array, how: Packing, codes: Codes, labels: Mapping[str, Labels]) -> dict[str, Array]:
    data = {name: np.ascontiguousarray(packed[name]) for name in how.names}
    for i, column in enumerate(how.coded):
        data[column] = np.array([labels[column][common[i]] for common in codes], CODE)[data["code"]]
    return data


def _only(table: str, data: Mapping[str, Array]) -> dict[str, Array]:
    """Give the columns of a table, whole numbers in their final width."""
    return {
        spec.name: data[spec.name].astype(np.int64, copy=False) if spec.kind == "int" else data[spec.name]
        for spec in TABLES[table]
    }
