"""Equal exponential servers: delay, loss, bounded queues, impatience, closed populations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from delivsim.validate import read
from delivsim.validate.case import Case, Quantity
from delivsim.validate.cases.build import exponential, poisson, settles, station
from delivsim.validate.exact import erlang

if TYPE_CHECKING:
    from delivsim.record.result import Result

MU = 10.0


def delay() -> Iterator[Case]:
    """M/M/c: mean, probability and quantiles of the wait, mean and a quantile of the sojourn."""
    for servers, load, more in (
        (1, 0.5, {}),
        (1, 0.6, {}),
        (3, 0.6, {}),
        (3, 0.6, {"holds": "request"}),
        (1, 0.8, {}),
        (3, 0.8, {}),
        (8, 0.8, {}),
        (1, 0.9, {}),
    ):
        rate = load * servers * MU
        yield Case(
            name=f"M/M/{servers}, load {load:.0%}{', a worker held for the request' if more else ''}",
            family="M/M/c",
            source="Erlang 1917",
            platform=station(exponential(1 / MU), servers, poisson(rate), **more),
            rate=rate,
            settles=settles(load, 1 / MU),
            load=load,
            quantities=(
                Quantity(name="waits at all", exact=erlang.erlang_c(servers, rate / MU), read=_waits_at_all),
                Quantity(name="wait, mean", exact=erlang.mean_wait(servers, rate, MU), read=read.mean(read.waits())),
                Quantity(
                    name="wait and work, mean",
                    exact=erlang.mean_wait(servers, rate, MU) + 1 / MU,
                    read=read.mean(read.sojourns()),
                ),
                *(
                    Quantity(
                        name=f"wait, p{100 * p:.0f}",
                        exact=erlang.wait_quantile(servers, rate, MU, p),
                        read=read.quantile(read.waits(), p),
                        kind="quantile",
                    )
                    for p in (0.95, 0.99)
                ),
                Quantity(
                    name="wait and work, p99",
                    exact=erlang.sojourn_quantile(servers, rate, MU, 0.99),
                    read=read.quantile(read.sojourns(), 0.99),
                    kind="quantile",
                ),
            ),
        )


_waits_at_all = read.share_above(read.waits(), 0.0)


def loss() -> Iterator[Case]:
    """M/M/c/K and Erlang B: who finds no room is refused."""
    for servers, room, load in ((3, 0, 2 / 3), (20, 0, 0.9), (1, 4, 0.8), (3, 5, 1.1)):
        rate = load * servers * MU
        at = erlang.bounded(servers, room, rate, MU)
        admitted = rate * (1.0 - at[-1])
        queue = sum(max(0, n - servers) * p for n, p in enumerate(at))
        waiting = Quantity(name="wait of those let in, mean", exact=queue / admitted, read=_wait_of_served)
        yield Case(
            name=f"M/M/{servers}/{servers + room}, {rate / MU:.3g} erlang offered",
            family="Loss",
            source="Erlang 1917" if room == 0 else "birth-death",
            platform=station(exponential(1 / MU), servers, poisson(rate), queue_capacity=room),
            rate=rate,
            settles=5.0,
            load=0.0,
            quantities=(
                Quantity(name="refused", exact=at[-1], read=read.share_not_served),
                Quantity(name="busy servers", exact=admitted / MU, read=read.busy),
                *((waiting,) if room else ()),
            ),
        )


def _wait_of_served(result: Result) -> float:
    rows = read.visits(result)
    rows = rows[rows["outcome"] == "served"]
    return float((rows["started_at"] - rows["arrived_at"]).mean())


def impatience() -> Iterator[Case]:
    """Erlang A: who has waited too long leaves."""
    for servers, load, patience in ((3, 1.0, 0.2), (10, 1.2, 0.5), (1, 0.6, 0.1)):
        rate = load * servers * MU
        leaves, wait = erlang.impatient(servers, rate, MU, 1.0 / patience)
        yield Case(
            name=f"M/M/{servers}+M, {rate / MU:.3g} erlang offered, patience {patience:g} s",
            family="Erlang A",
            source="Palm 1957",
            platform=station(exponential(1 / MU), servers, poisson(rate), queue_timeout=exponential(patience)),
            rate=rate,
            settles=10.0,
            load=0.0,
            quantities=(
                Quantity(name="gave up", exact=leaves, read=read.share_not_served),
                Quantity(name="wait of all, mean", exact=wait, read=read.mean(read.waits())),
            ),
        )


def closed() -> Iterator[Case]:
    """Machine repair: users who think, call, and wait for the answer."""
    for users, think, servers in ((5, 0.4, 1), (12, 0.5, 2)):
        rate, sojourn = erlang.machine_repair(users, think, servers, MU)
        workload = {"kind": "closed", "users": users, "think": exponential(think)}
        yield Case(
            name=f"{users} users thinking {think:g} s, {servers} server{'s' * (servers > 1)}",
            family="Closed population",
            source="Palm 1947",
            platform=station(exponential(1 / MU), servers, workload),
            rate=rate,
            settles=20.0,
            load=0.0,
            quantities=(
                Quantity(name="calls per second", exact=rate, read=read.per_second),
                Quantity(name="wait and work, mean", exact=sojourn, read=read.mean(read.sojourns())),
            ),
        )
