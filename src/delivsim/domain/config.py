"""What all parts of a scenario file have in common: `Config`, the parent of every config, and `refuse`."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError

_EXACT = frozenset({"int", "float", "bool", "str"})

Loc = tuple[str | int, ...]


def _be_exact(schema: Any) -> None:
    if isinstance(schema, list | tuple):
        for part in schema:
            _be_exact(part)
    elif isinstance(schema, dict):
        if schema.get("type") in _EXACT:
            schema["strict"] = True
        for part in schema.values():
            _be_exact(part)


class Config(BaseModel):
    """
    A part of a scenario: unknown keys are refused, it never changes, and text never becomes a number.

    Document every field, with ``Field(description=...)`` or a docstring below; ``delivsim schema`` prints it.
    ``3`` is a whole number, ``"3"``, ``3.0`` and ``true`` are not; lists become tuples where one is declared.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Make plain int, float, bool and str strict (pydantic's own switch also refuses lists as tuples)."""
        schema = handler(source)
        _be_exact(handler.resolve_ref_schema(schema))
        return schema


def refuse(*mistakes: tuple[Loc, str]) -> PydanticCustomError:
    """
    Make the error of a validator that knows where mistakes are: ``raise refuse((("low",), "must be < 3"))``.

    Parameters
    ----------
    mistakes
        Pairs of (keys from this model down to the wrong value, the rule that it breaks). The reader finds the
        line of each, and adds the value got unless the rule tells it.
    """
    text = "; ".join(f"{'.'.join(map(str, loc))}: {rule}" if loc else rule for loc, rule in mistakes)
    return PydanticCustomError("located", "{text}", {"text": text, "mistakes": [list(m) for m in mistakes]})
