"""Names of files inside scenario files."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from delivsim.domain.units import shown


@dataclass(frozen=True, slots=True)
class SourcePath(os.PathLike[str]):
    """A file named by a scenario: the text, and the folder it counts from; use it like any path."""

    text: str
    home: Path = field(default_factory=Path, compare=False)

    def __fspath__(self) -> str:
        return str(self.home / self.text)

    @classmethod
    def _of_text(cls, text: str) -> SourcePath:
        if "\0" in text:
            raise ValueError(f"must be the name of a file or folder, got {shown(text)}")
        return cls(text)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Let pydantic take a text, and write the text back."""
        text = core_schema.str_schema(strict=True, min_length=1)
        from_text = core_schema.no_info_after_validator_function(cls._of_text, text)
        written = core_schema.plain_serializer_function_ser_schema(lambda path: path.text, when_used="json")
        itself = core_schema.is_instance_schema(cls)
        choice = core_schema.tagged_union_schema(
            {"path": itself, "text": from_text}, lambda value: "path" if isinstance(value, cls) else "text"
        )
        return core_schema.json_or_python_schema(from_text, choice, serialization=written)
