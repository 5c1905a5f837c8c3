"""The score of a company from those of its people: the best few, each further one counting less."""

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

from leadsignal.domain.scoring import round_half_up, tier_of
from leadsignal.models.accounts import AccountScore, PersonShare

BEST = 5  # people who count
FURTHER = 0.5  # how much of the one before each further person counts

type Role = Literal["executive", "director", "manager", "staff", "unknown", "junior"]

WEIGHTS: dict[Role, float] = {
    "executive": 1.0,
    "director": 0.95,
    "manager": 0.9,
    "staff": 0.8,
    "unknown": 0.75,
    "junior": 0.5,
}
_WORDS: tuple[tuple[Role, str], ...] = (
    ("junior", r"intern|trainee|student|apprentice|werkstudent|stagiair|assistant"),
    (
        "executive",
        r"c[efimoprst]o|chief|founder|cofounder|owner|president|partner|geschäftsführer(in)?|ceo",
    ),
    ("director", r"vp|svp|evp|director|head|leiter(in)?|directeur"),
    ("manager", r"manager|lead|principal|supervisor|teamleiter(in)?"),
)
_PATTERNS = [(role, re.compile(rf"\b({words})\b")) for role, words in _WORDS]


class Person(NamedTuple):
    """One person of a company."""

    lead_id: str
    score: int
    title: str | None


def role_of(title: str | None) -> Role:
    """Return how senior a job title is, by the words in it."""
    if not title:
        return "unknown"
    text = title.lower()
    if "vice president" in text:
        return "director"
    return next((role for role, words in _PATTERNS if words.search(text)), "staff")


def score_account(people: Iterable[Person]) -> AccountScore:
    """Return the score of a company, 0 to 100, and what each of the people adds to it.

    A person's part is the score times the weight of the role. The best one's part stands; each
    further one, up to ``BEST``, fills half as much as the one before of what is left to 100. So a
    further person never lowers the score, and no crowd makes it more than 100.
    """
    weighed = sorted(
        ((WEIGHTS[role_of(p.title)] * p.score, p) for p in people),
        key=lambda pair: (-pair[0], pair[1].lead_id),
    )
    reached, share = 0.0, 1.0
    found: list[PersonShare] = []
    for part, person in weighed[:BEST]:
        added = (100 - reached) * part / 100 * share
        reached, share = reached + added, share * FURTHER
        role = role_of(person.title)
        found.append(
            PersonShare(
                lead_id=person.lead_id,
                score=person.score,
                role=role,
                weight=WEIGHTS[role],
                adds=added,
            )
        )
    score = round_half_up(round(reached, 9))
    return AccountScore(
        score=score,
        tier=tier_of(score),
        raw=reached,
        people=tuple(found),
        people_count=len(weighed),
    )
