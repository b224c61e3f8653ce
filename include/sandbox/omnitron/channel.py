"""The channel, its catalog, content types and reports (api/omnitron.md sections 2 and 4)."""

from include.sandbox.fields import Field, clean, text
from include.sandbox.omnitron.hub import CONTENT_TYPES, Omnitron
from include.sandbox.routing import Call, Handler, Reply, Route, Row, not_found
from include.sandbox.tables import Table, ordered, paged, select

_CHANNEL = "/api/v1/channel/{channel_id}/"
_PATCH = {
    "schema": Field("json"),
    "conf": Field("json"),
    "category_tree": Field("reference", to="category_trees"),
}
_REPORT = {
    "action_content_type": Field("integer", required=True),
    "action_object_id": Field("integer", required=True),
    "target_content_type": Field("integer", required=True),
    "target_object_id": text(255, required=True),
    "obj_modified_date": text(),
    "error_code": text(255, required=True),
    "error_desc": text(),
    "raw_request": text(),
    "raw_response": text(),
    "is_ok": Field("boolean", required=True),
}
_LOCATION_REPORT = {
    "type": text(),
    "remote_code": text(255, required=True),
    "country_code": text(),
    "country_id": Field("reference", to="countries"),
    "city_id": Field("reference", to="cities"),
    "township_id": Field("reference", to="townships"),
    "name": text(),
    "integration_type": text(required=True),
    "err_code": text(required=True),
    "err_desc": text(required=True),
}
_NEEDS = {
    "country": (),
    "city": ("country_id",),
    "township": ("country_id", "city_id"),
    "district": ("country_id", "city_id", "township_id"),
}


def _mine(hub: Omnitron, call: Call) -> Row:
    if call.key() != hub.channel["pk"]:
        raise not_found()
    return hub.channel


def list_channels(hub: Omnitron, call: Call) -> Reply:
    channels = Table()
    channels.add(hub.channel)
    return paged(call, select(channels, call, ("name", "channel_type")))


def get_channel(hub: Omnitron, call: Call) -> Reply:
    return Reply(200, _mine(hub, call))


def patch_channel(hub: Omnitron, call: Call) -> Reply:
    channel = _mine(hub, call)
    channel.update(clean(_PATCH, call.data(), hub, partial=True), modified_date=hub.now())
    return Reply(200, channel)


def get_catalog(hub: Omnitron, call: Call) -> Reply:
    if call.key() != hub.catalog["pk"]:
        raise not_found()
    return Reply(200, hub.catalog)


def list_content_types(hub: Omnitron, call: Call) -> Reply:
    types = Table("model", key="id")
    for model in CONTENT_TYPES:
        types.add(hub.content_type(model))
    return paged(call, ordered(select(types, call, ("model",)), call, "id"))


def list_reports(hub: Omnitron, call: Call) -> Reply:
    filters = ("error_code__icontains", "is_ok", "action_content_type__model", "created_date__gte", "created_date__lte")
    virtual = {"action_content_type__model": lambda row: hub.type_model(row["action_content_type"])}
    return paged(call, ordered(select(hub.error_reports, call, filters, virtual), call, "id"))


def create_report(hub: Omnitron, call: Call) -> Reply:
    data = clean(_REPORT, call.data(), hub)
    return Reply(201, hub.error_reports.add({**data, "created_date": hub.now()}))


def get_report(hub: Omnitron, call: Call) -> Reply:
    report = hub.error_reports.rows.get(call.key())
    if report is None:
        raise not_found()
    return Reply(200, report)


def location_report(level: str) -> Handler:
    """Makes the line that an operator maps by hand."""
    needed = {name: Field("reference", required=True, to=_LOCATION_REPORT[name].to) for name in _NEEDS[level]}

    def handler(hub: Omnitron, call: Call) -> Reply:
        data = clean({**_LOCATION_REPORT, **needed}, call.data(), hub)
        hub.location_reports.append({**data, "level": level, "created_date": hub.now()})
        return Reply(201, None)

    return handler


ROUTES: list[Route] = [
    ("GET", "/api/v1/channels/", list_channels),
    ("GET", "/api/v1/channels/{id}/", get_channel),
    ("PATCH", "/api/v1/channels/{id}/", patch_channel),
    ("GET", "/api/v1/catalogs/{id}/", get_catalog),
    ("GET", "/api/v1/content_types/", list_content_types),
    ("GET", _CHANNEL + "error_reports/", list_reports),
    ("POST", _CHANNEL + "error_reports/", create_report),
    ("GET", _CHANNEL + "error_reports/{id}/", get_report),
    *(("POST", f"{_CHANNEL}error_reports/{level}/", location_report(level)) for level in _NEEDS),
    ("POST", _CHANNEL + "error_reports/distinct/", location_report("district")),
]
