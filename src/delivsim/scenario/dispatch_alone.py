"""What a command line says of dispatch alone: a policy, and values set as in a scenario."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError

from delivsim.dispatch.config import DispatchConfig
from delivsim.domain.config import Config
from delivsim.errors import Problem, ScenarioError
from delivsim.scenario.layers import overridden
from delivsim.scenario.mistakes import problems_of
from delivsim.scenario.nodes import Node, Place


class _Asked(Config):
    """As much of a scenario as one decision needs."""

    dispatch: DispatchConfig


def dispatch_of(policy: str, changes: Sequence[str] = ()) -> DispatchConfig:
    """
    Give what ``--policy NAME --set dispatch.params.NAME=VALUE ...`` says.

    Raises
    ------
    ScenarioError
        With every mistake: the option, dotted path, rule, value got and near miss.
    """
    place = Place("--policy")
    root = Node({"dispatch": Node({"policy": Node(policy, place, place)}, place, place)}, place)
    problems: list[Problem] = []
    for change in changes:
        root = overridden(root, change, problems)
    try:
        asked = _Asked.model_validate(root.plain())
    except ValidationError as error:
        problems += problems_of(error, _Asked, root)
    if problems:
        raise ScenarioError.of(problems)
    return asked.dispatch
