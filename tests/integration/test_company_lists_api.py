"""A tenant's own list of companies over HTTP, and what it does to events and look-ups."""

import gzip
import json
from typing import Any

import pytest

from leadsignal.models.instants import rfc3339
from leadsignal.runtime import wiring
from leadsignal.services.tenants import CreatedTenant
from tests.fakes.flow import drain, headers_of, problem, send
from tests.fakes.front_door import ask, handler_of
from tests.fakes.lambda_side import CONTEXT, LISTS, Json, Stack, http_event
from tests.integration.test_leads_api import walk

HOME = "84.104.1.7"  # of an access provider
TEXT = f"domain,name,employees,country,ip ranges\nacme-tests.com,Acme,120,NL,{HOME}/32\n"
MEDIA = (415, "unsupported-media-type")
OTHER = f"domain;ranges\nother-tests.com;{HOME}\n"


@pytest.fixture
def provider(owner: CreatedTenant) -> str:
    return new_provider(owner.secret_key)


def new_provider(key: str) -> str:
    answer = ask("POST", "/v1/providers", key, {"name": "Accounts", "kind": "upload"})
    assert answer["statusCode"] == 201, answer
    identifier: str = json.loads(answer["body"])["id"]
    return identifier


def put(key: str, provider: str, content: bytes | str = TEXT, **more: Any) -> Json:
    """Upload a list, as text or (bytes) as API Gateway hands over what it takes for binary."""
    path, query = f"/v1/providers/{provider}/list", more.pop("query", {})
    headers = {"content-type": "text/csv"} | more.pop("headers", {})
    if isinstance(content, bytes):
        event = http_event("PUT", path, key=key, raw=content, headers=headers, query=query)
    else:
        event = http_event("PUT", path, key=key, headers=headers, query=query) | {"body": content}
    answer: Json = handler_of("PUT", path)(event, CONTEXT)
    return answer


def body(answer: Json, status: int = 200) -> Any:
    assert answer["statusCode"] == status, answer
    return json.loads(answer["body"])


def visit(stack: Stack, owner: CreatedTenant, name: str, ip: str = HOME) -> None:
    page = {
        "messageId": name,
        "anonymousId": name,
        "timestamp": rfc3339(stack.clock.instant),
        "context": {"ip": ip, "page": {"url": "https://site.test/pricing"}},
    }
    assert send(owner.write_key, "/v1/page", page)["statusCode"] == 200
    drain(stack)


def test_a_list_is_uploaded_told_of_and_deleted(owner: CreatedTenant, provider: str) -> None:
    key, path = owner.secret_key, f"/v1/providers/{provider}/list"
    assert problem(ask("GET", path, key)) == (404, "not-found")
    answer = put(key, provider, headers={"content-type": "Text/CSV; charset=utf-8"})
    report = body(answer)
    assert (report["rows"], report["ranges"], report["nested"]) == (1, 1, 0)
    assert (report["skipped"], report["ignored_columns"], report["problems"]) == (0, 0, [])
    told = ask("GET", path, key)
    assert body(told).items() <= report.items()
    assert headers_of(told)["etag"] == headers_of(answer)["etag"]
    again = body(put(key, provider))
    assert again["version"] == report["version"]
    assert problem(put(key, provider, headers={"if-match": '"99"'})) == (412, "precondition-failed")
    assert ask("DELETE", path, key)["statusCode"] == 204
    assert problem(ask("GET", path, key)) == (404, "not-found")
    assert problem(ask("DELETE", path, key)) == (404, "not-found")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(TEXT.encode(), id="as bytes"),
        pytest.param(("\ufeff" + TEXT).encode(), id="with a byte order mark"),
        pytest.param("\ufeff" + TEXT, id="with a byte order mark, as text"),
        pytest.param(TEXT.replace(",", "\t"), id="tabs"),
    ],
)
def test_a_list_is_read_however_it_is_sent(
    owner: CreatedTenant, provider: str, content: bytes | str
) -> None:
    assert body(put(owner.secret_key, provider, content))["rows"] == 1


