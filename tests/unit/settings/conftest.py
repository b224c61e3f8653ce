"""A form that is filled in well, and a way to change single entries of it."""

from collections.abc import Callable
from typing import Any

import pytest

from include.settings import REQUIRED, ChannelSettings

Parse = Callable[..., ChannelSettings]

TOKEN = "n3Ver-sh0w-th1s"

FORM: dict[str, Any] = {
    "base_url": "https://5b6ccec26d28496598e9e44dae46e529.lb.akinoncloud.com",
    "access_token": TOKEN,
    "category_ids": ["99ae4410-7631-452c-bfb0-b7d636ea95eb"],
    "feature_flags": dict.fromkeys(REQUIRED, True),
    "cargo_company_mapping": {"default": "3", "yurtici": "2"},
    "default_reason_id": "5",
    "cancellation_reason_id": "4",
    "cancel_reason_mapping": {"f3909f53-a535-40cc-8d50-de0cd047aedd": "1"},
    "send_cancel_reason_id": "10",
}


@pytest.fixture
def parse() -> Parse:
    """Parse the good form with the given entries changed (``...`` takes an entry out)."""

    def parsed(is_active: bool = True, allow_private_hosts: bool = False, **changes: Any) -> ChannelSettings:
        conf = {key: value for key, value in (FORM | changes).items() if value is not ...}
        return ChannelSettings.parse(conf, channel_id=137, is_active=is_active, allow_private_hosts=allow_private_hosts)

    return parsed
