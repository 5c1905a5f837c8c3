"""What a caller says of a lead, checked and brought into the form in which it is kept."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from leadsignal.domain.attributes import NO_ATTRIBUTES, AttributeBook
from leadsignal.domain.email import normalise_email, read_email
from leadsignal.domain.groups import Domains
from leadsignal.domain.identifiers import usable
from leadsignal.domain.merge_patch import merge_patch
from leadsignal.domain.normalise.countries import country_code
from leadsignal.domain.normalise.headcount import read_range
from leadsignal.domain.normalise.industries import industry_name
from leadsignal.domain.normalise.phones import e164_of
from leadsignal.domain.normalise.text import tidy
from leadsignal.domain.slots import Identifier
from leadsignal.errors import FieldProblem, InvalidInputError
from leadsignal.models.edits import MAX_TAG, CompanyInput, LeadInput
from leadsignal.models.profiles import Profile

_TEXTS = ("first_name", "last_name", "title", "source", "owner")
_MAPS = ("traits", "attributes")
_BLANK = ("blank", "must not be blank; null takes the value away")
_WRONG = {
    "email": ("invalid_email", "is no valid e-mail address"),
    "phone": ("invalid_phone", "is no phone number, or has no country code"),
    "status": ("unknown_status", "is none of the statuses in the settings"),
    "company.country": ("unknown_country", "is no country: neither its code nor its name"),
    "company.domain": ("invalid_domain", "is no domain of a company"),
    "company.industry": ("unknown_industry", "is no industry of the list, nor another name of one"),
    "company.employee_range": ("unknown_employee_range", "is no size class, as 51-200 is one"),
}
_ONE_OF_EACH = ("user_id", "crm_id")

type Read = Callable[[str], str | None]
"""Returns a text in the form in which it is kept, None when it is not valid."""


class Sayings(NamedTuple):
    """What a caller says, normalised.

    ``fields`` are values by path, None for what is withdrawn. ``maps``, ``tags`` and ``company``
    are given where the caller gave them; of these None withdraws all that was said. Each of the
    ``identifiers`` comes with the pointer at what named it.
    """

    fields: dict[str, Any]
    maps: dict[str, Mapping[str, Any] | None]
    tags: tuple[tuple[str, ...] | None, ...]
    no_company: bool
    identifiers: Mapping[Identifier, str]
    consent: Mapping[str, bool]


def read_input(
    given: LeadInput,
    *,
    statuses: Sequence[str],
    country: str | None,
    mail: Domains,
    attributes: AttributeBook = NO_ATTRIBUTES,
) -> Sayings:
    """Return what a caller says of a lead.

    ``statuses`` are those that a lead can have, ``country`` is whose numbers phones without a
    country code are where nothing is said of the lead's own country; ``attributes`` knows what
    those must be that are defined.

    Raises:
        InvalidInputError: names every field that is not valid.
    """
    reader = _Reader(given, statuses, country, mail, attributes)
    sayings = reader.read()
    if reader.problems:
        raise InvalidInputError(tuple(reader.problems))
    return sayings


def read_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Return tags trimmed, in NFC, each once, in alphabetical order.

    Raises:
        InvalidInputError: a tag is blank or longer than ``MAX_TAG`` characters.
    """
    problems: list[FieldProblem] = []
    found = _tags(tags, problems)
    if problems:
        raise InvalidInputError(tuple(problems))
    return found


def _tags(tags: Iterable[str], problems: list[FieldProblem]) -> tuple[str, ...]:
    found: set[str] = set()
    for number, tag in enumerate(tags):
        text = tidy(tag)
        if text is None or len(text) > MAX_TAG:
            detail = f"must have 1 to {MAX_TAG} characters"
            problems.append(FieldProblem(f"/tags/{number}", "invalid_tag", detail))
        else:
            found.add(text)
    return tuple(sorted(found))


