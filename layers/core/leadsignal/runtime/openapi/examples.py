"""Examples of every body and answer: one story, told by model."""

from typing import Any, Final

from leadsignal.domain.attribution import ATTRIBUTION

type Json = Any

_LEAD: Final = "lead_mzxw6ytboi3dgnbvgy2tmnzyhe"
_OTHER_LEAD: Final = "lead_ge3tqmjzgi2dmnrygu4donbsgq"
_COMPANY: Final = "cmp_nfxgg2lom5zxi33smfzgk3tfoq"
_WEBHOOK: Final = "whe_3nT8rWq0ZbY5cKxL1mVd7uHs"
_ALERT: Final = "alr_9pL2sXv6QeJ4hRtB8wNc1gFk"
_FAILED: Final = "fail_obxxeylmnrqxg2lomf2gc3tdmu"
_MERGE: Final = "mrg_k5uw4zdpo4qgc3tefy3dsmrq"
_KEY: Final = "Kx7Qm2Rt9LpZ"
_RULESET: Final = "rs_4Vb8Kx2Wn6Qt9Zc3Lm7Py1Hd"
_ATTRIBUTE: Final = "attr_2Lm7Qz4Wb9Xk6Tn3Rv8Yc1Hp"
_MODEL: Final = "mdl_5Hd8Yc2Vt9Kx3Wm7Qb1Lz6Pn"
_JOB: Final = "job_8Rw3Tn6Yb1Xc5Vk9Qm2Lz4Pd"
_DEAL: Final = "deal_2Zk7Wn4Xc9Qv1Rb6Lm3Ty8Pd"
_NOTE: Final = "note_5Xc1Zt8Rb2Wm7Qy4Lk9Ph3Dv"
_SEGMENT: Final = "seg_8Fq2Zt6Wm4Xc1Vb9Np3Ls7Hk"
_EVENT: Final = "checkout-7f3a"
_PROVIDER: Final = "prv_6Tb3Nw9Xk2Qv8Rc5Lm1Zy7Hd"
_FACT: Final = "msg_2c26b46b68ffc68ff99b453c1d304134"

IDS: dict[str, str] = {
    "lead_id": _LEAD,
    "company_id": _COMPANY,
    "webhook_id": _WEBHOOK,
    "alert_id": _ALERT,
    "key_id": _KEY,
    "failed_id": _FAILED,
    "merge_id": _MERGE,
    "note_id": _NOTE,
    "ruleset_id": _RULESET,
    "segment_id": _SEGMENT,
    "attribute_id": _ATTRIBUTE,
    "job_id": _JOB,
    "model_id": _MODEL,
    "deal_id": _DEAL,
    "provider_id": _PROVIDER,
    "message_id": _EVENT,
}
"""An id for each path parameter."""

_IN_SEGMENT: Json = {
    "all": [
        {"field": "company.employee_count", "op": "between", "value": [50, 500]},
        {
            "performed": {
                "event": "page_view",
                "where": {"field": "page.path", "op": "starts_with", "value": "/pricing"},
            },
            "count": {"op": "gt", "value": 2},
            "within": {"days": 14, "time_zone": "Europe/Amsterdam"},
        },
        {"not": {"field": "tags", "op": "contains", "value": "competitor"}},
    ]
}
_TRAINED: Json = {
    "id": _MODEL,
    "status": "running",
    "verdict": "better",
    "reason": "better than the rules: AUC 0.810 against 0.700, Brier 0.1360 against 0.1580",
    "outcomes": 1_240,
    "won": 268,
    "auc": 0.81,
    "brier": 0.136,
    "trained_at": "2026-01-15T03:00:00.000Z",
    "promoted_at": "2026-01-15T03:00:20.000Z",
}

