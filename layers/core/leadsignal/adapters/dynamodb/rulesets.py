"""A tenant's rule sets, as stored in ConfigTable, and every version that was published."""

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.table import Item, Put, Table
from leadsignal.errors import TooLargeError
from leadsignal.models.instants import Instant
from leadsignal.models.rules import Publication, RuleSet

MAX_BYTES = 380 * 1024  # an item holds 400 KB


class DynamoRuleSets:
    """The rule sets of one tenant, each in an item of its own."""

    def __init__(self, table: Table, tenant_id: str) -> None:
        self._table = table
        self._tenant_id = tenant_id

    def all(self) -> Sequence[RuleSet]:
        """Return every rule set as it is now, in the order of creation."""
        items = self._table.query(keys.ruleset(self._tenant_id, "").pk, consistent=True)
        found = [_model(item) for item in items]
        return sorted(found, key=lambda ruleset: (ruleset.created_at, ruleset.id))

    def get(self, ruleset_id: str) -> RuleSet | None:
        """Return the rule set as it is now (a consistent read), or None."""
        item = self._table.get(keys.ruleset(self._tenant_id, ruleset_id), consistent=True)
        return _model(item) if item else None

    def version(self, ruleset_id: str, version: int) -> RuleSet | None:
        """Return a rule set as it was published in a version, or None; that never changes."""
        key = keys.ruleset_version(self._tenant_id, ruleset_id, version)
        item = self._table.get(key, consistent=True)
        return _model(item) if item else None

    def save(self, ruleset: RuleSet) -> RuleSet:
        """Write a new or changed rule set and return it with its new version.

        Raises:
            ConflictError: it changed since it was read, or was deleted, or (new) is there already.
            TooLargeError: it does not fit into an item.
        """
        saved = ruleset.model_copy(update={"version": ruleset.version + 1})
        key = keys.ruleset(self._tenant_id, ruleset.id)
        new = ruleset.version == 0
        self._table.put(Put(key, _item(saved), if_absent=new, if_version=ruleset.version or None))
        return saved

    def keep(self, ruleset: RuleSet) -> None:
        """Keep a rule set in its version; doing it again changes nothing."""
        key = keys.ruleset_version(self._tenant_id, ruleset.id, ruleset.version)
        self._table.put(Put(key, _item(ruleset)))

    def record(self, publication: Publication) -> None:
        """Remember since when leads are scored by a version; doing it again changes nothing."""
        key = keys.publication(self._tenant_id, publication.at)
        self._table.put(Put(key, {"data": publication.model_dump_json()}))

    def published_at(self, at: Instant) -> Publication | None:
        """Return what leads were scored by at an instant, None where these were the default
        rules."""
        key = keys.publication(self._tenant_id, at + 1)
        found = self._table.query(key.pk, before=key.sk, ascending=False, page_size=1)
        item = next(iter(found), None)
        return Publication.model_validate_json(item["data"]) if item else None

    def delete(self, ruleset_id: str, *, version: int | None = None) -> None:
        """Remove the rule set, if there is one; with ``version`` only in that one.

        Raises:
            ConflictError: it is in another version, or gone already.
        """
        self._table.delete(keys.ruleset(self._tenant_id, ruleset_id), if_version=version)


def _item(ruleset: RuleSet) -> Item:
    text = ruleset.model_dump_json(exclude_none=True, by_alias=True)
    packed = zlib.compress(text.encode())
    if len(packed) > MAX_BYTES:
        raise TooLargeError("payload-too-large", "the rule set does not fit into one item")
    return {"version": ruleset.version, "data": packed}


def _model(item: Mapping[str, Any]) -> RuleSet:
    return RuleSet.model_validate_json(zlib.decompress(bytes(item["data"])))
