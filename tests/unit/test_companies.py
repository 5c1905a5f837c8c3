"""Which company stands behind a lead, and what is said of it."""

from typing import Any

import pytest

from leadsignal.domain.companies import as_said, company_behind, company_id
from leadsignal.domain.company_records import filled, learned
from leadsignal.domain.groups import group_domain, said_of_group
from leadsignal.models.companies import Company
from leadsignal.models.enrichment import CompanyFacts, NetworkMatch
from leadsignal.models.leads import Group, LeadCompany, Member, Network, Stamp
from tests.fakes.events import AT
from tests.fakes.lookups import provider
from tests.fakes.stores import ScriptedMail

KEY = b"k"
OWN = NetworkMatch(type="company", name="Initech BV", domain="initech.com", country="NL")
NAMELESS = NetworkMatch(type="company", name="Initech BV")
FACTS = CompanyFacts(
    domain="acme.com", name="Acme Inc", industry="Steel", employee_count=60, country="US",
    city="Ohio", confidence=0.9, provider="book",
)  # fmt: skip


def member(
    group: dict[str, Any] | None = None,
    network: NetworkMatch | None = None,
    *,
    group_id: str = "g1",
    at: int = 0,
) -> Member:
    by = Stamp(at=AT + at, message_id="m1")
    return Member(
        kind="anonymous_id",
        value="a",
        first_received_at=AT,
        group=None
        if group is None
        else Group(group_id=group_id, traits=said_of_group(group), by=by),
        network=Network(match=network, by=by) if network else None,
    )


def behind(
    *members: Member, business: str | None = None, current: LeadCompany | None = None
) -> LeadCompany | None:
    return company_behind(
        members,
        business_domain=business,
        group_domain=group_domain(members, ScriptedMail()),
        key=KEY,
        current=current,
    )


def record(facts: CompanyFacts) -> Company:
    blank = Company(id="cmp_acme", domain=facts.domain)
    return learned(blank, facts, provider(), order=["book"], kept_days=60, now=AT)


def shown(
    *members: Member, business: str | None = None, facts: CompanyFacts | None = None
) -> LeadCompany:
    company = behind(*members, business=business)
    assert company is not None
    if facts is not None:
        company = behind(*members, business=business, current=filled(company, record(facts)))
    said = as_said(company, members)
    assert said is not None
    return said


@pytest.mark.parametrize(
    ("group", "business", "network", "domain"),
    [
        ({"domain": "acme.com"}, None, None, "acme.com"),
        ({"domain": "acme.com"}, "globex.com", OWN, "acme.com"),
        ({"name": "Acme"}, "globex.com", OWN, "globex.com"),
        ({"name": "Acme"}, None, OWN, None),
        ({"domain": "free.com"}, None, None, None),
        ({"domain": "free.com"}, "globex.com", None, "globex.com"),
        (None, "globex.com", OWN, "globex.com"),
        (None, None, OWN, "initech.com"),
    ],
    ids=str,
)
def test_group_goes_before_email_and_email_before_network(
    group: dict[str, Any] | None,
    business: str | None,
    network: NetworkMatch | None,
    domain: str | None,
) -> None:
    found = behind(member(group, network), business=business)
    assert found is not None
    assert found.domain == domain
    assert domain is None or found.id == company_id(KEY, domain)


@pytest.mark.parametrize("network", [None, NetworkMatch(type="isp", name="Telco")], ids=str)
def test_without_any_of_them_there_is_no_company(network: NetworkMatch | None) -> None:
    assert behind(member(None, network)) is None
    assert as_said(None, [member({"name": "Acme"})]) is None


def test_a_group_without_a_domain_is_a_company_by_its_id() -> None:
    one, same = shown(member({"name": "Acme"})), shown(member({"name": "Renamed"}, at=5))
    other = shown(member({"name": "Acme"}, group_id="g2"))
    assert (one.id == same.id, one.id == other.id) == (True, False)
    assert (one.name, same.name, one.domain) == ("Acme", "Renamed", None)
    by_name = behind(member(None, NAMELESS))
    assert by_name is not None
    assert by_name.id != one.id


def test_the_company_of_the_last_group_over_all_members_counts() -> None:
    members = [member({"domain": "acme.com"}, at=1), member({"domain": "globex.com"}, at=2)]
    for order in (members, members[::-1]):
        assert shown(*order).domain == "globex.com"


SAID = {"name": "Acme Steel", "employees": 75, "country": "nl", "plan": "pro"}


@pytest.mark.parametrize(
    "named",
    [{"domain": "acme.com"}, {"website": "https://shop.acme.com"}, {"email": "info@acme.com"}],
    ids=str,
)
def test_a_group_that_names_its_domain_is_believed_and_providers_fill_in(
    named: dict[str, str],
) -> None:
    found = shown(member({**SAID, **named}), facts=FACTS)
    assert (found.name, found.employee_count, found.country) == ("Acme Steel", 75, "NL")
    assert (found.industry, found.city, found.domain) == ("Steel", "Ohio", "acme.com")
    assert found.enriched_at == AT


