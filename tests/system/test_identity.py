"""Who is who on the running system: shared browsers, merges undone, equal ids, hostile keys."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from tests.system.conftest import Api, eventually

START = datetime.now(UTC) - timedelta(hours=1)


def view(message_id: str, minute: int, **said: Any) -> dict[str, Any]:
    """Return a page view of that minute that carries just these identifiers."""
    return {
        "type": "page",
        "messageId": message_id,
        "timestamp": (START + timedelta(minutes=minute)).isoformat(),
        "context": {"page": {"url": f"https://site.test/{minute}"}},
        **said,
    }


def homes(api: Api, *message_ids: str) -> list[str]:
    """Return the leads that events belong to, once all of them are there."""
    return [api.lead_of(message_id)["id"] for message_id in message_ids]


@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_a_shared_browser_keeps_two_persons_apart_in_any_order(
    api: Api, unique: str, order: tuple[int, ...]
) -> None:
    browser = {"anonymousId": f"pad-{unique}"}
    events = [
        view(f"{unique}-0", 0, userId=f"alice-{unique}", **browser),
        view(f"{unique}-1", 1, userId=f"bob-{unique}", **browser),
        view(f"{unique}-2", 2, **browser),
    ]
    for number in order:
        api.track(events[number])
        api.lead_of(f"{unique}-{number}")
    api.track(view(f"{unique}-3", 3, **browser))
    alice, bob, nobody, later = homes(api, *(f"{unique}-{number}" for number in range(4)))

    assert len({alice, bob, nobody}) == 3
    assert later == nobody
    assert sorted(api.timeline_ids(nobody)) == [f"{unique}-2", f"{unique}-3"]
    assert api.timeline_ids(alice) == [f"{unique}-0"]
    assert api.timeline_ids(bob) == [f"{unique}-1"]
    assert not api.get(f"/v1/leads/{nobody}").json()["is_known"]


def test_a_merge_undone_gives_both_leads_back_with_what_came_since(api: Api, unique: str) -> None:
    ada, bob = f"ada-{unique}", f"bob-{unique}"
    api.track(view(f"{unique}-0", 0, userId=ada), view(f"{unique}-1", 1, userId=bob))
    kept, gone = homes(api, f"{unique}-0", f"{unique}-1")
    scores = [api.get(f"/v1/leads/{lead}").json()["score"] for lead in (kept, gone)]
    body = {"survivor_id": kept, "merged_id": gone, "reason": "the same person"}

    shown = api.post("/v1/merges?dry_run=true", body)
    assert (shown.status_code, shown.json()["status"]) == (200, "dry_run")
    assert api.get(f"/v1/leads/{gone}").json()["id"] == gone
    made = api.post("/v1/merges", body)
    assert made.status_code == 201, made.text
    assert made.json()["fields"] == shown.json()["fields"]
    assert api.get(f"/v1/leads/{gone}").json()["id"] == kept

    api.track(view(f"{unique}-2", 2, userId=bob))
    assert api.lead_of(f"{unique}-2")["id"] == kept
    undone = api.post(f"/v1/merges/{made.json()['id']}/undo", {})
    assert (undone.status_code, undone.json()["status"]) == (200, "undone")

    assert api.timeline_ids(kept) == [f"{unique}-0"]
    assert sorted(api.timeline_ids(gone)) == [f"{unique}-1", f"{unique}-2"]
    after = [api.get(f"/v1/leads/{lead}").json()["score"] for lead in (kept, gone)]
    assert after[0] == scores[0]
    assert after[1] >= scores[1]
    api.track(view(f"{unique}-3", 3, userId=bob))
    assert api.lead_of(f"{unique}-3")["id"] == gone


def test_equal_ids_of_two_tenants_never_meet(api: Api, other_api: Api, unique: str) -> None:
    said = {"userId": unique, "anonymousId": f"b-{unique}", "traits": {"email": f"{unique}@x.test"}}
    for one in (api, other_api):
        one.track(view(f"{unique}-0", 0, **said), view(f"{unique}-1", 1, anonymousId=f"b-{unique}"))
    [mine], [theirs] = ({*homes(one, f"{unique}-0", f"{unique}-1")} for one in (api, other_api))
    assert mine != theirs
    body = {"survivor_id": mine, "merged_id": theirs}
    assert api.post("/v1/merges", body).status_code == 404
    assert other_api.post("/v1/merges", body).status_code == 404
    assert other_api.get(f"/v1/leads/{mine}/identity").status_code == 404


def test_a_hostile_browser_takes_nothing_from_a_known_lead(
    api: Api, tenant: Any, unique: str
) -> None:
    """A browser's key says that the victim's e-mail is the attacker's, long ago and now."""
    email = f"victim-{unique}@siemens.com"
    victim = view(f"{unique}-0", 10, userId=f"victim-{unique}", traits={"email": email})
    api.track(victim | {"type": "identify"}, key=tenant.secret_key)
    owner = api.lead_of(f"{unique}-0")
    forged = {"userId": f"mallory-{unique}", "traits": {"email": email, "score": 100}}
    api.track(view(f"{unique}-1", -60, **forged) | {"type": "identify"})
    api.track(view(f"{unique}-2", 20, **forged) | {"type": "identify"})
    attacker, again = homes(api, f"{unique}-1", f"{unique}-2")

    assert attacker == again != owner["id"]
    lead = api.get(f"/v1/leads/{attacker}").json()
    assert email not in {one["value"] for one in lead["identifiers"]}
    assert "score" not in lead["traits"]
    after = api.get(f"/v1/leads/{owner['id']}").json()
    assert (after["email"], after["event_count"]) == (email, owner["event_count"])
    reasons = api.get(f"/v1/leads/{attacker}/identity").json()["refusals"]
    assert {refusal["reason"] for refusal in reasons} == {"different_user_ids"}
    assert api.post("/v1/merges", {}).status_code == 422

    def waiting() -> bool:
        parameters: dict[str, str] = {"limit": "100"}
        while True:
            page = api.get("/v1/merge-candidates", **parameters).json()
            if any(set(found["lead_ids"]) == {owner["id"], attacker} for found in page["data"]):
                return True
            if not page["has_more"]:
                return False
            parameters["cursor"] = page["next_cursor"]

    assert eventually(waiting)


def test_a_browser_key_cannot_merge(http: Any, tenant: Any) -> None:
    headers = {"authorization": f"Bearer {tenant.write_key}"}
    body = {"survivor_id": "lead_" + "a" * 26, "merged_id": "lead_" + "b" * 26}
    for method, path in (("POST", "/v1/merges"), ("GET", "/v1/merge-candidates")):
        answer = http.request(
            method, path, json=body if method == "POST" else None, headers=headers
        )
        assert answer.status_code == 403
        assert answer.json()["type"].endswith("insufficient-scope")
