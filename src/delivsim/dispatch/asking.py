"""Asking a policy: what it answers is checked, and what goes wrong in it is told with its name and its line."""

from __future__ import annotations

import os
import sysconfig
import traceback
from pathlib import Path

import numpy as np

from delivsim.dispatch.assignment import Assignment, DispatchPolicy
from delivsim.dispatch.lawful import check_assignment
from delivsim.dispatch.problem import DispatchProblem
from delivsim.errors import PolicyError

_NOT_THEIRS = (
    str(Path(__file__).resolve().parents[1]),
    *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
)
"""Folders of code that is not the policy author's: delivsim, Python and its packages."""


def ask(
    policy: DispatchPolicy, name: str, problem: DispatchProblem, rng: np.random.Generator, decision: int = 0
) -> Assignment:
    """
    Have a policy decide, and check what it decides.

    Parameters
    ----------
    name
        What messages call the policy.
    decision
        The decision's number in a run; 0: it has none.

    Raises
    ------
    PolicyError
        It raised an error (with the line of its own code), its answer breaks the rules, or nobody answered.
    """
    when = f"{problem.now:g} s" + (f" (decision {decision})" if decision else "")
    try:
        made = policy(problem, rng)
    except PolicyError as error:
        raise PolicyError(f"policy {name}: failed at {when}: {error}") from error
    except (Exception, SystemExit) as error:
        told = f"{type(error).__name__}: {error}{place_of(error)}"
        raise PolicyError(f"policy {name}: failed at {when}: {told}") from error
    try:
        check_assignment(problem, made)
    except PolicyError as error:
        raise PolicyError(f"policy {name}: at {when}: {error}") from error
    return made


def place_of(error: BaseException) -> str:
    """Give the last line of the author's own code that an error passed, as ``(file.py:12)``; empty where none is."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not os.path.abspath(frame.filename).startswith(_NOT_THEIRS)]
    own = [frame for frame in own if not frame.filename.startswith("<frozen")]
    return f" ({os.path.basename(own[-1].filename)}:{own[-1].lineno})" if own else ""
