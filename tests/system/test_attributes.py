"""Attributes on the running system: defined, checked at once, compared by type, and apart."""

import json

from tests.system.conftest import Api


def test_a_definition_holds_at_once_for_leads_and_lists(
    api: Api, other_api: Api, unique: str
) -> None:
    name = f"seats_{unique}"
    body = {"name": name, "type": "number", "min": 1, "default": 5, "queryable": True}
    made = api.post("/v1/attributes", body)
    assert made.status_code == 201, made.text
    path = f"/v1/attributes/{made.json()['id']}"
    assert api.post("/v1/attributes", body).status_code == 409
    assert api.get(f"/v1/jobs/{made.json()['job_id']}").json()["status"] == "queued"

    wrong = api.post("/v1/leads", {"attributes": {name: "many"}})
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["pointer"] == f"/attributes/{name}"
    email = f"{unique}@acme-{unique}.com"
    lead = api.post("/v1/leads", {"email": email, "attributes": {name: 70.5}})
    assert lead.status_code == 201, lead.text
    plain = api.post("/v1/leads", {"email": f"other-{email}"})
    assert plain.json()["attributes"][name] == 5

    by_email = {"field": "email", "op": "eq", "value": email}
    by_value = {"field": f"attributes.{name}", "op": "between", "value": [70, 71]}
    both = json.dumps({"all": [by_email, by_value]})
    assert [each["id"] for each in api.get("/v1/leads", filter=both).json()["data"]] == [
        lead.json()["id"]
    ]
    assert api.get(path).json()["name"] == name
    assert other_api.get(path).status_code == 404
    assert other_api.post("/v1/leads", {"attributes": {name: "x"}}).status_code == 201
    assert api.delete(path).status_code == 204
