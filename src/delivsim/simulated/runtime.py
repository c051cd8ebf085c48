"""
Runs the services' handlers in virtual time.

A request is an explicit stack of handlers: each ``Frame`` is one handler at work and one attempt of its caller. Every
effect a handler awaits is answered at once or becomes one SimPy event with a callback: a visit to a station, a network
delay, a timer. There is no process per call.

When a caller's time is up it goes on with a 504; the frames below keep running, their answers go nowhere. When a
service crashes its frames are lost and their callers get 503; what those frames had called goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from heapq import heappush
from typing import Any

from simpy import Environment
from simpy.events import NORMAL, Event, EventPriority

from delivsim.services.effects import After
from delivsim.services.messages import OVERLOADED, TIMED_OUT, UNAVAILABLE, Message, Request, Response
from delivsim.services.service import Timer
from delivsim.simulated.broker import Broker, Delivery, Group
from delivsim.simulated.edges import Edge
from delivsim.simulated.frames import Frame, Operation, ServiceRuntime
from delivsim.simulated.leader import Leader
from delivsim.simulated.perform import CONFLICT, PERFORM, SUSPENDED
from delivsim.simulated.wake import Alarm

AFTER_EVERYTHING = EventPriority(2)
"""Priority of a service's own timers: after every other event of their instant."""
TIMER_RETRY = 1.0
"""Seconds after which a durable timer whose operation failed is tried again."""


