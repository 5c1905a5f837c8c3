"""Leads created and changed over HTTP: what is kept, what is refused, what is told."""

import json
from collections.abc import Callable
from typing import Any, get_args

import pytest

from functions.leads import app as leads
from leadsignal.models.endpoints import Webhook
from leadsignal.models.facts import FactType
from leadsignal.runtime import wiring
from leadsignal.services.tenants import CreatedTenant
from tests.fakes.flow import call, drain, get, headers_of, problem, send
from tests.fakes.lambda_side import CONTEXT, Json, Stack, http_event

type NewTenant = Callable[..., CreatedTenant]

UNKNOWN = "lead_" + "a" * 26


def say(method: str, path: str, key: str, body: object, **headers: str) -> Json:
    """Send a request with a body to the routes of leads and return the answer."""
    sent = {"content-type": "application/json"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    answer: Json = leads.handler(
        http_event(method, path, key=key, body=body, headers=sent), CONTEXT
    )
    return answer


def listen(tenant_id: str) -> None:
    webhook = Webhook(
        id="whe_all",
        url="https://example.com/",
        types=get_args(FactType.__value__),
        secret="whsec_",
        created_at=1,
    )
    wiring.webhooks(tenant_id).save(webhook)


def create(key: str, body: object, *, status: int = 201) -> Any:
    answer = say("POST", "/v1/leads", key, body)
    assert answer["statusCode"] == status, answer
    return json.loads(answer["body"])


def patch(key: str, lead_id: str, body: object, **headers: str) -> Any:
    answer = say("PATCH", f"/v1/leads/{lead_id}", key, body, **headers)
    assert answer["statusCode"] == 200, answer
    return json.loads(answer["body"])


def pointers(answer: Json) -> dict[str, str]:
    return {error["pointer"]: error["code"] for error in json.loads(answer["body"])["errors"]}


def test_a_lead_is_created_in_the_form_in_which_it_is_kept(
    stack: Stack, owner: CreatedTenant
) -> None:
    listen(owner.tenant_id)
    given = {
        "email": " Jane.Doe@Acme.COM ",
        "first_name": "  Zoe\u0308 ",
        "last_name": "Doe",
        "phone": "+1 (415) 555-0132",
        "title": "CTO",
        "owner": "sam",
        "source": "fair",
        "tags": ["vip", " vip ", "fair"],
        "traits": {"plan": "pro"},
        "attributes": {"region": "benelux"},
        "company": {"domain": "https://www.acme.com/about", "name": "Acme", "country": "Nederland"},
        "consent": {"mail": True},
    }
    answer = say("POST", "/v1/leads", owner.secret_key, given)
    assert answer["statusCode"] == 201, answer
    lead = json.loads(answer["body"])
    assert headers_of(answer)["location"] == f"/v1/leads/{lead['id']}"
    assert headers_of(answer)["etag"] == f'"{lead["version"]}"'
    shown = {name: lead[name] for name in given if name != "company"}
    assert shown == {
        "email": "jane.doe@acme.com",
        "first_name": "Zo\u00eb",
        "last_name": "Doe",
        "phone": "+14155550132",
        "title": "CTO",
        "owner": "sam",
        "source": "fair",
        "tags": ["fair", "vip"],
        "traits": {"plan": "pro"},
        "attributes": {"region": "benelux"},
        "consent": {"mail": True},
    }
    company = lead["company"]
    assert (company["domain"], company["name"], company["country"]) == ("acme.com", "Acme", "NL")
    assert (lead["status"], lead["is_known"], lead["duplicate"]) == ("new", True, False)
    assert lead["potential_duplicate_id"] is None
    assert (lead["session_count"], lead["event_count"]) == (0, 0)
    key_id = owner.secret_key.split("_")[3][:12]
    said = lead["provenance"]["first_name"]
    assert said == {"source": "api", "key_id": key_id, "at": lead["created_at"]}
    assert "traits.plan" in lead["provenance"]
    assert lead["created_by"]["key_id"] == lead["updated_by"]["key_id"] == key_id
    seen = get(f"/v1/leads/{lead['id']}", owner.secret_key)
    assert seen.pop("potential_duplicates") == []
    assert seen == {name: lead[name] for name in seen}
    facts = drain(stack)
    assert {"lead.created", "lead.identified"} <= {fact["type"] for fact in facts}


def test_a_value_said_outlives_later_events_until_it_is_withdrawn(
    stack: Stack, owner: CreatedTenant
) -> None:
    lead = create(owner.secret_key, {"identifiers": [{"kind": "user_id", "value": "u1"}],
                                     "first_name": "Jane"})  # fmt: skip
    stack.clock.move(seconds=60)
    body = {"userId": "u1", "traits": {"first_name": "Janet", "title": "CEO"}}
    assert send(owner.write_key, "/v1/identify", body)["statusCode"] == 200
    drain(stack)
    seen = get(f"/v1/leads/{lead['id']}", owner.secret_key)
    assert (seen["first_name"], seen["title"]) == ("Jane", "CEO")
    changed = patch(owner.secret_key, lead["id"], {"first_name": None})
    assert changed["first_name"] == "Janet"
    assert "first_name" not in changed["provenance"]


def test_the_same_person_again_is_changed_and_not_created(
    stack: Stack, owner: CreatedTenant
) -> None:
    first = create(owner.secret_key, {"email": "jane@acme.com", "first_name": "Jane"})
    again = create(owner.secret_key, {"email": "JANE@acme.com", "last_name": "Doe"}, status=200)
    assert (again["id"], again["duplicate"]) == (first["id"], True)
    assert (again["first_name"], again["last_name"]) == ("Jane", "Doe")
    same = create(owner.secret_key, {"email": "jane@acme.com", "last_name": "Doe"}, status=200)
    assert same["version"] == again["version"]


def test_the_same_phone_and_a_similar_name_are_one_person(
    stack: Stack, owner: CreatedTenant
) -> None:
    first = create(owner.secret_key, {"first_name": "José", "last_name": "García",
                                      "phone": "+14155550132"})  # fmt: skip
    assert first["identifiers"] == []
    assert first["is_known"] is False
    again = create(
        owner.secret_key,
        {"first_name": "J.", "last_name": "GARCIA", "phone": "+1 415 555 0132",
         "email": "jose@acme.com"},
        status=200,
    )  # fmt: skip
    assert (again["id"], again["duplicate"]) == (first["id"], True)
    assert (again["email"], again["is_known"]) == ("jose@acme.com", True)
    found = get("/v1/leads", owner.secret_key)["data"]
    assert [lead["id"] for lead in found] == [first["id"]]


def test_a_weak_likeness_only_points(stack: Stack, owner: CreatedTenant) -> None:
    phone = {"phone": "+14155550132"}
    first = create(owner.secret_key, {"first_name": "Jane", "last_name": "Doe"} | phone)
    other = create(owner.secret_key, {"first_name": "Bob", "last_name": "Ray"} | phone)
    assert other["id"] != first["id"]
    assert other["potential_duplicate_id"] == first["id"]
    work = {"first_name": "Ann", "last_name": "Lee", "company": {"domain": "acme.com"}}
    ann = create(owner.secret_key, work)
    assert ann["potential_duplicate_id"] is None
    twin = create(owner.secret_key, work | {"email": "a.lee@acme.com"})
    assert (twin["potential_duplicate_id"], twin["id"] == ann["id"]) == (ann["id"], False)


def test_an_email_of_another_lead_is_refused_and_nothing_changes(
    stack: Stack, owner: CreatedTenant
) -> None:
    jane = create(owner.secret_key, {"email": "jane@acme.com"})
    bob = create(owner.secret_key, {"email": "bob@acme.com"})
    for body, pointer in (
        ({"email": "jane@acme.com", "title": "CTO"}, "/email"),
        ({"identifiers": [{"kind": "email", "value": "jane@acme.com"}]}, "/identifiers/0/value"),
    ):
        answer = say("PATCH", f"/v1/leads/{bob['id']}", owner.secret_key, body)
        assert problem(answer) == (409, "conflict")
        assert pointers(answer) == {pointer: "taken"}
        assert json.loads(answer["body"])["existing_lead_id"] == jane["id"]
        assert "jane@" not in answer["body"]
    seen = get(f"/v1/leads/{bob['id']}", owner.secret_key)
    assert (seen["version"], seen["title"]) == (bob["version"], None)


def test_a_new_email_is_shown_and_the_old_one_stays_an_identifier(
    stack: Stack, owner: CreatedTenant
) -> None:
    lead = create(owner.secret_key, {"email": "jane@acme.com"})
    changed = patch(owner.secret_key, lead["id"], {"email": "jane@doe.org"})
    assert changed["email"] == "jane@doe.org"
    assert {i["value"] for i in changed["identifiers"]} == {"jane@acme.com", "jane@doe.org"}
    back = patch(owner.secret_key, lead["id"], {"email": None})
    assert back["email"] == "jane@acme.com"
    again = create(owner.secret_key, {"email": "jane@doe.org"}, status=200)
    assert again["id"] == lead["id"]


def test_a_second_user_id_is_refused(stack: Stack, owner: CreatedTenant) -> None:
    lead = create(owner.secret_key, {"identifiers": [{"kind": "user_id", "value": "u1"}]})
    body = {"identifiers": [{"kind": "user_id", "value": "u2"}]}
    answer = say("PATCH", f"/v1/leads/{lead['id']}", owner.secret_key, body)
    assert problem(answer) == (409, "conflict")
    assert pointers(answer) == {"/identifiers/0/value": "not_linked"}
    assert len(get("/v1/leads", owner.secret_key)["data"]) == 1


def test_a_change_demands_the_version_that_it_names(stack: Stack, owner: CreatedTenant) -> None:
    lead = create(owner.secret_key, {"email": "jane@acme.com"})
    path = f"/v1/leads/{lead['id']}"
    old = f'"{lead["version"]}"'
    changed = patch(owner.secret_key, lead["id"], {"title": "CTO"}, if_match=old)
    for method, where, body in (
        ("PATCH", path, {"title": "CEO"}),
        ("POST", f"{path}/tags", {"tags": ["vip"]}),
        ("DELETE", f"{path}/tags", {"tags": ["vip"]}),
    ):
        answer = say(method, where, owner.secret_key, body, if_match=old)
        assert problem(answer) == (412, "precondition-failed")
        assert headers_of(answer)["etag"] == f'"{changed["version"]}"'
    assert get(path, owner.secret_key)["version"] == changed["version"]


def test_tags_come_and_go(stack: Stack, owner: CreatedTenant) -> None:
    listen(owner.tenant_id)
    lead = create(owner.secret_key, {"phone": "+14155550132", "tags": ["a"]})
    path = f"/v1/leads/{lead['id']}/tags"
    answer = say("POST", path, owner.secret_key, {"tags": ["b", "c"]})
    assert (answer["statusCode"], json.loads(answer["body"])["tags"]) == (200, ["a", "b", "c"])
    answer = say("DELETE", path, owner.secret_key, {"tags": ["a", "unknown"]})
    assert (answer["statusCode"], json.loads(answer["body"])["tags"]) == (200, ["b", "c"])
    assert patch(owner.secret_key, lead["id"], {"tags": ["c", "d"]})["tags"] == ["c", "d"]
    assert patch(owner.secret_key, lead["id"], {"tags": None})["tags"] == []
    kinds = [fact["type"] for fact in drain(stack)]
    assert kinds.count("lead.updated") == 4


def test_maps_are_merged_by_name(stack: Stack, owner: CreatedTenant) -> None:
    lead = create(owner.secret_key, {"email": "j@acme.com", "traits": {"a": 1, "b": {"x": 1}}})
    body = {"traits": {"a": None, "b": {"y": 2}, "c": [1]}, "attributes": {"d.e": True}}
    changed = patch(owner.secret_key, lead["id"], body)
    assert changed["traits"] == {"b": {"x": 1, "y": 2}, "c": [1]}
    assert changed["attributes"] == {"d.e": True}
    assert patch(owner.secret_key, lead["id"], {"traits": None})["traits"] == {}


def test_what_is_said_of_the_company_goes_before_all_else(
    stack: Stack, owner: CreatedTenant
) -> None:
    lead = create(owner.secret_key, {"email": "jane@acme.com"})
    assert lead["company"]["domain"] == "acme.com"
    body = {"company": {"domain": "globex.com", "employee_count": 70}}
    changed = patch(owner.secret_key, lead["id"], body)
    assert changed["company"]["domain"] == "globex.com"
    assert changed["company"]["employee_count"] == 70
    drain(stack)
    assert get(f"/v1/leads/{lead['id']}", owner.secret_key)["company"]["employee_count"] == 70
    back = patch(owner.secret_key, lead["id"], {"company": None})
    assert (back["company"]["domain"], back["company"]["employee_count"]) == ("acme.com", None)
    named = create(owner.secret_key, {"phone": "+14155550100", "company": {"name": "Initech"}})
    assert named["company"]["name"] == "Initech"
    only = create(owner.secret_key, {"phone": "+14155550101", "company": {"city": "Delft"}})
    assert only["company"]["city"] == "Delft"


def test_a_company_is_kept_with_values_of_our_lists(stack: Stack, owner: CreatedTenant) -> None:
    company = {
        "name": "DASSAULT SYSTEMES SE",
        "industry": "COMPUTER_SOFTWARE",
        "employee_range": "10,001+ employees",
        "country": "Frankreich",
    }
    given = {"first_name": "JEAN", "last_name": "DUPONT", "phone": "01 61 62 61 62"}
    lead = create(owner.secret_key, given | {"company": company})
    assert (lead["first_name"], lead["last_name"]) == ("Jean", "Dupont")
    assert lead["phone"] == "+33161626162"  # a number of the company's country
    shown = lead["company"]
    assert (shown["name"], shown["legal_name"]) == ("Dassault Systemes", "DASSAULT SYSTEMES SE")
    assert (shown["industry"], shown["country"]) == ("Software", "FR")
    assert (shown["employee_count"], shown["employee_range"]) == (None, "10001+")
    other = create(owner.secret_key, {"phone": "+33161626163",
                                      "company": {"name": "Dassault Systèmes S.E."}})  # fmt: skip
    assert other["company"]["id"] == shown["id"]  # the same company by its name


def test_conditions_speak_of_values_as_people_do(stack: Stack, owner: CreatedTenant) -> None:
    company = {"country": "US", "industry": "Software", "employee_range": "51-200"}
    lead = create(owner.secret_key, {"phone": "+14155550132", "company": company})
    drain(stack)
    for field, value in {
        "company.country": "United States",
        "company.industry": "Computer Software",
        "company.employee_range": "51 - 200 employees",
        "phone": "+1 (415) 555-0132",
    }.items():
        condition = json.dumps({"field": field, "op": "eq", "value": value})
        found = get("/v1/leads", owner.secret_key, filter=condition)["data"]
        assert [each["id"] for each in found] == [lead["id"]], field


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"email": "jane@"}, {"/email": "invalid_email"}),
        ({"phone": "12"}, {"/phone": "invalid_phone"}),
        ({"phone": "0201234567"}, {"/phone": "invalid_phone"}),
        ({"company": {"country": "Atlantis"}}, {"/company/country": "unknown_country"}),
        ({"company": {"industry": "Basket weaving"}}, {"/company/industry": "unknown_industry"}),
        ({"company": {"employee_range": "lots"}},
         {"/company/employee_range": "unknown_employee_range"}),
        ({"company": {"domain": "gmail.com"}}, {"/company/domain": "invalid_domain"}),
        ({"company": {"domain": "[::"}}, {"/company/domain": "invalid_domain"}),
        ({"status": "nonsense"}, {"/status": "unknown_status"}),
        ({"first_name": "  "}, {"/first_name": "blank"}),
        ({"tags": ["ok", " "]}, {"/tags/1": "invalid_tag"}),
        ({"identifiers": [{"kind": "user_id", "value": "null"}]},
         {"/identifiers/0/value": "invalid_identifier"}),
        ({"identifiers": [{"kind": "user_id", "value": "a"}, {"kind": "user_id", "value": "b"}]},
         {"/identifiers/1/value": "too_many"}),
        ({"email": "no", "phone": "1", "title": ""},
         {"/email": "invalid_email", "/phone": "invalid_phone", "/title": "blank"}),
    ],
)  # fmt: skip
def test_what_is_not_valid_is_refused_with_its_pointer(
    stack: Stack, owner: CreatedTenant, body: Json, expected: dict[str, str]
) -> None:
    answer = say("POST", "/v1/leads", owner.secret_key, body)
    assert problem(answer) == (422, "invalid-request")
    assert pointers(answer) == expected
    assert get("/v1/leads", owner.secret_key)["data"] == []


