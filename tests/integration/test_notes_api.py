"""The routes of notes, and the deletion of leads, over HTTP."""

import json
from typing import Any

import pytest

from leadsignal.runtime import wiring
from leadsignal.services.tenants import CreatedTenant
from tests.fakes.flow import drain, headers_of
from tests.fakes.front_door import ask
from tests.fakes.lambda_side import Json, Stack
from tests.integration.test_merges_api import listen, persons, scoped

UNKNOWN = "lead_" + "a" * 26
UNKNOWN_NOTE = "note_" + "0" * 24


def call(
    owner: CreatedTenant, method: str, path: str, body: object = None, **more: Any
) -> tuple[int, Any]:
    answer = ask(method, path, owner.secret_key, body, **more)
    return answer["statusCode"], json.loads(answer["body"]) if answer.get("body") else None


def noted(owner: CreatedTenant, lead: str, text: str = "hello", **more: str) -> Json:
    status, note = call(owner, "POST", f"/v1/leads/{lead}/notes", {"text": text, **more})
    assert status == 201, note
    found: Json = note
    return found


def texts(owner: CreatedTenant, lead: str) -> list[str]:
    _, page = call(owner, "GET", f"/v1/leads/{lead}/notes")
    return [note["text"] for note in page["data"]]


@pytest.fixture
def lead(stack: Stack, owner: CreatedTenant) -> str:
    return persons(stack, owner, "ada")[0]


def test_a_note_is_written_read_changed_and_removed(
    stack: Stack, owner: CreatedTenant, lead: str
) -> None:
    answer = ask("POST", f"/v1/leads/{lead}/notes", owner.secret_key, {"text": "one\ntwo"})
    note = json.loads(answer["body"])
    assert answer["statusCode"] == 201
    assert set(note) == {"id", "text", "author", "created_at"}
    assert note["author"] == owner.secret_key.split("_")[3]
    path = headers_of(answer)["location"]
    assert path == f"/v1/leads/{lead}/notes/{note['id']}"
    assert headers_of(answer)["etag"] == '"1"'
    assert call(owner, "GET", path) == (200, note)

    stack.clock.move(seconds=5)
    status, changed = call(owner, "PATCH", path, {"author": "Sam"})
    assert (status, changed["text"], changed["author"]) == (200, "one\ntwo", "Sam")
    assert changed["updated_at"] > changed["created_at"]
    status, again = call(owner, "PATCH", path, {"author": None, "text": "three"})
    assert (status, again["text"], again["author"]) == (200, "three", note["author"])

    assert call(owner, "DELETE", path) == (204, None)
    assert call(owner, "GET", path)[0] == 404
    assert call(owner, "DELETE", path)[0] == 404


def test_a_patch_that_changes_nothing_writes_nothing(owner: CreatedTenant, lead: str) -> None:
    note = noted(owner, lead)
    path = f"/v1/leads/{lead}/notes/{note['id']}"
    answer = ask("PATCH", path, owner.secret_key, {"text": note["text"]})
    assert headers_of(answer)["etag"] == '"1"'
    assert json.loads(answer["body"]) == note


def test_notes_are_listed_newest_first_and_in_pages(
    stack: Stack, owner: CreatedTenant, lead: str
) -> None:
    for number in range(5):
        noted(owner, lead, str(number))
        stack.clock.move(seconds=1)
    assert texts(owner, lead) == ["4", "3", "2", "1", "0"]
    path, seen = f"/v1/leads/{lead}/notes", []
    query = {"limit": "2"}
    while True:
        _, page = call(owner, "GET", path, query=query)
        seen += [note["text"] for note in page["data"]]
        if not page["has_more"]:
            break
        query = {"limit": "2", "cursor": page["next_cursor"]}
    assert seen == ["4", "3", "2", "1", "0"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/text"),
        ({"text": ""}, "/text"),
        ({"text": "x" * 10_001}, "/text"),
        ({"text": 1}, "/text"),
        ({"text": "x", "author": "y" * 201}, "/author"),
        ({"text": "x", "author": ""}, "/author"),
        ({"text": "x", "id": "note_1"}, "/id"),
    ],
)
def test_a_note_that_is_not_valid_is_refused(
    owner: CreatedTenant, lead: str, body: object, pointer: str
) -> None:
    status, problem = call(owner, "POST", f"/v1/leads/{lead}/notes", body)
    assert (status, [error["pointer"] for error in problem["errors"]]) == (422, [pointer])
    assert texts(owner, lead) == []