class _Reader:
    def __init__(
        self,
        given: LeadInput,
        statuses: Sequence[str],
        country: str | None,
        mail: Domains,
        attributes: AttributeBook,
    ) -> None:
        self.given = given
        self.sent = given.model_fields_set
        self.statuses = statuses
        self.country = country
        self.mail = mail
        self.attributes = attributes
        self.problems: list[FieldProblem] = []
        self.fields: dict[str, Any] = {}

    def read(self) -> Sayings:
        """Return what was said; ``problems`` says what of it is not valid."""
        for name in _TEXTS:
            self._take(name, tidy)
        self._take("email", normalise_email)
        self._take("status", self._status)
        if self.given.company is not None:
            self._company(self.given.company)
        self._take("phone", self._phone)
        tags = self.given.tags
        return Sayings(
            fields=self.fields,
            maps={name: self._map(name) for name in _MAPS if name in self.sent},
            tags=(_tags(tags, self.problems) if tags is not None else None,)
            if "tags" in self.sent
            else (),
            no_company="company" in self.sent and self.given.company is None,
            identifiers=self._identifiers(),
            consent=self.given.consent or {},
        )

    def _take(self, name: str, read: Read, prefix: str = "") -> None:
        """Take over a field that was given, in the form in which it is kept."""
        given = self.given.company if prefix else self.given
        if given is None or name not in given.model_fields_set:
            return
        value = getattr(given, name)
        found = None if value is None else read(value)
        path = f"{prefix}{name}"
        if value is not None and found is None:
            pointer = f"/{path.replace('.', '/')}"
            self.problems.append(FieldProblem(pointer, *_WRONG.get(path, _BLANK)))
        else:
            self.fields[path] = found

    def _map(self, name: str) -> Mapping[str, Any] | None:
        given: Mapping[str, Any] | None = getattr(self.given, name)
        if name != "attributes" or given is None:
            return given
        found, wrong = self.attributes.read(given, "/attributes")
        self.problems += wrong
        return found

    def _phone(self, text: str) -> str | None:
        stated = (self.given.traits or {}).get("country")
        own = country_code(stated) if isinstance(stated, str) else None
        return e164_of(text, countries=(own, self.fields.get("company.country"), self.country))

    def _status(self, text: str) -> str | None:
        return text if text in self.statuses else None

    def _company(self, company: CompanyInput) -> None:
        for name in ("name", "region", "city"):
            self._take(name, tidy, "company.")
        self._take("industry", industry_name, "company.")
        self._take("employee_range", read_range, "company.")
        self._take("country", country_code, "company.")
        self._take("domain", self._domain, "company.")
        if "employee_count" in company.model_fields_set:
            self.fields["company.employee_count"] = company.employee_count

    def _domain(self, text: str) -> str | None:
        """Return the registrable domain of a domain or URL; a free mail domain is no company's."""
        text = text.strip()
        try:
            host = urlsplit(text if "//" in text else f"//{text}").hostname or ""
            domain = self.mail.registrable(host.rstrip(".").encode("idna").decode())
        except ValueError:
            return None
        return domain if domain and self.mail.kind(domain) == "business" else None

    def _identifiers(self) -> dict[Identifier, str]:
        found: dict[Identifier, str] = {}
        if (email := self.fields.get("email")) is not None:
            found[Identifier("email", email)] = "/email"
        for number, each in enumerate(self.given.identifiers or ()):
            value = read_email(each.value) if each.kind == "email" else usable(each.value)
            pointer = f"/identifiers/{number}/value"
            if value is None:
                detail = "identifies nobody"
                self.problems.append(FieldProblem(pointer, "invalid_identifier", detail))
                continue
            if each.kind in _ONE_OF_EACH and any(
                other.kind == each.kind and other.value != value for other in found
            ):
                detail = "a lead has one of this kind"
                self.problems.append(FieldProblem(pointer, "too_many", detail))
            found.setdefault(Identifier(each.kind, value), pointer)
        return found


def said_over(sayings: Sayings, profile: Profile | None, *, replace: bool) -> dict[str, Any]:
    """Return what is to be said of a lead by path, given what stands of it already.

    Maps are merged by name, with ``replace`` tags take the place of those that are there. What was
    said before already is not said again, and what nobody said is not withdrawn.
    """
    standing = profile.provenance if profile else {}
    said = dict(sayings.fields)
    if sayings.no_company:
        said |= _withdrawn("company", standing)
    for name, given in sayings.maps.items():
        if given is None:
            said |= _withdrawn(name, standing)
            continue
        shown = getattr(profile, name) if profile else {}
        for key, value in given.items():
            merged = merge_patch(shown.get(key), value) if value is not None else None
            said[f"{name}.{key}"] = merged
    for tags in sayings.tags:
        if replace:
            said |= _withdrawn("tags", standing)
        said |= dict.fromkeys((f"tags.{tag}" for tag in tags or ()), True)
    return {
        path: value
        for path, value in said.items()
        if (path in standing if value is None else _news(path, value, standing))
    }


def _withdrawn(prefix: str, standing: Iterable[str]) -> dict[str, None]:
    return {path: None for path in standing if path.startswith(f"{prefix}.")}


def _news(path: str, value: Any, standing: Mapping[str, Any]) -> bool:
    return path not in standing or standing[path].value != value
