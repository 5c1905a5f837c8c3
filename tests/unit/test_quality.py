"""The quality of a lead's data: what it is made of, what would mend it, and that mending helps."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain.placeholders import (
    is_placeholder_email,
    is_placeholder_name,
    is_placeholder_number,
)
from leadsignal.domain.quality import quality_of
from leadsignal.models.instants import DAY_MS, to_instant
from leadsignal.models.leads import LeadCompany, Said, Stamp
from leadsignal.models.mail import MailCheck
from leadsignal.models.profiles import Profile
from leadsignal.models.quality import Quality
from tests.fakes.clock import NOW

AT = to_instant(NOW)
ACME = LeadCompany(
    id="cmp_acme",
    domain="acme.com",
    name="Acme",
    industry="software",
    employee_count=60,
    country="NL",
    enriched_at=AT - DAY_MS,
)
CHECK = MailCheck(email="ada@acme.com", mx="yes", checked_at=AT)
GOOD: dict[str, Any] = {
    "email": "ada@acme.com",
    "email_kind": "business",
    "email_role": False,
    "email_check": CHECK,
    "first_name": "Ada",
    "last_name": "Byron",
    "phone": "+31201234567",
    "title": "Engineer",
    "company": ACME,
    "last_seen_at": AT - DAY_MS,
}
INSTANTS = dict.fromkeys(("first_seen_at", "last_seen_at", "created_at", "updated_at"), AT)
EMPTY = {name: None for name in GOOD if name not in ("email_role", "last_seen_at")}


def profile(**changes: Any) -> Profile:
    return Profile.model_validate(INSTANTS | GOOD | changes)


def judged(network: str | None = None, **changes: Any) -> Quality:
    return quality_of(profile(**changes), network_domain=network, country="NL", now=AT)


def codes(quality: Quality) -> dict[str, int]:
    return {fix.code: fix.gain for fix in quality.fixes}


def said(value: str, *, days_ago: int = 0) -> Said:
    return Said(value=value, by=Stamp(at=AT - days_ago * DAY_MS, message_id="m"))


def acme(**changes: Any) -> LeadCompany:
    return ACME.model_copy(update=changes)


def checked(**changes: Any) -> MailCheck:
    return CHECK.model_copy(update=changes)


def test_a_lead_of_which_all_is_known_has_all_points_and_nothing_to_mend() -> None:
    assert judged() == Quality(score=100)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"email": None, "email_check": None}, {"missing_email": 32}),
        ({"first_name": None}, {"missing_first_name": 12}),
        ({"last_name": ""}, {"missing_last_name": 12}),
        ({"phone": None}, {"missing_phone": 15}),
        ({"title": None}, {"missing_title": 5}),
        ({"company": acme(country=None)}, {"missing_country": 8}),
        ({"company": acme(industry=None)}, {"missing_industry": 2}),
        ({"company": acme(employee_count=None)}, {"missing_employee_count": 2}),
        ({"company": acme(employee_count=None, employee_range="51-200")}, {}),
        ({"company": acme(country="Atlantis")}, {"invalid_country": 6}),
        ({"company": acme(enriched_at=None)}, {"stale_company": 5}),
        ({"company": acme(enriched_at=AT - 91 * DAY_MS)}, {"stale_company": 3}),
        ({"company": acme(enriched_at=AT - 366 * DAY_MS)}, {"stale_company": 5}),
        ({"company": acme(domain="else.com")}, {"email_of_other_company": 6}),
        ({"company": acme(country="US")}, {"phone_of_other_country": 4}),
        ({"email_check": checked(mx="no")}, {"undeliverable_email": 8}),
        ({"email_check": checked(mx="unknown")}, {}),
        ({"email_check": None}, {}),
        ({"email_check": checked(mailbox="no", source="h")}, {"undeliverable_email": 8}),
        ({"email_check": checked(mailbox="risky", source="h")}, {"risky_email": 3}),
        ({"email_check": checked(mailbox="yes", mx="no", source="h")}, {}),
        ({"email_kind": "disposable", "email_check": None}, {"disposable_email": 4}),
        ({"email_kind": "free", "email": "ada@free.test.com", "email_check": None}, {}),
        ({"email": "ada@mail.acme.com", "email_check": None}, {}),
        ({"email": "asdf@acme.com", "email_check": None}, {"placeholder_email": 2}),
        ({"email_role": True}, {"role_email": 2}),
        ({"phone": "12"}, {"invalid_phone": 10}),
        ({"phone": None, "traits": {"phoneNumber": "ask me"}}, {"invalid_phone": 15}),
        ({"phone": "+31000000000"}, {"invalid_phone": 10}),
        ({"phone": None, "traits": {"phoneNumber": "call me"}}, {"invalid_phone": 15}),
        ({"first_name": "asdf"}, {"placeholder_name": 6}),
        ({"first_name": "test", "last_name": "test"}, {"placeholder_name": 6}),
        ({"last_seen_at": AT - 30 * DAY_MS}, {}),
        ({"last_seen_at": AT - 30 * DAY_MS - 1}, {"stale_activity": 3}),
        ({"last_seen_at": AT - 180 * DAY_MS}, {"stale_activity": 6}),
        ({"last_seen_at": AT - 365 * DAY_MS}, {"stale_activity": 8}),
        ({"last_seen_at": AT - 400 * DAY_MS}, {"stale_activity": 10}),
        (
            {"provenance": {"last_name": said("Byron")}, "traits": {"last_name": "Lovelace"}},
            {"sources_differ": 2},
        ),
        (
            {"provenance": {"phone": said("+31201234567")}, "traits": {"phone": "020 123 4567"}},
            {},
        ),
        (
            {"provenance": {"phone": said("+31201234567")}, "traits": {"phone": "x"}},
            {"sources_differ": 2},
        ),
        ({"provenance": {"first_name": said("Ada")}, "traits": {"first_name": "ADA "}}, {}),
        ({"traits": {"first_name": "Grace"}}, {}),
    ],
)  # fmt: skip
def test_what_one_thing_stands_in_the_way_of_is_the_gain_of_mending_it(
    changes: dict[str, Any], expected: dict[str, int]
) -> None:
    quality = judged(**changes)
    assert codes(quality) == expected
    assert quality.score == 100 - sum(expected.values())


def test_a_network_of_another_company_does_not_agree() -> None:
    assert codes(judged(network="else.com")) == {"network_of_other_company": 3}
    assert judged(network="acme.com").score == 100


def test_a_company_that_people_speak_of_is_as_fresh_as_their_word() -> None:
    company = acme(enriched_at=None)
    for days_ago, gain in ((0, None), (100, 3), (400, 5)):
        word = {"company.name": said("Acme", days_ago=days_ago)}
        assert codes(judged(company=company, provenance=word)).get("stale_company") == gain


def test_what_two_things_stand_in_the_way_of_is_nobodys_gain() -> None:
    quality = judged(phone=None, company=acme(country=None))
    assert codes(quality) == {"missing_phone": 11, "missing_country": 4}
    assert quality.score == 100 - 11 - 4 - 4


def test_without_a_company_nothing_else_is_asked_of_it_first() -> None:
    assert judged(company=None) == Quality(score=68, fixes=judged(company=None).fixes)
    assert codes(judged(company=None)) == {"missing_company": 20}


def test_an_anonymous_visitor_has_the_points_of_being_fresh_only() -> None:
    quality = judged(**EMPTY)
    assert quality.score == 10
    assert quality.fixes[0].code == "missing_email"
    assert [fix.gain for fix in quality.fixes] == sorted(
        (fix.gain for fix in quality.fixes), reverse=True
    )


def test_a_crawler_has_no_quality_and_nothing_to_mend() -> None:
    assert judged(**EMPTY, bot_count=3) == Quality(score=0)


def test_no_fix_repeats_a_value_of_the_lead() -> None:
    quality = judged(phone="12 secret", first_name="asdf", email="asdf@acme.com", email_check=None)
    text = json.dumps([fix.model_dump() for fix in quality.fixes])
    assert len(quality.fixes) == 3
    assert not {part for part in ("secret", "asdf", "acme") if part in text}


_MENDED: dict[str, dict[str, Any]] = {
    "email": {name: GOOD[name] for name in ("email", "email_kind", "email_role", "email_check")},
    "phone": {"phone": GOOD["phone"]},
    "title": {"title": GOOD["title"]},
    "last_seen_at": {"last_seen_at": AT},
}


def _mended(found: dict[str, Any], code: str, field: str) -> dict[str, Any]:
    """Return what was found with one thing mended, everything else left alone."""
    company = found["company"]
    if field == "company" and code == "missing_company":
        return found | {"company": LeadCompany(id="c", domain="acme.com", enriched_at=AT)}
    if code == "stale_company":
        return found | {"company": company.model_copy(update={"enriched_at": AT})}
    if field.startswith("company."):
        name = field.removeprefix("company.")
        return found | {"company": company.model_copy(update={name: getattr(ACME, name)})}
    if code == "missing_first_name":
        return found | {"first_name": GOOD["first_name"]}
    if code == "missing_last_name":
        return found | {"last_name": GOOD["last_name"]}
    if code == "placeholder_name":
        return found | {"first_name": GOOD["first_name"], "last_name": GOOD["last_name"]}
    return found | _MENDED[field]


_COMPANIES = st.none() | st.builds(
    LeadCompany,
    id=st.just("c"),
    domain=st.just("acme.com"),
    industry=st.sampled_from([None, "software"]),
    employee_count=st.sampled_from([None, 60]),
    country=st.sampled_from([None, "NL", "Atlantis"]),
    enriched_at=st.sampled_from([None, AT, AT - 100 * DAY_MS, AT - 500 * DAY_MS]),
)
_LEADS = st.fixed_dictionaries(
    {
        "email": st.sampled_from([None, "ada@acme.com", "asdf@acme.com"]),
        "email_kind": st.sampled_from(["business", "free", "disposable"]),
        "email_role": st.booleans(),
        "email_check": st.builds(
            MailCheck,
            email=st.just("ada@acme.com"),
            mx=st.sampled_from(["yes", "no", "unknown"]),
            mailbox=st.sampled_from([None, "yes", "no", "risky", "unknown"]),
            checked_at=st.just(AT),
        ),
        "first_name": st.sampled_from([None, "Ada", "test"]),
        "last_name": st.sampled_from([None, "Byron", "Null"]),
        "phone": st.sampled_from([None, "+31201234567", "12", "020 123 4567"]),
        "title": st.sampled_from([None, "Engineer"]),
        "company": _COMPANIES,
        "last_seen_at": st.integers(min_value=AT - 800 * DAY_MS, max_value=AT),
    }
)


@given(_LEADS)
def test_mending_one_thing_raises_the_score_by_its_gain(found: dict[str, Any]) -> None:
    before = judged(**found)
    assert 0 <= before.score <= 100
    assert before == judged(**found)
    assert before.score + sum(fix.gain for fix in before.fixes) <= 100
    for fix in before.fixes:
        assert fix.gain > 0
        after = judged(**_mended(found, fix.code, fix.field))
        assert fix.code not in codes(after)
        # one value mended may mend what another fix tells of, too: a good address in its place
        assert after.score >= before.score + fix.gain


@pytest.mark.parametrize(
    ("first", "last", "made_up"),
    [
        ("test", "test", True),
        ("Test", None, True),
        ("asdf", "Jones", True),
        ("xxxx", None, True),
        ("...", "Jones", True),
        ("12345", None, True),
        ("First Name", "Last Name", True),
        ("John", "Doe", True),
        ("foo", "bar", True),
        ("n/a", "N/A", True),
        ("Christopher", "Null", False),
        ("None", "Smith", False),
        ("Ada", "Byron", False),
        ("李", "娜", False),
        ("Aaron", None, False),
        (None, None, False),
    ],
)
def test_names_that_nobody_has_are_told(first: str | None, last: str | None, made_up: bool) -> None:
    assert is_placeholder_name(first, last) is made_up


@pytest.mark.parametrize(
    ("email", "made_up"),
    [
        ("test@acme.com", True),
        ("test123+x@acme.com", True),
        ("aaaa@acme.com", True),
        ("ada@example.com", True),
        ("ada@mail.test", True),
        ("noemail@acme.com", True),
        ("ada@acme.com", False),
        ("ada@test.com", False),
        ("42@acme.com", False),
    ],
)
def test_addresses_that_nobody_has_are_told(email: str, made_up: bool) -> None:
    assert is_placeholder_email(email) is made_up


@pytest.mark.parametrize(
    ("number", "made_up"),
    [("+31000000000", True), ("+11234567890", True), ("+31201234567", False), ("1", True)],
)
def test_numbers_that_nobody_has_are_told(number: str, made_up: bool) -> None:
    assert is_placeholder_number(number) is made_up
