"""
Runs the services' handlers in virtual time.

A request is an explicit stack of handlers: each ``Frame`` is one handler at work, each ``Pending`` the caller's side of
one call (with its attempts). Every effect a handler awaits is answered at once or becomes one SimPy event with a
callback: a visit to a station, a network delay, a timer. There is no process per call.

When a caller's time is up its ``Pending`` answers 504 and goes on; the frames below keep running, their answers go
nowhere. When a service crashes its frames are lost and their callers get 503; what those frames had called goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from simpy import Environment
from simpy.events import Event, EventPriority, Timeout

from delivsim.dispatch.problem import DispatchPolicy, check_assignment
from delivsim.services import effects
from delivsim.services.effects import After, Decision, Delete, Publish
from delivsim.services.messages import OVERLOADED, TIMED_OUT, UNAVAILABLE, Message, Request, Response
from delivsim.services.service import Handler, Timer
from delivsim.simulated.broker import Broker
from delivsim.simulated.draws import OrderDraws
from delivsim.simulated.edges import Edge
from delivsim.simulated.station import Station

NAN = float("nan")
AFTER_EVERYTHING = EventPriority(2)
"""Priority of a service's own timers: after every other event of their instant."""
TIMER_RETRY = 1.0
"""Seconds after which a durable timer whose operation failed is tried again."""
_SUSPENDED = object()
_CONFLICT = object()


class Operation:
    """One operation of one service as it runs: its handler, its work, and the laws of its steps."""

    __slots__ = ("choices", "handler", "laws", "name", "work")

    def __init__(self, name: str, handler: Handler, work: OrderDraws | None) -> None:
        self.name, self.handler, self.work = name, handler, work
        self.laws: dict[str, OrderDraws] = {}
        self.choices: OrderDraws | None = None


class ServiceRuntime:
    """One service as it runs: its operations, its station (None: no queueing), its state, its edges to others."""

    __slots__ = ("deferred", "down", "edges", "hold", "name", "operations", "slow", "state", "station")

    def __init__(self, name: str, station: Station | None, *, hold: bool) -> None:
        self.name, self.station, self.hold = name, station, hold
        self.operations: dict[str, Operation] = {}
        self.state: dict[type[Any], dict[Any, Any]] = {}
        self.edges: dict[str, Edge] = {}
        self.down = False
        self.slow = 1.0
        self.deferred: list[After] = []


class Frame:
    """One handler at work; also one attempt of its caller, and the visit to the station."""

    __slots__ = (
        "answer", "answered", "arrived_at", "attempt", "body", "caller", "cause", "coro", "ended_at", "ends_at",
        "first_sent_at", "id", "op", "operation", "order", "parent", "pending", "queue_length", "queued_at", "reads",
        "response", "seen", "sent_at", "server", "service", "started_at", "timer", "work",
    )  # fmt: skip

    answer: tuple[float, bool]
    coro: Any
    pending: Any
    timer: Any
    response: Any
    reads: dict[Any, Any] | None
    queued_at: float
    started_at: float
    ends_at: float
    work: float
    queue_length: int

    def __init__(
        self, number: int, server: ServiceRuntime, op: Operation, body: Any, order: int, parent: int, cause: str,
        caller: str, now: float,
    ) -> None:  # fmt: skip
        self.id, self.server, self.op, self.body, self.order = number, server, op, body, order
        self.parent, self.cause, self.caller, self.attempt = parent, cause, caller, 1
        self.service, self.operation = server.name, op.name
        self.sent_at = self.first_sent_at = now
        self.arrived_at = self.ended_at = NAN
        self.coro = self.pending = self.response = self.reads = None
        self.answered = False
        self.seen = 0


