"""Batch requests: the carrier of results, with commit lock and legal transitions (api/omnitron.md section 3.3)."""

import uuid
from collections.abc import Iterable
from typing import Any

from include.sandbox.fields import Field, clean, text
from include.sandbox.omnitron.actions import Action
from include.sandbox.omnitron.hub import CONTENT_TYPES, Omnitron
from include.sandbox.routing import Call, Refusal, Reply, Route, Row, not_found
from include.sandbox.tables import ordered, paged, select
from include.sandbox.timeline import normal_micro

STATUSES = ("initialized", "commit", "sent_to_remote", "ongoing", "done", "fail")
_NEXT = {
    "initialized": {"commit", "done", "fail"},
    "commit": {"commit", "sent_to_remote", "done", "fail"},
    "sent_to_remote": {"ongoing", "done", "fail"},
    "ongoing": {"ongoing", "done", "fail"},
    "done": set[str](),
    "fail": set[str](),
}
ILLEGAL_STATUS = "batch_request_status_100_1"
COMMIT_LOCKED = "batch_request_commit_100_2"
OBJECT_HELD = "batch_request_object_100_3"
_REASONS = ("mapping", "remote", "channel_app")
_PATCH = {
    "status": Field(required=True, choices=frozenset(STATUSES)),
    "content_type": Field(choices=frozenset(CONTENT_TYPES)),
    "remote_batch_id": text(255),
    "log_file": text(),
}


def open_batch(hub: Omnitron, call: Call) -> Reply:
    call.data()
    stamp = hub.now()
    batch = hub.batches.add(
        {
            "channel": hub.channel["pk"],
            # Deterministic, so that a seeded run replays; still a uuid.
            "local_batch_id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"batch {hub.channel['pk']} {stamp}")),
            "remote_batch_id": None,
            "content_type": None,
            "status": "initialized",
            "objects": {},
            "created_date": stamp,
            "modified_date": stamp,
        }
    )
    return Reply(201, _shown(batch))


def patch_batch(hub: Omnitron, call: Call) -> Reply:
    batch = _batch(hub, call)
    body = call.data()
    data = clean(_PATCH, body, hub)
    target = data["status"]
    if target not in _NEXT[batch["status"]]:
        raise _refused(f"Batch request cannot go from {batch['status']} to {target}.", ILLEGAL_STATUS)
    objects = _objects(hub, body.get("objects"))
    changes: Row = {"status": target, "modified_date": hub.now()}
    if data["remote_batch_id"] is not None:
        changes["remote_batch_id"] = data["remote_batch_id"]
    if target == "commit":
        changes["content_type"] = _commit(hub, batch, data["content_type"], objects)
    elif target in ("done", "fail"):
        _close(hub, batch, target, objects)
        changes["objects"] = {}
    hub.batches.change(batch, **changes)
    return Reply(200, _shown(batch))


def _commit(hub: Omnitron, batch: Row, content_type: str | None, objects: list[Row]) -> str:
    content_type = content_type or batch["content_type"]
    if content_type is None:
        raise Refusal(400, {"content_type": ["This field is required."]})
    if batch["content_type"] not in (None, content_type):
        raise _refused("The content type of a batch request cannot change.", ILLEGAL_STATUS)
    for other in hub.batches.find("status", "commit"):
        # A batch that holds nothing locks nothing: channel-app leaves such batches behind after an empty feed.
        if other is not batch and other["content_type"] == content_type and other["objects"]:
            raise _refused(f"Another batch request of {content_type} is in commit: {other['pk']}.", COMMIT_LOCKED)
    _require_free(hub, batch, objects)
    for entry in objects:
        _hold(hub, batch, entry)
    return content_type


def _require_free(hub: Omnitron, batch: Row, objects: Iterable[Row]) -> None:
    for entry in objects:
        action = hub.actions.get(entry["content_type"], entry["pk"])
        if action and action.status == "processing" and action.local_batch_id != batch["local_batch_id"]:
            name = f"{entry['content_type']} {entry['pk']}"
            message = f"{name} is processing in another queue, LocalBatchId: {action.local_batch_id}"
            raise _refused(message, OBJECT_HELD)


def _hold(hub: Omnitron, batch: Row, entry: Row) -> None:
    model, pk = entry["content_type"], entry["pk"]
    action = _action(hub, model, pk)
    if action.status != "processing":
        action.earlier = action.status
    action.status = "processing"
    action.modified_date = hub.now()
    hub.actions.set_batch(action, batch["local_batch_id"])
    if entry["remote_id"] is not None:
        hub.actions.set_remote(action, entry["remote_id"])
    batch["objects"][model, pk] = entry
    hub.feeds.refresh(model, pk)


