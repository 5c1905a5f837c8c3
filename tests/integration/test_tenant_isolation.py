"""Two tenants, every operation of the document: what is not yours is as if it were not there."""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from leadsignal.models.events import EventsMessage
from leadsignal.models.instants import rfc3339, to_instant
from leadsignal.models.predictions import Feature, Model
from leadsignal.runtime import lookup_wiring, wiring
from leadsignal.services import credits
from leadsignal.services.failures import failure_key, keep_rejections
from leadsignal.services.tenants import CreatedTenant
from tests.fakes.conformance import departures
from tests.fakes.credits import purchase
from tests.fakes.flow import drain, headers_of, problem, send
from tests.fakes.front_door import ask, document, resolved
from tests.fakes.lambda_side import Json, Stack

MARK = "zq9mark"
"""A word that is in everything that the first tenant stores, and nowhere else."""

CONDITIONS: tuple[dict[str, str], ...] = (
    {},
    {"if-match": '"1"'},
    {"if-match": "*"},
    {"if-none-match": "*"},
    {"idempotency-key": "key-{}"},  # another one for each request
)
UNPAGED = {"/v1/settings", "/v1/identify", "/v1/credits"}
"""Lists of one page, or that this test cannot fill with two rows."""

QUERIES: dict[str, Json] = {"/v1/identify": {"domain": "siemens.com"}}
"""What a path needs in its query."""

type Ids = dict[str, str]
type Maker = Callable[["World", CreatedTenant, Ids], str]
"""Makes a resource of a tenant and returns its id; ``Ids`` are those before it in the path."""


