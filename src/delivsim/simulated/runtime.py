"""
Runs the services' handlers in virtual time.

A request is an explicit stack of handlers: each ``Frame`` is one handler at work and one attempt of its caller. Every
effect a handler awaits is answered at once or becomes one SimPy event with a callback: a visit to a station, a network
delay, a timer. There is no process per call.

An event that nothing can precede need not go through SimPy's queue: when what comes next of a request comes before
everything that is queued, ``Runtime.run`` sets the clock and goes on. What happens, and in which order, is the same.

When a caller's time is up it goes on with a 504; the frames below keep running, their answers go nowhere. When a
service crashes its frames are lost and their callers get 503; what those frames had called goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from heapq import heappush
from math import inf, nan
from typing import Any

from simpy import Environment
from simpy.events import NORMAL, Event, EventPriority

from delivsim.record.recorder import Recorder
from delivsim.services.effects import After, Call, Cancel, Load
from delivsim.services.messages import (
    CONNECT_TIMEOUT,
    LOST,
    NOT_REACHED,
    OVERLOADED,
    REFUSED,
    TIMED_OUT,
    UNAVAILABLE,
    UNREACHABLE,
    WITHDRAWN,
    Message,
    Request,
    Response,
)
from delivsim.services.service import Timer
from delivsim.simulated.broker import Broker, Delivery
from delivsim.simulated.edges import Edge
from delivsim.simulated.frames import FORWARDED, GONE, Frame, Route, ServiceRuntime
from delivsim.simulated.leader import Leader
from delivsim.simulated.perform import CONFLICT, NOTHING, PERFORM, SUSPENDED
from delivsim.simulated.stations.shedding import OVERDUE
from delivsim.simulated.wake import NEVER, Alarm

AFTER_EVERYTHING = EventPriority(2)
"""Priority of a service's own timers: after every other event of their instant."""
TIMER_RETRY = 1.0
"""Seconds after which a durable timer whose operation failed is tried again."""


