"""Integration actions over HTTP (api/omnitron.md section 3.4)."""

from collections.abc import Callable

from include.sandbox.fields import Field, clean, text
from include.sandbox.omnitron.actions import Action
from include.sandbox.omnitron.hub import CONTENT_TYPES, Omnitron
from include.sandbox.routing import Call, Refusal, Reply, Route, Row, invalid, not_found
from include.sandbox.tables import PAGING, envelope, ordered, paged, window

_PATH = "/api/v1/channel/{channel_id}/integration_actions/"
_ACTION = {
    "channel_id": Field("integer"),
    "content_type_id": Field("integer"),
    "content_type": Field(choices=frozenset(CONTENT_TYPES)),
    "content_type_model": Field(choices=frozenset(CONTENT_TYPES)),
    "object_id": Field("integer"),
    "remote_id": text(255),
    "version_date": Field("moment"),
    "state": Field("json", default={}),
}


def list_actions(hub: Omnitron, call: Call) -> Reply:
    actions = _chosen(hub, call)
    for name, values in call.query.items():
        keep = _ACTION_FILTERS.get(name)
        if keep is None:
            if name not in PAGING:
                call.ignored.append(name)
            continue
        wanted = set(values if not name.endswith("__in") else ",".join(values).split(","))
        actions = [action for action in actions if keep(hub, action) in wanted]
    actions = sorted(actions, key=lambda action: action.pk)
    if call.one("sort") in (None, "id", "pk"):  # only the page's rows are made: a whole catalogue is walked like this
        reply = paged(call, [{"pk": action.pk} for action in actions])
        reply.data["results"] = [hub.action_row(hub.actions.by_pk[row["pk"]]) for row in reply.data["results"]]
        return reply
    return paged(call, ordered([hub.action_row(action) for action in actions], call, "pk"))


_ACTION_FILTERS: dict[str, Callable[[Omnitron, Action], str | None]] = {
    "channel": lambda hub, action: str(hub.channel["pk"]),
    "channel_id": lambda hub, action: str(hub.channel["pk"]),
    "content_type_name": lambda hub, action: action.model,
    "object_id": lambda hub, action: str(action.object_id),
    "object_id__in": lambda hub, action: str(action.object_id),
    "remote_id": lambda hub, action: action.remote_id,
    "remote_id__exact": lambda hub, action: action.remote_id,
    "remote_id__in": lambda hub, action: action.remote_id,
    "local_batch_id": lambda hub, action: action.local_batch_id,
    "status": lambda hub, action: action.status,
}


def _chosen(hub: Omnitron, call: Call) -> list[Action]:
    """Candidates by the narrowest index the call allows."""
    model = call.one("content_type_name")
    object_ids = call.one("object_id") or call.one("object_id__in")
    remote_ids = call.one("remote_id__in") or call.one("remote_id__exact") or call.one("remote_id")
    batch = call.one("local_batch_id")
    if object_ids is not None:
        keys = [int(part) for part in object_ids.split(",") if part.isdecimal()]
        return hub.actions.of_objects(keys, model, CONTENT_TYPES)
    if remote_ids is not None:
        return hub.actions.with_remote([remote_ids, *remote_ids.split(",")])
    if batch is not None:
        return hub.actions.of_batch(batch)
    return hub.actions.of_model(model) if model else list(hub.actions.by_pk.values())


def create_action(hub: Omnitron, call: Call) -> Reply:
    body = call.data()
    data = clean(_ACTION, body, hub)
    model = _model(hub, data)
    if model is None:
        raise invalid(content_type_id="This field is required.")
    if data["object_id"] is None or data["channel_id"] is None:
        missing = "object_id" if data["object_id"] is None else "channel_id"
        raise Refusal(400, {missing: ["This field is required."]})
    if hub.actions.get(model, data["object_id"]):
        message = "The fields channel, content_type, object_id must make a unique set."
        raise Refusal(406, {"non_field_errors": message, "code": "integration_action_100_1"})
    action = hub.actions.create(model, data["object_id"], hub.now())
    _apply(hub, action, data)
    return Reply(201, hub.action_row(action))


def patch_action(hub: Omnitron, call: Call) -> Reply:
    action = _action(hub, call)
    _apply(hub, action, clean(_ACTION, call.data(), hub, partial=True))
    return Reply(200, hub.action_row(action))


def _apply(hub: Omnitron, action: Action, data: Row) -> None:
    if "remote_id" in data:
        hub.actions.set_remote(action, data["remote_id"])
        action.agreed = action.agreed or data["remote_id"] is not None
    if "version_date" in data:
        action.version_date = data["version_date"]
    if "state" in data:
        action.state = data["state"]
    action.modified_date = hub.now()
    hub.feeds.refresh(action.model, action.object_id)


def _model(hub: Omnitron, data: Row) -> str | None:
    if data["content_type_id"] is not None:
        if not 0 <= data["content_type_id"] - hub.type_id("batchrequest") < len(CONTENT_TYPES):
            raise invalid(content_type_id=f'Invalid pk "{data["content_type_id"]}" - object does not exist.')
        return hub.type_model(data["content_type_id"])
    model: str | None = data["content_type"] or data["content_type_model"]
    return model


def _action(hub: Omnitron, call: Call) -> Action:
    action = hub.actions.by_pk.get(call.key())
    if action is None:
        raise not_found()
    return action


def get_action(hub: Omnitron, call: Call) -> Reply:
    action = _action(hub, call)
    return Reply(200, {**hub.action_row(action), "content_object": hub.object(action.model, action.object_id)})


def delete_action(hub: Omnitron, call: Call) -> Reply:
    action = _action(hub, call)
    hub.actions.remove(action)
    hub.feeds.refresh(action.model, action.object_id)
    return Reply(204)


def deleted_actions(hub: Omnitron, call: Call) -> Reply:
    """Actions whose object left the catalog; of an object of this model."""
    model = call.one("model") or "product"
    table = hub.tables.get(model)
    if table is None:
        raise invalid(model=f'"{model}" is not a valid choice.')
    gone = [
        action
        for action in _of_departed(hub, model)
        if action.status != "processing"
        and (row := table.rows.get(action.object_id))
        and not hub.in_catalog(model, row)
        and not _in_work(hub, action)
    ]
    rows = [hub.action_row(action) for action in gone]
    page, limit, offset = window(call)
    return envelope(call, len(rows), ordered(rows, call, "pk")[offset : offset + limit], page, more=len(rows) > limit)


def _of_departed(hub: Omnitron, model: str) -> list[Action]:
    if model == "product":
        return hub.actions.of_objects(sorted(hub.departed), model, ())
    return hub.actions.of_model(model)


def _in_work(hub: Omnitron, action: Action) -> bool:
    """Whether the action itself is held by a batch or under penalty (content type integrationaction)."""
    own = hub.actions.get("integrationaction", action.pk)
    held = own is not None and own.status == "processing"
    return held or hub.penalties.holds("integrationaction", {"pk": action.pk, "modified_date": action.modified_date})


ROUTES: list[Route] = [
    ("GET", _PATH, list_actions),
    ("POST", _PATH, create_action),
    ("GET", _PATH + "deleted/", deleted_actions),
    ("GET", _PATH + "{id}/", get_action),
    ("PATCH", _PATH + "{id}/", patch_action),
    ("DELETE", _PATH + "{id}/", delete_action),
]
