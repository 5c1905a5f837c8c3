"""Names of persons: first and last name, without titles and in the spelling of names."""

from functools import lru_cache
from typing import NamedTuple

from leadsignal.domain.normalise.casing import is_plain_capitals, is_plain_small, name_word
from leadsignal.domain.normalise.company_names import is_nobodys
from leadsignal.domain.normalise.text import tidy

MAX_LENGTH = 120
_REMEMBERED = 2048


class PersonName(NamedTuple):
    """First and last name, None where there is none."""

    first: str | None = None
    last: str | None = None


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_TITLES = _set(
    """
    dr prof professor mr mrs ms mx miss sir herr frau mme mlle madame monsieur mademoiselle senor
    señor senora señora srta sra dott dottssa signor signora dhr mevr mevrouw meneer drs dipling
    dipl-ing dring dr-ing univprof phdr mudr judr rndr mister
    """
)
_DOTTED_TITLES = _set("fr hr sr sig ing ir mag rev hon capt col gen lt sgt maj mgr bc dra ra fru")
_AFTER_TITLE = _set("med rer nat phil jur hc iur dent vet habil oec pol h c techn")
_SUFFIXES = _set("jr sr ii iii iv phd esq dds dvm")
_CAPITAL_SUFFIXES = _set("md mba cpa jd rn cfa pmp cissp")
_LISTED_SUFFIXES = _set(
    "ba ma bs ms msc bsc llm llb bsn pe rd mph mpa cfp edd dphil meng beng fcca aca"
)
_ALL_SUFFIXES = _SUFFIXES | _CAPITAL_SUFFIXES | _LISTED_SUFFIXES
_PARTICLES = _set(
    "van von der den de del della di da du des dos das la le zu zur af av ten ter bin ibn"
)
_SMALL = _set("van von der den de del du des das dos da la las los zu zur af av ten ter y bin ibn")
_TEAMS = _set(
    """
    team department dept support office marketing sales info admin group company services solutions
    accounting billing helpdesk reception university institute foundation school hospital
    """
)
_NOT_OF_NAMES = frozenset("0123456789@/\\_<>{}[]|=+*#$%^~:;!?")
_SHORT = 2
_VOWELS = frozenset("AEIOUYÄÖÜÅÆØÉÈÊÁÀÂÍÓÔÕÚ")


def person_name(first: str | None, last: str | None) -> PersonName:
    """Return first and last name as they are shown.

    Titles and what follows a name (``Dr.``, ``Jr.``, ``PhD``) are left out, names in capitals or in
    small letters get the spelling of names where both halves are there. What is doubtful, or no
    name at all, stays as it was given, trimmed and in one line. The result is a fixed point.
    """
    if len(first or "") > MAX_LENGTH or len(last or "") > MAX_LENGTH:
        return PersonName(tidy(first or ""), tidy(last or ""))
    return _halves(first or "", last or "")


def split_name(whole: str) -> PersonName:
    """Return the first and last name in a whole name: ``van der Berg, Jan`` and ``Jan van der
    Berg`` alike. The name of a company or a team is nobody's name."""
    return _parted(whole) if len(whole) <= MAX_LENGTH else _at_first_blank(tidy(whole) or "")


@lru_cache(maxsize=_REMEMBERED)
def _halves(first: str, last: str) -> PersonName:
    name, before = _read(first, last), None
    while name != before:
        name, before = _read(name.first or "", name.last or ""), name
    return name


def _read(first: str, last: str) -> PersonName:
    given, family = tidy(first) or "", tidy(last) or ""
    if not _NOT_OF_NAMES.isdisjoint(given + family):
        return PersonName(given or None, family or None)
    leading, following = given.split(" "), family.split(" ")
    leading = _without_titles(leading, more=bool(family))
    following = _without_suffixes(_without_titles(following))
    leading = leading if family else _without_suffixes(leading)
    return _cased(" ".join(leading), " ".join(following))


