"""Each provider over real HTTP, against a server that answers in the recorded shapes, or badly."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from leadsignal.adapters.embedded.companies import EmbeddedCompanies
from leadsignal.adapters.embedded.mail import EmbeddedMailDomains
from leadsignal.adapters.embedded.networks import EmbeddedNetworks
from leadsignal.adapters.http import BODY_BYTES, GuardedHttp
from leadsignal.adapters.providers.apollo import Apollo
from leadsignal.adapters.providers.embedded import Embedded
from leadsignal.adapters.providers.generic_json import GenericJson
from leadsignal.adapters.providers.hunter import Hunter
from leadsignal.adapters.providers.people_data_labs import PeopleDataLabs
from leadsignal.errors import ProviderError, TransientError
from leadsignal.models.enrichment import Answer, CompanyFacts, Lookup, MailVerdict, NetworkMatch
from leadsignal.models.providers import Provider
from leadsignal.ports import Source
from tests.fakes.provider_server import (
    IP_DOMAIN,
    RETRY_AFTER_SECONDS,
    Behaviour,
    FakeProviders,
    serving_providers,
)
from tests.fakes.servers import answering, serving

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
SECRET = "s3cret-Key"
PATIENT_MS, HASTY_MS = 5_000, 150
MAIL = EmbeddedMailDomains()

DOMAIN = Lookup(kind="domain", value="initech.com")
ADDRESS = Lookup(kind="ip", value="2001:db8::7")
EMAIL = Lookup(kind="email", value="ada+x@initech.com")

MAPPING = {
    "name": "/company/name",
    "domain": "/company/site",
    "industry": "/company/industry",
    "employee_count": "/company/people",
    "country": "/company/hq/country",
    "city": "/company/hq/city",
    "technologies": "/company/tags",
    "confidence": "/match/score",
}

type Make = Callable[[FakeProviders], Source]


def http() -> GuardedHttp:
    return GuardedHttp(allowed=frozenset({"127.0.0.1"}))


def people_data_labs(server: FakeProviders) -> Source:
    return PeopleDataLabs(
        http(), lambda: SECRET, provider="prv_1", mail=MAIL, now=lambda: NOW, base_url=server.url
    )


def apollo(server: FakeProviders) -> Source:
    return Apollo(http(), lambda: SECRET, provider="prv_1", now=lambda: NOW, base_url=server.url)


def hunter(server: FakeProviders) -> Source:
    return Hunter(http(), lambda: SECRET, provider="prv_1", now=lambda: NOW, base_url=server.url)


def generic(server: FakeProviders, **more: Any) -> Source:
    endpoints = {
        "domain": f"{server.url}/company/{{domain}}",
        "ip": f"{server.url}/ip/{{ip}}?from={{ip}}",
        "email": f"{server.url}/email/{{email}}",
    }
    fields = {"endpoints": endpoints, "mapping": MAPPING, "secret_ref": "sec_1"} | more
    provider = Provider(id="prv_1", name="Mine", kind="generic_json", **fields)
    return GenericJson(http(), lambda: SECRET, provider=provider, mail=MAIL, now=lambda: NOW)


EVERY: tuple[tuple[Make, Lookup], ...] = (
    (people_data_labs, DOMAIN),
    (people_data_labs, ADDRESS),
    (apollo, DOMAIN),
    (hunter, EMAIL),
    (generic, DOMAIN),
    (generic, ADDRESS),
    (generic, EMAIL),
)
each = pytest.mark.parametrize(("make", "lookup"), EVERY)


@pytest.fixture
def server() -> Iterator[FakeProviders]:
    with serving_providers() as providers:
        yield providers


def failure(source: Source, lookup: Lookup, timeout_ms: int = PATIENT_MS) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        source.ask(lookup, timeout_ms=timeout_ms)
    return caught.value


def test_people_data_labs_knows_a_company_by_its_website(server: FakeProviders) -> None:
    answer = people_data_labs(server).ask(DOMAIN, timeout_ms=PATIENT_MS)
    assert answer == Answer(
        company=CompanyFacts(
            domain="initech.com",
            name="Initech Systems",
            industry="computer software",
            employee_count=83,
            employee_range="51-200",
            founded_year=2015,
            country="united states",
            region="california",
            city="san francisco",
            address="455 market street",
            linkedin_url="https://www.linkedin.com/company/initech",
            confidence=0.9,
            provider="prv_1",
        )
    )
    [call] = server.calls
    assert (call.method, call.path) == ("GET", "/v5/company/enrich")
    assert call.query == {"website": "initech.com", "titlecase": "true"}
    assert call.headers["x-api-key"] == SECRET
    assert call.headers["accept-encoding"] == "identity"


def test_people_data_labs_knows_a_company_by_an_address(server: FakeProviders) -> None:
    company = people_data_labs(server).ask(ADDRESS, timeout_ms=PATIENT_MS).company
    assert company is not None
    assert (company.domain, company.name) == (IP_DOMAIN, "Initech Systems")
    assert company.confidence == 0.95
    assert server.calls[0].query["ip"] == ADDRESS.value


@pytest.mark.parametrize(
    "website", [None, 7, "", "gmail.com", "co.uk", "10.0.0.1", "a b", "x" * 9_000]
)
def test_an_address_whose_company_has_no_domain_of_its_own_is_a_miss(
    server: FakeProviders, website: object
) -> None:
    server.answer = {"data": {"company": {"website": website, "name": "Initech"}}}
    assert not people_data_labs(server).ask(ADDRESS, timeout_ms=PATIENT_MS).is_hit


def test_apollo_knows_an_organisation_by_its_domain(server: FakeProviders) -> None:
    answer = apollo(server).ask(DOMAIN, timeout_ms=PATIENT_MS)
    assert answer == Answer(
        company=CompanyFacts(
            domain="initech.com",
            name="Initech",
            industry="information technology & services",
            employee_count=1600,
            annual_revenue_usd=100_000_000,
            founded_year=2015,
            country="United States",
            region="California",
            city="San Francisco",
            address="415 Mission St",
            technologies=("AI", "Amazon SES"),
            funding="Series D",
            linkedin_url="https://www.linkedin.com/company/initech",
            phone="+1 415-555-0132",
            logo_url="https://assets.initech.example/logo.png",
            confidence=0.7,
            provider="prv_1",
        )
    )
    [call] = server.calls
    assert (call.path, call.query) == ("/api/v1/organizations/enrich", {"domain": "initech.com"})
    assert call.headers["x-api-key"] == SECRET


@pytest.mark.parametrize(
    ("status", "score", "deliverable", "confidence"),
    [
        ("valid", 97, "yes", 0.97),
        ("invalid", 4, "no", 0.96),
        ("accept_all", 60, "risky", 0.6),
        ("webmail", 50, "risky", 0.5),
        ("disposable", "many", "risky", 0.7),
    ],
)
def test_hunter_says_whether_a_mailbox_takes_mail(
    server: FakeProviders, status: str, score: object, deliverable: Any, confidence: float
) -> None:
    server.answer = {"data": {"status": status, "score": score}}
    answer = hunter(server).ask(EMAIL, timeout_ms=PATIENT_MS)
    verdict = MailVerdict(deliverable=deliverable, confidence=confidence, provider="prv_1")
    assert answer == Answer(mail=verdict)
    [call] = server.calls
    assert (call.path, call.query) == ("/v2/email-verifier", {"email": "ada+x@initech.com"})
    assert call.headers["x-api-key"] == SECRET


@pytest.mark.parametrize("status", ["unknown", "", None, 7, ["valid"], {"a": 1}])
def test_no_verdict_on_a_mailbox_is_a_miss(server: FakeProviders, status: object) -> None:
    server.answer = {"data": {"status": status, "score": 97}}
    assert not hunter(server).ask(EMAIL, timeout_ms=PATIENT_MS).is_hit


def test_a_provider_by_configuration_is_read_by_its_pointers(server: FakeProviders) -> None:
    answer = generic(server).ask(DOMAIN, timeout_ms=PATIENT_MS)
    assert answer == Answer(
        company=CompanyFacts(
            domain="initech.com",
            name="Initech",
            industry="Computer Software",
            employee_count=120,
            country="Netherlands",
            city="Utrecht",
            technologies=("python", "aws"),
            confidence=0.9,
            provider="prv_1",
        )
    )
    [call] = server.calls
    assert call.path == "/company/initech.com"
    assert call.headers["authorization"] == f"Bearer {SECRET}"


def test_what_is_looked_up_is_percent_encoded_into_the_url(server: FakeProviders) -> None:
    assert generic(server).ask(ADDRESS, timeout_ms=PATIENT_MS).is_hit
    odd = Lookup(kind="email", value="a/../b?c#d&e=f{ip}@initech.com")
    assert generic(server).ask(odd, timeout_ms=PATIENT_MS).is_hit
    assert server.calls[0].path == f"/ip/{ADDRESS.value}"
    assert server.calls[0].query == {"from": ADDRESS.value}
    assert server.calls[1].path == "/email/a/../b?c#d&e=f{ip}@initech.com"
    assert server.calls[1].query == {}


def test_without_a_secret_nothing_is_sent_in_its_place(server: FakeProviders) -> None:
    assert generic(server, secret_ref=None).ask(DOMAIN, timeout_ms=PATIENT_MS).is_hit
    assert "authorization" not in server.calls[0].headers


def test_free_mail_makes_no_company_whoever_answers(server: FakeProviders) -> None:
    lookup = Lookup(kind="email", value="ada@gmail.com")
    assert not generic(server).ask(lookup, timeout_ms=PATIENT_MS).is_hit


def test_an_address_without_a_domain_is_a_network_by_name(server: FakeProviders) -> None:
    mapping = {"name": "/company/name", "confidence": "/match/score"}
    answer = generic(server, mapping=mapping).ask(ADDRESS, timeout_ms=PATIENT_MS)
    assert answer == Answer(network=NetworkMatch(type="company", confidence=0.9, name="Initech"))
    nameless = generic(server, mapping={"city": "/company/hq/city"})
    assert not nameless.ask(ADDRESS, timeout_ms=PATIENT_MS).is_hit


@pytest.mark.parametrize(
    ("pointer", "name"),
    [
        ("/company/name", "Initech"),
        ("/company", None),
        ("", None),
        ("/company/tags/1", "aws"),
        ("/company/tags/01", None),
        ("/company/tags/-", None),
        ("/company/tags/99999999999999999999", None),
        ("/company/name/0", None),
        ("/company/name/__class__", None),
        ("/a~1b", None),
    ],
)
def test_a_hostile_pointer_finds_a_value_or_nothing(
    server: FakeProviders, pointer: str, name: str | None
) -> None:
    company = generic(server, mapping={"name": pointer}).ask(DOMAIN, timeout_ms=PATIENT_MS).company
    assert (company.name if company else None) == name


@each
def test_what_a_provider_does_not_know_is_a_miss(
    server: FakeProviders, make: Make, lookup: Lookup
) -> None:
    server.behaviour = "miss"
    assert make(server).ask(lookup, timeout_ms=PATIENT_MS) == Answer()


def test_an_unknown_organisation_is_an_answer_without_one(server: FakeProviders) -> None:
    unknown = Lookup(kind="domain", value="unknown.com")
    assert apollo(server).ask(unknown, timeout_ms=PATIENT_MS) == Answer()


@each
def test_values_of_the_wrong_kind_are_no_answer(
    server: FakeProviders, make: Make, lookup: Lookup
) -> None:
    server.behaviour = "wrong_types"
    assert make(server).ask(lookup, timeout_ms=PATIENT_MS) == Answer()


@each
@pytest.mark.parametrize(
    ("behaviour", "reason", "wait"),
    [
        ("error", "error", None),
        ("busy", "error", RETRY_AFTER_SECONDS),
        ("throttled", "throttled", RETRY_AFTER_SECONDS),
        ("refused", "refused", None),
        ("unpaid", "refused", None),
        ("down", "invalid", None),
        ("huge", "invalid", None),
        ("redirect", "invalid", None),
        ("html", "invalid", None),
        ("text", "invalid", None),
        ("array", "invalid", None),
        ("garbage", "invalid", None),
        ("gzip", "invalid", None),
        ("empty", "invalid", None),
        ("cut", "invalid", None),
    ],
)
def test_a_provider_that_misbehaves_gives_no_answer(
    server: FakeProviders,
    make: Make,
    lookup: Lookup,
    behaviour: Behaviour,
    reason: str,
    wait: int | None,
) -> None:
    server.behaviour = behaviour
    error = failure(make(server), lookup)
    assert (error.reason, error.retry_after_seconds) == (reason, wait)
    assert len(server.calls) == 1


@pytest.mark.parametrize("behaviour", ["slow", "drip"])
@each
def test_a_provider_that_takes_too_long_is_left_in_time(
    server: FakeProviders, make: Make, lookup: Lookup, behaviour: Behaviour
) -> None:
    server.behaviour = behaviour
    started = time.monotonic()
    assert failure(make(server), lookup, HASTY_MS).reason == "timeout"
    assert time.monotonic() - started < HASTY_MS / 1000 + 0.1


@each
def test_a_provider_that_nobody_listens_at_is_unreachable(make: Make, lookup: Lookup) -> None:
    with serving_providers() as server:
        source = make(server)
    assert failure(source, lookup).reason == "unreachable"


@each
def test_an_address_inside_is_never_called(make: Make, lookup: Lookup) -> None:
    inside = FakeProviders()
    inside.url = "http://169.254.169.254"
    assert failure(make(inside), lookup).reason == "unreachable"


@pytest.mark.parametrize(
    ("status", "reason"), [(403, "throttled"), (222, "pending"), (202, "pending")]
)
def test_hunter_has_statuses_of_its_own(status: int, reason: str) -> None:
    head = b"HTTP/1.1 %d x\r\nContent-Type: application/json\r\n\r\n{}" % status
    with serving(answering(head)) as server:
        own = FakeProviders()
        own.url = f"http://127.0.0.1:{server.port}"
        assert failure(hunter(own), EMAIL).reason == reason


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        pytest.param(b"200 OK\r\nContent-Type: application/vnd.api+json", None, id="a JSON type"),
        pytest.param(b"200 OK", None, id="no type"),
        pytest.param(b"200 OK\r\nContent-Encoding: br", "invalid", id="an encoding"),
        pytest.param(b"200 OK\r\nContent-Encoding: identity", None, id="no encoding"),
        pytest.param(b"201 OK", "invalid", id="another success"),
        pytest.param(b"400 Bad", "invalid", id="a request that it does not understand"),
        pytest.param(b"403 No", "refused", id="forbidden"),
        pytest.param(b"408 Late", "timeout", id="too slow a request"),
        pytest.param(b"504 Late", "timeout", id="a gateway's time-out"),
        pytest.param(b"599 Odd", "error", id="a status that nobody knows"),
        pytest.param(b"451 No", "miss", id="may not be said"),
        pytest.param(b"204 No\r\nContent-Length: 0", "miss", id="nothing"),
    ],
)
def test_a_head_is_judged_before_the_body(head: bytes, reason: str | None) -> None:
    body = b"" if b"204" in head else b'{"company":{"name":"Initech"}}'
    with serving(answering(b"HTTP/1.1 " + head + b"\r\n\r\n" + body)) as server:
        own = FakeProviders()
        own.url = f"http://127.0.0.1:{server.port}"
        if reason in (None, "miss"):
            answer = generic(own).ask(DOMAIN, timeout_ms=PATIENT_MS)
            assert answer.is_hit is (reason is None)
        else:
            assert failure(generic(own), DOMAIN).reason == reason


def test_of_an_answer_256_kib_are_read_and_one_byte_more_is_too_much() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
    body = b'{"company":{"name":"Initech"}}'
    for size, fits in ((BODY_BYTES - 1, True), (BODY_BYTES + 1, False)):
        padded = head + body + b" " * (size - len(head) - len(body))
        with serving(answering(padded)) as server:
            own = FakeProviders()
            own.url = f"http://127.0.0.1:{server.port}"
            if fits:
                assert generic(own).ask(DOMAIN, timeout_ms=PATIENT_MS).is_hit
            else:
                assert failure(generic(own), DOMAIN).reason == "invalid"


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"a": NaN}',
        b'{"a": ' + b"1" * 5_000 + b"}",
        b"\xff\xfe{}",
        b'"text"',
        b"null",
        b"\x00" * 1_000,
    ],
)
def test_a_body_that_is_no_object_is_no_answer(body: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
    with serving(answering(head + body)) as server:
        own = FakeProviders()
        own.url = f"http://127.0.0.1:{server.port}"
        assert failure(generic(own), DOMAIN).reason == "invalid"


def _lost() -> str:
    raise TransientError("the secrets cannot be read")


@pytest.mark.parametrize(
    ("secret", "error"), [(lambda: None, ProviderError), (_lost, TransientError)]
)
def test_without_its_secret_a_provider_is_not_called(
    server: FakeProviders, secret: Any, error: type[Exception]
) -> None:
    own: dict[str, Any] = {"now": lambda: NOW, "provider": "prv_1", "base_url": server.url}
    mapped = Provider(
        id="prv_1",
        name="Mine",
        kind="generic_json",
        endpoints={"domain": f"{server.url}/company/{{domain}}"},
        mapping=MAPPING,
        secret_ref="sec_1",
    )
    sources: list[tuple[Source, Lookup]] = [
        (PeopleDataLabs(http(), secret, mail=MAIL, **own), DOMAIN),
        (Apollo(http(), secret, **own), DOMAIN),
        (Hunter(http(), secret, **own), EMAIL),
        (GenericJson(http(), secret, provider=mapped, mail=MAIL, now=lambda: NOW), DOMAIN),
    ]
    for source, lookup in sources:
        with pytest.raises(error) as caught:
            source.ask(lookup, timeout_ms=PATIENT_MS)
        assert getattr(caught.value, "reason", "refused") == "refused"
    assert server.calls == []


def test_what_a_provider_has_no_answer_to_it_is_not_asked(server: FakeProviders) -> None:
    domains_only = {"domain": f"{server.url}/company/{{domain}}"}
    sources = [
        people_data_labs(server),
        apollo(server),
        hunter(server),
        generic(server, endpoints=domains_only),
    ]
    asked = {(source, lookup) for source in sources for lookup in (DOMAIN, ADDRESS, EMAIL)}
    for source, lookup in asked:
        if lookup.kind not in source.kinds:
            assert source.ask(lookup, timeout_ms=PATIENT_MS) == Answer()
    assert server.calls == []
    assert [sorted(source.kinds) for source in sources] == [
        ["domain", "ip"],
        ["domain"],
        ["email"],
        ["domain"],
    ]


@pytest.fixture(scope="module")
def embedded() -> Source:
    return Embedded(networks=EmbeddedNetworks(), companies=EmbeddedCompanies(), mail=MAIL)


@pytest.mark.parametrize(
    ("kind", "value", "name"),
    [
        ("domain", "apple.com", "Apple Inc."),
        ("domain", "www.apple.com", "Apple Inc."),
        ("email", "tim@apple.com", "Apple Inc."),
        ("email", "ada@gmail.com", None),
        ("domain", "gmail.com", None),
        ("domain", "nobody-knows.example", None),
        ("domain", "com", None),
    ],
)
def test_the_embedded_data_answers_domains_and_e_mails(
    embedded: Source, kind: Any, value: str, name: str | None
) -> None:
    answer = embedded.ask(Lookup(kind=kind, value=value), timeout_ms=1)
    assert (answer.company.name if answer.company else None) == name
    assert answer.is_hit is (name is not None)


def test_the_embedded_data_tells_a_companys_network_from_a_hosts(embedded: Source) -> None:
    apple = embedded.ask(Lookup(kind="ip", value="17.253.144.10"), timeout_ms=1)
    assert apple.network is not None
    assert (apple.network.type, apple.network.domain) == ("company", "apple.com")
    assert apple.company is not None
    assert apple.company.name == "Apple Inc."
    google = embedded.ask(Lookup(kind="ip", value="34.102.136.180"), timeout_ms=1)
    assert google.network is not None
    assert (google.network.type, google.company) == ("hosting", None)
    assert not embedded.ask(Lookup(kind="ip", value="10.0.0.1"), timeout_ms=1).is_hit
