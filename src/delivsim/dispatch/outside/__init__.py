"""Dispatchers outside delivsim: a server or a program decides, and is asked in the JSON of the port."""

from __future__ import annotations

from dataclasses import fields

from delivsim.dispatch.outside.asking import Outside
from delivsim.dispatch.outside.exec_policy import Exec
from delivsim.dispatch.outside.http_policy import Http
from delivsim.dispatch.repositioning import Repositioned

OUTSIDE = {"http": Http, "exec": Exec}
"""The policies that ask somebody else, by their names in a scenario."""
FIRST = {"http": "url", "exec": "command"}
"""The parameter of each that says whom, by its name."""
PARAMETERS = tuple(dict.fromkeys(field.name for made in OUTSIDE.values() for field in fields(made)))
"""What their parameters are called, without one another's doubles."""


def outside_of(policy: object) -> Outside | None:
    """Give what decides in place of a policy; None: it decides itself."""
    inner = policy.policy if isinstance(policy, Repositioned) else policy
    return inner.outside if isinstance(inner, Http | Exec) else None