@pytest.mark.parametrize(
    "body",
    [{"score": 99}, {"id": UNKNOWN}, {"email": 7}, {"tags": "vip"}, {"tags": ["x" * 65]},
     {"traits": {"a\nb": 1}}, {"company": {"nope": 1}}, {"title": "x" * 1025},
     {"identifiers": [{"kind": "record_id", "value": "rec_1"}]}, {"consent": {"mail": "yes"}}],
)  # fmt: skip
def test_what_has_not_the_shape_of_a_lead_is_refused(
    stack: Stack, owner: CreatedTenant, body: Json
) -> None:
    answer = say("POST", "/v1/leads", owner.secret_key, body)
    assert problem(answer) == (422, "invalid-request")


def test_what_is_not_there_or_not_yours_is_not_found(
    stack: Stack, new_tenant: NewTenant, owner: CreatedTenant
) -> None:
    other = new_tenant()
    foreign = create(other.secret_key, {"email": "jane@acme.com"})
    for lead_id in (UNKNOWN, foreign["id"], "nonsense"):
        for method, path, body in (
            ("PATCH", f"/v1/leads/{lead_id}", {"title": "CTO"}),
            ("POST", f"/v1/leads/{lead_id}/tags", {"tags": ["vip"]}),
            ("DELETE", f"/v1/leads/{lead_id}/tags", {"tags": ["vip"]}),
        ):
            assert problem(say(method, path, owner.secret_key, body)) == (404, "not-found")


