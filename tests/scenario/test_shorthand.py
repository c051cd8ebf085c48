"""Short forms of a server or program that decides."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from delivsim.errors import ScenarioError
from delivsim.scenario.jsonschema import scenario_schema
from delivsim.scenario.reader import load_scenario
from delivsim.scenario.yaml import read_text

HEAD = (
    "name: a\nstarts_at: 2026-11-20T11:00\nhorizon: 1h\nplatform: {kind: ideal}\ninstance: {format: mdrplib, path: .}\n"
)
URL = "http://127.0.0.1:8080"


def dispatch(tmp_path, text, *changes):
    (tmp_path / "a.yaml").write_text(f"{HEAD}dispatch: {text}\n")
    return load_scenario(tmp_path / "a.yaml", overrides=changes).dispatch


@pytest.mark.parametrize(
    ("text", "policy", "params"),
    [
        (f"{{policy: http, url: '{URL}'}}", "http", {"url": URL}),
        (f"{{policy: {{http: '{URL}', timeout: 2s}}, fallback: nearest}}", "http",
         {"url": URL, "timeout": "2s", "fallback": "nearest"}),
        ("{policy: {exec: ./my-dispatcher}}", "exec", {"command": "./my-dispatcher"}),
        ("{policy: exec, command: [node, a.mjs], params: {nearest: 9}}", "exec",
         {"command": ["node", "a.mjs"], "nearest": 9}),
    ],
)  # fmt: skip
def test_short_forms_are_parameters(tmp_path, text, policy, params):
    """Where they stand makes no difference; editors accept them, too."""
    found = dispatch(tmp_path, text)
    assert (found.policy, found.params) == (policy, params)
    given = read_text(f"{HEAD}dispatch: {text}\n", "a").root.plain()
    assert not [*Draft202012Validator(json.loads(json.dumps(scenario_schema()))).iter_errors(given)]


def test_layers_meet_in_the_full_form(tmp_path):
    """A short form on the command line changes what a file says in another form, and a new policy drops all of it."""
    text = f"{{policy: {{http: '{URL}'}}, timeout: 2s}}"
    assert dispatch(tmp_path, text, "dispatch.timeout=3s").params == {"url": URL, "timeout": "3s"}
    assert dispatch(tmp_path, text, "dispatch.policy={exec: cat}").params == {"command": "cat"}
    assert dispatch(tmp_path, text, "dispatch.policy=nearest").params == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{policy: http}", "a.yaml:6:.*dispatch.params.url: .*missing"),
        ("{policy: http, url: 'htp://x'}", "a.yaml:6:31: dispatch.params.url: must be an address"),
        ("{policy: {exec: ''}}", "a.yaml:6:.*dispatch.params.command: must be a program"),
        ("{policy: {exe: ./x}}", "a.yaml:6:.*dispatch.policy"),
        ("{policy: {http: 'http://x', exec: ./x}}", "dispatch.policy"),
        ("{policy: nearest, url: 'http://x'}", "nearest has no such parameter"),
    ],
)
def test_mistakes_in_them_have_their_line(tmp_path, text, told):
    """Also where the parameter is written in short."""
    with pytest.raises(ScenarioError, match=told):
        dispatch(tmp_path, text)
