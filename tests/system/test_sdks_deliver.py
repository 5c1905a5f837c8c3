"""Unmodified public SDKs deliver events, and nothing that they were told is accepted is missing."""

from datetime import UTC, datetime, timedelta

import pytest
from segment.analytics.client import Client

from local.stack import Stack, TenantKeys
from tests.system.conftest import Api, eventually


def _send(stack: Stack, tenant: TenantKeys, user: str, *, gzip: bool) -> list[str]:
    """Send a visit of thirty events through Segment's own Python SDK and return their ids."""
    errors: list[Exception] = []
    client = Client(
        tenant.write_key,
        host=stack.api_url,
        gzip=gzip,
        max_retries=1,
        on_error=lambda error, items: errors.append(error),
    )
    start = datetime.now(UTC) - timedelta(hours=1)
    ids = [f"{user}-{number}" for number in range(30)]
    client.identify(user, {"plan_interest": "team"}, message_id=ids[0], timestamp=start)
    for number, message_id in enumerate(ids[1:], start=1):
        client.track(
            user,
            "report_viewed",
            {"number": number},
            message_id=message_id,
            timestamp=start + timedelta(seconds=number),
        )
    client.flush()
    client.join()
    assert errors == []
    return ids


@pytest.mark.parametrize("gzip", [False, True], ids=["plain", "gzip"])
def test_segments_python_sdk_delivers_every_event_to_one_timeline(
    stack: Stack, tenant: TenantKeys, api: Api, unique: str, *, gzip: bool
) -> None:
    ids = _send(stack, tenant, f"sdk-{unique}", gzip=gzip)

    lead = api.lead_of(ids[-1])

    eventually(lambda: sorted(api.timeline_ids(lead["id"])) == sorted(ids))
    assert lead["is_known"]
    assert lead["traits"]["plan_interest"] == "team"


def test_sending_everything_again_changes_nothing(api: Api, unique: str) -> None:
    start = datetime.now(UTC) - timedelta(hours=1)
    visit = [
        {
            "type": "track",
            "event": "report_viewed",
            "userId": f"again-{unique}",
            "messageId": f"again-{unique}-{number}",
            "timestamp": (start + timedelta(seconds=number)).isoformat(),
        }
        for number in range(30)
    ]
    ids = sorted(event["messageId"] for event in visit)
    api.track(*visit)
    lead_id = api.lead_of(ids[-1])["id"]
    eventually(lambda: sorted(api.timeline_ids(lead_id)) == ids)
    before = api.get(f"/v1/leads/{lead_id}").json()

    for part in (visit[::-1], visit[:7], visit):
        assert {verdict["status"] for verdict in api.track(*part)} == {"accepted"}
    last = {"type": "track", "event": "x", "userId": f"last-{unique}", "messageId": unique}
    api.track(last)
    api.lead_of(unique)

    assert sorted(api.timeline_ids(lead_id)) == ids
    assert api.get(f"/v1/leads/{lead_id}").json() == before
