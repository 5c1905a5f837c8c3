"""Deals over the real stores: whole whatever breaks, and found by every lead that they name."""

from collections.abc import Callable, Collection, Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadsignal.adapters.dynamodb.deals import DynamoDeals
from leadsignal.adapters.dynamodb.table import Table
from leadsignal.domain.deals import counted, deal_facts, stated
from leadsignal.domain.outcomes import Outcomes
from leadsignal.domain.profiles import profile_of
from leadsignal.errors import ConflictError, InvalidInputError, NotFoundError, TransientError
from leadsignal.models.deals import Deal, DealPatch, DealRequest
from leadsignal.models.leads import Lead
from leadsignal.models.preconditions import ANY_VERSION
from leadsignal.services.deals import (
    ATTEMPTS,
    DealDesk,
    change_deal,
    create_deal,
    deal_views,
    find_deal,
    leave_deals,
    outcome_view,
    remove_deal,
)
from leadsignal.services.deletion import delete_lead
from tests.fakes.clock import NOW
from tests.fakes.events import AT, GAP, World, event, tenant

WON = DealPatch(outcome="won")


class Contested(DynamoDeals):
    """Deals that somebody else always writes first, for so many times."""

    times = ATTEMPTS

    def _lose(self) -> None:
        if self.times:
            self.times -= 1
            raise ConflictError("somebody else was first")

    def save(
        self, deal: Deal, *, names: Collection[str] = (), beside: Collection[Lead] = ()
    ) -> Deal:
        self._lose()
        return super().save(deal, names=names, beside=beside)

    def remove(self, deal: Deal) -> None:
        self._lose()
        super().remove(deal)


class Office:
    """One tenant with three leads, and its deals."""

    def __init__(self) -> None:
        self.world = World()
        self.world.apply([event(f"m{n}", user_id=n, anonymous_id=None) for n in "abc"])
        self.world.settle()
        self.leads = sorted(lead.lead_id for lead in self.world.found())
        self.stores = self.world.stores["ten_one"]
        self.desk = DealDesk(
            tenant=tenant(),
            deals=self.stores.deals,
            snapshots=self.stores.snapshots,
            companies=self.stores.leads,
        )
        self._ids = count(1)

    def contested(self, times: int = ATTEMPTS) -> DealDesk:
        deals = Contested(Table(self.world.db.client, "LeadTable"), "ten_one")
        deals.times = times
        return self.desk._replace(deals=deals)

    def new_id(self, prefix: str) -> str:
        return f"{prefix}_{next(self._ids):024d}"

    def create(self, *leads: str, desk: DealDesk | None = None, **fields: Any) -> Deal:
        request = DealRequest(name="x", lead_ids=leads, **fields)
        return create_deal(request, desk=desk or self.desk, new_id=self.new_id, now=NOW)

    def change(self, deal: Deal, patch: DealPatch, desk: DealDesk | None = None) -> Deal:
        desk = desk or self.desk
        return change_deal(deal.id, patch, demand=ANY_VERSION, desk=desk, now=NOW)

    def remove(self, deal: Deal, desk: DealDesk | None = None) -> None:
        remove_deal(deal.id, demand=ANY_VERSION, deals=(desk or self.desk).deals)

    def delete(self, lead_id: str) -> None:
        desk = self.world.desk("ten_one")
        delete_lead(lead_id, precondition=ANY_VERSION, desk=desk, now=NOW)

    def of(self, lead_id: str) -> list[str]:
        """Return the ids of the deals that a lead is found in."""
        found = self.stores.deals.of_leads([lead_id], after=None, ascending=True, ahead=10)
        return [deal.id for deal in found]

    def all(self) -> dict[str, Deal]:
        self.world.settle()
        found = self.stores.deals.entries(after=None, ascending=True, ahead=2)
        return {deal.id: deal for deal in found}


@pytest.fixture
def office() -> Office:
    return Office()


# ─── Fields ──────────────────────────────────────────────────────────────────────────────────────


def test_what_was_closed_at_the_beginning_of_time_was_closed_then() -> None:
    given = {"name": "x", "outcome": "won", "closed_at": 0}
    assert stated(given, None, now=AT)["closed_at"] == 0


def test_everything_that_is_wrong_with_a_deal_is_said_at_once() -> None:
    with pytest.raises(InvalidInputError) as refused:
        stated({"amount": 1, "closed_at": 5}, None, now=AT)
    assert [problem.where for problem in refused.value.problems] == ["/currency", "/closed_at"]


