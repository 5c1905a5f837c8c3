"""Every error this package raises on purpose.

* LeadSignalError
  x MalformedInputError       the bytes cannot be parsed                      (HTTP 400)
  x InvalidInputError         parsed, but not valid; names the fields         (HTTP 422)
  x InvalidRowsError          parsed, but rows are not valid; names them      (HTTP 422)
  x TooLargeError             more bytes or items than allowed                (HTTP 413)
  x UnsupportedMediaError     a media type we do not read                     (HTTP 415)
  x UnsupportedEncodingError  a content encoding we do not read               (HTTP 415)
  x MissingCredentialError    no credential was sent                          (HTTP 401)
  x ExposedCredentialError    a secret key was sent within a URL              (HTTP 401)
  x InvalidCredentialError    the credential is not (or no longer) good       (HTTP 403)
  x InsufficientScopeError    the credential is good, but not for this        (HTTP 403)
  x NotFoundError             it does not exist, or is not the caller's       (HTTP 404)
  x GoneError                 it was erased, and must not come back           (HTTP 410)
  x ConflictError             someone else changed it first                   (HTTP 409)
  x LastAdminKeyError         nobody could manage the tenant's keys any more  (HTTP 409)
  x TakenError                another lead has what was to be given           (HTTP 409)
  x InUseError                something else still names it                   (HTTP 409)
  x KeyInUseError             the first request with this key still runs      (HTTP 409)
  x KeyReusedError            the key belongs to another request              (HTTP 422)
  x PreconditionFailedError   it is not in the version the caller asked for   (HTTP 412)
  x RateLimitedError          more requests than the key may make             (HTTP 429)
  x TransientError            a dependency failed; trying again may work      (HTTP 503)
  x ProviderError             a provider of company data gave no answer       (HTTP 503)
  x NoCreditsError            not enough credits, or none left of a budget    (HTTP 402)
  x PermanentError            a dependency refused; trying again cannot help  (HTTP 503)
"""

from typing import Literal, NamedTuple

type ProviderFailure = Literal[
    "timeout", "throttled", "refused", "invalid", "unreachable", "error", "pending"
]


class FieldProblem(NamedTuple):
    """What is wrong with one field: where (JSON pointer or parameter name), a code, a sentence.

    ``position`` is the character within a text, from 0, where that tells more.
    """

    where: str
    code: str
    detail: str
    position: int | None = None


class LeadSignalError(Exception):
    """Base class: catch this to catch everything the package raises on purpose."""


class MalformedInputError(LeadSignalError):
    """The bytes cannot be parsed; ``slug`` says as what."""

    def __init__(self, slug: str, detail: str) -> None:
        super().__init__(detail)
        self.slug = slug


class InvalidInputError(LeadSignalError):
    """The input parsed but breaks a rule; ``problems`` names each field."""

    def __init__(self, problems: tuple[FieldProblem, ...]) -> None:
        super().__init__("; ".join(f"{p.where}: {p.detail}" for p in problems))
        self.problems = problems


class InvalidRowsError(InvalidInputError):
    """Rows of a file break a rule; ``problems`` names the first of them, ``rows`` counts all."""

    def __init__(self, problems: tuple[FieldProblem, ...], *, rows: int) -> None:
        super().__init__(problems)
        self.rows = rows


class TooLargeError(LeadSignalError):
    """The input has more bytes or items than is allowed; ``slug`` says which."""

    def __init__(self, slug: str, detail: str) -> None:
        super().__init__(detail)
        self.slug = slug


class UnsupportedMediaError(LeadSignalError):
    """The media type is not one we read."""


class UnsupportedEncodingError(LeadSignalError):
    """The content encoding is not one we read."""


class MissingCredentialError(LeadSignalError):
    """No credential was sent where one is needed."""


class ExposedCredentialError(LeadSignalError):
    """A secret key was sent within a URL; ``key_id`` is the public part of ``key``."""

    def __init__(self, key: str, key_id: str) -> None:
        super().__init__("a secret key must not be in a URL: revoke it, and send another as Bearer")
        self.key = key
        self.key_id = key_id


class InvalidCredentialError(LeadSignalError):
    """The credential is malformed, unknown, revoked or expired: one answer for all four."""


class InsufficientScopeError(LeadSignalError):
    """The credential is good but does not carry ``scope``."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"this key does not carry the scope {scope}")
        self.scope = scope


class NotFoundError(LeadSignalError):
    """The named thing does not exist, or belongs to another tenant: the same to a caller."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"there is no such {kind}")
        self.kind = kind


class GoneError(LeadSignalError):
    """The thing was erased on somebody's demand and does not come back."""


class ConflictError(LeadSignalError):
    """A stored item is no longer in the state it was read in; load it again and retry."""


class LastAdminKeyError(LeadSignalError):
    """Without this key nobody could manage the keys of the tenant any more."""

    def __init__(self) -> None:
        super().__init__("make another owner or admin key that does not expire, then try again")


class TakenError(LeadSignalError):
    """A lead cannot be given an identifier; ``existing_id`` is the lead that has it, if any."""

    def __init__(self, problems: tuple[FieldProblem, ...], *, existing_id: str | None) -> None:
        super().__init__("an identifier is another lead's, or one too many of its kind")
        self.problems = problems
        self.existing_id = existing_id


class InUse(NamedTuple):
    """Something that names a thing which was to be deleted: of what kind, its id and its name."""

    kind: str
    id: str
    name: str


class InUseError(LeadSignalError):
    """A thing cannot be deleted while others name it; ``used_by`` are these."""

    def __init__(self, used_by: tuple[InUse, ...]) -> None:
        super().__init__("it is in use; take it out of what used_by lists first")
        self.used_by = used_by


class KeyInUseError(LeadSignalError):
    """The first request with this ``Idempotency-Key`` is still being worked on."""


class KeyReusedError(LeadSignalError):
    """This ``Idempotency-Key`` came with another request before."""


class PreconditionFailedError(LeadSignalError):
    """The thing is not in the version that ``If-Match`` asked for, but in ``version``."""

    def __init__(self, version: int) -> None:
        super().__init__("the resource is not in the version that If-Match names")
        self.version = version


class RateLimitedError(LeadSignalError):
    """The key made more requests than it may; another may be made after some seconds.

    ``policy`` names the limit to whom it may be told.
    """

    def __init__(self, *, retry_after_seconds: int, policy: str | None = None) -> None:
        super().__init__("too many requests with this key")
        self.retry_after_seconds = retry_after_seconds
        self.policy = policy


class TransientError(LeadSignalError):
    """A dependency failed in a way that may pass; ``retry_after_seconds`` where it said when."""

    def __init__(self, detail: str, *, retry_after_seconds: int | None = None) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class PermanentError(LeadSignalError):
    """A dependency refused in a way that no retry can change."""


class ProviderError(LeadSignalError):
    """A provider gave no usable answer, which costs nothing; ``reason`` says why.

    ``pending``: it is still working on the answer. ``refused``: it does not take our key, or wants
    to be paid first. ``retry_after_seconds`` is how long it asked to be left alone.
    """

    def __init__(
        self,
        reason: ProviderFailure,
        *,
        retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(f"the provider gave no answer: {reason}")
        self.reason = reason
        self.retry_after_seconds = retry_after_seconds


class NoCreditsError(LeadSignalError):
    """A look-up costs more than is left: of the ``balance``, or of the budget of a key or a day."""

    def __init__(self, limit: Literal["balance", "key_day", "day"]) -> None:
        super().__init__("not enough credits are left for this look-up")
        self.limit = limit
