"""Records of LeadTable's stream, as the change of what makes facts."""

import base64
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.credits import decode_account
from leadsignal.adapters.dynamodb.deals import decode_deal
from leadsignal.adapters.dynamodb.leads import decode_company, decode_slot
from leadsignal.adapters.dynamodb.table import decode
from leadsignal.models.stored import Stored

_DECODERS: Mapping[str, Callable[[dict[str, Any]], Stored]] = {
    keys.LEAD_SK: decode_slot,
    keys.BALANCE_SK: decode_account,
    keys.COMPANY_SK: decode_company,
    keys.DEAL_SK: decode_deal,
}
"""How an item is read whose changes make facts, by its sort key; the filter of the stream mapping
names the same ones."""


class StoredChange(NamedTuple):
    """What an item held before and after one write; None where there was or is nothing."""

    tenant_id: str
    before: Stored | None
    after: Stored | None


def is_news(record: Mapping[str, Any]) -> bool:
    """Return whether announce is told of a record: one of an item that its writer marked."""
    change = record["dynamodb"]
    return change["Keys"]["sk"]["S"] in _DECODERS and keys.NEWS in change.get("NewImage", {})


def stored_change(record: Mapping[str, Any]) -> StoredChange:
    """Return the change behind one record of the stream (a Lambda event's record)."""
    key = record["dynamodb"]["Keys"]
    read = _DECODERS[key["sk"]["S"]]
    before, after = _image(record, "OldImage"), _image(record, "NewImage")
    return StoredChange(
        tenant_id=keys.tenant_of(key["pk"]["S"]),
        before=read(before) if before else None,
        after=read(after) if after else None,
    )


def _image(record: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    image = record["dynamodb"].get(name)
    if not image:
        return None
    item = decode(image)
    if isinstance(item.get("data"), str) and "B" in image["data"]:
        item["data"] = base64.b64decode(item["data"])  # a Lambda event carries bytes as base64
    return item
