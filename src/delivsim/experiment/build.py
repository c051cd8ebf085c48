"""Wires a run: environment, streams, recorder, platform, city. Nothing else wires anything."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

from simpy.events import Event

from delivsim.city.customers import Customers
from delivsim.city.faults import DeadZoneFault
from delivsim.city.kitchens import Kitchens
from delivsim.city.ledger import Ledger
from delivsim.city.preparation import Preparation
from delivsim.city.reception import Reception
from delivsim.city.riders import Riders
from delivsim.city.workloads import start_workload
from delivsim.dispatch.assignment import DispatchPolicy
from delivsim.dispatch.config import DispatchConfig, make_policy
from delivsim.dispatch.known import asked_by
from delivsim.domain.instance import Instance
from delivsim.domain.streams import Streams
from delivsim.domain.travel import Travel
from delivsim.experiment.books import accounts, stock_up, store_rows
from delivsim.experiment.faults import Faults, Happening, check_names, happenings, with_surges
from delivsim.experiment.settled import Settled, behavior_of, settled
from delivsim.record.recorder import Recorder
from delivsim.scenario.schema import Scenario
from delivsim.services.delivery import Deliveries, delivery
from delivsim.services.gateway import gateway
from delivsim.services.messages import Place
from delivsim.services.notification import notification
from delivsim.services.order import Promise, order
from delivsim.services.payment import payment
from delivsim.services.promised import Shift
from delivsim.services.service import Service
from delivsim.services.store import store
from delivsim.services.user import user
from delivsim.simulated.assemble import assemble
from delivsim.simulated.autoscaler import plan_autoscaling
from delivsim.simulated.broker import Undelivered
from delivsim.simulated.config import FixedPromise, PlatformConfig, strikes_broker
from delivsim.simulated.diary import Diary
from delivsim.simulated.leader import Leader
from delivsim.simulated.wake import Agenda

LONGEST_DRAIN = 3 * 3600.0
"""Seconds after the horizon at which a run ends at the latest (``drain: until_done``)."""
SETTLE = 30.0
"""Seconds between looks, from the last order's end on, whether the platform's last messages have come to rest."""
DECISION = "dispatch/decision_time"
WHY_UNDELIVERED = {"dead_letter": "dead_letter", "expired": "message_expired", "lost": "message_lost"}
"""Reasons of orders that ended because a message about them was never handled, by the outcome of that."""


class Simulation:
    """
    Everything of one run, wired and ready.

    Attributes
    ----------
    env
        The SimPy environment; ``env.now`` is the simulated time in seconds.
    parts
        The platform.
    town
        The people and places, and the travel that dispatch believes in; None for a platform without a city.
    instance, ledger
        The city's orders and what became of them; None for a platform without a city.
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        recorder: Recorder,
        policy: DispatchPolicy | None,
        instance: Instance | None = None,
    ) -> None:
        self.scenario, self.seed, self.recorder = scenario, seed, recorder
        self.env = Agenda()
        self.streams = Streams(seed)
        planned = happenings(scenario, self.streams)
        found = settled(scenario, self.streams, instance)
        if planned and found is not None:
            check_names(scenario, found.instance)
            found = found._replace(instance=with_surges(found.instance, planned, self.streams, scenario.until))
        self.town, self.instance = found, None if found is None else found.instance
        self.policy = None if self.instance is None else self._named(scenario.dispatch, policy)
        asks = asked_by(self.policy.policy) if self.policy else frozenset()
        preparation = (
            None if found is None else Preparation(found.instance, behavior_of(scenario).kitchens, self.streams)
        )
        estimates = preparation.estimates() if preparation else None
        built_in = () if found is None else _services(scenario, found, asks, estimates=estimates is not None)
        breaks = any(strikes_broker(happening.fault) for happening in planned)
        common = (self.env, scenario.platform, built_in, self.streams, recorder, self.policy)
        self.parts = assemble(*common, broker_breaks=breaks)
        self.ledger = None
        if found is not None and preparation is not None:
            stock_up(self.parts, found.instance, preparation, estimates)
            dead_zones = any(isinstance(happening.fault, DeadZoneFault) for happening in planned)
            self.reception = Reception(self.env, self.parts.runtime) if dead_zones else None
            self.ledger = self._people(found.instance, preparation)
        until = scenario.until
        for workload in scenario.platform.workloads:
            start_workload(self.env, self.parts.runtime, workload, self.streams, until)
        plan_autoscaling(self.env, scenario.platform, scenario.starts_at, self.parts.stations, self.streams)
        self.faults = self._planned(planned) if planned else None
        self.stop = self._stop_event()

    def _named(self, config: DispatchConfig, policy: DispatchPolicy | None) -> Leader:
        law = config.decision_time
        name = config.policy if policy is None else type(policy).__name__
        return Leader(
            name,
            make_policy(config) if policy is None else policy,
            self.streams["dispatch/policy"],
            self.streams.sequence(DECISION, law.sample) if law.constant is None else lambda: law.constant or 0.0,
            self.recorder.rows["decisions"],
            time.perf_counter,
            Diary(self.recorder.rows) if config.diary else None,
        )

    def _people(self, instance: Instance, preparation: Preparation) -> Ledger:
        behavior = behavior_of(self.scenario)
        given = behavior.kitchens.preparation_starts == "given"
        env, platform, streams, rows = self.env, self.parts.runtime, self.streams, self.recorder.rows
        ledger = Ledger(env, instance, ready_is_given=given, until=self.scenario.until)
        self.kitchens = Kitchens(env, platform, instance, ledger, preparation, streams)
        tables = {"offers": rows["offers"], "legs": rows["legs"]}
        reached = self.reception or platform
        self.riders = Riders(env, reached, instance, ledger, behavior.riders, streams, **tables)
        if self.reception is not None:
            self.reception.place_of = lambda rider: self.riders.processes[rider].tour.way.place
        Customers(env, platform, instance, ledger, behavior.customers, streams)
        return ledger

    def _planned(self, planned: Sequence[Happening]) -> Faults:
        people = (None, None, None) if self.ledger is None else (self.kitchens, self.riders, self.reception)
        rows = self.recorder.rows["faults"]
        return Faults(self.env, planned, self.parts, self.streams, rows, self.instance, *people)

    def _stop_event(self) -> Event:
        """Give the event that ends the run: the end of the drain, or everything done before that."""
        scenario, env = self.scenario, self.env
        drain = LONGEST_DRAIN if scenario.drain == "until_done" else scenario.drain
        end = env.timeout(scenario.until + drain)
        stop = env.event()

        def ended(_: Event) -> None:
            if not stop.triggered:
                stop.succeed()

        end.callbacks.append(ended)
        if scenario.drain == "until_done":
            if self.ledger is None:
                every = min(SETTLE, scenario.until / 1000.0)
                env.timeout(scenario.until).callbacks.append(lambda _: self._end_at_rest(every, ended))
            else:
                self.ledger.drained.callbacks.append(lambda _: self._end_at_rest(SETTLE, ended))
        return stop

    def _end_at_rest(self, every: float, ended: Callable[[Event], None]) -> None:
        """Look now and then whether the platform has come to rest, and no order has come back to life meanwhile."""
        ledger, runtime = self.ledger, self.parts.runtime

        def look(event: Event) -> None:
            if runtime.is_idle() if ledger is None else ledger.is_done() and runtime.at_rest():
                ended(event)
            else:
                self._end_at_rest(every, ended)

        self.env.timeout(every).callbacks.append(look)

    def finish(self) -> None:
        """Write the rows of whatever is only known at the end."""
        runtime, rows = self.parts.runtime, self.recorder.rows
        runtime.finish()
        if self.faults is not None:
            self.faults.finish()
        if self.ledger is None or self.instance is None:
            return
        self.riders.finish()
        undelivered = runtime.broker.undelivered
        forgotten = [lost for lost in undelivered if (lost.topic, lost.group) == ("order.placed", "delivery")]
        self.ledger.close(_reasons(undelivered), _reasons(forgotten))
        rows["orders"].extend(self.ledger.order_rows(accounts(self.parts)))
        rows["riders"].extend(self.riders.rows())
        rows["stores"].extend(store_rows(self.parts, self.instance, self.kitchens.n_cooked))

    def forget(self) -> None:
        """Let go of what made the run, so that it is freed at once and not by the garbage collector."""
        self.env.forget()
        for service in self.parts.runtime.services.values():
            service.state.clear()
            service.timers.clear()


