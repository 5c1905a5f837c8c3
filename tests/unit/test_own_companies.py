"""A tenant's own list: stored whole or not at all, asked before everything else, missed by none."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from leadsignal.domain.company_lists import opened
from leadsignal.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PermanentError,
    PreconditionFailedError,
    ProviderError,
    TransientError,
)
from leadsignal.models.enrichment import Lookup, NetworkMatch
from leadsignal.models.preconditions import ANY_VERSION, Precondition
from leadsignal.models.providers import Provider
from leadsignal.services.company_lists import (
    Kept,
    Shelf,
    find_list,
    remove_list,
    upload_list,
)
from leadsignal.services.own_companies import ListMemory, OwnCompanies, TenantNetworks, Uploaded
from tests.fakes.clock import NOW
from tests.fakes.stores import InMemoryLists, InMemoryProviders, ScriptedMail, ScriptedNetworks

ROOM = 1 << 24
TEXT = """domain,name,employees,country,ranges
acme.com,Acme,120,NL,7.1.0.0/16
bare.com,,,,8.8.0.0/16
"""
OTHER = "domain,ranges\nother.com,7.1.0.0/16\n"
BAD = "domain,country\nacme.com,Atlantis\nother.com,NL\n"


class Office:
    """A tenant with a provider of kind upload, and one of another kind."""

    def __init__(self, **changes: Any) -> None:
        self.providers = InMemoryProviders(
            Provider(id="prv_list", name="Accounts", kind="upload").model_copy(update=changes),
            Provider(id="prv_json", name="Other", kind="generic_json"),
        )
        self.objects = InMemoryLists()
        self.memory = ListMemory(max_bytes=ROOM)
        self.lost: list[str] = []
        self.stale: Sequence[Provider] | None = None
        self.now = NOW

    @property
    def shelf(self) -> Shelf:
        return Shelf(self.providers, self.objects, ScriptedMail())

    def upload(
        self,
        text: str = TEXT,
        *,
        skip_invalid: bool = False,
        demand: Precondition = ANY_VERSION,
        provider_id: str = "prv_list",
    ) -> Kept:
        return upload_list(
            provider_id,
            text,
            skip_invalid=skip_invalid,
            demand=demand,
            shelf=self.shelf,
            now=self.now,
        )

    def remove(self, demand: Precondition = ANY_VERSION) -> None:
        remove_list("prv_list", demand=demand, shelf=self.shelf, now=self.now)

    def remembered(self) -> Sequence[Provider]:
        return self.providers.all() if self.stale is None else self.stale

    def fresh(self) -> Sequence[Provider]:
        return self.providers.all()

    def own(self) -> OwnCompanies:
        return OwnCompanies(
            "ten_one",
            providers=Memory(self),
            objects=self.objects,
            memory=self.memory,
            lost=self.lost.append,
        )

    def networks(self) -> TenantNetworks:
        return TenantNetworks(self.own(), ScriptedNetworks())


class Memory:
    """What the office remembers of its providers."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def remembered(self) -> Sequence[Provider]:
        return self._office.remembered()

    def all(self) -> Sequence[Provider]:
        return self._office.fresh()


@pytest.fixture
def office() -> Office:
    return Office()


def test_an_upload_is_stored_under_what_it_holds_and_then_named(office: Office) -> None:
    kept = office.upload()
    [(key, content)] = office.objects.held.items()
    assert key == ("prv_list", kept.report.version)
    assert len(opened(content, max_bytes=ROOM)) == 2
    assert kept.provider == office.providers.get("prv_list")
    assert kept.provider.uploaded is not None
    assert kept.provider.uploaded.version == kept.report.version
    assert (kept.report.rows, kept.report.ranges, kept.report.skipped) == (2, 2, 0)
    assert kept.report.problems == ()


def test_a_list_with_a_bad_row_changes_nothing(office: Office) -> None:
    before = office.upload().provider
    with pytest.raises(InvalidInputError) as refused:
        office.upload(BAD)
    [problem] = refused.value.problems
    assert (problem.where, problem.code) == ("/2/country", "invalid_country")
    assert office.providers.get("prv_list") == before
    assert len(office.objects.held) == 1