_RULES: Json = [
    {
        "id": "pricing",
        "name": "Viewed pricing",
        "group": "engagement",
        "points": 12,
        "kind": "boost",
        "url": "/pricing*",
        "max_times": 3,
        "within": {"days": 30},
        "decay": {"kind": "half_life", "days": 14},
    },
    {
        "id": "size",
        "name": "Company of 50 to 500 people",
        "group": "fit",
        "points": 20,
        "kind": "range",
        "field": "company.employee_count",
        "from": 50,
        "to": 500,
    },
    {
        "id": "engineer",
        "name": "Engineer in Germany",
        "group": "fit",
        "points": 10,
        "condition": {
            "all": [
                {"field": "title", "op": "contains", "value": "engineer"},
                {"field": "company.country", "op": "eq", "value": "DE"},
            ]
        },
    },
]
_TOUCH: Json = {
    "at": "2026-01-12T09:14:03.120Z",
    "channel": "paid_search",
    "source": "google",
    "medium": "cpc",
    "campaign": "winter",
    "term": "lead scoring",
    "content": None,
    "click_id": {"network": "google", "value": "EAIaIQobChMI"},
    "referrer": "https://www.google.com/",
    "landing_url": "https://example.com/pricing",
}
_IDENTIFIERS: Json = [
    {
        "kind": "email",
        "value": "ada@example.com",
        "verified": True,
        "first_seen_at": "2026-01-15T12:00:00.000Z",
    },
    {
        "kind": "anonymous_id",
        "value": "b3f1c2d4-5e6f",
        "verified": False,
        "first_seen_at": "2026-01-12T09:14:03.120Z",
    },
]
_LEAD_VIEW: Json = {
    "id": _LEAD,
    "status": "new",
    "source": "paid_search",
    "is_known": True,
    "identifiers": _IDENTIFIERS,
    "email": "ada@example.com",
    "first_name": "Ada",
    "last_name": "Byron",
    "phone": "+31201234567",
    "title": "Head of Analytics",
    "company": {
        "id": _COMPANY,
        "domain": "example.com",
        "name": "Example Engines",
        "legal_name": "Example Engines B.V.",
        "industry": "Software",
        "employee_count": 240,
        "employee_range": "201-500",
        "annual_revenue_usd": 41_000_000,
        "founded_year": 2011,
        "country": "NL",
        "region": "Noord-Holland",
        "city": "Amsterdam",
        "technologies": ["kubernetes"],
    },
    "owner": "sam@leadsignal.example",
    "tags": ["webinar"],
    "traits": {"plan": "trial"},
    "attributes": {"region": "benelux"},
    "email_check": {
        "kind": "business",
        "role": False,
        "mx": "yes",
        "verdict": "unknown",
        "checked_at": "2026-01-12T09:14:05.311Z",
        "source": "dns",
    },
    "quality": {
        "score": 96,
        "fixes": [
            {
                "code": "phone_of_other_country",
                "field": "phone",
                "detail": "the country of the number is not that of the company",
                "gain": 4,
            }
        ],
    },
    "score": 84,
    "tier": "hot",
    "probability": None,
    "segments": [],
    "consent": {"marketing": True},
    "first_touch": _TOUCH,
    "last_touch": _TOUCH,
    "session_count": 3,
    "event_count": 41,
    "first_seen_at": "2026-01-12T09:14:03.120Z",
    "last_seen_at": "2026-01-15T12:00:00.000Z",
    "created_at": "2026-01-12T09:14:04.006Z",
    "updated_at": "2026-01-15T12:00:00.871Z",
    "merged_from": [],
    "provenance": {
        "phone": {"source": "api", "key_id": _KEY, "at": "2026-01-15T12:00:00.000Z"},
    },
    "created_by": None,
    "updated_by": {"source": "api", "key_id": _KEY, "at": "2026-01-15T12:00:00.000Z"},
    "version": 7,
}
_COMPANY_PROFILE: Json = _LEAD_VIEW["company"] | {
    "type": "company",
    "address": None,
    "funding": None,
    "linkedin_url": "https://www.linkedin.com/company/example-engines",
    "phone": None,
    "logo_url": None,
}
_COMPANY_DETAIL: Json = _COMPANY_PROFILE | {
    "created_at": "2026-01-12T09:14:04.020Z",
    "enriched_at": "2026-01-12T09:14:05.311Z",
    "version": 2,
}
_IDENTIFICATION: Json = {
    "company": _COMPANY_PROFILE,
    "match": {"type": "company", "confidence": 0.9},
    "cache": "long",
    "credits_charged": 0,
}
_SESSION: Json = {
    "session_id": "ses_mfrggzdfmztwq2lknnwg23tpoa",
    "started_at": "2026-01-15T11:52:10.000Z",
    "ended_at": "2026-01-15T12:00:00.000Z",
    "duration_seconds": 470,
    "event_count": 1,
    "entry_url": "https://example.com/pricing",
    "exit_url": "https://example.com/pricing",
    "channel": "paid_search",
    "events": [
        {
            "message_id": _EVENT,
            "event": "page_view",
            "timestamp": "2026-01-15T12:00:00.000Z",
            "properties": {"plan": "team"},
            "page": {
                "url": "https://example.com/pricing",
                "path": "/pricing",
                "search": None,
                "title": "Pricing",
                "referrer": None,
            },
            "bot": False,
        }
    ],
}
_EMAIL: Json = {"kind": "email", "value": "ada@example.com"}
_BROWSER: Json = {"kind": "anonymous_id", "value": "b3f1c2d4-5e6f"}
_LINK: Json = {
    "identifiers": [_EMAIL, _BROWSER],
    "rule": "same_browser",
    "message_id": _EVENT,
    "at": "2026-01-15T12:00:00.000Z",
}
_WEBHOOK_VIEW: Json = {
    "id": _WEBHOOK,
    "url": "https://hooks.example.com/leads",
    "types": ["lead.tier_changed"],
    "headers": {"X-Team": "sales"},
    "status": "enabled",
    "created_at": "2026-01-15T12:00:00.000Z",
}
_ALERT_VIEW: Json = {
    "id": _ALERT,
    "name": "Hot leads to #sales",
    "kind": "slack",
    "url": "https://hooks.slack.com/services/T000/B000/XXXX",
    "cooldown_minutes": 60,
    "created_at": "2026-01-15T12:00:00.000Z",
}
_FAILED_VIEW: Json = {
    "id": _FAILED,
    "message_id": _EVENT,
    "code": "invalid_event",
    "detail": "an event needs a name",
    "pointer": "/event",
    "received_at": "2026-01-15T12:00:00.000Z",
    "failed_at": "2026-01-15T12:00:00.000Z",
    "source": "collect",
    "event": {"type": "track", "messageId": _EVENT, "anonymousId": "b3f1c2d4-5e6f"},
}
_MERGE_VIEW: Json = {
    "id": _MERGE,
    "survivor_id": _LEAD,
    "merged_id": _OTHER_LEAD,
    "status": "merged",
    "reason": "Same person, two browsers",
    "fields": [
        {
            "field": "title",
            "winner": "survivor",
            "values": ["Head of Analytics", "Analyst"],
            "result": "Head of Analytics",
        }
    ],
    "score_before": 84,
    "merged_score_before": 12,
    "score_after": 88,
    "tier_before": "hot",
    "tier_after": "hot",
}

