"""E-mail addresses checked: roles, what the DNS says and for how long, what follows from it."""

from datetime import timedelta
from typing import Any

import pytest

from leadsignal.adapters.dns import read_servers
from leadsignal.domain.lead_views import alert_lead, lead_view
from leadsignal.domain.mail_checks import CHECKED_FOR, UNKNOWN_FOR, is_role_account
from leadsignal.domain.playbook import default_playbook
from leadsignal.domain.profiles import profile_of
from leadsignal.models.enrichment import MailVerdict
from leadsignal.models.instants import to_instant
from leadsignal.models.leads import Lead
from leadsignal.models.mail import MailHost
from leadsignal.models.messages import ENRICH_MESSAGE, MailRequest
from leadsignal.services.commit import ask_to_enrich, change_lead
from leadsignal.services.mail_checks import KEPT, MailDesk, check_mail, mail_host, with_verdict
from tests.fakes.clock import NOW
from tests.fakes.events import GAP, World, event, tenant
from tests.fakes.stores import (
    InMemoryMailHosts,
    ScriptedExchange,
    ScriptedMail,
)


@pytest.mark.parametrize(
    ("email", "role"),
    [
        ("info@acme.com", True),
        ("INFO@acme.com".lower(), True),
        ("no-reply@acme.com", True),
        ("no_reply+x@acme.com", True),
        ("sales2@acme.com", True),
        ("kontakt@acme.de", True),
        ("ventas@acme.es", True),
        ("ada@acme.com", False),
        ("ada.sales@acme.com", False),
        ("information.desk.ada@acme.com", False),
        ("@acme.com", False),
        ("2@acme.com", False),
    ],
)
def test_an_address_of_a_function_is_told_from_that_of_a_person(email: str, role: bool) -> None:
    assert is_role_account(email) is role


class Post:
    """One lead whose e-mail nobody has checked yet, and what the DNS says."""

    def __init__(self, email: str = "ada@acme.com", **known: MailHost) -> None:
        self.world = World()
        self.exchange = ScriptedExchange({f"{name}.com": found for name, found in known.items()})
        self.hosts = InMemoryMailHosts()
        self.world.apply([event(email=email)])
        self.leads = self.world.leads["ten_one"]

    @property
    def desk(self) -> MailDesk:
        book = default_playbook(tenant())
        return MailDesk(tenant(), self.leads, ScriptedMail(), book, self.exchange, self.hosts)

    def asked(self) -> MailRequest:
        """Return what the worker is asked, in one message, without any address."""
        sent = [ENRICH_MESSAGE.validate_json(sent.body) for sent in self.world.queue.take_all()]
        [request] = [request for request in sent if isinstance(request, MailRequest)]
        assert "@" not in request.model_dump_json()
        return request

    def work(self, request: MailRequest, *, later: timedelta = timedelta()) -> Lead | None:
        return check_mail(request, desk=self.desk, now=lambda: NOW + later)

    def checked(self) -> Lead:
        lead = self.work(self.asked())
        assert lead is not None
        return lead

    def change(self, lead: Lead, **fields: Any) -> Lead:
        def apply(found: Lead) -> Lead:
            return found.model_copy(update=fields)

        return change_lead(
            lead.lead_id,
            apply,
            tenant=tenant(),
            leads=self.leads,
            mail=ScriptedMail(),
            book=default_playbook(tenant()),
            now=NOW,
        )


def rules(lead: Lead) -> set[str]:
    return {part.rule_id for part in lead.score.contributions}


@pytest.mark.parametrize(
    ("found", "verdict", "costs"),
    [("yes", "unknown", 0), ("no", "no", 40), ("unknown", "unknown", 0)],
)
def test_what_the_dns_says_is_kept_with_the_lead_and_counts(
    found: MailHost, verdict: str, costs: int
) -> None:
    post = Post(acme=found)
    [before] = post.world.found()
    lead = post.checked()
    assert lead.version == before.version + 1
    shown = lead_view(
        lead, profile_of(lead, gap_ms=GAP, country=None), now=to_instant(NOW)
    ).email_check
    assert shown is not None
    assert (shown.kind, shown.role, shown.mx, shown.verdict) == ("business", False, found, verdict)
    assert (shown.source, shown.checked_at) == ("dns", to_instant(NOW))
    assert ("undeliverable_email" in rules(lead)) is bool(costs)
    assert lead.score.raw == before.score.raw - costs


def test_company_and_e_mail_are_asked_for_with_one_call() -> None:
    world = World()
    before = world.calls.log.count("SendMessageBatch")
    world.apply([event(email="ada@acme.com")])
    kinds = [ENRICH_MESSAGE.validate_json(sent.body).kind for sent in world.queue.take_all()]
    assert kinds == ["lead", "mail"]
    assert world.calls.log.count("SendMessageBatch") == before + 1


def test_what_was_checked_is_not_asked_for_again_until_it_is_old() -> None:
    post = Post(acme="yes")
    request = post.asked()
    lead = post.work(request)
    assert lead is not None
    assert post.work(request) == lead
    for kept, found in ((CHECKED_FOR, "yes"), (UNKNOWN_FOR, "unknown")):
        assert lead.email_check is not None
        check = lead.email_check.model_copy(update={"mx": found})
        for moment, times in ((kept - timedelta(milliseconds=1), 0), (kept, 1)):
            at = to_instant(NOW + moment)
            old = lead.model_copy(update={"email_check": check, "committed_at": at})
            ask_to_enrich(old, tenant=tenant(), queue=post.world.queue)
            sent = [ENRICH_MESSAGE.validate_json(m.body).kind for m in post.world.queue.take_all()]
            assert sent.count("mail") == times