def test_a_list_may_be_compressed(owner: CreatedTenant, provider: str) -> None:
    headers = {"content-encoding": "gzip"}
    packed = gzip.compress(TEXT.encode())
    assert body(put(owner.secret_key, provider, packed, headers=headers))["rows"] == 1
    assert problem(put(owner.secret_key, provider, TEXT.encode(), headers=headers)) == (
        400,
        "malformed-encoding",
    )


@pytest.mark.parametrize(
    ("content", "headers", "expected"),
    [
        pytest.param("", {}, (400, "malformed-csv"), id="nothing"),
        pytest.param(b"domain\n\xff\xfe.com\n", {}, (400, "malformed-csv"), id="not UTF-8"),
        pytest.param('domain\n"acme.com\n', {}, (400, "malformed-csv"), id="a quote without end"),
        pytest.param("{}", {"content-type": "application/json"}, MEDIA, id="JSON"),
        pytest.param(TEXT, {"content-encoding": "br"}, MEDIA, id="brotli"),
        pytest.param("domain\n" + "a" * (5 << 20), {}, (413, "payload-too-large"), id="over 5 MB"),
        pytest.param(gzip.compress(b"domain\n" + b"a" * (5 << 20)), {"content-encoding": "gzip"},
                     (413, "payload-too-large"), id="over 5 MB inflated"),
        pytest.param("domain\n" + "a\n" * 50_001, {}, (413, "too-many-items"), id="too many rows"),
        pytest.param("domain\n", {}, (422, "invalid-request"), id="no rows"),
        pytest.param("name\nAcme\n", {}, (422, "invalid-request"), id="no domains"),
        pytest.param("domain\n=1+1\n", {}, (422, "invalid-request"), id="a formula"),
        pytest.param("domain,name\nacme.com,\x00\n", {}, (422, "invalid-request"), id="a NUL"),
    ],
)  # fmt: skip
def test_what_is_no_list_changes_nothing(
    owner: CreatedTenant,
    provider: str,
    content: bytes | str,
    headers: dict[str, str],
    expected: tuple[int, str],
) -> None:
    before = body(put(owner.secret_key, provider))["version"]
    answer = put(owner.secret_key, provider, content, headers=headers)
    assert problem(answer) == expected
    if expected[0] == 415 and "content-type" in headers:
        assert headers_of(answer)["accept"] == "text/csv"
    path = f"/v1/providers/{provider}/list"
    assert body(ask("GET", path, owner.secret_key))["version"] == before


def test_bad_rows_are_named_and_can_be_left_out(owner: CreatedTenant, provider: str) -> None:
    text = "domain,country\n" + "acme-tests.com,NL\n" + "x,Atlantis\n" * 150
    answer = put(owner.secret_key, provider, text)
    assert problem(answer) == (422, "invalid-request")
    shown = json.loads(answer["body"])
    assert len(shown["errors"]) == 100
    assert shown["errors"][0] == {
        "pointer": "/3/domain",
        "code": "invalid_domain",
        "detail": "line 3: no domain that anybody could have registered",
    }
    assert "Atlantis" not in answer["body"]
    report = body(put(owner.secret_key, provider, text, query={"skip_invalid": "true"}))
    assert (report["rows"], report["skipped"], len(report["problems"])) == (1, 150, 100)


def test_a_visitor_from_the_tenants_own_range_is_of_that_company(
    stack: Stack, owner: CreatedTenant, provider: str
) -> None:
    visit(stack, owner, "before")
    assert walk(owner.secret_key, "/v1/companies") == []
    body(put(owner.secret_key, provider))
    visit(stack, owner, "after")
    [company] = walk(owner.secret_key, "/v1/companies")
    assert (company["domain"], company["name"]) == ("acme-tests.com", "Acme")
    [lead] = walk(owner.secret_key, f"/v1/companies/{company['id']}/leads")
    assert lead["company"]["name"] == "Acme"


def test_what_rests_on_the_shipped_data_names_its_sources(
    stack: Stack, owner: CreatedTenant
) -> None:
    visit(stack, owner, "one", ip="17.253.144.10")
    [company] = walk(owner.secret_key, "/v1/companies")
    assert company["domain"] == "apple.com"
    found = body(ask("GET", "/v1/identify", owner.secret_key, query={"domain": "apple.com"}))
    for shown in (
        company,
        found,
        found["company"],
        body(ask("GET", f"/v1/companies/{company['id']}", owner.secret_key)),
        body(ask("GET", f"/v1/enrich/{company['id']}", owner.secret_key)),
    ):
        assert "https://db-ip.com" in shown["attribution"]
    mail = body(ask("GET", "/v1/identify", owner.secret_key, query={"email": "a@gmail.com"}))
    assert "attribution" not in mail


