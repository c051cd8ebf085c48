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
        ((ROOT / "scenarios" / "minimal.yaml", "--format", "rappi"), "--format: must not be given for a scenario"),
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


def test_generate_writes_a_day(command, tmp_path: Path) -> None:
    """A template becomes an instance with the scenario that runs it; another seed draws another day."""
    for seed in (1, 2):
        ended = command("generate", "--template", "minimal", "-o", tmp_path / str(seed), "--seed", seed)
        assert (ended.code, ended.err) == (0, "")
        assert f"orders, 12 riders and 8 stores to {tmp_path / str(seed)}" in ended.out or "riders and" in ended.out
        assert command("check", tmp_path / str(seed) / "scenario.yaml").code == 0
    assert (tmp_path / "1" / "orders.csv").read_bytes() != (tmp_path / "2" / "orders.csv").read_bytes()
    ended = command("generate", ROOT / "scenarios" / "minimal.yaml", "-o", tmp_path / "1")
    assert (ended.code, "must be empty" in ended.err) == (2, True)
    options = ("--force", "--tables", "parquet", "--set", "horizon=20min")
    assert command("generate", ROOT / "scenarios" / "minimal.yaml", "-o", tmp_path / "1", *options).code == 0
    assert (tmp_path / "1" / "orders.parquet").exists()
    assert not (tmp_path / "1" / "orders.csv").exists()


def test_generate_names_what_another_format_loses(command, tmp_path: Path) -> None:
    """The mdrplib format has no menus and no seconds: said on standard error."""
    ended = command("generate", "--template", "minimal", "-o", tmp_path / "m", "--format", "mdrplib")
    assert ended.code == 0
    assert "Lost: stores: menu" in ended.err
    assert (tmp_path / "m" / "couriers.txt").exists()


def test_generate_refuses_what_it_cannot(command, tmp_path: Path) -> None:
    """No scenario, an unknown template, a format that is only read: said, with exit code 2."""
    for arguments, message in (
        ((), "one of the two"),
        (("--template", "minimum"), "did you mean 'minimal'?"),
        (("--template", "services"), "must have a city or an instance"),
        (("--template", "minimal", "--format", "rappi"), "must be one of delivsim, mdrplib, got 'rappi'"),
    ):
        ended = command("generate", *arguments, "-o", tmp_path / "out")
        assert ended.code == 2
        assert message in ended.err
        assert "Traceback" not in ended.err
