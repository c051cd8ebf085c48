"""What ``summary.json`` holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from delivsim.record.result import Result


def summarize(result: Result) -> dict[str, Any]:
    """Compute the figures of a run."""
    return {"orders": {"placed": len(result.tables["orders"])}}
