"""Filters, pages under way and companies of the running system."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.system.conftest import Api, eventually


def _person(name: str, domain: str, visits: int, days_ago: float) -> list[dict[str, Any]]:
    """Return somebody who says who they are now, and viewed pricing some days ago."""
    now = datetime.now(UTC) - timedelta(minutes=1)
    who = {"type": "identify", "userId": name, "messageId": name, "timestamp": now.isoformat()}
    views = [
        {
            "type": "page",
            "userId": name,
            "messageId": f"{name}-{number}",
            "timestamp": (now - timedelta(days=days_ago, minutes=number)).isoformat(),
            "context": {"page": {"url": "https://shop.example/pricing?plan=team"}},
        }
        for number in range(visits)
    ]
    return [who | {"traits": {"email": f"{name}@{domain}"}}, *views]


def _walk(api: Api, path: str, **query: str) -> list[dict[str, Any]]:
    """Return all rows of a list, page by page."""
    rows: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = api.get(path, **query, **cursor)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        rows += page["data"]
        if not page["has_more"]:
            return rows
        cursor = {"cursor": page["next_cursor"]}


def test_a_filter_finds_people_of_a_company_who_viewed_pricing_lately(
    api: Api, other_api: Api, unique: str
) -> None:
    domain = f"acme-{unique}.com"
    for name, visits, days_ago in (("often", 3, 2), ("once", 1, 2), ("long-ago", 3, 20)):
        api.track(*_person(f"{name}-{unique}", domain, visits, days_ago))
        api.lead_of(f"{name}-{unique}-{visits - 1}")
    condition = {
        "all": [
            {"field": "company.domain", "op": "eq", "value": domain.upper()},
            {
                "performed": {
                    "event": "page_view",
                    "where": {"field": "page.path", "op": "starts_with", "value": "/pricing"},
                },
                "count": {"op": "gt", "value": 2},
                "within": {"days": 14, "time_zone": "Europe/Amsterdam"},
            },
        ]
    }

    def found() -> list[dict[str, Any]]:
        return _walk(api, "/v1/leads", filter=json.dumps(condition), limit="1")

    assert [lead["email"] for lead in eventually(found)] == [f"often-{unique}@{domain}"]
    assert _walk(other_api, "/v1/leads", filter=json.dumps(condition)) == []
    by_email = {"field": "email", "op": "eq", "value": f"once-{unique}@{domain}"}
    answer = api.get("/v1/leads", filter=json.dumps(by_email))
    assert [lead["email"] for lead in answer.json()["data"]] == [by_email["value"]]
    assert answer.headers["leadsignal-examined"] == "1"

    named = {"field": "domain", "op": "eq", "value": domain}
    [company] = _walk(api, "/v1/companies", filter=json.dumps(named))
    path = f"/v1/companies/{company['id']}"
    eventually(lambda: len(_walk(api, f"{path}/leads")) == 3)
    assert company["id"] in [each["id"] for each in _walk(api, "/v1/companies", limit="100")]
    activity = _walk(api, f"{path}/activity", limit="2")
    assert sum(session["event_count"] for session in activity) == 3 + 3 + 1 + 3
    assert other_api.get(path).status_code == 404
    assert api.get(path).headers["etag"]


def test_pages_while_leads_come_in_have_each_earlier_lead_once(api: Api, unique: str) -> None:
    names = [f"early-{number}-{unique}" for number in range(12)]
    for name in names:
        api.track({"type": "track", "event": "seen", "userId": name, "messageId": name})
    leads = [api.lead_of(name)["id"] for name in names]
    marked = {"performed": {"event": "seen"}, "within": {"minutes": 10}}
    query = {"filter": json.dumps(marked), "sort": "-created_at", "limit": "5"}
    eventually(lambda: set(leads) <= {row["id"] for row in _walk(api, "/v1/leads", **query)})

    met: list[str] = []
    cursor: dict[str, str] = {}
    for page in range(200):
        late = f"late-{page}-{unique}"
        api.track({"type": "track", "event": "seen", "userId": late, "messageId": late})
        answer = api.get("/v1/leads", **query, **cursor).json()
        met += [row["id"] for row in answer["data"]]
        if not answer["has_more"]:
            break
        cursor = {"cursor": answer["next_cursor"]}

    assert [met.count(lead) for lead in leads] == [1] * len(leads)
