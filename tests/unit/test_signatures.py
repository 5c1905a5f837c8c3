"""What the signature of an identify call proves, and what it does not."""

import hashlib
import hmac
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain.signatures import (
    identify_secret,
    sign,
    signed_text,
    verified,
    without_signature,
)
from leadsignal.models.instants import to_instant
from tests.fakes.clock import NOW
from tests.fakes.events import tenant

SECRET = identify_secret(tenant())
AT = to_instant(NOW)
EXP = AT // 1_000 + 3_600
ADA = {"user_id": "u1", "crm_id": None, "email": "ada@acme.com"}


def signed(who: dict[str, Any], expires: str = "", secret: str = SECRET) -> str:
    return sign(secret, signed_text(**who, expires=expires))


def holds(context: dict[str, Any], who: dict[str, Any], now: int = AT) -> bool:
    return verified(context, secret=SECRET, now=now, **who)


def test_the_documented_text_is_signed_with_the_secret_as_it_is_shown() -> None:
    text = f"v1\nuser_id=u1\ncrm_id=\nemail=ada@acme.com\nexp={EXP}"
    by_hand = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
    assert holds({"signature": by_hand, "signatureExpires": EXP}, ADA)
    assert holds({"signature": by_hand, "signatureExpires": str(EXP)}, ADA)
    assert (len(SECRET), SECRET) == (64, SECRET.lower())


def test_the_documented_example_signs() -> None:
    page = (Path(__file__).parents[2] / "docs" / "identity.md").read_text()
    found = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert found is not None
    example: dict[str, Any] = {}
    exec(found[1], example)
    proof = example["sign_identify"](SECRET, user_id="u1", email=" Ada@ACME.com ")
    assert holds(proof, ADA, now=proof["signatureExpires"] * 1_000 - 1)


def test_each_tenant_has_a_secret_of_its_own() -> None:
    other = identify_secret(tenant("two"))
    assert other != SECRET
    assert not holds({"signature": signed(ADA, secret=other)}, ADA)


WORDS = (
    st.none()
    | st.sampled_from(("u1", "u2", "ada@acme.com", "a=b", "crm_id=", "é"))
    | st.text(min_size=1, max_size=12)
)
PERSONS = st.fixed_dictionaries({"user_id": WORDS, "crm_id": WORDS, "email": WORDS})


@given(one=PERSONS, other=PERSONS)
def test_a_signature_holds_for_exactly_the_identifiers_it_was_made_over(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    signable = any(one.values()) and not any("\n" in value for value in one.values() if value)
    context = {"signature": signed(one)}
    assert holds(context, one) is signable
    assert holds(context, other) is (signable and one == other)


@pytest.mark.parametrize(
    "who",
    [
        pytest.param({**ADA, "user_id": "u2"}, id="another user id"),
        pytest.param({**ADA, "user_id": None}, id="the user id left out"),
        pytest.param({**ADA, "email": "bob@acme.com"}, id="another e-mail"),
        pytest.param({**ADA, "email": None}, id="the e-mail left out"),
        pytest.param({**ADA, "crm_id": "c1"}, id="a CRM id added"),
        pytest.param({"user_id": None, "crm_id": "u1", "email": "ada@acme.com"}, id="moved"),
    ],
)
def test_a_stolen_signature_proves_nothing_of_other_identifiers(who: dict[str, Any]) -> None:
    assert not holds({"signature": signed(ADA)}, who)


def test_a_line_break_in_an_identifier_passes_for_no_other_line() -> None:
    text = signed_text(user_id="u1", crm_id=None, email="ada@acme.com")
    forged = {"user_id": "u1\ncrm_id=\nemail=ada@acme.com", "crm_id": None, "email": None}
    assert not holds({"signature": sign(SECRET, text)}, forged)
    assert not holds({"signature": signed(forged)}, forged)


def test_browsers_alone_are_nothing_to_vouch_for() -> None:
    nobody = dict.fromkeys(ADA)
    assert not holds({"signature": signed(nobody)}, nobody)


@pytest.mark.parametrize(
    ("expires", "after", "good"),
    [(EXP, -1, True), (EXP, 0, False), (EXP, 1, False), (str(EXP), -1, True)],
)
def test_a_signature_is_good_until_the_second_it_expires(
    expires: object, after: int, good: bool
) -> None:
    context = {"signature": signed(ADA, str(EXP)), "signatureExpires": expires}
    assert holds(context, ADA, now=EXP * 1_000 + after) is good


@pytest.mark.parametrize(
    "expires",
    [None, EXP + 1, "", "0", -EXP, f"+{EXP}", f" {EXP}", f"{EXP}.0", float(EXP), EXP * 1_000, True,
     [EXP], {}, "never", "١٢٣"],
    ids=str,
)  # fmt: skip
def test_the_expiry_is_under_the_signature_and_in_whole_seconds(expires: object) -> None:
    assert not holds({"signature": signed(ADA, str(EXP)), "signatureExpires": expires}, ADA)
    if expires is not None:
        exact = {"signature": signed(ADA, str(expires)), "signatureExpires": expires}
        assert holds(exact, ADA) is (expires == EXP + 1)


@pytest.mark.parametrize(
    "given",
    [None, "", 1, True, [], {}, "x" * 64, "a" * 63, "é" * 64, signed(ADA).upper(),
     f" {signed(ADA)}", f"{signed(ADA)}\n"],
    ids=lambda value: str(value)[:8],
)  # fmt: skip
def test_what_has_not_the_form_of_a_signature_is_none(given: object) -> None:
    assert not holds({"signature": given}, ADA)


@pytest.mark.parametrize(
    ("context", "rest"),
    [
        (None, None),
        ("x", "x"),
        ({}, {}),
        ({"locale": "nl"}, {"locale": "nl"}),
        ({"signature": "s"}, None),
        ({"signature": "s", "signatureExpires": 1, "locale": "nl"}, {"locale": "nl"}),
    ],
    ids=str,
)
def test_a_context_without_its_signature_is_the_content(context: object, rest: object) -> None:
    assert without_signature(context) == rest
