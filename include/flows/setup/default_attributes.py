"""Default Attributes: mapping targets that belong to no category, in every attribute set (flows.md section 4.3).

Opens no batch request: there is no object to hold, and a batch that held nothing cannot be closed (design.md
section 13). A run that was broken off is finished by the next one.
"""

import asyncio
from collections.abc import Sequence

from include.clients.omnitron.mapper_schemas import AttributeSet
from include.errors import ConfigurationError, RecordFailed, Refused
from include.flows.context import FlowContext
from include.flows.reporting import Note, Reporter
from include.flows.setup.making import made, name_object
from include.mapping.attributes import schema_name
from include.mapping.default_attributes import DEFAULT_ATTRIBUTES
from include.state.store import Finding
from include.together import to_their_ends

CONTENT_TYPE = "marketplaceattribute"


async def run(ctx: FlowContext) -> None:
    """Complete what is missing; from its first success on products may be sent (``product`` waits for the watermark).

    Raises ``ConfigurationError`` (attribute_sets_missing) while there is no attribute set.
    """
    async with ctx.store.lock(ctx.channel, CONTENT_TYPE, wait=ctx.tuning.lock_wait):
        sets = await ctx.hub.attribute_sets()
        if not sets:
            raise ConfigurationError("attribute_sets_missing")
        reporter = Reporter(ctx, "attribute set")
        work = _Work(ctx, reporter)
        try:
            await work.do(sets)
        finally:
            reporter.say()
            now = ctx.clock.now()
            await ctx.store.keep_findings(ctx.channel, ctx.flow, ctx.run_id, work.findings, now=now)
        counts = ctx.report.counts
        ctx.log.info(
            "Default attributes %s: %d written, %d there already, %d refused, in %d attribute sets",
            ", ".join(DEFAULT_ATTRIBUTES),
            counts["created"],
            counts["unchanged"],
            counts["failed"],
            len(sets),
        )
        await ctx.store.move_watermark(ctx.channel, ctx.flow, ctx.clock.now())


class _Work:
    def __init__(self, ctx: FlowContext, reporter: Reporter) -> None:
        self.findings: list[Finding] = []
        self._ctx = ctx
        self._hub = ctx.hub
        self._reporter = reporter
        self._slots = asyncio.Semaphore(ctx.tuning.concurrency)

    async def do(self, sets: Sequence[AttributeSet]) -> None:
        """The attributes first, then their places, set by set."""
        attributes = {name: await self._attribute(name) for name in DEFAULT_ATTRIBUTES}
        await to_their_ends(self._complete(one, attributes) for one in sets)

    async def _attribute(self, name: str) -> int:
        """The attribute with its rules and its action; what is missing is made."""
        hub, schema = self._hub, schema_name(self._ctx.channel_id, name)

        async def find() -> int | None:
            return next((one.pk for one in await hub.attributes(name) if one.name == name), None)

        async def find_schema() -> bool | None:
            return any(one.name == schema for one in await hub.attribute_schemas(schema)) or None

        async def create() -> int:
            return (await hub.create_attribute(name)).pk

        async def create_schema() -> bool:
            await hub.create_attribute_schema(schema)
            return True

        pk = await find()
        if pk is None:
            pk = await made(create, find)
            self._made(name, "attribute")
        if not any(action.remote_id for action in await hub.integration_actions(CONTENT_TYPE, object_ids=[pk])):
            await name_object(hub, CONTENT_TYPE, pk, name)
        if not await find_schema():
            await made(create_schema, find_schema)
            self._made(name, schema)
        return pk

    def _made(self, name: str, what: str) -> None:
        self.findings.append(Finding(CONTENT_TYPE, name, "added", what))

    async def _complete(self, one: AttributeSet, attributes: dict[str, int]) -> None:
        """The attributes' places in one set; a refused one is reported and costs only itself."""
        report = self._ctx.report
        async with self._slots:
            there = {config.attribute for config in await self._hub.attribute_configs(one.pk)}
            for name, attribute in attributes.items():
                report.count("read")
                if attribute in there:
                    report.count("unchanged")
                    continue
                try:
                    await self._place(one, name, attribute)
                except Refused as refusal:
                    await self._refused(one, name, refusal)
                else:
                    report.count("created")
                    self._made(name, one.name)

    async def _place(self, one: AttributeSet, name: str, attribute: int) -> None:
        fields = {"attribute_set": one.pk, "attribute": attribute, "attribute_remote_id": name}
        flags = {"is_required": False, "is_variant": False, "is_custom": False}

        async def create() -> bool:
            await self._hub.create_attribute_config({**fields, **flags})
            return True

        async def look() -> bool | None:
            return any(config.attribute == attribute for config in await self._hub.attribute_configs(one.pk)) or None

        await made(create, look)

    async def _refused(self, one: AttributeSet, name: str, refusal: Refused) -> None:
        error = RecordFailed(
            "default_attribute_refused", attribute=name, attribute_set=one.name, detail=refusal.message
        )
        note = Note.of(error, "marketplaceattributeset", one.name, pk=one.pk)
        await self._reporter.records([note], log_prefix=f"{self._ctx.run_id}-Channel-{self._ctx.flow}")
        self.findings.append(Finding(CONTENT_TYPE, name, "refused", one.name, error.code, error.message))
