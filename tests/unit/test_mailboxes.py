"""Asking about a mailbox: one verdict, paid for once, and nothing else paid for."""

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import pytest

from leadsignal.errors import NoCreditsError, ProviderError
from leadsignal.models.enrichment import Answer, Lookup, LookupKind, MailVerdict
from leadsignal.models.providers import Provider
from leadsignal.ports import Source
from leadsignal.services.mailboxes import LEAST_MS, Postmaster, verdict_on
from tests.fakes.credits import CreditWorld, owner

EMAIL = "ada@initech.com"
PATIENT_MS = 5_000


class Scripted:
    """A provider of verdicts that says what it is told to say."""

    kinds: frozenset[LookupKind] = frozenset({"email"})

    def __init__(self, answer: Answer | Exception, meanwhile: Callable[[], object]) -> None:
        self._answer = answer
        self._meanwhile = meanwhile
        self.asked: list[tuple[str, int]] = []

    def ask(self, lookup: Lookup, *, timeout_ms: int) -> Answer:
        self.asked.append((lookup.value, timeout_ms))
        self._meanwhile()
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def said(confidence: float = 0.9) -> Answer:
    return Answer(mail=MailVerdict(deliverable="yes", confidence=confidence, provider="prv_1"))


class World:
    """A tenant with credits and providers of verdicts."""

    def __init__(self, credits: int = 10) -> None:
        self.credits = CreditWorld(owner(monthly_credits=credits))
        self.providers: list[tuple[Provider, Scripted]] = []
        self._numbers = count(1)

    def add(
        self,
        answer: Answer | Exception,
        *,
        meanwhile: Callable[[], object] = lambda: None,
        **fields: Any,
    ) -> Scripted:
        source = Scripted(answer, meanwhile)
        known = {"id": f"prv_{len(self.providers)}", "name": "a", "kind": "hunter", "credits": 2}
        self.providers.append((Provider.model_validate(known | fields), source))
        return source

    def sources(self) -> Sequence[tuple[Provider, Source]]:
        return self.providers

    def ask(self, within_ms: int = PATIENT_MS) -> MailVerdict | None:
        postmaster = Postmaster(
            sources=self.sources,
            cashier=self.credits.cashier,
            key_id="key_1",
            daily_credits=None,
            new_id=lambda prefix: f"{prefix}_{next(self._numbers)}",
            now=self.credits.clock.read,
        )
        until = self.credits.clock.instant + within_ms
        verdict = verdict_on(EMAIL, postmaster=postmaster, until=until)
        self.credits.audit()
        return verdict

    @property
    def charged(self) -> int:
        return self.credits.account.charged

    @property
    def counted(self) -> list[tuple[str, str | None, int, int, int]]:
        rows = [usage for _, usage in self.credits.aside.usage(99, first="", before="~")]
        return sorted((u.provider, u.key_id, u.hits, u.misses, u.failures) for u in rows)


def test_the_first_who_knows_is_paid_and_nobody_else_is_asked() -> None:
    world = World()
    first, second = world.add(said()), world.add(said())
    assert world.ask() == said().mail
    assert (first.asked, second.asked) == ([(EMAIL, 2_000)], [])
    assert world.charged == 2
    assert world.counted == [("prv_0", "key_1", 1, 0, 0)]


@pytest.mark.parametrize("price", [0, 2])
def test_a_miss_a_failure_and_a_doubtful_verdict_cost_nothing(price: int) -> None:
    world = World()
    world.add(Answer(), credits=price)
    world.add(ProviderError("timeout"), credits=price)
    world.add(said(0.4), credits=price, min_confidence=0.5)
    world.add(said(0.5), credits=price, min_confidence=0.5)
    assert world.ask() == said(0.5).mail
    assert world.charged == price
    assert world.counted == [
        ("prv_0", "key_1", 0, 1, 0),
        ("prv_1", "key_1", 0, 0, 1),
        ("prv_2", "key_1", 0, 1, 0),
        ("prv_3", "key_1", 1, 0, 0),
    ]


def test_whoever_speaks_of_companies_is_not_asked_about_a_mailbox() -> None:
    world = World()
    others = [world.add(said(), kind=kind) for kind in ("embedded", "upload", "generic_json")]
    assert world.ask() is None
    assert [other.asked for other in others] == [[]] * 3


def test_who_is_too_dear_is_passed_over_for_who_is_not() -> None:
    world = World(credits=1)
    dear, cheap = world.add(said(), credits=2), world.add(said(), credits=1)
    assert world.ask() == said().mail
    assert (len(dear.asked), len(cheap.asked), world.charged) == (0, 1, 1)


def test_that_there_are_no_credits_is_told_when_nobody_else_knows() -> None:
    world = World(credits=1)
    world.add(said(), credits=2)
    world.add(Answer(), credits=1)
    world.add(said(), credits=3)
    with pytest.raises(NoCreditsError) as caught:
        world.ask()
    assert caught.value.limit == "balance"


def test_who_would_be_too_late_is_not_asked() -> None:
    world = World()
    first = world.add(Answer(), meanwhile=lambda: world.credits.clock.move(milliseconds=1_901))
    second = world.add(said())
    assert world.ask(within_ms=2_000) is None
    assert (len(first.asked), second.asked) == (1, [])
    assert world.ask(within_ms=LEAST_MS - 1) is None
    assert len(first.asked) == 1


def test_the_time_that_is_left_is_all_that_a_provider_gets() -> None:
    world = World()
    source = world.add(said())
    assert world.ask(within_ms=700) is not None
    assert source.asked == [(EMAIL, 700)]


def test_where_credits_cannot_be_reserved_nobody_is_asked() -> None:
    world = World()
    source = world.add(said())
    world.credits.calls.throttle(at=1, times=9)
    assert world.ask() is None
    assert (source.asked, world.charged) == ([], 0)


def test_a_verdict_stands_where_it_could_not_be_charged() -> None:
    world = World()
    world.add(said(), meanwhile=lambda: world.credits.calls.throttle(at=1, times=9))
    assert world.ask() == said().mail
    assert (world.charged, world.credits.account.reserved) == (0, 2)