@pytest.mark.parametrize("email", ["ada@free.com", "ada@trash.com"])
def test_free_and_disposable_domains_are_known_without_asking(email: str) -> None:
    sent = Post(email).world.queue.take_all()
    assert [m for m in sent if '"mail"' in m.body] == []


def test_a_disposable_address_is_risky_and_costs_points_at_once() -> None:
    post = Post("ada@trash.com")
    [lead] = post.world.found()
    assert profile_of(lead, gap_ms=GAP, country=None).email_deliverable == "risky"
    assert "disposable_email" in rules(lead)


def test_an_address_of_a_function_costs_some_points() -> None:
    [lead] = Post("info@acme.com").world.found()
    assert "role_email" in rules(lead)


def test_of_a_hashed_address_nothing_is_asked() -> None:
    assert Post("sha256:" + "ab" * 32).world.queue.take_all() == []


def test_what_was_found_of_one_address_says_nothing_of_another() -> None:
    post = Post(acme="no")
    lead = post.checked()
    assert lead.email_check is not None
    other = lead.email_check.model_copy(update={"email": "bob@acme.com"})
    changed = post.change(lead, email_check=other)
    assert changed.email_check is None
    assert "undeliverable_email" not in rules(changed)


def test_a_lead_whose_address_changed_meanwhile_is_left_alone() -> None:
    post = Post(other="no")
    request = post.asked().model_copy(update={"domain": "other.com"})
    [before] = post.world.found()
    assert post.work(request) == before


def test_a_domain_is_asked_about_once_while_its_answer_counts() -> None:
    hosts = InMemoryMailHosts()
    for found in ("yes", "no", "unknown"):
        exchange = ScriptedExchange({"acme.com": found})
        for moment in (timedelta(), KEPT[found] - timedelta(milliseconds=1), KEPT[found]):
            desk = Post().desk._replace(exchange=exchange, hosts=hosts)
            assert mail_host("acme.com", desk=desk, now=NOW + moment) == found
        assert exchange.asked == ["acme.com"] * 2
        hosts.known.clear()


def test_a_provider_that_tried_the_mailbox_goes_before_the_dns_while_that_is_fresh() -> None:
    post = Post(acme="no")
    request = post.asked()
    [lead] = post.world.found()
    verdict = MailVerdict(deliverable="yes", provider="hunter")
    tried = with_verdict(lead, "ada@acme.com", verdict, tenant=tenant(), now=NOW)
    lead = post.change(lead, email_check=tried.email_check)
    assert profile_of(lead, gap_ms=GAP, country=None).email_deliverable == "yes"
    asked = post.work(request, later=timedelta(days=89))
    assert asked is not None
    assert asked.email_check is not None
    assert (asked.email_check.mx, asked.email_check.deliverable) == ("no", "yes")
    assert asked.email_check.source == "hunter"
    later = post.work(request, later=CHECKED_FOR)
    assert later is not None
    assert later.email_check is not None
    assert (later.email_check.source, later.email_check.deliverable) == ("dns", "no")


def test_a_verdict_keeps_what_the_dns_said_of_the_same_address_only() -> None:
    post = Post(acme="yes")
    lead = post.checked()
    verdict = MailVerdict(deliverable="unknown", provider="hunter")
    tried = with_verdict(lead, "ada@acme.com", verdict, tenant=tenant(), now=NOW)
    assert tried.email_check is not None
    assert (tried.email_check.mx, tried.email_check.deliverable) == ("yes", "unknown")
    assert with_verdict(lead, "bob@acme.com", verdict, tenant=tenant(), now=NOW) == lead


def test_what_nobody_can_say_any_more_does_not_undo_what_was_said() -> None:
    post = Post(acme="no")
    lead = post.checked()
    post.exchange.known.clear()
    request = MailRequest(tenant_id="ten_one", lead_id=lead.lead_id, domain="acme.com")
    assert post.work(request, later=CHECKED_FOR) == lead


@pytest.mark.parametrize(
    ("email", "found", "reachable"),
    [
        ("ada@acme.com", "yes", True),
        ("ada@acme.com", "no", False),
        ("ada@trash.com", "yes", False),
        ("ada@free.com", "yes", True),
    ],
)
def test_an_alert_knows_whether_the_lead_can_be_reached(
    email: str, found: MailHost, reachable: bool
) -> None:
    post = Post(email, acme=found)
    if email == "ada@acme.com":
        post.work(post.asked())
    [lead] = post.world.found()
    assert alert_lead(lead, profile_of(lead, gap_ms=GAP, country=None)).reachable is reachable


@pytest.mark.parametrize(
    ("text", "servers"),
    [
        ("", []),
        ("none", None),
        ("192.0.2.1:53", [("192.0.2.1", 53)]),
        ("192.0.2.1:53, [2001:db8::1]:5353", [("192.0.2.1", 53), ("2001:db8::1", 5353)]),
    ],
)
def test_name_servers_are_read_from_their_setting(text: str, servers: object) -> None:
    assert read_servers(text) == servers


@pytest.mark.parametrize("text", ["192.0.2.1", "dns.acme.com:53", "192.0.2.1:x"])
def test_a_name_server_without_port_or_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="."):
        read_servers(text)


def test_a_lead_that_is_gone_is_not_checked() -> None:
    post = Post(acme="yes")
    assert post.work(post.asked().model_copy(update={"lead_id": "lead_gone"})) is None
