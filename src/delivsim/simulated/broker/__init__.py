"""
The message broker in virtual time: topics, partitions, consumer groups, at-least-once delivery.

Messages of one key stand in one partition, in the order in which they were published, and a consumer group is done
with one message of a partition before it begins with the next; so order per key holds. A delivery ends well when its
handler does; otherwise it is tried again after a delay, and after ``max_deliveries`` the message is a dead letter.

There are two of them, alike from outside: ``PlainBroker``, which nothing happens to, and ``FallibleBroker``, which can
crash and fill up, whose consumers die, and whose messages come twice. A run that asks for none of this has the first.
"""

from __future__ import annotations

from delivsim.simulated.broker.delivery import Delivery, Topic, Undelivered
from delivsim.simulated.broker.fallible import FallibleBroker
from delivsim.simulated.broker.plain import PlainBroker
from delivsim.simulated.broker.port import Broker

__all__ = ["Broker", "Delivery", "FallibleBroker", "PlainBroker", "Topic", "Undelivered"]