def test_beside_a_business_email_a_group_fills_in_what_nobody_knows() -> None:
    told = member({**SAID, "phone": "1", "region": "OH"})
    found = shown(told, business="acme.com", facts=FACTS)
    assert (found.name, found.employee_count, found.country) == ("Acme Inc", 60, "US")
    assert found.region == "OH"
    assert shown(told, business="acme.com").name == "Acme Steel"


def test_what_an_earlier_group_call_said_leaves_no_trace() -> None:
    before = member({"domain": "acme.com", "name": "Old", "region": "OH"}, at=1)
    after = member({"domain": "acme.com"}, at=2)
    company = behind(before)
    assert company is not None
    known = behind(before, after, current=filled(company, record(FACTS)))
    assert known == behind(after, current=filled(company, record(FACTS)))
    said = as_said(known, (before, after))
    assert said is not None
    assert (said.name, said.region) == ("Acme Inc", None)


def test_what_providers_said_stays_with_the_same_company_only() -> None:
    told = member({"domain": "acme.com"})
    company = behind(told)
    assert company is not None
    known = filled(company, record(FACTS))
    assert behind(told, current=known) == known
    other = behind(member({"domain": "globex.com"}), current=known)
    assert other is not None
    assert (other.name, other.enriched_at) == (None, None)


def test_a_company_is_shown_as_it_is_when_no_group_was_named() -> None:
    company = LeadCompany(id="cmp", name="Acme")
    assert as_said(company, [member()]) is company


def test_a_group_speaks_of_its_company_in_values_of_our_lists() -> None:
    told = {"name": "ACME HOLDINGS GMBH", "industry": "Hospital & Health Care", "country": "Suisse",
            "employees": "51 - 200 employees"}  # fmt: skip
    said = shown(member(told))
    assert (said.name, said.legal_name) == ("Acme Holdings", "ACME HOLDINGS GMBH")
    assert (said.industry, said.country) == ("Healthcare", "CH")
    assert (said.employee_count, said.employee_range) == (None, "51-200")


def test_what_cannot_be_read_of_a_group_leaves_room_for_what_providers_say() -> None:
    told = {"domain": "acme.com", "industry": "Basket weaving", "country": "Atlantis",
            "employees": "lots"}  # fmt: skip
    said = shown(member(told), facts=FACTS)
    assert (said.industry, said.country, said.employee_count) == ("Steel", "US", 60)
    assert said.employee_range == "51-200"


@pytest.mark.parametrize(
    ("told", "count", "size"),
    [
        ({"employees": 700}, 700, "501-1000"),
        ({"size": "501-1000"}, None, "501-1000"),
        ({"size": "51-200"}, 60, "51-200"),
        ({}, 60, "51-200"),
    ],
)
def test_number_and_size_class_of_a_company_agree(
    told: dict[str, Any], count: int | None, size: str
) -> None:
    said = shown(member({"domain": "acme.com"} | told), facts=FACTS)
    assert (said.employee_count, said.employee_range) == (count, size)


@pytest.mark.parametrize(
    ("told", "legal"),
    [("Acme", "Acme Inc"), ("ACME Inc.", "ACME Inc."), ("Widgets", None)],
)
def test_a_name_that_people_say_goes_with_its_own_legal_name(told: str, legal: str | None) -> None:
    company = LeadCompany(id="c", name="Acme", legal_name="Acme Inc")
    said = as_said(company, (), stated={"name": told})
    assert said is not None
    assert said.legal_name == legal


def test_spellings_of_a_name_are_one_company() -> None:
    def named(name: str) -> str:
        found = company_behind((), business_domain=None, key=KEY, current=None,
                               stated={"name": name})  # fmt: skip
        assert found is not None
        return found.id

    assert named("Acme, Inc.") == named("ACME GmbH") == named("acme")
    assert len({named("Acme"), named("Acme Group"), named("!"), named("?")}) == 4


def test_what_people_own_of_a_company_is_not_changed_by_way_of_its_pair() -> None:
    company = LeadCompany(id="c", domain="acme.com", name="Acme", employee_count=60,
                          owned=("employee_count", "name"))  # fmt: skip
    told = member({"domain": "acme.com", "size": "501-1000", "name": "ACME WIDGETS LTD"})
    said = as_said(company, (told,))
    assert said is not None
    assert (said.employee_count, said.employee_range) == (60, "51-200")
    assert (said.name, said.legal_name) == ("Acme", None)


def test_a_group_beside_a_company_fills_in_no_half_of_what_is_known() -> None:
    company = LeadCompany(id="c", domain="acme.com", name="Acme", employee_count=60)
    told = member({"domain": "other.com", "size": "501-1000", "name": "OTHER THINGS LTD",
                   "city": "Delft"})  # fmt: skip
    said = as_said(company, (told,))
    assert said is not None
    assert (said.employee_count, said.employee_range, said.city) == (60, "51-200", "Delft")
    assert (said.name, said.legal_name) == ("Acme", None)
