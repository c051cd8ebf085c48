"""``platform.broker``: topics, consumer groups, delivery."""

from __future__ import annotations

from pydantic import Field

from delivsim.domain.config import Config
from delivsim.domain.distributions import DurationLaw
from delivsim.domain.units import PositiveDuration
from delivsim.simulated.config.names import Count, Name, law


class TopicConfig(Config):
    """One topic of the broker."""

    partitions: Count | None = None
    """Messages of one key keep their order; different partitions are consumed side by side."""


class GroupConfig(Config):
    """One consumer group: the service of that name."""

    concurrency: Count | None = None
    """How many messages the group handles at the same time, over all partitions and topics."""


class BrokerConfig(Config):
    """The message broker."""

    partitions: Count = 16
    """Partitions of a topic that does not say otherwise."""
    publish_delay: DurationLaw = Field(default=law("2ms"))
    """From the publisher's commit until the message stands in its partition."""
    delivery_delay: DurationLaw = Field(default=law("0ms"))
    """From the moment a consumer group is free for it until its handler is called."""
    redelivery_delay: PositiveDuration = 1.0
    """After a failed delivery, until it is tried again; doubles with each try, up to a minute."""
    max_deliveries: Count = 20
    """After so many failed deliveries a message becomes a dead letter."""
    topics: dict[Name, TopicConfig] = Field(default_factory=dict)
    """Exceptions by topic."""
    groups: dict[Name, GroupConfig] = Field(default_factory=dict)
    """Exceptions by consumer group."""
