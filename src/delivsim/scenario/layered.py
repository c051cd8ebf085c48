"""Any config out of layers of YAML: merged, validated, and every mistake told with its place."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from delivsim.domain.config import Loc
from delivsim.domain.source_path import SourcePath
from delivsim.errors import Problem, ScenarioError
from delivsim.scenario.layers import read_layers
from delivsim.scenario.mistakes import problems_of
from delivsim.scenario.nodes import Node, place_of

M = TypeVar("M", bound=BaseModel)


def read_config(
    model: type[M],
    path: Path,
    overlays: Sequence[Path] = (),
    overrides: Sequence[str] = (),
    *,
    paths: Sequence[Loc] = (),
    appended: Sequence[tuple[str, Node]] = (),
) -> tuple[M, Node]:
    """
    Read any config the way scenarios are read; also gives the merged values with their places.

    ``paths`` are the places of file names, which count from the file that holds them; ``appended`` are further entries
    of lists at the top, by their key.
    """
    root, problems = read_layers(path, overlays, overrides)
    for key, entry in appended:
        listed = root.value.get(key) or Node([], entry.place)
        if isinstance(listed.value, list):
            root.value[key] = Node([*listed.value, entry], listed.place, listed.key)
    data = root.plain()
    for loc in paths:
        _locate(data, root, loc, path.parent)
    try:
        made = model.model_validate(data)
    except ValidationError as error:
        problems += problems_of(error, model, root)
    if problems:
        raise ScenarioError.of(sorted(problems, key=_reading_order))
    return made, root


def _locate(data: object, root: Node, loc: Loc, home: Path) -> None:
    """Replace the text of a file name by one that remembers which folder it counts from."""
    *way, last = loc
    for step in way:
        data = data.get(step) if isinstance(data, dict) else None
    named = data.get(last) if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(named, str) or not named or "\0" in named:
        return
    file = place_of(root, loc).file
    folder = Path() if file.startswith("--set ") else Path(file).parent
    text: str = data[last]
    if folder != home and not os.path.isabs(text):
        text = _seen_from(home, folder / text)
    data[last] = SourcePath(text, home)


def _seen_from(home: Path, target: Path) -> str:
    try:
        return Path(os.path.relpath(target, home)).as_posix()
    except ValueError:  # another drive
        return str(target.absolute())


def _reading_order(problem: Problem) -> tuple[bool, str, int, int]:
    from_set = problem.file.startswith(("--set ", "--fault "))
    return from_set, "" if from_set else problem.file, problem.line or 0, problem.column or 0