def test_bad_rows_can_be_left_out(office: Office) -> None:
    report = office.upload(BAD, skip_invalid=True).report
    assert (report.rows, report.skipped) == (1, 1)
    assert [problem.line for problem in report.problems] == [2]


@pytest.mark.parametrize("text", ["domain\n", "domain,name\n,Acme\n"])
def test_a_list_of_nobody_is_refused(office: Office, text: str) -> None:
    with pytest.raises(InvalidInputError):
        office.upload(text, skip_invalid=True)


@pytest.mark.parametrize(
    "provider_id", ["prv_json", "prv_none", "", "x", "prv_/..", "prv_" + "a" * 61]
)
def test_only_a_provider_of_that_kind_takes_a_list(office: Office, provider_id: str) -> None:
    with pytest.raises(NotFoundError):
        office.upload(provider_id=provider_id)
    with pytest.raises(NotFoundError):
        find_list(provider_id, providers=office.providers)
    assert office.objects.held == {}


def test_a_version_that_is_demanded_is_checked_before_anything_is_stored(office: Office) -> None:
    with pytest.raises(PreconditionFailedError):
        office.upload(demand=Precondition(versions=frozenset({9})))
    assert office.objects.held == {}


def test_a_replaced_list_is_removed_after_a_while(office: Office) -> None:
    first = office.upload().report
    second = office.upload(OTHER).report
    assert len(office.objects.held) == 2  # somebody may still be about to name the first
    office.now += timedelta(hours=1)
    office.upload(OTHER)
    assert list(office.objects.held) == [("prv_list", second.version)]
    assert first.version != second.version


def test_the_list_is_deleted(office: Office) -> None:
    office.upload()
    office.now += timedelta(hours=1)
    with pytest.raises(PreconditionFailedError):
        office.remove(Precondition(versions=frozenset({9})))
    office.remove()
    assert office.objects.held == {}
    with pytest.raises(NotFoundError):
        find_list("prv_list", providers=office.providers)
    with pytest.raises(NotFoundError):
        office.remove()


def test_a_change_of_the_provider_meanwhile_does_not_matter(office: Office) -> None:
    office.providers.conflicts = 2
    assert office.upload().provider.uploaded is not None
    office.providers.conflicts = 99
    with pytest.raises(ConflictError):
        office.upload(OTHER)


def test_the_tenants_own_ranges_go_before_the_network_around_them(office: Office) -> None:
    assert office.networks().match("7.1.2.3").type == "isp"
    office.upload()
    assert office.networks().match("7.1.2.3") == NetworkMatch(
        asn=7, type="company", confidence=1.0, name="Acme", domain="acme.com", country="NL"
    )
    found = office.networks().match("8.8.8.8")  # Acme's, says everybody else
    assert (found.name, found.domain, found.country) == ("bare.com", "bare.com", "US")
    for other in ("7.2.0.0", "::1", "junk", ""):
        assert office.networks().match(other) == ScriptedNetworks().match(other)


@pytest.mark.parametrize("disguise", ["::ffff:7.1.2.3", "2002:701:203::1", "64:ff9b::7.1.2.3"])
def test_an_address_in_disguise_is_found(office: Office, disguise: str) -> None:
    office.upload()
    assert office.networks().match(disguise).name == "Acme"


def test_a_provider_that_is_disabled_is_not_asked() -> None:
    office = Office(enabled=False)
    office.upload()
    assert office.networks().match("7.1.2.3").type == "isp"


def test_a_list_is_read_once_for_as_long_as_it_stays(office: Office) -> None:
    office.upload()
    for _ in range(5):
        office.networks().match("7.1.2.3")
    assert office.objects.reads == 1
    office.upload(OTHER)
    assert office.networks().match("7.1.2.3").domain == "other.com"
    assert office.objects.reads == 2


