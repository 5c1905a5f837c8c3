"""Providers are asked in their order, each for what is still wanted, and paid for hits alone."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadsignal.adapters.dynamodb.credits import DynamoCredits
from leadsignal.errors import NoCreditsError, ProviderError
from leadsignal.models.companies import Company
from leadsignal.models.credits import Account
from leadsignal.models.enrichment import Answer, CompanyFacts, Lookup, NetworkMatch
from leadsignal.models.instants import DAY_MS
from leadsignal.models.leads import LeadCompany
from leadsignal.models.lookups import Identification
from leadsignal.models.messages import LAST_ATTEMPT, CompanyRequest
from leadsignal.models.providers import Provider
from leadsignal.models.tenants import Tenant
from leadsignal.runtime.flights import RecentSights
from leadsignal.services.credits import LONGEST_PAUSE_SECONDS, reallow
from leadsignal.services.enrich import complete
from leadsignal.services.flights import LEFT_ALONE_MS, Asking, LookupDesk
from leadsignal.services.lookups import Sight, identify, look_up
from tests.fakes.clock import Clock
from tests.fakes.events import World, tenant
from tests.fakes.lookups import ScriptedSource, bench, directory, lookup_desk, provider
from tests.fakes.queues import InMemoryQueue
from tests.fakes.turns import Stepping, Turns

ACME = CompanyFacts(
    domain="acme.com",
    name="Acme",
    industry="Steel",
    employee_count=60,
    country="US",
    confidence=0.9,
    provider="",
)
BY_DOMAIN = Lookup(kind="domain", value="acme.com")
PAID: dict[str, Any] = {"credits": 2}
PARTS: dict[str, dict[str, Any]] = {
    "name": {"name": "Acme"},
    "rest": {"industry": "Steel", "employee_count": 60, "country": "US"},
}


def facts(**said: Any) -> CompanyFacts:
    return CompanyFacts(domain="acme.com", confidence=0.9, provider="", **said)


class Counter:
    """One tenant's look-ups: each call of ``identify`` is by another worker, without memory."""

    def __init__(self, *sources: tuple[Provider, ScriptedSource], **changes: Any) -> None:
        self.world = World(tenant())
        self.tenant = tenant().model_copy(update={"monthly_credits": 100} | changes)
        self.clock = Clock()
        self.leads = self.world.leads["ten_one"]
        self.queue = InMemoryQueue()
        self.sources = sources
        self.memory: RecentSights | None = None
        self.payer: dict[str, Any] = {}

    @property
    def desk(self) -> LookupDesk:
        return lookup_desk(
            self.leads, *self.sources, tenant=self.tenant, clock=self.clock, **self.payer
        )

    def sight(self, lookup: Lookup = BY_DOMAIN, **asking: Any) -> Sight:
        found = directory(self.desk, queue=self.queue, memory=self.memory)
        until = self.clock.instant + asking.pop("timeout_ms", 2_500)
        [sight] = look_up([lookup], asking=Asking(until=until, **asking), directory=found)
        return sight

    def identify(self, lookup: Lookup = BY_DOMAIN, **asking: Any) -> Identification:
        return self.sight(lookup, **asking).shown()

    def account(self) -> Account:
        desk = self.desk
        return reallow(cashier=desk.payer.cashier, now=self.clock.now)

    def record(self) -> Company:
        [company] = [
            company
            for item in self.world.db.aside().client.scan(TableName="LeadTable")["Items"]
            if item["sk"]["S"] == "COMPANY"
            and (company := self.leads.company(item["pk"]["S"].rpartition("#")[2]))
        ]
        return company


def paid(name: str = "paid", **changes: Any) -> Provider:
    return provider(name, **(PAID | changes))


def test_a_hit_is_charged_once_and_kept() -> None:
    source = ScriptedSource(ACME)
    counter = Counter((paid(), source))
    first, again = counter.identify(), counter.identify()
    assert first.company is not None
    assert (first.company.name, first.cache, first.credits_charged) == ("Acme", "miss", 2)
    assert (again.company, again.cache, again.credits_charged) == (first.company, "short", 0)
    assert source.asked == ["acme.com"]
    account = counter.account()
    assert (account.balance, account.charged, account.reserved) == (98, 2, 0)


