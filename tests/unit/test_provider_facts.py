"""What is kept of what a stranger says of a company."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain import provider_facts, url_templates
from leadsignal.domain.json_pointer import MAX_LENGTH, is_pointer, resolve
from leadsignal.models.enrichment import COMPANY_FIELDS, CompanyFacts

LAPTOP = frozenset({"127.0.0.1"})


def read(**values: object) -> CompanyFacts | None:
    return provider_facts.read(values, domain="acme.com", provider="prv_1", confidence=0.5)


def kept(field: str, value: object) -> Any:
    facts = read(**{field: value})
    return None if facts is None else getattr(facts, field)


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("name", " Acme \n\t Corp ", "Acme Corp"),
        ("name", "A\x00c\x1bm\x7fe", "Acme"),
        ("name", "Ac\u202eme\u200b\ufeff", "Acme"),
        ("name", "Ac\ud800me", "Acme"),
        ("name", "Ünïcödé 株式会社", "Ünïcödé 株式会社"),
        ("name", "x" * 300, "x" * 200),
        ("name", "x" * 2_001, None),
        ("name", "\x00\u200b ", None),
        ("name", 7, None),
        ("name", ["Acme"], None),
        ("name", True, None),
        ("employee_count", 12, 12),
        ("employee_count", 12.0, 12),
        ("employee_count", 0, 0),
        ("employee_count", 12.5, None),
        ("employee_count", "12", None),
        ("employee_count", True, None),
        ("employee_count", -1, None),
        ("employee_count", 10**30, None),
        ("employee_count", math.inf, None),
        ("employee_count", math.nan, None),
        ("annual_revenue_usd", 1e8, 100_000_000),
        ("annual_revenue_usd", 1e300, None),
        ("founded_year", 1998, 1998),
        ("founded_year", 3, None),
        ("founded_year", 20_255, None),
        ("technologies", ["a", "a", 7, None, " b "], ("a", "b")),
        ("technologies", "a", None),
        ("technologies", {"a": 1}, None),
        ("technologies", [str(n) for n in range(90)], tuple(str(n) for n in range(50))),
        ("logo_url", "https://cdn.acme.com/logo.png", "https://cdn.acme.com/logo.png"),
        ("logo_url", "http://cdn.acme.com/logo.png", None),
        ("logo_url", "https://127.0.0.1/logo.png", None),
        ("logo_url", "https://u:p@cdn.acme.com/logo.png", None),
        ("logo_url", "javascript:alert(1)", None),
        ("logo_url", "https://cdn.acme.com/" + "a" * 3_000, None),
        ("logo_url", 7, None),
        ("linkedin_url", "linkedin.com/company/acme", "https://www.linkedin.com/company/acme"),
        (
            "linkedin_url",
            "http://nl.linkedin.com/company/acme/",
            "https://www.linkedin.com/company/acme",
        ),
        ("linkedin_url", "https://linkedin.com.evil.com/company/acme", None),
        ("linkedin_url", "https://evil.com/linkedin.com/company/acme", None),
        ("linkedin_url", "https://www.linkedin.com/a\\b", None),
    ],
)
def test_a_value_is_kept_in_a_harmless_form_or_dropped(
    field: str, value: object, expected: object
) -> None:
    assert kept(field, value) == (expected if expected is not None else None)


def test_one_bad_value_does_not_spoil_the_others() -> None:
    facts = read(name="Acme", employee_count="many", logo_url="ftp://x", founded_year=1998)
    assert facts == CompanyFacts(
        domain="acme.com", name="Acme", founded_year=1998, confidence=0.5, provider="prv_1"
    )


def test_what_no_field_is_of_is_left_out_and_nothing_at_all_is_no_company() -> None:
    assert read(domain="evil.com", type="government", provider="x", confidence=1) is None


@pytest.mark.parametrize(
    ("value", "most", "expected"),
    [
        (0.25, 1, 0.25),
        (0, 1, 0.0),
        (1, 1, 1.0),
        (9, 10, 0.9),
        (97, 100, 0.97),
        (1.01, 1, provider_facts.DEFAULT_CONFIDENCE),
        (-0.1, 1, provider_facts.DEFAULT_CONFIDENCE),
        (math.inf, 1, provider_facts.DEFAULT_CONFIDENCE),
        (math.nan, 1, provider_facts.DEFAULT_CONFIDENCE),
        ("0.9", 1, provider_facts.DEFAULT_CONFIDENCE),
        (True, 1, provider_facts.DEFAULT_CONFIDENCE),
        (None, 1, provider_facts.DEFAULT_CONFIDENCE),
    ],
)
def test_confidence_is_a_share_of_the_most_or_the_default(
    value: object, most: float, expected: float
) -> None:
    assert provider_facts.confidence(value, most=most) == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(COMPANY_FIELDS), JSON))
def test_whatever_is_said_the_rest_can_be_stored_and_shown(values: dict[str, Any]) -> None:
    facts = read(**values)
    if facts is not None:
        stored = json.loads(facts.model_dump_json())
        assert CompanyFacts.model_validate(stored) == facts
        texts = [v for v in stored.values() if isinstance(v, str)] + list(facts.technologies)
        assert all(text == text.strip() and text.isprintable() for text in texts)


@pytest.mark.parametrize("text", ["", "/", "/a/0", "/a~1b/~0", "//", "/ü", "/a" * 128])
def test_a_json_pointer_is_known_as_one(text: str) -> None:
    assert is_pointer(text)


@pytest.mark.parametrize("text", ["a", "a/b", "/~", "/a~2", "#/a", "$.a", "/" + "a" * MAX_LENGTH])
def test_what_is_no_json_pointer_is_told_apart(text: str) -> None:
    assert not is_pointer(text)


@pytest.mark.parametrize(
    ("pointer", "found"),
    [
        ("", {"a": [1, {"b/c": 2, "": 3, "~": 4, "0": 5}]}),
        ("/a/0", 1),
        ("/a/1/b~1c", 2),
        ("/a/1/", 3),
        ("/a/1/~0", 4),
        ("/a/1/0", 5),
        ("/a/2", None),
        ("/a/-", None),
        ("/a/00", None),
        ("/a/\u0661", None),
        ("/a/0/0", None),
        ("/b", None),
    ],
)
def test_a_pointer_names_a_place_as_the_rfc_has_it(pointer: str, found: object) -> None:
    assert resolve({"a": [1, {"b/c": 2, "": 3, "~": 4, "0": 5}]}, pointer) == found


@pytest.mark.parametrize(
    ("template", "kind", "code"),
    [
        ("https://api.example.com/v1/{domain}", "domain", None),
        ("https://api.example.com:8443/v1?q={ip}&again={ip}", "ip", None),
        ("http://127.0.0.1:9/{email}", "email", None),
        ("https://api.example.com/v1", "domain", "missing-placeholder"),
        ("https://api.example.com/{ip}", "domain", "missing-placeholder"),
        ("https://api.example.com/{domain}/{ip}", "domain", "unknown-placeholder"),
        ("https://api.example.com/{domain}/{}", "domain", "unknown-placeholder"),
        ("https://api.example.com/{{domain}}", "domain", "unknown-placeholder"),
        ("https://{domain}/v1", "domain", "misplaced-placeholder"),
        ("https://{domain}?x=1", "domain", "misplaced-placeholder"),
        ("https://api.example.com:{ip}/{ip}", "ip", "misplaced-placeholder"),
        ("https://{email}@api.example.com/", "email", "misplaced-placeholder"),
        ("https://api.example.com/#{domain}", "domain", "misplaced-placeholder"),
        ("{domain}", "domain", "unsafe-url"),
        ("//api.example.com/{domain}", "domain", "unsafe-url"),
        ("http://api.example.com/{domain}", "domain", "unsafe-url"),
        ("http://127.0.0.2/{domain}", "domain", "unsafe-url"),
        ("https://localhost/{domain}", "domain", "unsafe-url"),
        ("https://169.254.169.254/{domain}", "domain", "unsafe-url"),
        ("https://api.example.com:22/{domain}", "domain", "unsafe-url"),
        ("https://user:pass@api.example.com/{domain}", "domain", "unsafe-url"),
        ("https://api.example.com\\@evil.com/{domain}", "domain", "unsafe-url"),
        ("ftp://api.example.com/{domain}", "domain", "unsafe-url"),
        ("https://api.example.com/" + "a" * 2_048 + "{domain}", "domain", "unsafe-url"),
    ],
)
def test_a_template_is_judged_by_where_it_would_lead(
    template: str, kind: str, code: str | None
) -> None:
    found = list(url_templates.problems(template, kind, allowed=LAPTOP, pointer="/endpoints/x"))
    assert [problem.code for problem in found] == ([code] if code else [])
    assert all(problem.where == "/endpoints/x" for problem in found)


def test_a_value_cannot_change_the_url_around_it() -> None:
    url = url_templates.filled("https://api.example.com/{email}/x", "email", "a/../?#&%@ü")
    assert url == "https://api.example.com/a%2F..%2F%3F%23%26%25%40%C3%BC/x"
