"""
Every exception of delivsim.

::

    DelivsimError               something a user did or gave is wrong; exit code 2, never a traceback
    ├── InputError              a file or value that cannot be used; holds every mistake found, not just the first
    │   ├── ScenarioError       a scenario file (or an overlay, or --set)
    │   ├── InstanceError       an instance: orders, riders, stores
    │   └── ResultError         a saved run: missing, damaged, or written by a newer version
    └── PolicyError             a dispatch policy broke the rules of its port

A refused or timed-out request inside the simulation is a ``Response`` with a status, not an exception.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake in one place: ``file:line:column: path: rule, got value (did you mean ...?)``."""

    rule: str
    file: str = ""
    line: int | None = None
    column: int | None = None
    path: str = ""

    def __str__(self) -> str:
        place = ":".join([self.file, *(str(n) for n in (self.line, self.column) if n is not None)]).lstrip(":")
        return ": ".join(part for part in (place, self.path, self.rule) if part)


class DelivsimError(Exception):
    """Something the user gave is wrong; the message is finished and fit to print."""


class InputError(DelivsimError):
    """A file or a value cannot be used; ``problems`` lists every mistake found."""

    def __init__(self, message: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems

    @classmethod
    def of(cls, problems: list[Problem]) -> InputError:
        """Make one error of many mistakes, one line each."""
        return cls("\n".join(str(p) for p in problems), tuple(problems))


class ScenarioError(InputError):
    """A scenario cannot be used."""


class InstanceError(InputError):
    """An instance (orders, riders, stores) cannot be used."""


class ResultError(InputError):
    """A saved run cannot be read."""


class PolicyError(DelivsimError):
    """
    A dispatch policy erred: it cannot be made, raised an error, or gave an assignment that the rules forbid.

    ``result`` is what a run had computed until then; None where nothing had run.
    """

    result: object | None = None
