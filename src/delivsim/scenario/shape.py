"""What a config may hold at a place: its keys and choices, for near misses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel

from delivsim.domain.config import Loc


def keys_at(model: type[BaseModel], loc: Loc) -> list[str]:
    """Name the keys a map may have at pydantic's location ``loc`` below ``model``, sorted."""
    return sorted({key for one in _models_at(model, loc) for key in _fields(one)})


def choices_at(model: type[BaseModel], loc: Loc, key: str) -> list[str]:
    """Name the values that ``key`` may have in the maps allowed at ``loc``, in the order of the schema."""
    named = [str(v) for one in _models_at(model, loc) if key in _fields(one) for v in _literals(_fields(one)[key])]
    return list(dict.fromkeys(named))


def _models_at(model: type[BaseModel], loc: Loc) -> list[type[BaseModel]]:
    forms: list[Any] = [model]
    for step in loc:
        forms = _step(forms, step)
    return [form for form in _alternatives(forms) if _is_model(form)]


def _step(forms: list[Any], step: str | int) -> list[Any]:
    """Go down one step; a step that is no key or index names a branch of a union and narrows the choice."""
    here = list(_alternatives(forms))
    below = [inner for form in here for inner in _below(form, step)]
    if below:
        return below
    return [form for form in here if _is_model(form) and _is_branch(form, str(step))] or here


def _below(form: Any, step: str | int) -> list[Any]:
    if _is_model(form):
        return [annotation for key, annotation in _fields(form).items() if key == step]
    arguments = get_args(form)
    if get_origin(form) is dict and isinstance(step, str):
        return [arguments[1]]
    if get_origin(form) in (list, tuple) and isinstance(step, int):
        return [arguments[0]]
    return []


def _is_branch(form: type[BaseModel], name: str) -> bool:
    return form.__name__ == name or any(name in _literals(kind) for kind in _fields(form).values())


def _alternatives(forms: list[Any]) -> Iterator[Any]:
    for form in forms:
        if get_origin(form) is Annotated:
            yield from _alternatives([get_args(form)[0]])
        elif get_args(form) and get_origin(form) not in (dict, list, tuple, Literal):
            yield from _alternatives(list(get_args(form)))
        else:
            yield form


def _is_model(form: Any) -> bool:
    return isinstance(form, type) and issubclass(form, BaseModel)


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _literals(form: Any) -> tuple[Any, ...]:
    return get_args(form) if get_origin(form) is Literal else ()
