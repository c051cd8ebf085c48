"""What a scenario says under ``platform`` and ``faults``, one file per part."""

from __future__ import annotations

from delivsim.simulated.config.autoscaling import AutoscaleConfig, QueueScaling, ScheduleScaling, UtilizationScaling
from delivsim.simulated.config.broker import BrokerConfig, GroupConfig, RetentionConfig, TopicConfig
from delivsim.simulated.config.defaults import default_services
from delivsim.simulated.config.faults import (
    BROKER,
    CrashFault,
    ErrorRateFault,
    LatencyFault,
    LossFault,
    NetworkFault,
    PartitionFault,
    PaymentOutageFault,
    PlatformFault,
    PoisonFault,
    SlowFault,
    strikes_broker,
)
from delivsim.simulated.config.names import APPS, BUILT_IN, NOT_SERVICES, Count, Name
from delivsim.simulated.config.network import EdgeConfig, NetworkConfig, RetryConfig
from delivsim.simulated.config.platform import (
    EstimatedPromise,
    FixedPromise,
    PaymentConfig,
    PlatformConfig,
    PromiseConfig,
)
from delivsim.simulated.config.resources import CacheResource, PoolResource, ResourceConfig
from delivsim.simulated.config.services import OperationConfig, ProcessConfig, ServiceConfig, StationConfig
from delivsim.simulated.config.steps import BranchConfig, StepConfig
from delivsim.simulated.config.workloads import (
    BatchWorkload,
    ClosedWorkload,
    MmppState,
    MmppWorkload,
    OpenWorkload,
    Phase,
    PhasesWorkload,
    WorkloadConfig,
)

__all__ = [
    "APPS",
    "BROKER",
    "BUILT_IN",
    "NOT_SERVICES",
    "AutoscaleConfig",
    "BatchWorkload",
    "BranchConfig",
    "BrokerConfig",
    "CacheResource",
    "ClosedWorkload",
    "Count",
    "CrashFault",
    "EdgeConfig",
    "ErrorRateFault",
    "EstimatedPromise",
    "FixedPromise",
    "GroupConfig",
    "LatencyFault",
    "LossFault",
    "MmppState",
    "MmppWorkload",
    "Name",
    "NetworkConfig",
    "NetworkFault",
    "OpenWorkload",
    "OperationConfig",
    "PartitionFault",
    "PaymentConfig",
    "PaymentOutageFault",
    "Phase",
    "PhasesWorkload",
    "PlatformConfig",
    "PlatformFault",
    "PoisonFault",
    "PoolResource",
    "ProcessConfig",
    "PromiseConfig",
    "QueueScaling",
    "ResourceConfig",
    "RetentionConfig",
    "RetryConfig",
    "ScheduleScaling",
    "ServiceConfig",
    "SlowFault",
    "StationConfig",
    "StepConfig",
    "TopicConfig",
    "UtilizationScaling",
    "WorkloadConfig",
    "default_services",
    "strikes_broker",
]