def test_who_gets_no_turn_at_the_credits_in_time_asks_the_others_and_pays_nothing() -> None:
    dear, free = ScriptedSource(ACME), ScriptedSource(facts(**PARTS["rest"]))
    counter = Counter((paid(), dear), (provider("free"), free))
    began = counter.clock.instant
    counter.world.calls.conflict(at=1, times=10_000)
    found = counter.identify()
    assert found.company is not None
    assert (found.company.employee_count, found.credits_charged, dear.asked) == (60, 0, [])
    assert counter.clock.instant - began < 2_500 + 1_000 * LONGEST_PAUSE_SECONDS
    counter.world.calls.stop()
    assert counter.identify().credits_charged == 2


def test_a_worker_remembers_and_after_a_day_the_record_answers() -> None:
    counter = Counter((paid(), ScriptedSource(ACME)))
    counter.memory = RecentSights()
    assert [counter.identify().cache for _ in range(2)] == ["miss", "memory"]
    counter.clock.move(seconds=60)
    assert counter.identify().cache == "short"
    counter.memory = None
    counter.clock.move(days=1)
    found = counter.identify()
    assert (found.cache, found.credits_charged) == ("long", 0)


def test_a_miss_costs_nothing_and_is_known_for_a_day() -> None:
    source = ScriptedSource()
    counter = Counter((paid(), source))
    assert counter.identify() == Identification()
    counter.clock.move(minutes=59)
    assert counter.identify().cache == "short"
    counter.clock.move(hours=22)
    assert counter.identify().company is None
    assert source.asked == ["acme.com"]
    counter.clock.move(hours=2)
    counter.identify()
    assert source.asked == ["acme.com"] * 2
    assert counter.account().charged == 0


def test_each_is_asked_only_while_something_is_wanted_of_it() -> None:
    free = ScriptedSource(facts(**PARTS["name"]))
    first = ScriptedSource(facts(**PARTS["rest"]))
    last = ScriptedSource(facts(city="Rotterdam"))
    phones = ScriptedSource(facts(phone="+31 20 123 4567", name="Phones"))
    counter = Counter(
        (provider("free", kind="generic_json"), free),
        (paid("first"), first),
        (paid("last"), last),
        (paid("phones", fields=("phone",)), phones),
    )
    found = counter.identify()
    assert found.company is not None
    assert (found.company.name, found.company.employee_count) == ("Acme", 60)
    assert (found.company.phone, found.company.city) == ("+31201234567", None)
    assert (last.asked, phones.asked, found.credits_charged) == ([], ["acme.com"], 4)
    by = {name: known.provider for name, known in counter.record().fields.items()}
    assert (by["name"], by["industry"], by["phone"]) == ("free", "first", "phones")


def test_the_earlier_in_the_order_is_right_whoever_was_asked_first() -> None:
    early, late = ScriptedSource(), ScriptedSource(facts(name="Late", city="Late"))
    counter = Counter((paid("early"), early), (paid("late"), late))
    counter.identify()
    early.known["acme.com"] = facts(name="Early")
    counter.clock.move(days=1, hours=1)
    counter.identify()  # answers with what there is
    [sent] = counter.queue.take()
    complete(
        CompanyRequest.model_validate_json(sent.body),
        bench=bench(counter.desk, counter.leads, queue=counter.queue),
    )
    known = counter.record().fields
    assert {name: known[name].value for name in ("name", "city")} == {
        "name": "Early",
        "city": "Late",
    }


def test_who_is_not_sure_enough_is_not_believed_and_not_paid() -> None:
    source = ScriptedSource(ACME)
    counter = Counter((paid(min_confidence=0.95), source))
    assert counter.identify().company is None
    assert counter.account().charged == 0


