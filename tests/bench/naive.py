"""The same path as it is written at first: one boto3 call for each step, one event at a time.

It reads the same requests with the same parser, knows the same networks and rules, and keeps what a
lead API needs: events, identities, sessions, counters, companies, scores in the same three indexes,
and a bus event for each event. Nothing in it is slowed down on purpose: each call is what the
tutorial of its service shows. What it does not have is what our promises cost: no merge of two
leads, no order independence, no stored contributions; a crash half-way counts an event twice.

Per further event: send to the queue; idempotency record opened (a conditional put) and closed;
identity read; lead read; event put; session, counters and lead updated; company read where a
network names one; an event put on the bus.
"""

import json
from collections.abc import Mapping
from io import StringIO
from typing import Any

import boto3

from leadsignal.domain import wire
from leadsignal.domain.default_rules import DEFAULT_RULES
from leadsignal.domain.pages import url_matches
from leadsignal.domain.scoring import round_half_up, tier_of
from leadsignal.domain.slots import identifiers_of
from leadsignal.models.events import Event
from leadsignal.models.instants import to_instant
from leadsignal.models.rules import BoostRule, ExistRule
from leadsignal.runtime import wiring
from tests.bench.meter import Meter
from tests.bench.world import (
    BATCH,
    BUS,
    Request,
    count_polling,
    count_request,
    http_event,
    metered,
)
from tests.fakes.clock import Clock
from tests.template import resources

TABLE = "NaiveTable"
QUEUE = "naive-events"
GAP_MS = 30 * 60_000


def _text(value: str) -> dict[str, str]:
    return {"S": value}


def _number(value: int) -> dict[str, str]:
    return {"N": str(value)}


def _key(pk: str, sk: str) -> dict[str, Any]:
    return {"pk": _text(pk), "sk": _text(sk)}


