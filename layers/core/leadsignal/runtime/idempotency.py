"""``Idempotency-Key``: a POST that is sent again is answered again, and done once."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from leadsignal.errors import MalformedInputError, TransientError
from leadsignal.models.tenants import Principal
from leadsignal.runtime import wiring
from leadsignal.runtime.minting import DerivedMint
from leadsignal.runtime.observability import logger, metrics
from leadsignal.services.idempotency import Claim, begin, keep, recognise, release

HEADER = "idempotency-key"
REPLAYED = {"idempotent-replayed": "true"}

_KEPT_MEMBERS = ("statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded")
_VISIBLE = re.compile(r"[\x21-\x7e]{1,255}")
_ESCAPED = re.compile(r'\\(["\\])')

type Answer = dict[str, Any]


def key_of(headers: Mapping[str, str]) -> str | None:
    """Return the key of a request, or None; a quoted one is the same as one without quotes.

    Raises:
        MalformedInputError: it is not 1 to 255 visible ASCII characters.
    """
    sent = headers.get(HEADER)
    if sent is None:
        return None
    key = sent.strip(" \t")
    if key.startswith('"') and key.endswith('"') and len(key) > 1:
        key = _ESCAPED.sub(r"\1", key[1:-1])
    if not _VISIBLE.fullmatch(key):
        detail = "Idempotency-Key is 1 to 255 visible ASCII characters"
        raise MalformedInputError("invalid-header", detail)
    return key


def answer_once(
    app: APIGatewayHttpResolver,
    event: Mapping[str, Any],
    *,
    body: object,
    principal: Principal,
    lease: timedelta,
    run: Callable[[], Answer],
) -> Answer:
    """Return the answer to a POST: that of an earlier one with the same key, or of running it.

    Answers of success are kept for 72 hours, unless they bid to come again (``Retry-After``). Any
    other answer did nothing, or nothing that a second run does not find done, and frees the key.
    ``lease`` is how long the run may take.

    Raises:
        MalformedInputError: the key is none.
        KeyInUseError, KeyReusedError, ConflictError, TransientError: as ``begin`` has them.
    """
    key = key_of(event.get("headers") or {})
    if key is None:
        return run()
    content = [event.get("queryStringParameters") or {}, body]
    asked = recognise(
        principal,
        key,
        route=f"POST {event['rawPath']}",
        content=json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True),
    )
    ledger = wiring.ledger(principal.tenant.tenant_id)
    lease_ms = lease // timedelta(milliseconds=1)
    begun = begin(asked, ledger=ledger, lease_ms=lease_ms, now=wiring.now())
    if not isinstance(begun, Claim):
        metrics.add_metric(name="RequestsReplayed", unit="Count", value=1)
        answer: Answer = json.loads(begun)
        return answer | {"headers": answer["headers"] | REPLAYED}
    app.append_context(mint=DerivedMint(begun.seed))  # type: ignore[no-untyped-call]
    try:
        answer = run()
    except Exception:
        _settle(lambda: release(begun, ledger=ledger))
        raise
    if 200 <= answer["statusCode"] < 300 and not _to_be_repeated(answer):
        kept = {name: answer[name] for name in _KEPT_MEMBERS if name in answer}
        kept.setdefault("headers", {})
        _settle(lambda: keep(begun, json.dumps(kept).encode(), ledger=ledger))
    else:
        _settle(lambda: release(begun, ledger=ledger))
    return answer


def _to_be_repeated(answer: Answer) -> bool:
    """Return whether a part of the work is still to be done: the answer says after which time."""
    sent = {**(answer.get("headers") or {}), **(answer.get("multiValueHeaders") or {})}
    return any(name.lower() == "retry-after" for name in sent)


def _settle(store: Callable[[], None]) -> None:
    """Tell the ledger how a run ended; the answer goes out all the same when that fails."""
    try:
        store()
    except TransientError as error:
        metrics.add_metric(name="RunsUnsettled", unit="Count", value=1)
        logger.warning("how a run ended could not be kept", error=str(error))