@pytest.mark.parametrize("reason", ["timeout", "throttled", "refused", "invalid", "error"])
def test_a_failure_costs_nothing_is_not_repeated_at_once_and_asked_for_in_the_background(
    reason: Any,
) -> None:
    failing, other = ScriptedSource(), ScriptedSource(facts(name="Acme"))
    failing.fails = ProviderError(reason)
    counter = Counter((paid("failing"), failing), (paid("other"), other))
    found = counter.identify()
    assert found.company is not None
    assert (found.company.name, found.pending, found.credits_charged) == ("Acme", True, 2)
    counter.identify()
    assert len(failing.asked) == 1
    [sent, *_] = counter.queue.take()
    request = CompanyRequest.model_validate_json(sent.body)
    assert (request.domain, request.deep, sent.delay_seconds) == ("acme.com", True, 2)
    counter.clock.now += LEFT_ALONE_MS * (counter.clock.now.resolution * 1_000)
    counter.identify()
    assert len(failing.asked) == 2


def test_what_failed_is_asked_again_when_it_allows_and_not_for_ever() -> None:
    source = ScriptedSource()
    source.fails = ProviderError("throttled", retry_after_seconds=120)
    counter = Counter((paid(), source))
    counter.identify()
    [sent] = counter.queue.take()
    request = CompanyRequest.model_validate_json(sent.body).model_copy(update={"attempt": 1})
    desk = bench(counter.desk, counter.leads, queue=counter.queue)
    delays = []
    complete(request, bench=desk)
    while again := counter.queue.take():
        delays.append(again[0].delay_seconds)
        counter.clock.move(seconds=delays[-1])
        complete(CompanyRequest.model_validate_json(again[0].body), bench=desk)
    assert len(delays) == LAST_ATTEMPT - 1
    assert min(delays) >= 118
    assert counter.account().charged == 0


def test_who_failed_a_moment_ago_is_asked_by_nobody_else_either() -> None:
    source = ScriptedSource()
    source.fails = ProviderError("error")
    counter = Counter((paid(), source))
    counter.identify()
    [sent] = counter.queue.take()
    request = CompanyRequest.model_validate_json(sent.body)
    complete(request, bench=bench(counter.desk, counter.leads, queue=counter.queue))
    assert len(source.asked) == 1


def test_a_look_up_that_failed_is_tried_once_more_and_then_left_to_its_caller() -> None:
    source = ScriptedSource()
    source.fails = ProviderError("error")
    counter = Counter((paid(), source))
    counter.identify()
    [sent] = counter.queue.take()
    counter.clock.move(seconds=600)
    request = CompanyRequest.model_validate_json(sent.body)
    complete(request, bench=bench(counter.desk, counter.leads, queue=counter.queue))
    assert (len(source.asked), counter.queue.take()) == (2, [])


def test_an_answer_that_comes_after_its_lease_is_kept_but_not_paid_for() -> None:
    source = ScriptedSource(ACME)
    counter = Counter((paid(), source))
    others: list[Identification] = []

    def overtaken() -> None:
        source.then = lambda: None
        counter.clock.move(seconds=10)
        others.append(counter.identify())

    source.then = overtaken
    late = counter.identify()
    assert late.company is not None
    assert (late.credits_charged, [each.credits_charged for each in others]) == (0, [2])
    assert (len(source.asked), counter.account().charged) == (2, 2)
    assert counter.account().reserved == 0


def test_no_question_takes_longer_than_there_is_time() -> None:
    counter = Counter()
    slow = ScriptedSource(ACME, clock=counter.clock, takes_ms=10_000)
    quick = ScriptedSource(ACME, clock=counter.clock)
    counter.sources = ((paid("slow", timeout_ms=2_000), slow), (paid("quick"), quick))
    found = counter.identify(timeout_ms=2_600)
    assert (slow.timeouts, quick.timeouts) == ([2_000], [600])
    assert found.company is not None
    assert counter.account().charged == 2


def test_when_no_time_is_left_nobody_is_asked_and_it_follows() -> None:
    counter = Counter()
    slow = ScriptedSource(ACME, clock=counter.clock, takes_ms=10_000)
    late = ScriptedSource(ACME)
    counter.sources = ((paid("slow", timeout_ms=2_490), slow), (paid("late"), late))
    found = counter.identify()
    assert (found.pending, late.asked) == (True, [])
    [sent] = counter.queue.take()
    complete(
        CompanyRequest.model_validate_json(sent.body),
        bench=bench(counter.desk, counter.leads, queue=counter.queue),
    )
    assert late.asked == ["acme.com"]
    record = counter.record()
    assert (record.value("name"), record.sequence) == ("Acme", 1)


