"""The port of the dispatch core, coming out: who carries what, who moves where, who waits, and why."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from delivsim.dispatch.problem import DispatchProblem

Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Match:
    """
    Offer these orders to this rider now; a rider who is not yet free goes as soon as he is.

    Parameters
    ----------
    rider
        The rider's number.
    orders
        Numbers of the bundle's orders in the order they are delivered. With ``joins`` the whole bundle as it will
        be, orders promised before included.
    reason
        Why, for people to read.
    hold_until
        The rider sets out at this instant at the earliest, seconds; None: as soon as he is free.
    joins
        Number of the promised bundle that is to grow; 0: a bundle of its own.
    cost
        What the policy reckoned this match costs, in its own unit: less is better. NaN: it does not say.
    second
        The rider who would have been next best for the same orders; -1: none, or it does not say.
    second_cost
        What that would have cost.
    """

    rider: int
    orders: tuple[int, ...]
    reason: str = ""
    hold_until: float | None = None
    joins: int = 0
    cost: float = math.nan
    second: int = -1
    second_cost: float = math.nan


@dataclass(frozen=True, slots=True)
class Move:
    """Send an idle rider somewhere to wait: metres, or longitude and latitude."""

    rider: int
    place: Place
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """
    Orders that wait for the next decision, all for the same reason.

    Parameters
    ----------
    orders
        Their numbers.
    reason
        What they wait for, for people to read; without figures that change from decision to decision.
    riders
        The rider whom each is meant for at present (-1: none); empty: nobody.
    costs
        What the match of each would cost as it is planned at present, or, where nobody is meant, what the best of the
        riders near would cost, who is with others; in the policy's own unit. Empty: it does not say.
    until
        The instant that each waits for, seconds. Empty: it does not say.
    """

    orders: tuple[int, ...]
    reason: str
    riders: tuple[int, ...] = ()
    costs: tuple[float, ...] = ()
    until: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a policy decided; an order that is in no match waits, and ``waits`` may say why."""

    matches: tuple[Match, ...] = ()
    moves: tuple[Move, ...] = ()
    waits: tuple[Wait, ...] = ()


class DispatchPolicy(Protocol):
    """
    Decides which rider is offered which orders; randomness, if any, comes from ``rng`` alone.

    A class attribute ``asks``, such as ``asks = frozenset({"promises"})``, names what else it wants to be told;
    ``cost_in`` says in words what its costs are, such as ``"seconds of delay"``.
    """

    def __call__(self, problem: DispatchProblem, rng: np.random.Generator) -> Assignment: ...
