"""Who visits and who they turn out to be: all of it follows from the log."""

import re
from collections import Counter
from functools import cache

import leadsignal_data
from leadsignal.adapters.embedded.crawlers import EmbeddedCrawlers
from leadsignal.adapters.embedded.mail import EmbeddedMailDomains
from leadsignal.domain.email import normalise_email
from local.demo.people import DISPOSABLE_DOMAIN, DOMAINS, FREE_DOMAINS, Person, people_of
from local.demo.visitors import Visitor, anonymous_id, draw, outside_referrer, visitors_of
from local.demo.weblog import Hit, read_hits

HIT = Hit(1431857103, "203.0.113.9", "GET", "/blog", 200, None, "Mozilla/5.0 Firefox/26.0")


@cache
def visitors() -> list[Visitor]:
    return visitors_of(read_hits())


@cache
def people() -> dict[str, Person]:
    return people_of(visitors())


def test_an_address_with_an_agent_is_one_visitor() -> None:
    hits = [
        HIT,
        HIT._replace(at=HIT.at + 9),
        HIT._replace(agent="other"),
        HIT._replace(path="/x.png"),
    ]

    found = visitors_of(hits)

    assert sorted(len(visitor.hits) for visitor in found) == [1, 2]
    assert {visitor.address for visitor in found} == {HIT.address}


def test_an_anonymous_id_follows_from_address_and_agent() -> None:
    one = anonymous_id("203.0.113.9", "Firefox")

    assert one == anonymous_id("203.0.113.9", "Firefox")
    assert (
        len({one, anonymous_id("203.0.113.8", "Firefox"), anonymous_id("203.0.113.9", None)}) == 3
    )
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", one)


def test_draws_repeat_differ_by_purpose_and_are_spread() -> None:
    ids = [visitor.anonymous_id for visitor in visitors()]

    assert draw(ids[0], "a") == draw(ids[0], "a") != draw(ids[0], "b")
    assert 0.4 < sum(draw(each, "a") for each in ids) / len(ids) < 0.6


def test_a_link_from_the_site_itself_is_not_from_outside() -> None:
    own = HIT._replace(referrer="http://semicomplete.com/blog")
    odd = HIT._replace(referrer="http://[broken")
    search = HIT._replace(referrer="http://www.google.com/url?q=x")

    assert outside_referrer(visitors_of([own, odd])[0]) is None
    assert outside_referrer(visitors_of([own, odd, search])[0]) == "www.google.com"


def test_people_are_the_same_each_time_whatever_the_order_of_the_log() -> None:
    assert people_of(visitors_of(reversed(read_hits()))) == people()


def test_most_people_use_their_company_s_mail_some_a_free_one_and_one_a_disposable_one() -> None:
    kinds = Counter(person.kind for person in people().values())

    assert kinds["business"] > kinds["free"] > kinds["disposable"] == 1


def test_no_crawler_turns_out_to_be_a_person() -> None:
    crawlers = EmbeddedCrawlers()
    agents = [visitor.agent for visitor in visitors() if visitor.anonymous_id in people()]

    assert [agent for agent in agents if agent is None or crawlers.name(agent)] == []


def test_the_embedded_data_knows_every_company_and_each_kind_of_mail() -> None:
    known = {
        domain
        for domain, kind, _, industry, *_ in leadsignal_data.read_rows("companies")
        if industry
    }
    mail = EmbeddedMailDomains()

    assert set(DOMAINS) <= known
    assert {mail.kind(domain) for domain in DOMAINS} == {"business"}
    assert {mail.kind(domain) for domain in FREE_DOMAINS} == {"free"}
    assert mail.kind(DISPOSABLE_DOMAIN) == "disposable"


def test_each_address_is_a_good_one_and_belongs_to_one_name() -> None:
    names = {(person.email, person.first_name, person.last_name) for person in people().values()}

    assert all(normalise_email(person.email) == person.email for person in people().values())
    assert len({email for email, *_ in names}) == len(names)


def test_some_people_come_again_on_another_device() -> None:
    emails = Counter(person.email for person in people().values())

    assert 3 <= sum(1 for count in emails.values() if count == 2) <= 12