_PROVIDER_VIEW: Json = {
    "id": _PROVIDER,
    "name": "Company data",
    "kind": "generic_json",
    "built_in": False,
    "enabled": True,
    "priority": 200,
    "credits": 2,
    "timeout_ms": 1_500,
    "min_confidence": 0.6,
    "fields": ["name", "industry", "employee_count", "country"],
    "endpoints": {
        "domain": "https://api.example.com/v1/companies/{domain}",
        "ip": "https://api.example.com/v1/addresses?ip={ip}",
    },
    "mapping": {
        "domain": "/company/domain",
        "name": "/company/name",
        "industry": "/company/sector",
        "employee_count": "/company/headcount",
        "country": "/company/address/country",
        "confidence": "/match/score",
    },
    "has_secret": True,
    "health": {
        "state": "open",
        "failures": 5,
        "retry_at": "2026-01-15T12:00:30.000Z",
        "last_error": "timeout",
    },
    "created_at": "2026-01-10T08:00:00.000Z",
}
_KEY_VIEW: Json = {
    "id": _KEY,
    "name": "Nightly import",
    "kind": "sk",
    "env": "live",
    "prefix": f"ls_sk_live_{_KEY}",
    "last4": "WmLZ",
    "scopes": ["leads:write", "companies:read"],
    "rate_limit": None,
    "daily_credits": 500,
    "status": "active",
    "created_at": "2026-01-02T08:00:00.000Z",
    "created_by": "4dWq8NbV1sYc",
    "expires_at": "2027-01-01T00:00:00.000Z",
    "rotated_at": None,
    "revoked_at": None,
    "last_used_at": "2026-01-15T12:00:00.000Z",
    "flagged": False,
}
_NEW_KEY: Json = _KEY_VIEW | {
    "last_used_at": None,
    "key": f"ls_sk_live_{_KEY}_(shown this once)",
}
_LIST: Json = {
    "version": "7d4f0c6a9be1485f92b3c0d1e2f3a4b5",
    "rows": 1240,
    "ranges": 310,
    "nested": 2,
    "uploaded_at": "2026-01-12T09:14:05.311Z",
}
_COMPANY_INPUT: Json = {"domain": "example.com", "name": "Example Engines", "employee_count": 240}