class Runtime:
    """
    The simulated platform: it satisfies ``city.port.Platform``.

    Methods that take ``queue`` may run ahead to what comes before its first entry; with ``NEVER`` they stay at the
    instant.

    Parameters
    ----------
    env
        The SimPy environment.
    recorder
        Takes the rows of calls.
    make_edge
        Gives the edge (caller, callee).
    policy
        What decides for the delivery service.

    Attributes
    ----------
    workers
        Servers of one replica, by station.
    numbers
        How many requests and messages there have been: the last one's number.
    """

    def __init__(
        self,
        env: Environment,
        recorder: Recorder,
        make_edge: Callable[[str, str], Edge],
        policy: Leader | None = None,
    ) -> None:
        self.env = env
        self.services: dict[str, ServiceRuntime] = {}
        self.resources: dict[str, Any] = {}
        self.workers: dict[str, int] = {}
        self.broker: Broker
        self.policy = policy
        self._make_edge = make_edge
        self._edges: dict[tuple[str, str], Edge] = {}
        self.numbers = 0
        self._pauses = 0
        self._client_routes: dict[tuple[str, str, str], Route] = {}
        self._rows, self._codes = recorder.calls
        self._frames: dict[int, Frame] = {}
        self._timers = 0
        alarm = Alarm(env)
        self.alarm, self._queue, self._eid = alarm.set, alarm.queue, alarm.numbers
        self._on_arrival, self._on_reply = (self._arrived,), (self._replied,)

    # --- the port ------------------------------------------------------------------------------------------------

    def call(self, request: Request) -> Event:
        """Send a client's request; the event succeeds with the ``Response`` the client sees."""
        event = Event(self.env)
        key = (request.caller, request.service, request.operation)
        route = self._client_routes.get(key)
        if route is None:
            route = self._client_routes[key] = self._route("client", *key)
        self.numbers += 1
        frame = Frame(self.numbers, route, request.body, request.order, 0, self.env._now, None, event)
        if self._send(frame, NEVER):
            self.run(frame, None, NEVER)
        return event

    def subscribe(self, topic: str, key: int | None, deliver: Callable[[Message], None]) -> None:
        """Let an app hear the messages of a topic with this key (None: of every key)."""
        self.broker.listen(topic, key, deliver)

    # --- calls, seen from the caller -----------------------------------------------------------------------------

    def _route(self, cause: str, caller: str, service: str, operation: str) -> Route:
        """Find out how a caller's requests for an operation travel."""
        edge = self._edges.get((caller, service))
        if edge is None:
            edge = self._edges[caller, service] = self._make_edge(caller, service)
        server = self.services[service]
        return Route(cause, caller, server, server.operations[operation], edge, self._codes)

    def _asked(self, frame: Frame, call: Any, owner: Frame | None, to: Any) -> Frame:
        """Make the frame of a handler's call."""
        server = frame.server
        route = server.routes.get((call.service, call.operation))
        if route is None:
            route = self._route("call", server.name, call.service, call.operation)
            server.routes[call.service, call.operation] = route
        self.numbers += 1
        return Frame(self.numbers, route, call.body, frame.order, frame.id, self.env._now, owner, to)

    def _passed_on(self, frame: Frame) -> Frame:
        """Make the frame of a call that is only passed on."""
        op = frame.op
        route = op.onward
        if route is None:
            route = op.onward = self._route("call", frame.server.name, op.handler.service, op.handler.operation)  # type: ignore[attr-defined]
        self.numbers += 1
        return Frame(self.numbers, route, frame.body, frame.order, frame.id, self.env._now, frame, None)

    def ask(self, frame: Frame, call: Any, to: Callable[[Any], None]) -> None:
        """Make a handler's call whose answer is given to ``to``."""
        asked = self._asked(frame, call, None, to)
        if self._send(asked, NEVER):
            self.run(asked, None, NEVER)

    def _send(self, frame: Frame, queue: Any) -> bool:
        """Put a request on its way, and tell whether its handler is to run at once."""
        edge: Any = frame.edge
        self._frames[frame.id] = frame
        if edge.timeout is not None:
            edge.watch(frame)
        if edge.guards is not None and not edge.guards.admit(frame):
            return False
        delay = edge.delay.constant
        if delay is None:
            delay = edge.delay(frame.order)
            if delay == inf:
                return self._request_lost(frame)
        at = self.env._now + delay
        if at < queue[0][0] or delay <= 0.0:
            self.env._now = at
            return self._admit(frame, queue)
        frame.callbacks = self._on_arrival
        heappush(self._queue, (at, NORMAL, next(self._eid), frame))
        return False

    def expire(self, frame: Frame) -> None:
        """Let the caller of an attempt give up waiting; what it called goes on."""
        self._pass_on(frame, TIMED_OUT, NEVER)

    def _replied(self, frame: Any) -> None:
        self._pass_on(frame, frame.response, self._queue)

    def _pass_on(self, frame: Frame, response: Any, queue: Any) -> None:
        """Let the caller of a frame see an answer, and go on with it."""
        value = self._answer(frame, response, queue)
        if value is not SUSPENDED:
            self.run(frame.owner, value, queue)

    def _answer(self, frame: Frame, response: Any, queue: Any) -> Any:
        """
        Let the caller see an answer, unless it has given up: it goes on with it, or tries again.

        Returns
        -------
        What ``frame.owner`` is to be resumed with; SUSPENDED: nobody is.
        """
        if frame.answered:  # it gave up, and has its row already if that was while the response was on its way
            if self._frames.pop(frame.id, None) is not None:
                self._rows.extend(frame.row())
            return SUSPENDED
        owner = frame.owner
        frame.answered, frame.seen, frame.answered_at = True, response.status, self.env._now
        guards = frame.edge.guards
        if guards is not None and frame.response is not REFUSED and not guards.answered(frame, response.status):
            frame.arrived_at, frame.ended_at, frame.response = nan, nan, LOST  # it was still waiting to be sent
        if guards is not None and not guards.settles(frame, response):
            frame.last = False
            if frame.response is not None:
                del self._frames[frame.id]
                self._rows.extend(frame.row())
            return SUSPENDED  # a copy of it may still be answered well
        if response.status >= 500:
            lost = self._is_lost(frame)
            pause: Any = None if lost else frame.edge.following(frame)
            frame.last = pause is None
            if guards is not None and frame.last and not lost:
                response = guards.instead(frame, response)
                frame.seen = response.status
        if frame.response is not None:
            del self._frames[frame.id]
            self._rows.extend(frame.row())
        if not frame.last:
            self._pauses += 1
            self.alarm(pause, (self._retry,), frame)
        elif owner is not None:
            return SUSPENDED if owner.coro is None else response  # None: lost in a crash
        elif frame.to.__class__ is Event:
            self._succeed(frame.to, response, queue)
        else:
            frame.to(response)
        return SUSPENDED

    def _succeed(self, event: Any, response: Any, queue: Any) -> None:
        """Let an app have its answer now."""
        event._ok, event._value = True, response
        callbacks = event.callbacks
        if callbacks and self.env._now >= queue[0][0]:
            heappush(self._queue, (self.env._now, NORMAL, next(self._eid), event))
            return
        event.callbacks = None
        for callback in callbacks:
            callback(event)

    def _retry(self, event: Any) -> None:
        old: Frame = event.value
        self._pauses -= 1
        if self._is_lost(old):
            return
        frame = self._again(old, old.route.origin)
        if self._send(frame, self._queue):
            self.run(frame, None, self._queue)

    def _is_lost(self, frame: Frame) -> bool:
        """Whether whoever made a call was lost in a crash meanwhile: nobody tries it again."""
        caller = frame.owner
        if caller is None:
            if not frame.parent or frame.to.__class__ is Event:
                return False
            caller = self._frames.get(frame.parent)
        return caller is None or caller.response is not None or caller.coro is GONE

    def _again(self, old: Frame, route: Route) -> Frame:
        """Make the next attempt of a call."""
        self.numbers += 1
        frame = Frame(self.numbers, route, old.body, old.order, old.parent, self.env._now, old.owner, old.to)
        frame.attempt = old.attempt + 1
        frame.first_sent_at = old.first_sent_at
        return frame

    # --- copies of calls that take long ------------------------------------------------------------------------------

    def copy(self, old: Frame) -> Frame | None:
        """Make a copy of a call that is under way; None: whoever called was lost in a crash."""
        if self._is_lost(old):
            return None
        frame = self._again(old, old.route.origin.because("hedge"))
        old.last = frame.last = False  # until it is known whose answer counts
        return frame

    def send(self, frame: Frame) -> None:
        """Put a copy on its way."""
        if self._send(frame, NEVER):
            self.run(frame, None, NEVER)

    def drop(self, frame: Frame) -> None:
        """Let a caller lose interest in an attempt: it is withdrawn from the queue it waits in, or done for nothing."""
        frame.answered, frame.seen, frame.answered_at, frame.last = True, WITHDRAWN.status, self.env._now, False
        if frame.response is not REFUSED and not frame.edge.guards.dropped(frame):
            frame.arrived_at, frame.ended_at, frame.response = nan, nan, LOST
        station = frame.server.station
        if frame.response is not None:
            del self._frames[frame.id]
            self._rows.extend(frame.row())
        elif station is not None and station.withdraw(frame):
            self.finish_frame(frame, WITHDRAWN)

    # --- calls, seen from the service ----------------------------------------------------------------------------

    def _arrived(self, frame: Any) -> None:
        """Bring a request to its service."""
        if self._admit(frame, self._queue):
            self.run(frame, None, self._queue)

    def _admit(self, frame: Frame, queue: Any) -> bool:
        """Let a request queue for its work, or refuse it, and tell whether its handler is to run at once."""
        frame.arrived_at = self.env._now
        server = frame.server
        if server.faulty:
            refusal = server.refusal(frame)
            if refusal is not None:
                if refusal is not UNAVAILABLE or not self._unheard(frame):
                    self.finish_frame(frame, refusal)
                return False
        station, work = server.station, frame.op.work
        if station is not None and (work is not None or server.hold):
            seconds = 0.0 if work is None else work(frame.order) * server.slow
            if not station.pass_through(frame, seconds, queue):
                if not station.enter(frame, seconds):
                    self.finish_frame(frame, OVERLOADED)
                return False
        return True

    def worked(self, frame: Frame, done: bool) -> None:
        """Go on after a visit to the station; ``done`` is False when the work was lost in a crash."""
        if done:
            self.run(frame, None, self._queue)
        elif frame.response is None:
            self.finish_frame(frame, UNAVAILABLE)

    def refused(self, frame: Frame, reason: str) -> None:
        """End a request that its station gave up before it was served."""
        if frame.response is None:
            frame.route = frame.route.because(reason)
            self.finish_frame(frame, Response(504 if reason == OVERDUE else 503, None, reason))

    def resume(self, frame: Frame, value: Any) -> None:
        """Go on with a handler, unless it was lost in a crash; whoever calls may have more to do at this instant."""
        if frame.coro is not None:
            self.run(frame, value, NEVER)

    def run(self, frame: Any, value: Any, queue: Any) -> None:
        """
        Run a handler with the value of what it awaited, then its caller and what it calls, until all of them wait.

        This is the hot loop. A handler that only passes a call on has no coroutine: it is its call, and then the
        response to that.
        """
        while True:
            coro = frame.coro
            if coro is None:  # it begins, for the first time or anew
                op = frame.op
                if op.forwards:
                    coro = frame.coro = FORWARDED
                else:
                    frame.reads, frame.commits = [], frame.server.commits
                    coro = frame.coro = op.handler(frame.body)
            if coro is FORWARDED:
                if value is None:
                    frame = self._passed_on(frame)
                    if not self._send(frame, queue):
                        return
                    continue
                effect = value
            else:
                try:
                    effect = coro.send(value)
                except StopIteration as stop:
                    effect = stop.value
            kind = effect.__class__
            if kind is Load:
                kind, key = effect.kind, effect.id
                value = frame.server.state.get(kind, NOTHING).get(key)
                frame.reads.append((kind, key, value))
            elif kind is Response:
                value = self._finish(frame, effect, queue)
                if value is SUSPENDED:
                    return
                frame = frame.owner
            elif kind is Call:
                frame = self._asked(frame, effect, frame, None)
                value = None
                if not self._send(frame, queue):
                    return
            else:
                value = PERFORM[kind](self, frame, effect)
                if value is SUSPENDED:
                    return
                if value is CONFLICT:
                    coro.close()
                    frame.coro = value = None

    def finish_frame(self, frame: Frame, response: Any) -> None:
        """End a handler that did not come to its end itself: refused, or lost in a crash."""
        if frame.coro is not None and frame.coro is not FORWARDED:
            frame.coro.close()
        value = self._finish(frame, response, NEVER)
        if value is not SUSPENDED:
            self.run(frame.owner, value, NEVER)

    def _finish(self, frame: Frame, response: Any, queue: Any) -> Any:
        """
        End a handler: its answer goes back to whoever called it.

        Returns
        -------
        What ``frame.owner`` is to be resumed with; SUSPENDED: nobody is yet.
        """
        now = self.env._now
        frame.ended_at, frame.response = now, response
        if frame.coro is not None:
            frame.coro = None
            if frame.server.hold:
                frame.server.station.release(frame)  # type: ignore[union-attr]
        edge, to = frame.edge, frame.to
        if edge is None:
            frame.answered, frame.seen, frame.answered_at = True, response.status, now
            del self._frames[frame.id]
            self._rows.extend(frame.row())
            if to.__class__ is Delivery:
                to.group.handled(to, response, frame.id)
            else:
                to(response)
            return SUSPENDED
        delay = edge.delay.constant
        if delay is None:
            delay = edge.delay(frame.order)
            if delay == inf:
                return self._answer_lost(frame)
        at = now + delay
        if at < queue[0][0] or delay <= 0.0:
            self.env._now = at
            return self._answer(frame, response, queue)
        event: Any = frame
        if (
            to.__class__ is Event
            and response.status < 500
            and not frame.answered
            and edge.guards is None
            and (edge.timeout is None or at < frame.sent_at + edge.timeout)
        ):
            # nothing can come in between: the app's own event is queued
            frame.answered, frame.seen, frame.answered_at = True, response.status, at
            del self._frames[frame.id]
            self._rows.extend(frame.row())
            event = to
            event._ok, event._value = True, response
        else:
            frame.callbacks = self._on_reply
        heappush(self._queue, (at, NORMAL, next(self._eid), event))
        return SUSPENDED

    # --- what guards bound and hold back ------------------------------------------------------------------------------

    def turn_away(self, frame: Frame, refusal: Response[Any]) -> None:
        """Let a caller know at this instant that its call is not made."""
        frame.route = frame.route.because(refusal.reason)
        frame.arrived_at = frame.ended_at = nan
        frame.response = REFUSED
        self.alarm(0.0, (self._turned_away,), (frame, refusal))

    def _turned_away(self, event: Any) -> None:
        frame, refusal = event.value
        self._pass_on(frame, refusal, self._queue)

    def go(self, frame: Frame) -> None:
        """Send a call that waited for a connection."""
        delay = frame.edge.delay(frame.order)
        if delay == inf:
            self._request_lost(frame)
            return
        frame.callbacks = self._on_arrival
        heappush(self._queue, (self.env._now + delay, NORMAL, next(self._eid), frame))

    def due(self, frame: Frame) -> float:
        """Give the instant from which on nobody waits for what the caller of a request does."""
        return getattr(self._frames.get(frame.parent), "due", inf)

    def callers(self, frame: Frame) -> Iterator[Frame]:
        """Give the requests that wait for an answer to this one: its caller, the caller's caller and so on."""
        above: Frame | None = frame
        while above is not None and not above.answered:
            above = self._frames.get(above.parent)
            if above is not None:
                yield above

    def not_reached(self, frame: Frame) -> None:
        """Give up a request that has not reached its service in time: it is not on its way any more."""
        frame.callbacks = ()
        frame.route = frame.route.because(CONNECT_TIMEOUT.reason)
        frame.arrived_at = frame.ended_at = nan
        frame.response = NOT_REACHED
        self._pass_on(frame, CONNECT_TIMEOUT, self._queue)

    def _unheard(self, frame: Frame) -> bool:
        """Leave a request to a crashed service without an answer where its caller bounds how long connecting takes."""
        guards = None if frame.edge is None else frame.edge.guards
        if guards is None or guards.bounds.connect is None:
            return False
        frame.arrived_at = frame.ended_at = nan
        frame.response = LOST
        if frame.answered:
            del self._frames[frame.id]
            self._rows.extend(frame.row())
        return True

    # --- what the network loses ----------------------------------------------------------------------------------

    def each_edge(self, known: Callable[[str, str, Edge], None]) -> None:
        """Call ``known`` with every edge, now or when it is made."""
        for (caller, service), edge in self._edges.items():
            known(caller, service, edge)
        make = self._make_edge

        def made(caller: str, service: str) -> Edge:
            edge = make(caller, service)
            known(caller, service, edge)
            return edge

        self._make_edge = made

    def _request_lost(self, frame: Frame) -> bool:
        """Let a request never arrive: its caller will give up."""
        frame.arrived_at = frame.ended_at = nan
        frame.response = LOST
        self._lost(frame)
        return False

    def _answer_lost(self, frame: Frame) -> Any:
        """Let an answer never arrive: its caller will give up, or has."""
        if frame.answered:
            del self._frames[frame.id]
            self._rows.extend(frame.row())
        else:
            self._lost(frame)
        return SUSPENDED

    def _lost(self, frame: Frame) -> None:
        """Tell a caller after a while that nothing will come, if its own time-out is not earlier."""
        edge: Any = frame.edge
        wait = edge.delay.noticed_after
        if edge.timeout is None or frame.sent_at + edge.timeout > self.env._now + wait:
            self.alarm(wait, (self._noticed,), frame)

    def _noticed(self, event: Any) -> None:
        if not event.value.answered:
            self._pass_on(event.value, UNREACHABLE, self._queue)

    # --- what nobody calls over the network ----------------------------------------------------------------------

    def message_route(self, service: str, operation: str) -> Route:
        """Give the route of messages to an operation that consumes them."""
        server = self.services[service]
        return Route("message", "broker", server, server.operations[operation], None, self._codes)

    def consume(self, delivery: Delivery, route: Route, queue: Any) -> None:
        """Have a message handled by the service of its consumer group."""
        self.numbers += 1
        frame = Frame(
            self.numbers, route, delivery.body, delivery.order, delivery.number, self.env._now, None, delivery
        )
        frame.attempt = delivery.attempt
        self._frames[frame.id] = frame
        if self._admit(frame, queue):
            self.run(frame, None, queue)

    def start_timer(self, service: str, timer: Timer) -> None:
        """Call an operation of a service every so often, after everything else of those instants."""
        server = self.services[service]
        start, busy = self.env.now, [False]

        def finished(_: Any) -> None:
            busy[0] = False

        def tick(k: int, _: Any) -> None:
            self._schedule_late(start + (k + 1) * timer.every - self.env.now, partial(tick, k + 1))
            if not busy[0] and not server.down:
                busy[0] = True
                self._by_timer(server, timer.operation, None, -1, 0, finished)

        self._schedule_late(0.0, partial(tick, 0))

    def _schedule_late(self, delay: float, callback: Callable[[Any], None]) -> None:
        event = Event(self.env)
        event._ok, event._value = True, None
        event.callbacks = [callback]
        self.env.schedule(event, AFTER_EVERYTHING, max(0.0, delay))

    def after(self, server: ServiceRuntime, timer: After, order: int, parent: int) -> None:
        """Set a durable timer of a service."""
        self._timers += 1
        wake = self.alarm(timer.delay, (self._rang,), (server, timer, order, parent))
        server.timers[timer.operation, timer.body] = wake

    def forget(self, server: ServiceRuntime, cancel: Cancel) -> None:
        """Cancel the last durable timer of this operation and body; one that rang before is gone."""
        wake = server.timers.pop((cancel.operation, cancel.body), None)
        if wake is not None:
            self._timers -= 1
            wake.callbacks = ()
            wake.value = None

    def _rang(self, event: Any) -> None:
        server, timer, order, parent = event.value
        self._timers -= 1
        key = timer.operation, timer.body
        if server.timers.get(key) is event:  # else one like it was set since
            del server.timers[key]
        if server.down:
            server.deferred.append((timer, order, parent))
            return

        def fired(response: Response[Any]) -> None:
            if response.status >= 500:
                self.after(server, After(TIMER_RETRY, timer.operation, timer.body), order, parent)

        self._by_timer(server, timer.operation, timer.body, order, parent, fired)

    def _by_timer(
        self, server: ServiceRuntime, operation: str, body: Any, order: int, parent: int, to: Callable[..., None]
    ) -> None:
        self.numbers += 1
        route = server.routes.get(("timer", operation))
        if route is None:
            route = Route("timer", "timer", server, server.operations[operation], None, self._codes)
            server.routes["timer", operation] = route
        frame = Frame(self.numbers, route, body, order, parent, self.env._now, None, to)
        self._frames[frame.id] = frame
        if self._admit(frame, self._queue):
            self.run(frame, None, self._queue)

    # --- crashes, and the end ------------------------------------------------------------------------------------

    def crash(self, names: list[str]) -> int:
        """
        Crash the services of one process: everything they were doing is lost.

        Returns
        -------
        The servers lost: 0 on an ideal platform, or when the process was down already.
        """
        for name in names:
            self.services[name].down += 1
            self.services[name].faulty += 1
        station = self.services[names[0]].station
        servers = 0 if station is None else station.servers
        if station is not None:
            station.fail_waiting()
            station.crash(servers)
        for frame in [f for f in self._frames.values() if f.server.name in names and hasattr(f, "arrived_at")]:
            if frame.response is None:
                self.finish_frame(frame, UNAVAILABLE)
        self.broker.publishers_down(names)
        return servers

    def crash_replicas(self, names: list[str], n: int) -> int:
        """
        Crash replicas of one process: the work on them is lost, and the handlers there that wait for others.

        The handlers of a service of steps go on: they may be at the station, which loses those it serves.

        Returns
        -------
        The servers lost.
        """
        station = self.services[names[0]].station
        if station is None or not station.servers:
            return 0
        replicas = max(1, station.servers // self.workers[station.name])
        before, gone = station.servers, min(n, replicas)
        inside = [f for f in self._frames.values() if f.server.name in names and not f.op.laws and self._waits(f)]
        station.crash(gone * self.workers[station.name])
        for frame in inside if not self.services[names[0]].hold else ():
            if frame.id % replicas < gone and frame.response is None:
                self.finish_frame(frame, UNAVAILABLE)
        return int(before - station.servers)

    @staticmethod
    def _waits(frame: Frame) -> bool:
        """Whether a handler has begun, and so has done its work."""
        return frame.coro is not None and frame.response is None

    def bring_servers(self, names: list[str], n: int) -> None:
        """Let servers that were lost serve again."""
        station = self.services[names[0]].station
        if station is not None and n:
            station.add_servers(n)

    def restart(self, names: list[str], servers: int) -> None:
        """Bring crashed services back, with this many servers; timers that were due meanwhile fire now."""
        station = self.services[names[0]].station
        if station is not None:
            station.add_servers(servers)
        for name in names:
            server = self.services[name]
            server.down -= 1
            server.faulty -= 1
            if server.down:
                continue
            due, server.deferred = server.deferred, []
            for timer, order, parent in due:
                self.after(server, After(0.0, timer.operation, timer.body), order, parent)
        self.broker.publishers_up([name for name in names if not self.services[name].down])

    def abandon(self, deliveries: list[Delivery]) -> None:
        """Lose the handlers of these deliveries, whose consumer died: what they wait for is wasted."""
        lost = set(map(id, deliveries))
        for frame in [f for f in self._frames.values() if id(f.to) in lost and f.response is None]:
            if frame.coro is None:  # it is at its station, or just back
                frame.op = frame.op.gone()
                continue
            if frame.coro is not FORWARDED:
                frame.coro.close()
            frame.coro = GONE

    def is_idle(self) -> bool:
        """Whether nothing at all is under way: no request, no pause before another try, no message."""
        return not self._frames and not self._pauses and self.broker.at_rest()

    def at_rest(self) -> bool:
        """Whether no request about an order, no message and no durable timer is open."""
        deferred = any(server.deferred for server in self.services.values())
        asked = any(frame.order >= 0 for frame in self._frames.values())
        return not asked and not self._timers and not deferred and self.broker.at_rest()

    def finish(self) -> None:
        """Write the rows of everything that is still on its way when the run ends."""
        stations = {id(s.station): s.station for s in self.services.values() if s.station is not None}
        for station in stations.values():
            station.finish()
        for resource in self.resources.values():
            resource.finish()
        self._rows.extend(b"".join([frame.open_row() for frame in self._frames.values()]))
        self._frames.clear()
        self.broker.finish()
