"""What operators read about single records: the task log, the record log and Omnitron's error reports.

A failed or parked record is said once in each place, with its reason and next step. In the task log records that share
a cause are one line, however many they are.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from include.catalogue import entry
from include.clients.fashfed.adapter import on_the_wire
from include.clients.redaction import redact
from include.errors import FashfedError
from include.flows.context import FlowContext
from include.state.store import LogEntry
from include.together import limited

_NAMED = 5
"""Records named in a line of the task log; the others are in the record log."""
_REASONS = 10
"""Different reasons of one code that get a line each; the others share one."""
_SHOWN = 4096
"""Characters kept of what was sent and answered."""


@dataclass(frozen=True, slots=True)
class Note:
    """One record that failed or was parked. ``pk`` and ``version`` are the hub's, where the hub has the record.
    ``request`` and ``response`` are what a remote was sent of it and said, where that is known."""

    content_type: str
    key: str
    code: str
    text: str
    next_step: str
    pk: int | None = None
    version: str | None = None
    request: str | None = None
    response: str | None = None

    @classmethod
    def of(
        cls,
        error: FashfedError,
        content_type: str,
        key: str,
        *,
        pk: int | None = None,
        shown: Mapping[str, object] | None = None,
    ) -> "Note":
        """The note of an error about one record; ``shown`` is what people may see of the record."""
        call = [str(error.facts["call"])] if "call" in error.facts else []
        request = "\n".join([*call, as_shown(shown)] if shown else call) or None
        response = str(error.facts["detail"]) if error.facts.get("detail") else None
        return cls(
            content_type, key, error.code, error.message, error.next_step, pk, request=request, response=response
        )


@dataclass(frozen=True, slots=True)
class Done:
    """One record that was brought where it belongs."""

    content_type: str
    key: str
    text: str
    request: str | None = None


def as_shown(facts: object) -> str:
    """Facts as JSON for people's eyes."""
    return json.dumps(on_the_wire(facts), ensure_ascii=False, default=str)


def request_of(call: str, item: Mapping[str, object]) -> str:
    """One record of a call as people are shown it."""
    return f"{call}\n{as_shown(item)}"[:_SHOWN]


@dataclass(slots=True)
class _Cause:
    reason: str
    keys: list[str] = field(default_factory=list)
    number: int = 0

    def add(self, key: str) -> None:
        self.number += 1
        if len(self.keys) < _NAMED:
            self.keys.append(key)


class Reporter:
    """Collects the notes of one step. ``word`` names a record to people ("SKU", "package")."""

    def __init__(self, ctx: FlowContext, word: str) -> None:
        self._ctx = ctx
        self._word = word
        self._causes: dict[tuple[str, str, str], dict[str, _Cause]] = {}
        """By count, code and next step; within them by reason."""

    async def records(self, notes: Sequence[Note], *, log_prefix: str, verb: str = "failed") -> None:
        """Note records; ``verb`` is the count they belong to (failed or parked)."""
        if not notes:
            return
        ctx = self._ctx
        for note in notes:
            ctx.report.count(verb)
            ctx.report.error(note.code)
            causes = self._causes.setdefault((verb, note.code, note.next_step), {})
            name = note.text if note.text in causes or len(causes) < _REASONS else ""
            causes.setdefault(name, _Cause(note.text if name else f"for example: {note.text}")).add(note.key)
        rows = [
            self._row(
                _log_id(log_prefix, note),
                note.content_type,
                note.key,
                note.text,
                note.code,
                note.request,
                note.response,
            )
            for note in notes
        ]
        await ctx.store.log(ctx.channel, ctx.flow, rows)
        await self._tell_hub(notes, log_prefix)

    def _row(
        self, log_id: str, kind: str, key: str, text: str, code: str | None, request: str | None, response: str | None
    ) -> LogEntry:
        at, run_id = self._ctx.clock.now(), self._ctx.run_id or None
        return LogEntry(log_id, kind, key, code is None, code, text, at, _shown(request), _shown(response), run_id)

    async def done(self, records: Sequence[Done], *, log_prefix: str) -> None:
        """Note records that were applied; here only, because Omnitron sees for itself."""
        rows = [
            self._row(f"{log_prefix}-{one.key}"[:255], one.content_type, one.key, one.text, None, one.request, None)
            for one in records
        ]
        if rows:
            await self._ctx.store.log(self._ctx.channel, self._ctx.flow, rows)

    async def _tell_hub(self, notes: Sequence[Note], log_prefix: str) -> None:
        async def tell(note: Note) -> bool:
            return await self._report(
                note.content_type,
                note.pk or 0,
                _log_id(log_prefix, note),
                f"{entry(note.code).side}-{note.text}\nNext step: {note.next_step}",
                ok=False,
                version=note.version,
            )

        told = await limited(self._ctx.tuning.concurrency, tell, notes)
        if not all(told):
            self._ctx.log.warning(
                "%d of %d error reports could not be written to Omnitron; the record log here has them all",
                told.count(False),
                len(told),
            )

    async def batch(
        self, pk: int, *, log_prefix: str, text: str, request: str | None = None, response: str | None = None
    ) -> None:
        """Note that a batch was handled."""
        await self._success("batchrequest", pk, str(pk), log_prefix, text, request, response)

    async def success(
        self, content_type: str, pk: int, *, key: str, log_id: str, text: str, request: str | None = None
    ) -> None:
        """Note what was done to a record of the hub, which people know by ``key``."""
        await self._success(content_type, pk, key, log_id, text, request, None)

    async def _success(
        self, content_type: str, pk: int, key: str, log_id: str, text: str, request: str | None, response: str | None
    ) -> None:
        row = self._row(log_id, content_type, key, text, None, request, response)
        await self._ctx.store.log(self._ctx.channel, self._ctx.flow, [row])
        await self._report(content_type, pk, log_id, text, ok=True, version=None)

    async def _report(
        self, content_type: str, pk: int, log_id: str, response: str, *, ok: bool, version: str | None
    ) -> bool:
        try:
            await self._ctx.hub.error_report(
                content_type,
                pk,
                code=log_id,
                description=self._ctx.flow,
                response=response,
                is_ok=ok,
                modified_date=version or self._ctx.clock.now().strftime("%Y-%m-%d %H:%M:%S"),
            )
        except FashfedError as error:
            self._ctx.log.debug("Error report %s was not written: %s", log_id, error)
            return False
        return True

    def say(self) -> None:
        """Write the causes to the task log, the most frequent first."""
        lines = [
            (cause, verb, code, next_step)
            for (verb, code, next_step), causes in self._causes.items()
            for cause in causes.values()
        ]
        for cause, verb, code, next_step in sorted(lines, key=lambda line: -line[0].number):
            names = ", ".join(cause.keys) + (" ..." if cause.number > len(cause.keys) else "")
            word = self._word if cause.number == 1 else f"{self._word}s"
            self._ctx.log.warning(
                "%d %s %s: %s [%s] (%s). Next step: %s", cause.number, word, verb, cause.reason, code, names, next_step
            )
        self._causes.clear()


def _shown(text: str | None) -> str | None:
    return redact(text, _SHOWN) if text else None


def step_name(flow: str) -> str:
    """A flow as log ids name it: ``GetOrders``."""
    return "".join(word.capitalize() for word in flow.split("_"))


def _log_id(prefix: str, note: Note) -> str:
    return f"{prefix}-{note.pk if note.pk is not None else note.key}"[:255]