def test_a_list_goes_with_its_provider(stack: Stack, owner: CreatedTenant, provider: str) -> None:
    body(put(owner.secret_key, provider))
    stack.clock.move(days=400)  # past the instant that the bucket's own clock says
    assert ask("DELETE", f"/v1/providers/{provider}", owner.secret_key)["statusCode"] == 204
    assert "Contents" not in stack.s3.list_objects_v2(Bucket=LISTS)
    assert new_provider(owner.secret_key) == provider
    answer = ask("GET", f"/v1/providers/{provider}/list", owner.secret_key)
    assert problem(answer) == (404, "not-found")


def test_another_tenant_sees_nothing_of_a_list(
    stack: Stack, owner: CreatedTenant, provider: str, new_tenant: Any
) -> None:
    body(put(owner.secret_key, provider))
    other = new_tenant()
    visit(stack, other, "theirs")
    assert walk(other.secret_key, "/v1/companies") == []
    assert problem(put(other.secret_key, provider)) == (404, "not-found")
    new_provider(other.secret_key)
    visit(stack, other, "still")
    assert walk(other.secret_key, "/v1/companies") == []


def test_an_address_of_the_list_is_identified(
    stack: Stack, owner: CreatedTenant, provider: str
) -> None:
    key = owner.secret_key
    found = body(ask("GET", "/v1/identify", key, query={"ip": HOME}))
    assert (found["company"], found["match"]["type"]) == (None, "isp")
    assert "https://db-ip.com" in found["attribution"]
    body(put(key, provider))
    stack.clock.move(seconds=61)  # a worker remembers what it answered for a minute
    found = body(ask("GET", "/v1/identify", key, query={"ip": HOME}))
    assert found["match"] == {"type": "company", "confidence": 1.0}
    assert found["company"]["domain"] == "acme-tests.com"
    assert (found["company"]["name"], found["credits_charged"]) == ("Acme", 0)
    assert "attribution" not in found


def test_a_replaced_list_holds_for_what_comes_after(
    stack: Stack, owner: CreatedTenant, provider: str
) -> None:
    body(put(owner.secret_key, provider))
    visit(stack, owner, "first")
    body(put(owner.secret_key, provider, OTHER))
    stack.clock.move(seconds=31)
    visit(stack, owner, "second")
    companies = walk(owner.secret_key, "/v1/companies", sort="created_at")
    assert [company["domain"] for company in companies] == ["acme-tests.com", "other-tests.com"]
    for company in companies:  # who was resolved before stays so
        assert len(walk(owner.secret_key, f"/v1/companies/{company['id']}/leads")) == 1


def test_a_worker_with_an_old_memory_reads_the_list_as_it_is_now(
    stack: Stack, owner: CreatedTenant, provider: str
) -> None:
    old = body(put(owner.secret_key, provider))["version"]
    remembered = wiring.provider_store(owner.tenant_id).remembered()
    body(put(owner.secret_key, provider, OTHER))
    for entry in stack.s3.list_objects_v2(Bucket=LISTS)["Contents"]:
        if entry["Key"].endswith(old):
            stack.s3.delete_object(Bucket=LISTS, Key=entry["Key"])
    wiring._known_providers().put(owner.tenant_id, tuple(remembered))
    visit(stack, owner, "late")
    [company] = walk(owner.secret_key, "/v1/companies")
    assert company["domain"] == "other-tests.com"


def test_a_list_that_is_gone_from_the_bucket_stops_no_event(
    stack: Stack, owner: CreatedTenant, provider: str, caplog: pytest.LogCaptureFixture
) -> None:
    body(put(owner.secret_key, provider))
    for entry in stack.s3.list_objects_v2(Bucket=LISTS)["Contents"]:
        stack.s3.delete_object(Bucket=LISTS, Key=entry["Key"])
    visit(stack, owner, "v1")
    assert len(walk(owner.secret_key, "/v1/leads")) == 1
    assert "a list is lost" in caplog.text
