"""A lead leaves its tier and its segment on the second, though nothing happens to it."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from local.aws import client
from local.stack import Stack
from tests.system.capture import Capture
from tests.system.conftest import Api, eventually, new_tenant

AGO = timedelta(seconds=35)  # when it happened, of the minute for which it counts
WITHIN = {"minutes": 1}
TRIAL: dict[str, Any] = {"performed": {"event": "trial_started"}, "within": WITHIN}
RULE = {"kind": "boost", "event": "trial_started", "within": WITHIN, "points": 60, "name": "Trial"}


def _sweep() -> None:
    """Let the sweep of this minute come now."""
    functions = client("lambda")
    pages = functions.get_paginator("list_functions").paginate()
    names = [each["FunctionName"] for page in pages for each in page["Functions"]]
    [name] = [name for name in names if "SweepFunction" in name]
    assert "FunctionError" not in functions.invoke(FunctionName=name, Payload=b"{}")


def test_a_lead_leaves_its_tier_and_its_segment_by_time_alone(
    stack: Stack, http: httpx.Client, receiver: Capture, unique: str
) -> None:
    api = Api(http, new_tenant(stack, unique))
    types = ["lead.tier_changed", "segment.left"]
    assert api.post("/v1/webhooks", {"url": f"{receiver.url}/hook", "types": types}).is_success
    made = api.post("/v1/scoring/rulesets", {"name": "Trials", "rules": [RULE]}).json()
    published = api.post(f"/v1/scoring/rulesets/{made['id']}/publish", {})
    assert published.status_code == 202, published.text
    segment = api.post("/v1/segments", {"name": "On trial", "condition": TRIAL})
    assert segment.is_success, segment.text

    api.track({"type": "page", "anonymousId": f"{unique}-0", "messageId": f"{unique}-0"})
    api.lead_of(f"{unique}-0")  # the functions are awake
    happened = datetime.now(UTC) - AGO
    event = {"type": "track", "event": "trial_started", "anonymousId": unique, "messageId": unique}
    api.track(event | {"timestamp": happened.isoformat()})
    lead = api.lead_of(unique)
    assert (lead["tier"], lead["segments"]) == ("warm", [segment.json()["id"]])
    at = f"/v1/leads/{lead['id']}"
    assert api.get(f"{at}/score").json()["next_tier"] == "cold"
    _sweep()
    ends = (happened + timedelta(minutes=1)).timestamp()
    while time.time() < ends - 1:
        now = api.get(at).json()
        assert time.time() > ends or (now["tier"], len(now["segments"])) == ("warm", 1)
        time.sleep(0.5)

    left = eventually(lambda: api.get(at).json() if not api.get(at).json()["segments"] else None)
    late = time.time() - ends
    assert 0 < late < 60
    assert (left["tier"], left["score"]) == ("cold", 0)
    told = eventually(lambda: hooks if len(hooks := receiver.of("/hook")) == 3 else None)
    assert sum(b"segment.left" in hook.body for hook in told) == 1
