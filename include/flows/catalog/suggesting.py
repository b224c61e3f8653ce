"""Making suggestions of products: reading what belongs to them in Omnitron, and who may not be sent and why."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from include.clients.omnitron.mapper_schemas import AttributeValue
from include.clients.omnitron.schemas import Catalog, MappedProduct, Product
from include.domain.batch import BatchItem, Fate
from include.errors import RecordFailed, Refused, RetryNow
from include.flows.apart import OUTAGES
from include.flows.catalog.categories import Categories
from include.flows.catalog.parts import CONTENT_TYPE, Parts, Trouble
from include.flows.context import FlowContext
from include.flows.delivery import failed
from include.flows.lists import channel_lists
from include.flows.once import Once
from include.flows.reporting import request_of
from include.flows.suspicion import guilty
from include.mapping.default_attributes import DEFAULT_ATTRIBUTES
from include.mapping.products import AttributeRule, Suggestion, suggest
from include.together import together

T = TypeVar("T")


class Suggesting:
    """One run's suggestions. What many products need is read once."""

    def __init__(self, ctx: FlowContext) -> None:
        self._ctx = ctx
        self._categories = Categories(ctx)
        self._catalog: Once[Catalog] = Once()
        self._rules: Once[list[AttributeRule]] = Once()
        self._values: Once[list[AttributeValue]] = Once()
        self._slots = asyncio.Semaphore(ctx.tuning.mapper_calls)
        self._suggestions: dict[str, Suggestion] = {}

    async def prepare(self, rows: Sequence[Product], *, known: bool) -> list[BatchItem]:
        """One item a product, and what rides with it. ``known``: Fashfed took these products before."""
        parts = await Parts.read(self._ctx, self._categories, await self._lists(), rows)
        mapped = await self._mapped(rows, parts)
        made: list[BatchItem] = []
        suggestions: dict[int, Suggestion] = {}
        for product in rows:
            if product.pk in parts.spoiled:
                continue
            try:
                suggestions[product.pk] = await self._suggestion(product, mapped[product.pk], parts)
            except RecordFailed as error:
                item = failed(_item(product, product.sku), error)
                made += [item, *parts.riders(product, item.key, named=not known)]
        wrong = await self._misnamed(rows, suggestions, known=known)
        before = await self._ctx.store.sent(
            self._ctx.channel, CONTENT_TYPE, [suggestion.key for suggestion in suggestions.values()]
        )
        for product in rows:
            suggestion = suggestions.get(product.pk)
            if suggestion is None:
                continue
            item = replace(_item(product, suggestion.key), value=suggestion.digest)
            sent = before.get(item.key)
            if product.pk in wrong:
                item = failed(replace(item, key=product.sku), wrong[product.pk])
                made += [item, *parts.riders(product, item.key, named=not known)]
            elif known and sent and sent.value == item.value:
                made += [replace(item, fate=Fate.UNCHANGED), *parts.unchanged_images(product, item.key)]
            else:
                self._suggestions[item.key] = suggestion
                body = request_of(self._ctx.market.bulk_call("suggest_products"), suggestion.as_json())
                item = replace(item, body=body)
                made += [item, *parts.riders(product, item.key, suggestion, named=not known)]
        return made + await self._troubled(rows, parts)

    async def call(self, items: Sequence[BatchItem]) -> str:
        """Suggest prepared products; gives Fashfed's ticket."""
        ticket = await self._ctx.market.suggest_products([self._suggestions[item.key].as_json() for item in items])
        for item in items:
            del self._suggestions[item.key]
        return ticket.id

    async def _lists(self) -> Catalog:
        return await self._catalog.get("", lambda: channel_lists(self._ctx))

    async def _suggestion(self, product: Product, mapped: MappedProduct | RecordFailed, parts: Parts) -> Suggestion:
        rules: list[AttributeRule] = []
        if isinstance(mapped, MappedProduct) and (chosen := mapped.attribute_set_id) is not None:
            rules = await self._rules.get(chosen, lambda: self._rules_of(chosen))
        return suggest(
            product,
            mapped=mapped,
            rules=rules,
            nodes=parts.nodes.get(product.pk, []),
            stock=parts.stocks.get(product.pk),
            price=parts.prices.get(product.pk),
            buffer=self._ctx.settings.buffer_stock,
        )

    async def _mapped(self, rows: Sequence[Product], parts: Parts) -> dict[int, MappedProduct | RecordFailed]:
        """The Mapper's result of each product; it has no call for several."""

        async def ask(product: Product) -> MappedProduct | RecordFailed | Trouble:
            async with self._slots:
                try:
                    return await self._ctx.hub.mapped_product(product.pk)
                except Refused as refusal:
                    if refusal.status not in (404, 406):
                        return refusal
                    return RecordFailed("mapping_failed", sku=product.sku, detail=refusal.facts.get("detail"))
                except RetryNow as trouble:
                    if trouble.code in OUTAGES:
                        raise
                    return trouble

        wanted = [product for product in rows if product.pk not in parts.spoiled]
        answers = await together(*(ask(product) for product in wanted))
        troubles = [answer for answer in answers if isinstance(answer, RetryNow | Refused)]
        if troubles and len(troubles) == len(wanted):
            raise troubles[0]
        found: dict[int, MappedProduct | RecordFailed] = {}
        for product, answer in zip(wanted, answers, strict=True):
            if isinstance(answer, RetryNow | Refused):
                parts.spoiled[product.pk] = answer
            else:
                found[product.pk] = answer
        return found

    async def _rules_of(self, attribute_set: int) -> list[AttributeRule]:
        hub = self._ctx.hub
        configs, allowed = await together(
            hub.attribute_configs(attribute_set), hub.attribute_value_configs(attribute_set)
        )
        chosen = {config.attribute_value for config in allowed}
        rules = []
        for config in configs:
            name = config.attribute_name or config.attribute_remote_id or str(config.attribute)
            if name in DEFAULT_ATTRIBUTES:
                continue
            pk = config.attribute
            values = await self._values.get(pk, _asking(hub.attribute_values, pk))
            own = {value.value for value in values if value.pk in chosen} or {value.value for value in values}
            rules.append(
                AttributeRule(
                    pk, name, config.attribute_remote_id or name, config.is_required, frozenset(own) if own else None
                )
            )
        return rules

    async def _misnamed(
        self, rows: Sequence[Product], suggestions: dict[int, Suggestion], *, known: bool
    ) -> dict[int, RecordFailed]:
        """Products whose name at Fashfed is another product's, or no longer the one they are known by."""
        hub = self._ctx.hub
        wrong: dict[int, RecordFailed] = {}
        if known:
            actions = await hub.integration_actions("product", object_ids=suggestions)
            names = {action.object_id: action.remote_id for action in actions if action.remote_id}
            for product in rows:
                made, name = suggestions.get(product.pk), names.get(product.pk)
                if made and name and made.key != name:
                    wrong[product.pk] = RecordFailed("remote_id_changed", sku=product.sku, old=name, new=made.key)
            return wrong
        actions = await hub.integration_actions(
            "product", remote_ids=[suggestion.key for suggestion in suggestions.values()]
        )
        owners = {action.remote_id: action.object_id for action in actions}
        for product in rows:
            if made := suggestions.get(product.pk):
                owner = owners.setdefault(made.key, product.pk)
                if owner != product.pk:
                    wrong[product.pk] = RecordFailed(
                        "remote_id_taken", sku=product.sku, remote_id=made.key, other=f"pk {owner}"
                    )
        return wrong

    async def _troubled(self, rows: Sequence[Product], parts: Parts) -> list[BatchItem]:
        """Products of which something could not be read: blamed when it goes on, else left out."""
        troubled = [product for product in rows if product.pk in parts.spoiled]
        blamed = await guilty(self._ctx, "products", [str(product.pk) for product in troubled])
        return [
            failed(
                _item(product, product.sku),
                RecordFailed("record_unreadable", kind="product", key=product.sku, detail=parts.spoiled[product.pk]),
            )
            for product in troubled
            if isinstance(parts.spoiled[product.pk], Refused) or str(product.pk) in blamed
        ]


def _item(product: Product, key: str) -> BatchItem:
    return BatchItem(product.pk, CONTENT_TYPE, product.modified_date, key)


def _asking(ask: Callable[[int], Awaitable[T]], pk: int) -> Callable[[], Awaitable[T]]:
    return lambda: ask(pk)
