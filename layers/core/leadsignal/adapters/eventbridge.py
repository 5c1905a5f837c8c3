"""The bus that carries facts."""

from collections.abc import Sequence
from itertools import batched
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from leadsignal.errors import TransientError
from leadsignal.models.facts import Fact

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

BATCH_LIMIT = 10  # PutEvents accepts at most 10 entries
SOURCE = "leadsignal"


class EventBridgeBus:
    """One custom event bus."""

    def __init__(self, client: "EventBridgeClient", name: str) -> None:
        self._client = client
        self._name = name

    def tell(self, facts: Sequence[Fact]) -> None:
        """Put every fact on the bus, in order.

        Raises:
            TransientError: the bus did not take all of them; telling them again is safe, for a
                fact has the same id each time.
        """
        for batch in batched(facts, BATCH_LIMIT, strict=False):
            try:
                answer = self._client.put_events(
                    Entries=[
                        {
                            "EventBusName": self._name,
                            "Source": SOURCE,
                            "DetailType": fact.type,
                            "Detail": fact.model_dump_json(exclude_none=True),
                        }
                        for fact in batch
                    ]
                )
            except (BotoCoreError, ClientError) as error:
                raise TransientError(f"the bus failed: {type(error).__name__}") from error
            if failed := answer["FailedEntryCount"]:
                raise TransientError(f"the bus refused {failed} of {len(batch)} facts")
