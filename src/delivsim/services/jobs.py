"""What the delivery service knows of orders, riders and offers, and when it expects accepted work to be done."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from delivsim.domain.instance import Rules
from delivsim.domain.travel import Travel
from delivsim.services.effects import Cancel, Publish, Put
from delivsim.services.messages import OfferAnswer, OfferMade, Place, Placed, StatusChange
from delivsim.services.promised import Carried


class OpenJob(NamedTuple):
    """An order that waits for a rider."""

    placed: Placed
    ready_at: float


class Job(NamedTuple):
    """
    An order's state here: open, offered, assigned, picked_up, delivered or withdrawn; unknown is never kept.

    An order can be withdrawn before it is known here; then there is no ``open`` to go back to.
    """

    status: str
    open: OpenJob | None
    rider: int = -1
    reason: str = ""

    @property
    def reference(self) -> int:
        """The client's number of the order."""
        return self.open.placed.reference if self.open else -1


class RiderRecord(NamedTuple):
    """
    A rider as far as the platform knows.

    ``x``, ``y`` and ``free_at`` say where and when the rider's accepted work will end (a past instant: free now);
    without work, ``seen_at`` is when he was there, and older reports of where he is count no more;
    ``offer`` is the offer being answered (0: none); ``jobs`` are the ``n_jobs`` orders accepted and not yet delivered;
    no offer is made before ``not_before``; until ``moving_until`` the rider is on the way to where to wait; at most
    ``capacity`` orders are carried at once. The numbers come first, so that a decision can read them as one array.
    """

    id: int
    x: float
    y: float
    free_at: float
    off_at: float
    speed: float
    offer: int = 0
    not_before: float = -math.inf
    n_jobs: int = 0
    capacity: float = math.inf
    moving_until: float = -math.inf
    jobs: tuple[int, ...] = ()
    seen_at: float = -math.inf

    @property
    def place(self) -> Place:
        """Where the rider's accepted work will end."""
        return (self.x, self.y)


NUMBERS = RiderRecord._fields.index("jobs")


def with_offer(rider: RiderRecord, offer: int) -> RiderRecord:
    """Give a rider an offer to answer; 0: he has answered."""
    return RiderRecord(*rider[:6], offer, *rider[7:])


def with_jobs(
    rider: RiderRecord, place: Place, free_at: float, jobs: tuple[int, ...], seen_at: float = -math.inf
) -> RiderRecord:
    """Give a rider these orders to deliver, and the place and instant at which that will be done, or was seen to be."""
    return RiderRecord(
        rider.id, *place, free_at, rider.off_at, rider.speed, rider.offer, rider.not_before, len(jobs), rider.capacity,
        -math.inf, jobs, seen_at,
    )  # fmt: skip


class Offer(NamedTuple):
    """
    One offer: made, accepted, declined, timed_out or withdrawn; the orders it holds, with those that joined.

    ``asked`` are those that the store was asked for, when it could not be asked for all at once.
    """

    made: OfferMade
    orders: tuple[OpenJob, ...]
    status: str = "made"
    asked: tuple[int, ...] = ()


def no_time_out(offer: Offer) -> tuple[Cancel]:
    """An offer that has its answer cannot time out any more."""
    return (Cancel("expire_offer", OfferAnswer(offer.made.offer, offer.made.rider)),)


class Rating(NamedTuple):
    """A customer's feedback, stored under the order."""

    stars: int


def news_of(topic: str, order: int, job: Job, *, rider: int = -1, reason: str = "") -> Publish:
    user = job.open.placed.user if job.open else -1
    return Publish(topic, order, StatusChange(order, job.reference, user, rider, reason), job.reference)


class Plan(NamedTuple):
    """Where and when a rider will be free again, and when the food of each order is picked up."""

    place: Place
    free_at: float
    pickups: list[float]


def plan(
    travel: Travel,
    rules: Rules,
    rider: RiderRecord,
    jobs: Sequence[OpenJob],
    now: float,
    hold_until: float = -math.inf,
) -> Plan:
    """Plan to fetch these orders, store by store as they name them, and deliver them in this order."""
    speed = None if math.isnan(rider.speed) else rider.speed
    place, clock = rider.place, max(now, rider.free_at, hold_until)
    fetched: dict[int, float] = {}
    for job in jobs:
        store = job.placed.store
        if store not in fetched:
            clock += travel.time(place, job.placed.pickup, speed, clock) + rules.pickup_service_time / 2
            place = job.placed.pickup
            clock = fetched[store] = max(clock, *(other.ready_at for other in jobs if other.placed.store == store))
            clock += rules.pickup_service_time / 2
    pickups = [fetched[job.placed.store] for job in jobs]
    return Plan(*drop_offs(travel, rules, speed, place, [job.placed.address for job in jobs], clock), pickups)


def carried_rows(jobs: Sequence[OpenJob], rider: int, bundle: int, pickups: Sequence[float]) -> list[Put]:
    """Remember a promised bundle in visiting order."""
    return [
        Put(
            p.order,
            Carried(
                p.order, rider, bundle, position, p.store, p.placed_at, job.ready_at, pickup_at, *p.pickup, *p.address
            ),
        )
        for position, (job, p, pickup_at) in enumerate(zip(jobs, (j.placed for j in jobs), pickups, strict=True))
    ]


def drop_offs(
    travel: Travel, rules: Rules, speed: float | None, place: Place, addresses: Sequence[Place], clock: float
) -> tuple[Place, float]:
    for address in addresses:
        clock += travel.time(place, address, speed, clock) + rules.dropoff_service_time
        place = address
    return place, clock
