"""What a user of the running system sees of the data of leads: quality, e-mail, duplicates."""

import json
from typing import Any

from tests.system.conftest import Api, eventually


def _said(name: str, email: str, **traits: str) -> dict[str, Any]:
    return {
        "type": "identify",
        "userId": name,
        "messageId": name,
        "traits": {"email": email} | traits,
    }


def _found(api: Api, field: str, op: str, value: object, domain: str) -> list[str]:
    """Return the e-mails of a company's leads that a condition holds for."""
    condition = {
        "all": [
            {"field": "company.domain", "op": "eq", "value": domain},
            {"field": field, "op": op, "value": value},
        ]
    }
    answer = api.get("/v1/leads", filter=json.dumps(condition))
    assert answer.status_code == 200, answer.text
    return sorted(lead["email"] for lead in answer.json()["data"])


def test_a_lead_is_checked_judged_and_pointed_at(api: Api, other_api: Api, unique: str) -> None:
    domain, phone = f"acme-{unique}.com", f"+3120{int(unique, 16) % 10**7:07d}"
    jon, john, info = (f"{name}-{unique}" for name in ("jon", "john", "info"))
    api.track(
        _said(jon, f"jon@{domain}", firstName="Jon", lastName="Smith", title="CTO"),
        _said(john, f"john@{domain}", firstName="John", lastName="Smith", phone=phone),
        _said(info, f"info@{domain}", firstName="asdf", lastName="asdf", phone="12"),
    )
    leads = {name: api.lead_of(name)["id"] for name in (jon, john, info)}

    def checked() -> dict[str, Any] | None:
        lead: dict[str, Any] = api.get(f"/v1/leads/{leads[info]}").json()
        return lead if lead["email_check"]["checked_at"] else None

    lead = eventually(checked)
    assert (lead["email_check"]["kind"], lead["email_check"]["role"]) == ("business", True)
    assert lead["email_check"]["source"] == "dns"  # a laptop asks nobody, and condemns nobody
    score = lead["quality"]["score"]
    assert 0 < score < 70
    codes = {fix["code"] for fix in lead["quality"]["fixes"]}
    assert {"role_email", "invalid_phone", "placeholder_name", "missing_title"} <= codes

    assert eventually(lambda: _found(api, "quality", "lte", score, domain)) == [f"info@{domain}"]
    assert _found(api, "quality.fixes", "contains", "missing_title", domain) == [
        f"info@{domain}",
        f"john@{domain}",
    ]
    assert _found(api, "email_role", "eq", True, domain) == [f"info@{domain}"]
    assert _found(other_api, "quality", "gte", 0, domain) == []

    for mine, theirs in ((jon, john), (john, jon)):
        shown = api.get(f"/v1/leads/{leads[mine]}").json()
        assert shown["potential_duplicates"] == [leads[theirs]]
    assert api.get(f"/v1/leads/{leads[info]}").json()["potential_duplicates"] == []
