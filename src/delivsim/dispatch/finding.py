"""Finding a policy by its name: delivsim's own, those of installed packages, and code of one's own."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from delivsim.dispatch.assignment import DispatchPolicy
from delivsim.dispatch.policies import POLICIES
from delivsim.domain.units import near_miss
from delivsim.errors import PolicyError

GROUP = "delivsim.policies"
"""The group of entry points in which a package names its policies."""


def installed_policies() -> dict[str, EntryPoint]:
    """Give the policies of installed packages by name; delivsim's own names cannot be taken."""
    found = sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value))
    return {point.name: point for point in found if point.name not in POLICIES}


def policy_class(name: str) -> Any:
    """
    Give the class of a policy: one of delivsim's own, one of an installed package, or ``module:Class``.

    Raises
    ------
    PolicyError
        There is none of that name, or its code cannot be imported.
    """
    if name in POLICIES:
        return POLICIES[name]
    installed = installed_policies()
    try:
        if name in installed:
            return installed[name].load()
        if ":" in name:
            return _of_module(*name.split(":", 1))
    except PolicyError:
        raise
    except (Exception, SystemExit) as error:
        raise _cannot(name, error) from error
    known = sorted({*POLICIES, *installed})
    rule = f"must be one of {', '.join(known)}, or module:Class, got {name!r}{near_miss(name, known)}"
    raise PolicyError(f"dispatch.policy: {rule}")


def _of_module(module: str, attribute: str) -> Any:
    """Find a class in a module, or say which module or class is near."""
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise  # the module is there, and does not find one of its own
        rule = f"no module {error.name}{_near_module(error.name)}"
        raise PolicyError(f"dispatch.policy: {module}:{attribute}: {rule}") from None
    if not hasattr(found, attribute):
        near = near_miss(attribute, [name for name in vars(found) if not name.startswith("_")])
        raise PolicyError(f"dispatch.policy: {module}:{attribute}: {module} has no {attribute}{near}")
    return getattr(found, attribute)


def _near_module(name: str) -> str:
    package, _, last = name.rpartition(".")
    where = getattr(importlib.import_module(package), "__path__", ()) if package else None
    return near_miss(last, [module.name for module in pkgutil.iter_modules(where)])


def named_policy(name: str, params: Mapping[str, Any]) -> DispatchPolicy:
    """
    Make a policy.

    Raises
    ------
    PolicyError
        There is none of that name, or it cannot be imported or made.
    """
    made = policy_class(name)
    try:
        policy: DispatchPolicy = made(**params)
    except (Exception, SystemExit) as error:
        raise _cannot(name, error) from error
    return policy


def _cannot(name: str, error: BaseException) -> PolicyError:
    return PolicyError(f"dispatch.policy: {name} cannot be made: {type(error).__name__}: {error}")
