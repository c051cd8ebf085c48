"""Equal exponential servers: Erlang's loss and delay formulas, bounded queues, and impatient customers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from scipy.optimize import brentq


def erlang_b(servers: int, load: float) -> float:
    """Probability that all servers are busy when nobody may wait, M/M/c/c (Erlang 1917, by its recursion)."""
    blocked = 1.0
    for c in range(1, servers + 1):
        blocked = load * blocked / (c + load * blocked)
    return blocked


def erlang_c(servers: int, load: float) -> float:
    """Probability of having to wait in M/M/c (Erlang 1917); ``load`` busy servers < ``servers``."""
    blocked = erlang_b(servers, load)
    return blocked / (1.0 - load / servers * (1.0 - blocked))


def mean_wait(servers: int, rate: float, mu: float) -> float:
    """Mean time in the queue of M/M/c, seconds: C / (c mu - rate)."""
    return erlang_c(servers, rate / mu) / (servers * mu - rate)


def wait_quantile(servers: int, rate: float, mu: float, p: float) -> float:
    """Waiting time of M/M/c below which a share ``p`` is: P(W > t) = C exp(-(c mu - rate) t), first come first."""
    return max(0.0, math.log(erlang_c(servers, rate / mu) / (1.0 - p)) / (servers * mu - rate))


def sojourn_quantile(servers: int, rate: float, mu: float, p: float) -> float:
    """Queue and work in M/M/c below which a share ``p`` is; the wait has an atom at 0 and an exponential tail."""
    spare = servers * mu - rate
    waits = erlang_c(servers, rate / mu)

    def beyond(t: float) -> float:
        if math.isclose(spare, mu):
            return math.exp(-mu * t) * (1.0 + waits * mu * t)
        return math.exp(-mu * t) + waits * mu / (spare - mu) * (math.exp(-mu * t) - math.exp(-spare * t))

    return quantile_of(beyond, p, 1.0 / mu)


def quantile_of(beyond: Callable[[float], float], p: float, scale: float) -> float:
    """Invert a tail probability: the t with P(T > t) = 1 - p, by bracketing from ``scale`` seconds on."""
    high = scale
    while beyond(high) > 1.0 - p:
        high *= 2.0
    return float(brentq(lambda t: beyond(t) - (1.0 - p), 0.0, high, xtol=1e-12 * scale))


def birth_death(births: Sequence[float], deaths: Sequence[float]) -> list[float]:
    """Stationary probabilities of 0, 1, ... of a birth-death chain; ``deaths[i]`` leads from i + 1 back to i."""
    weights = [1.0]
    for up, down in zip(births, deaths, strict=True):
        weights.append(weights[-1] * up / down)
    total = math.fsum(weights)
    return [weight / total for weight in weights]


def bounded(servers: int, room: int, rate: float, mu: float) -> list[float]:
    """Probabilities of 0 to ``servers`` + ``room`` in M/M/c/K."""
    most = servers + room
    return birth_death([rate] * most, [min(n, servers) * mu for n in range(1, most + 1)])


def impatient(servers: int, rate: float, mu: float, theta: float) -> tuple[float, float]:
    """
    Erlang A, M/M/c+M (Palm 1957; Garnett, Mandelbaum and Reiman 2002).

    Parameters
    ----------
    theta
        1 / mean patience, per second.

    Returns
    -------
    The share that gives up, and the mean time in the queue of all, seconds.
    """
    most = servers + 200 + math.ceil(10.0 * rate / theta)
    deaths = [min(n, servers) * mu + max(0, n - servers) * theta for n in range(1, most + 1)]
    at = birth_death([rate] * most, deaths)
    queue = math.fsum(max(0, n - servers) * p for n, p in enumerate(at))
    return theta * queue / rate, queue / rate


def machine_repair(users: int, think: float, servers: int, mu: float) -> tuple[float, float]:
    """
    A closed population of ``users`` who think ``think`` seconds on average and then need one of ``servers``.

    Returns
    -------
    Calls per second, and the mean of queue and work, seconds (Little's law on the whole round).
    """
    births = [(users - n) / think for n in range(users)]
    deaths = [min(n, servers) * mu for n in range(1, users + 1)]
    at = birth_death(births, deaths)
    rate = math.fsum((users - n) / think * p for n, p in enumerate(at))
    return rate, users / rate - think