def test_without_credits_there_is_what_is_free() -> None:
    free, dear = ScriptedSource(facts(name="Acme")), ScriptedSource(ACME)
    counter = Counter((provider("free"), free), (paid(credits=101), dear))
    sight = counter.sight()
    assert isinstance(sight.no_credits, NoCreditsError)
    assert sight.record is not None
    assert sight.record.value("name") == "Acme"
    assert (dear.asked, counter.account().balance) == ([], 100)


def test_who_asks_for_free_pays_nobody() -> None:
    dear = ScriptedSource(ACME)
    counter = Counter((paid(), dear))
    counter.identify(deep=False)
    assert dear.asked == []


def test_a_refresh_asks_again_and_people_are_not_overruled() -> None:
    source = ScriptedSource(ACME)
    counter = Counter((paid(), source))
    counter.identify()
    counter.clock.move(hours=1)
    source.known["acme.com"] = facts(name="Renamed", **PARTS["rest"])
    found = counter.identify(since=counter.clock.instant)
    assert found.company is not None
    assert (found.company.name, found.credits_charged, len(source.asked)) == ("Renamed", 2, 2)


def test_what_is_past_its_time_is_served_while_it_is_asked_for_anew() -> None:
    source = ScriptedSource(ACME)
    counter = Counter((paid(), source), company_days=30)
    counter.identify()
    counter.clock.move(days=31)
    found = counter.identify()
    assert found.company is not None
    assert (found.company.name, found.cache, found.credits_charged) == ("Acme", "long", 0)
    [sent] = counter.queue.take()
    assert (source.asked, sent.delay_seconds) == (["acme.com"], 0)
    complete(
        CompanyRequest.model_validate_json(sent.body),
        bench=bench(counter.desk, counter.leads, queue=counter.queue),
    )
    assert len(source.asked) == 2
    counter.clock.move(days=61)
    assert counter.identify().credits_charged == 2  # beyond that it is waited for


NETWORK = NetworkMatch(asn=1, type="company", confidence=0.8, name="Acme Net")


def test_an_address_nobody_knows_at_home_is_asked_for_once() -> None:
    source = ScriptedSource(kinds=("ip",), answers={"9.9.9.9": Answer(company=ACME)})
    other = ScriptedSource(kinds=("ip",))
    counter = Counter((paid("first"), source), (paid("other"), other))
    counter.world.leads["ten_one"]
    lookup = Lookup(kind="ip", value="9.9.9.9")
    by_ip = _unlabelled(counter)
    first = by_ip(lookup)
    assert first.company is not None
    assert (first.company.domain, first.match.type, first.credits_charged) == (
        "acme.com", "company", 2,
    )  # fmt: skip
    again = by_ip(lookup)
    assert (again.company, again.credits_charged) == (first.company, 0)
    assert (source.asked, other.asked) == (["9.9.9.9"], [])
    assert by_ip(Lookup(kind="ip", value="9.9.9.8")).company is None
    assert counter.account().charged == 2


@pytest.mark.parametrize("address", ["10.0.0.1", "::1", "192.0.2.7", "fe80::1"])
def test_nobody_is_asked_for_an_address_that_is_not_public(address: str) -> None:
    source = ScriptedSource(ACME, kinds=("ip",))
    counter = Counter((paid(), source))
    found = _unlabelled(counter)(Lookup(kind="ip", value=address))
    assert (found.match.type, source.asked) == ("unknown", [])


def test_a_network_without_a_domain_is_known_by_its_name() -> None:
    source = ScriptedSource(kinds=("ip",), answers={"9.9.9.9": Answer(network=NETWORK)})
    counter = Counter((paid(), source))
    by_ip = _unlabelled(counter)
    found = [by_ip(Lookup(kind="ip", value="9.9.9.9")) for _ in range(2)]
    assert [each.company and each.company.name for each in found] == ["Acme Net"] * 2
    assert [each.credits_charged for each in found] == [2, 0]
    assert [each.cache for each in found] == ["miss", "short"]


