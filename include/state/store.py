"""The connector's memory: what flows may ask of it and tell it (design.md section 11).

``PostgresStore`` keeps it for real, ``MemoryStore`` in a test's process; one behaviour test holds both. All methods
of one call are one transaction. Times are aware UTC. ``channel`` is the channel's key (``default``).
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Protocol

from include.domain.batch import BatchItem, BatchState
from include.domain.penalty import Penalty
from include.domain.run import RunReport
from include.state.alarm_store import AlarmStore
from include.state.records import (
    OWED,
    Audit,
    Claim,
    ClaimState,
    Comparison,
    Difference,
    Event,
    Finding,
    Hold,
    Identity,
    InboxRow,
    InboxState,
    Incoming,
    LogEntry,
    OpenBatch,
    Received,
    Sent,
    Suggestion,
    SuggestionState,
)
from include.state.sku_records import Correction, SkuState

__all__ = [
    "LOCK_POLL",
    "OWED",
    "Audit",
    "Claim",
    "ClaimState",
    "Comparison",
    "Correction",
    "Difference",
    "Event",
    "Finding",
    "Hold",
    "Identity",
    "InboxRow",
    "InboxState",
    "Incoming",
    "LogEntry",
    "OpenBatch",
    "Received",
    "Sent",
    "SkuState",
    "Store",
    "Suggestion",
    "SuggestionState",
]

LOCK_POLL = 0.25
"""Seconds between two tries to get a lock."""


class Store(AlarmStore, Protocol):
    """What flows may ask of the state database and tell it."""

    async def close(self) -> None: ...

    async def born_at(self, channel: str, now: datetime) -> datetime:
        """When this database first knew the channel (``now`` at the first call). What the market made before that
        moment may already have been imported by somebody else."""

    def lock(self, channel: str, content_type: str, *, wait: float) -> AbstractAsyncContextManager[None]:
        """Hold the channel's content type alone; waits up to ``wait`` seconds, then raises ``RunInProgress``.

        It is let go when the block ends and when the process dies.
        """

    # --- runs and the record log --------------------------------------------------------------------------
    async def start_run(self, report: RunReport, *, run_id: str, step: str) -> None:
        """Note that a step of a run began; the same ``run_id`` and ``step`` again replaces the row."""

    async def finish_run(self, report: RunReport, *, run_id: str, step: str, now: datetime) -> None: ...

    async def note_broken_run(
        self, channel: str, flow: str, run_id: str, step: str, *, code: str, reason: str, now: datetime
    ) -> None:
        """Note that a step failed which could not say so itself; one that did stays as it is."""

    async def last_runs(self, channel: str, flow: str, limit: int) -> list[Mapping[str, Any]]:
        """The newest rows of ``run_reports`` first: run_id, step, outcome, started_at, finished_at, seconds, counts,
        requests, errors, reason, code."""

    async def log(self, channel: str, flow: str, entries: Sequence[LogEntry]) -> None: ...

    async def log_entries(self, channel: str, flow: str, limit: int) -> list[LogEntry]:
        """Newest first."""

    async def last_failures(self, channel: str, kind: str, keys: Sequence[str]) -> Mapping[str, LogEntry]:
        """The newest failure of each key, whichever flow noted it; keys without one are absent."""

    # --- batches ------------------------------------------------------------------------------------------
    async def add_batch(self, batch: OpenBatch) -> None: ...

    async def change_batch(
        self,
        batch_id: str,
        state: BatchState,
        *,
        now: datetime,
        pk: int | None = None,
        local_batch_id: str | None = None,
        items: Sequence[BatchItem] | None = None,
    ) -> None:
        """Move a batch on; raises ``ValueError`` for an illegal transition (``domain.batch.NEXT``) and
        ``RunInProgress`` for commit while another batch of the content type is in commit. Fields given replace what
        is stored; entering ``sent_to_remote`` sets ``sent_at``; entering done or fail drops the items."""

    async def open_batches(self, channel: str, content_type: str) -> list[OpenBatch]:
        """Batches not yet done or fail, oldest first."""

    async def batch_items(self, batch_id: str) -> list[BatchItem]:
        """What an open batch holds; apart, because many batches may be open."""

    # --- inbox --------------------------------------------------------------------------------------------
    async def receive(self, channel: str, kind: str, rows: Sequence[Incoming], *, now: datetime) -> Received:
        """Store what the market shows, once per market id. A newer ``changed_at`` of a row that is new or parked
        replaces its payload and makes it due at once; rows that are done or excluded keep their state and payload."""

    async def due(
        self, channel: str, kind: str, *, now: datetime, limit: int, skip: Sequence[str] = ()
    ) -> list[InboxRow]:
        """Rows whose time has come, without the market ids in ``skip``: new ones before parked ones, so that what
        failed before never stands in front of good records (design.md section 6.5); each by first sight."""

    async def inbox_row(self, channel: str, kind: str, market_id: str) -> InboxRow | None: ...

    async def inbox_counts(self, channel: str, kind: str) -> Mapping[InboxState, int]:
        """How many rows are in each state; every state is named."""

    async def inbox_states(self, channel: str, kind: str, market_ids: Sequence[str]) -> Mapping[str, InboxState]:
        """States by market id; unknown ones are absent."""

    async def park(
        self,
        channel: str,
        kind: str,
        market_id: str,
        *,
        code: str,
        reason: str,
        penalty: Penalty,
        now: datetime,
        cause: str | None = None,
    ) -> None:
        """Note why a new or parked row could not be applied; other rows stay as they are. ``cause`` names what rows
        wait for together."""

    async def waiting_causes(self, channel: str, kind: str, *, now: datetime, limit: int) -> list[InboxRow]:
        """One row (the first seen) of each cause that parked rows wait for which are not due; the cause that was
        looked at longest ago comes first, and counts as looked at now."""

    async def wake(self, channel: str, kind: str, causes: Sequence[str], *, now: datetime) -> int:
        """Make the parked rows of these causes due at once: what they waited for has happened. Gives the number of
        those that were not due already."""

    async def finish(self, channel: str, kind: str, market_ids: Sequence[str], *, now: datetime) -> None:
        """Mark rows as done, whatever they were: the record was applied."""

    async def exclude(self, channel: str, kind: str, market_id: str, *, rule: str, now: datetime) -> None:
        """Set a new or parked row aside; other rows stay as they are."""

    # --- the inbox in people's hands ------------------------------------------------------------------------
    async def inbox_rows(
        self,
        channel: str,
        *,
        kind: str | None = None,
        states: Sequence[InboxState] = OWED,
        code: str | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> list[InboxRow]:
        """Rows in these states, newest first; None: of every kind, with every code."""

    async def reopen(
        self, channel: str, kind: str, market_ids: Sequence[str], *, who: str, reason: str, now: datetime
    ) -> list[str]:
        """A person has parked or excluded rows tried again at once, as if they were new; not one whose payload was
        pruned. Gives those that were; each is audited (``retry``) in the same transaction."""

    async def exclude_by_hand(
        self, channel: str, kind: str, market_ids: Sequence[str], *, who: str, reason: str, now: datetime
    ) -> list[str]:
        """A person sets new or parked rows aside; the reason is their rule. Gives those that were; each is audited
        (``exclude``) in the same transaction."""

    async def note_audit(self, channel: str, row: Audit) -> None:
        """Note what a person did."""

    async def audits(self, channel: str, limit: int) -> list[Audit]:
        """What people did, newest first."""

    # --- comparisons ------------------------------------------------------------------------------------------
    async def keep_comparison(self, channel: str, comparison: Comparison) -> None: ...

    async def comparisons(self, channel: str, name: str, limit: int) -> list[Comparison]:
        """Newest first."""

    async def note_differences(
        self, channel: str, kind: str, *, checked: Sequence[str], found: Sequence[Difference], now: datetime
    ) -> None:
        """Keep what was found (``since`` is when the key was first found, and stays while it differs) and drop the
        differences of checked keys that agree now."""

    async def differences(self, channel: str, kind: str, limit: int = 1000, offset: int = 0) -> list[Difference]:
        """Differences that stand, the oldest first."""

    async def keep_sku_states(self, channel: str, states: Iterable[SkuState], *, now: datetime) -> None:
        """Replace what is known of the channel's SKUs; one that is not named is gone, one named twice is the first."""

    async def sku_states(self, channel: str, limit: int = 1000, offset: int = 0) -> list[SkuState]:
        """By SKU."""

    async def note_corrections(
        self,
        channel: str,
        kind: str,
        *,
        found: Sequence[Correction],
        agreed: Sequence[str],
        gone: Sequence[str],
        now: datetime,
    ) -> int:
        """Keep which SKUs differ in ``kind`` (price, stock). Of those that agree, what was queued is confirmed and what
        was not is dropped; those that are ``gone`` cannot be compared any more. Gives the number of confirmed ones."""

    async def queue_corrections(self, channel: str, kind: str, skus: Sequence[str], *, now: datetime) -> None:
        """Note that these are sent again."""

    async def open_corrections(self, channel: str, kind: str) -> list[Correction]:
        """What is not confirmed, the oldest first."""

    async def corrections(self, channel: str, kind: str, limit: int) -> list[Correction]:
        """Newest first."""

    # --- retention ----------------------------------------------------------------------------------------------
    async def prune_payloads(self, channel: str, before: datetime) -> int:
        """Empty the payloads (buyers' data) of rows that have been done or excluded since before that moment; gives
        their number. The rows themselves stay: what was seen once is never new again. In portions, each of them one
        transaction."""

    async def prune_history(self, channel: str, before: datetime) -> Mapping[str, int]:
        """Delete run reports, record log, findings, comparisons, confirmed corrections, decided suggestions, ended
        batches, events, resolved incidents with their notices, and cache entries that ended before that moment; gives
        how many of each, by table. Audits, claims, identities and inbox rows stay. In portions, each of them one
        transaction."""

    # --- claims, identities, sent values --------------------------------------------------------------------
    async def claim(self, channel: str, action: str, key: str, detail: Mapping[str, Any], *, now: datetime) -> Claim:
        """Claim an effect; the first caller gets ``fresh=True``, everybody else the claim that exists."""

    async def claims(self, channel: str, action: str, keys: Sequence[str]) -> Mapping[str, Claim]:
        """Claims that exist, by key, without claiming anything (``fresh`` is False)."""

    async def settle_claim(
        self, channel: str, action: str, key: str, detail: Mapping[str, Any], *, now: datetime
    ) -> None:
        """Mark a claim as done; ``detail`` is merged into what it holds. Raises ``ValueError`` if nobody claimed."""

    async def drop_claim(self, channel: str, action: str, key: str, *, now: datetime) -> None:
        """Give an open claim up: the remote refused, so the effect certainly did not happen. Raises ``ValueError``
        when there is none, or a done one."""

    async def bind(self, channel: str, identities: Sequence[Identity], *, now: datetime) -> None:
        """Remember pairs; the same (kind, remote id, hub id) again replaces the detail. Raises ``ValueError``, as does
        ``rename``, for a pair without a remote id."""

    async def identities(self, channel: str, kind: str, remote_ids: Sequence[str]) -> Mapping[str, list[Identity]]:
        """By remote id; unknown ones are absent. The hub ids of one remote id ascend."""

    async def identities_of(self, channel: str, kind: str, hub_ids: Sequence[int]) -> Mapping[int, list[Identity]]:
        """By hub id; unknown ones are absent. The remote ids of one hub id ascend."""

    async def rename(self, channel: str, identities: Sequence[Identity], *, now: datetime) -> None:
        """These hub ids are called so from now on: pairs of the same kind and hub id with other remote ids go."""

    async def sent(self, channel: str, kind: str, keys: Sequence[str]) -> Mapping[str, Sent]: ...

    async def submit(self, channel: str, kind: str, rows: Sequence[Sent], *, now: datetime) -> set[str]:
        """Note that values are about to leave: until they are confirmed nobody knows what the market has, so ``sent``
        no longer shows these keys. Gives the keys that may leave; a key of which a newer version was submitted or
        confirmed before stays as it is and is not among them. The same version may leave again."""

    async def record_sent(self, channel: str, kind: str, rows: Sequence[Sent], *, now: datetime) -> None:
        """Keep the newest confirmed value per key; a row with an older version than the submitted or confirmed one
        changes nothing."""

    async def doubt_sent(self, channel: str, kind: str, keys: Sequence[str]) -> None:
        """The market changed the values of these keys itself (somebody bought): what it has is unknown, also when it
        confirms what is on its way now. What is submitted from now on counts again."""

    async def unconfirmed(self, channel: str, kind: str, since: datetime) -> set[str]:
        """Keys of which a value has left since then, and has neither been confirmed nor been doubted."""

    async def doubted(self, channel: str, kind: str, keys: Sequence[str]) -> set[str]:
        """Those of the keys whose values the market has changed itself since we last sent one."""

    async def forget_sent(self, channel: str, kind: str, keys: Sequence[str]) -> None:
        """Forget values and versions of these keys, as if they had never been sent."""

    # --- findings, suggestions, holds -----------------------------------------------------------------------
    async def keep_findings(
        self, channel: str, flow: str, run_id: str, findings: Sequence[Finding], *, now: datetime
    ) -> None:
        """Add to what the run found."""

    async def findings(
        self, channel: str, flow: str, *, run_id: str | None = None, limit: int = 1000, offset: int = 0
    ) -> list[Finding]:
        """What a run found, in the order it was kept; None: the run of the flow that kept something last."""

    async def await_approval(self, channel: str, rows: Sequence[Suggestion], *, now: datetime) -> None:
        """Note suggestions as waiting since ``now``; a newer one of the same key replaces the older, whatever its
        state; an older one changes nothing. The same version waits on, or once more if it was decided."""

    async def suggestions(self, channel: str, state: SuggestionState, limit: int) -> list[Suggestion]:
        """Suggestions in a state, the longest suggested first."""

    async def decide(self, channel: str, rows: Sequence[Suggestion], *, now: datetime) -> set[str]:
        """Note the owner's word (``state``, ``reason``) on these versions. Gives the keys that were waiting for it;
        what does not wait in this version stays as it is. Raises ``ValueError`` for ``WAITING``, which is no word."""

    async def hold(self, channel: str, kind: str, rows: Sequence[Hold]) -> None:
        """Note held changes; a hold of the same key and version stays as it is (also when it has passed), another
        version replaces it."""

    async def holds(self, channel: str, kind: str, keys: Sequence[str] | None = None) -> list[Hold]:
        """The holds of a kind, or those of some keys, by key."""

    async def let_pass(self, channel: str, kind: str, keys: Sequence[str] | None, *, now: datetime) -> list[Hold]:
        """Let held changes pass, all (None) or those of some keys; gives the ones that had not passed before."""

    async def drop_holds(self, channel: str, kind: str, keys: Sequence[str]) -> None:
        """Forget holds: the change was sent, or is no longer wanted."""

    # --- watermarks, cache, call budget -------------------------------------------------------------------
    async def watermark(self, channel: str, flow: str) -> datetime | None: ...

    async def move_watermark(self, channel: str, flow: str, to: datetime) -> None:
        """Forward only; an earlier moment changes nothing."""

    async def cached(self, scope: str, keys: Sequence[str], *, now: datetime) -> Mapping[str, Any]:
        """JSON values that have not expired."""

    async def cache(self, scope: str, values: Mapping[str, Any], *, expires_at: datetime) -> None: ...

    async def uncache(self, scope: str, keys: Sequence[str]) -> None: ...

    async def lease_calls(self, remote: str, calls: int, *, per_second: float, burst: int, now: datetime) -> float:
        """Take ``calls`` calls out of the budget that all workers share; returns the seconds to wait first. Raises
        ``ValueError`` for more calls than ``burst``."""

    async def pause_calls(self, remote: str, until: datetime) -> None:
        """Nobody calls this remote before ``until`` (it answered 429)."""

    # --- for people and tests -----------------------------------------------------------------------------
    async def events(self, channel: str, subject: str, key: str) -> list[Event]:
        """Transitions of ``batch``, ``inbox:<kind>``, ``claim:<action>``, ``suggestion``, ``hold:<kind>`` (``held``,
        ``passed``) or ``difference:<kind>`` (``found``, ``gone``), oldest first. A claim that was given up ends in
        ``dropped``, a hold that was dropped begins anew; staying in a state is no transition."""
