"""Kinds of mail domains and registrable domains, on the embedded data."""

import pytest

import leadsignal_data
from leadsignal.adapters.embedded.mail import EmbeddedMailDomains


@pytest.fixture(scope="module")
def mail() -> EmbeddedMailDomains:
    return EmbeddedMailDomains()


@pytest.mark.parametrize(
    ("domain", "kind"),
    [
        ("gmail.com", "free"),
        (" GMail.com. ", "free"),
        ("outlook.com", "free"),
        ("yahoo.co.uk", "free"),
        ("web.de", "free"),
        ("qq.com", "free"),
        ("hey.com", "free"),
        ("tutanota.com", "free"),
        ("icloud.com", "free"),
        ("privaterelay.appleid.com", "free"),
        ("mailinator.com", "disposable"),
        ("guerrillamail.com", "disposable"),
        ("anything.mailinator.com", "disposable"),
        ("apple.com", "business"),
        ("starbucks.com", "business"),
        ("mit.edu", "business"),
        ("acme.co.uk", "business"),
        ("notgmail.com", "business"),
        ("", "business"),
        ("com", "business"),
        ("\ud800.com", "business"),
    ],
)
def test_kind_of_a_mail_domain(mail: EmbeddedMailDomains, domain: str, kind: str) -> None:
    assert mail.kind(domain) == kind


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("www.acme.com", "acme.com"),
        ("acme.com", "acme.com"),
        ("a.b.ACME.co.uk.", "acme.co.uk"),
        ("foo.github.io", "foo.github.io"),
        ("bücher.de", "xn--bcher-kva.de"),
        ("10.0.0.1", None),
        ("[2001:db8::1]", None),
        ("2001:db8::1", None),
        ("co.uk", None),
        ("com", None),
        ("localhost", None),
        ("", None),
        ("a..com", None),
        ("jane@acme.com", None),
        ("acme.com/path", None),
        ("a." * 200 + "com", None),
        ("\ud800.com", None),
    ],
)
def test_registrable_domain(mail: EmbeddedMailDomains, host: str, domain: str | None) -> None:
    assert mail.registrable(host) == domain


def test_the_lists_share_nothing_and_name_no_labelled_organisation(
    mail: EmbeddedMailDomains,
) -> None:
    disposable = set(leadsignal_data.read_lines("email_disposable"))
    free = set(leadsignal_data.read_lines("email_free"))
    owned = {row[0] for row in leadsignal_data.read_rows("companies")}
    assert len(disposable) > 8_000
    assert len(free) > 5_000
    assert not disposable & free
    assert free & owned <= {"zoho.com"}
    assert not disposable & owned
    assert all(mail.registrable(domain) for domain in free)
