"""Our policies as a service."""

from __future__ import annotations

import http.client
import json
from urllib.parse import urlsplit

import numpy as np
import pytest

from delivsim.dispatch.codec import assignment_schema, assignment_to_json, problem_schema, problem_to_json
from delivsim.dispatch.contract import check_policy, sample_problem
from delivsim.dispatch.outside import Http
from delivsim.dispatch.outside.server import Server
from delivsim.dispatch.policies import Nearest

PROBLEM = sample_problem(5, 8)


def asked(address: str, method: str, path: str, body: bytes | None = None, **headers: str):
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    found = response.status, json.loads(response.read())
    connection.close()
    return found


def test_a_problem_gets_its_assignment(nearest_served):
    """The answer is the JSON of the policy's assignment."""
    status, made = asked(nearest_served, "POST", "/decide", problem_to_json(PROBLEM).encode())
    expected = Nearest()(PROBLEM, np.random.default_rng(0))
    assert (status, made) == (200, json.loads(assignment_to_json(expected)))


def test_health_and_schemas_are_told(nearest_served):
    """Who decides, what it asks for, how often it decided; and the schemas that are published."""
    asked(nearest_served, "POST", "/decide", problem_to_json(PROBLEM).encode())
    told = {"status": "ok", "policy": "nearest", "asks": [], "decided": 1}
    assert asked(nearest_served, "GET", "/health") == (200, told)
    both = {"problem": problem_schema(), "assignment": assignment_schema()}
    assert asked(nearest_served, "GET", "/schema") == (200, json.loads(json.dumps(both)))
    assert asked(nearest_served, "GET", "/schema/problem")[1] == both["problem"]


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status", "told"),
    [
        ("POST", "/decide", b"{", {}, 422, "no JSON"),
        ("POST", "/decide", b"\xff\xfe", {}, 422, "no JSON"),
        ("POST", "/decide", b'{"now": "x"}', {}, 422, "now: must be a valid number, got 'x'"),
        ("POST", "/elsewhere", b"{}", {}, 404, "/decide"),
        ("GET", "/decide", None, {}, 405, "POST /decide"),
        ("GET", "/", None, {}, 404, "GET /health"),
        ("PUT", "/decide", b"{}", {}, 501, "Unsupported method"),
        ("POST", "/decide", None, {"Content-Length": "999999999999"}, 413, "at most"),
        ("POST", "/decide", None, {"Content-Length": "-1"}, 411, "Content-Length"),
    ],
)
def test_what_is_no_problem_is_refused(nearest_served, method, path, body, headers, status, told):
    """With a status, and in words; the server goes on."""
    got, said = asked(nearest_served, method, path, body, **headers)
    assert (got, told in said["error"]) == (status, True), said
    assert asked(nearest_served, "GET", "/health")[0] == 200


def test_every_mistake_is_told_with_its_place(nearest_served):
    """A problem with several mistakes gets all of them, for programs to read."""
    body = json.loads(problem_to_json(PROBLEM))
    body["orders"][0]["pickup"], body["evry"] = [1.0], body.pop("every")
    _, said = asked(nearest_served, "POST", "/decide", json.dumps(body).encode())
    assert {mistake["path"] for mistake in said["mistakes"]} >= {"every", "evry", "orders.0.pickup.1"}


def test_a_policy_that_fails_is_a_500(serving):
    """The client learns why, and the server goes on."""

    def broken(problem, rng):
        raise ValueError("no idea")

    with serving(Server(broken, "broken", "127.0.0.1", 0)) as address:
        status, said = asked(address, "POST", "/decide", problem_to_json(PROBLEM).encode())
        assert status == 500
        assert "policy broken: failed at 50000 s: ValueError: no idea" in said["error"]
        assert asked(address, "GET", "/health")[1]["decided"] == 0


def test_the_contract_holds_over_http(nearest_served):
    """A served policy keeps every rule that a policy must keep."""
    assert [found for found in check_policy(lambda: Http(url=nearest_served)) if found.broken] == []
