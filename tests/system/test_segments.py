"""A segment of the running system: tried, defined, entered by an event, found and deleted."""

import json
from typing import Any

from tests.system.conftest import Api, eventually


def test_a_lead_enters_a_segment_with_the_event_that_makes_it_fit(
    api: Api, other_api: Api, unique: str
) -> None:
    condition: dict[str, Any] = {
        "all": [
            {"field": "traits.cohort", "op": "eq", "value": unique},
            {"performed": {"event": "demo_requested"}, "within": {"days": 1}},
        ]
    }
    preview = api.post("/v1/segments/preview", {"condition": condition})
    assert preview.status_code == 200, preview.text
    assert preview.json()["estimated"] == 0
    made = api.post("/v1/segments", {"name": unique, "condition": condition})
    assert made.status_code == 201, made.text
    path = f"/v1/segments/{made.json()['id']}"
    assert made.json()["status"] == "filling"
    assert api.get(f"/v1/jobs/{made.json()['job_id']}").json()["kind"] == "segment_fill"

    said = {"type": "identify", "userId": unique, "messageId": f"{unique}-1"}
    api.track(said | {"traits": {"cohort": unique}})
    lead_id = api.lead_of(f"{unique}-1")["id"]
    assert api.get(f"{path}/members").json()["data"] == []
    done = {"type": "track", "event": "demo_requested", "userId": unique}
    api.track(done | {"messageId": f"{unique}-2"})

    members = eventually(lambda: api.get(f"{path}/members").json()["data"])
    assert [member["lead_id"] for member in members] == [lead_id]
    assert api.get(path).json()["member_count"] == 1
    assert api.get(f"/v1/leads/{lead_id}").json()["segments"] == [made.json()["id"]]
    inside = {"field": "segments", "op": "contains", "value": made.json()["id"]}
    found = api.get("/v1/leads", filter=json.dumps(inside))
    assert [lead["id"] for lead in found.json()["data"]] == [lead_id]
    assert found.headers["leadsignal-examined"] == "1"
    assert other_api.get(path).status_code == 404
    assert other_api.get("/v1/leads", filter=json.dumps(inside)).json()["data"] == []

    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404
