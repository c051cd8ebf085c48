"""
Take instances through everything: read them, write and read them again in our own format, run them, add up.

Usage: ``python tools/instances.py [--platform ideal|simulated] FOLDER...``; one line of JSON for each. Ends with 1 if
an instance did not come back the same, or its counts do not add up.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from delivsim.domain.instance import Instance
from delivsim.experiment.run import run
from delivsim.record.conservation import conservation
from delivsim.scenario.formats import delivsim, format_of, read_instance
from delivsim.scenario.formats.delivsim import SUFFIXES
from delivsim.scenario.schema import Scenario

KILOBYTE = 1 if sys.platform == "darwin" else 1024
"""What the operating system counts memory in."""
FIELDS = ("name", "orders", "riders", "stores", "travel", "rules", "geographic", "zones")


class Examined(NamedTuple):
    """
    What came of one instance.

    Parameters
    ----------
    exact
        Whether it came back the same, to the bit, from CSV and from Parquet.
    outcomes
        How many orders ended how.
    adds_up
        Whether orders, requests, visits, messages and money add up, and every order of the instance has an ending.
    cpu, peak
        Seconds of computing and greatest memory, in bytes, of this process so far.
    """

    name: str
    orders: int
    riders: int
    exact: bool
    outcomes: dict[str, int]
    adds_up: bool
    cpu: float
    peak: int


def examine(folder: Path, platform: str) -> Examined:
    """Read, write, read and run one instance with the policy ``nearest``."""
    instance = read_instance(format_of(folder), folder)
    with tempfile.TemporaryDirectory() as name:
        exact = all(_comes_back(instance, Path(name) / suffix, suffix) for suffix in SUFFIXES)
        result = run(_scenario(folder, platform), instance=instance, out=Path(name) / "run")
        outcomes = {str(k): int(n) for k, n in result.orders["outcome"].value_counts().items() if n}
        adds_up = conservation(result)["holds"] and sum(outcomes.values()) == len(instance.orders)
    return Examined(
        name=folder.name,
        orders=len(instance.orders),
        riders=len(instance.riders),
        exact=exact,
        outcomes=outcomes,
        adds_up=adds_up,
        cpu=round(time.process_time(), 1),
        peak=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KILOBYTE,
    )


def _comes_back(instance: Instance, folder: Path, tables: Any) -> bool:
    delivsim.write(instance, folder, tables=tables)
    again = delivsim.read(folder)
    return all(_written(getattr(instance, name)) == _written(getattr(again, name)) for name in FIELDS)


def _written(value: Any) -> str:
    """Write a value so that equal words are equal bits."""
    return repr(list(value) if isinstance(value, list | tuple) else value)


def _scenario(folder: Path, platform: str) -> Scenario:
    return Scenario.model_validate(
        {
            "name": folder.name,
            "horizon": "24h",
            "instance": {"format": format_of(folder), "path": str(folder)},
            "platform": {"kind": platform},
            "dispatch": {"policy": "nearest", "every": "30s"},
        }
    )


def main() -> int:
    """Examine each folder; tell whether all is well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--platform", choices=("ideal", "simulated"), default="simulated")
    parser.add_argument("folders", nargs="+", type=Path)
    given = parser.parse_args()
    well = True
    for folder in given.folders:
        found = examine(folder, given.platform)
        well &= found.exact and found.adds_up
        sys.stdout.write(json.dumps(found._asdict()) + "\n")
        sys.stdout.flush()
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