EXAMPLES: dict[str, Json] = {
    "LeadInput": {
        "email": "ada@example.com",
        "first_name": "Ada",
        "phone": "+31 20 123 4567",
        "status": "working",
        "tags": ["webinar"],
        "traits": {"plan": "trial"},
        "company": _COMPANY_INPUT,
        "identifiers": [{"kind": "crm_id", "value": "0035g00000Xyz"}],
    },
    "EditedLead": _LEAD_VIEW | {"duplicate": False, "potential_duplicate_id": _OTHER_LEAD},
    "TagsInput": {"tags": ["webinar"]},
    "LeadView": _LEAD_VIEW,
    "LeadDetail": _LEAD_VIEW | {"potential_duplicates": [_OTHER_LEAD]},
    "SessionView": _SESSION,
    "SessionSummary": {name: value for name, value in _SESSION.items() if name != "events"},
    "LeadEventView": _SESSION["events"][0] | {"session_id": _SESSION["session_id"]},
    "CompanySessionView": _SESSION | {"lead_id": _LEAD},
    "CompanyDetail": _COMPANY_DETAIL,
    "CompanyAccount": _COMPANY_DETAIL
    | {
        "lead_count": 3,
        "known_lead_count": 1,
        "anonymous_lead_count": 2,
        "leads_complete": True,
        "session_count": 9,
        "event_count": 41,
        "first_seen_at": "2026-01-02T10:00:00.000Z",
        "last_seen_at": "2026-01-15T12:00:00.000Z",
        "best_score": 84,
        "best_tier": "hot",
        "best_lead_id": _LEAD,
    },
    "Identification": _IDENTIFICATION,
    "LookupBatch": {"lookups": [{"domain": "example.com"}, {"ip": "198.51.100.7"}]},
    "LookupBatchAnswer": {
        "results": [
            {"index": 0, "status": 200} | _IDENTIFICATION,
            {
                "index": 1,
                "status": 200,
                "company": None,
                "match": {"type": "unknown", "confidence": 0.0},
                "cache": "miss",
                "credits_charged": 0,
            },
        ],
        "credits_charged": 0,
    },
    "UploadedListView": _LIST,
    "UploadReport": _LIST
    | {
        "skipped": 1,
        "ignored_columns": 2,
        "problems": [
            {
                "line": 17,
                "column": "country",
                "code": "invalid_country",
                "detail": "line 17: a country's ISO 3166-1 code or its name",
            }
        ],
    },
    "Estimate": {"credits_estimated": 1},
    "EnrichedCompany": _COMPANY_DETAIL
    | {
        "provenance": {
            "name": {
                "provider": "prv_embedded",
                "fetched_at": "2026-01-12T09:14:05.311Z",
                "expires_at": "2026-03-13T09:14:05.311Z",
                "confidence": 0.9,
                "credits": 0,
            }
        },
        "credits_charged": 0,
    },
    "CompanyPatch": {"name": "Example Engines Group", "employee_count": None},
    "TouchView": _TOUCH,
    "RuleSetRequest": {
        "name": "Spring",
        "rules": _RULES,
        "groups": {"fit": {"cap": 40}, "engagement": {"cap": 60, "floor": 0}},
    },
    "RuleSetPatch": {"name": "Spring, second try", "groups": {"fit": {"cap": 50}}},
    "RuleSetView": {
        "id": _RULESET,
        "name": "Spring",
        "version": 1,
        "status": "draft",
        "rules": _RULES,
        "groups": {
            "fit": {"cap": 40, "floor": None},
            "engagement": {"cap": 60, "floor": 0},
        },
        "published_version": None,
        "published_at": None,
        "created_at": "2026-01-15T12:00:00.000Z",
        "updated_at": "2026-01-15T12:00:00.000Z",
    },
    "AttributeRequest": {
        "name": "contract_value",
        "type": "number",
        "min": 0,
        "max": 1_000_000,
        "queryable": True,
    },
    "AttributePatch": {"required": True, "queryable": True},
    "AttributeView": {
        "id": _ATTRIBUTE,
        "name": "contract_value",
        "type": "number",
        "required": False,
        "default": None,
        "enum": None,
        "min": 0,
        "max": 1_000_000,
        "pattern": None,
        "queryable": True,
        "indexed": False,
        "job_id": _JOB,
        "created_at": "2026-01-15T12:00:00.000Z",
        "updated_at": "2026-01-15T12:00:00.000Z",
    },
    "Simulation": {
        "leads": 3,
        "complete": True,
        "distribution": {
            **{f"{low}-{low + 9}": 0 for low in range(0, 90, 10)},
            "30-39": 2,
            "90-100": 1,
        },
        "tiers": {"cold": {"cold": 2, "hot": 1}},
        "becomes_hot": [_LEAD],
        "lift": 2.5,
        "auc": 0.83,
    },
    "AccountScore": {
        "score": 86,
        "tier": "hot",
        "raw": 85.6,
        "people": [
            {"lead_id": _LEAD, "score": 84, "role": "executive", "weight": 1.0, "adds": 84.0},
            {"lead_id": _OTHER_LEAD, "score": 25, "role": "staff", "weight": 0.8, "adds": 1.6},
        ],
        "people_count": 2,
    },
    "SegmentRequest": {"name": "Ready to buy", "condition": _IN_SEGMENT},
    "SegmentPatch": {"name": "Keen"},
    "SegmentView": {
        "id": _SEGMENT,
        "name": "Ready to buy",
        "condition": _IN_SEGMENT,
        "member_count": 12,
        "count_complete": True,
        "status": "filling",
        "job_id": _JOB,
        "created_at": "2026-01-15T12:00:00.000Z",
        "updated_at": "2026-01-15T12:00:00.000Z",
    },
    "SegmentMember": {"lead_id": _LEAD, "entered_at": "2026-01-15T12:00:00.000Z"},
    "PreviewRequest": {"condition": _IN_SEGMENT},
    "Preview": {
        "estimated": 168,
        "sample": [{"lead_id": _LEAD, "score": 84, "tier": "hot"}],
        "examined": 500,
        "matched": 21,
        "leads": 4_000,
        "leads_complete": True,
        "complete": False,
    },
    "JobRef": {"job_id": _JOB},
    "JobView": {
        "id": _JOB,
        "kind": "rescore",
        "status": "running",
        "processed": 250,
        "total": 10_000,
        "failed": 0,
        "created_at": "2026-01-15T12:00:00.000Z",
        "updated_at": "2026-01-15T12:01:10.000Z",
    },
    "TrainRequest": {
        "monotone": {"company.employee_count": "increasing"},
        "exclude": ["attributes.region"],
    },
    "ModelSummary": _TRAINED,
    "ModelDetail": {
        **_TRAINED,
        "monotone": {"company.employee_count": "increasing"},
        "exclude": ["attributes.region"],
        "data_hash": "9f2c1b7e5a4d8830c6e1f7a92b3d4c5e6f708192a3b4c5d6e7f8091a2b3c4d5e",
        "learned_from": "2025-03-02T09:00:00.000Z",
        "learned_until": "2025-11-20T16:30:00.000Z",
        "tested_until": "2026-01-14T11:00:00.000Z",
        "measures": {
            "leads": 310,
            "won": 71,
            "auc": 0.81,
            "auc_low": 0.75,
            "auc_high": 0.87,
            "brier": 0.136,
            "calibration": [
                {"leads": 155, "predicted": 0.08, "won": 0.07},
                {"leads": 155, "predicted": 0.38, "won": 0.39},
            ],
            "lift": [{"top": 0.1, "leads": 31, "won": 0.34, "lift": 3.4}],
        },
        "compared_with": [
            {"beside": "rules", "auc": 0.7, "brier": 0.158, "better": True, "worse": False}
        ],
        "leaks": [
            {
                "column": "attributes.contract",
                "reason": "after_outcome",
                "auc": None,
                "dropped": True,
            }
        ],
        "average": 0.16,
        "features": [
            {
                "name": "events.demo_requested",
                "kind": "number",
                "direction": None,
                "parts": [
                    {"part": "[-, 1)", "log_odds": -0.4},
                    {"part": "[1, -)", "log_odds": 1.3},
                    {"part": "missing", "log_odds": 0.0},
                ],
            }
        ],
    },
    "ProbabilityView": {
        "probability": 0.41,
        "model_id": _MODEL,
        "average": 0.16,
        "average_log_odds": -1.66,
        "log_odds": -0.36,
        "contributions": [
            {
                "feature": "events.demo_requested",
                "part": "[1, -)",
                "log_odds": 1.3,
                "reason": "did demo_requested once: 3.7 times the odds of the average lead",
            }
        ],
        "as_of": "2026-01-15T12:00:00.000Z",
    },
    "DealRequest": {
        "name": "Example Engines, 40 seats",
        "lead_ids": [],
        "amount": 480_000,
        "currency": "EUR",
        "stage": "proposal",
    },
    "DealPatch": {"outcome": "won", "closed_at": "2026-01-15T12:00:00Z"},
    "DealView": {
        "id": _DEAL,
        "name": "Example Engines, 40 seats",
        "lead_ids": [_LEAD],
        "company_id": _COMPANY,
        "amount": 480_000,
        "currency": "EUR",
        "stage": "proposal",
        "outcome": "won",
        "closed_at": "2026-01-15T12:00:00.000Z",
        "created_at": "2026-01-02T08:30:00.000Z",
        "updated_at": "2026-01-15T12:00:01.000Z",
    },
    "OutcomeInput": {
        "outcome": "won",
        "at": "2026-01-15T12:00:00Z",
        "amount": 480_000,
        "currency": "EUR",
    },
    "OutcomeView": {
        "lead_id": _LEAD,
        "outcome": "won",
        "at": "2026-01-15T12:00:00.000Z",
        "amount": 480_000,
        "currency": "EUR",
        "source": "deal",
        "deal_id": _DEAL,
    },
    "OverrideInput": {
        "score": 90,
        "reason": "Met at the fair",
        "until": "2099-02-01T00:00:00Z",
    },
    "ScoreMarkView": {
        "at": "2026-01-15T12:00:00.000Z",
        "score": 84,
        "tier": "hot",
        "cause": "event",
    },
    "ScoreView": {
        "score": 84,
        "tier": "hot",
        "raw": 84.4,
        "ruleset": {"id": "rs_default", "version": 1},
        "contributions": [
            {
                "rule_id": "demo",
                "rule": "Asked for a demo",
                "group": "engagement",
                "points": 20,
                "decayed_points": 20,
                "reason": "Asked for a demo",
            }
        ],
        "groups": {"engagement": {"points": 20, "cap": 60, "floor": None}},
        "next_change_at": "2026-01-29T12:00:00.000Z",
        "next_tier": "warm",
        "grade": "B2",
        "override": None,
        "as_of": "2026-01-15T12:00:00.000Z",
    },
    "IdentityView": {
        "lead_id": _LEAD,
        "links": [_LINK],
        "refusals": [
            {
                "identifiers": [_EMAIL, {"kind": "user_id", "value": "u-77"}],
                "reason": "untrusted_sender",
                "message_id": _EVENT,
                "at": "2026-01-15T12:00:00.000Z",
            }
        ],
        "merges": [],
        "shared_browsers": [],
        "related_leads": [_OTHER_LEAD],
    },
    "EventView": {
        "message_id": _EVENT,
        "event": "page_view",
        "type": "page",
        "timestamp": "2026-01-15T12:00:00.000Z",
        "received_at": "2026-01-15T12:00:00.412Z",
        "lead_id": _LEAD,
        "session_id": _SESSION["session_id"],
        "status": "applied",
        "bot": False,
        "bot_name": None,
        "properties": {"plan": "team"},
        "context": {"page": {"path": "/pricing"}},
    },
    "TraceView": {
        "message_id": _EVENT,
        "steps": [
            {
                "step": "accepted",
                "at": "2026-01-15T12:00:00.412Z",
                "key_id": _KEY,
                "trusted": False,
                "signed": False,
                "timestamp": "2026-01-15T12:00:00.000Z",
            },
            {
                "step": "applied",
                "at": "2026-01-15T12:00:00.871Z",
                "lead_id": _LEAD,
                "member": "email",
                "session_id": _SESSION["session_id"],
                "bot": False,
            },
            {
                "step": "segment",
                "at": "2026-01-15T12:00:00.871Z",
                "as_of": "2026-01-15T12:00:00.000Z",
                "segment_id": _SEGMENT,
                "change": "entered",
            },
        ],
    },
    "MergeRequest": {
        "survivor_id": _LEAD,
        "merged_id": _OTHER_LEAD,
        "reason": "Same person, two browsers",
    },
    "MergeView": _MERGE_VIEW,
    "BatchRequest": {
        "operations": [
            {"op": "create", "lead": {"email": "grace@example.com", "first_name": "Grace"}},
            {"op": "update", "id": _LEAD, "lead": {"owner": "sam"}},
            {"op": "delete", "id": _OTHER_LEAD},
        ]
    },
    "BatchAnswer": {
        "results": [
            {"index": 0, "status": 201, "id": "lead_nf2gc3djmnuxi2lpnyqgs4zanz"},
            {"index": 1, "status": 200, "id": _LEAD},
            {"index": 2, "status": 204, "id": _OTHER_LEAD},
        ],
        "summary": {"total": 3, "created": 1, "updated": 1, "deleted": 1, "failed": 0},
    },
    "NoteRequest": {"text": "Asked for a quote for 40 seats.", "author": "Sam"},
    "NotePatch": {"text": "Asked for a quote for 50 seats."},
    "NoteView": {
        "id": _NOTE,
        "text": "Asked for a quote for 40 seats.",
        "author": "Sam",
        "created_at": "2026-01-15T12:00:00.000Z",
    },
    "CandidateView": {
        "id": "mcd_mjqxgzjtgi4hs5dfom2teobzga",
        "lead_ids": [_LEAD, _OTHER_LEAD],
        "reason": "untrusted_sender",
        "identifiers": [_EMAIL, {"kind": "user_id", "value": "u-77"}],
        "message_id": _EVENT,
        "at": "2026-01-15T12:00:00.000Z",
    },
    "WebhookRequest": {
        "url": "https://hooks.example.com/leads",
        "types": ["lead.tier_changed"],
        "headers": {"X-Team": "sales"},
    },
    "WebhookPatch": {"types": ["lead.merged"], "headers": {"X-Team": None}, "status": "disabled"},
    "CreatedWebhook": _WEBHOOK_VIEW | {"secret": "whsec_(shown this once)"},
    "WebhookView": _WEBHOOK_VIEW,
    "DeliveryView": {
        "id": "dlv_n5xgk43fmnxw4zboaizdgmzuge",
        "message_id": _FACT,
        "type": "lead.tier_changed",
        "status": "delivered",
        "attempts": [
            {
                "number": 1,
                "at": "2026-01-15T12:00:01.204Z",
                "status_code": 204,
                "duration_ms": 88,
            }
        ],
    },
    "AlertRequest": {
        "name": "Hot leads to #sales",
        "kind": "slack",
        "url": "https://hooks.slack.com/services/T000/B000/XXXX",
        "cooldown_minutes": 60,
    },
    "AlertPatch": {"cooldown_minutes": 120},
    "AlertView": _ALERT_VIEW,
    "ProviderRequest": {
        "name": "Company data",
        "kind": "generic_json",
        "priority": 200,
        "credits": 2,
        "timeout_ms": 1_500,
        "min_confidence": 0.6,
        "fields": ["name", "industry", "employee_count", "country"],
        "endpoints": {
            "domain": "https://api.example.com/v1/companies/{domain}",
            "ip": "https://api.example.com/v1/addresses?ip={ip}",
        },
        "mapping": {
            "domain": "/company/domain",
            "name": "/company/name",
            "industry": "/company/sector",
            "employee_count": "/company/headcount",
            "country": "/company/address/country",
            "confidence": "/match/score",
        },
        "secret": "a-key-of-the-provider",
    },
    "ProviderPatch": {"priority": 50, "enabled": True},
    "ProviderView": _PROVIDER_VIEW,
    "KeyRequest": {
        "name": "Nightly import",
        "kind": "sk",
        "env": "live",
        "scopes": ["leads:write", "companies:read"],
        "expires_at": "2027-01-01T00:00:00Z",
    },
    "KeyPatch": {"scopes": ["leads:read"], "expires_at": None},
    "RotateRequest": {"overlap_seconds": 86_400},
    "KeyView": _KEY_VIEW,
    "NewKeyView": _NEW_KEY,
    "UsageDay": {
        "day": "2026-01-15",
        "requests": 1_204,
        "routes": [
            {
                "route": "POST /v1/leads",
                "requests": 1_204,
                "by_status": {"2xx": 1_198, "4xx": 6},
            }
        ],
    },
    "RoleView": {
        "name": "agent",
        "description": "For assistants: reads leads, companies and events, and writes leads",
        "scopes": ["leads:read", "leads:write", "companies:read", "events:read"],
    },
    "CreditsView": {
        "balance": 720,
        "reserved": 2,
        "monthly_allowance": 1_000,
        "resets_at": "2026-02-01T00:00:00.000Z",
        "granted": 0,
        "charged": 278,
        "today": {"daily_credits": 200, "spent": 14},
        "key": {"daily_credits": None, "spent": 3},
    },
    "EntryView": {
        "id": "crl_000000000557",
        "at": "2026-01-15T12:00:00.000Z",
        "kind": "charge",
        "credits": 1,
        "balance": 720,
        "reserved": 2,
        "reservation_id": "rsv_3nT8rWq0ZbY5cKxL1mVd7uHs",
        "key_id": _KEY,
        "provider": "prv_7uHs3nT8rWq0ZbY5cKxL1mVd",
        "lookup": "domain",
    },
    "Usage": {
        "day": "2026-01-15",
        "key_id": _KEY,
        "provider": "prv_7uHs3nT8rWq0ZbY5cKxL1mVd",
        "lookups": 31,
        "hits": 24,
        "misses": 6,
        "failures": 1,
        "credits": 24,
    },
    "SettingsPatch": {"default_country": "NL", "session_gap_minutes": 45},
    "SettingsView": {
        "name": "Acme",
        "tier": "standard",
        "statuses": ["new", "open", "qualified", "lost"],
        "default_country": "NL",
        "session_gap_minutes": 45,
        "window_days": 30,
        "monthly_credits": 1_000,
        "daily_credits": 200,
        "company_days": 60,
        "enrichment_min_score": 40,
        "created_at": "2026-01-01T08:00:00.000Z",
        "updated_at": "2026-01-15T12:00:00.000Z",
    },
    "FailedEventView": _FAILED_VIEW,
    "ReplayRequest": {"ids": [_FAILED]},
    "Replayed": {
        "replayed": 1,
        "results": [{"id": _FAILED, "status": "queued"}],
        "has_more": False,
        "next_cursor": None,
    },
    "ReplayedView": _FAILED_VIEW
    | {
        "replayed_at": "2026-01-15T13:00:00.000Z",
        "replay": {"id": _FAILED, "status": "queued"},
    },
    "Health": {
        "status": "ok",
        "version": "1.0.0",
        "data_version": "2026-06-17.90660f715a9c",
        "attribution": ATTRIBUTION,
    },
}
"""An example of each model that is the body of a request or an answer."""

