"""How a command can end. ``docs/exit-codes.md`` holds the same table; a test compares them."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of the ``delivsim`` command."""

    FINE = 0
    FAILED = 1
    USAGE = 2
    SLO_BROKEN = 3
    NO_PLAN = 4
    RUN_INVALID = 5
    INTERRUPTED = 130