@given(
    steps=st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "outcome": st.sampled_from(("won", "lost", "open", None)),
                "closed_at": st.sampled_from((AT - 5, AT, None)),
                "amount": st.sampled_from((5, None)),
                "currency": st.sampled_from(("eur", "JPY", None)),
                "lead_ids": st.sampled_from((("b", "a", "b"), (), None)),
            },
        ),
        max_size=6,
    )
)
def test_a_deal_is_closed_just_while_it_is_won_or_lost(steps: list[dict[str, Any]]) -> None:
    deal = Deal(id="d", name="x", created_at=AT, updated_at=AT)
    told = 0
    for number, step in enumerate(steps, start=1):
        try:
            fields = stated(step, deal, now=AT + number)
        except InvalidInputError:
            continue
        after = deal.model_copy(update=fields)
        assert (after.outcome == "open") == (after.closed_at is None)
        assert after.amount is None or after.currency in ("EUR", "JPY")
        assert len(set(after.lead_ids)) == len(after.lead_ids)
        assert stated(step, after, now=AT + 99) == fields  # sent again it changes nothing
        if after != deal:
            after = counted(deal, after).model_copy(update={"version": number})
            facts = deal_facts(deal, after, tenant_id="ten_one")
            assert [fact.sequence for fact in facts] == list(range(told + 1, after.sequence + 1))
            became = after.outcome if after.outcome != deal.outcome else None
            kinds = [fact.type for fact in facts]
            assert kinds == ["deal.updated"] + [f"deal.{became}"] * (became in ("won", "lost"))
            told = after.sequence
        deal = after


# ─── Leads ───────────────────────────────────────────────────────────────────────────────────────


def test_a_deal_is_found_by_each_of_its_leads_until_it_names_them_no_more(office: Office) -> None:
    one, other, third = office.leads
    deal = office.create(one, other)
    office.change(deal, DealPatch(lead_ids=(other, third)))
    assert [office.of(lead_id) for lead_id in office.leads] == [[], [deal.id], [deal.id]]
    office.change(deal, DealPatch(lead_ids=(one,)))
    assert [office.of(lead_id) for lead_id in office.leads] == [[deal.id], [], []]
    office.remove(deal)
    assert office.of(one) == []


def test_a_deal_can_be_with_fifty_leads_and_with_fifty_others_then(office: Office) -> None:
    events = [event(f"n{n}", user_id=f"n{n}", anonymous_id=None) for n in range(100)]
    office.world.apply(events)
    office.world.settle()
    leads = sorted(lead.lead_id for lead in office.world.found())[:100]
    deal = office.create(*leads[:50])
    changed = office.change(deal, DealPatch(lead_ids=tuple(leads[50:])))
    assert changed.lead_ids == tuple(leads[50:])
    assert office.of(leads[0]) == []
    assert office.of(leads[99]) == [deal.id]


def test_a_lead_that_is_deleted_while_a_deal_is_made_is_not_in_it(office: Office) -> None:
    one, other, _ = office.leads
    office.world.calls.interrupt(lambda: office.delete(one), at=1, operation="TransactWriteItems")
    with pytest.raises(InvalidInputError):
        office.create(one, other)
    assert office.all() == {}


def test_a_lead_that_comes_back_is_in_no_deal_of_the_one_before(office: Office) -> None:
    one, other, _ = office.leads
    deal = office.create(one, other, outcome="won")
    office.delete(one)
    office.world.apply([event("again", user_id=n, anonymous_id=None) for n in "abc"])
    assert one in {lead.lead_id for lead in office.world.found()}
    assert (office.of(one), office.of(other)) == ([], [deal.id])
    assert office.all()[deal.id].lead_ids == (other,)


def test_who_finishes_a_deletion_late_leaves_later_deals_alone(office: Office) -> None:
    one = office.leads[0]
    old = office.create(one)
    deals, later = office.stores.deals, NOW + timedelta(seconds=1)
    new = create_deal(
        DealRequest(name="y", lead_ids=(one,)), desk=office.desk, new_id=office.new_id, now=later
    )
    leave_deals(one, until=AT, deals=deals, now=later)
    assert office.of(one) == [new.id]
    assert deals.links_of(one)[0].deal_id == new.id
    assert office.all()[old.id].lead_ids == ()


def test_a_deal_that_names_a_lead_anew_while_it_is_taken_out_keeps_it(office: Office) -> None:
    one = office.leads[0]
    deal, later = office.create(one), NOW + timedelta(seconds=1)

    def again() -> None:
        for lead_ids in ((), (one,)):
            patch = DealPatch(lead_ids=lead_ids)
            change_deal(deal.id, patch, demand=ANY_VERSION, desk=office.desk, now=later)

    office.world.calls.interrupt(again, at=1, operation="PutItem")
    leave_deals(one, until=AT, deals=office.stores.deals, now=later)
    assert office.of(one) == [deal.id]


def test_a_link_whose_deal_is_gone_is_cleared(office: Office) -> None:
    one = office.leads[0]
    deal = office.create(one)
    office.world.calls.fail(at=1, operation="BatchWriteItem")
    with pytest.raises(TransientError):
        office.remove(deal)
    assert office.of(one) == []
    leave_deals(one, until=AT, deals=office.stores.deals, now=NOW)
    assert office.stores.deals.links_of(one) == []


