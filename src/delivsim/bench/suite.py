"""What a suite file may say: which policies, on which instances, under which conditions."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, PrivateAttr, ValidationError, model_validator

from delivsim.bench.twins import TwinsConfig, twin
from delivsim.domain.config import Config, refuse
from delivsim.domain.units import near_miss, shown
from delivsim.errors import InputError, Problem, ScenarioError
from delivsim.scenario.formats import FORMATS
from delivsim.scenario.formats.mdrplib import write
from delivsim.scenario.layered import read_config
from delivsim.scenario.layers import merged
from delivsim.scenario.mistakes import problems_of
from delivsim.scenario.nodes import Node, Place, place_of
from delivsim.scenario.schema import Scenario
from delivsim.scenario.shorthand import in_full

_VARIABLE = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?")
_CODE = re.compile(r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")
Where = tuple[str, int]
"""The key of a suite that lists instances, and which of them."""
AS_GIVEN = "as given"
"""The condition of a suite that names none."""


def _known_format(name: str) -> str:
    if name not in FORMATS:
        known = sorted(FORMATS)
        raise ValueError(f"must be one of {', '.join(known)}, got {shown(name)}{near_miss(name, known)}")
    return name


def _each_once(seeds: tuple[int, ...]) -> tuple[int, ...]:
    twice = [seed for i, seed in enumerate(seeds) if seed in seeds[:i]]
    if twice:
        raise ValueError(f"must name each seed once, got {twice[0]} twice")
    return seeds


class SourceConfig(Config):
    """Where instances come from: files of a published format, or synthetic twins."""

    format: Annotated[str, AfterValidator(_known_format)] = "mdrplib"
    """How the files are written."""
    path: str | None = None
    """The instance's place, seen from the suite; may hold $VARIABLES of the environment, and * for several."""
    twins: TwinsConfig | None = None
    """Days to invent instead."""

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.path is None) == (self.twins is None):
            raise refuse(((), "must have either path or twins"))
        return self


