"""Calls of the resources that are plain rows: lists with filters, single reads, simple writes."""

from include.sandbox.fields import clean
from include.sandbox.omnitron.hub import Omnitron
from include.sandbox.omnitron.resource_table import RESOURCES, Resource
from include.sandbox.routing import Call, Handler, Reply, Route, Row, invalid, not_found
from include.sandbox.tables import Table, ordered, paged, select

_CHANNEL = "/api/v1/channel/{channel_id}/"


def _table(hub: Omnitron, resource: Resource) -> Table:
    table: Table = getattr(hub, resource.table)
    return table


def _row(hub: Omnitron, resource: Resource, call: Call) -> Row:
    row: Row | None = _table(hub, resource).rows.get(call.key())
    if row is None:
        raise not_found()
    return row


def _lister(resource: Resource) -> Handler:
    def handler(hub: Omnitron, call: Call) -> Reply:
        table = _table(hub, resource)
        return paged(call, ordered(select(table, call, resource.filters, resource.virtual(hub)), call, table.key))

    return handler


def _getter(resource: Resource) -> Handler:
    return lambda hub, call: Reply(200, _row(hub, resource, call))


def _creator(resource: Resource) -> Handler:
    def handler(hub: Omnitron, call: Call) -> Reply:
        data = clean(resource.schema, call.data(), hub)
        _require_unique(hub, resource, data)
        if resource.model:
            return Reply(201, hub.create(resource.model, data))
        stamp = hub.now()
        return Reply(201, _table(hub, resource).add({**data, "created_date": stamp, "modified_date": stamp}))

    return handler


def _require_unique(hub: Omnitron, resource: Resource, data: Row, own: Row | None = None) -> None:
    if not resource.unique:
        return
    table = _table(hub, resource)
    indexed = next((name for name in resource.unique if name in table.indexes), None)
    for row in table.find(indexed, data[indexed]) if indexed else table.rows.values():
        if row is not own and all(row[name] == data[name] for name in resource.unique):
            raise invalid(non_field_errors=f"The fields {', '.join(resource.unique)} must make a unique set.")


def _patcher(resource: Resource) -> Handler:
    def handler(hub: Omnitron, call: Call) -> Reply:
        row = _row(hub, resource, call)
        changes = clean(resource.schema, call.data(), hub, partial=True)
        _require_unique(hub, resource, {**row, **changes}, own=row)
        if resource.model:
            return Reply(200, hub.touch(resource.model, row, **changes))
        return Reply(200, _table(hub, resource).change(row, **changes, modified_date=hub.now()))

    return handler


def _deleter(resource: Resource) -> Handler:
    def handler(hub: Omnitron, call: Call) -> Reply:
        _table(hub, resource).remove(_row(hub, resource, call))
        return Reply(204)

    return handler


def _routes(resource: Resource) -> list[Route]:
    path = f"{_CHANNEL}{resource.path}/"
    routes: list[Route] = [("GET", path, _lister(resource)), ("GET", path + "{id}/", _getter(resource))]
    if "POST" in resource.methods:
        routes.append(("POST", path, _creator(resource)))
    if "PATCH" in resource.methods:
        routes += [("PATCH", path + "{id}/", _patcher(resource)), ("PUT", path + "{id}/", _patcher(resource))]
    if "DELETE" in resource.methods:
        routes.append(("DELETE", path + "{id}/", _deleter(resource)))
    return routes


ROUTES: list[Route] = [route for resource in RESOURCES for route in _routes(resource)]