class Naive:
    """Two functions: one takes requests, one processes the queue's messages one by one."""

    def __init__(self, meter: Meter, session: boto3.Session, raw: boto3.Session, clock: Clock):
        self.meter = meter
        self._clock = clock
        self._tenants = 0
        self._printed = StringIO()
        model = resources("AWS::DynamoDB::Table")["LeadTable"]
        names = ("KeySchema", "AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes")
        raw.client("dynamodb").create_table(TableName=TABLE, **{n: model[n] for n in names})
        self._url = raw.client("sqs").create_queue(QueueName=QUEUE)["QueueUrl"]
        self._db = session.client("dynamodb")
        self._sqs = session.client("sqs")
        self._bus = session.client("events")
        self._raw = raw.client("dynamodb")

    def tenant(self, name: str) -> str:
        """Make a customer and return its write key."""
        self._tenants += 1
        name = f"{name}{self._tenants}"
        for item in (
            _key(f"KEY#{name}", "KEY") | {"tenant": _text(name)},
            _key(f"TENANT#{name}", "TENANT") | {"name": _text(name)},
        ):
            self._raw.put_item(TableName=TABLE, Item=item)
        return name

    def subscribe(self, key: str, url: str) -> bool:
        """Return False: it tells the bus everything and delivers nothing."""
        return False

    def remember(self, *, nothing: bool) -> None:
        """Do nothing: it never remembers."""

    def post(self, request: Request, key: str) -> None:
        """Check the key, parse, and send one message for each event."""
        event = http_event(request, key)
        with metered(self.meter, "collect", self._printed):
            answer = self._collect(event)
        count_request(self.meter, answer, len(request.items))

    def _collect(self, event: Mapping[str, Any]) -> dict[str, Any]:
        key = event["headers"]["authorization"].removeprefix("Bearer ")
        found = self._db.get_item(TableName=TABLE, Key=_key(f"KEY#{key}", "KEY"))["Item"]
        tenant = found["tenant"]["S"]
        self._db.get_item(TableName=TABLE, Key=_key(f"TENANT#{tenant}", "TENANT"))
        arrival = wire.Arrival(
            received_at=to_instant(self._clock.now),
            ip=event["requestContext"]["http"]["sourceIp"],
            user_agent=event["headers"]["user-agent"],
        )
        results = []
        for item in json.loads(event["body"])["batch"]:
            parsed = wire.parse_item(
                item, pointer="", call=None, arrival=arrival, new_id=wiring.new_id
            )
            agent = parsed.context.user_agent
            bot = wiring.crawlers().name(agent) if agent else None
            body = {
                "tenant": tenant,
                "event": parsed.model_copy(update={"bot": bot}).model_dump(exclude_none=True),
            }
            self._sqs.send_message(QueueUrl=self._url, MessageBody=json.dumps(body))
            results.append({"messageId": parsed.message_id, "status": "accepted"})
        print(json.dumps({"level": "INFO", "message": "request", "events": len(results)}))
        return {"statusCode": 200, "body": json.dumps({"results": results}, separators=(",", ":"))}

    def work(self) -> None:
        """Process the messages, ten to an invocation."""
        waiting = self.meter.sent.get(self._url, [])
        while waiting:
            bodies, waiting[:] = waiting[:BATCH], waiting[BATCH:]
            count_polling(self.meter, bodies)
            with metered(self.meter, "process", self._printed):
                for body in bodies:
                    message = json.loads(body)
                    self._process(message["tenant"], Event.model_validate(message["event"]))
        self.meter.told.clear()

    def _process(self, tenant: str, event: Event) -> None:
        record = _key(f"{tenant}#DONE#{event.message_id}", "DONE")
        try:
            self._db.put_item(
                TableName=TABLE,
                Item=record | {"status": _text("INPROGRESS")},
                ConditionExpression="attribute_not_exists(pk)",
            )
        except self._db.exceptions.ConditionalCheckFailedException:
            return
        lead_id = self._lead_of(tenant, event)
        lead = self._get(f"{tenant}#LEAD#{lead_id}", "LEAD")
        self._db.put_item(
            TableName=TABLE,
            Item=_key(f"{tenant}#LEAD#{lead_id}", f"EVENT#{event.at:014d}#{event.message_id}")
            | {"data": _text(event.model_dump_json(exclude_none=True))},
        )
        session = self._session(tenant, lead_id, lead, event)
        counters = self._count(tenant, lead_id, event)
        company = self._company(tenant, event)
        score = _score(counters, event, company=bool(company) or "company" in lead)
        self._save(tenant, lead_id, lead, event, session, score, company)
        detail = {"tenant": tenant, "lead": lead_id, "event": event.event, "score": score}
        self._bus.put_events(
            Entries=[
                {
                    "EventBusName": BUS,
                    "Source": "naive",
                    "DetailType": "event.processed",
                    "Detail": json.dumps(detail),
                }
            ]
        )
        self._db.update_item(
            TableName=TABLE,
            Key=record,
            UpdateExpression="SET #s = :s",
            ExpressionAttributeNames={"#s": "status"},
            ExpressionAttributeValues={":s": _text("COMPLETED")},
        )
        print(json.dumps({"level": "INFO", "message": "event processed", "lead": lead_id}))

    def _get(self, pk: str, sk: str) -> dict[str, Any]:
        item: dict[str, Any] = self._db.get_item(TableName=TABLE, Key=_key(pk, sk)).get("Item", {})
        return item

    def _lead_of(self, tenant: str, event: Event) -> str:
        """Return the lead of the first identifier that has one, and link the others to it."""
        places = [f"{tenant}#ID#{kind}#{value}" for kind, value in identifiers_of(event)]
        found = [self._get(place, "ID") for place in places]
        known = next((item["lead"]["S"] for item in found if item), None)
        lead_id = known or wiring.new_id("lead")
        for place, item in zip(places, found, strict=True):
            if not item:
                linked = _key(place, "ID") | {"lead": _text(lead_id)}
                self._db.put_item(TableName=TABLE, Item=linked)
        return lead_id

    def _session(self, tenant: str, lead_id: str, lead: Mapping[str, Any], event: Event) -> str:
        known = lead.get("session", {}).get("S")
        last = int(lead.get("last_seen", {}).get("N", 0))
        session: str = known if known and event.at - last <= GAP_MS else f"{event.at:014d}"
        self._db.update_item(
            TableName=TABLE,
            Key=_key(f"{tenant}#LEAD#{lead_id}", f"SESSION#{session}"),
            UpdateExpression="SET last_seen = :at ADD events :one",
            ExpressionAttributeValues={":at": _number(event.at), ":one": _number(1)},
        )
        return session

    def _count(self, tenant: str, lead_id: str, event: Event) -> dict[str, int]:
        path = event.context.page.path if event.context.page else None
        names = {"#event": f"event {event.event}"}
        if path and event.event == "page_view":
            names["#page"] = f"page {path[:200]}"
        answer = self._db.update_item(
            TableName=TABLE,
            Key=_key(f"{tenant}#LEAD#{lead_id}", "COUNTERS"),
            UpdateExpression="ADD " + ", ".join(f"{name} :one" for name in names),
            ExpressionAttributeNames=names,
            ExpressionAttributeValues={":one": _number(1)},
            ReturnValues="ALL_NEW",
        )
        return {
            name: int(value["N"]) for name, value in answer["Attributes"].items() if "N" in value
        }

    def _company(self, tenant: str, event: Event) -> str | None:
        address = event.context.ip if event.bot is None else None
        network = wiring.networks().match(address) if address else None
        domain = network.domain if network and network.type == "company" else None
        if event.email:
            host = event.email.rpartition("@")[2]
            business = wiring.mail_domains().kind(host) == "business"
            domain = wiring.mail_domains().registrable(host) if business else domain
        if domain is None:
            return None
        if not self._get(f"{tenant}#COMPANY#{domain}", "COMPANY"):
            facts = wiring.company_provider().by_domain(domain)
            data = facts.model_dump_json() if facts else "{}"
            item = _key(f"{tenant}#COMPANY#{domain}", "COMPANY") | {"data": _text(data)}
            self._db.put_item(TableName=TABLE, Item=item)
        return domain

    def _save(
        self,
        tenant: str,
        lead_id: str,
        lead: Mapping[str, Any],
        event: Event,
        session: str,
        score: int,
        company: str | None,
    ) -> None:
        created = lead.get("by_created", {}).get("S") or f"{event.at:014d}#{lead_id}"
        values = {
            "score": _number(score),
            "tier": _text(tier_of(score)),
            "session": _text(session),
            "last_seen": _number(event.at),
            "list": _text(tenant),
            "by_score": _text(f"{score:03d}#{lead_id}"),
            "by_seen": _text(f"{event.at:014d}#{lead_id}"),
            "by_created": _text(created),
            "traits": _text(json.dumps(event.traits)),
        }
        if event.email:
            values["email"] = _text(event.email)
        if company:
            values["company"] = _text(company)
        self._db.update_item(
            TableName=TABLE,
            Key=_key(f"{tenant}#LEAD#{lead_id}", "LEAD"),
            UpdateExpression="SET " + ", ".join(f"#{n} = :{n}" for n in values),
            ExpressionAttributeNames={f"#{n}": n for n in values},
            ExpressionAttributeValues={f":{n}": value for n, value in values.items()},
        )


def _score(counters: Mapping[str, int], event: Event, *, company: bool) -> int:
    """Return the points of the default rules that counters can answer, clamped to 0-100."""
    points = 10.0 if event.user_id or event.email else 0.0
    for rule in DEFAULT_RULES.rules:
        if isinstance(rule, BoostRule):
            url = rule.url
            if url is None:
                count = counters.get(f"event {rule.event}", 0)
            else:
                pages = {n.removeprefix("page "): c for n, c in counters.items() if "page /" in n}
                count = sum(c for path, c in pages.items() if url_matches(url, f"host{path}"))
            points += rule.points * min(count, rule.max_times or count)
        elif isinstance(rule, ExistRule) and rule.id == "company" and company:
            points += rule.points
    return round_half_up(min(max(points, 0), 100))
