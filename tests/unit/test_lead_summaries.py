"""A lead in the few words of an alert."""

from typing import Any

import pytest

from leadsignal.services.leads import LeadSummaries
from tests.fakes.events import World, event, page, tenant
from tests.fakes.stores import InMemoryTenants


def summaries(*sent: Any) -> tuple[LeadSummaries, World]:
    world, tenants = World(), InMemoryTenants()
    tenants.add_tenant(tenant())
    world.apply(sent)
    return LeadSummaries(tenants, lambda tenant_id: world.leads[tenant_id]), world


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"traits": {"first_name": "Ada", "last_name": "King"}}, "Ada King"),
        ({"traits": {"name": "Ada"}}, "Ada"),
        ({"email": "ada@acme.com"}, "ada@acme.com"),
        ({}, "Anonymous visitor"),
    ],
    ids=str,
)
def test_a_lead_is_called_by_the_best_name_there_is(changes: dict[str, Any], name: str) -> None:
    reader, world = summaries(event(**changes))
    [lead] = world.found()
    summary = reader.summary("ten_one", lead.lead_id)
    assert summary is not None
    assert summary.name == name


def test_a_summary_gives_the_strongest_reasons_and_the_last_page() -> None:
    reader, world = summaries(
        event("m1", minutes=0, context=page("/pricing")),
        event("m2", minutes=1, context=page("/demo")),
        event("m3", minutes=2, event="form_submitted", type="track", email="ada@acme.com"),
    )
    [lead] = world.found()
    summary = reader.summary("ten_one", lead.lead_id)
    assert summary is not None
    points = [reason.points for reason in summary.reasons]
    assert len(points) == 3
    assert points == sorted(points, reverse=True)
    assert points[0] == max(round(part.points) for part in lead.score.contributions)
    assert (summary.last_page, summary.domain) == ("acme.test/demo", "acme.com")
    assert (summary.score, summary.tier) == (lead.score.score, lead.score.tier)


def test_a_merged_lead_answers_its_survivor_and_a_missing_one_nothing() -> None:
    reader, world = summaries(
        event("m1", anonymous_id="a"),
        event("m2", anonymous_id=None, email="ada@acme.com"),
    )
    before = {lead.lead_id for lead in world.found()}
    world.apply([event("m3", minutes=1, anonymous_id="a", email="ada@acme.com")])
    names = {s.lead_id for lead_id in before if (s := reader.summary("ten_one", lead_id))}
    assert names == {lead.lead_id for lead in world.found()}
    assert reader.summary("ten_one", "lead_" + "a" * 26) is None
    assert reader.summary("ten_gone", next(iter(before))) is None
