"""Steps: what the operations of a service of one's own do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, model_validator

from delivsim.domain.config import Config, refuse
from delivsim.domain.distributions import DurationLaw
from delivsim.domain.units import Share
from delivsim.simulated.config.names import Name


class BranchConfig(Config):
    """One branch of a ``choose`` step."""

    probability: Share
    """How likely this branch is."""
    steps: tuple[StepConfig, ...] = ()
    """What happens on it; nothing if empty."""


class StepConfig(Config):
    """One step of an operation; exactly one key."""

    work: DurationLaw | None = None
    """Occupy a worker for this long."""
    call: Name | None = None
    """Call ``service.operation`` and wait for the answer; an error ends the operation with that error."""
    call_all: tuple[Name, ...] | None = None
    """Call several ``service.operation`` at once and wait for all answers."""
    choose: tuple[BranchConfig, ...] | None = None
    """Take one of several branches; probabilities sum to 1."""
    publish: Name | None = None
    """Publish a message to this topic."""
    use: Name | None = None
    """Use a resource of ``platform.resources``, and wait for it; a refusal ends the operation with 503."""
    wait: DurationLaw | None = None
    """Let this long pass without occupying a worker."""
    fail: Annotated[int, Field(ge=400, le=599)] | None = None
    """End the operation with this HTTP status; from 500 on the caller may try again."""

    @model_validator(mode="after")
    def _one_key(self) -> StepConfig:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            raise refuse(((), f"must have exactly one of {', '.join(type(self).model_fields)}"))
        if self.choose is not None and abs(sum(b.probability for b in self.choose) - 1.0) > 1e-9:
            total = sum(b.probability for b in self.choose)
            raise refuse((("choose",), f"probabilities must sum to 1, not to {total:g}"))
        return self


def uses(steps: tuple[StepConfig, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Give each use within steps: its place, and the resource."""
    for i, step in enumerate(steps):
        if step.use is not None:
            yield (i, "use"), step.use
        for j, branch in enumerate(step.choose or ()):
            for place, resource in uses(branch.steps):
                yield (i, "choose", j, "steps", *place), resource


def calls(steps: tuple[StepConfig, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Give each call within steps: its place, and the ``service.operation`` it calls."""
    for i, step in enumerate(steps):
        if step.call is not None:
            yield (i, "call"), step.call
        for j, target in enumerate(step.call_all or ()):
            yield (i, "call_all", j), target
        for j, branch in enumerate(step.choose or ()):
            for place, target in calls(branch.steps):
                yield (i, "choose", j, "steps", *place), target
