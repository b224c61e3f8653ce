"""Retention: what is over is kept for a set time only (design.md section 7; ``FASHFED_KEEP_*``).

Buyers' data goes first: once a record is done or excluded its key and state are all that later runs need. Airflow's own
history is another process's work (``include.local.airflow_history``): no task has access to Airflow's database.
"""

from include.flows.context import OwnContext


async def run(ctx: OwnContext) -> None:
    """Empty old payloads of the inbox and delete what runs did and found long ago. Does nothing twice."""
    now, keep = ctx.clock.now(), ctx.retention
    emptied = await ctx.store.prune_payloads(ctx.channel, now - keep.payloads)
    ctx.report.count("updated", emptied)
    ctx.log.info("Buyers' data removed of records that were over for %d days: %d", keep.payloads.days, emptied)
    deleted = await ctx.store.prune_history(ctx.channel, now - keep.history)
    told = ", ".join(f"{number} {what}" for what, number in deleted.items() if number) or "nothing"
    ctx.log.info("Deleted what is older than %d days: %s", keep.history.days, told)
    ctx.report.count("read", emptied + sum(deleted.values()))
