"""Failed integrations: the penalty of one object version (api/omnitron.md section 3.5, design.md section 13)."""

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from include.sandbox.routing import Row
from include.sandbox.tables import Table
from include.sandbox.timeline import micro

if TYPE_CHECKING:
    from include.sandbox.omnitron.hub import Omnitron

DEFAULTS = {"RETRY_INTERVAL": 28800, "EXPIRATION_DATE": 57601, "MAX_RETRY_COUNT": 2}


class Penalties:
    """Counts the failures of each object version and says whether it must stay out of the feeds."""

    def __init__(self, hub: "Omnitron") -> None:
        self._hub = hub
        self.table = Table("object_id")
        self._active: dict[tuple[str, int], Row] = {}
        self._held_until: dict[int, str | None] = {}

    def holds(self, model: str, row: Row) -> bool:
        """Whether this version of the object is under an active penalty now."""
        penalty = self._active.get((model, row["pk"]))
        if penalty is None or row["modified_date"] > penalty["version_date"]:
            return False
        until = self._held_until[penalty["pk"]]
        return until is None or self._hub.now() < until

    def failed(self, model: str, object_id: int, version: str, reason: str) -> Row:
        """Count one failure of this version; after the last allowed retry only a person or a new version ends it."""
        hub = self._hub
        penalty = self._active.get((model, object_id))
        if penalty and (penalty["version_date"] != version or penalty["expiration_date"] <= hub.now()):
            self.lift(model, object_id)
            penalty = None
        setting = self._setting(model)
        now = hub.timeline.now()
        if penalty is None:
            action = hub.actions.get(model, object_id)
            penalty = self.table.add(
                {
                    "channel": hub.channel["pk"],
                    "version_date": version,
                    "reason_type": reason,
                    "is_active": True,
                    "content_type": hub.type_id(model),
                    "object_id": object_id,
                    "expiration_date": micro(now + timedelta(seconds=setting["EXPIRATION_DATE"])),
                    "retry_count": 0,
                    "integration_action": action.pk if action else None,
                    "log_id": None,
                }
            )
            self._active[model, object_id] = penalty
        else:
            penalty["retry_count"] += 1
            penalty["reason_type"] = reason
        penalty["retry_interval"] = setting["RETRY_INTERVAL"]
        penalty["max_retry_count"] = setting["MAX_RETRY_COUNT"]
        self._hold(model, penalty, micro(now + timedelta(seconds=setting["RETRY_INTERVAL"])))
        return penalty

    def lift(self, model: str, object_id: int) -> None:
        """The object succeeded, changed or was released by a person."""
        penalty = self._active.pop((model, object_id), None)
        if penalty:
            penalty["is_active"] = False
            self._held_until.pop(penalty["pk"], None)

    def apply(self, penalty: Row, changes: Row) -> None:
        """A person edits the penalty."""
        model, object_id = self._hub.type_model(penalty["content_type"]), penalty["object_id"]
        penalty.update(changes)
        if not penalty["is_active"]:
            self.lift(model, object_id)
        self._hub.feeds.refresh(model, object_id)

    def remove(self, penalty: Row) -> None:
        model = self._hub.type_model(penalty["content_type"])
        if self._active.get((model, penalty["object_id"])) is penalty:
            self.lift(model, penalty["object_id"])
        self.table.remove(penalty)
        self._hub.feeds.refresh(model, penalty["object_id"])

    def _hold(self, model: str, penalty: Row, until: str) -> None:
        exhausted = penalty["retry_count"] >= penalty["max_retry_count"]
        self._held_until[penalty["pk"]] = None if exhausted else until
        if not exhausted:
            self._hub.feeds.release_at(until, model, penalty["object_id"])

    def _setting(self, model: str) -> dict[str, int]:
        conf = self._hub.channel["conf"]
        table = conf.get("FAILED_INTEGRATION", conf.get("failed_integration")) or {}
        if isinstance(table, str):
            table = json.loads(table)
        chosen = table.get(model) or table.get("DEFAULT") or {}
        return {name: int(chosen.get(name, default)) for name, default in DEFAULTS.items()}
