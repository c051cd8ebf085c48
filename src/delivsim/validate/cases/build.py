"""What the cases are made of: services of steps, laws of work, workloads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from delivsim.validate.read import CALLER

Law = Mapping[str, Any] | float


def exponential(mean: float) -> dict[str, Any]:
    """Say an exponential law."""
    return {"kind": "exponential", "mean": mean}


def service(steps: Sequence[Mapping[str, Any]], servers: int = 1, **station: Any) -> dict[str, Any]:
    """Say a service with one operation, ``page``."""
    return {"workers": servers, **station, "operations": {"page": {"steps": list(steps)}}}


def platform(web: Mapping[str, Any], workload: Mapping[str, Any], **others: Mapping[str, Any]) -> dict[str, Any]:
    """Say a platform of services of one's own and one workload on ``web.page``."""
    visitors = {"name": CALLER, "operation": "web.page", **workload}
    return {"services": {"web": web, **others}, "workloads": [visitors]}


def station(law: Law, servers: int, workload: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Say a platform of one station whose calls work once."""
    return platform(service([{"work": law}], servers, **more), workload)


def poisson(rate: float) -> dict[str, Any]:
    """Say Poisson arrivals."""
    return {"kind": "open", "rate": rate}


def settles(load: float, work: float) -> float:
    """Give seconds after which a queue has forgotten that it began empty: many times its relaxation time."""
    return 20.0 * work / (1.0 - load) ** 2
