"""Kinds of policy parameters; with ``Duration`` from ``delivsim.domain.units`` these are all that policies need."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

Weight = Annotated[float, Field(strict=True, ge=0.0, allow_inf_nan=False)]
"""A number >= 0 without a unit."""
Count = Annotated[int, Field(strict=True, ge=1)]
"""A whole number >= 1."""
