"""What the alarms ask of the state database and tell it; part of ``store.Store``.

A notice is written in the transaction that opens or resolves its incident, and sent afterwards: a mail server that is
away delays it. A process that dies between a mail and the note that it was sent sends it once more, under the same
Message-ID; nothing else sends one twice.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from include.state.alarms import AlarmChange, AlarmFacts, AlarmRule, Incident, IncidentState, Notice, Watched


class AlarmStore(Protocol):
    """Rules, incidents and notices of a channel."""

    # --- rules ----------------------------------------------------------------------------------------------
    async def alarm_rules(self, channel: str) -> list[AlarmRule]:
        """The rules, active or not, in the order they were made."""

    async def make_built_in_rules(self, channel: str, rules: Sequence[AlarmRule], *, now: datetime) -> None:
        """Add built-in rules whose name this channel has never had: what was edited stays, what was deleted is gone."""

    async def save_alarm_rule(self, channel: str, rule: AlarmRule, *, who: str, now: datetime) -> AlarmRule:
        """Add a rule (``id`` None) or replace one, but for its ``built_in``; audited (``add``, ``change``) in the same
        transaction. Gives it as it is kept. Raises ``LookupError`` for a rule that is gone."""

    async def delete_alarm_rule(self, channel: str, rule_id: int, *, who: str, now: datetime) -> bool:
        """Take a rule away, audited (``delete``); False: there was none. Its incidents stay, and end when calm."""

    # --- what the rules are judged by -------------------------------------------------------------------------
    async def alarm_facts(
        self,
        channel: str,
        *,
        now: datetime,
        runs_since: Sequence[tuple[datetime, str]],
        parked_before: Sequence[datetime],
        differing_before: Sequence[datetime],
        flows: Sequence[Watched],
    ) -> AlarmFacts:
        """What rules need, read in a few statements; nothing that is older than 30 days."""

    # --- incidents and notices --------------------------------------------------------------------------------
    async def settle_alarms(
        self, channel: str, changes: Sequence[AlarmChange], *, watching_since: datetime, now: datetime
    ) -> list[int]:
        """Open and change incidents, queue their notices and note that the rules were evaluated now, in one
        transaction. A notice of the same incident, kind and target is queued once. Gives the ids of the incidents, as
        the changes go. Raises ``ValueError`` when an open incident has the cause already."""

    async def incidents(
        self, channel: str, *, state: IncidentState | None = None, limit: int = 100, offset: int = 0
    ) -> list[Incident]:
        """Incidents, open ones first, then the newest first; None: in every state."""

    async def count_incidents(self, channel: str) -> dict[IncidentState, int]:
        """How many there are in each state; every state is named."""

    async def incident(self, channel: str, incident_id: int) -> Incident | None: ...

    async def notices_of(self, channel: str, incident_ids: Sequence[int]) -> dict[int, list[Notice]]:
        """The notices of incidents, in the order they were made; every id is named."""

    async def queue_test_notices(
        self, channel: str, notices: Sequence[Notice], *, who: str, now: datetime
    ) -> list[int]:
        """Have test notices sent; audited (``test``). Gives their ids."""

    async def notices(self, channel: str, notice_ids: Sequence[int]) -> list[Notice]:
        """Notices by id: what became of a test."""

    async def take_notices(self, channel: str, *, now: datetime, until: datetime, limit: int) -> list[Notice]:
        """Notices that are due, the oldest first; not the all-clear of an incident before its opening has left. Nobody
        else is given them before ``until``."""

    async def note_sent(self, channel: str, notice_id: int, *, now: datetime) -> None: ...

    async def note_unsent(self, channel: str, notice_id: int, *, trouble: str, due_at: datetime) -> None:
        """A try that did not succeed, why, and when the next one is due."""