class Suite(Config):
    """A suite of runs: every policy on every instance, under every condition."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")]
    """What tables and folders call it."""
    about: str = ""
    """What it is for."""
    instances: Annotated[tuple[SourceConfig, ...], Field(min_length=1)]
    """Where the instances come from."""
    further: tuple[SourceConfig, ...] = ()
    """Instances that ``delivsim bench check`` also runs a policy on whose figures moved, to be surer."""
    scenario: dict[str, Any] = Field(default_factory=dict)
    """What all runs have in common, as in a scenario file; the platform is ideal unless it says otherwise."""
    policies: Annotated[dict[str, dict[str, Any] | None], Field(min_length=1)]
    """By name what each has under dispatch; without policy, the name is the policy's."""
    against: str | None = None
    """The policy that the others are compared with; else the first."""
    conditions: dict[str, dict[str, Any] | None] = Field(default_factory=dict)
    """By name what is changed in the scenario; the first is what the others are compared with."""
    seeds: Annotated[
        tuple[Annotated[int, Field(ge=0, lt=2**63)], ...], Field(min_length=1), AfterValidator(_each_once)
    ] = (1,)
    """Each instance is run once with each."""
    permutations: Annotated[int, Field(ge=0, le=1000)] = 0
    """How often more each is run with the orders and riders numbered otherwise: what mere ties are worth."""
    permuted: tuple[str, ...] = ()
    """The policies that are; none: all."""

    _root: Node = PrivateAttr()
    _file: Path = PrivateAttr()
    _called: str = PrivateAttr()

    @model_validator(mode="after")
    def _names_without_commas(self) -> Self:
        """``--policies a,b`` must be able to name each."""
        odd = [name for name in self.policies if "," in name or name != name.strip() or not name]
        if odd:
            raise refuse((("policies", odd[0]), f"must be named without commas and outer spaces, got {shown(odd[0])}"))
        return self

    @model_validator(mode="after")
    def _known_reference(self) -> Self:
        named = {("against",): self.against} | {("permuted", i): name for i, name in enumerate(self.permuted)}
        wrong = [(where, name) for where, name in named.items() if name is not None and name not in self.policies]
        rule = "must be one of the policies, got {}{}"
        known = list(self.policies)
        if wrong:
            raise refuse(*((where, rule.format(shown(name), near_miss(name, known))) for where, name in wrong))
        return self

    def numberings(self, policy: str) -> range:
        """Number the ways in which the orders and riders of a policy's runs are numbered; 0: as they are given."""
        return range(1 + self.permutations) if policy in (self.permuted or (policy,)) else range(1)

    @property
    def file(self) -> Path:
        """The file it was read from."""
        return self._file

    @property
    def called(self) -> str:
        """What ``--suite`` calls it: the file, or the name of one of delivsim's."""
        return self._called

    @property
    def condition_names(self) -> tuple[str, ...]:
        """The conditions, in the order of the file."""
        return tuple(self.conditions) or (AS_GIVEN,)

    def located(self, file: Path, root: Node, called: str) -> Suite:
        """Give the same suite, knowing where it was read from, and what it was called there."""
        known = self.model_copy()
        known._file, known._root, known._called = file, root, called
        return known

    def scenario_of(self, policy: str, condition: str = AS_GIVEN) -> Scenario:
        """
        Compose the scenario of a policy under a condition; its instance is yet to be put in.

        ``policy`` may be one of delivsim's own that the suite does not name, or ``module:Class``.

        Raises
        ------
        ScenarioError
            With every mistake, on the suite's own lines.
        """
        here = Place(str(self._file))
        lean = {"platform": {"kind": "ideal"}, "dispatch": {"diary": False}}
        base = _node({"name": self.name, "horizon": "24h", **lean}, here)
        own, changes = self._below("policies", policy), self._below("conditions", condition)
        called = place_of(self._root, ("policies", policy), on_key=True) if policy in self.policies else here
        layers = [self._root.get("scenario"), _node({"dispatch": {"policy": policy, "diary": False}}, called)]
        layers += [None if own is None else Node({"dispatch": own}, own.place), changes]
        layers.append(_node({"instance": {"format": "mdrplib", "path": "."}}, here))
        for layer in layers:
            base = base if layer is None or layer.value is None else merged(base, in_full(layer))
        try:
            return Scenario.model_validate(base.plain())
        except ValidationError as error:
            raise ScenarioError.of(problems_of(error, Scenario, base)) from None

    def _below(self, key: str, name: str) -> Node | None:
        named = self._root.get(key)
        below = None if named is None else named.get(name)
        return None if below is None or below.value is None else below


def _node(data: Any, place: Place) -> Node:
    if isinstance(data, dict):
        return Node({key: _node(value, place) for key, value in data.items()}, place)
    return Node(data, place)


def load_suite(path: str | os.PathLike[str], called: str = "") -> Suite:
    """
    Read a suite; every policy under every condition is checked.

    Parameters
    ----------
    called
        What ``--suite`` calls it, if not by its path.

    Raises
    ------
    ScenarioError
        With every mistake: its file, line and column, dotted path, rule, value got and near miss.
    """
    file = Path(path)
    made, root = read_config(Suite, file)
    suite = made.located(file, root, called or str(path))
    problems: dict[str, Problem] = {}
    for policy in suite.policies:
        for condition in suite.condition_names:
            try:
                suite.scenario_of(policy, condition)
            except ScenarioError as error:
                problems |= {str(problem): problem for problem in error.problems}
    if problems:
        raise ScenarioError.of(list(problems.values()))
    return suite


