"""Hunter: whether a mailbox takes mail. The key goes into a header, never into the URL."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Literal
from urllib.parse import urlencode

from leadsignal.adapters.providers.json_api import JsonApi, Secret, inner, read_secret
from leadsignal.domain import provider_facts
from leadsignal.models.enrichment import Answer, Lookup, LookupKind, MailVerdict
from leadsignal.ports import HttpReader

BASE_URL = "https://api.hunter.io"

type Deliverable = Literal["yes", "no", "risky", "unknown"]

_VERDICTS: Mapping[object, Deliverable] = {
    "valid": "yes",
    "invalid": "no",
    "accept_all": "risky",
    "webmail": "risky",
    "disposable": "risky",
}


class Hunter:
    """Asks with one tenant's secret. What is said is said by ``provider``, a provider's id."""

    kinds: frozenset[LookupKind] = frozenset({"email"})

    def __init__(
        self,
        http: HttpReader,
        secret: Secret,
        *,
        provider: str,
        now: Callable[[], datetime],
        base_url: str = BASE_URL,
    ) -> None:
        # 403: too many a second. 222: the mail server of the address misbehaved, ask again later.
        self._api = JsonApi(http, now=now, reasons={403: "throttled", 222: "pending"})
        self._secret = secret
        self._provider = provider
        self._base_url = base_url

    def ask(self, lookup: Lookup, *, timeout_ms: int) -> Answer:
        """Return whether an address takes mail.

        Raises:
            ProviderError: no usable answer within ``timeout_ms``; ``pending`` while it still tries.
            TransientError: the secret could not be read.
        """
        if lookup.kind != "email":
            return Answer()
        url = f"{self._base_url}/v2/email-verifier?{urlencode({'email': lookup.value})}"
        headers = {"x-api-key": read_secret(self._secret)}
        found = inner(self._api.get(url, headers=headers, timeout_ms=timeout_ms) or {}, "data")
        status = provider_facts.text(found.get("status"), 20)
        if status not in _VERDICTS:
            return Answer()
        score = provider_facts.confidence(found.get("score"), most=100)
        deliverable = _VERDICTS[status]
        sure = 1 - score if deliverable == "no" else score
        verdict = MailVerdict(
            deliverable=deliverable, confidence=round(sure, 4), provider=self._provider
        )
        return Answer(mail=verdict)
