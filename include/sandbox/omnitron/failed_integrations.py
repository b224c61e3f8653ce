"""Failed integrations over HTTP (api/omnitron.md section 3.5)."""

from include.sandbox.fields import Field, clean
from include.sandbox.omnitron.hub import Omnitron
from include.sandbox.routing import Call, Reply, Route, Row, not_found
from include.sandbox.tables import ordered, paged, select

_PATH = "/api/v1/channel/{channel_id}/failed_integrations/"
_PENALTY = {
    "is_active": Field("boolean"),
    "retry_count": Field("integer"),
    "max_retry_count": Field("integer"),
    "retry_interval": Field("integer"),
    "expiration_date": Field("moment"),
}


def list_penalties(hub: Omnitron, call: Call) -> Reply:
    filters = ("content_type__model", "content_type", "object_id", "object_id__in", "is_active", "reason_type")
    virtual = {"content_type__model": lambda row: hub.type_model(row["content_type"])}
    return paged(call, ordered(select(hub.penalties.table, call, filters, virtual), call, "pk"))


def _penalty(hub: Omnitron, call: Call) -> Row:
    penalty: Row | None = hub.penalties.table.rows.get(call.key())
    if penalty is None:
        raise not_found()
    return penalty


def get_penalty(hub: Omnitron, call: Call) -> Reply:
    return Reply(200, _penalty(hub, call))


def patch_penalty(hub: Omnitron, call: Call) -> Reply:
    penalty = _penalty(hub, call)
    hub.penalties.apply(penalty, clean(_PENALTY, call.data(), hub, partial=True))
    return Reply(200, penalty)


def delete_penalty(hub: Omnitron, call: Call) -> Reply:
    hub.penalties.remove(_penalty(hub, call))
    return Reply(204)


ROUTES: list[Route] = [
    ("GET", _PATH, list_penalties),
    ("GET", _PATH + "{id}/", get_penalty),
    ("PUT", _PATH + "{id}/", patch_penalty),
    ("PATCH", _PATH + "{id}/", patch_penalty),
    ("DELETE", _PATH + "{id}/", delete_penalty),
]
