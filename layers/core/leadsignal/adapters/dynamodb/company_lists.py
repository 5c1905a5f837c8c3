"""The list of companies, from an index of LeadTable; bound to one tenant."""

from collections.abc import Iterator
from itertools import batched

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.leads import decode_company
from leadsignal.adapters.dynamodb.table import Table, get_many
from leadsignal.models.companies import CompanyEntry

INDEX_PAGE = 100  # companies read at a time
INDEX = "by_created"


class DynamoCompanyLists:
    """The companies of one tenant in the order of their creation."""

    def __init__(self, table: Table, tenant_id: str) -> None:
        self._table = table
        self._tenant_id = tenant_id

    def entries(self, *, after: str | None, ascending: bool, ahead: int) -> Iterator[CompanyEntry]:
        """Yield the companies that come after the position; ``ahead`` are read at a time."""
        entries = self._table.query(
            keys.companies_list(self._tenant_id),
            index=(INDEX, keys.LIST, INDEX),
            after=after if ascending else None,
            before=None if ascending else after,
            ascending=ascending,
            page_size=min(ahead, INDEX_PAGE),
        )
        for some in batched(entries, min(ahead, INDEX_PAGE), strict=False):
            wanted = [(self._table, keys.Key(entry["pk"], entry["sk"])) for entry in some]
            found = {key.pk: item for (_, key), item in get_many(wanted).items()}
            for entry in some:
                if entry["pk"] in found:
                    company = decode_company(found[entry["pk"]])
                    yield CompanyEntry(position=entry[INDEX], company=company)
