"""What operators read about single records: the task log, the record log and Omnitron's error reports.

A failed or parked record is said once in each place, with its reason and next step. In the task log records that share
a cause are one line, however many they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from include.catalogue import entry
from include.errors import FashfedError
from include.flows.context import FlowContext
from include.flows.limited import limited
from include.state.store import LogEntry

_NAMED = 5
"""Records named in a line of the task log; the others are in the record log."""
_REASONS = 10
"""Different reasons of one code that get a line each; the others share one."""


@dataclass(frozen=True, slots=True)
class Note:
    """One record that failed or was parked. ``pk`` and ``version`` are the hub's, where the hub has the record."""

    content_type: str
    key: str
    code: str
    text: str
    next_step: str
    pk: int | None = None
    version: str | None = None

    @classmethod
    def of(cls, error: FashfedError, content_type: str, key: str, *, pk: int | None = None) -> "Note":
        """The note of an error about one record."""
        return cls(content_type, key, error.code, error.message, error.next_step, pk)


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
        now = ctx.clock.now()
        await ctx.store.log(
            ctx.channel,
            ctx.flow,
            [
                LogEntry(_log_id(log_prefix, note), note.content_type, note.key, False, note.code, note.text, now)
                for note in notes
            ],
        )
        await self._tell_hub(notes, log_prefix)

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

    async def batch(self, pk: int, *, log_prefix: str, text: str) -> None:
        """Note that a batch was handled."""
        await self.success("batchrequest", pk, key=str(pk), log_id=log_prefix, text=text)

    async def success(self, content_type: str, pk: int, *, key: str, log_id: str, text: str) -> None:
        """Note what was done to a record of the hub, which people know by ``key``."""
        row = LogEntry(log_id, content_type, key, True, None, text, self._ctx.clock.now())
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


def step_name(flow: str) -> str:
    """A flow as log ids name it: ``GetOrders``."""
    return "".join(word.capitalize() for word in flow.split("_"))


def _log_id(prefix: str, note: Note) -> str:
    return f"{prefix}-{note.pk if note.pk is not None else note.key}"[:255]
