"""Integration actions: the hub's memory of each object on the channel (api/omnitron.md section 3.4)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from include.sandbox.routing import Row

_NO_STATE: Final[Row] = {}  # one for all: a state is replaced, never changed in place


@dataclass(slots=True, eq=False)
class Action:
    """One object on the channel.

    ``agreed``: the channel has once confirmed it; ``earlier``: its status before a batch held it.
    """

    pk: int
    model: str
    object_id: int
    created_date: str
    modified_date: str
    remote_id: str | None = None
    version_date: str | None = None
    state: Row = field(default_factory=lambda: _NO_STATE)
    local_batch_id: str | None = None
    status: str | None = None
    earlier: str | None = None
    agreed: bool = False


class ActionBook:
    """All actions, found by object, by remote id and by batch."""

    def __init__(self) -> None:
        self.by_pk: dict[int, Action] = {}
        self._by_object: dict[str, dict[int, Action]] = {}
        self._by_remote: dict[str, list[Action]] = {}
        self._by_batch: dict[str, dict[int, Action]] = {}
        self._last = 0

    def __len__(self) -> int:
        return len(self.by_pk)

    def get(self, model: str, object_id: int) -> Action | None:
        return self._by_object.get(model, {}).get(object_id)

    def of_model(self, model: str) -> list[Action]:
        return list(self._by_object.get(model, {}).values())

    def create(self, model: str, object_id: int, stamp: str) -> Action:
        self._last += 1
        action = Action(self._last, model, object_id, stamp, stamp)
        self.by_pk[action.pk] = action
        self._by_object.setdefault(model, {})[object_id] = action
        return action

    def set_remote(self, action: Action, remote_id: str | None) -> None:
        if remote_id == action.remote_id:
            return
        if action.remote_id is not None:
            siblings = self._by_remote[action.remote_id]
            siblings.remove(action)
            if not siblings:
                del self._by_remote[action.remote_id]
        action.remote_id = remote_id
        if remote_id is not None:
            self._by_remote.setdefault(remote_id, []).append(action)

    def set_batch(self, action: Action, local_batch_id: str | None) -> None:
        if action.local_batch_id is not None:
            held = self._by_batch[action.local_batch_id]
            del held[action.pk]
            if not held:
                del self._by_batch[action.local_batch_id]
        action.local_batch_id = local_batch_id
        if local_batch_id is not None:
            self._by_batch.setdefault(local_batch_id, {})[action.pk] = action

    def remove(self, action: Action) -> None:
        self.set_remote(action, None)
        self.set_batch(action, None)
        del self.by_pk[action.pk]
        del self._by_object[action.model][action.object_id]

    def with_remote(self, remote_ids: Iterable[str]) -> list[Action]:
        return [action for remote_id in dict.fromkeys(remote_ids) for action in self._by_remote.get(remote_id, ())]

    def of_batch(self, local_batch_id: str) -> list[Action]:
        return list(self._by_batch.get(local_batch_id, {}).values())

    def of_objects(self, object_ids: Iterable[int], model: str | None, models: Iterable[str]) -> list[Action]:
        wanted = [model] if model else list(models)
        pairs = ((name, object_id) for object_id in dict.fromkeys(object_ids) for name in wanted)
        return [action for pair in pairs if (action := self.get(*pair))]
