"""All cases, in the order of the table."""

from __future__ import annotations

from delivsim.validate.case import Case
from delivsim.validate.cases import erlang, networks, one_server

FAMILIES = (
    erlang.delay,
    erlang.loss,
    erlang.impatience,
    one_server.general,
    one_server.constant,
    one_server.arrivals,
    one_server.batches,
    one_server.last_come,
    one_server.sharing,
    one_server.priorities,
    networks.tandem,
    networks.feedback,
    networks.fork_join,
    networks.bursts,
    networks.timetable,
    erlang.closed,
    networks.retries,
    networks.replicas,
    networks.rate_limit,
    one_server.partition,
)


def all_cases() -> tuple[Case, ...]:
    """Give every case."""
    return tuple(case for family in FAMILIES for case in family())
