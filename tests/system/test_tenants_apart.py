"""Two tenants that say the same things never meet."""

from tests.system.conftest import Api


def test_equal_ids_in_two_tenants_are_two_leads(api: Api, other_api: Api, unique: str) -> None:
    event = {
        "type": "identify",
        "userId": unique,
        "messageId": unique,
        "traits": {"email": f"{unique}@siemens.com"},
    }
    api.track(event | {"traits": event["traits"] | {"title": "CTO"}})  # type: ignore[operator]
    other_api.track(event)

    mine, theirs = api.lead_of(unique), other_api.lead_of(unique)

    assert mine["id"] != theirs["id"]
    assert (mine["title"], theirs["title"]) == ("CTO", None)


def test_what_belongs_to_another_tenant_is_not_found(api: Api, other_api: Api, unique: str) -> None:
    api.track({"type": "track", "event": "x", "userId": unique, "messageId": unique})
    lead_id = api.lead_of(unique)["id"]

    foreign = other_api.get(f"/v1/leads/{lead_id}")
    missing = other_api.get("/v1/leads/lead_aaaaaaaaaaaaaaaaaaaaaaaaaa")

    assert foreign.status_code == missing.status_code == 404
    same = [answer.json() | {"request_id": ""} for answer in (foreign, missing)]
    assert same[0] == same[1]


def test_a_cursor_of_another_tenant_is_refused(api: Api, other_api: Api, unique: str) -> None:
    for number in range(2):
        name = f"{unique}-{number}"
        api.track({"type": "track", "event": "x", "userId": name, "messageId": name})
        api.lead_of(name)
    cursor = api.get("/v1/leads", limit="1").json()["next_cursor"]

    assert api.get("/v1/leads", limit="1", cursor=cursor).status_code == 200
    answer = other_api.get("/v1/leads", limit="1", cursor=cursor)

    assert answer.status_code == 400
    assert answer.json()["type"].endswith("invalid-cursor")
