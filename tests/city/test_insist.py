"""Apps insist: what must be said is said until the platform has taken note."""

from __future__ import annotations

from delivsim.city.insist import PAUSE, insist, insisting
from delivsim.services.messages import OK, UNAVAILABLE, Request, Response

REQUEST = Request("rider", "delivered", None, 3)


def test_a_failure_is_tried_again_after_a_pause(env, make_platform) -> None:
    """Two answers of 503, each after 1 s, then one of 200: asked at 0, 31 and 62 s; ``done`` is called once."""
    answers, done = iter([UNAVAILABLE, UNAVAILABLE, OK]), []
    platform = make_platform(lambda _: next(answers), 1.0)
    insist(env, platform, REQUEST, lambda: done.append(env.now))
    env.run()
    assert platform.instants("delivered") == [0.0, 1 + PAUSE, 2 + 2 * PAUSE]
    assert done == [3 + 2 * PAUSE]


def test_a_refusal_is_an_answer(env, make_platform) -> None:
    """409 is final, and who waits for the answer gets it."""
    refused: Response[None] = Response(409, None, "not yours")
    platform, got = make_platform(lambda _: refused, 1.0), []

    def rider():
        got.append((yield from insisting(env, platform, REQUEST)))

    env.process(rider())
    insist(env, platform, REQUEST)
    env.run()
    assert got == [refused]
    assert platform.instants("delivered") == [0.0, 0.0]
