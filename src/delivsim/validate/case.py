"""A case: a scenario of steps whose numbers are known exactly, and how to read them from a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from delivsim.scenario.schema import Scenario

if TYPE_CHECKING:
    from delivsim.record.result import Result

Kind = Literal["mean", "quantile"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """
    One number that is known exactly.

    Parameters
    ----------
    name
        What it is.
    exact
        Its value: seconds, a share, a count or calls per second.
    read
        Gives what one run found.
    kind
        How wide an interval may be: a quantile's is wider than a mean's.
    """

    name: str
    exact: float
    read: Callable[[Result], float]
    kind: Kind = "mean"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """
    A scenario and what is known of it.

    Parameters
    ----------
    name
        Kendall's notation and what else matters.
    family
        The kind of result, one heading in the table.
    source
        Who found the formula.
    platform
        What the scenario says under ``platform``; calls take no time on the network unless it says otherwise.
    rate
        Calls per second, which turn a number of calls into a horizon.
    settles
        Seconds after which the start is forgotten: the warm-up.
    load
        Busy share of the busiest station; cases up to ``QUICK_LOAD`` are in the quick set.
    quantities
        What is compared.
    """

    name: str
    family: str
    source: str
    platform: Mapping[str, Any]
    rate: float
    settles: float
    load: float
    quantities: tuple[Quantity, ...]

    def data(self, calls: int) -> dict[str, Any]:
        """Give the scenario as a file would say it, long enough for so many calls after the warm-up."""
        network = {"default_delay": 0, **self.platform.get("network", {})}
        return {
            "name": "validate",
            "horizon": self.settles + calls / self.rate,
            "warm_up": self.settles,
            "drain": "until_done",
            "platform": {**self.platform, "network": network},
        }

    def scenario(self, calls: int) -> Scenario:
        """Give the scenario, checked like any other."""
        return Scenario.model_validate(self.data(calls))


QUICK_LOAD = 0.6
"""The highest load of the quick set: the run that a narrow interval needs grows steeply with the load."""
