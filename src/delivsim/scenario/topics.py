"""The topics of a scenario: those of the seven services, and those of one's own steps."""

from __future__ import annotations

from collections.abc import Iterator

from delivsim.domain.config import Loc
from delivsim.domain.units import near_miss, shown
from delivsim.simulated.config import BUILT_IN, PlatformConfig, StepConfig, default_services


def topics_of(platform: PlatformConfig, *, has_city: bool) -> set[str]:
    """Collect the topics that messages may be published to; the seven services publish only beside a city."""
    topics = {name for service in built_in() for name in service if "." in name} if has_city else set()
    for service in platform.services.values():
        topics |= set(service.consumes)
        for operation in service.operations.values():
            topics |= {topic for _, topic in published(operation.steps or ())}
    return topics if platform.broker.dead_letter_topic is None else {*topics, platform.broker.dead_letter_topic}


def groups_of(platform: PlatformConfig, *, has_city: bool) -> list[str]:
    """Collect the consumer groups: services that consume topics, and the apps as one."""
    own = [name for name, service in platform.services.items() if service.consumes]
    if not has_city:
        return sorted(own)
    consuming = [name for name, service in default_services().items() if any("." in op for op in service["operations"])]
    silent = ("gateway",) if platform.payment.mode == "sync" else ()
    return sorted([*own, *(name for name in consuming if name not in silent), "app"])


def wrong_topics(platform: PlatformConfig, *, has_city: bool) -> Iterator[tuple[Loc, str]]:
    """Name what publishes to a topic of the seven services, and topics and groups that are set up but are not there."""
    from delivsim.simulated.assemble_broker import PUSHED_TO

    taken = {name for service in built_in() for name in service if "." in name} | set(PUSHED_TO)
    if has_city:
        yield from _wrong_publishes(platform, taken)
    dead = platform.broker.dead_letter_topic
    if dead in taken:
        yield ("platform", "broker", "dead_letter_topic"), f"{NOT_THEIRS}, got {shown(dead)}"
    known = topics_of(platform, has_city=True) | taken
    for name in platform.broker.topics.keys() - known:
        rule = f"must be a topic that is published or consumed, got {shown(name)}{near_miss(name, sorted(known))}"
        yield ("platform", "broker", "topics", name), rule
    groups = [group for group in groups_of(platform, has_city=True) if group != "app"]
    for name in platform.broker.groups.keys() - set(groups):
        rule = f"must be a service that consumes topics, got {shown(name)}{near_miss(name, groups)}"
        yield ("platform", "broker", "groups", name), rule


NOT_THEIRS = "must not be a topic of the seven services, whose messages are about real orders"


def _wrong_publishes(platform: PlatformConfig, taken: set[str]) -> Iterator[tuple[Loc, str]]:
    """Name the steps that publish to a topic of the seven services: its messages carry more than a step can give."""
    own = {name: service for name, service in platform.services.items() if name not in BUILT_IN}
    steps = [
        (("platform", "services", name, "operations", op, "steps", *place), topic)
        for name, service in own.items()
        for op, config in service.operations.items()
        for place, topic in published(config.steps or ())
    ]
    for place, topic in steps:
        if topic in taken:
            yield place, f"{NOT_THEIRS}, got {shown(topic)}"


def built_in() -> Iterator[list[str]]:
    """Give the operations of each of the seven services; one that consumes a topic is named like it."""
    return (list(service["operations"]) for service in default_services().values())


def published(steps: tuple[StepConfig, ...]) -> Iterator[tuple[Loc, str]]:
    """Give the topics that steps publish to, each with its place among them."""
    for i, step in enumerate(steps):
        if step.publish is not None:
            yield (i, "publish"), step.publish
        for j, branch in enumerate(step.choose or ()):
            for place, topic in published(branch.steps):
                yield (i, "choose", j, "steps", *place), topic
