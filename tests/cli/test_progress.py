"""The progress bar: on a terminal only."""

from __future__ import annotations

import io
import sys
from datetime import datetime

import pytest

from delivsim.cli.progress import progress_bar
from delivsim.report.clock import Clock

CLOCK = Clock(starts_at=datetime(2026, 11, 20, 18))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_file_gets_no_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written when standard error is not a terminal, and the run need not tell."""
    monkeypatch.setattr(sys, "stderr", stream := io.StringIO())
    with progress_bar(CLOCK, 3600.0) as tell:
        assert tell is None
    assert stream.getvalue() == ""


def test_a_terminal_sees_time_of_day_orders_and_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bar says where in the evening the run is."""
    monkeypatch.setattr(sys, "stderr", stream := Terminal())
    monkeypatch.setenv("COLUMNS", "120")
    with progress_bar(CLOCK, 3600.0) as tell:
        assert tell is not None
        tell(1800.0, 1200, 900)
    text = stream.getvalue()
    assert "18:30" in text
    assert "1,200 orders, 300 open" in text
    assert "x real time" in text