def _reasons(undelivered: Sequence[Undelivered]) -> dict[int, str]:
    """Say of orders why a message about them was never handled."""
    return {lost.order: WHY_UNDELIVERED[lost.outcome] for lost in undelivered}


def _preparation(scenario: Scenario, town: Settled, streams: Streams) -> Preparation:
    return Preparation(town.instance, behavior_of(scenario).kitchens, streams)


def _roster(instance: Instance) -> tuple[Shift, ...]:
    """All shifts that have a length, in order of their beginnings."""
    most = instance.rules.capacity or math.inf
    shifts = (
        Shift(r.on_at, i, r.x, r.y, r.off_at, r.speed or math.nan, r.capacity or most)
        for i, r in enumerate(instance.riders)
        if r.off_at > r.on_at
    )
    return tuple(sorted(shifts, key=lambda shift: (shift.on_at, shift.rider)))


def _services(scenario: Scenario, town: Settled, asks: frozenset[str], *, estimates: bool) -> tuple[Service, ...]:
    platform, dispatch = scenario.platform, scenario.dispatch
    mode = platform.payment.mode
    deliveries = Deliveries(
        travel=town.believed,
        rules=town.instance.rules,
        every=dispatch.every,
        offer_timeout=dispatch.offer_timeout,
        decline_pause=dispatch.decline_pause,
        give_up_after=math.inf if dispatch.give_up_after is None else dispatch.give_up_after,
        prepare_on_accept=behavior_of(scenario).kitchens.preparation_starts == "on_accept",
        asks=asks,
        stores=tuple((store.x, store.y) for store in town.instance.stores),
        roster=_roster(town.instance),
    )
    promise = _promise(platform, town.believed)
    return (
        gateway(payment_mode=mode),
        user(),
        order(promise=promise, payment_mode=mode, abandon_after=platform.abandon_after),
        store(
            opening=any(store.opening for store in town.instance.stores),
            estimates=estimates,
        ),
        delivery(deliveries),
        payment(payment_mode=mode),
        notification(payment_mode=mode),
    )


def _promise(platform: PlatformConfig, travel: Travel) -> Promise:
    config = platform.promise
    if isinstance(config, FixedPromise):
        after = config.after
        return lambda now, _preparation_time, _place, _address: now + after
    waiting, speed = config.waiting, config.speed

    def estimate(now: float, preparation_time: float, place: Place, address: Place) -> float:
        leave = now + preparation_time + waiting
        return leave + travel.time(place, address, speed, leave)

    return estimate
