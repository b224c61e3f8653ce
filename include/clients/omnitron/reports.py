"""Error reports: what people see in Omnitron's log and mapping screens (api/omnitron.md section 4)."""

from typing import Any

from include.clients.omnitron.customers import Level
from include.clients.omnitron.sync import SyncCalls
from include.clients.redaction import redact

_LOCATION_CODES: dict[Level, str] = {
    "country": "Country was not found",
    "city": "integrations_200_10_2",
    "township": "integrations_200_10_1",
    "district": "integrations_200_10_3",
}
_CODE_LENGTH = 255
_BODY_LENGTH = 20_000
"""Characters of a request or answer that are worth keeping in a report."""


class ReportCalls(SyncCalls):
    """Reports may be sent twice: two equal lines do less harm than a missing one."""

    async def error_report(
        self,
        content_type: str,
        object_id: int,
        *,
        code: str,
        description: str,
        request: object = "",
        response: object = "",
        is_ok: bool = False,
        modified_date: str | None = None,
    ) -> None:
        """Add a line to the channel's log about one object. Bodies are redacted here."""
        action = await self.content_type(content_type)
        target = await self.content_type("channel")
        body = {
            "action_content_type": action.id,
            "action_object_id": object_id,
            "target_content_type": target.id,
            "target_object_id": str(self.channel_id),
            "obj_modified_date": modified_date,
            "error_code": code[:_CODE_LENGTH],
            "error_desc": description,
            "raw_request": redact(request, _BODY_LENGTH),
            "raw_response": redact(response, _BODY_LENGTH),
            "is_ok": is_ok,
        }
        if modified_date is None:
            del body["obj_modified_date"]
        await self.session.call("POST", self._path("error_reports"), json=body, repeatable=True)

    async def location_error(
        self,
        level: Level,
        *,
        remote_code: str,
        name: str,
        description: str,
        country_code: str | None = None,
        country_id: int | None = None,
        city_id: int | None = None,
        township_id: int | None = None,
    ) -> None:
        """Ask people to map a place; ``remote_code`` is what the mapping is looked up by."""
        body: dict[str, Any] = {
            "type": level,
            "remote_code": remote_code[:_CODE_LENGTH],
            "country_code": country_code,
            "country_id": country_id,
            "city_id": city_id,
            "township_id": township_id,
            "name": name,
            "integration_type": "sales_channel",
            "err_code": _LOCATION_CODES[level],
            "err_desc": description,
        }
        body = {key: value for key, value in body.items() if value is not None}
        await self.session.call("POST", self._path("error_reports", level), json=body, repeatable=True)