class World:
    """What the two tenants have; ids are made when a test asks for them."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.answers: list[Json] = []
        self._count = 0

    def next(self) -> int:
        self._count += 1
        return self._count

    def ask(self, method: str, path: str, key: str, body: object = None, **more: Any) -> Json:
        sent = dict(more.get("headers") or {})
        if isinstance(body, str):
            sent["content-type"] = "text/csv"
        more["query"] = QUERIES.get(path, {}) | more.get("query", {})
        more["headers"] = {name: value.format(self.next()) for name, value in sent.items()}
        answer = ask(method, path, key, body, **more)
        self.answers.append(answer)
        return answer

    def told_to(self, owner: CreatedTenant) -> str:
        """Return all facts of a tenant that are under way, as text."""
        return json.dumps([f for f in drain(self.stack) if f["tenant_id"] == owner.tenant_id])

    def create(self, path: str, owner: CreatedTenant, body: object) -> str:
        """Return the id of what a POST creates."""
        answer = self.ask("POST", path, owner.secret_key, body)
        assert answer["statusCode"] == 201, answer
        return str(json.loads(answer["body"])["id"])

    def visit(self, owner: CreatedTenant) -> str:
        """Let a person come and say who they are; return the ``messageId`` of their last event."""
        number = self.next()
        mark = _mark(owner)
        message_id = f"{mark}-{number}"
        at = rfc3339(self.stack.clock.instant)
        context = {
            "page": {"url": f"https://{mark}.example.org/pricing?{mark}"},
            "campaign": {"source": mark, "name": mark},
        }
        traits = {
            "email": f"{mark}{number}@siemens.com",
            "firstName": mark,
            "phone": "+31201234567",
            "plan": mark,
        }
        batch = [
            {
                "type": "identify",
                "messageId": f"{message_id}-who",
                "userId": message_id,
                "timestamp": at,
                "traits": traits,
            },
            {
                "type": "page",
                "messageId": message_id,
                "userId": message_id,
                "timestamp": at,
                "properties": {"word": mark},
                "context": context,
            },
        ]
        assert send(owner.write_key, "/v1/batch", {"batch": batch})["statusCode"] == 200
        drain(self.stack)
        return message_id


def _mark(owner: CreatedTenant) -> str:
    return MARK if owner.name == "tenant 1" else "other"


def _lead(world: World, owner: CreatedTenant, _: Ids) -> str:
    message_id = world.visit(owner)
    answer = world.ask("GET", f"/v1/events/{message_id}", owner.secret_key)
    return str(json.loads(answer["body"])["lead_id"])


def _failed(world: World, owner: CreatedTenant, _: Ids) -> str:
    item = {"type": "track", "userId": "u", "messageId": f"{_mark(owner)}-bad-{world.next()}"}
    assert send(owner.write_key, "/v1/batch", {"batch": [item]})["statusCode"] == 200
    queued = [EventsMessage.model_validate_json(b) for b in world.stack.take("EventsQueue")]
    key = failure_key(wiring.tenant_of(owner.tenant_id))
    failures = wiring.failures(owner.tenant_id)
    keep_rejections(queued, key=key, failures=failures, now=wiring.now())
    answer = world.ask("GET", "/v1/failed-events", owner.secret_key)
    return str(json.loads(answer["body"])["data"][0]["id"])


def _webhook(world: World, owner: CreatedTenant, _: Ids) -> str:
    mark = _mark(owner)
    body = {
        "url": f"https://{mark}.example.org/hook",
        "types": ["lead.created"],
        "headers": {"X-Word": mark},
    }
    return world.create("/v1/webhooks", owner, body)


def _alert(world: World, owner: CreatedTenant, _: Ids) -> str:
    mark = _mark(owner)
    url = f"https://hooks.slack.com/services/T0/B0/{mark}"
    return world.create("/v1/alerts", owner, {"name": mark, "kind": "slack", "url": url})


def _provider(world: World, owner: CreatedTenant, _: Ids) -> str:
    mark = _mark(owner)
    body = {
        "name": mark,
        "kind": "generic_json",
        "endpoints": {"domain": f"https://{mark}.example.org/{{domain}}"},
        "mapping": {"name": f"/{mark}"},
        "secret": f"{mark}-secret",
    }
    return world.create("/v1/providers", owner, body)


def _list(world: World, owner: CreatedTenant, _: Ids) -> str:
    body = {"name": _mark(owner), "kind": "upload"}
    provider_id = world.create("/v1/providers", owner, body)
    rows = f"domain,name\n{_mark(owner)}.example.org,{_mark(owner)}\n"
    at = f"/v1/providers/{provider_id}/list"
    assert world.ask("PUT", at, owner.secret_key, rows)["statusCode"] == 200
    return provider_id


def _key(world: World, owner: CreatedTenant, _: Ids) -> str:
    body = {"name": _mark(owner), "kind": "sk", "env": "test", "scopes": ["leads:read"]}
    return world.create("/v1/keys", owner, body)


def _company(world: World, owner: CreatedTenant, _: Ids) -> str:
    """Let a person of a company come; return the company's id."""
    name = f"{_mark(owner)}{world.next()}"
    said = {"email": f"ann@{name}.com"}
    body = {"userId": name, "messageId": f"{name}-at-work", "traits": said}
    assert send(owner.write_key, "/v1/identify", body)["statusCode"] == 200
    page = {"userId": name, "messageId": f"{name}-visit", "properties": {"word": _mark(owner)}}
    assert send(owner.write_key, "/v1/page", page)["statusCode"] == 200
    drain(world.stack)
    event = world.ask("GET", f"/v1/events/{name}-at-work", owner.secret_key)
    lead_id = json.loads(event["body"])["lead_id"]
    lead = world.ask("GET", f"/v1/leads/{lead_id}", owner.secret_key)
    return str(json.loads(lead["body"])["company"]["id"])


def _merge_body(world: World, owner: CreatedTenant) -> Json:
    survivor, merged = _lead(world, owner, {}), _lead(world, owner, {})
    return {"survivor_id": survivor, "merged_id": merged, "reason": _mark(owner)}


def _merge(world: World, owner: CreatedTenant, _: Ids) -> str:
    return world.create("/v1/merges", owner, _merge_body(world, owner))


def _note(world: World, owner: CreatedTenant, ids: Ids) -> str:
    body = {"text": _mark(owner), "author": _mark(owner)}
    return world.create(f"/v1/leads/{ids['lead_id']}/notes", owner, body)


def _ruleset(world: World, owner: CreatedTenant, _: Ids) -> str:
    rule = {"name": _mark(owner), "points": 1, "kind": "exist", "field": "email"}
    body = {"name": _mark(owner), "rules": [rule]}
    return world.create("/v1/scoring/rulesets", owner, body)


