"""What tests of handlers need: emulated tables and queues, settings, tenants, events, a context."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from moto import mock_aws

from leadsignal.runtime import settings, wiring
from leadsignal.services.tenants import CreatedTenant, create_tenant
from tests.tables import create_tables

QUEUES = ("EVENTS_QUEUE_URL", "ENRICH_QUEUE_URL", "DELIVER_QUEUE_URL", "ALERT_QUEUE_URL")


def forget_wiring() -> None:
    """Drop every client and setting that an earlier test left in memory."""
    for cached in (*vars(wiring).values(), settings.load):
        if hasattr(cached, "cache_clear"):
            cached.cache_clear()


@contextmanager
def emulated(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run with the four tables and all queues, and with the environment that names them."""
    for name, value in {
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "ALLOWED_RECEIVERS": "127.0.0.1",
        "POWERTOOLS_SERVICE_NAME": "test",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        for variable, table in create_tables(boto3.client("dynamodb")).items():
            monkeypatch.setenv(variable, table)
        for variable in QUEUES:
            queue = boto3.client("sqs").create_queue(QueueName=variable.lower())
            monkeypatch.setenv(variable, queue["QueueUrl"])
        forget_wiring()
        yield
    forget_wiring()


def tenant(name: str = "Acme") -> CreatedTenant:
    """Return a new tenant with its keys."""
    return create_tenant(
        name,
        env="test",
        config=wiring.tenant_store(),
        token=wiring.token,
        secret=wiring.random_key(),
        now=wiring.now(),
    )


def context() -> LambdaContext:
    """Return a context as Lambda passes it."""
    made: Any = SimpleNamespace(
        function_name="test",
        memory_limit_in_mb=256,
        invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:test",
        aws_request_id="request-1",
        get_remaining_time_in_millis=lambda: 30_000,
    )
    return made  # type: ignore[no-any-return]


def http_event(
    method: str,
    path: str,
    *,
    key: str | None = None,
    body: Any = None,
    query: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Return a request as the HTTP API hands it over (payload format 2.0)."""
    headers = {"content-type": "application/json"} if body is not None else {}
    if key is not None:
        headers["authorization"] = f"Bearer {key}"
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "&".join(f"{k}={v}" for k, v in (query or {}).items()),
        "headers": headers,
        "queryStringParameters": query or {},
        "requestContext": {
            "stage": "$default",
            "requestId": "gateway-1",
            "http": {"method": method, "path": path, "sourceIp": "203.0.113.7"},
        },
        "body": json.dumps(body) if body is not None and not isinstance(body, str) else body,
        "isBase64Encoded": False,
    }


def sqs_event(*bodies: str) -> dict[str, Any]:
    """Return messages as the queue hands them over."""
    records = [
        {
            "messageId": f"message-{number}",
            "receiptHandle": "handle",
            "body": body,
            "attributes": {"ApproximateReceiveCount": "1"},
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:queue",
            "awsRegion": "eu-west-1",
        }
        for number, body in enumerate(bodies)
    ]
    return {"Records": records}
