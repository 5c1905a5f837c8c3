"""An anonymous visitor who sends a form is one lead: events, first touch, company, score."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.system.conftest import Api, eventually

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0"
SITE = "https://www.example-shop.com"


def _visit(visitor: str) -> list[dict[str, Any]]:
    """Return three page views, the first with a UTM, and a form with a business e-mail."""
    start = datetime.now(UTC) - timedelta(minutes=20)

    def event(number: int, **fields: Any) -> dict[str, Any]:
        page = fields.pop("page", {})
        return {
            "anonymousId": visitor,
            "messageId": f"{visitor}-{number}",
            "timestamp": (start + timedelta(minutes=number)).isoformat(),
            "context": {"ip": "93.184.216.34", "userAgent": CHROME, "page": page},
            **fields,
        }

    landing = f"{SITE}/?utm_source=newsletter&utm_medium=email&utm_campaign=autumn"
    return [
        event(0, type="page", page={"url": landing, "path": "/"}),
        event(1, type="page", page={"url": f"{SITE}/pricing", "path": "/pricing"}),
        event(2, type="page", page={"url": f"{SITE}/docs/api", "path": "/docs/api"}),
        event(
            3,
            type="track",
            event="form_submitted",
            properties={"email": f"{visitor}@Siemens.com", "first_name": "Jane", "title": "CTO"},
        ),
    ]


def test_three_page_views_and_a_form_are_one_explained_lead(api: Api, unique: str) -> None:
    visitor = f"visitor{unique}"
    for event in _visit(visitor):
        [verdict] = api.track(event)
        assert verdict == {"messageId": event["messageId"], "status": "accepted"}

    def complete() -> dict[str, Any] | None:
        lead = api.lead_of(f"{visitor}-3")
        company = lead["company"] or {}
        return lead if lead["event_count"] == 4 and company.get("name") else None

    lead = eventually(complete)

    assert lead["is_known"]
    assert lead["email"] == f"{visitor}@siemens.com"
    assert (lead["first_name"], lead["title"]) == ("Jane", "CTO")
    assert lead["company"]["domain"] == "siemens.com"
    assert lead["session_count"] == 1
    first = lead["first_touch"]
    assert (first["channel"], first["source"], first["medium"], first["campaign"]) == (
        "email",
        "newsletter",
        "email",
        "autumn",
    )
    assert sorted(api.timeline_ids(lead["id"])) == [f"{visitor}-{number}" for number in range(4)]

    score = api.get(f"/v1/leads/{lead['id']}/score").json()
    points = sum(item["decayed_points"] for item in score["contributions"])
    assert score["score"] == lead["score"] == round(score["raw"])
    assert points == score["raw"]
    assert all(item["reason"] for item in score["contributions"])
    touches = api.get(f"/v1/leads/{lead['id']}/touchpoints").json()["data"]
    assert [touch["channel"] for touch in touches] == ["email"]


def test_the_order_of_arrival_does_not_matter(api: Api, unique: str) -> None:
    leads = []
    for name, order in (("a", (0, 1, 2, 3)), ("b", (3, 2, 1, 0)), ("c", (2, 0, 3, 1))):
        visitor = f"{name}{unique}"
        visit = _visit(visitor)
        for number in order:
            api.track(visit[number])

        def complete(visitor: str = visitor) -> dict[str, Any] | None:
            lead = api.lead_of(f"{visitor}-3")
            company = lead["company"] or {}
            return lead if lead["event_count"] == 4 and company.get("name") else None

        lead = eventually(complete)
        kept = ("score", "tier", "first_name", "title", "session_count", "event_count", "source")
        leads.append({field: lead[field] for field in kept})

    assert leads[0] == leads[1] == leads[2]


def test_a_crawler_is_kept_and_marked_and_scores_nothing(api: Api, unique: str) -> None:
    [verdict] = api.track(
        {
            "type": "page",
            "anonymousId": f"bot-{unique}",
            "messageId": f"bot-{unique}",
            "context": {"userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1)"},
        }
    )

    lead = api.lead_of(verdict["messageId"])
    event = api.get(f"/v1/events/{verdict['messageId']}").json()

    assert event["bot"]
    assert "google" in event["bot_name"].lower()
    assert (lead["score"], lead["event_count"]) == (0, 0)
    assert api.timeline_ids(lead["id"]) == [verdict["messageId"]]
