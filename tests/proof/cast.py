"""Histories of one tenant's visitors: a seeded stream of requests, and what must come of them.

Realistic ones (returning visitors, log-ins, several browsers, offline phones) and hostile ones
(shared browsers, claims on other people's names, contradictions, crawlers, broken items). The
outcome of each is known beforehand by plain reasoning about who did what: ``owner_of`` names whose
each identifier is, ``deeds`` what each person did, as sets of ``messageId``.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any, Literal, NamedTuple

type Item = dict[str, Any]
type Key = Literal["write", "secret"]

START = datetime(2026, 1, 15, 12, tzinfo=UTC)
SPAN_MINUTES = 45 * 24 * 60
MOST = 6  # views in one visit
APART = 60.0  # minutes between deeds whose order decides who is who
BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
PATHS = (
    "/",
    "/pricing",
    "/pricing?utm_source=google&utm_medium=cpc&utm_campaign=a",
    "/demo",
    "/blog/a",
    "/docs/x",
    "/contact",
    "/?gclid=abc",
)
REFERRERS = ("https://www.google.com/", "https://news.example/", "")
BUSINESS = ("siemens.com", "sap.com", "initech.example", "globex.example", "bosch.com")
FREE = ("gmail.com", "web.de")
ADDRESSES = ("8.8.8.8", "91.198.174.192", "84.112.1.1", "203.0.113.9")


class Deed(NamedTuple):
    """One thing that somebody did: when (in minutes), as whom, and by which key it is told."""

    minutes: float
    item: Item
    key: Key
    owner: str | None
    late: float = 0.0
    timeless: bool = False
    """Whether it is all the same when it happened."""


class Request(NamedTuple):
    """What a client sends at once, and when."""

    at: datetime
    key: Key
    items: tuple[Item, ...]


def owner_of_nobody(browser: str) -> str:
    """Return the name of whoever is on a shared browser while nobody is logged in."""
    return f"nobody on {browser}"


@dataclass
class Cast:
    """The visitors of one tenant. Ids are the same at every tenant; only ``number`` differs."""

    number: int
    seed: int
    contradicts: bool = True
    owner_of: dict[tuple[str, str], str] = field(default_factory=dict)
    deeds: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    bots: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    refused: int = 0

    def __post_init__(self) -> None:
        self.random = Random(f"{self.seed}:{self.number}")
        self._numbers = count(1)
        self._messages = count(1)

    # ──── who there is ────

    def requests(self, events: int) -> list[Request]:
        """Return requests with so many events (or a few more), copies included, in the order of
        their sending."""
        kinds: tuple[tuple[Callable[[], Iterator[Deed]], int], ...] = (
            (self.passer_by, 34),
            (self.reader_with_a_form, 22),
            (self.user_with_browsers, 16),
            (self.two_on_one_browser, 8),
            (self.joined_by_a_server, 6),
            (self.signed_up_under_two_names, 4),
            (self.claimed_by_a_browser, 4),
            (self.phone_with_an_alias, 3),
            (self.crawler, 3),
        )
        makers, weights = zip(*kinds, strict=True)
        sendings: list[tuple[float, Key, Item]] = []
        while len(sendings) < events:
            [maker] = self.random.choices(makers, weights)
            for deed in maker():
                sendings += self._sent(deed)
        sendings.sort(key=lambda sending: sending[0])
        return list(self._packed(sendings))

    def passer_by(self) -> Iterator[Deed]:
        """Somebody who never says who they are."""
        browser = self._own("anonymous_id", f"b{next(self._numbers)}")
        yield from self._visits(browser, browser.owner, self._begin())

    def reader_with_a_form(self) -> Iterator[Deed]:
        """Somebody who fills in a form on one or two browsers, having looked around before."""
        number = next(self._numbers)
        email = self._email(number)
        begin = self._begin()
        for each in range(self.random.choice((1, 1, 2))):
            browser = self._own("anonymous_id", f"b{number}-{each}", email.owner)
            yield from self._visits(browser, email.owner, begin)
            begin += APART * self.random.randint(1, 30)
            yield self._form(browser, email, begin)
            yield from self._visits(browser, email.owner, begin + 5)
            begin += APART * self.random.randint(1, 200)

    def user_with_browsers(self) -> Iterator[Deed]:
        """A customer who logs in here and there, and of whom the server tells, too."""
        number = next(self._numbers)
        user = self._own("user_id", f"u{number}")
        email = self._email(number, user.owner)
        begin = self._begin()
        said = {"email": email.value, "title": self.random.choice(("CTO", "CEO", "Engineer"))}
        for each in range(self.random.randint(1, 3)):
            browser = self._own("anonymous_id", f"b{number}-{each}", user.owner)
            yield from self._visits(browser, user.owner, begin)
            begin += APART * self.random.randint(1, 20)
            yield self._deed(
                begin, user.owner, browser, type="identify", userId=user.value, traits=dict(said)
            )
            yield from self._visits(browser, user.owner, begin + 5, userId=user.value)
            begin += APART * self.random.randint(1, 300)
        for _ in range(self.random.randint(0, 3)):
            begin += APART * self.random.randint(1, 50)
            if self.random.random() < 0.4:
                yield self._group(begin, user)
            else:
                yield self._deed(
                    begin, user.owner, key="secret", type="track", event="paid", userId=user.value
                )

    def two_on_one_browser(self) -> Iterator[Deed]:
        """Two people, each with a form, on one browser: from the second form on it is shared."""
        number = next(self._numbers)
        one, other = self._email(number), self._email(next(self._numbers))
        browser = self._own("anonymous_id", f"b{number}-0", one.owner)
        nobody = owner_of_nobody(browser.value)
        begin = self._begin()
        yield from self._visits(browser, one.owner, begin, most=3, within=APART / 2)
        begin += APART
        yield self._form(browser, one, begin)
        yield from self._visits(browser, one.owner, begin + 1, most=3, within=APART / 2)
        begin += APART * self.random.randint(2, 400)
        yield self._form(browser, other, begin)
        for _ in range(self.random.randint(1, 4)):
            begin += APART * self.random.randint(1, 100)
            who = self.random.choice((one, other, None))
            if who is None:
                yield from self._visits(browser, nobody, begin, most=3)
            else:
                yield self._form(browser, who, begin)

    def joined_by_a_server(self) -> Iterator[Deed]:
        """One known by e-mail and one by user id turn out to be the same: the server says so."""
        number = next(self._numbers)
        user = self._own("user_id", f"u{number}")
        email = self._email(number, user.owner)
        browser = self._own("anonymous_id", f"b{number}-0", user.owner)
        begin = self._begin()
        yield from self._visits(browser, user.owner, begin)
        yield self._form(browser, email, begin + APART)
        begin += APART * self.random.randint(2, 100)
        yield self._deed(
            begin, user.owner, key="secret", type="track", event="signed_up", userId=user.value
        )
        begin += APART * self.random.randint(2, 100)
        yield self._deed(
            begin,
            user.owner,
            key="secret",
            type="identify",
            userId=user.value,
            traits={"email": email.value, "plan": self.random.choice(("pro", "free"))},
        )
        yield from self._visits(browser, user.owner, begin + 10)

    def signed_up_under_two_names(self) -> Iterator[Deed]:
        """A CRM id, a user id and two e-mails that a server says of one person, in any order."""
        number = next(self._numbers)
        user = self._own("user_id", f"u{number}")
        names: list[Item] = [
            {"crm_id": self._own("crm_id", f"c{number}", user.owner).value},
            {"email": self._email(number, user.owner).value},
            {"email": self._email(next(self._numbers), user.owner).value},
        ]
        begin = self._begin()
        for name in self.random.sample(names, len(names)):
            begin += APART * self.random.randint(1, 100)
            yield self._deed(
                begin, user.owner, key="secret", type="identify", userId=user.value, traits=name
            )

    def claimed_by_a_browser(self) -> Iterator[Deed]:
        """Somebody who is known claims somebody else's user id from a browser: it joins nobody."""
        number = next(self._numbers)
        victim = self._own("user_id", f"u{number}")
        thief = self._email(next(self._numbers))
        browser = self._own("anonymous_id", f"b{number}-0", thief.owner)
        begin = self._begin()
        yield self._deed(
            begin, victim.owner, key="secret", type="track", event="paid", userId=victim.value
        )
        begin += APART
        yield self._form(browser, thief, begin)
        begin += APART
        traits = {"email": thief.value, "owner": "me"}
        yield self._deed(begin, victim.owner, type="identify", userId=victim.value, traits=traits)
        yield from self._visits(browser, thief.owner, begin + 5)

    def phone_with_an_alias(self) -> Iterator[Deed]:
        """An app that renames its anonymous id to the user's at the log-in."""
        number = next(self._numbers)
        user = self._own("user_id", f"u{number}")
        browser = self._own("anonymous_id", f"b{number}-0", user.owner)
        begin = self._begin()
        yield from self._visits(browser, user.owner, begin)
        begin += APART * self.random.randint(1, 50)
        yield self._deed(
            begin, user.owner, type="alias", userId=user.value, previousId=browser.value
        )
        yield from self._visits(browser, user.owner, begin + 5, userId=user.value)

    def crawler(self) -> Iterator[Deed]:
        """Nobody at all."""
        browser = self._own("anonymous_id", f"b{next(self._numbers)}")
        begin = self._begin()
        for _ in range(self.random.randint(1, 5)):
            begin += self.random.random() * 10
            deed = self._view(browser, None, begin)
            deed.item["context"]["userAgent"] = BOT
            self.bots[browser.owner].add(deed.item["messageId"])
            yield deed

    # ──── what they do ────

    def _begin(self) -> float:
        return self.random.random() * SPAN_MINUTES * 0.6

    def _own(self, kind: str, value: str, owner: str | None = None) -> "_Name":
        name = _Name(kind, value, owner or f"{kind}:{value}")
        self.owner_of[kind, value] = name.owner
        return name

    def _email(self, number: int, owner: str | None = None) -> "_Name":
        domain = Random(f"{self.number}:{number}").choice(BUSINESS + FREE)
        return self._own("email", f"p{number}@{domain}", owner)

    def _deed(
        self,
        minutes: float,
        owner: str | None,
        browser: "_Name | None" = None,
        *,
        key: Key = "write",
        **said: Any,
    ) -> Deed:
        name = f"m-{next(self._messages):06d}"
        mark = f"mark{self.number:02d}x{name}"
        item: Item = {"messageId": name, "properties": {"note": mark}, "context": {}} | said
        if browser is not None:
            item["anonymousId"] = browser.value
        if "traits" in item:
            item["traits"]["note"] = mark
        if self.random.random() < 0.1:
            choice = {"ads": self.random.random() < 0.5}
            item["context"]["consent"] = {"categoryPreferences": choice}
        if owner is not None:
            self.deeds[owner].add(name)
        late = self.random.choice((0.0,) * 8 + (self.random.random() * 300, 1440 * 3))
        return Deed(minutes, item, key, owner, late)

    def _view(self, browser: "_Name", owner: str | None, minutes: float, **said: Any) -> Deed:
        deed = self._deed(minutes, owner, browser, type="page", **said)
        path = self.random.choice(PATHS)
        mark = deed.item["properties"]["note"]
        deed.item["properties"] |= {"url": f"https://www.acme.test{path}", "title": mark}
        deed.item["context"]["page"] = {"referrer": self.random.choice(REFERRERS)}
        deed.item["context"]["ip"] = self.random.choice(ADDRESSES)
        return deed

    def _visits(
        self,
        browser: "_Name",
        owner: str,
        begin: float,
        *,
        most: int = MOST,
        within: float = APART * 4,
        **said: Any,
    ) -> Iterator[Deed]:
        for _ in range(self.random.randint(1, most)):
            minutes = begin + self.random.random() * within * 0.9
            deed = self._view(browser, owner, minutes, **said)
            yield deed._replace(timeless=most == MOST)

    def _form(self, browser: "_Name", email: "_Name", minutes: float) -> Deed:
        deed = self._deed(minutes, email.owner, browser, type="track", event="form_submitted")
        said = {"email": email.value, "first_name": self.random.choice(("Ada", "Bob", "Eve"))}
        deed.item["properties"] |= said
        return deed

    def _group(self, minutes: float, user: "_Name") -> Deed:
        traits = {"name": "Initech", "employee_count": self.random.choice((10, 300))}
        return self._deed(
            minutes,
            user.owner,
            key="secret",
            type="group",
            userId=user.value,
            groupId=f"g{self.random.randint(1, 50)}",
            traits=traits | {"domain": self.random.choice(BUSINESS)},
        )

    # ──── how it is sent ────

    def _sent(self, deed: Deed) -> Iterator[tuple[float, Key, Item]]:
        """Yield the sendings of a deed: perhaps late, several times, contradicted, or spoiled."""
        item = deed.item | {"timestamp": _text(deed.minutes)}
        first = deed.minutes + deed.late + self.random.random() * 0.2
        yield first, deed.key, item
        copies = self.random.choices((0, 1, 2, 6), (84, 11, 4, 1))[0]
        if not copies and deed.timeless and self.random.random() < 0.05:
            del item["timestamp"]
            return
        for _ in range(copies):
            wait = self.random.choice((0.05, 3.0, 200.0, 3000.0)) * self.random.random()
            yield first + 0.01 + wait, deed.key, dict(item)
        if self.contradicts and not copies and self.random.random() < 0.02:
            other = item | {"properties": item["properties"] | {"contradiction": True}}
            yield first + self.random.random() * 100, deed.key, other
        if self.random.random() < 0.02:
            self.refused += 1
            yield first, deed.key, self._spoiled()

    def _spoiled(self) -> Item:
        """Return an item that no tenant's key makes valid."""
        name = f"bad-{next(self._messages):06d}"
        mark = f"mark{self.number:02d}x{name}"
        spoiled: Item = {"type": "track", "event": mark, "messageId": name, "anonymousId": "b1"}
        wrong: Item = self.random.choice(
            (
                {"anonymousId": None},
                {"timestamp": "yesterday"},
                {"event": ""},
                {"type": "purchase"},
                {"properties": [mark]},
                {"event": f"{mark}\u0000"},
            )
        )
        return spoiled | wrong

    def _packed(self, sendings: list[tuple[float, Key, Item]]) -> Iterator[Request]:
        """Yield requests of one to a dozen items of one key, each sent when its last item is."""
        waiting: dict[Key, list[Item]] = {"write": [], "secret": []}
        sizes = {"write": 1, "secret": 1}
        for minutes, key, item in sendings:
            waiting[key].append(item)
            if len(waiting[key]) >= sizes[key]:
                yield Request(START + timedelta(minutes=minutes), key, tuple(waiting[key]))
                waiting[key] = []
                sizes[key] = self.random.choice((1, 1, 1, 2, 3, 5, 12))
        last = START + timedelta(minutes=sendings[-1][0] + 1)
        for key, items in waiting.items():
            if items:
                yield Request(last, key, tuple(items))


class _Name(NamedTuple):
    """An identifier and whose it is."""

    kind: str
    value: str
    owner: str


def _text(minutes: float) -> str:
    return (START + timedelta(minutes=minutes)).isoformat(timespec="milliseconds")
