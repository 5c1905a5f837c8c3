"""Which leads may be the same person though no identifier says so: by phone and by name."""

import base64
import hashlib
import hmac
from collections.abc import Sequence

from leadsignal.domain.close_names import long_form
from leadsignal.domain.normalise.company_names import company_key
from leadsignal.domain.normalise.text import folded, words_in
from leadsignal.models.leads import LeadCompany
from leadsignal.models.profiles import Likeness, Profile

MAX_WORDS = 8


def words_of(*names: str | None) -> tuple[str, ...]:
    """Return the words of a name in alphabetical order, without case, accents and punctuation."""
    text = " ".join(name for name in names if name)
    return tuple(sorted(words_in(text))[:MAX_WORDS])


def similar_names(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether two names, as ``words_of`` returns them, may well be one person's.

    Order does not matter. Every word of the shorter name has its counterpart in the longer one,
    the same word or its initial, and at least one whole word is the same; one word alone is like
    another only when they are the same.
    """
    shorter, longer = sorted((list(one), list(other)), key=len)
    if not shorter or (len(shorter) == 1 < len(longer)):
        return False
    whole = [word for word in shorter if len(word) > 1 and word in longer]
    for word in whole:
        if word in longer:
            longer.remove(word)
            shorter.remove(word)
    return bool(whole) and all(_taken(word, longer) for word in shorter)


def _taken(word: str, words: list[str]) -> bool:
    """Take the counterpart of a word out of others; return whether there was one."""
    for other in words:
        if word[0] == other[0] and (len(word) == 1 or len(other) == 1 or word == other):
            words.remove(other)
            return True
    return False


def likeness_of(profile: Profile, *, key: bytes) -> Likeness:
    """Return by what a lead is found when another may be the same person: keyed hashes of its phone
    number, and of the initials of its name with its company. Crawlers are like nobody.

    Companies count as one when their domains begin alike (``acme.com``, ``acme.de``), or the name
    of the one without a domain is that word whatever its legal form. Initials are those of first
    and last name, in the long form where they are short ones; so names that ``close_names`` takes
    for one person's nearly always have the same.
    """
    if profile.is_bot:
        return Likeness()
    initials = _initials(profile)
    company = _company(profile.company) if profile.company else None
    named = initials is not None and company is not None
    return Likeness(
        phone=_hashed(key, "phone", profile.phone) if profile.phone else None,
        namesake=_hashed(key, "initials", company or "", initials or "") if named else None,
    )


def _initials(profile: Profile) -> str | None:
    names = (profile.first_name, profile.last_name)
    words = words_in(" ".join(name for name in names if name))
    if len(words) < 2:
        return None
    return "".join(sorted(long_form(word)[0] for word in (words[0], words[-1])))


def _company(company: LeadCompany) -> str:
    if company.domain:
        return folded(company.domain.partition(".")[0])
    return company_key(company.name or "") or company.id


def _hashed(key: bytes, *parts: str) -> str:
    digest = hmac.digest(key, "\n".join(parts).encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:12]).decode()
