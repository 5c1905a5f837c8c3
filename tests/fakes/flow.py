"""The real handlers, joined as the template joins them, over an emulated account."""

import json
from typing import Any

from functions.announce import app as announce
from functions.collect import app as collect
from functions.enrich import app as enrich
from functions.ingest import app as ingest
from functions.leads import app as leads
from tests.fakes.lambda_side import ALL_FACTS, CONTEXT, Json, Stack, http_event, sqs_event

BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Safari/537.36"
)


def send(key: str, path: str, body: object, **more: Any) -> Json:
    """Send one request to a track route as a browser and return the answer."""
    headers = {"user-agent": BROWSER, "content-type": "application/json"} | more.pop("headers", {})
    event = http_event("POST", path, key=key, body=body, headers=headers, **more)
    answer: Json = collect.handler(event, CONTEXT)
    return answer


def drain(stack: Stack) -> list[Json]:
    """Let everything that is under way arrive, and return the facts that were told."""
    while True:
        accepted, lookups = stack.take("EventsQueue"), stack.take("EnrichQueue")
        for start in range(0, len(accepted), 10):
            done = ingest.handler(sqs_event(*accepted[start : start + 10]), CONTEXT)
            assert done == {"batchItemFailures": []}
        for body in lookups:
            assert enrich.handler(sqs_event(body), CONTEXT) == {"batchItemFailures": []}
        changes = stack.changes()
        if changes["Records"]:
            assert announce.handler(changes, CONTEXT) == {"batchItemFailures": []}
        if not (accepted or lookups or changes["Records"]):
            return [json.loads(body)["detail"] for body in stack.take(ALL_FACTS)]


def call(method: str, path: str, key: str | None = None, **query: str) -> Json:
    """Send a request to the routes of leads and events, and return the answer."""
    answer: Json = leads.handler(http_event(method, path, key=key, query=query), CONTEXT)
    return answer


def get(path: str, key: str, **query: str) -> Any:
    """Return the body of a GET that must succeed."""
    answer = call("GET", path, key, **query)
    assert answer["statusCode"] == 200, answer
    return json.loads(answer["body"])


def headers_of(answer: Json) -> dict[str, str]:
    """Return the headers of an answer by name in lower case."""
    return {name.lower(): value for name, value in answer["headers"].items()}


def problem(answer: Json) -> tuple[int, str]:
    """Return status and slug of a problem, after checking that it is one."""
    body = json.loads(answer["body"])
    headers = headers_of(answer)
    assert headers["content-type"] == "application/problem+json"
    assert body["status"] == answer["statusCode"]
    assert body["title"]
    assert body["detail"]
    assert body["request_id"] == headers["x-request-id"]
    return answer["statusCode"], body["type"].rpartition("/")[2]
