"""Channel, feeds, batches and integration actions: the hub's sync model (api/omnitron.md sections 2 and 3)."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from include.clients.http import RemoteSession
from include.clients.omnitron.calls import HubCalls, chunks, in_filter
from include.clients.omnitron.schemas import (
    Batch,
    BatchObject,
    CancellationRequest,
    Catalog,
    Channel,
    ContentType,
    DeletedAction,
    FailedIntegration,
    IntegrationAction,
    Order,
    Product,
    ProductImage,
    ProductPrice,
    ProductStock,
)
from include.clients.rows import FeedPage, parse_rows
from include.clients.wire import Query
from include.errors import ConfigurationError, Refused, RemoteUnavailable
from include.together import together

FeedKind = Literal["inserts", "updates"]
_OLDEST = "1970-01-01T00:00:00Z"
_FRESHEST = "-modified_date"
_IDS = 50
"""Ids of one look-up among integration actions (api/omnitron.md section 1)."""


class SyncCalls(HubCalls):
    """The channel itself and the protocol by which its objects are handed over."""

    def __init__(self, session: RemoteSession, channel_id: int) -> None:
        super().__init__(session, channel_id)
        self._content_types: dict[str, ContentType] = {}
        self._asking_type = asyncio.Lock()

    async def channel(self) -> Channel:
        """The sales channel; ``ConfigurationError`` (``channel_missing``) when the hub has none of this id."""
        path = f"/api/v1/channels/{self.channel_id}/"
        try:
            return await self.session.call("GET", path, read=Channel.model_validate)
        except Refused as refusal:
            if refusal.status != 404:
                raise
            raise ConfigurationError("channel_missing", channel_id=self.channel_id) from None

    async def patch_channel(self, fields: Mapping[str, Any]) -> Channel:
        """Change the given fields of the channel."""
        path = f"/api/v1/channels/{self.channel_id}/"
        return await self.session.call("PATCH", path, json=fields, read=Channel.model_validate)

    async def catalog(self, pk: int) -> Catalog:
        """The catalogue with its price and stock list."""
        return await self.session.call("GET", f"/api/v1/catalogs/{pk}/", read=Catalog.model_validate)

    async def content_type(self, model: str) -> ContentType:
        """The content type of a model name; asked for once."""
        async with self._asking_type:
            if model not in self._content_types:
                rows = await self.session.all("/api/v1/content_types/", {"model": model})
                found = [one for one in parse_rows(ContentType, rows).rows if one.model == model]
                if len(found) != 1:
                    call, expected = f"GET /api/v1/content_types/?model={model}", "exactly one content type"
                    raise RemoteUnavailable("answer_unreadable", remote=self.session.name, call=call, expected=expected)
                self._content_types[model] = found[0]
        return self._content_types[model]

    # --- feeds: one page each --------------------------------------------------------------------------------

    async def product_feed(self, kind: FeedKind, limit: int, *, page: int = 1) -> FeedPage[Product]:
        """Simple products never sent (inserts) or changed since (updates), the freshest first: what failed long ago and
        is due again does not stand in front of them."""
        return await self._feed(f"products/{kind}", Product, {"product_type": 0, "sort": _FRESHEST}, limit, page)

    async def stock_feed(
        self, kind: FeedKind, limit: int, *, page: int = 1, sort: str = "stock"
    ) -> FeedPage[ProductStock]:
        """Stock rows; the default order puts sold-out products first."""
        return await self._feed(f"product_stocks/{kind}", ProductStock, {"sort": sort}, limit, page)

    async def price_feed(self, kind: FeedKind, limit: int, *, page: int = 1) -> FeedPage[ProductPrice]:
        """Price rows, the freshest first."""
        return await self._feed(f"product_prices/{kind}", ProductPrice, {"sort": _FRESHEST}, limit, page)

    async def image_feed(self, kind: FeedKind, limit: int, *, page: int = 1) -> FeedPage[ProductImage]:
        """Images of products."""
        return await self._feed(f"product_images/{kind}", ProductImage, {}, limit, page)

    async def order_updates(self, limit: int, *, page: int = 1) -> FeedPage[Order]:
        """Orders of ours that changed since they were last agreed."""
        return await self._feed("orders/updates", Order, {}, limit, page)

    async def cancellation_request_updates(self, limit: int, *, page: int = 1) -> FeedPage[CancellationRequest]:
        """Return requests that we made and that changed since."""
        return await self._feed("cancellation_requests/updates", CancellationRequest, {}, limit, page)

    async def deleted_actions(self, model: str, limit: int, *, page: int = 1) -> FeedPage[DeletedAction]:
        """Actions whose object left the catalogue."""
        query: Query = {"model": model, "channel_id": self.channel_id}
        return await self._feed("integration_actions/deleted", DeletedAction, query, limit, page)

    # --- batches -----------------------------------------------------------------------------------------------

    async def open_batch(self) -> Batch:
        """A new batch. Unsafe: after ``AnswerLost`` an empty batch may be left in ``initialized``."""
        return await self._create("batch_requests", {"channel": self.channel_id}, Batch)

    async def batch(self, pk: int) -> Batch:
        """One batch as the hub has it now."""
        return await self._get("batch_requests", pk, Batch)

    async def batches(self, statuses: Sequence[str], content_type: str | None = None) -> list[Batch]:
        """Batches of this channel in any of the states."""
        query = {"status": list(statuses), "content_type": content_type, "channel": self.channel_id}
        return await self._list("batch_requests", Batch, query)

    async def change_batch(
        self,
        pk: int,
        status: str,
        *,
        content_type: str | None = None,
        objects: Iterable[BatchObject] | None = None,
        remote_batch_id: str | None = None,
    ) -> Batch:
        """Move a batch to a state (section 3.3); ``Refused`` with 406 when the hub does not allow it.

        A change whose answer was lost is sent again; the hub then refuses what has already happened, so a batch
        found in the wished state counts as moved. ``commit`` may be repeated and needs no such look.
        """
        body: dict[str, Any] = {"channel": self.channel_id, "status": status}
        if content_type is not None:
            body["content_type"] = content_type
        if objects is not None:
            body["objects"] = [one.as_json() for one in objects]
        if remote_batch_id is not None:
            body["remote_batch_id"] = remote_batch_id
        try:
            return await self.session.call(
                "PATCH", self._path("batch_requests", pk), json=body, read=Batch.model_validate
            )
        except Refused as refusal:
            if refusal.status != 406 or status == "commit":
                raise
            batch = await self.batch(pk)
            if batch.status != status:
                raise
            return batch

    # --- penalties (section 3.5) -------------------------------------------------------------------------------

    async def failed_integrations(self, content_type: str, object_ids: Iterable[int]) -> list[FailedIntegration]:
        """The penalties of objects."""
        query: Query = {"content_type__model": content_type}
        return await self._by_pk(
            "failed_integrations", "object_id__in", object_ids, FailedIntegration, query, size=_IDS
        )

    async def delete_failed_integration(self, pk: int) -> None:
        """Lift a penalty; one already lifted is fine."""
        await self._delete("failed_integrations", pk)

    # --- integration actions ---------------------------------------------------------------------------------------

    async def integration_actions(
        self,
        content_type: str | None = None,
        *,
        object_ids: Iterable[int] | None = None,
        remote_ids: Iterable[str] | None = None,
        status: str | None = None,
        local_batch_id: str | None = None,
    ) -> list[IntegrationAction]:
        """Actions of a content type by what is known of them; a remote id may belong to several objects."""
        common = {"content_type_name": content_type, "status": status, "local_batch_id": local_batch_id}
        if object_ids is not None:
            queries = [{"object_id__in": ",".join(map(str, chunk))} for chunk in chunks(object_ids, _IDS)]
        elif remote_ids is not None:
            queries = in_filter("remote_id", remote_ids, _IDS)
        else:
            queries = [{}]
        parts = await together(
            *(self._list("integration_actions", IntegrationAction, {**common, **query}) for query in queries)
        )
        return [action for part in parts for action in part]

    async def count_actions(self, content_type: str, *, status: str) -> int:
        """How many actions of a content type are in a state."""
        query: Query = {"content_type_name": content_type, "status": status}
        return (await self._feed("integration_actions", IntegrationAction, query, 1)).total or 0

    async def create_action(
        self, content_type: str, object_id: int, *, remote_id: str | None, version_date: str | None = None
    ) -> IntegrationAction:
        """Tell the hub what an object is called at the market. Unsafe: look for it first."""
        kind = await self.content_type(content_type)
        body: dict[str, Any] = {
            "channel_id": self.channel_id,
            "content_type_id": kind.id,
            "object_id": object_id,
            "remote_id": remote_id,
            "version_date": version_date,
            "state": {},
        }
        return await self._create("integration_actions", body, IntegrationAction)

    async def patch_action(self, pk: int, fields: Mapping[str, Any]) -> IntegrationAction:
        """Change the given fields of an action."""
        body = {"channel_id": self.channel_id, **fields}
        return await self._patch("integration_actions", pk, body, IntegrationAction)

    async def outdate_action(self, pk: int) -> IntegrationAction:
        """Have an object sent again: its agreed version counts as older than any (section 3.2)."""
        return await self.patch_action(pk, {"version_date": _OLDEST})

    async def delete_action(self, pk: int) -> None:
        """Forget an object; one already forgotten is fine."""
        await self._delete("integration_actions", pk)
