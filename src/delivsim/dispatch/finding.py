"""Finding a policy by its name: delivsim's own, those of installed packages, and code of one's own."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, get_type_hints

from pydantic import PydanticUserError, TypeAdapter, ValidationError

from delivsim.dispatch.asking import place_of
from delivsim.dispatch.assignment import DispatchPolicy
from delivsim.dispatch.outside import OUTSIDE
from delivsim.dispatch.policies import POLICIES
from delivsim.domain.units import near_miss
from delivsim.errors import PolicyError

GROUP = "delivsim.policies"
"""The group of entry points in which a package names its policies."""
BUILT_IN: Mapping[str, Any] = {**POLICIES, **OUTSIDE}
"""What delivsim brings along: its policies, and those that ask somebody outside."""


def installed_policies() -> dict[str, EntryPoint]:
    """Give the policies of installed packages by name; delivsim's own names cannot be taken."""
    return {point.name: point for point in _all_installed() if point.name not in BUILT_IN}


def taken_names() -> list[EntryPoint]:
    """Give what packages call by a name that is delivsim's own, and so cannot be reached."""
    return [point for point in _all_installed() if point.name in BUILT_IN]


def _all_installed() -> list[EntryPoint]:
    return sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value))


def policy_class(name: str) -> Any:
    """
    Give the class of a policy: one of delivsim's own, one of an installed package, or ``module:Class``.

    Raises
    ------
    PolicyError
        There is none of that name, or its code cannot be imported.
    """
    if name in BUILT_IN:
        return BUILT_IN[name]
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
    known = sorted({*BUILT_IN, *installed})
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
    _check_parameters(name, made, params)
    try:
        policy: DispatchPolicy = made(**params)
    except (Exception, SystemExit) as error:
        raise _cannot(name, error) from error
    return policy


def _check_parameters(name: str, made: Any, params: Mapping[str, Any]) -> None:
    """Refuse parameters that a dataclass has not, has of another type, or misses, each with its name."""
    if not (isinstance(made, type) and dataclasses.is_dataclass(made)):
        return
    fields = {field.name: field for field in dataclasses.fields(made) if field.init}
    listed = ", ".join(fields) or "none"
    wrong = [
        f"{n}: {name} has no such parameter, only {listed}{near_miss(n, [*fields])}" for n in params.keys() - fields
    ]
    wrong += [f"{n}: {name} must be given it" for n, field in fields.items() if n not in params and _is_needed(field)]
    for n, hint in _hints(made).items():
        if n in fields and n in params and (rule := _misfit(hint, params[n])):
            wrong.append(f"{n}: {rule}, got {params[n]!r}")
    if wrong:
        raise PolicyError("; ".join(f"dispatch.params.{text}" for text in sorted(wrong)))


def _is_needed(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _hints(made: type[Any]) -> dict[str, Any]:
    try:
        return get_type_hints(made, include_extras=True)
    except Exception:  # annotations that name what is not there say nothing of values
        return {}


def _misfit(hint: Any, value: Any) -> str:
    """Say what a value must be to fit an annotation; empty if it does, or if the annotation cannot tell."""
    try:
        TypeAdapter(hint).validate_python(value)
    except ValidationError as error:
        return str(error.errors()[0]["msg"]).removeprefix("Value error, ").replace("Input should be", "must be")
    except PydanticUserError:
        return ""
    return ""


def _cannot(name: str, error: BaseException) -> PolicyError:
    point = installed_policies().get(name)
    whose = "" if point is None else f" ({point.value}{f' of {point.dist.name}' if point.dist else ''})"
    told = f"{type(error).__name__}: {error}{place_of(error)}"
    return PolicyError(f"dispatch.policy: {name}{whose} cannot be made: {told}")
