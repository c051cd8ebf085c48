"""Dispatch policies: each a file with a frozen dataclass of parameters, and one line here."""

from __future__ import annotations

from delivsim.dispatch.policies.cheapest_insertion import CheapestInsertion
from delivsim.dispatch.policies.fcfs import Fcfs
from delivsim.dispatch.policies.linear_assignment import LinearAssignment
from delivsim.dispatch.policies.lookahead import Lookahead
from delivsim.dispatch.policies.nearest import Nearest
from delivsim.dispatch.policies.rolling_horizon import RollingHorizon
from delivsim.dispatch.policies.set_partition import SetPartition

POLICIES = {
    "nearest": Nearest,
    "fcfs": Fcfs,
    "cheapest_insertion": CheapestInsertion,
    "linear_assignment": LinearAssignment,
    "rolling_horizon": RollingHorizon,
    "set_partition": SetPartition,
    "lookahead": Lookahead,
}
"""Every policy of delivsim by its name in a scenario."""