def test_lists_that_are_too_much_for_memory_are_read_again(office: Office) -> None:
    office.memory = ListMemory(max_bytes=1)
    office.upload()
    first = office.own()
    assert first.by_address("7.1.2.3") is not None
    office.upload(OTHER)
    assert office.own().by_address("7.1.2.3") is not None
    assert office.objects.reads == 2
    assert first.by_address("7.1.2.3") is not None  # whoever holds it goes on with it


def test_a_list_that_was_replaced_meanwhile_is_read_as_it_is_now(office: Office) -> None:
    office.upload()
    office.stale = office.providers.all()
    office.now += timedelta(hours=1)
    office.upload(OTHER)
    assert office.networks().match("7.1.2.3").domain == "other.com"
    assert office.lost == []


def test_a_list_that_was_deleted_meanwhile_is_missed_by_nobody(office: Office) -> None:
    office.upload()
    office.stale = office.providers.all()
    office.now += timedelta(hours=1)
    office.remove()
    assert office.networks().match("7.1.2.3").type == "isp"
    assert office.lost == []


@pytest.mark.parametrize("loss", ["gone", "damaged", "refused"])
def test_a_list_that_is_lost_stops_nothing_and_is_told_of(office: Office, loss: str) -> None:
    office.upload()
    if loss == "gone":
        office.objects.held.clear()
    elif loss == "damaged":
        office.objects.held = dict.fromkeys(office.objects.held, b"junk")
    else:
        office.objects.failing = PermanentError("the bucket answered AccessDenied")
    assert office.networks().match("7.1.2.3").type == "isp"
    assert office.lost == ["prv_list"]


def test_a_list_that_cannot_be_read_now_is_tried_again_with_the_events(office: Office) -> None:
    office.upload()
    office.objects.failing = TransientError("the bucket answered SlowDown")
    with pytest.raises(TransientError):
        office.networks().match("7.1.2.3")
    office.objects.failing = None
    assert office.networks().match("7.1.2.3").name == "Acme"


@pytest.mark.parametrize(
    ("kind", "value"),
    [("ip", "7.1.2.3"), ("domain", "www.acme.com"), ("email", "ada@acme.com")],
)
def test_a_look_up_is_answered_from_the_list(office: Office, kind: Any, value: str) -> None:
    office.upload()
    source = Uploaded("prv_list", own=office.own(), mail=ScriptedMail())
    answer = source.ask(Lookup(kind=kind, value=value), timeout_ms=100)
    assert answer.company is not None
    assert answer.company.model_dump(exclude_none=True, exclude={"technologies"}) == {
        "domain": "acme.com",
        "type": "company",
        "name": "Acme",
        "employee_count": 120,
        "employee_range": "51-200",
        "country": "NL",
        "confidence": 1.0,
        "provider": "prv_list",
    }
    assert (answer.network is not None) == (kind == "ip")


def test_a_list_that_cannot_be_read_now_is_a_provider_without_an_answer(office: Office) -> None:
    office.upload()
    office.objects.failing = TransientError("the bucket answered SlowDown")
    source = Uploaded("prv_list", own=office.own(), mail=ScriptedMail())
    with pytest.raises(ProviderError, match="unreachable"):
        source.ask(Lookup(kind="ip", value="7.1.2.3"), timeout_ms=100)


@pytest.mark.parametrize(
    ("kind", "value"),
    [("ip", "9.9.9.9"), ("ip", "junk"), ("domain", "nobody.com"), ("email", "ada@nobody.com")],
)
def test_what_is_not_in_the_list_is_a_miss(office: Office, kind: Any, value: str) -> None:
    source = Uploaded("prv_list", own=office.own(), mail=ScriptedMail())
    assert not source.ask(Lookup(kind=kind, value=value), timeout_ms=100).is_hit
    office.upload()
    source = Uploaded("prv_list", own=office.own(), mail=ScriptedMail())
    assert not source.ask(Lookup(kind=kind, value=value), timeout_ms=100).is_hit
    unknown = Uploaded("prv_none", own=office.own(), mail=ScriptedMail())
    assert not unknown.ask(Lookup(kind=kind, value=value), timeout_ms=100).is_hit
