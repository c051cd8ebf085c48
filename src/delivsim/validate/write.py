"""Cases as scenario files: anybody can run them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import yaml

from delivsim.validate.case import Case

CALLS = 20_000
"""Calls of a written scenario after its warm-up."""


def write_cases(cases: Sequence[Case], folder: Path) -> int:
    """Write a scenario file per case, named after it, with what is known exactly in its head; give their number."""
    folder.mkdir(parents=True, exist_ok=True)
    for case in cases:
        known = [f"# {q.name}: {q.exact:.6g}" for q in case.quantities]
        head = "\n".join([f"# {case.family} ({case.source}): {case.name}", *known])
        name = re.sub(r"[^a-z0-9]+", "_", case.name.casefold()).strip("_")
        said = yaml.safe_dump(case.data(CALLS), sort_keys=False, allow_unicode=True)
        (folder / f"{name}.yaml").write_text(f"{head}\n{said}", encoding="utf-8")
    return len(cases)