def _segment(world: World, owner: CreatedTenant, _: Ids) -> str:
    condition = {"field": "owner", "op": "eq", "value": _mark(owner)}
    return world.create("/v1/segments", owner, {"name": _mark(owner), "condition": condition})


def _attribute(world: World, owner: CreatedTenant, _: Ids) -> str:
    body = {
        "name": f"{_mark(owner)}_{world.next()}".lower(),
        "type": "text",
        "default": _mark(owner),
    }
    return world.create("/v1/attributes", owner, body)


def _job(world: World, owner: CreatedTenant, ids: Ids) -> str:
    at = f"/v1/scoring/rulesets/{_ruleset(world, owner, ids)}/publish"
    return str(json.loads(world.ask("POST", at, owner.secret_key)["body"])["job_id"])


def _model(world: World, owner: CreatedTenant, _: Ids) -> str:
    """Keep a model that could run; return its id."""
    model = Model(
        id=f"mdl_{world.next():024d}",
        trained_at=to_instant(world.stack.clock.now) + world.next(),
        verdict="not_better",
        detail=_mark(owner),
        features=(Feature(name=_mark(owner), kind="number", edges=(1.0,), weights=(-1, 1, 0)),),
    )
    wiring.models(owner.tenant_id).keep(model)
    return model.id


def _deal_body(world: World, owner: CreatedTenant) -> Json:
    lead = _lead(world, owner, {})
    return {"name": _mark(owner), "lead_ids": [lead], "stage": _mark(owner), "outcome": "won"}


def _deal(world: World, owner: CreatedTenant, _: Ids) -> str:
    return world.create("/v1/deals", owner, _deal_body(world, owner))


def _candidate(world: World, owner: CreatedTenant, _: Ids) -> str:
    """Let a browser say of two known persons that they are one; return the event's id."""
    one, two = world.visit(owner), world.visit(owner)
    said = {"email": f"{two.replace('-', '')}@siemens.com"}
    body = {"userId": one, "messageId": f"{one}-{two}", "traits": said}
    assert send(owner.write_key, "/v1/identify", body)["statusCode"] == 200
    drain(world.stack)
    return f"{one}-{two}"


def _recorded(world: World, owner: CreatedTenant, _: Ids) -> str:
    """Create a lead of which everything is said that can be."""
    mark = _mark(owner)
    names = ("first_name", "last_name", "title", "owner", "source")
    body = dict.fromkeys(names, mark) | {
        "email": f"{mark}.{world.next()}@siemens.com",
        "tags": [mark],
        "traits": {"plan": mark},
        "attributes": {"region": mark},
        "company": {"domain": f"{mark}.example.net", "name": mark},
        "identifiers": [{"kind": "crm_id", "value": f"{mark}-{world.next()}"}],
    }
    made = world.create("/v1/leads", owner, body)
    drain(world.stack)
    return made


def _bought(world: World, owner: CreatedTenant, _: Ids) -> str:
    name = f"{_mark(owner)}_{world.next()}"
    cashier = lookup_wiring.cashier(wiring.tenant_of(owner.tenant_id))
    held = credits.reserve(
        purchase(name, provider=name), cashier=cashier, now=world.stack.clock.now
    )
    credits.charge(held, 1, cashier=cashier, now=world.stack.clock.now)
    return held.id


MAKERS: dict[str, Maker] = {
    "lead_id": _lead,
    "company_id": _company,
    "message_id": lambda world, owner, _: world.visit(owner),
    "failed_id": _failed,
    "webhook_id": _webhook,
    "alert_id": _alert,
    "key_id": _key,
    "merge_id": _merge,
    "note_id": _note,
    "ruleset_id": _ruleset,
    "segment_id": _segment,
    "attribute_id": _attribute,
    "job_id": _job,
    "model_id": _model,
    "deal_id": _deal,
    "provider_id": _provider,
}
"""How to make the resource that a path parameter names."""

MORE: tuple[Maker, ...] = (_candidate, _recorded, _bought)
"""How to make what lists show beside those."""


