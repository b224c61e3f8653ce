"""Channel Setup: the form of the sales channel and its defaults, in Omnitron (spec section 2).

Opens no batch request: there is no object to hold, and a batch that held nothing cannot be closed (design.md
section 13).
"""

from include.domain.run import RunReport
from include.flows.context import FlowContext
from include.settings import readiness, render_text
from include.settings.completion import Completion, completed
from include.state.store import Finding

CONTENT_TYPE = "channel"


async def run(ctx: FlowContext) -> None:
    """Add what the channel lacks, restore what belongs to us, leave what people set; then say what is still missing."""
    async with ctx.store.lock(ctx.channel, CONTENT_TYPE, wait=ctx.tuning.lock_wait):
        channel = await ctx.hub.channel()
        whole = completed(channel.form, channel.conf)
        changes = {
            name: value
            for name, value, before in (("schema", whole.form, channel.form), ("conf", whole.conf, channel.conf))
            if value != before
        }
        if changes:
            channel = await ctx.hub.patch_channel(changes)
        _count(ctx.report, whole)
        _say(ctx, whole)
        await ctx.store.keep_findings(ctx.channel, ctx.flow, ctx.run_id, _findings(whole), now=ctx.clock.now())
        settings = ctx.settings.read_again(channel.conf, is_active=channel.is_active)
        ctx.log.info("Sales channel %s is ready for:\n%s", settings.name, render_text(readiness(settings)))


def _count(report: RunReport, whole: Completion) -> None:
    new, changed = len(whole.added) + len(whole.filled), len(whole.restored)
    report.count("read", len(whole.form))
    report.count("created", new)
    report.count("updated", changed)
    report.count("unchanged", len(whole.form) - len(whole.added) - changed)


def _say(ctx: FlowContext, whole: Completion) -> None:
    told = {"Fields added to the form": whole.added, "Fields restored": whole.restored, "Defaults": whole.filled}
    for what, names in told.items():
        if names:
            ctx.log.info("%s: %s", what, ", ".join(names))
    if not any(told.values()):
        ctx.log.info("The sales channel is complete; nothing was written")


def _findings(whole: Completion) -> list[Finding]:
    told = {"added": whole.added, "restored": whole.restored, "filled": whole.filled}
    return [Finding(CONTENT_TYPE, name, verdict) for verdict, names in told.items() for name in names]
