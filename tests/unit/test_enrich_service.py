"""Companies: two tiers, misses kept shorter, one way to change the lead."""

from datetime import timedelta
from typing import Any

import pytest

from leadsignal.domain.profiles import profile_of
from leadsignal.errors import ConflictError
from leadsignal.models.companies import Company
from leadsignal.models.enrichment import CompanyFacts
from leadsignal.models.leads import Lead
from leadsignal.models.messages import EnrichRequest
from leadsignal.models.profiles import Change, Settled
from leadsignal.services.enrich import enrich
from tests.fakes.clock import Clock
from tests.fakes.events import GAP, World, event, tenant
from tests.fakes.lookups import ScriptedSource, bench, lookup_desk, provider

ACME = CompanyFacts(
    domain="acme.com", name="Acme", employee_count=60, country="US", confidence=0.9, provider="book"
)


class Office:
    """One lead of acme.com whose company nobody has looked up yet."""

    def __init__(self, *known: CompanyFacts) -> None:
        self.world = World()
        self.clock = Clock()
        self.source = ScriptedSource(*known)
        self.world.apply([event(email="ada@acme.com")])
        [sent] = self.world.queue.take()
        self.request = EnrichRequest.model_validate_json(sent.body)
        self.leads = self.world.leads["ten_one"]

    def enrich(self, **changes: Any) -> Lead | None:
        source = (provider(), self.source)
        desk = lookup_desk(self.leads, source, tenant=tenant(), clock=self.clock)
        request = self.request.model_copy(update=changes)
        return enrich(request, bench=bench(desk, self.leads))

    def record(self) -> Company:
        company = self.leads.company(self.request.company_id)
        assert company is not None
        return company


def test_a_company_is_asked_for_when_its_domain_is_first_seen() -> None:
    office = Office()
    [lead] = office.world.found()
    assert lead.company is not None
    assert office.request.domain == "acme.com"
    assert (office.request.lead_id, office.request.company_id) == (lead.lead_id, lead.company.id)


def test_the_lead_gets_its_company_and_is_rescored_in_the_same_write() -> None:
    office = Office(ACME)
    [before] = office.world.found()
    lead = office.enrich()
    assert lead is not None
    assert lead == office.leads.slot(lead.lead_id)
    assert lead.version == before.version + 1
    assert lead.company is not None
    assert (lead.company.name, lead.company.employee_count) == ("Acme", 60)
    assert "large_company" in {part.rule_id for part in lead.score.contributions}
    known = office.record().fields
    said = ("type", "name", "employee_count", "employee_range", "country")
    assert {name: field.provider for name, field in known.items()} == dict.fromkeys(said, "book")


def test_doing_it_again_writes_nothing() -> None:
    office = Office(ACME)
    office.enrich()
    writes = office.world.calls.writes
    office.clock.move(hours=1)
    office.enrich()
    assert (office.world.calls.writes, office.source.asked) == (writes, ["acme.com"])


KEPT, KEPT_AS_A_MISS = timedelta(days=60), timedelta(days=1)


@pytest.mark.parametrize(
    ("known", "kept"), [((ACME,), KEPT), ((), KEPT_AS_A_MISS)], ids=["hit", "miss"]
)
def test_the_record_serves_until_it_is_old_and_a_miss_is_old_sooner(
    known: tuple[CompanyFacts, ...], kept: timedelta
) -> None:
    office = Office(*known)
    office.enrich()
    office.clock.now += kept - timedelta(milliseconds=1)
    office.enrich()
    assert office.source.asked == ["acme.com"]
    office.clock.move(milliseconds=1)
    office.enrich()
    assert office.source.asked == ["acme.com"] * 2


def test_a_company_that_became_known_later_reaches_the_lead() -> None:
    office = Office()
    first = office.enrich()
    assert first is not None
    assert first.company is not None
    assert (first.company.name, first.company.enriched_at) == (None, office.clock.instant)
    office.source.known["acme.com"] = ACME
    office.clock.now += KEPT_AS_A_MISS
    later = office.enrich()
    assert later is not None
    assert later.company is not None
    assert later.company.name == "Acme"


def test_a_lead_that_is_gone_is_left_alone() -> None:
    assert Office(ACME).enrich(lead_id="lead_gone") is None


def test_a_lead_that_belongs_to_another_company_by_now_is_left_alone() -> None:
    office = Office(ACME)
    writes = office.world.calls.writes
    lead = office.enrich(company_id="cmp_other", domain="other.com")
    assert lead is not None
    assert lead.version == 1
    assert office.world.calls.writes == writes + 1  # the other company's record


def test_a_lead_that_was_merged_away_is_filled_where_it_lives_now() -> None:
    office = Office(ACME)
    [known] = office.world.found()
    office.world.apply([event("m0", minutes=-60, anonymous_id=None, user_id="u1", trusted=True)])
    joining = event("m2", anonymous_id=None, user_id="u1", email="ada@acme.com", trusted=True)
    office.world.apply([joining])
    [lead] = office.world.found()
    assert known.lead_id in lead.merged_from
    filled = office.enrich()
    assert filled is not None
    assert filled.lead_id == lead.lead_id
    assert filled.company is not None
    assert filled.company.name == "Acme"


def test_another_lead_of_a_known_company_is_filled_at_once() -> None:
    office = Office(ACME)
    office.enrich()
    office.world.apply([event("m2", anonymous_id="b", email="bob@acme.com")])
    assert office.world.queue.take() == []
    assert [lead.company and lead.company.name for lead in office.world.found()] == ["Acme"] * 2


def test_a_conflict_with_another_writer_is_overcome() -> None:
    office = Office(ACME)

    [before] = office.world.found()

    def other_writer() -> None:
        other = before.model_copy(update={"version": 2, "email_kind": "free"})
        profile = profile_of(other, gap_ms=GAP, country=None)
        settled = Settled(lead=other, profile=profile, news=False)
        office.leads.write(Change(settled=(settled,)))

    writes = office.world.calls.log.count("PutItem")
    office.world.calls.interrupt(other_writer, at=2, operation="PutItem")  # the company's, its own
    lead = office.enrich()
    assert office.world.calls.log.count("PutItem") == writes + 4
    assert lead is not None
    assert lead.version == 3
    assert lead.company is not None
    assert lead.company.name == "Acme"


def test_a_writer_that_never_wins_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office(ACME)

    def lose(*_: object) -> None:
        raise ConflictError("again")

    monkeypatch.setattr(office.leads, "write", lose)
    with pytest.raises(ConflictError):
        office.enrich()


def test_leads_of_one_batch_ask_for_their_own_companies_only() -> None:
    world = World()
    batch = [
        event("m1", anonymous_id="a", email="ada@acme.com"),
        event("m2", anonymous_id="b", email="bob@umbrella.com"),
    ]
    for _ in range(2):  # the second time nothing is new, and nobody has answered yet
        world.apply(batch)
        sent = [EnrichRequest.model_validate_json(m.body).domain for m in world.queue.take()]
        assert sorted(sent) == ["acme.com", "umbrella.com"]


def test_a_school_is_the_organisation_of_its_people_but_gives_no_points_as_a_company() -> None:
    school = ACME.model_copy(update={"name": "Acme University", "type": "education"})
    office = Office(school)
    [before] = office.world.found()
    lead = office.enrich()
    assert "company" in {part.rule_id for part in before.score.contributions}
    assert lead is not None
    assert lead.company is not None
    assert (lead.company.name, lead.company.type) == ("Acme University", "education")
    assert "company" not in {part.rule_id for part in lead.score.contributions}