def _batch_body(world: World, owner: CreatedTenant) -> Json:
    changed, deleted = _lead(world, owner, {}), _lead(world, owner, {})
    return {
        "operations": [
            {"op": "update", "id": changed, "lead": {"title": _mark(owner)}},
            {"op": "delete", "id": deleted},
        ]
    }


BODIES: dict[str, Callable[[World, CreatedTenant], Json]] = {
    "create_merge": _merge_body,
    "run_lead_batch": _batch_body,
    "replay_failed_events": lambda world, owner: {"ids": [_failed(world, owner, {})]},
}
"""Bodies of operations for which the example of the document will not do: they name resources."""


@cache
def operations() -> tuple[tuple[str, str, str], ...]:
    """Return operation id, method and path of every operation but those of the track routes."""
    return tuple(
        (operation["operationId"], method.upper(), path)
        for path, item in document()["paths"].items()
        for method, operation in item.items()
        if operation["tags"] not in (["track"], ["platform"])
    )


def operation_of(name: str) -> Json:
    return next(
        operation
        for item in document()["paths"].values()
        for operation in item.values()
        if operation["operationId"] == name
    )


def named(path: str) -> list[str]:
    return re.findall(r"{(\w+)}", path)


def filled(path: str, ids: dict[str, str]) -> str:
    return re.sub(r"{(\w+)}", lambda found: ids[found[1]], path)


def unknown(identifier: str) -> str:
    """Return an id of the same form that nobody has."""
    longest = max(re.findall(r"[0-9A-Za-z]+", identifier), key=len)
    return identifier.replace(longest, longest[::-1])


def reversed_ids(text: str) -> str:
    """Return a text in which each id is another one of its form."""
    return re.sub(r"(?<=_)[0-9A-Za-z]{24,26}\b", lambda found: found[0][::-1], text)


def body_for(name: str, world: World, owner: CreatedTenant) -> Json | str | None:
    """Return a body that an operation takes from that tenant; one that is text is a CSV file."""
    if name in BODIES:
        return BODIES[name](world, owner)
    content = operation_of(name).get("requestBody", {}).get("content", {})
    if "text/csv" in content:
        return str(content["text/csv"]["example"])
    for media in content.values():
        for example in media["examples"].values():
            value: Json = resolved(example)["value"]
            return value
    return None


def comparable(answer: Json) -> Json:
    """Return an answer without what differs from one request to the next."""
    body = re.sub(r'"request_id": ?"[^"]*"', "", answer["body"])
    own = {"x-request-id", "ratelimit"}
    headers = {name: v for name, v in headers_of(answer).items() if name not in own}
    return {"status": answer["statusCode"], "headers": headers, "body": body}


def stored(stack: Stack, tenant_id: str) -> list[str]:
    """Return all that the tables hold of a tenant."""
    tables = ("LeadTable", "ActivityTable", "ConfigTable", "CacheTable")
    return sorted(
        text
        for table in tables
        for item in stack.items(table)
        if tenant_id in (text := repr(sorted(item.items(), key=lambda pair: pair[0])))
    )


@pytest.fixture
def world(stack: Stack) -> World:
    return World(stack)


@pytest.fixture
def other(owner: CreatedTenant, new_tenant: Callable[[], CreatedTenant]) -> CreatedTenant:
    """The second tenant; the first one is ``owner``."""
    assert owner.name == "tenant 1"
    return new_tenant()


