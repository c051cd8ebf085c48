"""Networks of stations, bursts, timetables, fork-join, retries, rate limits and replicas with queues of their own."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from delivsim.validate import read
from delivsim.validate.case import Case, Quantity
from delivsim.validate.cases.build import exponential, platform, poisson, service, settles, station
from delivsim.validate.exact import chains, erlang, one_server

MU = 10.0


def tandem() -> Iterator[Case]:
    """A page works, calls a service that calls another: three M/M/1 in a row."""
    rate, mus = 5.0, (10.0, 12.5, 9.0)
    steps: list[list[dict[str, Any]]] = [[{"work": exponential(1.0 / mu)}] for mu in mus]
    steps[0].append({"call": "cache.page"})
    steps[1].append({"call": "db.page"})
    web, cache, db = (service(one) for one in steps)
    yield Case(
        name="three stations in a row, loads 50%, 40%, 56%",
        family="Jackson networks",
        source="Jackson 1957",
        platform=platform(web, poisson(rate), cache=cache, db=db),
        rate=rate,
        settles=settles(0.56, 0.11),
        load=rate / min(mus),
        quantities=(
            Quantity(
                name="seen by the caller, mean",
                exact=sum(1.0 / (mu - rate) for mu in mus),
                read=read.mean(read.latencies),
            ),
            Quantity(name="in the third, mean", exact=1.0 / (mus[2] - rate), read=read.mean(read.sojourns("db"))),
            Quantity(
                name="in the third, p99",
                exact=math.log(100.0) / (mus[2] - rate),
                read=read.quantile(read.sojourns("db"), 0.99),
                kind="quantile",
            ),
        ),
    )


def feedback() -> Iterator[Case]:
    """Every third page is asked for again by itself; every second one asks a database."""
    rate = 4.0
    again = [{"probability": 1 / 3, "steps": [{"call": "web.page"}]}, {"probability": 2 / 3}]
    asks = [{"probability": 0.5, "steps": [{"call": "db.page"}]}, {"probability": 0.5}]
    web = service([{"work": exponential(0.1)}, {"choose": again}, {"choose": asks}])
    db = service([{"work": exponential(0.2)}])
    yield Case(
        name="feedback and branching, loads 60%",
        family="Jackson networks",
        source="Jackson 1957",
        platform=platform(web, poisson(rate), db=db),
        rate=rate,
        settles=settles(0.6, 0.2),
        load=0.6,
        quantities=(
            Quantity(name="in the page, mean", exact=1.0 / (MU - 1.5 * rate), read=read.mean(read.sojourns())),
            Quantity(
                name="in the database, mean",
                exact=1.0 / (5.0 - 0.75 * rate),
                read=read.mean(read.sojourns("db")),
            ),
        ),
    )


def bursts() -> Iterator[Case]:
    """Markov-modulated arrivals at one and at two servers."""
    for servers, rates, stays in ((1, (12.0, 2.0), (1.0, 1.5)), (2, (18.0, 4.0), (0.5, 0.5))):
        mean = sum(r * t for r, t in zip(rates, stays, strict=True)) / sum(stays)
        load = mean / servers / MU
        states = [{"rate": r, "mean_time": t} for r, t in zip(rates, stays, strict=True)]
        yield Case(
            name=f"MMPP/M/{servers}, load {load:.0%}",
            family="MMPP/M/c",
            source="Neuts 1981",
            platform=station(exponential(1 / MU), servers, {"kind": "mmpp", "states": states}),
            rate=mean,
            settles=3.0 * settles(load, 1 / MU),
            load=load,
            quantities=(
                Quantity(
                    name="wait, mean",
                    exact=chains.modulated_wait(rates, stays, servers, MU),
                    read=read.mean(read.waits()),
                ),
            ),
        )


def timetable() -> Iterator[Case]:
    """M_t/M/infinity: busy servers lag behind the arrivals."""
    phases = ((40.0, 1.0), (5.0, 2.0))
    mu, period = 2.0, 3.0
    said = [{"rate": rate, "lasts": seconds} for rate, seconds in phases]
    peak, lull = chains.timed_busy(phases, mu)
    yield Case(
        name="peaks of 1 s every 3 s, work of 0.5 s",
        family="M_t/M/infinity",
        source="Eick, Massey and Whitt 1993",
        platform=station(exponential(1 / mu), 1000, {"kind": "phases", "phases": said, "repeat": True}),
        rate=50.0 / 3.0,
        settles=30.0,
        load=0.0,
        quantities=(
            Quantity(name="busy at the end of a peak", exact=peak, read=read.busy_at(1.0, period)),
            Quantity(name="busy at the end of a lull", exact=lull, read=read.busy_at(0.0, period)),
        ),
    )


def fork_join() -> Iterator[Case]:
    """A call to two stations at once ends with the slower one."""
    for load in (0.5, 0.6):
        rate = load * MU
        query = service([{"work": exponential(1 / MU)}])
        web = service([{"call_all": ["left.page", "right.page"]}])
        yield Case(
            name=f"two-way fork-join, load {load:.0%}",
            family="Fork-join",
            source="Flatto and Hahn 1984",
            platform=platform(web, poisson(rate), left=query, right=query),
            rate=rate,
            settles=settles(load, 1 / MU),
            load=load,
            quantities=(
                Quantity(
                    name="seen by the caller, mean", exact=chains.fork_join(rate, MU), read=read.mean(read.latencies)
                ),
            ),
        )


def retries() -> Iterator[Case]:
    """Calls that fail with probability p are tried up to m times: a cut geometric law."""
    for fails, most in ((0.4, 3), (0.5, 2)):
        rate, pause, work = 10.0, 0.2, 0.02
        coin = [{"probability": fails, "steps": [{"fail": 503}]}, {"probability": 1.0 - fails}]
        said = station(work, 50, poisson(rate))
        said["services"]["web"] = service([{"work": work}, {"choose": coin}], 50)
        said["network"] = {"edges": {f"{read.CALLER}->web": {"retries": {"max_attempts": most, "backoff": pause}}}}
        tries = (1.0 - fails**most) / (1.0 - fails)
        yield Case(
            name=f"{fails:.0%} fail, up to {most} attempts",
            family="Retries",
            source="geometric law",
            platform=said,
            rate=rate,
            settles=5.0,
            load=0.0,
            quantities=(
                Quantity(name="attempts, mean", exact=tries, read=read.attempts),
                Quantity(name="failed for good", exact=fails**most, read=read.share_of_status(500)),
                Quantity(
                    name="seen by the caller, mean",
                    exact=tries * work + (tries - 1.0) * pause,
                    read=read.mean(read.latencies),
                ),
            ),
        )


def rate_limit() -> Iterator[Case]:
    """A token bucket before the service."""
    for rate, refill, burst in ((8.0, 10.0, 3), (15.0, 10.0, 5)):
        said = station(0.001, 50, poisson(rate))
        said["services"]["web"]["rate_limit"] = {"rate": refill, "burst": burst}
        yield Case(
            name=f"{refill:g} tokens/s, burst {burst}, {rate:g} calls/s",
            family="Token bucket",
            source="workload of M/D/1",
            platform=said,
            rate=rate,
            settles=10.0,
            load=0.0,
            quantities=(
                Quantity(
                    name="refused",
                    exact=one_server.bucket_refuses(rate, refill, burst),
                    read=read.share_of_status(429, 430),
                ),
            ),
        )


def replicas() -> Iterator[Case]:
    """Two replicas with queues of their own: by chance each is M/M/1, in turn each is G/M/1 with Erlang gaps."""
    rate = 0.6 * 2 * MU

    def every_second(s: float) -> float:
        return float((rate / (rate + s)) ** 2)

    root = one_server.wait_root(MU, every_second)
    for balancing, exact, p99, source in (
        ("random", erlang.mean_wait(1, rate / 2, MU), erlang.wait_quantile(1, rate / 2, MU, 0.99), "Erlang 1917"),
        ("round_robin", root / MU / (1.0 - root), math.log(100.0 * root) / MU / (1.0 - root), "Kendall 1953"),
    ):
        yield Case(
            name=f"two replicas, {balancing.replace('_', ' ')}, load 60%",
            family="Load balancing",
            source=source,
            platform=station(exponential(1 / MU), 1, poisson(rate), replicas=2, balancing=balancing),
            rate=rate,
            settles=settles(0.6, 1 / MU),
            load=0.6,
            quantities=(
                Quantity(name="wait, mean", exact=exact, read=read.mean(read.waits())),
                Quantity(name="wait, p99", exact=p99, read=read.quantile(read.waits(), 0.99), kind="quantile"),
            ),
        )