class Pending:
    """The caller's side of one call: where the answer goes, and what it takes to try again."""

    __slots__ = ("edge", "owner", "to")

    def __init__(self, edge: Edge, to: Callable[[Any], None], owner: Frame | None = None) -> None:
        self.edge, self.to, self.owner = edge, to, owner

    @property
    def abandoned(self) -> bool:
        """Whether the handler that called is gone (lost in a crash)."""
        return self.owner is not None and self.owner.response is not None


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
    policy, rng, decision_time
        What decides, what it may draw from, and how long its answer takes.
    """

    def __init__(
        self,
        env: Environment,
        rows: Mapping[str, list[tuple[Any, ...]]],
        make_edge: Callable[[str, str], Edge],
        policy: NamedPolicy | None = None,
    ) -> None:
        self.env = env
        self.services: dict[str, ServiceRuntime] = {}
        self.broker: Broker
        self.policy = policy
        self.problems: list[Any] | None = None
        self._make_edge = make_edge
        self._numbers = 0
        self._decisions = 0
        self._client_edges: dict[tuple[str, str], Edge] = {}
        self._requests = rows["requests"]
        self._decision_rows = rows["decisions"]
        self._frames: dict[int, Frame] = {}
        self._perform: dict[type[Any], Callable[[Frame, Any], Any]] = {
            effects.Call: self._call,
            effects.Gather: self._gather,
            effects.Load: self._load,
            effects.Query: self._query,
            effects.Commit: self._commit,
            effects.Work: self._work,
            effects.Wait: self._wait,
            effects.Choose: self._choose,
            effects.Decide: self._decide,
            effects.Now: self._now,
            effects.NewId: self._new_id,
        }

    # --- the port ------------------------------------------------------------------------------------------------

    def call(self, request: Request) -> Event:
        """Send a client's request; the event succeeds with the ``Response`` the client sees."""
        event = Event(self.env)
        key = (request.caller, request.service)
        edge = self._client_edges.get(key)
        if edge is None:
            edge = self._client_edges[key] = self._make_edge(*key)
        service = self.services[request.service]
        frame = Frame(
            self.number(), service, service.operations[request.operation], request.body, request.order, 0, "client",
            request.caller, self.env._now,
        )  # fmt: skip
        self._send(frame, Pending(edge, partial(_succeed, event)))
        return event

    def subscribe(self, topic: str, key: int | None, deliver: Callable[[Message], None]) -> None:
        """Let an app hear the messages of a topic with this key (None: of every key)."""
        self.broker.listen(topic, key, deliver)

    # --- running ------------------------------------------------------------------------------------------------

    def number(self) -> int:
        """Give the next number for a request or message."""
        self._numbers += 1
        return self._numbers

    def start_timer(self, service: str, timer: Timer) -> None:
        """Call an operation of a service every so often, after everything else of those instants."""
        runtime = self.services[service]
        op = runtime.operations[timer.operation]
        start, busy = self.env.now, [False]

        def finished(_: Any) -> None:
            busy[0] = False

        def tick(k: int, _: Any) -> None:
            event = Event(self.env)
            event._ok, event._value = True, None
            event.callbacks = [partial(tick, k + 1)]
            self.env.schedule(event, AFTER_EVERYTHING, start + (k + 1) * timer.every - self.env.now)
            if not busy[0] and not runtime.down:
                busy[0] = True
                self._internal(runtime, op, None, -1, 0, "timer", finished)

        first = Event(self.env)
        first._ok, first._value = True, None
        first.callbacks = [partial(tick, 0)]
        self.env.schedule(first, AFTER_EVERYTHING, 0)

    def consumer(self, service: str, operation: str) -> Callable[[Message, int, Callable[[Any, int], None]], None]:
        """Give what the broker calls to have a message handled."""
        runtime = self.services[service]
        op = runtime.operations[operation]

        def consume(message: Message, attempt: int, done: Callable[[Any, int], None]) -> None:
            self._internal(runtime, op, message.body, message.order, message.number, "message", done, attempt=attempt)

        return consume

    def crash(self, names: list[str]) -> None:
        """Crash the services of one process: everything they were doing is lost."""
        for name in names:
            self.services[name].down = True
        station = self.services[names[0]].station
        if station is not None:
            station.crash(station.servers)
            station.fail_waiting()
        for frame in [f for f in self._frames.values() if f.service in names and f.arrived_at <= self.env.now]:
            if frame.id in self._frames and frame.response is None:
                self._lose(frame)

    def restart(self, names: list[str], servers: int) -> None:
        """Bring crashed services back, with this many servers; timers that were due meanwhile fire now."""
        station = self.services[names[0]].station
        if station is not None:
            station.add_servers(servers)
        for name in names:
            runtime = self.services[name]
            runtime.down = False
            due, runtime.deferred = runtime.deferred, []
            for timer in due:
                self._fire(runtime, timer, -1, 0)

    def finish(self) -> None:
        """Write the rows of everything that is still on its way when the run ends."""
        stations = {id(s.station): s.station for s in self.services.values() if s.station is not None}
        for station in stations.values():
            station.finish()
        for frame in self._frames.values():
            self._write(frame)
        self._frames.clear()
        self.broker.finish()

    # --- a call, from the caller's side --------------------------------------------------------------------------

    def _send(self, frame: Frame, pending: Pending) -> None:
        frame.pending = pending
        edge = pending.edge
        self._frames[frame.id] = frame
        if edge.timeout is not None:
            edge.watch(frame)
        delay = edge.delay(frame.order)
        if delay > 0.0:
            Timeout(self.env, delay, frame).callbacks.append(self._arrived)
        else:
            self._arrive(frame)

    def _internal(
        self, server: ServiceRuntime, op: Operation, body: Any, order: int, parent: int, cause: str,
        done: Callable[..., None], *, attempt: int = 1,
    ) -> None:  # fmt: skip
        """Run a handler that nobody called over the network: a message's consumer, or a timer."""
        caller = "broker" if cause == "message" else "timer"
        frame = Frame(self.number(), server, op, body, order, parent, cause, caller, self.env._now)
        frame.attempt = attempt
        frame.pending = done
        self._frames[frame.id] = frame
        self._arrive(frame)

    def expire(self, frame: Frame) -> None:
        """Let the caller of an attempt give up waiting; what it called goes on."""
        frame.answered = True
        frame.seen = 504
        self._outcome(frame, TIMED_OUT)

    def _replied(self, event: Any) -> None:
        self._reply(event._value)

    def _reply(self, frame: Frame) -> None:
        """Bring a response to the caller, if it still waits for it."""
        if frame.answered:
            self._close(frame)
            return
        frame.answered = True
        frame.seen = frame.response.status
        self._outcome(frame, frame.response)

    def _outcome(self, frame: Frame, response: Any) -> None:
        pending = frame.pending
        edge = pending.edge
        again = response.status >= 500 and frame.attempt < edge.max_attempts and not pending.abandoned
        self._answer_row(frame, not again)
        if again:
            Timeout(self.env, edge.backoff(frame.order), frame).callbacks.append(self._retry)
        else:
            pending.to(response)

    def _retry(self, event: Any) -> None:
        old = event._value
        pending = old.pending
        if pending.abandoned:
            return
        frame = Frame(
            self.number(), old.server, old.op, old.body, old.order, old.parent, old.cause, old.caller, self.env._now
        )
        frame.attempt = old.attempt + 1
        frame.first_sent_at = old.first_sent_at
        self._send(frame, pending)

    # --- a call, from the service's side -------------------------------------------------------------------------

    def _arrived(self, event: Any) -> None:
        self._arrive(event._value)

    def _arrive(self, frame: Frame) -> None:
        """Bring a request to its service: it queues for its work, or is refused."""
        frame.arrived_at = self.env._now
        server = frame.server
        if server.down:
            self._finish(frame, UNAVAILABLE)
            return
        work = frame.op.work
        if work is None or server.station is None:
            if server.hold and server.station is not None:
                if not server.station.enter(frame, 0.0):
                    self._finish(frame, OVERLOADED)
                return
            self._begin(frame)
        elif not server.station.enter(frame, work(frame.order) * server.slow):
            self._finish(frame, OVERLOADED)

    def worked(self, frame: Frame, done: bool) -> None:
        """Go on after a visit to the station; ``done`` is False when the work was lost in a crash."""
        if not done:
            self._lose(frame)
        elif frame.coro is None:
            self._begin(frame)
        else:
            self._drive(frame, None)

    def _begin(self, frame: Frame) -> None:
        frame.reads = {}
        frame.coro = frame.op.handler(frame.body)
        self._drive(frame, None)

    def _drive(self, frame: Frame, value: Any) -> None:
        """Run a handler until it waits for something that takes time."""
        coro = frame.coro
        if coro is None:
            return  # lost in a crash
        send = coro.send
        perform = self._perform
        while True:
            try:
                effect = send(value)
            except StopIteration as stop:
                self._finish(frame, stop.value)
                return
            value = perform[effect.__class__](frame, effect)
            if value is _SUSPENDED:
                return
            if value is _CONFLICT:
                coro.close()
                frame.reads = {}
                coro = frame.coro = frame.op.handler(frame.body)
                send, value = coro.send, None

    def _finish(self, frame: Frame, response: Any) -> None:
        """End a handler: its answer goes back to whoever called it."""
        env = self.env
        frame.ended_at = env._now
        frame.response = response
        server = frame.server
        if server.hold and frame.coro is not None:
            server.station.release(frame)  # type: ignore[union-attr]
        frame.coro = None
        frame.reads = None
        pending = frame.pending
        if pending.__class__ is not Pending:
            frame.answered = True
            frame.seen = response.status
            self._answer_row(frame, True)
            pending(response, frame.id) if frame.cause == "message" else pending(response)
            return
        delay = pending.edge.delay(frame.order)
        if delay > 0.0:
            Timeout(env, delay, frame).callbacks.append(self._replied)
        else:
            self._reply(frame)

    def _lose(self, frame: Frame) -> None:
        """Lose a handler in a crash; its caller learns that the connection is gone."""
        if frame.coro is not None:
            frame.coro.close()
            frame.coro = None
        self._finish(frame, UNAVAILABLE)

    # --- rows ----------------------------------------------------------------------------------------------------

    def _answer_row(self, frame: Frame, last: bool) -> None:
        """Note what the caller saw; the row is written once the handler has ended, too."""
        frame.answer = (self.env._now, last)
        if frame.response is not None:
            self._close(frame)

    def _close(self, frame: Frame) -> None:
        del self._frames[frame.id]
        self._write(frame)

    def _write(self, frame: Frame) -> None:
        answered_at, last = frame.answer if frame.answered else (NAN, True)
        self._requests.append(
            (
                frame.order,
                frame.id,
                frame.parent,
                frame.attempt,
                frame.cause,
                frame.caller,
                frame.service,
                frame.operation,
                frame.sent_at,
                frame.arrived_at,
                frame.ended_at,
                answered_at,
                frame.response.status if frame.response is not None else 0,
                frame.seen,
                last,
                frame.first_sent_at,
            )
        )

    # --- effects -------------------------------------------------------------------------------------------------

    def _call(self, frame: Frame, call: Any) -> Any:
        self._ask(frame, call, partial(self._drive, frame))
        return _SUSPENDED

    def _ask(self, frame: Frame, call: Any, to: Callable[[Any], None]) -> None:
        server = frame.server
        edge = server.edges.get(call.service)
        if edge is None:
            edge = server.edges[call.service] = self._make_edge(server.name, call.service)
        callee = self.services[call.service]
        op = callee.operations[call.operation]
        child = Frame(self.number(), callee, op, call.body, frame.order, frame.id, "call", server.name, self.env._now)
        self._send(child, Pending(edge, to, frame))

    def _gather(self, frame: Frame, gather: Any) -> Any:
        n = len(gather.calls)
        answers: list[Any] = [None] * n
        left = [n]

        def collect(i: int, response: Any) -> None:
            answers[i] = response
            left[0] -= 1
            if left[0] == 0:
                self._drive(frame, answers)

        if n == 0:
            return answers
        for i, call in enumerate(gather.calls):
            self._ask(frame, call, partial(collect, i))
        return _SUSPENDED

    def _load(self, frame: Frame, load: Any) -> Any:
        kind, key = load.kind, load.id
        values = frame.server.state.get(kind)
        value = None if values is None else values.get(key)
        frame.reads[(kind, key)] = value  # type: ignore[index]
        return value

    def _query(self, frame: Frame, query: Any) -> Any:
        return list(frame.server.state.get(query.kind, {}).values())

    def _commit(self, frame: Frame, commit: Any) -> Any:
        """Write everything, unless a value that this handler loaded was changed by another one since."""
        state = frame.server.state
        reads = frame.reads
        assert reads is not None
        for write in commit.writes:
            kind = write.kind if write.__class__ is Delete else write.value.__class__
            key = (kind, write.id)
            if key in reads and state.get(kind, _EMPTY).get(write.id) is not reads[key]:
                return _CONFLICT
        for write in commit.writes:
            if write.__class__ is Delete:
                state.get(write.kind, _EMPTY).pop(write.id, None)
                reads[(write.kind, write.id)] = None
            else:
                value = write.value
                kind = value.__class__
                values = state.get(kind)
                if values is None:
                    values = state[kind] = {}
                values[write.id] = value
                reads[(kind, write.id)] = value
        for publish in commit.publishes:
            self._publish(frame, publish)
        for timer in commit.timers:
            self._after(frame.server, timer, frame.order, frame.id)
        return None

    def _publish(self, frame: Frame, publish: Publish) -> None:
        message = Message(self.number(), publish.topic, publish.key, publish.body, publish.order, self.env._now)
        self.broker.publish(message, frame.id, frame.cause)

    def _after(self, server: ServiceRuntime, timer: After, order: int, parent: int) -> None:
        event = Timeout(self.env, timer.delay)
        event.callbacks.append(lambda _: self._fire(server, timer, order, parent))

    def _fire(self, server: ServiceRuntime, timer: After, order: int, parent: int) -> None:
        if server.down:
            server.deferred.append(timer)
        else:
            op = server.operations[timer.operation]
            self._internal(
                server, op, timer.body, order, parent, "timer", partial(self._fired, server, timer, order, parent)
            )

    def _fired(self, server: ServiceRuntime, timer: After, order: int, parent: int, response: Response[Any]) -> None:
        """Try a timer's operation again when it failed: timers are durable."""
        if response.status >= 500:
            self._after(server, After(TIMER_RETRY, timer.operation, timer.body), order, parent)

    def _work(self, frame: Frame, work: Any) -> Any:
        station = frame.server.station
        if station is None:
            return None
        seconds = frame.op.laws[work.step](frame.order) * frame.server.slow
        if station.enter(frame, seconds):
            return _SUSPENDED
        frame.coro.close()
        self._finish(frame, OVERLOADED)
        return _SUSPENDED

    def _wait(self, frame: Frame, wait: Any) -> Any:
        delay = frame.op.laws[wait.step](frame.order)
        Timeout(self.env, delay, frame).callbacks.append(self._waited)
        return _SUSPENDED

    def _waited(self, event: Any) -> None:
        self._drive(event._value, None)

    def _choose(self, frame: Frame, choose: Any) -> Any:
        drawn = frame.op.laws[choose.step](frame.order)
        return next(i for i, bound in enumerate(choose.cumulative) if drawn < bound)

    def _now(self, _frame: Frame, _effect: Any) -> Any:
        return self.env._now

    def _new_id(self, _frame: Frame, _effect: Any) -> Any:
        return self.number()

    def _decide(self, frame: Frame, decide: Any) -> Any:
        """Ask the policy; its answer comes into force after the modelled compute time."""
        assert self.policy is not None, "a delivery service is built together with a policy"
        problem = decide.problem
        self._decisions += 1
        assignment = self.policy.decide(problem)
        decision = Decision(self._decisions, assignment)
        delay = self.policy.decision_time()
        self._decision_rows.append(
            (
                decision.number,
                problem.now,
                problem.now + delay,
                len(problem.orders),
                len(problem.riders),
                len(assignment.matches),
                sum(len(match.orders) for match in assignment.matches),
                self.policy.name,
            )
        )
        if delay > 0:
            Timeout(self.env, delay).callbacks.append(lambda _: self._drive(frame, decision))
            return _SUSPENDED
        return decision


