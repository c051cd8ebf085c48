"""Where runs live: named, found, and never half written."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivsim.errors import ResultError
from delivsim.experiment.rundir import check_free, default_run_dir, find_run, new_run


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def make(path: str | Path, text: str = "{}", *, force: bool = False) -> Path:
    with new_run(Path(path), force=force) as folder:
        (folder / "manifest.json").write_text(text)
    return Path(path)


def hidden(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if p.name.startswith("."))


def test_the_name_tells_scenario_seed_and_content() -> None:
    """Another seed or another content gives another folder, and odd characters do no harm."""
    assert default_run_dir("friday", 7, "abcdef0123456789") == Path("runs/friday-7-abcdef01")
    assert default_run_dir("../a b/c", 1, "f" * 64) == Path("runs/a-b-c-1-ffffffff")
    assert default_run_dir("..", 1, "f" * 64) == Path("runs/run-1-ffffffff")


def test_a_run_appears_only_when_it_is_complete() -> None:
    """While a run is written nothing stands at its place; afterwards it does, and nothing hidden is left."""
    with new_run(Path("runs/a")) as folder:
        (folder / "manifest.json").write_text("{}")
        assert not Path("runs/a").exists()
        assert folder.parent == Path("runs").resolve()
    assert Path("runs/a/manifest.json").is_file()
    assert hidden(Path("runs")) == [".last"]


@pytest.mark.parametrize("stop", [RuntimeError, KeyboardInterrupt])
def test_a_run_that_fails_leaves_nothing_and_harms_nothing(stop: type[BaseException]) -> None:
    """A failure while writing removes what was written, and a run that was to be replaced stays."""
    make("runs/a", '"old"')

    def fail() -> None:
        with new_run(Path("runs/a"), force=True) as folder:
            (folder / "manifest.json").write_text('"new"')
            raise stop

    with pytest.raises(stop):
        fail()
    assert Path("runs/a/manifest.json").read_text() == '"old"'
    assert hidden(Path("runs")) == [".last"]


def test_an_existing_run_is_refused_unless_forced() -> None:
    """A run is replaced only when the user says so, and then wholly."""
    make("a", '"old"')
    Path("a/extra").write_text("x")
    with pytest.raises(ResultError, match=r"a: holds a run already; --force"):
        make("a")
    make("a", '"new"', force=True)
    assert [p.name for p in Path("a").iterdir()] == ["manifest.json"]
    assert Path("a/manifest.json").read_text() == '"new"'


@pytest.mark.parametrize("force", [False, True])
def test_what_is_not_a_run_is_never_replaced(force: bool) -> None:
    """Not even --force removes a file or a folder of something else."""
    Path("file").write_text("x")
    Path("photos").mkdir()
    Path("photos/a.jpg").write_text("x")
    with pytest.raises(ResultError, match="this is a file"):
        check_free(Path("file"), force=force)
    with pytest.raises(ResultError, match="not a run"):
        check_free(Path("photos"), force=force)
    with pytest.raises(ResultError, match="not a run"):
        make("photos/..", force=force)


def test_an_empty_folder_is_free() -> None:
    """A folder made beforehand may be written into."""
    Path("empty").mkdir()
    make("empty")
    assert find_run("empty") == Path("empty")


def test_a_run_is_found_by_path_and_by_name() -> None:
    """A name alone is looked for under runs/."""
    make("runs/friday-7-abcdef01")
    assert find_run("runs/friday-7-abcdef01") == find_run("friday-7-abcdef01") == Path("runs/friday-7-abcdef01")


def test_last_is_the_run_finished_last_wherever_it_is() -> None:
    """Neither names nor places decide what @last is; a run that failed does not count."""
    make("runs/z")
    make("elsewhere/m")
    assert find_run("@last") == Path("elsewhere/m")
    make("runs/a")
    assert find_run("@last") == Path("runs/a")
    make("runs/z", force=True)
    assert find_run("@last") == Path("runs/z")


def test_last_survives_a_removed_run(tmp_path: Path) -> None:
    """When the run finished last was removed by hand, @last is the newest of the others."""
    make("runs/a")
    make("elsewhere")
    (tmp_path / "elsewhere" / "manifest.json").unlink()
    assert find_run("@last") == Path("runs/a")


def test_last_without_any_run_says_how_to_make_one() -> None:
    """The very first command of a newcomer may be a report."""
    with pytest.raises(ResultError, match=r"no runs in .* yet; make one"):
        find_run("@last")


def test_a_wrong_name_is_answered_with_near_ones() -> None:
    """A typing mistake or a name without its hash points at the run meant."""
    make("runs/friday-7-abcdef01")
    make("out/monday")
    with pytest.raises(ResultError, match=r"fridya-7-abcdef01: no such run \(did you mean runs/friday-7-abcdef01\?\)"):
        find_run("fridya-7-abcdef01")
    with pytest.raises(ResultError, match=r"did you mean runs/friday-7-abcdef01"):
        find_run("runs/fri")
    with pytest.raises(ResultError, match=r"did you mean out/monday"):
        find_run("out/mondya")
    with pytest.raises(ResultError, match=r"out: not a run: it holds no manifest\.json"):
        find_run("out")


def test_a_place_where_nothing_can_be_written_is_named_as_asked_for() -> None:
    """The message has the folder of the command line, not the hidden one it is written into first."""
    Path("file").write_text("x")
    with pytest.raises(ResultError, match=r"^file/a: no folder can be made there: "), new_run(Path("file/a")):
        pytest.fail("there is no such place")
