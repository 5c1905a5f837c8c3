"""What became of a lead: the word of somebody, else its deals, else its status."""

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain.outcomes import Outcomes, outcome_of
from leadsignal.domain.profiles import profile_of
from leadsignal.models.deals import Deal
from leadsignal.models.leads import Lead, Member
from leadsignal.models.outcomes import Outcome, WonOrLost
from leadsignal.models.profiles import Profile
from tests.fakes.events import AT, GAP
from tests.unit.test_statements import statement, taught

DAY = 86_400_000
WON = {"outcome": "won", "at": AT, "amount": 500, "currency": "EUR"}


def deal(name: str, outcome: str = "open", day: int = 0, **fields: Any) -> Deal:
    """Return a deal that was closed some days after ``AT``."""
    closed = None if outcome == "open" else AT + day * DAY
    stored = {"id": name, "name": name, "outcome": outcome, "closed_at": closed}
    return Deal.model_validate(stored | {"created_at": AT, "updated_at": AT} | fields)


def profile(*members: Member) -> Profile:
    lead = Lead(lead_id="lead_1", members={f"lead_{n}": member for n, member in enumerate(members)})
    return profile_of(lead, gap_ms=GAP, country=None)


def said(**fields: Any) -> Profile:
    return profile(taught([statement(said=fields)]))


def told(outcome: WonOrLost, day: int, by: str) -> Outcome:
    """Return what a deal tells."""
    return Outcome(outcome=outcome, at=AT + day * DAY, source="deal", deal_id=by)


NOTHING = said(title="Head")


def test_the_word_of_somebody_goes_before_deals_and_these_before_the_status() -> None:
    stated = said(outcome=WON, status="lost")
    assert outcome_of(stated, [deal("d", "lost")]) == Outcome.model_validate(WON)
    found = outcome_of(said(status="lost"), [deal("d", "won", 3)])
    assert found == told("won", 3, "d")
    by_status = Outcome(outcome="lost", at=AT, source="status")
    assert outcome_of(said(status="lost")) == by_status
    assert outcome_of(said(status="open")) is None
    assert outcome_of(NOTHING) is None


@pytest.mark.parametrize(
    ("deals", "expected"),
    [
        pytest.param([deal("a")], None, id="one that is open decides nothing"),
        pytest.param([deal("a", "lost"), deal("b")], None, id="not lost while one is open"),
        pytest.param(
            [deal("a", "lost", 1), deal("b", "lost", 4)], ("lost", 4), id="lost with the last one"
        ),
        pytest.param(
            [deal("a", "lost", 1), deal("b", "won", 9), deal("c", "won", 6), deal("d")],
            ("won", 6),
            id="won with the first one that was",
        ),
    ],
)
def test_deals_tell_what_became_of_a_lead(
    deals: list[Deal], expected: tuple[str, int] | None
) -> None:
    for some in permutations(deals):
        found = outcome_of(NOTHING, some)
        assert ((found.outcome, (found.at - AT) // DAY) if found else None) == expected


def test_a_deal_tells_what_it_was_worth() -> None:
    won = deal("a", "won", amount=10**38 - 1, currency="JPY")
    found = outcome_of(NOTHING, [won])
    assert found is not None
    assert (found.amount, found.currency) == (10**38 - 1, "JPY")


def test_a_lead_has_the_deals_of_those_that_it_took_in() -> None:
    both = deal("b", "lost", 2, lead_ids=("lead_1", "lead_2"))
    outcomes = Outcomes([deal("a", "won", 1, lead_ids=("lead_2",)), both])
    lead = Lead(lead_id="lead_1", merged_from={"lead_2": "email:a@acme.com"})
    assert outcomes.of(lead, NOTHING) == told("won", 1, "a")
    alone = lead.model_copy(update={"merged_from": {}})
    assert outcomes.of(alone, NOTHING) == told("lost", 2, "b")
    other = lead.model_copy(update={"lead_id": "lead_3", "merged_from": {}})
    assert outcomes.of(other, NOTHING) is None


@given(
    outcomes=st.lists(st.sampled_from(("won", "lost", None)), min_size=1, max_size=5),
    order=st.randoms(use_true_random=False),
)
def test_the_last_word_on_an_outcome_stands_in_whatever_order_it_is_heard(
    outcomes: list[str | None], order: Any
) -> None:
    words = [
        statement(
            f"s{n}", minutes=n, said={"outcome": {"outcome": each, "at": AT} if each else None}
        )
        for n, each in enumerate(outcomes)
    ]
    order.shuffle(words)
    found = profile(taught(words)).outcome
    assert (found.outcome if found else None) == outcomes[-1]
    split = [taught([word]) for word in words]
    assert profile(*split).outcome == found