def test_a_deal_shows_each_lead_once_and_no_slot_that_is_none(office: Office) -> None:
    one = office.leads[0]
    deal = office.create(one).model_copy(update={"lead_ids": (one, "lead_" + "a" * 26, "x")})
    [view] = deal_views([deal], desk=office.desk)
    assert view.lead_ids == (one,)


# ─── Others at the same time ─────────────────────────────────────────────────────────────────────


def test_a_change_that_others_came_before_is_made_on_top_of_theirs(office: Office) -> None:
    deal = office.create(office.leads[0])

    def first() -> None:
        office.change(deal, DealPatch(stage="proposal"))

    office.world.calls.interrupt(first, at=1, operation="PutItem")
    changed = office.change(deal, WON)
    assert (changed.stage, changed.outcome, changed.version) == ("proposal", "won", 3)
    assert changed.sequence == 4


def test_what_lost_some_times_is_done_and_gives_up_in_the_end(office: Office) -> None:
    deal = office.create(office.leads[0], desk=office.contested(ATTEMPTS - 1))
    assert office.change(deal, WON, office.contested(ATTEMPTS - 1)).outcome == "won"
    for give_up in (
        lambda: office.create(desk=office.contested()),
        lambda: office.change(deal, DealPatch(stage="x"), office.contested()),
        lambda: office.remove(deal, office.contested()),
        lambda: leave_deals(deal.lead_ids[0], until=AT, deals=office.contested().deals, now=NOW),
    ):
        with pytest.raises(ConflictError):
            give_up()
    office.remove(deal, office.contested(ATTEMPTS - 1))
    with pytest.raises(NotFoundError):
        find_deal(deal.id, deals=office.stores.deals)


def test_the_run_of_a_request_before_is_met_again(office: Office) -> None:
    deal = office.create(office.leads[0], outcome="won")
    office._ids = count(1)
    assert office.create(office.leads[0], outcome="won") == deal


# ─── Crashes ─────────────────────────────────────────────────────────────────────────────────────


def _outcomes(office: Office) -> dict[str, str | None]:
    """Return what became of each lead: by all deals of the tenant, and by its own alike."""
    everything = Outcomes(office.all().values())
    found: dict[str, str | None] = {}
    for lead in office.world.found():
        told = everything.of(lead, profile_of(lead, gap_ms=GAP, country=None))
        found[lead.lead_id] = told.outcome if told else None
        alone = outcome_view(lead, desk=office.desk)
        assert alone.outcome == (told.outcome if told else "open")
        assert alone.deal_id == (told.deal_id if told else None)
    return found


steps = st.lists(
    st.tuples(
        st.sampled_from(("d1", "d2")),
        st.lists(st.integers(0, 2), max_size=2, unique=True),
        st.sampled_from(("won", "lost", "open")),
        st.integers(0, 8),
        st.booleans(),
    ),
    max_size=6,
)


def _retried(act: Callable[[], object]) -> None:
    for _ in range(3):
        try:
            act()
        except TransientError:
            continue
        return


@settings(max_examples=40)
@given(steps=steps)
def test_leads_follow_their_deals_whatever_breaks(steps: list[Any]) -> None:
    office = Office()
    made: dict[str, Deal] = {}
    wanted: dict[str, tuple[list[str], str]] = {}
    for name, leads, outcome, at, after in steps:
        ids = tuple(office.leads[n] for n in leads)
        if at:
            office.world.calls.fail(at=at, after=after)
        if name in made:
            patch = DealPatch(lead_ids=ids, outcome=outcome)
            _retried(lambda: office.change(made[name], patch))  # noqa: B023
        else:
            number = len(made) + 1

            def create() -> None:
                office._ids = count(number)  # noqa: B023 - the same request makes the same id
                made[name] = office.create(*ids, outcome=outcome)  # noqa: B023

            _retried(create)
        office.world.calls.stop()
        wanted[made[name].id] = (list(ids), outcome)
    assert {d.id: (list(d.lead_ids), d.outcome) for d in office.all().values()} == wanted
    for lead_id in office.leads:
        mine = [deal_id for deal_id, (ids, _) in sorted(wanted.items()) if lead_id in ids]
        assert office.of(lead_id) == mine
    told = _outcomes(office)
    assert {lead_id: told[lead_id] for lead_id in office.leads} == {
        lead_id: _expected(result for ids, result in wanted.values() if lead_id in ids)
        for lead_id in office.leads
    }


def _expected(results: Iterator[str]) -> str | None:
    known = list(results)
    if "won" in known:
        return "won"
    return "lost" if known and set(known) == {"lost"} else None
