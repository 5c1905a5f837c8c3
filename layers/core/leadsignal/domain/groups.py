"""What a ``group`` call says of an account, in few fields of few characters."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

from leadsignal.models.leads import Group, Member

MAX_BYTES = 100
MAX_EMPLOYEES = 10_000_000

_TEXTS = {
    "name": ("name", "company_name", "companyName"),
    "industry": ("industry",),
    "country": ("country",),
    "employee_range": ("employee_range", "employeeRange", "company_size", "companySize", "size"),
    "region": ("region", "state"),
    "city": ("city",),
    "phone": ("phone",),
}
_HOSTS = {"domain": ("domain",), "website": ("website", "url"), "email_domain": ("email",)}
_EMPLOYEES = ("employee_count", "employeeCount", "employees")
_COUNT = re.compile(r"[0-9]{1,3}(?:[,. \u00a0'][0-9]{3})+|[0-9]{1,8}", re.ASCII)
# where companies have pages: such an address says nothing of the company's own domain
_SHARED_SITES = {
    "facebook.com", "github.com", "google.com", "instagram.com", "linkedin.com", "tiktok.com",
    "twitter.com", "x.com", "xing.com", "youtube.com",
}  # fmt: skip


class Domains(Protocol):
    """What kind of mail a domain is, and the registrable domain of a host."""

    def kind(self, domain: str) -> str: ...
    def registrable(self, host: str) -> str | None: ...


def said_of_group(traits: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is kept of a group's traits, by the names of a company's fields.

    Segment's ``address`` is read too. A number of employees is an integer, where ``employees`` is a
    size class it is kept as that, and of a domain, a website and an e-mail the host remains; what
    has another form is left out. Text is cut, and otherwise as it came.
    """
    address = traits.get("address")
    sources = (traits, address) if isinstance(address, Mapping) else (traits,)
    said: dict[str, Any] = {field: _cut(_text(sources, names)) for field, names in _TEXTS.items()}
    said |= {field: _host(field, _text((traits,), names)) for field, names in _HOSTS.items()}
    counts = (_count(traits.get(name)) for name in _EMPLOYEES)
    said["employee_count"] = next((count for count in counts if count is not None), None)
    if said["employee_count"] is None and said["employee_range"] is None:
        said["employee_range"] = _cut(_text((traits,), _EMPLOYEES))
    return {field: value for field, value in said.items() if value is not None}


def _text(sources: Iterable[Mapping[str, Any]], names: Iterable[str]) -> str:
    values = (source.get(name) for name in names for source in sources)
    return next((v.strip() for v in values if isinstance(v, str) and v.strip()), "")


def _cut(text: str) -> str | None:
    return text.encode()[:MAX_BYTES].decode(errors="ignore").strip() or None


def _count(value: object) -> int | None:
    if isinstance(value, str) and _COUNT.fullmatch(value.strip()):
        value = int("".join(filter(str.isdigit, value)))
    elif isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= MAX_EMPLOYEES else None


def _host(field: str, text: str) -> str | None:
    """Return the host of a domain, a URL or an e-mail in lower-case ASCII, None when it has none
    that could be a company's."""
    try:
        host = urlsplit(text if "//" in text else f"//{text}").hostname or ""
        host = host.rstrip(".").encode("idna").decode()
    except ValueError:
        return None
    shared = field == "website" and any(
        host == site or host.endswith(f".{site}") for site in _SHARED_SITES
    )
    return None if shared or "." not in host or len(host) > MAX_BYTES else host


def last_group(members: Iterable[Member]) -> Group | None:
    """Return the group that was named last over all members, by (instant, messageId)."""
    groups = (member.group for member in members if member.group is not None)
    return max(groups, key=lambda group: group.by.order, default=None)


def hosts_of(group: Group) -> list[str]:
    """Return the hosts that a group names as its own: domain, website, that of its e-mail."""
    return [group.traits[field] for field in _HOSTS if field in group.traits]


def group_domain(members: Iterable[Member], mail: Domains) -> str | None:
    """Return the registrable domain of the company that the last group call named, or None.

    A free or disposable mail domain is nobody's company.
    """
    group = last_group(members)
    for host in hosts_of(group) if group else ():
        domain = mail.registrable(host)
        if domain is not None and mail.kind(domain) == "business":
            return domain
    return None