@lru_cache(maxsize=_REMEMBERED)
def _parted(whole: str) -> PersonName:
    text = tidy(whole) or ""
    if not _NOT_OF_NAMES.isdisjoint(text):
        return _at_first_blank(text)
    if _is_no_person(text):
        return PersonName()
    parts = [part.strip() for part in text.split(",")]
    while len(parts) > 1 and all(_plain(word) in _ALL_SUFFIXES for word in parts[-1].split(" ")):
        parts.pop()
    if len(parts) == 2 and all(parts):
        return _halves(parts[1], parts[0])
    words = _without_suffixes(parts[0].split(" ") if len(parts) == 1 else text.split(" "))
    named = _without_titles(words)
    if len(named) == 1 and len(words) > 1:
        return _halves("", named[0])  # Herr Müller
    return _halves(*_halved(named))


def _halved(words: list[str]) -> tuple[str, str]:
    """Return first and last name: the last name begins with its particle, else after the first word
    and the initials that follow it."""
    if words[0] in _PARTICLES:
        return "", " ".join(words)
    start = next((n for n, word in enumerate(words) if n and word.casefold() in _PARTICLES), 1)
    while start < len(words) - 1 and _is_initial(words[start]):
        start += 1
    return " ".join(words[:start]), " ".join(words[start:])


def _is_initial(word: str) -> bool:
    return word[:1].isalpha() and word[1:] == "."


def _at_first_blank(text: str) -> PersonName:
    head, _, tail = text.partition(" ")
    return PersonName(head or None, tail or None)


def _is_no_person(text: str) -> bool:
    words = text.split(" ")
    return "&" in words or is_nobodys(text) or (len(words) > 1 and words[-1].casefold() in _TEAMS)


def _plain(word: str) -> str:
    return word.replace(".", "").strip(",").casefold()


def _without_titles(words: list[str], *, more: bool = False) -> list[str]:
    """Return words without titles in front; ``more``: none of them needs to be left."""
    start = 0
    while start < len(words) - (not more) and _is_title(words, start):
        start += 1
    return words[start:]


def _is_title(words: list[str], place: int) -> bool:
    plain, dotted = _plain(words[place]), words[place].endswith(".")
    return (
        plain in _TITLES
        or (dotted and plain in _DOTTED_TITLES)
        or (dotted and place > 0 and plain in _AFTER_TITLE)
    )


def _without_suffixes(words: list[str]) -> list[str]:
    """Return words without what follows a name; the first word stays."""
    shouted = is_plain_capitals(" ".join(words))
    end = len(words)
    while end > 1 and _is_suffix(words[end - 1], shouted=shouted):
        end -= 1
    return [*words[: end - 1], words[end - 1].rstrip(",")] if end < len(words) else words


def _is_suffix(word: str, *, shouted: bool) -> bool:
    plain = _plain(word)
    if plain in ("ii", "iii", "iv"):
        return word.isupper()
    capital = word.isupper() and not shouted
    return plain in _SUFFIXES or (plain in _CAPITAL_SUFFIXES and (capital or "." in word))


def _cased(first: str, last: str) -> PersonName:
    """Return both names in the spelling of names, where they are written in capitals, or all in
    small letters; one half alone as it is, for it may be anything."""
    if not (first and last):
        return PersonName(first or None, last or None)
    whole = f"{first} {last}"
    small = is_plain_small(whole)
    shouted = is_plain_capitals(whole) and len(first) + len(last) > _SHORT + 1
    return PersonName(
        _spelled(first, small=small, shouted=shouted, family=False),
        _spelled(last, small=small, shouted=shouted, family=True),
    )


def _spelled(name: str, *, small: bool, shouted: bool, family: bool) -> str:
    loud = is_plain_capitals(name) and (shouted or len(name) > _SHORT)
    if not (small or loud):
        return name
    words = name.split(" ")
    return " ".join(
        _word(word, small=small, within=family or number > 0, last=number == len(words) - 1)
        for number, word in enumerate(words)
    )


def _word(word: str, *, small: bool, within: bool, last: bool) -> str:
    """Return one word of a name: a particle small, initials as they are."""
    if within and not last and word.casefold() in _SMALL:
        return word.casefold()
    if not (small or within) and _are_initials(word):
        return word
    return name_word(word)


def _are_initials(word: str) -> bool:
    """Return whether capitals stand for names: JD, AJ."""
    return len(word) <= _SHORT + 1 and (word[1:] == "J" or _VOWELS.isdisjoint(word))
