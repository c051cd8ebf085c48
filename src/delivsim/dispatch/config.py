"""What a scenario says under ``dispatch``, and how a policy is found by its name."""

from __future__ import annotations

import dataclasses
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from delivsim.dispatch.assignment import DispatchPolicy
from delivsim.dispatch.finding import BUILT_IN, installed_policies, named_policy
from delivsim.dispatch.outside import FIRST, OUTSIDE, PARAMETERS, outside_of
from delivsim.dispatch.policies import POLICIES
from delivsim.dispatch.repositioning import REPOSITIONING, Repositioned
from delivsim.domain.config import Config, refuse
from delivsim.domain.distributions import DurationLaw, duration_law
from delivsim.domain.units import Duration, PositiveDuration, near_miss, shown
from delivsim.errors import PolicyError

_CODE = re.compile(r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")


def _known_policy(name: str) -> str:
    if name not in BUILT_IN and not _CODE.match(name) and name not in (installed := installed_policies()):
        known = sorted({*BUILT_IN, *installed})
        rule = f"must be one of {', '.join(known)}, or module:Class, got {name!r}{near_miss(name, known)}"
        raise ValueError(rule)
    return name


def _no_time() -> Any:
    return duration_law(0)


def _mistake(found: ErrorDetails) -> tuple[tuple[str | int, ...], str]:
    """Say what is wrong with one parameter, and where."""
    rule = found["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    if found["type"].startswith("missing"):
        return ("params", *found["loc"]), "missing"
    return ("params", *found["loc"]), rule if "got " in rule else f"{rule}, got {shown(found['input'])}"


def _short_forms(schema: dict[str, Any]) -> None:
    """Describe the short forms of ``http`` and ``exec`` for editors."""
    known = schema["properties"]
    params = {name: {"description": f"The same as ``params.{name}``, for {_whose(name)}."} for name in PARAMETERS}
    whom = [{**known["policy"], "type": "string"}]
    whom += [
        {"type": "object", "required": [name], "properties": {name: params[FIRST[name]], **params}} for name in OUTSIDE
    ]
    known["policy"] = {name: known["policy"][name] for name in ("default", "description")} | {"anyOf": whom}
    known |= params


def _whose(parameter: str) -> str:
    return " and ".join(
        name for name, made in OUTSIDE.items() if parameter in {f.name for f in dataclasses.fields(made)}
    )


class DispatchConfig(Config):
    """How orders get their riders."""

    model_config = ConfigDict(json_schema_extra=_short_forms)

    policy: Annotated[str, AfterValidator(_known_policy)] = "lookahead"
    """The policy: one of delivsim's own or of an installed package, or ``module:Class`` of one's own code, which is
    imported when it runs; ``http`` and ``exec`` ask a server or a program."""
    params: dict[str, Any] = Field(default_factory=dict)
    """The policy's parameters; ``delivsim policies`` lists them. Those of ``http`` and ``exec`` may also stand right
    under ``dispatch``, and ``policy: {exec: ./my-dispatcher}`` or ``{http: URL}`` are short for both."""
    repositioning: Literal["stay", "nearest_store", "demand_weighted"] = "stay"
    """Where riders wait whom a decision leaves idle: where they are, at the nearest store, or shared out over the
    stores in proportion to recent demand."""
    every: Annotated[PositiveDuration, Field(ge=0.1)] = 60.0
    """Time between two decisions."""
    diary: bool = True
    """Whether the run keeps what was known at each decision, and why the policy chose as it did."""
    decision_time: DurationLaw = Field(default_factory=_no_time)
    """What a decision takes to compute: it is about what was known before, and in force after."""
    offer_timeout: PositiveDuration = 45.0
    """How long a rider has to answer an offer; then the orders are offered again."""
    decline_pause: Duration = 60.0
    """How long a rider who declined or ignored an offer gets no other."""
    give_up_after: PositiveDuration | None = 7200.0
    """An order that waits for a rider this long after it was placed is cancelled (reason no_rider); null: never."""

    @model_validator(mode="after")
    def _known_params(self) -> DispatchConfig:
        """Check the parameters of a built-in policy; code of one's own is not imported for that."""
        if self.policy not in BUILT_IN:
            return self
        made = BUILT_IN[self.policy]
        known = sorted(field.name for field in dataclasses.fields(made))
        wrong = [name for name in self.params if name not in known]
        if wrong:
            listed = ", ".join(known) or "none"
            raise refuse(
                *(
                    (("params", n), f"{self.policy} has no such parameter, only {listed}{near_miss(n, known)}")
                    for n in wrong
                )
            )
        try:
            made(**self.params)
        except ValidationError as error:
            raise refuse(*(_mistake(found) for found in error.errors())) from None
        return self

    @property
    def imports_code(self) -> bool:
        """Whether the policy is code from outside, or outside itself."""
        return self.policy not in POLICIES


def make_policy(config: DispatchConfig, *, plugins: bool = True) -> DispatchPolicy:
    """
    Make the policy that a scenario names.

    Raises
    ------
    PolicyError
        Code from outside cannot be imported or made, or ``plugins`` is False and it would have to be; or a program
        or secret is missing.
    """
    if config.imports_code and not plugins:
        what = "asks somebody outside" if config.policy in OUTSIDE else "is code to import"
        raise PolicyError(f"dispatch.policy: {config.policy} {what}, which --no-plugins forbids")
    policy = named_policy(config.policy, config.params)
    if (outside := outside_of(policy)) is not None:
        outside.line.check()
    if config.repositioning == "stay":
        return policy
    return Repositioned(policy, REPOSITIONING[config.repositioning])