def chosen(suite: Suite, names: Sequence[str]) -> tuple[str, ...]:
    """
    Give the policies to run: all of the suite, or these.

    Raises
    ------
    InputError
        A name is neither in the suite, nor a policy of delivsim, nor ``module:Class``.
    """
    from delivsim.dispatch.finding import BUILT_IN, installed_policies

    known = sorted({*suite.policies, *BUILT_IN, *installed_policies()})
    wrong = [name for name in names if name not in known and not _CODE.match(name)]
    if wrong:
        lines = (
            f"--policies: must be of the suite ({', '.join(suite.policies)}), a policy of delivsim or module:Class, "
            f"got {shown(name)}{near_miss(name, known)}"
            for name in wrong
        )
        raise InputError("\n".join(lines))
    return tuple(dict.fromkeys(names)) or tuple(suite.policies)


def instance_paths(
    suite: Suite, folder: Path, only: Sequence[str] = (), *, further: bool = False
) -> dict[str, tuple[str, Path]]:
    """
    Find the instances; twins are written below ``folder``.

    Parameters
    ----------
    only
        Names to keep, of further ones too; none: all.
    further
        Whether further instances are wanted as well.

    Returns
    -------
    By name its format and its path.

    Raises
    ------
    ScenarioError
        An environment variable is not set, nothing is found, or two instances have one name.
    InputError
        A name of ``only`` is not in the suite.
    """
    found: dict[str, tuple[str, Path]] = {}
    sources = {("instances", i): source for i, source in enumerate(suite.instances)}
    if further or only:
        sources |= {("further", i): source for i, source in enumerate(suite.further)}
    for where, source in sources.items():
        for name, path in _source(suite, where, source, folder):
            if name in found:
                raise _wrong(suite, where, f"two instances are called {name}: {found[name][1]} and {path}")
            found[name] = (source.format, path)
    unknown = [name for name in only if name not in found]
    if unknown:
        near = near_miss(unknown[0], list(found))
        raise InputError(f"--instances: {suite.name} has no {shown(unknown[0])}{near}")
    return {name: found[name] for name in (only or found)}


def variables_of(suite: Suite) -> list[str]:
    """Name the variables of the environment that say where a suite's instances are."""
    named = (name for source in (*suite.instances, *suite.further) for name in _VARIABLE.findall(source.path or ""))
    return list(dict.fromkeys(named))


def _source(suite: Suite, where: Where, source: SourceConfig, folder: Path) -> Iterator[tuple[str, Path]]:
    if source.twins is not None:
        for seed in range(source.twins.first_seed, source.twins.first_seed + source.twins.count):
            day = twin(source.twins, seed)
            write(day, folder / day.name)
            yield day.name, (folder / day.name).absolute()
        return
    assert source.path is not None
    pattern = _expanded(suite, where, source.path, os.environ)
    root = Path(pattern) if os.path.isabs(pattern) else suite.file.parent / pattern
    places = _matches(root)
    if not places:
        raise _wrong(suite, where, f"nothing is there: {root}")
    for place in places:
        yield place.name, place.absolute()


def _matches(root: Path) -> list[Path]:
    """Give the path itself, or all that its pattern matches, by name."""
    if root.exists():
        return [root]
    fixed = root
    while re.search(r"[*?\[]", str(fixed)):
        fixed = fixed.parent
    return sorted(fixed.glob(str(root.relative_to(fixed)))) if fixed != root and fixed.is_dir() else []


def _expanded(suite: Suite, where: Where, text: str, environment: Mapping[str, str]) -> str:
    missing = [name for name in _VARIABLE.findall(text) if not environment.get(name)]
    if missing:
        rule = f"the environment variable {missing[0]} is not set: it must name the folder of these instances"
        raise _wrong(suite, where, rule)
    return _VARIABLE.sub(lambda match: environment[match.group(1)], text)


def _wrong(suite: Suite, where: Where, rule: str) -> ScenarioError:
    key, i = where
    source = (suite._root.get(key) or suite._root).get(i) or suite._root
    place = (source.get("path") or source).place
    return ScenarioError.of([place.problem(rule, f"{key}[{i}].path")])  # type: ignore[return-value]
