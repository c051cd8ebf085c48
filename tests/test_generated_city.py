"""The generated city is like published ones: the figures of docs/generated-city.md, by the tool that wrote it."""

from __future__ import annotations

import os
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
TOOL = runpy.run_path(str(ROOT / "tools" / "generated_city.py"))
PAGE = (ROOT / "docs" / "generated-city.md").read_text(encoding="utf-8")
PUBLIC = os.environ.get("DELIVSIM_MDRPLIB", "")


@pytest.fixture(scope="module")
def drawn() -> list[Any]:
    """The city's days of each kind."""
    return [TOOL["drawn"](kind) for kind in TOOL["KINDS"]]


def on_the_page(kind: Any) -> Any:
    """What published days of a kind have in common, as the page says."""
    text = PAGE.split(f"## {kind.name}")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    mean = 1 + len(kind.instances)
    means = {re.sub(r" \((km|h|min|%)\)$", "", row[0]): row[mean].replace(",", "") for row in rows if "off" not in row}
    names = {one.name for one in TOOL["STATISTICS"]}
    hours = {row[0].split(",")[0]: [float(share) / 100.0 for share in row[1:]] for row in rows if "published" in row[0]}
    return TOOL["Days"]({name: float(means[name]) for name in names}, hours)


@pytest.mark.parametrize("n", range(len(TOOL["KINDS"])), ids=[kind.name for kind in TOOL["KINDS"]])
def test_the_city_is_like_published_days(n: int, drawn: list[Any]) -> None:
    """Hours, ways, kitchens, shifts and orders per rider-hour are within their tolerances of the published ones."""
    assert TOOL["too_far"](on_the_page(TOOL["KINDS"][n]), drawn[n]) == []


def test_a_city_that_is_not_alike_is_told(drawn: list[Any]) -> None:
    """The comparison can fail: ways half as long, and a dinner that comes six hours early, are named."""
    real = on_the_page(TOOL["KINDS"][0])
    figures = {name: value / 2.0 if name.startswith("store to") else value for name, value in drawn[0].figures.items()}
    hours = {name: shares[6:] + shares[:6] for name, shares in drawn[0].hours.items()}
    wrong = TOOL["too_far"](real, drawn[0]._replace(figures=figures, hours=hours))
    assert set(wrong) == {
        *(f"store to customer, {q}" for q in ("mean", "p10", "p50", "p90")),
        *(f"{what} by hour" for what in TOOL["HOURLY"]),
    }  # fmt: skip


@pytest.mark.skipif(not PUBLIC, reason="DELIVSIM_MDRPLIB is not set")
def test_the_page_is_what_the_tool_writes(drawn: list[Any]) -> None:
    """Published and generated figures are computed, not copied: renew the page with the command it names."""
    kinds = TOOL["KINDS"]
    days = [TOOL["published"](kind, Path(PUBLIC)) for kind in kinds]
    sections = [TOOL["section"](*parts) for parts in zip(kinds, days, drawn, strict=True)]
    assert TOOL["page"](sections) == PAGE
