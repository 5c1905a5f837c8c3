"""Rules in the strings of LeadBoxer: read strictly, with the place of what is wrong."""

from collections.abc import Iterator, Sequence
from math import isfinite

from leadsignal.domain.rulebook import rule_field
from leadsignal.errors import FieldProblem, InvalidInputError
from leadsignal.models.rulesets import MAX_POINTS, LeadBoxerStrings, RuleInput

_PARTS = {"range": 4, "match": 3, "exist": 2, "boost": 3}
_SHAPES = {
    "range": "field|start|end|score",
    "match": "field|value|score",
    "exist": "field|score",
    "boost": "root_url|url|score",
}
_FIELDS = {
    "company_size": "company.employee_count",
    "employees": "company.employee_count",
    "company": "company.name",
    "organization": "company.name",
    "organisation": "company.name",
    "industry": "company.industry",
    "country": "company.country",
    "city": "company.city",
    "region": "company.region",
    "domain": "company.domain",
    "sessions": "session_count",
    "visits": "visit_count",
    "pageviews": "event_count",
    "events": "event_count",
    "firstname": "first_name",
    "lastname": "last_name",
    "phonenumber": "phone",
    "role": "title",
    "channel": "source",
    "campaign": "last_touch.campaign",
}


def rules_in(given: LeadBoxerStrings) -> tuple[RuleInput, ...]:
    """Return the rules that the strings say; ranges are half-open.

    Their fields go by ours where they have a counterpart, others are traits.

    Raises:
        InvalidInputError: one is malformed; ``position`` is the character at which, from 0.
    """
    rules: list[RuleInput] = []
    problems: list[FieldProblem] = []
    for kind in _PARTS:
        text: str = getattr(given, kind)
        for start, entry in _entries(text):
            try:
                rules.append(_rule(kind, entry, start, len(rules) + 1))
            except InvalidInputError as error:
                problems += error.problems
    if problems:
        raise InvalidInputError(tuple(problems))
    return tuple(rules)


def _entries(text: str) -> Iterator[tuple[int, str]]:
    """Yield what is between commas, with its place."""
    if not text.strip():
        return
    start = 0
    for entry in text.split(","):
        yield start, entry
        start += len(entry) + 1


def _wrong(kind: str, position: int, detail: str) -> InvalidInputError:
    return InvalidInputError((FieldProblem(f"/import/{kind}", "malformed", detail, position),))


def _rule(kind: str, entry: str, start: int, number: int) -> RuleInput:
    parts = entry.split("|")
    places = [start + sum(len(part) + 1 for part in parts[:n]) for n in range(len(parts))]
    wanted = _PARTS[kind]
    if len(parts) != wanted:
        place = places[wanted] - 1 if len(parts) > wanted else start + len(entry)
        raise _wrong(kind, place, f"must be {_SHAPES[kind]}")
    for part, place in zip(parts, places, strict=True):
        if not part.strip() and not (kind == "range" and place in places[1:3]):
            raise _wrong(kind, place, f"nothing is there: must be {_SHAPES[kind]}")
    points = _number(kind, parts[-1], places[-1])
    if abs(points) > MAX_POINTS:
        raise _wrong(kind, places[-1], f"must be within {MAX_POINTS} points")
    said = _said(kind, parts, places)
    name = " ".join(part.strip() for part in parts[:-1] if part.strip())
    return RuleInput.model_validate(
        {"id": f"leadboxer_{number}", "name": name[:100], "points": points, "kind": kind} | said
    )


def _said(kind: str, parts: Sequence[str], places: Sequence[int]) -> dict[str, object]:
    head = parts[0].strip()
    if kind == "boost":
        if head != "root_url":
            raise _wrong(kind, places[0], "must begin with root_url")
        return {"url": parts[1].strip()}
    field = _FIELDS.get(head.lower(), head)
    if rule_field(field) is None:
        field = f"traits.{head}"
    if kind == "exist":
        return {"field": field}
    if kind == "match":
        return {"field": field, "value": parts[1].strip()}
    ends = [
        _number(kind, text, place) if text.strip() else None
        for text, place in zip(parts[1:3], places[1:3], strict=True)
    ]
    low, high = ends
    if low is None and high is None:
        raise _wrong(kind, places[1], "one of start and end is needed")
    if low is not None and high is not None and low >= high:
        raise _wrong(kind, places[2], "must be above the start")
    return {"field": field, "from": low, "to": high}


def _number(kind: str, text: str, place: int) -> float:
    try:
        number = float(text)
    except ValueError:
        raise _wrong(kind, place, "must be a number") from None
    if not isfinite(number) or "_" in text:
        raise _wrong(kind, place, "must be a number")
    return number
