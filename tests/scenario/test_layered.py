"""Layers, merges, overrides and messages, on a small config of the tests' own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field, model_validator

from delivsim.domain.config import Config, refuse
from delivsim.domain.distributions import DurationLaw
from delivsim.domain.source_path import SourcePath
from delivsim.domain.units import Duration, Share
from delivsim.errors import ScenarioError
from delivsim.scenario.layered import read_config


class Operation(Config):
    work: DurationLaw | None = None
    share: Share = 1.0


class Service(Config):
    workers: Annotated[int, Field(ge=1)] = 1
    holds: Literal["work", "request"] = "work"
    fast: bool = True
    operations: dict[Annotated[str, Field(pattern="^[a-z.]+$")], Operation] = Field(default_factory=dict)


class Square(Config):
    kind: Literal["square"]
    side: float


class Circle(Config):
    kind: Literal["circle"]
    radius: float


class Steps(Config):
    steps: tuple[Operation | Square, ...] = ()


class Whole(Config):
    name: str = "x"
    size: Annotated[int, Field(ge=0)] = 0
    drain: Literal["until_done"] | Duration = "until_done"
    services: dict[str, Service] = Field(default_factory=dict)
    shape: Annotated[Square | Circle, Field(discriminator="kind")] | None = None
    sizes: Annotated[tuple[int, ...], Field(min_length=1)] = (1,)
    steps: Steps = Steps()
    dispatch: dict[str, object] = Field(default_factory=dict)
    data: SourcePath | None = None

    @model_validator(mode="after")
    def _fits(self) -> Whole:
        if self.size > 100:
            raise refuse((("size",), "must be <= 100"), (("services", "none", "workers"), "must exist"))
        if self.name == "bad":
            raise refuse(((), "must not be bad"))
        return self


def read(tmp_path: Path, text: str, *overrides: str, **others: str) -> Whole:
    for name, other in others.items():
        (tmp_path / f"{name}.yaml").write_text(other)
    main = tmp_path / "main.yaml"
    main.write_text(text)
    overlays = [tmp_path / f"{name}.yaml" for name in others if name.startswith("over")]
    return read_config(Whole, main, overlays, overrides, paths=(("data",),))[0]


def problems(tmp_path: Path, text: str, *overrides: str, **others: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        read(tmp_path, text, *overrides, **others)
    assert str(caught.value) == "\n".join(str(problem) for problem in caught.value.problems)
    return [str(problem).replace(f"{tmp_path}{os.sep}", "") for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("szie: 3", "main.yaml:1:1: szie: unknown key (did you mean 'size'?)"),
        ("qqq: 3", "main.yaml:1:1: qqq: unknown key; known: data, dispatch, drain, name, services, shape"),
        ("size: '3'", "main.yaml:1:7: size: must be a whole number, got '3'"),
        ("size: 3.5", "main.yaml:1:7: size: must be a whole number, got 3.5"),
        ("size: -1", "main.yaml:1:7: size: must be >= 0, got -1"),
        ("size: .nan", "main.yaml:1:7: size: must be a whole number, got nan"),
        ("size: [1]", "main.yaml:1:7: size: must be a whole number, got a list of 1"),
        ("size:", "main.yaml:1:6: size: must be a whole number, got nothing"),
        ("name: 3", "main.yaml:1:7: name: must be text, got 3"),
        ("name: bad", "main.yaml:1:1: must not be bad"),
        ("sizes: []", "main.yaml:1:8: sizes: must have at least 1 entries, got a list of 0"),
        ("sizes: [a]", "main.yaml:1:9: sizes[0]: must be a whole number, got 'a'"),
        ("sizes: 3", "main.yaml:1:8: sizes: must be a list, got 3"),
        ("services: 3", "main.yaml:1:11: services: must be a map of keys and values, got 3"),
        ("services: {a: 3}", "main.yaml:1:15: services.a: must be a map of keys and values, got 3"),
        (
            "services: {a: {wrokers: 3}}",
            "main.yaml:1:16: services.a.wrokers: unknown key (did you mean 'workers'?)",
        ),
        (
            "services: {a: {holds: works}}",
            "main.yaml:1:23: services.a.holds: must be one of work, request, got 'works' (did you mean 'work'?)",
        ),
        (
            "services: {a: {fast: yes}}",
            "main.yaml:1:22: services.a.fast: must be true or false, got 'yes' (did you mean true?)",
        ),
        (
            "services: {a: {operations: {X: {}}}}",
            "main.yaml:1:29: services.a.operations.X: must match ^[a-z.]+$, got 'X'",
        ),
        (
            "services: {a: {operations: {o.p: {share: 2}}}}",
            'main.yaml:1:42: services.a.operations."o.p".share: must be a share between 0 and 1',
        ),
        (
            "services: {a: {operations: {o: {work: 20 mss}}}}",
            "main.yaml:1:39: services.a.operations.o.work: must be a duration such as 20ms, 45min or 2h, "
            "got '20 mss' (did you mean '20ms'?)",
        ),
        (
            "services: {a: {operations: {o: {work: {kind: exponental}}}}}",
            "main.yaml:1:46: services.a.operations.o.work.kind: must be one of constant, exponential,",
        ),
        (
            "services: {a: {operations: {o: {work: {mean: 3}}}}}",
            "main.yaml:1:33: services.a.operations.o.work.kind: must be given: one of constant, exponential,",
        ),
        (
            "services: {a: {operations: {o: {work: {kind: exponential}}}}}",
            "main.yaml:1:33: services.a.operations.o.work.mean: must be given",
        ),
        (
            "services: {a: {operations: {o: {work: {kind: exponential, mean: 0}}}}}",
            "main.yaml:1:65: services.a.operations.o.work.mean: must be > 0, got 0",
        ),
        (
            "services: {a: {operations: {o: {work: {kind: uniform, low: 3, high: 2}}}}}",
            "main.yaml:1:69: services.a.operations.o.work.high: must be > low (3.0), got 2",
        ),
        (
            "services: {a: {operations: {o: {work: {kind: exponential, mean: 3, maen: 3}}}}}",
            "main.yaml:1:68: services.a.operations.o.work.maen: unknown key (did you mean 'mean'?)",
        ),
        ("drain: until_don", "main.yaml:1:8: drain: must be until_done or a duration such as 20ms, 45min or 2h"),
        ("shape: {side: 3}", "main.yaml:1:1: shape.kind: must be given: one of square, circle"),
        ("shape: 3", "main.yaml:1:8: shape: must be a map of keys and values, got 3"),
        ("shape: {kind: 3}", "main.yaml:1:15: shape.kind: must be one of square, circle, got 3"),
        (
            "steps: {steps: [{kind: square, side: x}]}",
            "main.yaml:1:38: steps.steps[0].side: must be a number, got 'x'",
        ),
        ("steps: {steps: [3]}", "main.yaml:1:17: steps.steps[0]: must be a map of keys and values, got 3"),
        ("data: 3", "main.yaml:1:7: data: must be text, got 3"),
        ("data: ''", "main.yaml:1:7: data: must have at least 1 characters, got ''"),
        ("", "main.yaml:1:1: must hold a map of keys and values, got an empty file"),
        ("# only a comment", "main.yaml:1:1: must hold a map of keys and values, got an empty file"),
        ("[1]", "main.yaml:1:1: must hold a map of keys and values, got a list of 1"),
        ("just text", "main.yaml:1:1: must hold a map of keys and values, got 'just text'"),
        ("extends: 3", "main.yaml:1:10: extends: must be the name of one file, got 3"),
        ("extends: main.yaml", "extends: must not come back to itself: main.yaml -> main.yaml"),
        ("extends: mian.yaml", "main.yaml:1:10: extends: must be a file that exists, got 'mian.yaml' (did you mean"),
        ("extends: .", "main.yaml:1:10: extends: must be a file that exists, got '.'"),
        ('extends: "a\\0b"', "main.yaml:1:10: extends: must be a file that exists"),
    ],
)
def test_one_mistake_gives_one_clear_message(tmp_path: Path, text: str, message: str) -> None:
    """Each message has place, dotted path, rule, value got, and a near miss if there is one."""
    (problem,) = problems(tmp_path, text)
    assert message in problem


def test_every_mistake_is_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    """Doubled keys, unknown keys and wrong values of one file are all told, sorted by line."""
    told = problems(tmp_path, "size: x\nname: a\nname: b\nfoo: 1\nservices: {a: {workers: 0, holds: z}}")
    assert [line.split(":")[1] for line in told] == ["1", "3", "4", "5", "5"]


def test_validators_tell_their_own_places(tmp_path: Path) -> None:
    """A mistake between fields is placed at the field it names, or at the nearest key above one not written."""
    assert problems(tmp_path, "name: a\nsize: 101\nservices:\n  a: {}") == [
        "main.yaml:2:7: size: must be <= 100, got 101",
        "main.yaml:3:1: services.none.workers: must exist",
    ]


def test_later_layers_win_and_maps_merge(tmp_path: Path) -> None:
    """What a file extends lies below it, overlays above it in their order, ``--set`` above all."""
    whole = read(
        tmp_path,
        "extends: base.yaml\nsize: 2\nservices: {a: {workers: 2}}",
        "services.a.operations.o.share=25%",
        base="extends: root.yaml\nname: base\nsize: 1\nservices: {a: {workers: 1, holds: request}, b: {}}",
        root="name: root\nsizes: [1, 2, 3]",
        over1="size: 3\nsizes: [9]",
        over2="extends: root2.yaml\nservices: {b: {workers: 7}}",
        root2="size: 4",
    )
    assert (whole.name, whole.size, whole.sizes) == ("base", 4, (9,))
    assert whole.services["a"] == Service(workers=2, holds="request", operations={"o": Operation(share=0.25)})
    assert whole.services["b"].workers == 7


def test_a_map_that_names_its_kind_is_a_whole(tmp_path: Path) -> None:
    """A law laid over another leaves none of its parameters behind; without a kind it changes one parameter."""
    base = "services: {a: {operations: {o: {work: {kind: lognormal, p50: 1, p99: 2}}}}}"
    exponential = "services: {a: {operations: {o: {work: {kind: exponential, mean: 2}}}}}"
    tail = "services: {a: {operations: {o: {work: {p99: 9}}}}}"
    work = read(tmp_path, base, over=exponential).services["a"].operations["o"].work
    assert work is not None
    assert work.mean == 2
    work = read(tmp_path, base, over=tail).services["a"].operations["o"].work
    assert work is not None
    assert work.quantile(0.99) == pytest.approx(9)


def test_a_new_policy_drops_the_params_of_the_old_one(tmp_path: Path) -> None:
    """``params`` belong to a policy; naming the same policy again keeps them."""
    base = "dispatch: {policy: a, every: 3, params: {x: 1}}"
    assert read(tmp_path, base, "dispatch.policy=b").dispatch == {"policy": "b", "every": 3}
    assert read(tmp_path, base, "dispatch.policy=a").dispatch["params"] == {"x": 1}
    assert read(tmp_path, base, "dispatch.policy=b", "dispatch.params.y=2").dispatch["params"] == {"y": 2}


@pytest.mark.parametrize(
    ("override", "get"),
    [
        ("size=7", lambda w: w.size == 7),
        ("name=12:30", lambda w: w.name == "12:30"),
        ("name='7'", lambda w: w.name == "7"),
        ("name=a=b", lambda w: w.name == "a=b"),
        ("services.a.workers=3", lambda w: w.services["a"].workers == 3),
        ("services.new.workers=3", lambda w: w.services["new"].workers == 3),
        ("services.new={workers: 3}", lambda w: w.services["new"].workers == 3),
        ("services.a.operations.o.p.share=0", lambda w: w.services["a"].operations["o.p"].share == 0),
        ('services.a.operations."q.r".share=0', lambda w: w.services["a"].operations["q.r"].share == 0),
        ("sizes[1]=9", lambda w: w.sizes == (1, 9)),
        ("sizes.0=9", lambda w: w.sizes == (9, 2)),
        ("sizes=[5]", lambda w: w.sizes == (5,)),
        ("steps.steps[0].share=0.5", lambda w: w.steps.steps[0].share == 0.5),
        ("shape=", lambda w: w.shape is None),
    ],
)
def test_set_changes_one_value(tmp_path: Path, override: str, get: object) -> None:
    """``--set`` reaches keys, keys with dots, and entries of lists; its value is YAML."""
    text = "services: {a: {operations: {o.p: {}}}}\nsizes: [1, 2]\nsteps: {steps: [{share: 1}]}"
    assert get(read(tmp_path, text, override))  # type: ignore[operator]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("size=x", "--set size: size: must be a whole number, got 'x'"),
        ("szie=3", "--set szie: szie: unknown key (did you mean 'size'?)"),
        ("services.a.wrokers=3", "--set services.a.wrokers: services.a.wrokers: unknown key"),
        ("size", "--set size: must be PATH=VALUE"),
        ("=3", "--set =3: must be PATH=VALUE"),
        ("a..b=3", "--set a..b=3: must be PATH=VALUE"),
        ("size=[", "--set size: not valid YAML"),
        ("size={a: 1, a: 2}", "--set size: a: the key is given twice"),
        ("sizes.x=3", "--set sizes.x: sizes is a list: the next step must be a number below 2, got x"),
        ("sizes[2]=3", "--set sizes[2]: sizes is a list: the next step must be a number below 2, got 2"),
        ("name.x=3", "--set name.x: name is 'a': it has nothing below it"),
        ("size=\0", "--set size: must be text"),
        ("size=\udc80", "--set size: must be text"),
    ],
)
def test_set_names_itself_in_mistakes(tmp_path: Path, override: str, message: str) -> None:
    """A mistake on the command line names ``--set`` and its path, not a line of a file."""
    assert any(problem.startswith(message) for problem in problems(tmp_path, "name: a\nsizes: [1, 2]", override))


def test_each_mistake_names_the_file_it_came_from(tmp_path: Path) -> None:
    """Base, main file, overlay and command line keep their own places, all in one error."""
    told = problems(
        tmp_path,
        "extends: base.yaml\nsizes: [x]",
        "drain=3x",
        base="\nsize: x",
        over="\n\nname: 3",
    )
    assert [line.split(": ")[0] for line in told] == ["base.yaml:2:7", "main.yaml:2:9", "over.yaml:3:7", "--set drain"]


def test_unreadable_layers_are_all_told(tmp_path: Path) -> None:
    """A base in a cycle, a broken overlay and a missing one are told together."""
    (tmp_path / "main.yaml").write_text("extends: a.yaml\nsize: x")
    (tmp_path / "a.yaml").write_text("extends: b.yaml")
    (tmp_path / "b.yaml").write_text("extends: main.yaml")
    (tmp_path / "broken.yaml").write_text("a: [")
    overlays = [tmp_path / "broken.yaml", tmp_path / "none.yaml", tmp_path]
    with pytest.raises(ScenarioError) as caught:
        read_config(Whole, tmp_path / "main.yaml", overlays)
    assert [Path(p.file).name for p in caught.value.problems] == ["b.yaml", "broken.yaml", "none.yaml", tmp_path.name]
    assert "main.yaml -> a.yaml -> b.yaml -> main.yaml" in caught.value.problems[0].rule


def test_files_count_from_the_file_that_names_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path in a base in another folder, in the file itself, and on the command line leads to the same file."""
    (tmp_path / "sub" / "deep").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "sub")
    (tmp_path / "sub" / "deep" / "base.yaml").write_text("data: ../../x.txt")
    (tmp_path / "x.txt").write_text("here")
    main = tmp_path / "main.yaml"
    for text, override in (
        ("extends: sub/deep/base.yaml", []),
        ("data: x.txt", []),
        ("name: x", ["data=../x.txt"]),
        (f"data: {tmp_path / 'x.txt'}", []),
    ):
        main.write_text(text)
        whole = read_config(Whole, main, [], override, paths=(("data",),))[0]
        assert whole.data is not None
        assert Path(whole.data).read_text() == "here"
        assert whole.data.text in ("x.txt", str(tmp_path / "x.txt"))
