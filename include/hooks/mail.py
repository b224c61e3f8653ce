"""Mail by the Airflow connection ``smtp_default``, with Airflow's own hook."""

import asyncio
import html
import json
import re
from functools import cached_property
from typing import Any

import aiosmtplib
from airflow.providers.smtp.hooks.smtp import SmtpHook
from airflow.sdk import Connection as AirflowConnection

from include.clients.redaction import redact
from include.connections import Connection
from include.errors import FashfedError, RecordFailed, RemoteUnavailable

CONNECTION = "smtp_default"
_PATIENCE = 60.0
"""Seconds for one mail, connecting included."""


class OneTryHook(SmtpHook):  # type: ignore[misc] # Airflow is not type-checked
    """Airflow's hook on a connection that was read before, so that nothing is asked of Airflow inside a running loop.

    It tries once: what may have been sent must not be sent again at once.
    """

    smtp_retry_limit = 0

    def __init__(self, connection: Connection) -> None:
        super().__init__(smtp_conn_id=connection.id)
        self._ours = connection

    async def aget_connection(self, _conn_id: str) -> Any:
        """The connection in Airflow's form."""
        ours = self._ours
        return AirflowConnection(
            conn_id=ours.id,
            conn_type="smtp",
            host=ours.host,
            port=ours.port,
            login=ours.login or None,
            password=ours.password or None,
            extra=json.dumps(dict(ours.extra)),
        )


class SmtpServer:
    """The mail server of a connection; None: there is none."""

    def __init__(self, connection: Connection | None) -> None:
        self._connection = connection

    async def send(self, to: str, subject: str, text: str, *, message_id: str) -> None:
        """Hand one mail over. Raises ``RemoteUnavailable`` (mail_unreachable) and ``RecordFailed`` (mail_refused)."""
        if self._connection is None:
            raise RemoteUnavailable("mail_unreachable", reason=f"there is no connection {CONNECTION}")
        try:
            async with asyncio.timeout(_PATIENCE), OneTryHook(self._connection) as hook:
                headers = {"Message-ID": f"<{message_id}@{self._domain}>", "Auto-Submitted": "auto-generated"}
                await hook.asend_email_smtp(
                    to=[to], subject=subject, html_content=as_html(text), custom_headers=headers
                )
        except Exception as error:  # noqa: BLE001 - whatever mail libraries raise, the mail waits
            raise _trouble(error) from None

    @cached_property
    def _domain(self) -> str:
        sender = str(self._connection.extra.get("from_email", "")) if self._connection else ""
        return sender.rpartition("@")[2].strip("> ") or "fashfed.invalid"


def as_html(text: str) -> str:
    """Plain text as the body of a mail, with its links."""
    safe = html.escape(text)
    linked = re.sub(r"https?://[^\s<]+", lambda found: f'<a href="{found[0]}">{found[0]}</a>', safe)
    return linked.replace("\n", "<br>\n")


def _trouble(error: Exception) -> FashfedError:
    reason = redact(" ".join(str(error).split()) or type(error).__name__, 200)
    refused = (aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPDataError)
    if isinstance(error, refused):
        return RecordFailed("mail_refused", reason=reason)
    return RemoteUnavailable("mail_unreachable", reason=reason)
