"""EventBridge in memory, as boto3's client sees it: one call, ``put_events``."""

import json
from collections.abc import Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, cast

from tests.fakes.faults import Calls, operation, refusal

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

type Answer = dict[str, Any]

ENTRIES = 10
REQUEST_BYTES = 256 * 1024  # of all entries together; regions that take more take this, too
TIME_BYTES = 14  # that an entry's time counts
_NEEDED = ("Source", "DetailType", "Detail")


class FakeEventBridge:
    """Buses by name. ``told`` has every entry that was taken, in order."""

    service = "events"

    def __init__(self, calls: Calls | None = None, *, buses: Sequence[str] = ("FactsBus",)) -> None:
        self.calls = calls or Calls()
        self.told: list[Answer] = []
        self._buses = {"default", *buses}
        self._numbers = count(1)
        self._refused: list[int] = []

    @property
    def client(self) -> "EventBridgeClient":
        """Itself, in the place of a client of boto3."""
        return cast("EventBridgeClient", self)

    def refuse_next(self, entries: int, *, times: int = 1) -> None:
        """Let the next calls take all but the last ``entries`` of theirs, and say so."""
        self._refused += [entries] * times

    @operation
    def put_events(self, *, Entries: Sequence[Mapping[str, Any]]) -> Answer:
        if len(Entries) > ENTRIES:
            raise refusal(
                "PutEvents",
                "ValidationException",
                "1 validation error detected: Value at 'entries' failed to satisfy constraint: "
                "Member must have length less than or equal to 10",
            )
        if sum(map(_size, Entries)) > REQUEST_BYTES:
            message = "Total size of the entries in the request is over the limit."
            raise refusal("PutEvents", "ValidationException", message)
        for entry in Entries:
            if (name := entry.get("EventBusName", "default")) not in self._buses:
                message = f"Event bus {name} does not exist."
                raise refusal("PutEvents", "ResourceNotFoundException", message)
        refused = self._refused.pop(0) if self._refused else 0
        results = []
        for number, entry in enumerate(Entries):
            code = _fault(entry)
            if code is None and number >= len(Entries) - refused:
                code = "InternalFailure"
            if code is None:
                self.told.append(dict(entry))
                results.append({"EventId": f"event-{next(self._numbers)}"})
            else:
                results.append({"ErrorCode": code, "ErrorMessage": "injected" if refused else code})
        failed = sum("ErrorCode" in result for result in results)
        return {"FailedEntryCount": failed, "Entries": results}


def _size(entry: Mapping[str, Any]) -> int:
    texts = [*(entry.get(name, "") for name in _NEEDED), *entry.get("Resources", ())]
    return sum(len(text.encode()) for text in texts) + (TIME_BYTES if "Time" in entry else 0)


def _fault(entry: Mapping[str, Any]) -> str | None:
    """Return the code of what is wrong with an entry, if anything is."""
    if not all(entry.get(name) for name in _NEEDED):
        return "InvalidArgument"
    try:
        detail = json.loads(entry["Detail"])
    except ValueError:
        return "MalformedDetail"
    return None if isinstance(detail, dict) else "MalformedDetail"
