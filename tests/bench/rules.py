"""What scoring one lead by 200 rules costs, and when it is due, beside one call of boto3.

    python -m tests.bench.rules

The call is an UpdateItem of 1 KB that is answered before it reaches a socket, so it is the cheapest
there is. Each round times both; the median of the rounds' ratios counts.
"""

import os
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any, NamedTuple

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from leadsignal.domain.conditions.lead_fields import LeadFields, Timeline
from leadsignal.domain.due import due_of
from leadsignal.domain.playbook import Playbook
from leadsignal.domain.rulebook import Rulebook
from leadsignal.domain.scoring import score_lead
from leadsignal.models.activity import MarkedTouch, Session, Tally
from leadsignal.models.instants import DAY_MS, Instant
from leadsignal.models.leads import LeadCompany
from leadsignal.models.profiles import Profile
from leadsignal.models.touches import TouchMark
from tests.fakes.rules import HALF_LIFE, boost, pricing, rulebook

AT = 1_800_000_000_000
WARM = 70
ROUNDS = 15
TIMES = 100
ALLOWED = 0.33
"""Of one call without a socket, which is 0.6 of one with it: a fifth of a real call."""
ALLOWED_DUE = 0.33
"""The same, to see that a lead is due when it was before; what most events ask."""


class Cost(NamedTuple):
    """Microseconds of processor time of one scoring, and how many calls that is."""

    microseconds: float
    in_calls: float


def rules() -> Rulebook:
    """Return 200 rules of every kind, as tenants with many have them."""
    fields = [
        {"kind": "match", "field": f"traits.t{n}", "value": f"v{n % 3}", "points": 1}
        for n in range(40)
    ]
    ranges = [
        {"kind": "range", "field": "company.employee_count", "from": n * 50, "to": n * 50 + 50}
        for n in range(30)
    ]
    exists = [{"kind": "exist", "field": f"attributes.a{n}"} for n in range(20)]
    events = [boost(event=f"event_{n}", max_times=3) for n in range(40)]
    pages = [boost(event=None, url=f"/page/{n}*", max_times=2) for n in range(30)]
    fading = [boost(event=f"event_{n}", decay=HALF_LIFE, max_times=5) for n in range(20)]
    held = [
        {
            "kind": "condition",
            "condition": {
                "all": [
                    {"field": "company.country", "op": "eq", "value": "DE"},
                    {"field": "title", "op": "contains", "value": f"word{n}"},
                ]
            },
        }
        for n in range(15)
    ]
    windows = [{"kind": "condition", "condition": pricing(days=n + 1)} for n in range(5)]
    return rulebook(*fields, *ranges, *exists, *events, *pages, *fading, *held, *windows)


def lead(book: Rulebook) -> LeadFields:
    """Return a lead as a month of visits makes it."""
    touch = MarkedTouch(at=AT - DAY_MS, mark=TouchMark(channel="paid_search", campaign="spring"))
    profile = Profile(
        is_known=True,
        email="ada@acme.com",
        title="Head of Engineering",
        company=LeadCompany(id="cmp", domain="acme.com", country="DE", employee_count=220),
        traits={f"t{n}": f"v{n % 2}" for n in range(0, 40, 4)},
        attributes={f"a{n}": n for n in range(0, 20, 5)},
        names={f"event_{n}": Tally(count=n + 1, last=AT) for n in range(0, 40, 5)}
        | {"page_view": Tally(count=60, last=AT)},
        pages={f"acme.com/page/{n}/x": Tally(count=2, last=AT) for n in range(0, 50, 2)},
        sessions=(Session(start=AT - DAY_MS, end=AT, events=60, entry="acme.com/"),),
        touches=(touch,),
        event_count=90,
        first_seen_at=AT - 30 * DAY_MS,
        last_seen_at=AT,
        created_at=AT - 30 * DAY_MS,
        updated_at=AT,
    )
    instants = Timeline([AT - n * DAY_MS for n in reversed(range(5))])
    timelines = {
        name: instants for number, (name, _) in enumerate(book.tracked.items()) if number % 5 == 0
    }
    return LeadFields(profile, timelines)


