"""E-mail addresses in the form in which they are compared."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain.email import email_hash, email_host, normalise_email, read_email
from leadsignal.domain.identifiers import BLOCKED


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("jane@acme.com", "jane@acme.com", id="plain"),
        pytest.param("  Jane.Doe+News@ACME.com\n", "jane.doe+news@acme.com", id="blanks and case"),
        pytest.param("jane@sub.acme.co.uk", "jane@sub.acme.co.uk", id="subdomain"),
        pytest.param("jane@example.com", "jane@example.com", id="example domain"),
        pytest.param("jane@acme.test", "jane@acme.test", id="test domain"),
        pytest.param("Jose\u0301@acme.com", "jos\u00e9@acme.com", id="decomposed accent"),
        pytest.param("jane@BÜCHER.de", "jane@bücher.de", id="internationalised domain"),
        pytest.param("jane@xn--bcher-kva.de", "jane@bücher.de", id="the same in ASCII"),
        pytest.param("\u0130@acme.com", "i\u0307@acme.com", id="lower case of two characters"),
        pytest.param("", None, id="empty"),
        pytest.param("jane", None, id="no domain"),
        pytest.param("jane@acme", None, id="no dot"),
        pytest.param("jane@@acme.com", None, id="two at signs"),
        pytest.param("jane doe@acme.com", None, id="blank inside"),
        pytest.param("Jane <jane@acme.com>", None, id="display name"),
        pytest.param("jane@[10.0.0.1]", None, id="address literal"),
        pytest.param("jane@localhost", None, id="localhost"),
        pytest.param("jane..doe@acme.com", None, id="two dots"),
        pytest.param("jane\x00@acme.com", None, id="control character"),
        pytest.param("jane\ud800@acme.com", None, id="surrogate"),
        pytest.param(f"{'j' * 65}@acme.com", None, id="local part too long"),
        pytest.param("j@" + "a." * 200 + "com", None, id="too long"),
    ],
)
def test_addresses_are_compared_trimmed_and_in_lower_case(text: str, expected: str | None) -> None:
    found = normalise_email(text)
    assert found == expected
    assert found is None or normalise_email(found) == found


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


HASH = sha("ada@acme.com")


@pytest.mark.parametrize(
    ("value", "read"),
    [
        pytest.param(" Ada@ACME.com ", "ada@acme.com", id="plain"),
        pytest.param(HASH, f"sha256:{HASH}", id="hash"),
        pytest.param(f" {HASH.upper()}\n", f"sha256:{HASH}", id="upper case and blanks"),
        pytest.param(f"sha256:{HASH}", f"sha256:{HASH}", id="with the prefix"),
        pytest.param(f"SHA256:{HASH.upper()}", f"sha256:{HASH}", id="with a loud prefix"),
        pytest.param(f"md5:{HASH}", None, id="another prefix"),
        pytest.param(f"sha256: {HASH}", None, id="blank inside"),
        pytest.param(HASH[1:], None, id="too short"),
        pytest.param(f"{HASH}0", None, id="too long"),
        pytest.param("g" * 64, None, id="not hex"),
        pytest.param("٣" * 64, None, id="digits of another script"),
        pytest.param("0" * 64, None, id="zeros"),
        pytest.param("sha256:" + "0" * 64, None, id="zeros with the prefix"),
        pytest.param(None, None, id="null"),
        pytest.param(5, None, id="number"),
        pytest.param([HASH], None, id="list"),
    ],
)
def test_an_email_is_read_plain_or_hashed(value: object, read: str | None) -> None:
    assert read_email(value) == read
    assert read is None or read_email(read) == read


@pytest.mark.parametrize("word", ["", "NaN", "None", "[object Object]", *sorted(BLOCKED)])
def test_the_hash_of_a_missing_value_identifies_nobody(word: str) -> None:
    assert read_email(sha(word)) is None


NAMES = st.text("abcXYZ019", min_size=1, max_size=10)


@given(local=NAMES, host=NAMES, blanks=st.sampled_from(("", " ", "\n")))
def test_an_address_and_its_hash_are_one_identifier(local: str, host: str, blanks: str) -> None:
    written = f"{blanks}{local}@{host}.com{blanks}"
    plain = read_email(written)
    hashed = read_email(sha(written.strip().lower()))
    assert plain is not None
    assert hashed is not None
    assert email_hash(plain) == email_hash(hashed) == hashed.removeprefix("sha256:")


@pytest.mark.parametrize(
    ("email", "host"), [("ada@acme.com", "acme.com"), (f"sha256:{HASH}", None)]
)
def test_a_hash_shows_no_host(email: str, host: str | None) -> None:
    assert email_host(email) == host
