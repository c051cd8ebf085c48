"""Markov-modulated arrivals (matrix-geometric), arrivals that follow a timetable, and two-way fork-join."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def modulated_wait(rates: Sequence[float], stays: Sequence[float], servers: int, mu: float) -> float:
    """
    Mean time in the queue of MMPP/M/c, seconds, by the matrix-geometric method (Neuts 1981).

    Parameters
    ----------
    rates
        Arrivals per second in each state.
    stays
        Mean seconds in each state; the states follow one another in a round.
    """
    m = len(rates)
    turn = np.zeros((m, m))
    for i in range(m):
        turn[i, i] -= 1.0 / stays[i]
        turn[i, (i + 1) % m] += 1.0 / stays[i]
    up = np.diag(np.asarray(rates, dtype=float))
    one = np.eye(m)
    here = turn - up - servers * mu * one
    growth = np.zeros((m, m))
    for _ in range(100_000):
        new = -(up + growth @ growth * (servers * mu)) @ np.linalg.inv(here)
        change = np.abs(new - growth).max()
        growth = new
        if change < 1e-15:
            break
    levels = _boundary(turn, up, growth, servers, mu)
    rest = np.linalg.inv(one - growth)
    full = levels[servers]
    waiting = float((full @ growth @ rest @ rest).sum())
    mean_rate = float(np.dot(rates, stays) / np.sum(stays))
    return waiting / mean_rate


def _boundary(turn: np.ndarray, up: np.ndarray, growth: np.ndarray, servers: int, mu: float) -> list[np.ndarray]:
    """Stationary probabilities of the levels 0 to ``servers``, by state: balance equations and one normalization."""
    m, n = len(turn), servers + 1
    flow = np.zeros((n * m, n * m))
    for k in range(n):
        at = slice(k * m, k * m + m)
        flow[at, at] += turn - up - k * mu * np.eye(m)
        if k:
            flow[at, (k - 1) * m : k * m] += k * mu * np.eye(m)
        if k < servers:
            flow[at, (k + 1) * m : (k + 2) * m] += up
    last = slice(servers * m, n * m)
    flow[last, last] += growth * (servers * mu)
    weight = np.ones(n * m)
    weight[last] = np.linalg.inv(np.eye(m) - growth).sum(axis=1)
    system = flow.T.copy()
    system[0] = weight
    right = np.zeros(n * m)
    right[0] = 1.0
    found = np.linalg.solve(system, right)
    return [found[k * m : k * m + m] for k in range(n)]


def timed_busy(phases: Sequence[tuple[float, float]], mu: float) -> list[float]:
    """
    Mean busy servers of M_t/M/infinity at the end of each phase of a round that repeats for ever (Eick et al. 1993).

    Parameters
    ----------
    phases
        (arrivals per second, seconds) of each phase.
    """
    decay = math.exp(-mu * sum(seconds for _, seconds in phases))
    busy = 0.0
    for rate, seconds in phases:
        fades = math.exp(-mu * seconds)
        busy = busy * fades + rate / mu * (1.0 - fades)
    start = busy / (1.0 - decay)
    ends = []
    for rate, seconds in phases:
        fades = math.exp(-mu * seconds)
        start = start * fades + rate / mu * (1.0 - fades)
        ends.append(start)
    return ends


def fork_join(rate: float, mu: float) -> float:
    """Mean time until both of two M/M/1 with the same arrivals are done (Flatto and Hahn 1984)."""
    return (12.0 - rate / mu) / 8.0 / (mu - rate)
