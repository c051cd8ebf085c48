"""The delivery service: open orders, riders as far as they are known, decisions, offers, and the way to the door."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from delivsim.domain.instance import Rules
from delivsim.domain.travel import Travel
from delivsim.services.effects import (
    After,
    Call,
    Commit,
    CommitPart,
    Decide,
    Decision,
    Delete,
    Load,
    NewId,
    Now,
    Publish,
    Put,
    Query,
)
from delivsim.services.jobs import (
    NUMBERS,
    Job,
    Offer,
    OpenJob,
    Rating,
    RiderRecord,
    carried_rows,
    drop_offs,
    news_of,
    no_time_out,
    plan,
    with_jobs,
    with_offer,
)
from delivsim.services.messages import (
    OK,
    DropOff,
    Errand,
    Feedback,
    GiveBack,
    Handover,
    OfferAnswer,
    OfferMade,
    OrderRef,
    PickUp,
    Place,
    Placed,
    Position,
    Response,
    RiderOn,
    RiderRef,
    StatusChange,
    Stop,
    Withdrawn,
    taken,
)
from delivsim.services.promised import Carried, ReadinessSeen, Shift, StoreDemand, ToldBefore, promises, readiness
from delivsim.services.rider_numbers import RiderNumbers
from delivsim.services.service import Handler, Service, Timer

if TYPE_CHECKING:
    from delivsim.dispatch.assignment import Match, Move
    from delivsim.dispatch.problem import DispatchProblem

STILL_BUSY = 1.0
"""Seconds until a rider is expected to be free who should be, by the plan, and has not said so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliveries:
    """
    The handlers that need to know how the platform is set up.

    Parameters
    ----------
    travel, rules
        What the service believes of the city.
    every
        Seconds between decisions.
    offer_timeout
        Seconds a rider has to answer an offer.
    decline_pause
        Seconds a rider who declined or ignored an offer gets no other.
    give_up_after
        Seconds an order may wait for a rider before it is cancelled; infinite: for ever.
    prepare_on_accept
        Whether the kitchen starts when a rider has accepted instead of when the order is placed.
    asks
        What the policy wants to be told besides: ``promises``, ``demand``, ``shifts``, ``readiness``.
    stores
        Where the stores are, by number.
    roster
        All shifts as planned, in order of their beginnings.
    """

    travel: Travel
    rules: Rules
    every: float
    offer_timeout: float
    decline_pause: float
    give_up_after: float
    prepare_on_accept: bool
    asks: frozenset[str] = frozenset()
    stores: tuple[Place, ...] = ()
    roster: tuple[Shift, ...] = ()
    _told: ToldBefore = field(default_factory=ToldBefore, repr=False, compare=False)
    _numbers: RiderNumbers = field(default_factory=lambda: RiderNumbers(NUMBERS), repr=False, compare=False)

    # --- orders come in --------------------------------------------------------------------------------------

    async def on_placed(self, placed: Placed) -> Response[Any]:
        """Take a new order into the open set (step 8), and have it cooked unless that waits for a rider."""
        job = await Load(Job, placed.order)
        if job is None:
            waiting = OpenJob(placed, placed.ready_at)
            writes = [Put(placed.order, Job("open", waiting)), Put(placed.order, waiting)]
            if "demand" in self.asks:
                writes.append(await self._counted(placed.store))
            await CommitPart(writes)
        if not self.prepare_on_accept and (job is None or job.status != "withdrawn"):
            asked: Response[Any] = await Call("store", "request_preparation", OrderRef(placed.order))
            return taken(asked)
        return OK

    async def _counted(self, store: int) -> Put:
        """Count one more order in its store's demand."""
        now, seen = await Now(), await Load(StoreDemand, store)
        return Put(store, StoreDemand(store, 1.0 + (seen.later(now) if seen else 0.0), now))

    async def on_ready(self, change: StatusChange) -> Response[Any]:
        """Learn that the food of an order is ready (step 13)."""
        job = await Load(Job, change.order)
        if job is None or job.open is None:
            return OK
        now = await Now()
        writes: list[Put] = []
        if "readiness" in self.asks and not self.prepare_on_accept:  # then the estimate was of something else
            seen = await Load(ReadinessSeen, 0) or ReadinessSeen()
            writes.append(Put(0, seen.also(now - job.open.placed.ready_at)))
        if job.status == "open":
            known = OpenJob(job.open.placed, min(job.open.ready_at, now))
            writes += [Put(change.order, Job(job.status, known, job.rider, job.reason)), Put(change.order, known)]
        if writes:
            await Commit(writes)
        return OK

    # --- decisions -------------------------------------------------------------------------------------------

    async def dispatch(self, _: None) -> Response[Any]:
        """Decide which riders are offered which orders (step 9), and make the offers (step 10)."""
        now = await Now()
        jobs = await self._still_wanted(await Query(OpenJob), now)
        if not jobs and "demand" not in self.asks:
            return OK
        carried = await Query(Carried) if "promises" in self.asks else []
        seen = await Query(StoreDemand) if "demand" in self.asks else []
        wrong = await Load(ReadinessSeen, 0) if "readiness" in self.asks else None
        problem = self._problem(jobs, await Query(RiderRecord), now, carried, seen, wrong)
        if not problem.riders.size:
            return OK
        reference = {job.placed.order: job.placed.reference for job in jobs}
        decision = await Decide(problem, [reference[order] for order in problem.orders.tolist()])
        if decision.assignment.matches or decision.assignment.moves:
            await self._carry_out(decision)
        return OK

    async def _still_wanted(self, jobs: list[OpenJob], now: float) -> list[OpenJob]:
        """Give up the orders that have waited too long; those that were offered before stand behind younger ones."""
        late = [job for job in jobs if now - job.placed.placed_at >= self.give_up_after]
        for job in late:
            await self._withdraw(job.placed.order, "no_rider")
        return [job for job in jobs if now - job.placed.placed_at < self.give_up_after] if late else jobs

    def _problem(
        self,
        jobs: list[OpenJob],
        riders: list[RiderRecord],
        now: float,
        carried: list[Carried],
        seen: list[StoreDemand],
        wrong: ReadinessSeen | None,
    ) -> DispatchProblem:
        """Put what is known of open orders and of the riders who may be offered some into arrays."""
        import numpy as np

        from delivsim.dispatch.known import NO_DEMAND, NO_PROMISES, NO_SHIFTS
        from delivsim.dispatch.problem import UNLIMITED, DispatchProblem

        number, x, y, free_at, off_at, speed, offer, not_before, n_jobs, capacity, moving = self._numbers(riders).T
        asked = np.flatnonzero((offer == 0) & (off_at > now) & (not_before <= now))
        asked = asked[np.argsort(number[asked], kind="stable")]
        expected = np.where(n_jobs > 0, np.maximum(free_at, now + STILL_BUSY), free_at)
        jobs = sorted(jobs, key=lambda job: job.placed.order)
        placed = [job.placed for job in jobs]
        return DispatchProblem(
            now=now,
            every=self.every,
            orders=np.array([p.order for p in placed], dtype=np.int64),
            placed_at=np.array([p.placed_at for p in placed], dtype=np.float64),
            ready_at=np.array([job.ready_at for job in jobs], dtype=np.float64),
            stores=np.array([p.store for p in placed], dtype=np.int64),
            pickups=np.array([p.pickup for p in placed], dtype=np.float64),
            dropoffs=np.array([p.address for p in placed], dtype=np.float64),
            riders=number[asked].astype(np.int64),
            places=np.column_stack((x[asked], y[asked])),
            free_at=expected[asked],
            off_at=off_at[asked],
            speeds=speed[asked],
            travel=self.travel,
            rules=self.rules,
            capacities=np.minimum(capacity[asked], UNLIMITED).astype(np.int64),
            moving_until=moving[asked],
            promises=promises(carried) if carried else NO_PROMISES,
            demand=self._told.demand(self.stores, seen, now) if "demand" in self.asks else NO_DEMAND,
            shifts=self._told.shifts(self.roster, now) if "shifts" in self.asks else NO_SHIFTS,
            readiness=readiness(wrong),
        )

    async def _carry_out(self, decision: Decision) -> None:
        """Offer what is still to be had: between problem and answer orders go and riders leave. Move who is idle."""
        writes: list[Put | Delete] = []
        publishes: list[Publish] = []
        timers: list[After] = []
        for match in decision.assignment.matches:
            rider = await Load(RiderRecord, match.rider)
            loaded = [await Load(OpenJob, order) for order in match.orders]
            jobs = tuple(job for job in loaded if job is not None)
            if rider is None or rider.offer or not jobs:
                continue
            made, time = await self._made(decision.number, match, jobs)
            number = made.offer
            writes += [Put(number, Offer(made, jobs)), Put(rider.id, with_offer(rider, number))]
            for job in jobs:
                order = job.placed.order
                writes += [Delete(OpenJob, order), Put(order, Job("offered", job, rider.id))]
            publishes.append(Publish("rider.offered", rider.id, made, jobs[0].placed.reference))
            timers.append(After(time, "expire_offer", OfferAnswer(number, rider.id)))
        for move in decision.assignment.moves:
            await self._move(move, writes, publishes)
        await Commit(writes, publishes, timers)

    async def _made(self, decision: int, match: Match, jobs: tuple[OpenJob, ...]) -> tuple[OfferMade, float]:
        """Make an offer; a rider on the way to the store hears on arrival what joins his bundle, and answers then."""
        stops = tuple(Stop(p.order, p.reference, p.address, p.store, p.pickup) for p in (job.placed for job in jobs))
        hold = -math.inf if match.hold_until is None else match.hold_until
        number, time = await NewId(), self.offer_timeout
        if not match.joins:
            return OfferMade(number, decision, match.rider, stops, hold), time
        known = [await Load(Carried, order) for order in match.orders]
        time += max(0.0, max((c.pickup_at for c in known if c), default=0.0) - await Now())
        return OfferMade(number, decision, match.rider, stops, hold, match.joins, match.orders), time

    async def _move(self, move: Move, writes: list[Put | Delete], publishes: list[Publish]) -> None:
        """Send a rider to where to wait; where nobody may be called away he counts as there, once he can be."""
        rider, now = await Load(RiderRecord, move.rider), await Now()
        if rider is None or rider.offer or rider.jobs:
            return
        speed = None if math.isnan(rider.speed) else rider.speed
        there_at = now + self.travel.time(rider.place, move.place, speed, now)
        going = rider._replace(moving_until=there_at)
        if not self.rules.diversion:
            going = going._replace(x=move.place[0], y=move.place[1], free_at=there_at, seen_at=there_at)
        writes.append(Put(rider.id, going))
        publishes.append(Publish("rider.moved", rider.id, Errand(rider.id, move.place)))

    # --- answers ---------------------------------------------------------------------------------------------

    async def accept_offer(self, answer: OfferAnswer) -> Response[Any]:
        """
        Give the offered orders to the rider (steps 11 and 22); 410 when the offer is no longer open.

        An answer that is repeated is told what is still his: orders may have been withdrawn or given back since.
        """
        offer = await Load(Offer, answer.offer)
        rider = await Load(RiderRecord, answer.rider)
        if offer is None or rider is None or offer.status not in ("made", "accepted") or not offer.orders:
            return Response(410, None, "timed_out" if offer and offer.status == "timed_out" else "withdrawn")
        if offer.status == "made" and offer.made.joins:
            if not await self._join(offer, rider):
                return Response(410, None, "withdrawn")
        elif offer.status == "made":
            now, made = await Now(), offer.made
            place, free_at, pickups = plan(self.travel, self.rules, rider, offer.orders, now, made.hold_until)
            numbers = tuple(job.placed.order for job in offer.orders)
            writes = [
                Put(answer.offer, Offer(offer.made, offer.orders, "accepted")),
                Put(rider.id, with_jobs(with_offer(rider, 0), place, free_at, rider.jobs + numbers)),
            ]
            publishes = []
            for order, waiting in zip(numbers, offer.orders, strict=True):
                job = Job("assigned", waiting, rider.id)
                writes.append(Put(order, job))
                publishes.append(news_of("order.assigned", order, job, rider=rider.id))
            if "promises" in self.asks:
                writes += carried_rows(offer.orders, rider.id, answer.offer, pickups)
            await Commit(writes, publishes, cancels=no_time_out(offer))
        if self.prepare_on_accept and not await self._is_prepared(answer.offer):
            return Response(503, None, "store")
        mine = [job.placed.order for job in offer.orders if await self._has(answer.rider, job.placed.order)]
        return Response(200, Handover(tuple(mine))) if mine else Response(410, None, "withdrawn")

    async def _is_prepared(self, number: int) -> bool:
        """
        Have the kitchen begin with what was accepted, and tell whether it knows of all.

        One after the other: a bundle asked for at once would meet a full store with each retry anew. What the store
        has been asked is not asked again, so that one that takes few requests hears of all orders in the end.
        """
        offer = await Load(Offer, number)
        assert offer is not None, "it was accepted"
        asked = [*offer.asked]
        for order in (job.placed.order for job in offer.orders if job.placed.order not in offer.asked):
            answer: Response[Any] = await Call("store", "request_preparation", OrderRef(order))
            if not answer.is_final:
                if len(asked) > len(offer.asked):
                    await Commit((Put(number, offer._replace(asked=tuple(asked))),))
                return False
            asked.append(order)
        return True

    async def _has(self, rider: int, order: int) -> bool:
        job = await Load(Job, order)
        return job is not None and job.rider == rider and job.status in ("assigned", "picked_up")

    async def _join(self, offer: Offer, rider: RiderRecord) -> bool:
        """Let a bundle that is still to be picked up grow; too late, the orders are open again."""
        made, target = offer.made, await Load(Offer, offer.made.joins)
        before = target.orders if target is not None else ()
        rows = [await Load(Carried, job.placed.order) for job in before]
        carried = [row for row in rows if row is not None and row.rider == rider.id]
        if target is None or not carried or any(row.picked_up for row in carried):
            await self._reopen(OfferAnswer(made.offer, rider.id), "withdrawn")
            return False
        kept = {row.order for row in carried}
        known = {job.placed.order: job for job in (*before, *offer.orders) if job.placed.order in kept}
        known |= {job.placed.order: job for job in offer.orders}
        jobs = tuple(known[order] for order in made.sequence if order in known)
        pickup_at = max(*(row.pickup_at for row in carried), *(job.ready_at for job in offer.orders))
        speed = None if math.isnan(rider.speed) else rider.speed
        clock = pickup_at + self.rules.pickup_service_time / 2
        addresses = [job.placed.address for job in jobs]
        place, free_at = drop_offs(self.travel, self.rules, speed, jobs[-1].placed.pickup, addresses, clock)
        numbers = tuple(job.placed.order for job in jobs)
        others = tuple(order for order in rider.jobs if order not in numbers)
        writes: list[Put | Delete] = [
            Put(made.offer, offer._replace(status="accepted")),
            Put(made.joins, target._replace(orders=jobs)),
            Put(rider.id, with_jobs(rider._replace(offer=0), place, free_at, others + numbers)),
            *carried_rows(jobs, rider.id, made.joins, [pickup_at] * len(jobs)),
        ]
        publishes = []
        for waiting in offer.orders:
            job = Job("assigned", waiting, rider.id)
            writes.append(Put(waiting.placed.order, job))
            publishes.append(news_of("order.assigned", waiting.placed.order, job, rider=rider.id))
        await Commit(writes, publishes, cancels=no_time_out(offer))
        return True

    async def decline_offer(self, answer: OfferAnswer) -> Response[Any]:
        """Take a rider's no: the orders are open again (steps 10 and 11); 410 when the offer is no longer open."""
        offer = await Load(Offer, answer.offer)
        if offer is not None and offer.status in ("timed_out", "withdrawn"):
            return Response(410, None, offer.status)
        return await self._reopen(answer, "declined")

    async def expire_offer(self, answer: OfferAnswer) -> Response[Any]:
        """Take a rider's silence as a no."""
        return await self._reopen(answer, "timed_out")

    async def _reopen(self, answer: OfferAnswer, status: str) -> Response[Any]:
        offer = await Load(Offer, answer.offer)
        if offer is None or offer.status != "made":
            return OK
        writes: list[Put | Delete] = [Put(answer.offer, offer._replace(status=status))]
        rider = await Load(RiderRecord, answer.rider)
        if rider is not None and rider.offer == answer.offer:
            pause = await Now() + self.decline_pause
            writes.append(Put(rider.id, rider._replace(offer=0, not_before=pause)))
        for job in offer.orders:
            writes += [Put(job.placed.order, job), Put(job.placed.order, Job("open", job))]
        await Commit(writes, cancels=no_time_out(offer))
        return OK

    async def give_back(self, bag: GiveBack) -> Response[Any]:
        """Take back what a rider accepted and will not fetch: it is dispatched again, to others first."""
        rider = await Load(RiderRecord, bag.rider)
        mine = [order for order in bag.orders if rider is not None and order in rider.jobs]
        writes = await self._reopened(mine)
        if rider is None or not writes:
            return OK
        now = await Now()
        left = tuple(order for order in rider.jobs if order not in mine)
        freed = with_jobs(rider, rider.place, rider.free_at if left else min(rider.free_at, now), left)
        writes.append(Put(rider.id, freed._replace(not_before=now + self.decline_pause)))
        await Commit(writes)
        return OK

    async def _reopened(self, orders: Sequence[int]) -> list[Put | Delete]:
        """Make accepted orders that are not picked up open again."""
        writes: list[Put | Delete] = []
        for order in orders:
            job = await Load(Job, order)
            if job is not None and job.status == "assigned" and job.open is not None:
                writes += [Put(order, Job("open", job.open)), Put(order, job.open), Delete(Carried, order)]
        return writes

    # --- on the way ------------------------------------------------------------------------------------------

    async def picked_up(self, bag: PickUp) -> Response[Handover]:
        """Note the pick-up (step 14); the answer says which orders are still wanted."""
        going: list[int] = []
        writes: list[Put | Delete] = []
        publishes = []
        for order in bag.orders:
            job = await Load(Job, order)
            if job is None or job.rider != bag.rider or job.status not in ("assigned", "picked_up"):
                continue
            going.append(order)
            if job.status == "assigned":
                picked = Job("picked_up", job.open, job.rider, job.reason)
                writes.append(Put(order, picked))
                publishes.append(news_of("order.picked_up", order, picked, rider=bag.rider))
                carried = await Load(Carried, order) if "promises" in self.asks else None
                if carried is not None:
                    writes.append(Put(order, carried._replace(picked_up=True)))
        rider = await Load(RiderRecord, bag.rider)
        if rider is not None and writes and "promises" in self.asks:
            rider = await self._left_behind(rider, going, writes)
        if rider is not None and writes and (set(rider.jobs) <= set(going) or await self._has_all(rider, going)):
            writes.append(Put(rider.id, await self._on_the_way(rider, going)))
        if writes:
            await Commit(writes, publishes)
        return Response(200, Handover(tuple(going)))

    async def _left_behind(self, rider: RiderRecord, going: list[int], writes: list[Put | Delete]) -> RiderRecord:
        """Open again what joined a bundle too late: its rider has left the store without it."""
        rows = [await Load(Carried, order) for order in rider.jobs]
        picked = {(row.bundle, row.store) for row in rows if row is not None and row.order in going}
        left = [row.order for row in rows if row and (row.bundle, row.store) in picked and row.order not in going]
        if not left:
            return rider
        writes += await self._reopened(left)
        jobs = tuple(order for order in rider.jobs if order not in left)
        kept = with_jobs(rider, rider.place, rider.free_at, jobs)
        writes.append(Put(rider.id, kept))
        return kept

    async def _has_all(self, rider: RiderRecord, going: list[int]) -> bool:
        """Whether a rider with orders of several stores now has all of them."""
        if self.rules.same_store_bundles:
            return False
        jobs = [await Load(Job, order) for order in rider.jobs if order not in going]
        return all(job is not None and job.status == "picked_up" for job in jobs)

    async def _on_the_way(self, rider: RiderRecord, going: list[int]) -> RiderRecord:
        """Expect a rider's end of work from the moment of the last pick-up."""
        loaded = [await Load(Job, order) for order in rider.jobs]
        jobs = [job.open for job in loaded if job is not None and job.open is not None]
        store = next((job.placed.pickup for job in jobs if job.placed.order in going), rider.place)
        speed = None if math.isnan(rider.speed) else rider.speed
        clock = await Now() + self.rules.pickup_service_time / 2
        addresses = [job.placed.address for job in jobs]
        place, free_at = drop_offs(self.travel, self.rules, speed, store, addresses, clock)
        return with_jobs(rider, place, free_at, rider.jobs)

    async def delivered(self, drop: DropOff) -> Response[Any]:
        """Note the delivery (step 15); from here the rider's place is known again."""
        job = await Load(Job, drop.order)
        if job is None or job.rider != drop.rider or job.status not in ("assigned", "picked_up", "delivered"):
            return Response(409, None, "not yours")
        if job.status == "delivered":
            return OK
        done = Job("delivered", job.open, job.rider, job.reason)
        writes: list[Put | Delete] = [Put(drop.order, done)]
        if "promises" in self.asks:
            writes.append(Delete(Carried, drop.order))
        rider = await Load(RiderRecord, drop.rider)
        if rider is not None:
            left = tuple(order for order in rider.jobs if order != drop.order)
            free_at = rider.free_at if left else await Now() + self.rules.dropoff_service_time / 2
            writes.append(Put(rider.id, with_jobs(rider, rider.place, free_at, left, drop.delivered_at)))
        await Commit(writes, (news_of("order.delivered", drop.order, done, rider=drop.rider),))
        return OK

    async def withdraw(self, ref: OrderRef) -> Response[Any]:
        """Let go of an order that is to be cancelled (step 20); 409 once it is picked up."""
        return await self._withdraw(ref.order, ref.reason)

    async def _withdraw(self, order: int, reason: str) -> Response[Any]:
        job = await Load(Job, order)
        if job is None:
            job = Job("unknown", None)
        if job.status in ("picked_up", "delivered"):
            return Response(409, None, job.status)
        if job.status == "withdrawn":
            return OK
        gone = job._replace(status="withdrawn", reason=reason)
        writes: list[Put | Delete] = [Put(order, gone), Delete(OpenJob, order)]
        publishes = [news_of("order.unserved", order, gone, reason=reason)]
        if job.rider >= 0:
            writes += await self._freed(job.rider, order, await Now())
            publishes.append(
                Publish("rider.withdrawn", job.rider, Withdrawn(job.rider, order, job.reference), job.reference)
            )
        await Commit(writes, publishes)
        return OK

    async def _freed(self, number: int, order: int, now: float) -> list[Put | Delete]:
        """Take an order away from the rider who has it, or is thinking about it."""
        rider = await Load(RiderRecord, number)
        if rider is None:
            return []
        offer = await Load(Offer, rider.offer) if rider.offer else None
        if offer is not None and any(job.placed.order == order for job in offer.orders):
            kept = tuple(job for job in offer.orders if job.placed.order != order)
            status = offer.status if kept else "withdrawn"
            freed = rider if kept else rider._replace(offer=0)
            return [Put(rider.offer, offer._replace(orders=kept, status=status)), Put(number, freed)]
        jobs = tuple(job for job in rider.jobs if job != order)
        free_at = rider.free_at if jobs else min(rider.free_at, now)
        gone = [Delete(Carried, order)] if "promises" in self.asks else []
        return [Put(number, with_jobs(rider, rider.place, free_at, jobs)), *gone]

    # --- riders ----------------------------------------------------------------------------------------------

    async def go_online(self, on: RiderOn) -> Response[Any]:
        """Start a rider's shift."""
        if await Load(RiderRecord, on.rider) is None:
            now = await Now()
            rider = RiderRecord(on.rider, *on.place, now, on.off_at, on.speed, capacity=on.capacity, seen_at=now)
            await Commit((Put(on.rider, rider),))
        return OK

    async def go_offline(self, ref: RiderRef) -> Response[Any]:
        """End a rider's shift; orders accepted but not picked up are dispatched again."""
        rider = await Load(RiderRecord, ref.rider)
        if rider is None:
            return OK
        if rider.offer:
            await self._reopen(OfferAnswer(rider.offer, ref.rider), "declined")
        await Commit((Delete(RiderRecord, ref.rider), *await self._reopened(rider.jobs)))
        return OK

    async def report_position(self, at: Position) -> Response[Any]:
        """
        Note where a rider was (step 16), unless something newer is known.

        Where accepted work will end is known better than that, and so is where he was sent to wait, until he is there.
        """
        rider = await Load(RiderRecord, at.rider)
        if rider is not None and not rider.jobs and at.taken_at >= rider.seen_at:
            await Commit((Put(at.rider, RiderRecord(rider.id, at.place[0], at.place[1], *rider[3:-1], at.taken_at)),))
        return OK


