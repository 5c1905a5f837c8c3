"""The rule set of a tenant that has not written one: fit from who they are, engagement from acts.

Fit gives at most 40 points, so that nobody is hot by name alone, and engagement at most 60, so that
nobody is by clicks alone.
"""

from leadsignal.models.rules import BoostRule, ExistRule, Group, MatchRule, RangeRule, RuleSet

_FIT = "fit"
_ACTS = "engagement"

DEFAULT_RULES = RuleSet(
    id="rs_default",
    name="Default",
    version=1,
    groups={_FIT: Group(cap=40), _ACTS: Group(cap=60)},
    rules=(
        MatchRule(id="company", name="Company identified", group=_FIT, points=15, field="company.type", value="company"),
        MatchRule(id="known", name="Identified person", group=_FIT, points=5, field="is_known", value=True),
        MatchRule(id="business_email", name="Business e-mail", group=_FIT, points=15, field="email_kind", value="business"),
        MatchRule(id="disposable_email", name="Disposable e-mail", group=_FIT, points=-30, field="email_kind", value="disposable"),
        MatchRule(id="undeliverable_email", name="E-mail cannot be delivered", group=_FIT, points=-40, field="email_deliverable", value="no"),
        MatchRule(id="role_email", name="E-mail of a function, not a person", group=_FIT, points=-5, field="email_role", value=True),
        ExistRule(id="job_title", name="Job title given", group=_FIT, points=5, field="title"),
        ExistRule(id="phone", name="Phone given", group=_FIT, points=5, field="phone"),
        RangeRule.model_validate({"id": "large_company", "name": "Company of 50 to 5,000 people", "group": _FIT, "points": 5, "field": "company.employee_count", "from": 50, "to": 5000}),
        BoostRule(id="page_view", name="Viewed a page", group=_ACTS, points=1, event="page_view", max_times=10),
        BoostRule(id="pricing", name="Viewed pricing", group=_ACTS, points=12, url="/pricing*", max_times=2),
        BoostRule(id="demo_page", name="Viewed the demo page", group=_ACTS, points=6, url="/demo", max_times=1),
        BoostRule(id="contact_page", name="Viewed the contact page", group=_ACTS, points=6, url="/contact*", max_times=1),
        BoostRule(id="form", name="Submitted a form", group=_ACTS, points=30, event="form_submitted", max_times=1),
        BoostRule(id="demo", name="Asked for a demo", group=_ACTS, points=20, event="demo_requested", max_times=1),
        BoostRule(id="signed_up", name="Signed up", group=_ACTS, points=20, event="signed_up", max_times=1),
        BoostRule(id="email_opened", name="Opened an e-mail", group=_ACTS, points=1, event="email_opened", max_times=5),
        BoostRule(id="email_clicked", name="Clicked in an e-mail", group=_ACTS, points=4, event="email_clicked", max_times=3),
        BoostRule(id="unsubscribed", name="Unsubscribed", group=_ACTS, points=-20, event="unsubscribed", max_times=1),
        RangeRule.model_validate({"id": "returning", "name": "Came back", "group": _ACTS, "points": 5, "field": "visit_count", "from": 2, "to": 4}),
        RangeRule.model_validate({"id": "regular", "name": "Comes regularly", "group": _ACTS, "points": 10, "field": "visit_count", "from": 4}),
    ),
)  # fmt: skip