def test_a_statement_is_no_behaviour(stack: Stack, owner: CreatedTenant) -> None:
    body = {"userId": "u1", "name": "x", "anonymousId": "a"}
    assert send(owner.write_key, "/v1/page", body)["statusCode"] == 200
    drain(stack)
    [lead] = get("/v1/leads", owner.secret_key)["data"]
    stack.clock.move(seconds=1)
    changed = patch(owner.secret_key, lead["id"], {"title": "CTO", "status": "working"})
    same = ("event_count", "session_count", "first_seen_at", "last_seen_at", "first_touch")
    assert {name: changed[name] for name in same} == {name: lead[name] for name in same}
    assert (changed["status"], changed["title"]) == ("working", "CTO")
    [session] = get(f"/v1/leads/{lead['id']}/timeline", owner.secret_key)["data"]
    assert [event["event"] for event in session["events"]] == ["page_view"]


def test_a_statement_cannot_be_sent_as_an_event(stack: Stack, owner: CreatedTenant) -> None:
    item = {"type": "record", "userId": "u1", "said": {"status": "won"}}
    answer = send(owner.write_key, "/v1/batch", {"batch": [item]})
    [verdict] = json.loads(answer["body"])["results"]
    assert verdict["status"] == "rejected"


def test_statements_survive_a_merge_and_its_undoing(stack: Stack, owner: CreatedTenant) -> None:
    key = owner.secret_key
    jane = create(key, {"email": "jane@acme.com", "title": "CTO"})
    stack.clock.move(seconds=1)
    name_only = create(key, {"first_name": "Jane", "phone": "+14155550132", "title": "CEO"})
    body = {"survivor_id": jane["id"], "merged_id": name_only["id"], "reason": "same"}
    answer = say("POST", "/v1/merges", key, body)
    assert answer["statusCode"] == 201, answer
    merged = get(f"/v1/leads/{jane['id']}", key)
    assert (merged["title"], merged["first_name"]) == ("CEO", "Jane")
    changed = patch(key, name_only["id"], {"owner": "sam"})
    assert (changed["id"], changed["owner"]) == (jane["id"], "sam")
    undone = call("POST", f"/v1/merges/{json.loads(answer['body'])['id']}/undo", key)
    assert undone["statusCode"] == 200, undone
    assert get(f"/v1/leads/{jane['id']}", key)["title"] == "CTO"
    alone = get(f"/v1/leads/{name_only['id']}", key)
    assert (alone["id"], alone["title"], alone["owner"]) == (name_only["id"], "CEO", None)