CONDITIONS: dict[str, Json] = {
    "LeadCondition": {
        "all": [
            {"field": "company.country", "op": "eq", "value": "NL"},
            {
                "performed": {"event": "page_view"},
                "count": {"op": "gt", "value": 2},
                "within": {"days": 14, "time_zone": "Europe/Amsterdam"},
            },
        ]
    },
    "CompanyCondition": {"field": "employee_count", "op": "between", "value": [50, 500]},
}
"""An example of a filter, by what it chooses from."""

_OF_EVENT: Json = {"anonymousId": "b3f1c2d4-5e6f", "messageId": _EVENT}
_TRACKED: Json = {
    **_OF_EVENT,
    "type": "track",
    "event": "demo_requested",
    "properties": {"plan": "team"},
    "timestamp": "2026-01-15T12:00:00.000Z",
}

CALLS: dict[str, Json] = {
    "track": _TRACKED,
    "page": {**_OF_EVENT, "name": "Pricing", "properties": {"path": "/pricing"}},
    "screen": {**_OF_EVENT, "name": "Start"},
    "identify": {
        **_OF_EVENT,
        "userId": "u-42",
        "traits": {"email": "ada@example.com", "title": "Head of Analytics"},
    },
    "group": {**_OF_EVENT, "groupId": "example.com", "traits": {"name": "Example Engines"}},
    "alias": {"userId": "u-42", "previousId": "b3f1c2d4-5e6f", "messageId": _EVENT},
    "batch": {
        "batch": [_TRACKED, {"type": "track", "userId": "u-42", "messageId": "nameless-1"}],
        "sentAt": "2026-01-15T12:00:01.000Z",
    },
}
"""A body for each call of the track routes."""

COLLECTED: Json = {
    "success": True,
    "results": [
        {"messageId": _EVENT, "status": "accepted"},
        {
            "messageId": "nameless-1",
            "status": "rejected",
            "code": "invalid_event",
            "detail": "must be a non-empty string",
            "pointer": "/batch/1/event",
        },
    ],
}
"""What is answered to that batch."""


def of(model: str) -> Json:
    """Return the example of a model, of a page one with an example in it; None if there is none."""
    item = model.removesuffix("Page")
    if item == model or item not in EXAMPLES:
        return EXAMPLES.get(model)
    return {"data": [EXAMPLES[item]], "has_more": False, "next_cursor": None}
