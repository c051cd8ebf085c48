"""One server with any law of work or of arrivals, batches, disciplines and priorities."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from delivsim.domain.distributions import duration_law
from delivsim.validate import read
from delivsim.validate.case import Case, Quantity
from delivsim.validate.cases.build import Law, exponential, platform, poisson, service, settles, station
from delivsim.validate.exact import erlang, one_server
from delivsim.validate.exact.one_server import Moments

if TYPE_CHECKING:
    from delivsim.record.result import Result

MU = 10.0
WORK = 1.0 / MU
LAWS: dict[str, Law] = {
    "constant": WORK,
    "uniform": {"kind": "uniform", "low": 0.0, "high": 2.0 * WORK},
    "Erlang of 3 stages": {"kind": "erlang", "mean": WORK, "stages": 3},
    "hyperexponential, cv 1.5": {"kind": "hyperexponential", "mean": WORK, "cv": 1.5},
    "lognormal, cv 1": {"kind": "lognormal", "mean": WORK, "cv": 1.0},
    "gamma, cv 0.5": {"kind": "gamma", "mean": WORK, "cv": 0.5},
}


def moments(law: Law) -> Moments:
    """Give the first two moments of a law, from its mean and variance."""
    found = duration_law(law)
    return Moments(found.mean, found.variance + found.mean**2)


def general() -> Iterator[Case]:
    """M/G/1: the mean wait depends on the first two moments of the work only."""
    loads = dict.fromkeys(LAWS, 0.6) | {"hyperexponential, cv 1.5": 0.5}
    for name, load in [*loads.items(), ("constant", 0.8)]:
        rate = load * MU
        yield Case(
            name=f"M/G/1, {name}, load {load:.0%}",
            family="M/G/1",
            source="Pollaczek 1930, Khinchine 1932",
            platform=station(LAWS[name], 1, poisson(rate)),
            rate=rate,
            settles=settles(load, WORK),
            load=load,
            quantities=(
                Quantity(
                    name="wait, mean",
                    exact=one_server.pollaczek_khinchine(rate, moments(LAWS[name])),
                    read=read.mean(read.waits()),
                ),
            ),
        )


def constant() -> Iterator[Case]:
    """M/D/1: quantiles of the wait."""
    for load in (0.6, 0.8):
        rate = load * MU
        yield Case(
            name=f"M/D/1, load {load:.0%}",
            family="M/D/1 quantiles",
            source="Crommelin 1932",
            platform=station(WORK, 1, poisson(rate)),
            rate=rate,
            settles=settles(load, WORK),
            load=load,
            quantities=tuple(
                Quantity(
                    name=f"wait, p{100 * p:.0f}",
                    exact=one_server.constant_work_quantile(rate, WORK, p),
                    read=read.quantile(read.waits(), p),
                    kind="quantile",
                )
                for p in (0.9, 0.99)
            ),
        )


def arrivals() -> Iterator[Case]:
    """G/M/1: any law of the time between arrivals."""
    rate = 0.6 * MU
    stages = 3

    def constant_gaps(s: float) -> float:
        return math.exp(-s / rate)

    def erlang_gaps(s: float) -> float:
        return float((1.0 + s / rate / stages) ** -stages)

    for name, law, transform in (
        ("constant", 1.0 / rate, constant_gaps),
        (f"Erlang of {stages} stages", {"kind": "erlang", "mean": 1.0 / rate, "stages": stages}, erlang_gaps),
    ):
        waits = one_server.wait_root(MU, transform)
        yield Case(
            name=f"G/M/1, gaps {name}, load 60%",
            family="G/M/1",
            source="Kendall 1953",
            platform=station(exponential(WORK), 1, {"kind": "open", "interarrival": law}),
            rate=rate,
            settles=settles(0.6, WORK),
            load=0.6,
            quantities=(
                Quantity(name="waits at all", exact=waits, read=read.share_above(read.waits(), 1e-12)),
                Quantity(name="wait, mean", exact=waits / MU / (1.0 - waits), read=read.mean(read.waits())),
                Quantity(
                    name="wait, p99",
                    exact=math.log(100.0 * waits) / MU / (1.0 - waits),
                    read=read.quantile(read.waits(), 0.99),
                    kind="quantile",
                ),
            ),
        )


def batches() -> Iterator[Case]:
    """M^[X]/M/1: several calls at once."""
    sizes: tuple[tuple[str, Any, float, float], ...] = (
        ("3", 3, 3.0, 9.0),
        ("1 to 5", {"kind": "uniform", "low": 1, "high": 5}, 3.0, 10.5),  # rounded: 1 and 5 are half as likely
    )
    for name, law, size, squared in sizes:
        yield Case(
            name=f"batches of {name}, load 60%",
            family="Batch arrivals",
            source="Gaver 1959",
            platform=station(exponential(WORK), 1, {"kind": "batch", "rate": 2.0, "size": law}),
            rate=2.0 * size,
            settles=settles(0.6, WORK),
            load=0.6,
            quantities=(
                Quantity(
                    name="wait and work, mean",
                    exact=one_server.batches(2.0, size, squared, MU),
                    read=read.mean(read.sojourns()),
                ),
            ),
        )


def last_come() -> Iterator[Case]:
    """Last come, first served: the same mean wait, a longer tail."""
    rate, work = 0.6 * MU, one_server.exponential(WORK)
    yield Case(
        name="M/M/1, last come first served, load 60%",
        family="Disciplines",
        source="Takacs 1962, Cohen 1982",
        platform=station(exponential(WORK), 1, poisson(rate), discipline="lifo"),
        rate=rate,
        settles=settles(0.6, WORK),
        load=0.6,
        quantities=(
            Quantity(name="wait, mean", exact=one_server.pollaczek_khinchine(rate, work), read=read.mean(read.waits())),
            Quantity(
                name="squared wait, mean",
                exact=one_server.squared_wait(rate, work, last_come=True),
                read=read.mean_square(read.waits()),
                kind="quantile",
            ),
        ),
    )


def sharing() -> Iterator[Case]:
    """Processor sharing: the mean sojourn of a call is its size / (1 - load), whatever the law."""
    for name, law in (("exponential", exponential(WORK)), *((n, LAWS[n]) for n in ("constant", "lognormal, cv 1"))):
        rate = 0.6 * MU
        yield Case(
            name=f"M/G/1 sharing, {name}, load 60%",
            family="Processor sharing",
            source="Sakata, Noguchi and Oizumi 1969",
            platform=station(law, 1, poisson(rate), discipline="processor_sharing"),
            rate=rate,
            settles=settles(0.6, WORK),
            load=0.6,
            quantities=(
                Quantity(
                    name="work stretched, mean",
                    exact=one_server.shared(rate, moments(law), WORK),
                    read=read.mean(read.sojourns()),
                ),
            ),
        )
    rate = 0.6 * 3 * MU
    yield Case(
        name="M/M/3 sharing, load 60%",
        family="Processor sharing",
        source="number in system as in M/M/c",
        platform=station(exponential(WORK), 3, poisson(rate), discipline="processor_sharing"),
        rate=rate,
        settles=settles(0.6, WORK),
        load=0.6,
        quantities=(
            Quantity(
                name="work stretched, mean",
                exact=erlang.mean_wait(3, rate, MU) + WORK,
                read=read.mean(read.sojourns()),
            ),
        ),
    )


def priorities() -> Iterator[Case]:
    """Classes that go first, with and without interrupting; the work of the classes differs."""
    rates, means = (2.0, 1.5), (0.1, 0.2)
    works = [one_server.exponential(mean) for mean in means]
    load = sum(rate * mean for rate, mean in zip(rates, means, strict=True))
    for discipline, exact, times, what, source in (
        ("priority", one_server.cobham(rates, works), read.waits, "wait", "Cobham 1954"),
        ("preemptive_priority", one_server.preemptive(rates, works), read.sojourns, "wait and work", "Miller 1960"),
    ):
        yield Case(
            name=f"M/M/1, two classes, {discipline.replace('_', ' ')}, load {load:.0%}",
            family="Priorities",
            source=source,
            platform=_classes(rates, means, discipline),
            rate=sum(rates),
            settles=settles(load, 0.15),
            load=load,
            quantities=tuple(
                Quantity(name=f"{what}, {name}, mean", exact=value, read=read.mean(times("web", name)))
                for name, value in zip(CLASSES, exact, strict=False)
            ),
        )
    each, servers = 4.0, 2
    upto = [k * each * WORK / servers for k in range(4)]
    waits = erlang.erlang_c(servers, 3.0 * each * WORK) * WORK / servers
    yield Case(
        name="M/M/2, three classes, priority, load 60%",
        family="Priorities",
        source="Cobham 1954",
        platform=_classes((each,) * 3, (WORK,) * 3, "priority", servers),
        rate=3.0 * each,
        settles=settles(0.6, WORK),
        load=0.6,
        quantities=tuple(
            Quantity(
                name=f"wait, {name}, mean",
                exact=waits / (1.0 - upto[k]) / (1.0 - upto[k + 1]),
                read=read.mean(read.waits("web", name)),
            )
            for k, name in enumerate(CLASSES)
        ),
    )


CLASSES = ("urgent", "normal", "patient")


def _classes(rates: Sequence[float], means: Sequence[float], discipline: str, servers: int = 1) -> dict[str, Any]:
    operations = {
        name: {"priority": k, "steps": [{"work": exponential(mean)}]}
        for k, (name, mean) in enumerate(zip(CLASSES, means, strict=False))
    }
    workloads = [
        {"kind": "open", "name": f"{name}_visitors", "operation": f"web.{name}", "rate": rate}
        for name, rate in zip(CLASSES, rates, strict=False)
    ]
    web = {"workers": servers, "discipline": discipline, "operations": operations}
    return {"services": {"web": web}, "workloads": workloads}


def partition() -> Iterator[Case]:
    """One partition of a topic is handled one message at a time, in order: a single server."""
    rate = 0.6 * MU
    web = service([{"publish": "photo.stored"}])
    faces = {
        "workers": 64,
        "consumes": {"photo.stored": "find"},
        "operations": {"find": {"steps": [{"work": exponential(WORK)}]}},
    }
    said = platform(web, poisson(rate), faces=faces)
    said["broker"] = {"partitions": 1, "publish_delay": 0}
    yield Case(
        name="one partition of a topic, M/M/1, load 60%",
        family="Broker",
        source="Erlang 1917",
        platform=said,
        rate=rate,
        settles=settles(0.6, WORK),
        load=0.6,
        quantities=(
            Quantity(name="published to handled, mean", exact=1.0 / (MU - rate), read=_handled("mean")),
            Quantity(
                name="published to handled, p99",
                exact=math.log(100.0) / (MU - rate),
                read=_handled("p99"),
                kind="quantile",
            ),
        ),
    )


def _handled(what: str) -> read.Read:
    def found(result: Result) -> float:
        rows = result.tables["messages"]
        rows = rows[(rows["published_at"] >= result.manifest["warm_up"]) & (rows["outcome"] == "acknowledged")]
        times = rows["acknowledged_at"] - rows["published_at"]
        return float(times.mean() if what == "mean" else times.quantile(0.99))

    return found