@pytest.fixture(autouse=True)
def no_word_of_the_first_tenant_in_a_log(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Let a test fail when a function logged, or counted under, what a tenant stores."""
    yield
    shown = capsys.readouterr()
    assert MARK not in shown.out + shown.err


def made_for(path: str, world: World, owner: CreatedTenant) -> dict[str, str]:
    """Return an id of the tenant's own for each parameter of a path."""
    if missing := set(named(path)) - MAKERS.keys():
        pytest.fail(f"say in MAKERS how to make what {missing} of {path} name")
    ids: dict[str, str] = {}
    for parameter in named(path):
        maker = _list if path.endswith("/list") else MAKERS[parameter]
        ids[parameter] = maker(world, owner, ids)
    return ids


@pytest.mark.parametrize(("name", "method", "path"), [o for o in operations() if named(o[2])])
def test_what_another_tenant_has_is_as_if_it_were_not_there(
    world: World, owner: CreatedTenant, other: CreatedTenant, name: str, method: str, path: str
) -> None:
    ids = made_for(path, world, owner)
    nobody = ids | {named(path)[-1]: unknown(ids[named(path)[-1]])}
    nobodys = {parameter: unknown(identifier) for parameter, identifier in ids.items()}
    body = body_for(name, world, other)
    before = stored(world.stack, owner.tenant_id)

    for headers in CONDITIONS:
        foreign, missing, neither = (
            world.ask(method, filled(path, at), other.secret_key, body, headers=headers)
            for at in (ids, nobodys, nobody)
        )
        assert foreign["statusCode"] == 404, foreign
        assert comparable(foreign) == comparable(missing) == comparable(neither)
        assert departures(operation_of(name), foreign) == []

    assert stored(world.stack, owner.tenant_id) == before
    assert MARK not in world.told_to(other)


@pytest.mark.parametrize(("name", "method", "path"), operations())
def test_an_owner_is_answered_as_the_document_says(
    world: World, owner: CreatedTenant, name: str, method: str, path: str
) -> None:
    at = filled(path, made_for(path, world, owner))
    answer = world.ask(method, at, owner.secret_key, body_for(name, world, owner))

    assert 200 <= answer["statusCode"] < 300, answer
    assert departures(operation_of(name), answer) == []


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_names_what_another_tenant_has_is_as_if_it_named_nothing(
    world: World, owner: CreatedTenant, other: CreatedTenant, name: str
) -> None:
    [(method, path)] = [(method, path) for o, method, path in operations() if o == name]
    body = BODIES[name](world, owner)
    unheard = json.loads(reversed_ids(json.dumps(body)))
    at = filled(path, made_for(path, world, other))
    before = stored(world.stack, owner.tenant_id)

    foreign = world.ask(method, at, other.secret_key, body)
    missing = world.ask(method, at, other.secret_key, unheard)

    assert reversed_ids(json.dumps(comparable(foreign))) == json.dumps(comparable(missing))
    assert stored(world.stack, owner.tenant_id) == before


def fill(world: World, owner: CreatedTenant) -> None:
    """Let a tenant have one of everything."""
    ids: Ids = {}
    for parameter, maker in MAKERS.items():
        ids[parameter] = maker(world, owner, ids)
    for maker in MORE:
        maker(world, owner, ids)


LISTS = [path for _, method, path in operations() if method == "GET" and not named(path)]


def test_no_list_shows_what_another_tenant_has(
    world: World, owner: CreatedTenant, other: CreatedTenant
) -> None:
    for tenant in (owner, owner, other):
        fill(world, tenant)
    assert MARK in "".join(world.ask("GET", path, owner.secret_key)["body"] for path in LISTS)

    for path in LISTS:
        answer = world.ask("GET", path, other.secret_key)
        assert answer["statusCode"] == 200, answer
        assert MARK not in json.dumps(answer), path
        assert owner.tenant_id not in json.dumps(answer), path
    assert MARK not in world.told_to(other)


@pytest.mark.parametrize("path", LISTS)
def test_a_cursor_of_another_tenant_or_list_is_refused(
    world: World, owner: CreatedTenant, other: CreatedTenant, path: str
) -> None:
    for _ in range(2):
        fill(world, owner)
    page = json.loads(world.ask("GET", path, owner.secret_key, query={"limit": "1"})["body"])
    cursor = page.get("next_cursor")
    if cursor is None:
        assert path in UNPAGED, f"{path} has one page in this test; make more for it"
        return

    asked = [(path, other.secret_key)]
    asked += [(at, owner.secret_key) for at in LISTS if at not in (path, *UNPAGED)]
    answers = [
        world.ask("GET", at, key, query={"limit": "1", "cursor": cursor}) for at, key in asked
    ]
    for answer in answers:
        assert problem(answer) == (400, "invalid-cursor")
    again = world.ask("GET", path, owner.secret_key, query={"limit": "1", "cursor": cursor})
    assert again["statusCode"] == 200
