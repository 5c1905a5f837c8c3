"""A company is on file before the first of its leads, whatever happens in between."""

from typing import Any

import pytest

from leadsignal.adapters.dynamodb.company_lists import DynamoCompanyLists
from leadsignal.domain.profiles import profile_of
from leadsignal.errors import ConflictError, TransientError
from leadsignal.models.companies import Company
from leadsignal.models.enrichment import CompanyFacts
from leadsignal.models.events import Context
from leadsignal.models.leads import Lead
from leadsignal.models.messages import EnrichRequest
from leadsignal.models.profiles import Settled
from leadsignal.services.enrich import enrich
from tests.fakes.clock import Clock
from tests.fakes.events import GAP, World, event, message, tenant
from tests.fakes.lookups import ScriptedSource, bench, lookup_desk, provider

AT_ACME = event("m1", email="ada@acme.com")


def on_file(world: World, tenant_id: str = "ten_one") -> list[Company]:
    """Return the companies that are listed, oldest first."""
    table = world.aside[tenant_id].leads.table
    lists = DynamoCompanyLists(table, tenant_id)
    return [entry.company for entry in lists.entries(after=None, ascending=True, ahead=2)]


def of(lead: Lead) -> str:
    assert lead.company is not None
    return lead.company.id


def test_the_first_lead_of_a_company_puts_it_on_file() -> None:
    world = World()
    world.apply([AT_ACME])
    [company], [lead] = on_file(world), world.found()
    assert (company.id, company.domain) == (of(lead), "acme.com")
    assert (company.fields, company.enriched_at, company.version) == ({}, None, 1)


def test_the_next_leads_write_nothing_of_it() -> None:
    world = World()
    world.apply([AT_ACME])
    before = on_file(world)
    for number in range(3):
        made = world.calls.writes
        world.apply([event(f"n{number}", email=f"p{number}@acme.com", anonymous_id=f"b{number}")])
        assert world.calls.writes - made <= 5  # day, lead, pointer; queue
    assert on_file(world) == before


def test_a_further_event_does_not_ask_for_a_company_that_is_only_a_name() -> None:
    world = World()
    said: dict[str, Any] = {
        "type": "group",
        "event": "group",
        "group_id": "g1",
        "group_traits": {"name": "Acme"},
    }
    world.apply([event("m1", **said)])
    [company] = on_file(world)
    assert (company.domain, company.first_known and company.first_known.name) == (None, "Acme")
    before = world.calls.made
    world.apply([event("m2", minutes=1)])
    assert "GetItem" not in world.calls.log[before:]


def test_the_organisation_of_a_network_is_on_file() -> None:
    world = World()
    world.apply([event("m1", context=Context(ip="8.8.8.8"))])
    [company] = on_file(world)
    assert company.first_known is not None
    assert (company.domain, company.first_known.name, company.first_known.country) == (
        "acme.com",
        "Acme",
        "US",
    )


@pytest.mark.parametrize("ip", ["7.7.7.7", None])
def test_an_access_network_founds_nothing(ip: str | None) -> None:
    world = World()
    world.apply([event("m1", context=Context(ip=ip), email="ann@free.test")])
    assert on_file(world) == []


def test_a_crawler_founds_nothing() -> None:
    world = World()
    world.apply([event("m1", bot="Testbot", email="ann@acme.com")])
    assert on_file(world) == []


def test_whoever_founds_a_company_at_the_same_time_changes_nothing() -> None:
    world = World()
    world.apply([AT_ACME])
    [company] = on_file(world)
    late = company.model_copy(update={"created_at": 0})
    [lead] = world.found()
    settled = Settled(
        lead=lead, profile=profile_of(lead, gap_ms=GAP, country=None), news=False, founds=late
    )
    world.leads["ten_one"].found([settled, settled])
    assert on_file(world) == [company]


def test_a_school_is_on_file_but_in_no_list() -> None:
    world = World()
    world.apply([AT_ACME])
    assert len(on_file(world)) == 1
    school = CompanyFacts(
        domain="acme.com", name="Acme U", type="education", confidence=0.9, provider="book"
    )
    leads = world.leads["ten_one"]
    [lead] = world.found()
    filled = _enrich(world, school)
    assert filled == leads.slot(lead.lead_id)
    assert on_file(world) == []
    company = leads.company(of(lead))
    assert company is not None
    assert (company.type, company.value("name")) == ("education", "Acme U")


def test_enrichment_keeps_when_and_with_what_a_company_began() -> None:
    world = World()
    world.apply([event("m1", context=Context(ip="8.8.8.8"))])
    [before] = on_file(world)
    facts = CompanyFacts(domain="acme.com", name="Acme Inc", confidence=0.9, provider="book")
    _enrich(world, facts)
    [after] = on_file(world)
    assert (after.created_at, after.first_known) == (before.created_at, before.first_known)
    assert (after.value("name"), after.value("legal_name"), after.version) == (
        "Acme",
        "Acme Inc",
        2,
    )


def _enrich(world: World, *known: CompanyFacts, companies: "_Busy | None" = None) -> Lead | None:
    [sent] = world.queue.take()
    leads = world.leads["ten_one"]
    source = (provider(), ScriptedSource(*known))
    desk = lookup_desk(leads, source, tenant=tenant(), clock=Clock(), companies=companies)
    request = EnrichRequest.model_validate_json(sent.body)
    return enrich(request, bench=bench(desk, leads))


class _Busy:
    """A store of companies in which somebody else is always quicker."""

    def __init__(self, times: int) -> None:
        self.left = times
        self.stored: Company | None = None

    def company(self, company_id: str, *, consistent: bool = False) -> Company | None:
        return self.stored if consistent else None

    def save_company(self, company: Company, *, news: bool = False) -> Company:
        del news
        if self.left:
            self.left -= 1
            self.stored = company.model_copy(update={"version": company.version + 1})
            raise ConflictError("taken")
        return company


def test_enrichment_gives_up_when_others_keep_changing_the_company() -> None:
    for times, gives_up in ((1, False), (99, True)):
        world = World()
        world.apply([AT_ACME])
        busy = _Busy(times)
        if gives_up:
            busy.company = lambda *_args, **_more: None  # type: ignore[method-assign]
            with pytest.raises(ConflictError):
                _enrich(world, companies=busy)
        else:
            assert _enrich(world, companies=busy) is not None  # the other one's answer is fresh


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after it"])
def test_no_lead_has_a_company_that_is_not_on_file_whatever_call_fails(after: bool) -> None:
    undisturbed = World()
    undisturbed.ingest(message(AT_ACME))
    for number in range(1, undisturbed.calls.made + 1):
        world = World()
        world.calls.fail(at=number, after=after)
        with pytest.raises(TransientError):
            world.ingest(message(AT_ACME))
        companies = {company.id for company in on_file(world)}
        assert {of(lead) for lead in world.found() if lead.company} <= companies
        world.ingest(message(AT_ACME))
        assert [company.id for company in on_file(world)] == [of(lead) for lead in world.found()]
