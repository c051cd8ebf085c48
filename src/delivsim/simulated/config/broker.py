"""``platform.broker``: topics, consumer groups, delivery."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from delivsim.domain.config import Config, refuse
from delivsim.domain.distributions import DurationLaw
from delivsim.domain.units import Duration, PositiveDuration, Share
from delivsim.simulated.config.names import Count, Name, law


class RetentionConfig(Config):
    """How much a topic keeps for groups that lag behind."""

    messages: Count | None = None
    """How many messages of a partition wait for a group, the one at work included; one more, and the oldest that waits
    expires unhandled, unless ``back_pressure`` keeps publishers out. Without it: any number."""
    age: PositiveDuration | None = None
    """How long a message waits for a group before it expires unhandled. Without it: for ever."""

    @model_validator(mode="after")
    def _limits_something(self) -> RetentionConfig:
        if self.messages is None and self.age is None:
            raise refuse(((), "must have messages, age or both: else everything is kept"))
        return self


class TopicConfig(Config):
    """One topic of the broker."""

    partitions: Count | None = None
    """Messages of one key keep their order; different partitions are consumed side by side."""
    retention: RetentionConfig | None = None
    """How much it keeps, where that is not what ``broker.retention`` says."""


class GroupConfig(Config):
    """One consumer group: the service of that name."""

    concurrency: Count | None = None
    """How many messages the group (with ``consumers``: each of them) handles at the same time, over all partitions and
    topics. Without it: as many as there are partitions."""
    consumers: Count | None = None
    """How many consumers share the partitions among them (partition k is of consumer k modulo their number); those of a
    consumer that dies wait until the others have them. Without it: one, which never dies."""
    rebalance_delay: Duration | None = None
    """How long it takes the group to notice that a consumer died or came back, and to share the partitions anew.
    Without it: 10 s."""
    ack_timeout: PositiveDuration | None = None
    """As ``broker.ack_timeout``, for this group."""


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
    ack_timeout: PositiveDuration | None = None
    """How long after it began a delivery must be acknowledged, or the message is delivered again although its handler
    may still be at work. Without it: there is no such limit."""
    dead_letter_topic: Name | None = None
    """Where dead letters are published anew, for a service of one's own to consume. Without it: nowhere."""
    duplicates: Share = 0.0
    """Share of acknowledgements that get lost on their way: the message is delivered again, after ``ack_timeout``
    or else ``redelivery_delay``, although its handler did everything."""
    retention: RetentionConfig | None = None
    """How much a topic keeps for groups that lag behind; what is lost by it counts as ``expired``. Without it: all."""
    back_pressure: Literal["block", "refuse"] | None = None
    """
    What becomes of publishing to a partition that is full (``retention.messages``). block: the handler waits until
    there is room; refuse: the message is lost. With an outbox the message waits there and the handler goes on.
    Without it: the oldest message that waits expires.
    """
    topics: dict[Name, TopicConfig] = Field(default_factory=dict)
    """Exceptions by topic."""
    groups: dict[Name, GroupConfig] = Field(default_factory=dict)
    """Exceptions by consumer group."""

    @model_validator(mode="after")
    def _goes_together(self) -> BrokerConfig:
        kept = [self.retention, *(topic.retention for topic in self.topics.values())]
        if self.back_pressure and not any(limit is not None and limit.messages for limit in kept):
            raise refuse((("back_pressure",), "needs retention.messages: else no partition is ever full"))
        for name, group in self.groups.items():
            if group.consumers is None and group.rebalance_delay is not None:
                raise refuse((("groups", name, "rebalance_delay"), "needs consumers: a group of one never rebalances"))
        return self

    def is_plain(self) -> bool:
        """Whether nothing can happen to messages but that a handler fails."""
        asked = (self.ack_timeout, self.dead_letter_topic, self.duplicates, self.retention)
        topics = (topic.retention for topic in self.topics.values())
        groups = (group.consumers or group.ack_timeout for group in self.groups.values())
        return not any((*asked, *topics, *groups))