def _close(hub: Omnitron, batch: Row, target: str, objects: list[Row]) -> None:
    if target == "done" and not objects and not batch["objects"]:
        raise _refused("Batch request cannot be updated.", ILLEGAL_STATUS)
    _require_free(hub, batch, objects)
    named = {(entry["content_type"], entry["pk"]): entry for entry in objects}
    failures = {key: entry for key, entry in batch["objects"].items() if entry["failed_reason_type"]}
    for key, entry in {**failures, **named}.items():
        _settle(hub, _action(hub, *key), entry)
    for key in batch["objects"]:
        action = hub.actions.get(*key)
        if key not in named and key not in failures and action and action.local_batch_id == batch["local_batch_id"]:
            release(hub, action)


def _action(hub: Omnitron, model: str, pk: int) -> Action:
    return hub.actions.get(model, pk) or hub.actions.create(model, pk, hub.now())


def _settle(hub: Omnitron, action: Action, entry: Row) -> None:
    """One object's outcome: success needs a remote id now or earlier, a reason brings a penalty, else: released."""
    if entry["remote_id"] is not None:
        hub.actions.set_remote(action, entry["remote_id"])
    if entry["failed_reason_type"]:
        action.status = "error"
        hub.penalties.failed(action.model, action.object_id, entry["version_date"], entry["failed_reason_type"])
    elif action.remote_id is not None:
        action.status = "success"
        action.agreed = True
        action.version_date = entry["version_date"]
        hub.penalties.lift(action.model, action.object_id)
    else:
        release(hub, action)
    action.modified_date = hub.now()
    hub.feeds.refresh(action.model, action.object_id)


def release(hub: Omnitron, action: Action) -> None:
    """Give a held object back as it was."""
    if action.status == "processing":
        action.status = action.earlier
        hub.actions.set_batch(action, None)
        action.modified_date = hub.now()
        hub.feeds.refresh(action.model, action.object_id)


def _objects(hub: Omnitron, value: Any) -> list[Row]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise Refusal(400, {"objects": [f'Expected a list of items but got type "{type(value).__name__}".']})
    checked = [_object(hub, entry) for entry in value]
    errors = [error for _, error in checked]
    if any(errors):
        raise Refusal(400, {"objects": errors})
    return [entry for entry, _ in checked]


def _object(hub: Omnitron, value: Any) -> tuple[Row, Row]:
    if not isinstance(value, dict):
        return {}, {"non_field_errors": ["Invalid data. Expected a dictionary."]}
    pk, model, version = value.get("pk"), value.get("content_type"), value.get("version_date")
    remote_id, reason = value.get("remote_id"), value.get("failed_reason_type")
    errors: Row = {}
    if model not in CONTENT_TYPES:
        errors["content_type"] = [f'"{model}" is not a valid choice.']
    elif not isinstance(pk, int) or hub.object(model, pk) is None:
        errors["pk"] = [f'Invalid pk "{pk}" - object does not exist.']
    if remote_id is not None and (not isinstance(remote_id, str) or len(remote_id) > 255):
        errors["remote_id"] = ["Ensure this field is text of no more than 255 characters."]
    if reason is not None and reason not in _REASONS:
        errors["failed_reason_type"] = [f'"{reason}" is not a valid choice.']
    try:
        version = normal_micro(str(version))
    except ValueError:
        errors["version_date"] = ["Datetime has wrong format."]
    entry = {
        "pk": pk,
        "content_type": model,
        "version_date": version,
        "remote_id": remote_id,
        "failed_reason_type": reason,
    }
    return entry, errors


def _refused(message: str, code: str) -> Refusal:
    return Refusal(406, {"non_field_errors": message, "code": code})


def _batch(hub: Omnitron, call: Call) -> Row:
    batch: Row | None = hub.batches.rows.get(call.key())
    if batch is None:
        raise not_found()
    return batch


def _shown(batch: Row) -> Row:
    return {**batch, "objects": list(batch["objects"].values())}


def list_batches(hub: Omnitron, call: Call) -> Reply:
    filters = ("status", "content_type", "channel", "local_batch_id")
    rows = ordered(select(hub.batches, call, filters), call, "pk")
    reply = paged(call, rows)
    reply.data["results"] = [_shown(batch) for batch in reply.data["results"]]
    return reply


def get_batch(hub: Omnitron, call: Call) -> Reply:
    return Reply(200, _shown(_batch(hub, call)))


def delete_batch(hub: Omnitron, call: Call) -> Reply:
    batch = _batch(hub, call)
    for key in batch["objects"]:
        release(hub, _action(hub, *key))
    hub.batches.remove(batch)
    return Reply(204)


_PATH = "/api/v1/channel/{channel_id}/batch_requests/"
ROUTES: list[Route] = [
    ("GET", _PATH, list_batches),
    ("POST", _PATH, open_batch),
    ("GET", _PATH + "{id}/", get_batch),
    ("PATCH", _PATH + "{id}/", patch_batch),
    ("PUT", _PATH + "{id}/", patch_batch),
    ("DELETE", _PATH + "{id}/", delete_batch),
]
