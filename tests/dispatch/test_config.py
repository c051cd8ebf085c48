import sys

import numpy as np
import pytest
from pydantic import ValidationError

from delivsim.dispatch.config import DispatchConfig, make_policy
from delivsim.dispatch.policies import Nearest
from delivsim.errors import PolicyError

CODE = "import pathlib\nfrom dataclasses import dataclass\npathlib.Path(__file__).with_suffix('.ran').touch()\n"
CODE += "@dataclass(frozen=True)\nclass Mine:\n    patience: float = 1.0\n"
CODE += "    def __call__(self, problem, rng):\n        return None\n"


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """A module of one's own that leaves a trace when it is imported."""
    (tmp_path / "my_policies.py").write_text(CODE)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path / "my_policies.ran"
    sys.modules.pop("my_policies", None)


def test_a_built_in_policy_gets_its_parameters():
    """The name finds the class, and the parameters arrive."""
    config = DispatchConfig(policy="nearest", params={"candidates": 7})
    assert make_policy(config, plugins=False) == Nearest(candidates=7)


def test_parameters_have_units():
    """A duration among the parameters is written like any other."""
    config = DispatchConfig(policy="linear_assignment", params={"ready_within": "15min", "margin": 5})
    policy = make_policy(config)
    assert (policy.ready_within, policy.margin) == (900.0, 5.0)


def test_defaults_decide_every_minute_at_no_cost():
    """Without a word: each minute, 45 s to answer an offer, decisions take no time."""
    config = DispatchConfig()
    assert (config.every, config.offer_timeout) == (60.0, 45.0)
    assert config.decision_time.sample(np.random.default_rng(0), 3).tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"policy": "nearst"}, "did you mean 'nearest'"),
        ({"policy": "nearest", "params": {"candidate": 3}}, "did you mean 'candidates'"),
        ({"policy": "nearest", "params": {"candidates": 0}}, r"params.candidates: must be greater than .* 1, got 0"),
        ({"policy": "nearest", "params": {"candidates": "9"}}, r"params.candidates: .* integer, got '9'"),
        ({"policy": "nearest", "params": {"urgency": float("nan")}}, r"params.urgency: .* finite number, got nan"),
        ({"params": {"margin": "3km"}}, r"params.margin"),
        ({"every": "0s"}, "every"),
        ({"every": -1}, "every"),
        ({"policy": "a b:C"}, "must be one of"),
    ],
)
def test_mistakes_are_named(given, message):
    """Unknown policies and parameters come with the nearest known name; times must be positive."""
    with pytest.raises(ValidationError, match=message):
        DispatchConfig(**given)


def test_code_of_ones_own_is_imported_only_to_run(plugin):
    """Reading a config never imports; making the policy does, and passes its parameters."""
    config = DispatchConfig(policy="my_policies:Mine", params={"patience": 3.0})
    assert not plugin.exists()
    with pytest.raises(PolicyError, match="--no-plugins"):
        make_policy(config, plugins=False)
    assert not plugin.exists()
    assert make_policy(config).patience == 3.0
    assert plugin.exists()


@pytest.mark.parametrize(
    ("policy", "rule"),
    [
        ("no_such_module:Mine", "no module no_such_module"),
        ("my_polices:Mine", r"no module my_polices \(did you mean 'my_policies'\?\)"),
        ("my_policies:Other", "my_policies has no Other"),
        ("my_policies.deeper:Mine", "no module my_policies.deeper"),
    ],
)
def test_code_that_cannot_be_found_is_said(plugin, policy, rule):
    """A missing module or class is an error of the scenario, with a near miss, never a traceback."""
    with pytest.raises(PolicyError, match=f"dispatch.policy: {policy}: {rule}"):
        make_policy(DispatchConfig(policy=policy))


def test_parameters_that_code_does_not_know_are_said(plugin):
    """A wrong parameter of one's own policy is told with its name."""
    with pytest.raises(PolicyError, match="nonsense"):
        make_policy(DispatchConfig(policy="my_policies:Mine", params={"nonsense": 1}))
