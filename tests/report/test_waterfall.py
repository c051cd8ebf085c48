from __future__ import annotations

import pandas as pd

from delivsim.report.trace import trace
from delivsim.report.waterfall import bar, status_of, waterfall


def test_bars_share_one_scale(story: dict[str, pd.DataFrame]) -> None:
    """Each character shows what took most of its tenth of a second: network, waiting, work or calls."""
    root = trace(story["requests"], story["visits"], story["messages"], 0).roots[0]
    assert bar(root, 60.0, 62.0, 20) == "-░██·····-          "
    assert bar(root.calls[0], 60.0, 62.0, 20) == "    -██████████████ "


def test_lines_name_who_called_whom(story: dict[str, pd.DataFrame]) -> None:
    """The first line names the client, calls are set in, and a given-up call shows both answers."""
    root = trace(story["requests"], story["visits"], story["messages"], 0).roots[0]
    head, first, second = (line.plain for line in waterfall(root))
    assert head.split()[:5] == ["request", "network", "waiting", "work", "status"]
    assert first.split()[:9] == ["customer", ">", "gateway.place_order", *["200", "ms", "100", "ms", "200", "ms"]]
    assert second.startswith("    payment.charge")
    assert "504 (200)" in second


def test_status_of_an_open_request(story: dict[str, pd.DataFrame]) -> None:
    """A request without an answer is open."""
    row = next(story["requests"].head(1).assign(seen=0, status=0).itertuples(index=False))
    assert status_of(row) == "open"


def test_no_time_at_all(story: dict[str, pd.DataFrame]) -> None:
    """On an ideal platform all happens in an instant, and the waterfall is a tree without bars."""
    requests = story["requests"].assign(sent_at=60.0, arrived_at=60.0, ended_at=60.0, answered_at=60.0)
    root = trace(requests, story["visits"].head(0), story["messages"], 0).roots[0]
    assert [line.plain.split()[-1] for line in waterfall(root)[1:]] == ["200", "(200)"]