def one_call() -> Callable[[], object]:
    """Return an UpdateItem of 1 KB that never leaves this process."""
    session = boto3.Session(
        aws_access_key_id="a", aws_secret_access_key="b", region_name="eu-west-1"
    )
    client = session.client("dynamodb")

    class Raw:
        """An empty answer."""

        def stream(self, *_: object, **__: object) -> list[bytes]:
            return [b"{}"]

    def answer(request: Any, **_: object) -> Any:
        return AWSResponse(request.url, 200, HTTPHeaders(), Raw())

    client.meta.events.register("before-send.dynamodb.UpdateItem", answer)
    value = "x" * 1_000
    return lambda: client.update_item(
        TableName="LeadTable",
        Key={"pk": {"S": "T#ten#L#lead"}, "sk": {"S": "LEAD"}},
        UpdateExpression="SET #d = :d, #v = :v",
        ConditionExpression="#v = :w",
        ExpressionAttributeNames={"#d": "data", "#v": "version"},
        ExpressionAttributeValues={":d": {"S": value}, ":v": {"N": "2"}, ":w": {"N": "1"}},
    )


def measure() -> Cost:
    """Return what scoring costs."""
    book = rules()
    made = lead(book)
    return cost_of(lambda: _scored(made, book))


def cost_of(work: Callable[[], object]) -> Cost:
    """Return what some work costs, beside one call."""
    call = one_call()
    found: list[Cost] = []
    work()
    call()
    for _ in range(ROUNDS):
        once = _timed(work, TIMES)
        found.append(Cost(once * 1e6, once / _timed(call, TIMES // 2)))
    return Cost(*(median(values) for values in zip(*found, strict=True)))


def measure_due() -> tuple[Cost, Cost]:
    """Return what it costs to see when a lead is due: that it stays so, and with nothing known."""
    book, call = Playbook(fading()), one_call()
    made = lead(book.rules)
    score = score_lead(made, book.rules, now=AT)

    def due(stored: Instant | None) -> Instant | None:
        fields = LeadFields(made.profile, made.timelines)
        return due_of(fields, score, book, told=score.tier, stored=stored, now=AT)

    known = due(None)
    assert known is not None
    found: list[tuple[float, float, float]] = []
    for _ in range(ROUNDS):
        times = (_timed(lambda: due(known), TIMES), _timed(lambda: due(None), TIMES // 5))
        found.append((*times, _timed(call, TIMES // 2)))
    kept, anew, one = (median(values) for values in zip(*found, strict=True))
    return Cost(kept * 1e6, kept / one), Cost(anew * 1e6, anew / one)


def fading() -> Rulebook:
    """Return the rules with as few points that the lead is warm, and fades."""
    book = rules()
    share = WARM / score_lead(lead(book), book, now=AT).raw
    scaled = [
        rule.model_copy(update={"points": rule.points * share}) for rule in book.ruleset.rules
    ]
    return Rulebook(book.ruleset.model_copy(update={"rules": tuple(scaled)}))


def _scored(made: LeadFields, book: Rulebook) -> object:
    """Score a lead that was never seen before: nothing counted of it is remembered."""
    return score_lead(LeadFields(made.profile, made.timelines), book, now=AT)


def _timed(work: Callable[[], object], times: int) -> float:
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) / times


def main() -> int:
    """Print the cost; 1 when it is more than allowed."""
    book, cost = rules(), measure()
    found = len(score_lead(lead(book), book, now=AT).contributions)
    print(f"{len(book.rules)} rules, {found} of them give points to the lead")
    kept, anew = measure_due()
    for what, spent in (
        ("to score it", cost),
        ("to see it stay due", kept),
        ("to look anew", anew),
    ):
        print(f"{spent.microseconds:5.0f} µs of processor time {what}, {spent.in_calls:.2f} calls")
    return 0 if cost.in_calls <= ALLOWED and kept.in_calls <= ALLOWED_DUE else 1


if __name__ == "__main__":
    os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
    sys.exit(main())