class Runtime:
    """
    The simulated platform: it satisfies ``city.port.Platform``.

    Parameters
    ----------
    env
        The SimPy environment.
    rows
        The recorder's lists of rows, by table.
    make_edge
        Gives the edge (caller, callee).
    policy
        What decides for the delivery service.
    """

    def __init__(
        self,
        env: Environment,
        rows: Mapping[str, list[tuple[Any, ...]]],
        make_edge: Callable[[str, str], Edge],
        policy: Leader | None = None,
    ) -> None:
        self.env = env
        self.services: dict[str, ServiceRuntime] = {}
        self.broker: Broker
        self.policy = policy
        self._make_edge = make_edge
        self._numbers = 0
        self._pauses = 0
        self._client_edges: dict[tuple[str, str], Edge] = {}
        self._rows = rows["requests"]
        self._frames: dict[int, Frame] = {}
        self._timers = 0
        alarm = Alarm(env)
        self.alarm, self._queue, self._eid = alarm.set, alarm.queue, alarm.numbers
        self._on_arrival, self._on_reply = (self._arrive,), (self._reply,)

    # --- the port ------------------------------------------------------------------------------------------------

    def call(self, request: Request) -> Event:
        """Send a client's request; the event succeeds with the ``Response`` the client sees."""
        event = Event(self.env)
        key = (request.caller, request.service)
        edge = self._client_edges.get(key)
        if edge is None:
            edge = self._client_edges[key] = self._make_edge(*key)
        service = self.services[request.service]
        self._numbers += 1
        self._send(
            Frame(
                self._numbers, service, service.operations[request.operation], request.body, request.order, 0,
                "client", request.caller, self.env._now, None, event, edge,
            ),
            edge,
        )  # fmt: skip
        return event

    def subscribe(self, topic: str, key: int | None, deliver: Callable[[Message], None]) -> None:
        """Let an app hear the messages of a topic with this key (None: of every key)."""
        self.broker.listen(topic, key, deliver)

    # --- calls, seen from the caller -----------------------------------------------------------------------------

    def number(self) -> int:
        """Give the next number for a request or message."""
        self._numbers += 1
        return self._numbers

    def ask(self, frame: Frame, call: Any, owner: Frame | None, to: Callable[[Any], None] | None) -> None:
        """Make a handler's call; its answer resumes ``owner`` or is given to ``to``."""
        server = frame.server
        edge = server.edges.get(call.service)
        if edge is None:
            edge = server.edges[call.service] = self._make_edge(server.name, call.service)
        callee = self.services[call.service]
        self._numbers += 1
        self._send(
            Frame(
                self._numbers, callee, callee.operations[call.operation], call.body, frame.order, frame.id, "call",
                server.name, self.env._now, owner, to, edge,
            ),
            edge,
        )  # fmt: skip

    def _send(self, frame: Frame, edge: Edge) -> None:
        self._frames[frame.id] = frame
        if edge.timeout is not None:
            edge.watch(frame)
        delay = edge.delay.constant
        if delay is None:
            delay = edge.delay(frame.order)
        if delay > 0.0:
            frame.callbacks = self._on_arrival
            heappush(self._queue, (self.env._now + delay, NORMAL, next(self._eid), frame))
        else:
            self._arrive(frame)

    def expire(self, frame: Frame) -> None:
        """Let the caller of an attempt give up waiting; what it called goes on."""
        self._answer(frame, TIMED_OUT)

    def _reply(self, frame: Any) -> None:
        """Bring a response to the caller, if it still waits for it."""
        if frame.answered:  # it gave up, and has its row already if that was while the response was on its way
            if self._frames.pop(frame.id, None) is not None:
                self._rows.append(frame.row())
        else:
            self._answer(frame, frame.response)

    def _answer(self, frame: Frame, response: Any) -> None:
        """Let the caller see an answer: it goes on with it, or tries again."""
        edge: Any = frame.edge
        owner = frame.owner
        frame.answered, frame.seen, frame.answered_at = True, response.status, self.env._now
        again = response.status >= 500 and frame.attempt < edge.max_attempts
        again = again and (owner is None or owner.response is None)
        frame.last = not again
        if frame.response is not None:
            del self._frames[frame.id]
            self._rows.append(frame.row())
        if again:
            self._pauses += 1
            self.alarm(edge.backoff(frame.order), (self._retry,), frame)
        elif owner is not None:
            self.resume(owner, response)
        elif frame.to.__class__ is Event:
            _succeed(frame.to, response)
        else:
            frame.to(response)

    def _retry(self, event: Any) -> None:
        old: Frame = event.value
        self._pauses -= 1
        if old.owner is not None and old.owner.response is not None:
            return  # the caller was lost in a crash meanwhile
        self._numbers += 1
        frame = Frame(
            self._numbers, old.server, old.op, old.body, old.order, old.parent, old.cause, old.caller, self.env._now,
            old.owner, old.to, old.edge,
        )  # fmt: skip
        frame.attempt = old.attempt + 1
        frame.first_sent_at = old.first_sent_at
        assert old.edge is not None, "only calls over an edge are tried again"
        self._send(frame, old.edge)

    # --- calls, seen from the service ----------------------------------------------------------------------------

    def _arrive(self, frame: Any) -> None:
        """Bring a request to its service: it queues for its work, or is refused."""
        frame.arrived_at = self.env._now
        server = frame.server
        station = server.station
        if server.down:
            self.finish_frame(frame, UNAVAILABLE)
            return
        work = frame.op.work
        if station is None or (work is None and not server.hold):
            self.worked(frame, True)
            return
        seconds = 0.0 if work is None else work(frame.order) * server.slow
        if not station.enter(frame, seconds):
            self.finish_frame(frame, OVERLOADED)

    def worked(self, frame: Frame, done: bool) -> None:
        """Go on after a visit to the station; ``done`` is False when the work was lost in a crash."""
        if not done:
            self._lose(frame)
            return
        if frame.coro is None:
            frame.reads = []
            frame.commits = frame.server.commits
            frame.coro = frame.op.handler(frame.body)
        self.resume(frame, None)

    def resume(self, frame: Frame, value: Any) -> None:
        """Run a handler until it waits for something that takes time."""
        coro = frame.coro
        if coro is None:
            return  # lost in a crash
        send = coro.send
        while True:
            try:
                effect = send(value)
            except StopIteration as stop:
                self.finish_frame(frame, stop.value)
                return
            value = PERFORM[effect.__class__](self, frame, effect)
            if value is SUSPENDED:
                return
            if value is CONFLICT:
                coro.close()
                frame.reads = []
                frame.commits = frame.server.commits
                coro = frame.coro = frame.op.handler(frame.body)
                send, value = coro.send, None

    def finish_frame(self, frame: Frame, response: Any) -> None:
        """End a handler: its answer goes back to whoever called it."""
        now = self.env._now
        frame.ended_at = now
        frame.response = response
        if frame.coro is not None:
            frame.coro.close()
            frame.coro = None
            if frame.server.hold:
                frame.server.station.release(frame)  # type: ignore[union-attr]
        edge = frame.edge
        if edge is None:
            frame.answered, frame.seen, frame.answered_at = True, response.status, now
            del self._frames[frame.id]
            self._rows.append(frame.row())
            if frame.to.__class__ is Delivery:
                frame.to.group.handled(frame.to, response, frame.id)
            else:
                frame.to(response)
            return
        delay = edge.delay.constant
        if delay is None:
            delay = edge.delay(frame.order)
        if delay <= 0.0:
            self._reply(frame)
        elif frame.to.__class__ is Event and response.status < 500 and _in_time(frame, edge, now + delay):
            self._answer_app(frame, response, now + delay)
        else:
            frame.callbacks = self._on_reply
            heappush(self._queue, (now + delay, NORMAL, next(self._eid), frame))

    def _answer_app(self, frame: Frame, response: Any, at: float) -> None:
        """Let an app have its answer at this instant: nothing can come in between, so its own event is queued."""
        frame.answered, frame.seen, frame.answered_at = True, response.status, at
        del self._frames[frame.id]
        self._rows.append(frame.row())
        event = frame.to
        event._ok, event._value = True, response
        if event.callbacks:
            heappush(self._queue, (at, NORMAL, next(self._eid), event))
        else:  # nobody waits for it
            event.callbacks = None

    def _lose(self, frame: Frame) -> None:
        """Lose a handler in a crash; its caller learns that the connection is gone."""
        if frame.response is None:
            self.finish_frame(frame, UNAVAILABLE)

    # --- what nobody calls over the network ----------------------------------------------------------------------

    def consume(self, group: Group, delivery: Delivery) -> None:
        """Have a message handled by the service of its consumer group."""
        message = delivery.message
        server = self.services[group.name]
        self._numbers += 1
        frame = Frame(
            self._numbers, server, group.operations[message.topic], message.body, message.order, message.number,
            "message", "broker", self.env._now, None, delivery, None,
        )  # fmt: skip
        frame.attempt = delivery.attempt
        self._frames[frame.id] = frame
        self._arrive(frame)

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
        self.alarm(timer.delay, (self._rang,), (server, timer, order, parent))

    def _rang(self, event: Any) -> None:
        server, timer, order, parent = event.value
        self._timers -= 1
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
        self._numbers += 1
        op: Operation = server.operations[operation]
        frame = Frame(self._numbers, server, op, body, order, parent, "timer", "timer", self.env._now, None, to, None)
        self._frames[frame.id] = frame
        self._arrive(frame)

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
        station = self.services[names[0]].station
        servers = 0 if station is None else station.servers
        if station is not None:
            station.fail_waiting()
            station.crash(servers)
        for frame in [f for f in self._frames.values() if f.service in names and hasattr(f, "arrived_at")]:
            self._lose(frame)
        return servers

    def restart(self, names: list[str], servers: int) -> None:
        """Bring crashed services back, with this many servers; timers that were due meanwhile fire now."""
        station = self.services[names[0]].station
        if station is not None:
            station.add_servers(servers)
        for name in names:
            server = self.services[name]
            server.down -= 1
            if server.down:
                continue
            due, server.deferred = server.deferred, []
            for timer, order, parent in due:
                self.after(server, After(0.0, timer.operation, timer.body), order, parent)

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
        self._rows.extend(frame.open_row() for frame in self._frames.values())
        self._frames.clear()
        self.broker.finish()


def _in_time(frame: Frame, edge: Edge, at: float) -> bool:
    """Tell whether the caller of a frame will still wait at this instant."""
    return not frame.answered and (edge.timeout is None or at < frame.sent_at + edge.timeout)


def _succeed(event: Event, response: Any) -> None:
    if event.callbacks:
        event.succeed(response)
    else:  # nobody waits: no need to go through the queue
        event._ok, event._value, event.callbacks = True, response, None  # type: ignore[assignment]
