"""How good what is known of a lead is: points for what is complete, valid, fresh and in agreement.

Every check has so many points and says what stands in its way. The score is the sum of the points
that nothing stands in the way of; what one thing alone stands in the way of is its gain. So mending
one thing raises the score by its gain at least.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from leadsignal.domain.email import email_host
from leadsignal.domain.likeness import words_of
from leadsignal.domain.normalise.countries import country_code
from leadsignal.domain.normalise.phones import Phone, read_phone
from leadsignal.domain.placeholders import (
    is_placeholder_email,
    is_placeholder_name,
    is_placeholder_number,
)
from leadsignal.domain.profiles import phones_in
from leadsignal.models.instants import DAY_MS, Instant
from leadsignal.models.profiles import Profile
from leadsignal.models.quality import Fix, FixCode, Quality

_ACTIVITY = ((30, 10), (90, 7), (180, 4), (365, 2))  # up to so many days old: so many points
_COMPANY_DATA = ((90, 5), (365, 2))
_PHONES = ("phone", "phone_number", "phoneNumber")
_SOURCES = ("first_name", "last_name", "phone", "title")
_FIXES: dict[FixCode, tuple[str, str]] = {
    "missing_email": ("email", "no e-mail address is known"),
    "missing_first_name": ("first_name", "no first name is known"),
    "missing_last_name": ("last_name", "no last name is known"),
    "missing_phone": ("phone", "no phone number is known"),
    "missing_title": ("title", "no job title is known"),
    "missing_company": ("company", "no company is known"),
    "missing_country": ("company.country", "the country of the company is not known"),
    "missing_industry": ("company.industry", "the industry of the company is not known"),
    "missing_employee_count": ("company.employee_count", "the size of the company is not known"),
    "undeliverable_email": ("email", "the address cannot be delivered to"),
    "risky_email": ("email", "it is doubtful that the address can be delivered to"),
    "disposable_email": ("email", "the address is a disposable one"),
    "placeholder_email": ("email", "the address is made up"),
    "role_email": ("email", "the address is that of a function, not of a person"),
    "invalid_phone": ("phone", "there is no such phone number"),
    "placeholder_name": ("first_name", "the name is made up"),
    "invalid_country": ("company.country", "there is no such country"),
    "stale_activity": ("last_seen_at", "the lead was not seen for more than 30 days"),
    "stale_company": ("company", "nobody looked the company up in the last 90 days"),
    "email_of_other_company": ("email", "the domain of the address is not that of the company"),
    "phone_of_other_country": ("phone", "the country of the number is not that of the company"),
    "network_of_other_company": ("company", "the lead came from the network of another company"),
    "sources_differ": ("first_name", "what was said is not what the lead's events say"),
}


class _Check(NamedTuple):
    """So many points, and what stands in their way."""

    points: int
    hindered_by: tuple[FixCode, ...]


def quality_of(
    profile: Profile, *, network_domain: str | None, country: str | None, now: Instant
) -> Quality:
    """Return the quality of a lead's data at an instant, with what would mend it.

    ``network_domain`` is the domain of the company whose network the lead was last seen in,
    ``country`` whose numbers phones without a country code are. Crawlers have none, and nothing to
    mend. No value of the lead is repeated.
    """
    if profile.is_bot:
        return Quality()
    seen = _Seen(profile, network_domain, country, now)
    score, gains = 0, dict[FixCode, int]()
    for points, hindered_by in seen.checks():
        if not hindered_by:
            score += points
        elif points and len(hindered_by) == 1:
            [code] = hindered_by
            gains[code] = gains.get(code, 0) + points
    fixes = [_fix(code, gain, seen) for code, gain in gains.items()]
    return Quality(score=score, fixes=tuple(sorted(fixes, key=lambda f: (-f.gain, f.code))))


def _fix(code: FixCode, gain: int, seen: "_Seen") -> Fix:
    return _fix_of(code, gain, seen.differing() if code == "sources_differ" else None)


@lru_cache(maxsize=512)
def _fix_of(code: FixCode, gain: int, differing: str | None) -> Fix:
    field, detail = _FIXES[code]
    return Fix(code=code, field=differing or field, detail=detail, gain=gain)


class _Seen:
    """A lead as the checks see it."""

    def __init__(
        self, profile: Profile, network_domain: str | None, country: str | None, now: Instant
    ) -> None:
        self._profile = profile
        self._network_domain = network_domain
        self._now = now
        self._country = country
        self._host = email_host(profile.email) if profile.email else None
        self._number = read_phone(profile.phone, country=None) if profile.phone else None
        self._no_phone = self._missing("phone")
        if self._no_phone and any(profile.traits.get(name) for name in _PHONES):
            self._no_phone = ("invalid_phone",)

    def checks(self) -> Iterator[_Check]:
        """Yield all checks; their points come to 100."""
        yield from self._complete()
        yield from self._valid()
        yield from self._fresh()
        yield from self._agree()

    def _complete(self) -> Iterator[_Check]:
        yield _Check(10, self._missing("email"))
        yield _Check(4, self._missing("first_name"))
        yield _Check(4, self._missing("last_name"))
        yield _Check(5, self._no_phone)
        yield _Check(5, self._missing("title"))
        yield _Check(6, self._without_company())
        for names, code in _OF_COMPANY:
            known = any(
                getattr(self._profile.company, name, None) not in (None, "") for name in names
            )
            yield _Check(2, self._without_company() + (() if known else (code,)))

    def _valid(self) -> Iterator[_Check]:
        profile = self._profile
        no_email, no_phone = self._missing("email"), self._no_phone
        verdict = profile.email_deliverable
        undeliverable = _if(verdict == "no", "undeliverable_email")
        yield _Check(5, no_email + undeliverable)
        doubtful = _if(verdict == "risky" and not self._is_disposable, "risky_email")
        yield _Check(3, no_email + undeliverable + doubtful)
        yield _Check(4, no_email + _if(self._is_disposable, "disposable_email"))
        made_up = profile.email is not None and is_placeholder_email(profile.email)
        yield _Check(2, no_email + _if(made_up, "placeholder_email"))
        yield _Check(2, no_email + _if(profile.email_role, "role_email"))
        yield _Check(6, no_phone + _if(not no_phone and not self._valid_phone, "invalid_phone"))
        names = self._missing("first_name") + self._missing("last_name")
        nobody = is_placeholder_name(profile.first_name, profile.last_name)
        yield _Check(6, names + _if(nobody, "placeholder_name"))
        yield _Check(2, self._without_country())

    def _fresh(self) -> Iterator[_Check]:
        earned = _points(self._now - self._profile.last_seen_at, _ACTIVITY)
        yield _Check(earned, ())
        yield _Check(10 - earned, ("stale_activity",))
        if without := self._without_company():
            yield _Check(5, without)
            return
        earned = _points(self._now - self._company_said_at(), _COMPANY_DATA)
        yield _Check(earned, ())
        yield _Check(5 - earned, ("stale_company",))

    def _agree(self) -> Iterator[_Check]:
        company, no_company = self._profile.company, self._without_company()
        domain = company.domain if company else None
        other = self._profile.email_kind == "business" and not _within(self._host, domain)
        no_email = self._missing("email")
        yield _Check(
            6, no_email + no_company + _if(other and not no_email, "email_of_other_company")
        )
        abroad = self._is_abroad()
        yield _Check(
            4,
            self._no_phone
            + _if(not self._no_phone and not self._valid_phone, "invalid_phone")
            + self._without_country()
            + _if(abroad, "phone_of_other_country"),
        )
        elsewhere = not _within(self._network_domain, domain)
        yield _Check(3, no_company + _if(elsewhere, "network_of_other_company"))
        names = self._missing("first_name") + self._missing("last_name")
        yield _Check(2, names + _if(self.differing() is not None, "sources_differ"))

    def _missing(self, field: str) -> tuple[FixCode, ...]:
        if getattr(self._profile, field):
            return ()
        unread = field == "phone" and phones_in(self._profile.traits)
        return ("invalid_phone",) if unread else (_MISSING[field],)

    def _without_company(self) -> tuple[FixCode, ...]:
        company = self._profile.company
        known = company is not None and bool(company.name or company.domain)
        return _if(not known, "missing_company")

    def _without_country(self) -> tuple[FixCode, ...]:
        country = self._profile.company.country if self._profile.company else None
        if not country:
            return (*self._without_company(), "missing_country")
        return _if(country_code(country) is None, "invalid_country")

    @property
    def _is_disposable(self) -> bool:
        return self._profile.email_kind == "disposable"

    @property
    def _valid_phone(self) -> bool:
        found = self._number
        return found is not None and found.valid and not is_placeholder_number(found.number)

    def _is_abroad(self) -> bool:
        country = self._profile.company.country if self._profile.company else None
        code = country_code(country) if country else None
        return bool(code and self._valid_phone and self._number and not _of(self._number, code))

    def _company_said_at(self) -> Instant:
        """Return when the company was last looked up, or something was said of it."""
        company = self._profile.company
        looked_up = company.enriched_at if company and company.enriched_at else 0
        said = (
            found.by.at
            for path, found in self._profile.provenance.items()
            if path.startswith("company.")
        )
        return max((looked_up, *said))

    def differing(self) -> str | None:
        """Return the first field of which people say one thing and events another."""
        profile = self._profile
        for field in _SOURCES:
            learned = profile.traits.get(field)
            if field in profile.provenance and isinstance(learned, str) and learned.strip():
                said = str(getattr(profile, field) or "")
                if self._plain(field, said) != self._plain(field, learned):
                    return field
        return None

    def _plain(self, field: str, text: str) -> object:
        if field != "phone":
            return words_of(text)
        found = read_phone(text, country=self._country)
        return found.number if found else text


_MISSING: dict[str, FixCode] = {
    "email": "missing_email",
    "first_name": "missing_first_name",
    "last_name": "missing_last_name",
    "phone": "missing_phone",
    "title": "missing_title",
}
_OF_COMPANY: tuple[tuple[tuple[str, ...], FixCode], ...] = (
    (("country",), "missing_country"),
    (("industry",), "missing_industry"),
    (("employee_count", "employee_range"), "missing_employee_count"),
)


def _if(holds: bool, code: FixCode) -> tuple[FixCode, ...]:
    return (code,) if holds else ()


def _points(age_ms: int, steps: tuple[tuple[int, int], ...]) -> int:
    return next((points for days, points in steps if age_ms <= days * DAY_MS), 0)


def _within(host: str | None, domain: str | None) -> bool:
    """Return whether a host is a domain's, as far as both are known."""
    if host is None or domain is None:
        return True
    return host == domain or host.endswith(f".{domain}")


def _of(number: Phone, country: str) -> bool:
    return not number.countries or country in number.countries
