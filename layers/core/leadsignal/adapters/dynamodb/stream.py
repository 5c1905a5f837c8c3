"""Records of LeadTable's stream, as the change of one identity slot."""

import base64
from collections.abc import Mapping
from typing import Any, NamedTuple

from leadsignal.adapters.dynamodb.leads import decode_slot
from leadsignal.adapters.dynamodb.table import decode
from leadsignal.models.leads import Slot


class SlotChange(NamedTuple):
    """What a slot held before and after one write; None where there was or is nothing."""

    tenant_id: str
    before: Slot | None
    after: Slot | None


def _image(record: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    image = record["dynamodb"].get(name)
    if not image:
        return None
    item = decode(image)
    if isinstance(item.get("data"), str) and "B" in image["data"]:
        item["data"] = base64.b64decode(item["data"])  # a Lambda event carries bytes as base64
    return item


def slot_change(record: Mapping[str, Any]) -> SlotChange:
    """Return the change behind one record of the stream (a Lambda event's record)."""
    tenant_id = record["dynamodb"]["Keys"]["pk"]["S"].split("#")[1]
    before, after = _image(record, "OldImage"), _image(record, "NewImage")
    return SlotChange(
        tenant_id=tenant_id,
        before=decode_slot(before) if before else None,
        after=decode_slot(after) if after else None,
    )