def test_a_text_cannot_be_taken_away_from_a_note(owner: CreatedTenant, lead: str) -> None:
    note = noted(owner, lead)
    status, problem = call(owner, "PATCH", f"/v1/leads/{lead}/notes/{note['id']}", {"text": None})
    assert (status, problem["errors"][0]["pointer"]) == (422, "/text")


def test_a_note_in_another_version_is_left_alone(owner: CreatedTenant, lead: str) -> None:
    note = noted(owner, lead)
    path = f"/v1/leads/{lead}/notes/{note['id']}"
    stale = {"if-match": '"7"'}
    assert call(owner, "PATCH", path, {"text": "new"}, headers=stale)[0] == 412
    assert call(owner, "DELETE", path, headers=stale)[0] == 412
    assert call(owner, "PATCH", path, {"text": "new"}, headers={"if-match": '"1"'})[0] == 200
    assert call(owner, "DELETE", path, headers={"if-match": '"2"'})[0] == 204


@pytest.mark.parametrize("note_id", [UNKNOWN_NOTE, "note_1", "LEAD", "x"])
def test_what_is_no_note_is_not_found(owner: CreatedTenant, lead: str, note_id: str) -> None:
    for method, body in (("GET", None), ("PATCH", {"text": "x"}), ("DELETE", None)):
        assert call(owner, method, f"/v1/leads/{lead}/notes/{note_id}", body)[0] == 404
    assert call(owner, "GET", f"/v1/leads/{UNKNOWN}/notes")[0] == 404
    assert call(owner, "POST", f"/v1/leads/{UNKNOWN}/notes", {"text": "x"})[0] == 404


def test_notes_come_along_with_a_merge_and_go_back_with_its_undo(
    stack: Stack, owner: CreatedTenant
) -> None:
    one, other = persons(stack, owner, "ada", "bob")
    noted(owner, one, "of one")
    stack.clock.move(seconds=1)
    note = noted(owner, other, "of other")
    _, made = call(owner, "POST", "/v1/merges", {"survivor_id": one, "merged_id": other})
    stack.clock.move(seconds=1)
    noted(owner, other, "by the old id")
    everything = ["by the old id", "of other", "of one"]
    assert texts(owner, one) == texts(owner, other) == everything
    assert call(owner, "GET", f"/v1/leads/{one}/notes/{note['id']}")[0] == 200

    assert call(owner, "POST", f"/v1/merges/{made['id']}/undo")[0] == 200
    assert texts(owner, one) == ["of one"]
    assert texts(owner, other) == ["by the old id", "of other"]


def test_who_may_read_may_not_write_notes(owner: CreatedTenant, lead: str) -> None:
    note = noted(owner, lead)
    reader = scoped(owner, "leads:read")
    path = f"/v1/leads/{lead}/notes"
    assert ask("GET", path, reader)["statusCode"] == 200
    assert ask("POST", path, reader, {"text": "x"})["statusCode"] == 403
    assert ask("DELETE", f"{path}/{note['id']}", reader)["statusCode"] == 403


def test_a_deleted_lead_is_gone_with_its_notes_and_told(stack: Stack, owner: CreatedTenant) -> None:
    lead, other = persons(stack, owner, "ada", "bob")
    noted(owner, lead)
    listen(owner, {"url": "https://receiver.test/hook", "types": ["lead.deleted", "lead.created"]})
    drain(stack)
    version = int(headers_of(ask("GET", f"/v1/leads/{lead}", owner.secret_key))["etag"][1:-1])

    stale = {"if-match": f'"{version + 1}"'}
    assert call(owner, "DELETE", f"/v1/leads/{lead}", headers=stale)[0] == 412
    current = {"if-match": f'"{version}"'}
    assert call(owner, "DELETE", f"/v1/leads/{lead}", headers=current) == (204, None)

    [fact] = drain(stack)
    assert fact["type"] == "lead.deleted"
    assert fact["data"] == {"lead_id": lead, "version": version + 1}
    for path in ("", "/timeline", "/touchpoints", "/score", "/identity", "/notes"):
        assert call(owner, "GET", f"/v1/leads/{lead}{path}")[0] == 404, path
    assert call(owner, "DELETE", f"/v1/leads/{lead}")[0] == 404
    _, page = call(owner, "GET", "/v1/leads")
    assert [one["id"] for one in page["data"]] == [other]
    assert call(owner, "GET", "/v1/events/ada")[0] == 404

    persons(stack, owner, "ada")
    [again] = drain(stack) or [fact]
    _, page = call(owner, "GET", f"/v1/leads/{lead}/notes")
    assert page["data"] == []
    assert wiring.leads(owner.tenant_id).slot(lead) is not None
    assert again["sequence"] >= fact["sequence"]