async def give_feedback(feedback: Feedback) -> Response[Any]:
    """Keep what the customer thought of a delivered order (step 18)."""
    job = await Load(Job, feedback.order)
    if job is None or job.status != "delivered":
        return Response(409, None, "not delivered")
    await Commit((Put(feedback.order, Rating(feedback.rating)),))
    return OK


def delivery(deliveries: Deliveries) -> Service:
    """Build the delivery service; it decides every ``deliveries.every`` seconds."""
    consumers: dict[str, Handler] = {
        "order.placed": deliveries.on_placed,
        "order.ready": deliveries.on_ready,
    }
    return Service(
        name="delivery",
        operations={
            "dispatch": deliveries.dispatch,
            "accept_offer": deliveries.accept_offer,
            "decline_offer": deliveries.decline_offer,
            "expire_offer": deliveries.expire_offer,
            "give_back": deliveries.give_back,
            "picked_up": deliveries.picked_up,
            "delivered": deliveries.delivered,
            "withdraw": deliveries.withdraw,
            "go_online": deliveries.go_online,
            "go_offline": deliveries.go_offline,
            "report_position": deliveries.report_position,
            "give_feedback": give_feedback,
            **consumers,
        },
        topics=tuple(consumers),
        timers=(Timer(operation="dispatch", every=deliveries.every),),
        calls=(("store", "request_preparation"),),
    )
