"""Events are found by whatever id their sender gave them."""

import json
from urllib.parse import quote, unquote

import pytest

from leadsignal.services.tenants import CreatedTenant
from tests.fakes.flow import call, drain, problem, send
from tests.fakes.lambda_side import Json, Stack

IDS = [
    "plain-1", "a/b", "a/b/c", "/", "//", "a/", "/trace", "a#b", 'say "hi"', "it's", "a b", "🦊",
    "名前", "e\u0301", "50%", "%2F", "%25", "a%2Fb", "a+b", "a?b=c&d", "{x}", "<x>", "a\\b", "a|b",
    "..", "../leads", "~", "trace", "x" * 100, "🦊" * 100, "a;b", "$LATEST", "a:b@c", "[1]", "^",
]  # fmt: skip


def ask(key: str, path: str) -> Json:
    """Ask as API Gateway does: with a path that is decoded but for the percent sign."""
    return call("GET", unquote(path.replace("%25", "%2525")), key)


def test_an_event_is_found_and_traced_whatever_is_in_its_id(
    stack: Stack, owner: CreatedTenant
) -> None:
    batch = [
        {"type": "track", "event": "x", "userId": "u", "messageId": message_id}
        for message_id in IDS
    ]
    assert send(owner.write_key, "/v1/batch", {"batch": batch})["statusCode"] == 200
    drain(stack)
    for message_id in IDS:
        place = f"/v1/events/{quote(message_id, safe='')}"
        found = ask(owner.secret_key, place)
        assert found["statusCode"] == 200, (message_id, found)
        assert json.loads(found["body"])["message_id"] == message_id
        traced = ask(owner.secret_key, f"{place}/trace")
        assert traced["statusCode"] == 200, (message_id, traced)
        assert json.loads(traced["body"])["message_id"] == message_id


@pytest.mark.parametrize("message_id", ["x" * 101, "🦊" * 101, "a\x00b", "\x7f", "none", "a/b"])
def test_what_no_event_is_called_is_not_there(owner: CreatedTenant, message_id: str) -> None:
    place = f"/v1/events/{quote(message_id, safe='')}"
    for path in (place, f"{place}/trace"):
        assert problem(ask(owner.secret_key, path)) == (404, "not-found")
