"""A dry run: what would be sent, what would be refused and why, with nothing written to Omnitron or Fashfed."""

from collections.abc import Sequence
from typing import Any

from include.domain.batch import BatchItem, Fate
from include.flows.context import FlowContext
from include.flows.feeding import Push, all_prepared
from include.state.store import Finding

_VERDICTS = {Fate.RELEASED: "send", Fate.UNCHANGED: "unchanged", Fate.FAILED: "refuse"}
"""What is said of a prepared record. A record that is released again is one that would be sent."""


async def plan(ctx: FlowContext, pushes: Sequence[Push[Any]]) -> None:
    """Say in the log and keep as findings what a run would do now. Nothing is claimed, so the feeds stay in place."""
    seen: set[tuple[str, int]] = set()
    for push in pushes:
        async for prepared in all_prepared(ctx, push):
            items = [item for item in prepared if item.content_type == push.content_type]
            fresh = [item for item in items if (item.content_type, item.pk) not in seen]
            seen |= {(item.content_type, item.pk) for item in fresh}
            await _note(ctx, fresh)
    counts = ctx.report.counts
    ctx.log.info(
        "Dry run: %d read; %d would be sent, %d are unchanged, %d would be refused. Nothing was changed",
        counts["read"], counts["sent"], counts["unchanged"], counts["failed"],
    )  # fmt: skip


async def _note(ctx: FlowContext, items: Sequence[BatchItem]) -> None:
    findings = []
    for item in items:
        verdict = _VERDICTS[item.fate]
        findings.append(Finding(item.content_type, item.key, verdict, item.value, item.code, item.text or ""))
        ctx.report.count("read")
        ctx.report.count({"send": "sent", "refuse": "failed"}.get(verdict, verdict))
        match item.fate:
            case Fate.RELEASED:
                ctx.log.info("Would send %s = %s", item.key, item.value)
            case Fate.FAILED:
                ctx.report.error(item.code or "unexpected")
                ctx.log.info("Would refuse %s: %s", item.key, item.text)
            case _:
                pass
    await ctx.store.keep_findings(ctx.channel, ctx.flow, ctx.run_id, findings, now=ctx.clock.now())
