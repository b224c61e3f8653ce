"""The two bodies that ask for a split: Omnitron's OMS web hook, and the plain request of any other system."""

import json
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from include.clients.rows import problems
from include.errors import RecordFailed
from include.mapping.split_request import Name, SplitRequest

EVENT = "package.split"


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True, hide_input_in_errors=True)


class _Event(_Body):
    type: Name
    uuid: Name


class _Envelope(_Body):
    event: _Event
    payload: dict[str, Any]


class _Channel(_Body):
    channel_id: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and the channel of Omnitron that it names; a web hook need not name one."""

    request: SplitRequest
    channel_id: int | None


def read_body(raw: bytes) -> Asked:
    """The request in a body. Raises ``RecordFailed`` (split_malformed, split_event_unknown)."""
    try:
        body = json.loads(raw)
        if not isinstance(body, dict):
            raise RecordFailed("split_malformed", detail="it is not a JSON object")
        return _of_hook(body) if "event" in body else _plain(body)
    except ValidationError as error:
        raise RecordFailed("split_malformed", detail=problems(error)) from None
    except (ValueError, RecursionError):
        raise RecordFailed("split_malformed", detail="it is not JSON") from None


def _of_hook(body: dict[str, Any]) -> Asked:
    envelope = _Envelope.model_validate(body)
    if envelope.event.type != EVENT:
        raise RecordFailed("split_event_unknown", type=envelope.event.type)
    request = SplitRequest.model_validate({**envelope.payload, "request_id": envelope.event.uuid})
    named = envelope.payload.get("channel_id") is not None
    return Asked(request, _Channel.model_validate(envelope.payload).channel_id if named else None)


def _plain(body: dict[str, Any]) -> Asked:
    channel = _Channel.model_validate(body)
    return Asked(SplitRequest.model_validate(body), channel.channel_id)
