"""E-mail addresses in the form in which they are compared."""

import pytest

from leadsignal.domain.email import normalise_email


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
