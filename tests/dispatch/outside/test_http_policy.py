"""``policy: http``: a server decides."""

from __future__ import annotations

import json
import socket
import time
from contextlib import suppress

import numpy as np
import pytest
from pydantic import ValidationError

from delivsim.dispatch.config import DispatchConfig, make_policy
from delivsim.dispatch.contract import sample_problem
from delivsim.dispatch.outside import Http, outside_of
from delivsim.dispatch.policies import Nearest
from delivsim.dispatch.repositioning import Repositioned, nearest_store
from delivsim.errors import PolicyError

PROBLEM = sample_problem(5, 8)
EMPTY = b'{"format": "delivsim.assignment/1"}'


def decided(policy):
    return policy(PROBLEM, np.random.default_rng(0))


def replies(body: bytes = EMPTY, status: int = 200, **headers: str):
    def answer(handler, _):
        handler.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def test_a_served_policy_decides_as_it_does_here(nearest_served):
    """What comes back over HTTP is what the policy says in this process, all of it."""
    assert decided(Http(url=nearest_served)) == decided(Nearest())


def test_one_connection_serves_all_decisions(served):
    """The connection is kept from decision to decision."""
    seen = set()

    def answer(handler, body):
        seen.add(handler.client_address)
        replies()(handler, body)

    policy = Http(url=served(answer))
    for _ in range(3):
        decided(policy)
    assert len(seen) == 1


def test_a_connection_that_the_server_closed_is_opened_again(served):
    """A server that lets go between two decisions is no failure."""

    def answer(handler, body):
        replies()(handler, body)
        handler.close_connection = True  # without a word to the client

    policy = Http(url=served(answer))
    for _ in range(2):
        assert decided(policy).matches == ()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (replies(b"broken", 500), "status 500 Internal Server Error: broken"),
        (replies(b"", 307, Location="http://elsewhere/"), "307 .* to http://elsewhere/ .*not followed"),
        (replies(b"<html>"), "the answer: no JSON"),
        (
            replies(b'{"format": "delivsim.assignment/1", "matchs": []}'),
            r"matchs: unknown key \(did you mean 'matches'",
        ),
        (
            replies(b'{"format": "delivsim.assignment/1", "matches": [{"rider": -4, "orders": [5]}]}'),
            "matches.0.rider: must be greater than or equal to 0, got -4",
        ),
        (
            replies(b'{"format": "delivsim.assignment/1", "matches": [{"rider": 7, "orders": [4]}]}'),
            "the answer breaks a rule: order 4: not in the problem",
        ),
        (lambda handler, _: handler.wfile.write(b"hello\r\n\r\n"), "the answer is no HTTP"),
    ],
)
def test_an_answer_that_cannot_be_used_says_why(served, answer, told):
    """The address, the status, and the field, rule and value of what is wrong with the answer."""
    url = served(answer)
    with pytest.raises(PolicyError, match=f"^{url}: .*{told}"):
        decided(Http(url=url))


def test_nobody_there_is_told():
    """A port where nobody listens: the address and the reason."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(PolicyError, match=f"{url}/decide: cannot be reached: Connection refused"):
        decided(Http(url=url))


def silent(handler, _):
    time.sleep(1.0)


def dripping(handler, _):
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    with suppress(OSError):
        for _ in range(40):
            handler.wfile.write(b" ")
            time.sleep(0.05)


@pytest.mark.parametrize("answer", [silent, dripping])
def test_a_late_answer_is_a_time_out(served, answer):
    """The time is over when it is over, also for a server that sends a byte now and then."""
    with pytest.raises(PolicyError, match=r"no answer within 0\.2 s"):
        decided(Http(url=served(answer), timeout=0.2))


def test_the_fallback_decides_where_there_is_no_answer(served):
    """What it decides counts, why is known, and the next good answer is used again."""
    answers = iter([replies(b"no", 503), replies()])
    policy = Http(url=served(lambda handler, body: next(answers)(handler, body)), fallback="nearest")
    assert decided(policy) == decided(Nearest())
    assert policy.outside.reason == "http_status"
    assert decided(policy).matches == ()
    assert policy.outside.reason == ""


def test_headers_carry_secrets_of_the_environment(served, monkeypatch):
    """``{env: NAME}`` is what the variable holds; it is neither in the policy's text nor in an error."""
    seen = []

    def answer(handler, body):
        seen.append((handler.headers["Authorization"], handler.headers["X-City"]))
        replies(b"no", 401)(handler, body)

    monkeypatch.setenv("OPTIMIZER", "Bearer 4711")
    policy = Http(url=served(answer), headers={"Authorization": {"env": "OPTIMIZER"}, "X-City": "Delft"})
    with pytest.raises(PolicyError, match="401") as error:
        decided(policy)
    assert seen == [("Bearer 4711", "Delft")]
    assert "4711" not in repr(policy) + str(error.value)


def test_a_secret_that_is_not_there_is_told_before_anything_runs(monkeypatch):
    """Making the policy names the variable."""
    monkeypatch.delenv("OPTIMIZER", raising=False)
    config = DispatchConfig(policy="http", params={"url": "http://h", "headers": {"X-Key": {"env": "OPTIMIZER"}}})
    with pytest.raises(PolicyError, match=r"headers.X-Key: the variable OPTIMIZER .* is not set"):
        make_policy(config)


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({}, "params.url: missing"),
        ({"url": "ftp://x"}, "params.url: must be an address such as .* got 'ftp://x'"),
        ({"url": "http://me:pw@x"}, "must hold no user and password"),
        ({"url": "http://x", "fallback": "nearst"}, "did you mean 'nearest'"),
        ({"url": "http://x", "asks": ["demnd"]}, "did you mean 'demand'"),
        ({"url": "http://x", "timeout": "0s"}, "params.timeout"),
        ({"url": "http://x", "headers": {"Authorization": "Bearer 4711"}}, r"Authorization: must be \{env: NAME\}"),
        ({"url": "http://x", "headers": {"A": "b\nc"}}, "must be a text"),
        ({"url": "http://x", "headers": {"Host": "y"}}, "names of headers that may be set"),
        ({"url": "http://x", "tiemout": 3}, "did you mean 'timeout'"),
    ],
)
def test_mistakes_in_its_parameters_are_named(params, told):
    """Each with what is wrong and a near miss; a password is not repeated."""
    with pytest.raises(ValidationError, match=told) as error:
        DispatchConfig(policy="http", params=params)
    assert "4711" not in error.value.errors()[0]["msg"]


def test_it_is_told_what_it_asks_for(served):
    """By default everything, else what is named and what the fallback needs."""
    assert Http(url="http://x").asks == {"promises", "demand", "shifts", "readiness"}
    assert Http(url="http://x", asks=["demand"], fallback="rolling_horizon").asks == {"demand", "promises"}
    bodies = []
    policy = Http(url=served(lambda h, body: (bodies.append(body), replies()(h, body))[1]), nearest=2)
    decided(policy)
    assert len(json.loads(bodies[0])["travel"]["to_stores"]) == 2 * PROBLEM.orders.size


def test_who_decides_is_found_behind_repositioning():
    """Whether idle riders are moved or not, the run knows that it is decided outside."""
    policy = Http(url="http://x")
    assert outside_of(Repositioned(policy, nearest_store)) is outside_of(policy) is policy.outside
    assert outside_of(Nearest()) is None