class NamedPolicy:
    """
    A policy as the runtime uses it: checked, with its own random generator and its modelled compute time.

    Parameters
    ----------
    name
        For the decisions table.
    policy
        What decides.
    rng
        What it may draw from.
    decision_time
        Gives the modelled compute time of the next decision, seconds.
    timings
        Wall-clock seconds of each decision are appended here; they are no part of the deterministic record.
    clock
        The wall clock.
    """

    def __init__(
        self, name: str, policy: DispatchPolicy, rng: np.random.Generator, decision_time: Callable[[], float],
        clock: Callable[[], float],
    ) -> None:  # fmt: skip
        self.name, self.policy, self.rng, self.decision_time = name, policy, rng, decision_time
        self.timings: list[float] = []
        self._clock = clock

    def decide(self, problem: Any) -> Any:
        """Ask the policy and check its answer."""
        began = self._clock()
        assignment = self.policy(problem, self.rng)
        self.timings.append(self._clock() - began)
        check_assignment(problem, assignment)
        return assignment


_EMPTY: dict[Any, Any] = {}


def _succeed(event: Event, response: Any) -> None:
    if event.callbacks:
        event.succeed(response)
    else:  # nobody waits: no need to go through the queue
        event._ok, event._value, event.callbacks = True, response, None  # type: ignore[assignment]
