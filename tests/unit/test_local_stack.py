"""What the laptop stack makes of sources, templates and outputs."""

from pathlib import Path
from typing import Any

import pytest

from local.fingerprint import fingerprint
from local.routes import wanted_routes
from local.stack import TenantKeys, describe

KEYS = (TenantKeys(name="demo", write_key="w", secret_key="s"),)


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    for name in ("functions", "layers"):
        (tmp_path / name).mkdir()
    (tmp_path / "template.yaml").write_text("Resources: {}")
    (tmp_path / "samconfig.toml").write_text("version = 0.1")
    (tmp_path / "functions" / "app.py").write_text("x = 1")
    return tmp_path


def test_the_same_sources_have_the_same_fingerprint(sources: Path) -> None:
    assert fingerprint(sources, "x86_64") == fingerprint(sources, "x86_64")


@pytest.mark.parametrize("change", ["content", "name", "architecture"])
def test_every_change_of_what_ships_shows(sources: Path, change: str) -> None:
    before = fingerprint(sources, "x86_64")
    if change == "content":
        (sources / "functions" / "app.py").write_text("x = 2")
    if change == "name":
        (sources / "functions" / "app.py").rename(sources / "functions" / "other.py")
    machine = "arm64" if change == "architecture" else "x86_64"
    assert fingerprint(sources, machine) != before


def test_what_does_not_ship_changes_nothing(sources: Path) -> None:
    before = fingerprint(sources)
    cache = sources / "layers" / "__pycache__"
    cache.mkdir()
    (cache / "app.pyc").write_bytes(b"x")
    assert fingerprint(sources) == before


def integration(function: str) -> dict[str, Any]:
    uri = {"Fn::Sub": f"arn:${{AWS::Partition}}:lambda:functions/${{{function}.Arn}}/invocations"}
    return {"x-amazon-apigateway-integration": {"uri": uri}}


def test_routes_are_read_from_what_sam_made_of_the_template() -> None:
    paths = {
        "/v1/leads": {"x-amazon-apigateway-any-method": integration("LeadsFunction")},
        "/v1/health": {"get": integration("PlatformFunction")},
        "$default": {"x-amazon-apigateway-any-method": integration("PlatformFunction")},
    }
    processed = {"Resources": {"Api": {"Properties": {"Body": {"paths": paths}}}}}
    assert wanted_routes(processed) == {
        "ANY /v1/leads": "LeadsFunction",
        "GET /v1/health": "PlatformFunction",
        "$default": "PlatformFunction",
    }


def test_the_stack_is_described_by_short_names() -> None:
    stack = describe(
        {
            "ApiUrl": "https://elsewhere",
            "LeadTableName": "stack-LeadTable-1",
            "EventsQueueUrl": "http://queue",
            "EventsDlqUrl": "http://dlq",
            "FactsBusName": "stack-facts",
        },
        KEYS,
    )
    assert stack.tables == {"lead": "stack-LeadTable-1"}
    assert stack.queues == {"events": "http://queue", "events_dlq": "http://dlq"}
    assert stack.bus == "stack-facts"
    assert not stack.api_url.endswith("/v1")
    assert stack.tenants == KEYS
