"""What a platform's configuration refuses because it would mean nothing or never end."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from delivsim.simulated.config import PlatformConfig


def closed(think: str) -> dict[str, object]:
    return {"kind": "closed", "name": "users", "operation": "web.page", "users": 1, "think": think}


def web(**station: object) -> dict[str, object]:
    return {"web": {**station, "operations": {"page": {"steps": [{"work": "1s"}]}}}}


def test_a_service_in_a_process_has_no_workers_of_its_own():
    """Its workers would be ignored in silence: the process has them, and the message says where."""
    data = {"services": {"gateway": {"workers": 1}}, "processes": {"all": ["gateway", "user"]}}
    with pytest.raises(ValidationError, match=r"gateway runs in process all: give workers there"):
        PlatformConfig.model_validate(data)
    assert PlatformConfig.model_validate({"processes": {"all": {"services": ["gateway", "user"], "workers": 1}}})


def test_users_who_never_think_need_a_platform_that_takes_time():
    """On an ideal platform they would call for ever in one instant; on a simulated one they are a saturated system."""
    data = {"services": web(), "workloads": [closed("0s")]}
    with pytest.raises(ValidationError, match=r"must be > 0 on an ideal platform"):
        PlatformConfig.model_validate({**data, "kind": "ideal"})
    assert PlatformConfig.model_validate(data).workloads