def _unlabelled(counter: Counter) -> Any:
    """Return what identifies where no network is labelled at home."""

    class Nowhere:
        def match(self, ip: str) -> NetworkMatch:
            del ip
            return NetworkMatch()

    def ask(lookup: Lookup) -> Identification:
        place = directory(counter.desk, queue=counter.queue)._replace(networks=Nowhere())
        asking = Asking(until=counter.clock.instant + 2_500)
        return identify(lookup, asking=asking, directory=place)

    return ask


def test_a_company_that_only_leads_told_of_is_known_by_its_name() -> None:
    counter = Counter((provider(), ScriptedSource()))
    assert counter.sight().record is None
    counter.leads.save_company(
        Company(
            id=_acme_id(counter.tenant),
            domain="acme.com",
            first_known=LeadCompany(id=_acme_id(counter.tenant), name="Acme"),
        )
    )
    found = counter.identify()
    assert found.company is not None
    assert (found.company.name, found.match.confidence) == ("Acme", 0.5)


def _acme_id(owner: Tenant) -> str:
    from leadsignal.domain.companies import company_id
    from leadsignal.domain.secrets import derive

    return company_id(derive(owner, "companies"), "acme.com")


class Outcome:
    """How the provider fares at each call: a hit, a miss or a failure."""

    def __init__(self, kinds: list[str], source: ScriptedSource) -> None:
        self._kinds = kinds
        self._source = source

    def next(self) -> None:
        kind = self._kinds[(len(self._source.asked) - 1) % len(self._kinds)]
        self._source.known = {"acme.com": ACME} if kind == "hit" else {}
        self._source.fails = ProviderError("error") if kind == "failure" else None


@settings(max_examples=150, deadline=None)
@given(
    callers=st.integers(2, 5),
    choices=st.lists(st.integers(0, 4), min_size=1, max_size=60),
    kills=st.sets(st.integers(0, 60), max_size=3),
    kinds=st.lists(st.sampled_from(["hit", "miss", "failure"]), min_size=1, max_size=4),
    takes_ms=st.integers(0, 3_000),
)
def test_whoever_asks_crashes_or_is_late_a_question_is_paid_for_once(
    callers: int, choices: list[int], kills: set[int], kinds: list[str], takes_ms: int
) -> None:
    counter = Counter()
    source = ScriptedSource(clock=counter.clock, takes_ms=takes_ms)
    source.then = Outcome(kinds, source).next
    counter.sources = ((paid(timeout_ms=3_000), source),)
    order, steps = iter(choices * 400), iter(range(10**6))
    turns = Turns(lambda _: next(order))

    def kill() -> bool:
        return next(steps) in kills

    def desk() -> LookupDesk:
        plain = counter.desk
        ids = iter(range(10**6))
        own = f"{id(ids)}"
        return plain._replace(
            cache=Stepping(plain.cache, turns, kill=kill),
            companies=Stepping(plain.companies, turns, kill=kill),
            sources=lambda: [(p, Stepping(s, turns, kill=kill)) for p, s in counter.sources],
            new_id=lambda prefix: f"{prefix}_{own}_{next(ids)}",
        )

    seen: list[Sight] = []

    def ask() -> None:
        place = directory(desk(), queue=InMemoryQueue())
        asking = Asking(until=counter.clock.instant + 2_500)
        seen.extend(look_up([BY_DOMAIN], asking=asking, directory=place))

    turns.run([ask] * callers)
    counter.clock.move(minutes=2)
    account = counter.account()
    assert account.charged in (0, 2)
    assert account.charged >= sum(sight.charged for sight in seen)
    if not kills:
        assert account.charged == sum(sight.charged for sight in seen)
    later = counter.identify()  # whatever was left behind, the next one gets its answer
    assert later.company is not None or set(kinds) != {"hit"}
    ledger = DynamoCredits(counter.leads.table, "ten_one").read().account
    assert ledger.balance + ledger.reserved + ledger.charged == 100
    assert ledger.charged in (0, 2)


def test_what_is_known_a_day_later_is_still_the_record() -> None:
    counter = Counter((paid(), ScriptedSource(ACME)))
    counter.identify()
    record = counter.record()
    assert record.fields["name"].credits == 2
    assert record.fields["name"].expires_at == counter.clock.instant + 60 * DAY_MS
    assert (record.has_leads, record.sequence) == (False, 1)
