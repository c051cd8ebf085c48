"""Is this code's dispatch as fast: CPU time as a ratio to fixed work, or to another code's beside it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from delivsim.bench.baseline import Figures, differs_in, made_with
from delivsim.bench.clock import REFERENCE, least
from delivsim.bench.elsewhere import Code, Stopwatch, revision
from delivsim.bench.look import resolved
from delivsim.bench.suite import Suite, instance_paths
from delivsim.bench.verdict import SLOWER, Finding
from delivsim.errors import DelivsimError

ROUNDS, BATCHES = 7, 4
"""Rounds of the stopwatch; what looks slower is measured again, up to so many times."""


def speeds_of(
    suite: Suite, policies: list[str], recorded: Figures | None, base: Code | None
) -> tuple[dict[str, float], list[Finding]]:
    """Time the policies, this code and the other in turn; who looks slower is measured again before he is blamed."""
    if base is None and (recorded is None or differs_in(recorded.made_with, made_with())):
        return {}, []
    try:
        speeds = _timed(suite, policies, recorded, base)
    except DelivsimError as error:
        return {}, [Finding(policy=", ".join(policies), what="speed", text=str(error))]
    return speeds, _slow(speeds)


def _slow(speeds: Mapping[str, float]) -> list[Finding]:
    return [
        Finding(
            policy=policy,
            what="speed",
            text=f"{policy} takes {ratio:.2f} times its old CPU time per decision (allowed {SLOWER:.2f})",
        )
        for policy, ratio in speeds.items()
        if ratio > SLOWER
    ]


def beside(suite: Suite, commit: str | None, speeds: dict[str, float]) -> tuple[dict[str, float], list[Finding]]:
    """Time who looks slower than recorded beside the recorded code, if that is here: a busy machine is no fault."""
    slow = _slow(speeds)
    if commit is None:
        return speeds, slow
    try:
        with revision(commit) as code:
            again = _timed(suite, [finding.policy for finding in slow], None, code)
    except DelivsimError:
        return speeds, slow
    return speeds | again, _slow(speeds | again)


def _timed(suite: Suite, policies: list[str], recorded: Figures | None, base: Code | None) -> dict[str, float]:
    with ExitStack() as stack:
        watches = [stack.enter_context(Stopwatch(Code(), suite.file, policies))]
        if base is not None:
            watches.append(stack.enter_context(_their_watch(suite, policies, base)))
        rounds: list[list[dict[str, float]]] = [[] for _ in watches]
        for _ in range(BATCHES):
            for _ in range(ROUNDS):
                for watch, taken in zip(watches, rounds, strict=True):
                    taken.append(watch.round())
            speeds = _compared([least(taken) for taken in rounds], recorded)
            if all(ratio <= SLOWER for ratio in speeds.values()):
                break
    return speeds


@contextmanager
def _their_watch(suite: Suite, policies: Sequence[str], base: Code) -> Iterator[Stopwatch]:
    """Time the other code on the same instance."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = instance_paths(suite, folder / "instances")
        with Stopwatch(base, resolved(suite, paths, folder, policies), policies) as watch:
            watch.round()
            yield watch


def _compared(taken: Sequence[Mapping[str, float]], recorded: Figures | None) -> dict[str, float]:
    """Give new over old: of two that ran in turn directly, else through the fixed work."""
    mine = _ratios(taken[0])
    if len(taken) > 1:
        return {name: taken[0][name] / taken[1][name] for name in mine}
    assert recorded is not None
    return {name: mine[name] / recorded.speed[name] for name in mine if recorded.speed.get(name)}


def speed_of(suite: Suite) -> dict[str, float]:
    """Time the suite's policies for a baseline: CPU time over that of the fixed work."""
    with Stopwatch(Code(), suite.file, list(suite.policies)) as watch:
        return _ratios(least([watch.round() for _ in range(ROUNDS * 3)]))


def _ratios(taken: Mapping[str, float]) -> dict[str, float]:
    return {name: seconds / taken[REFERENCE] for name, seconds in taken.items() if name != REFERENCE}
