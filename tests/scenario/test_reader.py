from __future__ import annotations

import os
from pathlib import Path

import pytest

from delivsim.errors import ScenarioError
from delivsim.scenario.reader import check_instance, dump_scenario, load_scenario, scenario_digest
from delivsim.scenario.templates import template_text

TWIN = Path(__file__).parent.parent / "data" / "mdrplib_twin"


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_scenario_knows_where_it_was_written(tmp_path: Path) -> None:
    """Each value can be placed by file, line and column, for warnings that come later."""
    main = written(tmp_path, "main", "extends: base.yaml\nseed: 3\nplatform:\n  services:\n    user: {workers: 2}\n")
    base = written(tmp_path, "base", template_text("minimal"))
    made = load_scenario(main, overrides=["platform.services.user.replicas=9"])
    assert made.source == main
    assert str(made.place("seed").problem("x")) == f"{main}:2:7: x"
    assert made.place("platform", "services", "user", "workers").line == 5
    assert made.place("platform", "services", "user", "replicas").file == "--set platform.services.user.replicas"
    assert made.place("name").file == str(base)
    assert made.place("platform", "services", "store", "workers").line == 4


def test_overlays_and_overrides_win(tmp_path: Path) -> None:
    """The last overlay wins over the file, ``--set`` over all, and strings serve as paths."""
    main = written(tmp_path, "main", template_text("minimal"))
    one = written(tmp_path, "one", "seed: 5\nname: one")
    two = written(tmp_path, "two", "name: two")
    made = load_scenario(str(main), overlays=[str(one), str(two)], overrides=["horizon=2h"])
    assert (made.seed, made.name, made.horizon) == (5, "two", 7200)


def test_an_ideal_platform_keeps_its_services(tmp_path: Path) -> None:
    """``--set platform.kind=ideal`` changes that alone."""
    made = load_scenario(written(tmp_path, "main", template_text("services")), overrides=["platform.kind=ideal"])
    assert made.platform.kind == "ideal"
    assert "web" in made.platform.services


@pytest.mark.parametrize("template", ["minimal", "friday_evening", "services", "mdrplib"])
def test_the_resolved_text_is_the_same_scenario(template: str, tmp_path: Path) -> None:
    """Writing a scenario with all defaults and reading it back changes nothing, digest included."""
    made = load_scenario(written(tmp_path, "main", template_text(template)))
    again = load_scenario(written(tmp_path, "again", dump_scenario(made)))
    assert again.model_dump(warnings=False) == made.model_dump(warnings=False)
    assert dump_scenario(again) == dump_scenario(made)
    assert scenario_digest(again) == scenario_digest(made)


def test_the_digest_names_what_is_said_not_how(tmp_path: Path) -> None:
    """Other words, units, comments and a default spelled out give the same digest; another value does not."""
    text = template_text("minimal")
    made = load_scenario(written(tmp_path, "a", text))
    same = load_scenario(written(tmp_path / "sub", "b", text.replace("1h ", "60min ") + "timezone: UTC\n"))
    other = load_scenario(written(tmp_path, "c", text), overrides=["seed=2"])
    assert scenario_digest(same) == scenario_digest(made)
    assert scenario_digest(other) != scenario_digest(made)
    assert len(scenario_digest(made)) == 16


def test_a_none_that_means_something_is_written(tmp_path: Path) -> None:
    """``report_every: null`` says never, where the default is five minutes, and survives."""
    main = written(tmp_path, "main", template_text("minimal"))
    made = load_scenario(main, overrides=["city.riders.report_every=null"])
    assert load_scenario(written(tmp_path, "again", dump_scenario(made))).city == made.city
    assert made.city is not None
    assert made.city.riders.report_every is None


def test_instances_are_found_from_the_file_that_names_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the command runs, the path counts from the scenario's folder, or the base's, or the shell's."""
    folder = tmp_path / "data" / "twin"
    folder.mkdir(parents=True)
    for file in TWIN.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    text = "name: x\nhorizon: 1h\n"
    beside = written(tmp_path, "beside", f"{text}instance: {{format: mdrplib, path: data/twin}}")
    below = written(tmp_path / "deep", "base", f"{text}instance: {{format: mdrplib, path: ../data/twin}}")
    above = written(tmp_path, "above", "extends: deep/base.yaml")
    monkeypatch.chdir(tmp_path / "data")
    shell = load_scenario(above, overrides=["instance.path=twin"])
    for made in (load_scenario(beside), load_scenario(below), load_scenario(above), shell):
        check_instance(made)
    assert {os.fspath(load_scenario(file).instance.path) for file in (beside, above)} == {str(folder)}  # type: ignore[union-attr]


def test_a_wrong_instance_names_both_its_line_and_the_scenario_s(tmp_path: Path) -> None:
    """The scenario's line comes first, then every mistake of the instance's own files."""
    main = written(tmp_path, "main", "name: x\nhorizon: 1h\ninstance:\n  format: mdrplib\n  path: nowhere\n")
    with pytest.raises(ScenarioError) as caught:
        check_instance(load_scenario(main))
    first, *others = caught.value.problems
    assert (first.file, first.line, first.path) == (str(main), 5, "instance.path")
    assert [problem.file for problem in others] == [str(tmp_path / "nowhere")]


def test_without_an_instance_there_is_nothing_to_check(tmp_path: Path) -> None:
    """A scenario with a city passes."""
    check_instance(load_scenario(written(tmp_path, "main", template_text("minimal"))))
