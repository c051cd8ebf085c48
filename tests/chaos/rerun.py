"""
Evenings run again in another process, whose hash seed is another one: what comes out must be the same.

As a program (``python rerun.py [PLANTED]``) it runs the scenarios it is given, one a line, and answers with a
fingerprint of each.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from types import TracebackType
from typing import Any

import pandas as pd
import yaml
from invariants import check, rule_of
from shrinking import shrunk

from delivsim.experiment.run import run
from delivsim.record.result import Result
from delivsim.scenario.schema import Scenario

OTHER_HASHES = "4711"


def fingerprint(result: Result) -> dict[str, str]:
    """A digest of each table and of the manifest."""
    digests = {name: _digest(table) for name, table in result.tables.items()}
    return digests | {"manifest": hashlib.sha256(json.dumps(result.manifest).encode()).hexdigest()}


def _digest(table: pd.DataFrame) -> str:
    digest = hashlib.sha256(repr(list(table.dtypes.index)).encode())
    digest.update(pd.util.hash_pandas_object(table).to_numpy().tobytes())
    return digest.hexdigest()


class Rerun:
    """Another process that runs evenings again; ``planted`` names what is to be wrong there as well."""

    def __init__(self, planted: str | None = None) -> None:
        command = [sys.executable, __file__, *([planted] if planted else [])]
        hashes = {"PYTHONHASHSEED": OTHER_HASHES}
        self._process = subprocess.Popen(
            command, env=os.environ | hashes, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Rerun:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def begin(self, evening: dict[str, Any]) -> None:
        """Have an evening run; ``fingerprint`` waits for it."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(evening) + "\n")
        self._process.stdin.flush()

    def fingerprint(self) -> dict[str, str]:
        """Give the fingerprint of the evening that was begun."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the process that runs evenings again has ended"
        found: dict[str, str] = json.loads(line)
        return found


def held_twice(evening: dict[str, Any], again: Rerun) -> Result:
    """Run an evening here and there, and hold it to all rules."""
    again.begin(evening)
    try:
        result = run(Scenario.model_validate(evening))
    finally:
        there = again.fingerprint()
    check(result)
    here = fingerprint(result)
    assert here == there, f"differ: {[name for name in here if here[name] != there.get(name)]}"
    return result


def hold(evening: dict[str, Any], again: Rerun) -> Result:
    """Hold an evening to all rules; one that breaks a rule is shown as small as it can be and still break that."""
    try:
        return held_twice(evening, again)
    except Exception as error:
        rule = rule_of(error)
        smallest = shrunk(evening, lambda smaller: _breaks(smaller, again) == rule)
        error.add_note(f"{rule}:\n{yaml.safe_dump(smallest, sort_keys=False, default_flow_style=None)}")
        raise


def _breaks(evening: dict[str, Any], again: Rerun) -> str:
    try:
        Scenario.model_validate(evening)
        held_twice(evening, again)
    except Exception as error:  # a scenario that may not be is not smaller: it is another mistake
        return rule_of(error)
    return ""


def main() -> None:
    """Answer every line."""
    if len(sys.argv) > 1:
        from planted import PLANTED

        PLANTED[sys.argv[1]].plant(setattr)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_answer(json.loads(line))) + "\n")
        sys.stdout.flush()


def _answer(evening: dict[str, Any]) -> dict[str, str]:
    try:
        return fingerprint(run(Scenario.model_validate(evening)))
    except Exception as error:  # whoever asked meets the same, and says so
        return {"error": repr(error)}


if __name__ == "__main__":
    main()
