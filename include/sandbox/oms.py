"""The brand's order management: it divides packages and tells the connector by web hook (api/omnitron.md section 10).

The body of the split event is not public; this shape is ours (reference/flows.md section 4.16).
"""

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta

from include.sandbox.fashfed.parcels import Group, ParcelBook
from include.sandbox.routing import Row

_PATIENCE = timedelta(hours=2)


class Oms:
    """``outbox`` holds the events that were not yet answered for good."""

    def __init__(self, market: ParcelBook, channel_id: int) -> None:
        self.outbox: deque[Row] = deque()
        # Whether anybody takes the events; without that nothing is split here.
        self.is_listened_to = False
        self.answers: deque[tuple[str, int]] = deque(maxlen=1000)
        self._market = market
        self._channel_id = channel_id
        self._asked: dict[str, datetime] = {}

    def split(self, order_number: str, package: str, groups: Sequence[Group]) -> Row:
        """Ask for new packages of these lines of a package; ``order_number`` is Omnitron's. Returns the event."""
        self._asked[package] = self._market.timeline.now()
        event = {
            "event": {
                "type": "package.split",
                "uuid": self._market.identity("split", f"{package} {self._market.now()}"),
            },
            "payload": {
                "channel_id": self._channel_id,
                "order_number": order_number,
                "package_number": package,
                "packages": [
                    {"items": [{"item_id": line["number"], "quantity": quantity} for line, quantity in group]}
                    for group in groups
                ],
            },
        }
        self.outbox.append(event)
        return event

    def answered(self, event: Row, status: int) -> None:
        """The event was answered for good: accepted, or refused (then nothing will be split)."""
        self.outbox.remove(event)
        self.answers.append((event["event"]["uuid"], status))
        if status >= 400:
            self._asked.pop(event["payload"]["package_number"], None)

    def is_splitting(self, package: str) -> bool:
        """Whether a split was asked for that is not done yet; after some hours nobody waits for it any more."""
        asked = self._asked.get(package)
        waits = asked is not None and self._market.timeline.now() - asked < _PATIENCE
        return waits and package not in self._market.divided
