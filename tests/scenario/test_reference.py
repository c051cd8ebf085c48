"""The page on scenario files says what the schema says."""

from __future__ import annotations

import re
from pathlib import Path

from delivsim.scenario.jsonschema import scenario_schema
from delivsim.scenario.reference import scenario_page

PAGE = scenario_page()


def section(title: str) -> str:
    """The part of the page below a heading."""
    return PAGE.split(f"\n## {title}", 1)[1].split("\n## ", 1)[0]


def test_the_page_in_docs_is_current() -> None:
    """Renew it with `make pages`."""
    assert (Path(__file__).parents[2] / "docs" / "scenario.md").read_text(encoding="utf-8") == PAGE


def test_one_table_holds_all_top_level_keys() -> None:
    """Each key of a scenario file has a row that says what it means."""
    keys = re.findall(r"^\| `(\w+)` \| .+ \| .* \| .{10,} \|$", section("Top-level keys"), re.MULTILINE)
    assert keys == list(scenario_schema()["properties"])


def test_every_part_has_a_section_and_every_key_a_meaning() -> None:
    """No link leads nowhere, and no row is left without words."""
    links = set(re.findall(r"\]\(#([^)]+)\)", PAGE)) - {"laws-of-chance"}
    assert links <= set(re.findall(r'<a id="(\w+)"></a>', PAGE))
    assert re.findall(r"^\| `.*\|  \|$", PAGE, re.MULTILINE) == []


def test_values_are_shown_as_files_write_them() -> None:
    """Units, choices and what must be given can be read off a row."""
    assert "| `side` | distance | `8km` |" in section("`city`")
    assert "| `holds` | `work` or `request` | `work` |" in section("`platform.services.NAME`")
    assert "| `shifts` | list of [see below](#ShiftConfig) or map of whole number |" in section("`city.riders`")
    assert "| `demand` | [see below](#DemandConfig) | needed |" in section("`city`")
    assert "| `think_time` | law (duration) |" in section("`city.riders`")
    assert "| `accept` | share | `1` |" in section("`city.riders`")


def test_every_law_of_chance_is_listed() -> None:
    """The eleven kinds, by quantiles where that is possible."""
    kinds = re.findall(r"^\| `(\w+)` \|", section("Laws of chance"), re.MULTILINE)
    assert len(kinds) == 11
    assert re.search(r"`lognormal` \| .*`p1` to `p99.9`", section("Laws of chance"))
