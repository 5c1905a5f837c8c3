"""The invented part of the demo: who some of the visitors turn out to be.

The companies exist, so that the embedded data has something to say about them; the people do not.
Nothing is ever sent to these addresses.
"""

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

from local.demo.visitors import Visitor, draw, outside_referrer

type MailKind = Literal["business", "free", "disposable"]
type Story = Literal["asks_for_demo", "compares", "signs_up", "reads", "subscribes"]

BUSINESS_SHARE = 0.12  # of the visitors who came by a link from elsewhere
FREE_SHARE = 0.04
SECOND_DEVICE_EVERY = 8  # such a visitor is a person met before, on another device

DOMAINS = (
    "autodesk.com", "parker.com", "ciena.com", "trimble.com", "resmed.com", "nrg.com",
    "spglobal.com", "weyerhaeuser.com", "hersheys.com", "questdiagnostics.com", "leidos.com",
    "oracle.com", "ti.com", "lamresearch.com", "vrtx.com", "expedia.com", "ametek.com",
    "ameren.com", "albemarle.com", "internationalpaper.com", "hilton.com", "netflix.com",
    "hpe.com", "3m.com", "paychex.com", "ecolab.com", "zimmerbiomet.com", "zebra.com",
    "synopsys.com", "rockwellautomation.com", "raymondjames.com", "gartner.com", "cadence.com",
    "chipotle.com", "cbrands.com", "colgatepalmolive.com", "bms.com", "qualcomm.com",
    "moodys.com", "nasdaq.com", "cintas.com", "deere.com", "caterpillar.com", "cummins.com",
)  # fmt: skip
FREE_DOMAINS = ("gmail.com", "outlook.com", "gmx.de", "yahoo.com", "proton.me")
DISPOSABLE_DOMAIN = "mailinator.com"

FIRST_NAMES = (
    "Amara", "Bruno", "Chiara", "Daniel", "Elif", "Farid", "Grace", "Hugo", "Ines", "Jonas",
    "Keiko", "Liam", "Marta", "Noah", "Olga", "Priya", "Quentin", "Rosa", "Samuel", "Tessa",
    "Umar", "Valerie", "Wanda", "Yusuf", "Zoe",
)  # fmt: skip
LAST_NAMES = (
    "Adeyemi", "Bergmann", "Castillo", "Dubois", "Eriksen", "Fontana", "Grant", "Hoffmann",
    "Ivanova", "Jansen", "Kovacs", "Lindqvist", "Moreau", "Nakamura", "Okafor", "Petrov",
    "Quinn", "Rossi", "Sandoval", "Turner", "Ueda", "Vasquez", "Whitfield",
)  # fmt: skip
TITLES = (
    "Head of Platform", "VP Engineering", "Director of IT Operations", "DevOps Lead",
    "Site Reliability Engineer", "CTO", "Procurement Manager", "Solutions Architect",
)  # fmt: skip

STORIES: tuple[tuple[float, Story], ...] = (
    (0.14, "asks_for_demo"),
    (0.34, "compares"),
    (0.46, "signs_up"),
    (0.76, "reads"),
    (1.0, "subscribes"),
)
_MACHINE = re.compile(
    r"bot|crawl|spider|feed|reader|preview|https?:|java|python|curl|wget|perl", re.I
)


class Person(NamedTuple):
    """Somebody who says who they are, and how."""

    email: str
    kind: MailKind
    first_name: str
    last_name: str
    title: str | None
    phone: str | None
    story: Story

    @property
    def user_id(self) -> str:
        """The id under which the site's own server knows them."""
        return "user-" + self.email.partition("@")[0].replace(".", "-")


def people_of(visitors: Iterable[Visitor]) -> dict[str, Person]:
    """Return who identifies, by anonymous id.

    Most do with an e-mail of their company, some with a free one, one with a throw-away one.
    """
    people: dict[str, Person] = {}
    rest: list[Visitor] = []
    business: list[Person] = []
    free = 0
    for visitor in visitors:
        if not _is_person(visitor):
            continue
        chance = draw(visitor.anonymous_id, "identifies")
        if chance < BUSINESS_SHARE:
            if len(business) % SECOND_DEVICE_EVERY == SECOND_DEVICE_EVERY - 1:
                person = business[-1]._replace(story="subscribes")
            else:
                domain = DOMAINS[len(business) % len(DOMAINS)]
                person = _person(visitor, len(business), "business", domain)
            business.append(person)
            people[visitor.anonymous_id] = person
        elif chance < BUSINESS_SHARE + FREE_SHARE:
            domain = FREE_DOMAINS[free % len(FREE_DOMAINS)]
            people[visitor.anonymous_id] = _person(visitor, 100 + free, "free", domain)
            free += 1
        else:
            rest.append(visitor)
    if rest:
        hidden = min(rest, key=lambda visitor: draw(visitor.anonymous_id, "disguise"))
        people[hidden.anonymous_id] = _person(hidden, 200, "disposable", DISPOSABLE_DOMAIN)
    return people


def is_curious(visitor: Visitor) -> bool:
    """Return whether this visitor looks at the commercial pages without saying who it is."""
    return _is_person(visitor) and draw(visitor.anonymous_id, "curious") < 0.15


def _is_person(visitor: Visitor) -> bool:
    return (
        visitor.agent is not None
        and not _MACHINE.search(visitor.agent)
        and outside_referrer(visitor) is not None
    )


def _person(visitor: Visitor, number: int, kind: MailKind, domain: str) -> Person:
    """Return the person of a number: no two numbers below 575 have the same name."""
    first = FIRST_NAMES[number % len(FIRST_NAMES)]
    last = LAST_NAMES[(number * 7) % len(LAST_NAMES)]
    chance = draw(visitor.anonymous_id, "story")
    story = next(story for edge, story in STORIES if chance < edge)
    if kind != "business":
        story = "compares" if chance < 0.5 else "reads"
    titled = kind == "business" and draw(visitor.anonymous_id, "title") < 0.6
    called = kind == "business" and draw(visitor.anonymous_id, "phone") < 0.3
    return Person(
        email=f"{first}.{last}@{domain}".lower(),
        kind=kind,
        first_name=first,
        last_name=last,
        title=TITLES[number % len(TITLES)] if titled else None,
        phone=f"+1 202 555 {100 + number % 100:04d}" if called else None,
        story=story,
    )
