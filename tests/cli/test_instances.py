"""`delivsim info` and `generate`."""

from __future__ import annotations

import json
from pathlib import Path

ROOT = Path(__file__).parents[2]
TWIN = ROOT / "tests" / "data" / "rappi_twin"


def test_info_says_what_is_in_a_folder(command, tmp_path: Path) -> None:
    """The format is told by the files; a picture is drawn where asked for; JSON is nothing but JSON."""
    ended = command("info", TWIN)
    assert (ended.code, ended.err) == (0, "")
    assert "60 orders, 18 riders" in ended.out
    ended = command("info", TWIN, "--plot", tmp_path / "twin.png", "--format-output", "json")
    assert (tmp_path / "twin.png").stat().st_size > 10_000
    facts = json.loads(ended.out)
    assert (facts["schema_version"], facts["format"], facts["counts"]["orders"]) == (1, "rappi", 60)


def test_info_reads_scenarios_too(command) -> None:
    """A scenario file is what its instance or city is."""
    ended = command("info", ROOT / "scenarios" / "mdrplib.yaml")
    assert ended.code == 0
    assert "300 orders, 90 riders, 25 stores" in ended.out


def test_info_refuses_what_is_none(command, tmp_path: Path) -> None:
    """No such folder, a folder of something else, an unknown format: said, with exit code 2."""
    for arguments, message in (
        ((tmp_path / "none",), "no such directory"),
        ((tmp_path,), "no format known by its files"),
        ((TWIN, "--format", "rapi"), "must be one of delivsim, mdrplib, rappi, got 'rapi' (did you mean 'rappi'?)"),
        ((TWIN, "--format", "mdrplib"), "restaurants.txt: cannot be read"),
    ):
        ended = command("info", *arguments)
        assert ended.code == 2
        assert message in ended.err
        assert "Traceback" not in ended.err


def test_info_draws_only_what_it_can(command, tmp_path: Path) -> None:
    """A picture in no known form is refused by name."""
    ended = command("info", TWIN, "--plot", tmp_path / "twin.doc")
    assert ended.code == 2
    assert "png, svg" in ended.err
    assert "Traceback" not in ended.err
