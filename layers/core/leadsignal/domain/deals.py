"""What becomes of a deal when somebody says something of it, and what is told of that."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from leadsignal.domain.normalise.currencies import currency_code
from leadsignal.errors import FieldProblem, InvalidInputError
from leadsignal.models.deals import Deal
from leadsignal.models.facts import DealData, Fact, FactType
from leadsignal.models.instants import Instant

_BLANK: Mapping[str, Any] = {
    "name": "",
    "lead_ids": (),
    "company_id": None,
    "amount": None,
    "currency": None,
    "stage": None,
    "outcome": "open",
    "closed_at": None,
}
_FUTURE = FieldProblem("/closed_at", "invalid_time", "must not be in the future")
_OPEN = FieldProblem("/closed_at", "not_closed", "only what is won or lost was closed")
UNKNOWN_CURRENCY = FieldProblem("/currency", "unknown_currency", "is no currency of ISO 4217")
_UNPRICED = FieldProblem("/currency", "missing", "an amount needs a currency")


def stated(given: Mapping[str, Any], before: Deal | None, *, now: Instant) -> dict[str, Any]:
    """Return all fields of a deal after somebody gave some of them; None: as if never set.

    A currency is its code then, and a lead is named once. What becomes won or lost is closed now,
    unless ``closed_at`` says when; what is open again is not closed.

    Raises:
        InvalidInputError: the currency is unknown, or missing beside an amount; a deal that is open
            is said to be closed, or one in the future.
    """
    stands = {name: getattr(before, name) for name in _BLANK} if before else dict(_BLANK)
    said = {name: _BLANK[name] if value is None else value for name, value in given.items()}
    fields = stands | said | {"lead_ids": tuple(dict.fromkeys((stands | said)["lead_ids"]))}
    same = before is not None and before.outcome == fields["outcome"]
    problems = (
        _price(fields, given.get("currency")),
        _close(fields, given.get("closed_at"), stands["closed_at"] if same else now, now),
    )
    if any(problems):
        raise InvalidInputError(tuple(problem for problem in problems if problem))
    return fields


def _price(fields: dict[str, Any], currency: str | None) -> FieldProblem | None:
    """Fill in the code of a currency that was given; return what is wrong with it."""
    if currency is not None:
        fields["currency"] = currency_code(currency)
        return None if fields["currency"] else UNKNOWN_CURRENCY
    return _UNPRICED if fields["amount"] is not None and fields["currency"] is None else None


def _close(
    fields: dict[str, Any], given: Instant | None, known: Instant, now: Instant
) -> FieldProblem | None:
    """Fill in when a deal was closed: as given, else as known; return what is wrong with it."""
    if fields["outcome"] == "open":
        fields["closed_at"] = None
        return _OPEN if given is not None else None
    fields["closed_at"] = known if given is None else given
    return _FUTURE if given is not None and given > now else None


def _types(before: Deal | None, after: Deal) -> list[FactType]:
    types: list[FactType] = ["deal.updated" if before else "deal.created"]
    if after.outcome != "open" and (before is None or before.outcome != after.outcome):
        types.append("deal.won" if after.outcome == "won" else "deal.lost")
    return types


def counted(before: Deal | None, after: Deal) -> Deal:
    """Return a changed deal with the number of facts that are told of it then."""
    told = before.sequence if before else 0
    return after.model_copy(update={"sequence": told + len(_types(before, after))})


def deal_facts(before: Deal | None, after: Deal, *, tenant_id: str) -> tuple[Fact, ...]:
    """Return what is told of one change of a deal: that it is there or changed, and that it was won
    or lost when it became so."""
    data = DealData(
        deal_id=after.id,
        lead_ids=after.lead_ids,
        company_id=after.company_id,
        amount=after.amount,
        currency=after.currency,
        outcome=after.outcome,
        previous_outcome=before.outcome if before else None,
        version=after.version,
    )
    start = before.sequence if before else 0
    return tuple(
        Fact(
            id=_fact_id(tenant_id, after, kind),
            tenant_id=tenant_id,
            type=kind,
            at=after.updated_at,
            sequence=start + offset,
            data=data,
        )
        for offset, kind in enumerate(_types(before, after), start=1)
    )


def _fact_id(tenant_id: str, deal: Deal, kind: FactType) -> str:
    text = f"{tenant_id}\n{deal.id}\n{deal.version}\n{kind}"
    digest = hashlib.sha256(text.encode()).digest()[:16]
    return "msg_" + base64.b32encode(digest).decode().rstrip("=").lower()
