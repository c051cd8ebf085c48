"""An agenda keeps the far future apart, and nobody can tell from what happens."""

import random

from simpy import Environment

from delivsim.simulated.wake import SPAN, Agenda, Alarm, run_until


def story(env: Environment) -> list[tuple[float, int]]:
    """Let things lead to others, soon or in hours, several at one instant, and tell what happened when."""
    rng, told = random.Random(1), []
    alarm = Alarm(env)

    def happen(event) -> None:
        number = len(told)
        told.append((env.now, number))
        for _ in range(rng.choice((0, 1, 2)) if number < 3000 else 0):
            delay = rng.choice((0.0, 0.01, 0.7, SPAN, 2 * SPAN, 300.0, rng.expovariate(0.001)))
            if rng.random() < 0.5:
                alarm.set(delay, (happen,), None)
            else:
                env.timeout(delay).callbacks.append(happen)

    for delay in range(20):
        env.timeout(delay).callbacks.append(happen)
    run_until(env, env.timeout(1e6))
    return told


def test_what_happens_and_in_which_order_is_what_simpy_would_do() -> None:
    told = story(Agenda())
    assert len(told) > 100
    assert told == story(Environment())


def test_the_queue_holds_only_what_comes_soon() -> None:
    env = Agenda()
    for delay in range(1000):
        env.timeout(10.0 * delay)
    assert len(env._queue) < 5


def test_what_never_happens_may_be_scheduled() -> None:
    env = Agenda()
    env.timeout(float("inf"))
    env.run(until=10.0)
    assert env.now == 10.0


def test_nothing_is_left_of_what_is_forgotten() -> None:
    env = Agenda()
    env.timeout(1.0)
    env.timeout(1e5)
    env.forget()
    assert not env._queue
    assert not env._spans