def test_a_statement_is_known_by_its_id_and_explained(stack: Stack, owner: CreatedTenant) -> None:
    listen(owner.tenant_id)
    key = owner.secret_key
    assert send(owner.write_key, "/v1/page", {"userId": "u1", "name": "x"})["statusCode"] == 200
    drain(stack)
    stack.clock.move(seconds=5)
    lead = create(key, {"identifiers": [{"kind": "user_id", "value": "u1"}], "title": "CTO"},
                  status=200)  # fmt: skip
    cause = next(f["data"]["cause"] for f in drain(stack) if f["type"] == "lead.score_changed")
    hints = {"identifier": "u1", "at": lead["provenance"]["title"]["at"]}
    event = get(f"/v1/events/{cause}", key, **hints)
    assert (event["event"], event["type"]) == ("lead_recorded", "record")
    assert (event["lead_id"], event["session_id"]) == (lead["id"], None)
    assert event["properties"] == {"title": "CTO"}
    steps = get(f"/v1/events/{cause}/trace", key, **hints)["steps"]
    score = next(step for step in steps if step["step"] == "score")
    assert score["score_after"] == lead["score"] > score["score_before"]
    stack.clock.move(seconds=5)
    assert (
        send(owner.write_key, "/v1/page", {"userId": "u1", "messageId": "p2"})["statusCode"] == 200
    )
    drain(stack)
    steps = get("/v1/events/p2/trace", key)["steps"]
    score = next(step for step in steps if step["step"] == "score")
    assert score["score_before"] == lead["score"]


def test_a_retried_creation_answers_as_the_first_one_did(
    stack: Stack, owner: CreatedTenant
) -> None:
    """What a retry does when the first attempt was written, but its answer got lost."""
    from datetime import timedelta

    from leadsignal.models.edits import LeadInput
    from leadsignal.services import edits

    def ids(prefix: str) -> str:
        return f"{prefix}_fixed"

    def create_once() -> edits.Edited:
        return edits.create_lead(
            LeadInput(first_name="Jane", phone="+14155550132"),
            desk=wiring.edit_desk(owner.tenant_id),
            author=edits.Author("api", "key"),
            new_id=ids,
            now=stack.clock.now,
        )

    first = create_once()
    stack.clock.now += timedelta(seconds=30)
    again = create_once()
    assert again == first
    assert again.created
