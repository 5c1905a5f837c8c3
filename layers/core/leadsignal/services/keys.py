"""A tenant's keys come into being, are changed, get new secrets and are revoked."""

from collections.abc import Callable, Mapping
from datetime import datetime

from leadsignal.domain import credentials
from leadsignal.errors import (
    ConflictError,
    FieldProblem,
    InsufficientScopeError,
    InvalidInputError,
    LastAdminKeyError,
    NotFoundError,
)
from leadsignal.models.instants import Instant, to_instant
from leadsignal.models.keys import (
    KeyMarks,
    KeyPatch,
    KeyRequest,
    KeyStatus,
    KeyView,
    MintedKey,
    NewKeyView,
    RotateRequest,
    RouteUsage,
    UsageDay,
)
from leadsignal.models.pages import Page
from leadsignal.models.preconditions import Precondition
from leadsignal.models.scopes import ROLES, RoleView, beyond
from leadsignal.models.tenants import ApiKey, KeyKind, Principal
from leadsignal.ports import KeyStore, KeyUsageStore
from leadsignal.services.day_ranges import read_days
from leadsignal.services.listing import Listing

MAX_LIVE_KEYS = 100
MAX_KEYS = 1_000  # with those that were revoked or expired and are still listed
ATTEMPTS = 4

type Token = Callable[[int], str]


def create_key(
    request: KeyRequest, *, caller: Principal, keys: KeyStore, token: Token, now: datetime
) -> MintedKey:
    """Store a key and return it with its secret.

    A repeat of the request, whose ``token`` gives the same again, returns the same key.

    Raises:
        InsufficientScopeError: it would have a scope that its maker does not have.
        InvalidInputError: scopes and kind do not go together, the end is not in the future or
            after that of its maker, or there are too many keys.
    """
    instant = to_instant(now)
    _check_scopes(request.kind, request.scopes)
    _check_reach(caller, request.scopes)
    key_id = token(credentials.ID_LENGTH)
    secret = token(credentials.SECRET_LENGTH)
    text = credentials.format_key(request.kind, request.env, key_id, secret)
    everyone = keys.all()
    for held in everyone:
        if held.key_id == key_id and held.hash == credentials.hash_key(text):
            return MintedKey(key=held, text=text)
    _check_end(caller, request.expires_at, instant)
    alive = sum(key.alive(instant) for key in everyone)
    if alive >= MAX_LIVE_KEYS or len(everyone) >= MAX_KEYS:
        detail = f"at most {MAX_LIVE_KEYS} keys can be in use; revoke one first"
        raise InvalidInputError((FieldProblem("", "too-many", detail),))
    key = ApiKey(
        key_id=key_id,
        tenant_id=caller.tenant.tenant_id,
        name=request.name,
        kind=request.kind,
        env=request.env,
        hash=credentials.hash_key(text),
        last4=text[-4:],
        scopes=request.scopes,
        rate_limit=request.rate_limit,
        daily_credits=request.daily_credits,
        expires_at=request.expires_at,
        created_at=instant,
        created_by=caller.key_id,
    )
    return MintedKey(key=keys.save(key), text=text)


def find(key_id: str, *, keys: KeyStore) -> ApiKey:
    """Return the tenant's key of that id.

    Raises:
        NotFoundError: there is none, or it is another tenant's.
    """
    found = keys.get(key_id) if credentials.is_key_id(key_id) else None
    if found is None:
        raise NotFoundError("key")
    return found


def list_keys(listing: Listing, *, keys: KeyStore) -> Page[ApiKey]:
    """Return one page of the tenant's keys, oldest first, revoked ones too.

    Raises:
        MalformedInputError: the cursor is not one of this list.
    """
    position = listing.position("keys")
    rest = [key for key in keys.all() if position is None or _place(key) > position]
    return listing.page("keys", rest, _place)


def change_key(
    key_id: str,
    patch: KeyPatch,
    *,
    precondition: Precondition,
    caller: Principal,
    keys: KeyStore,
    now: datetime,
) -> ApiKey:
    """Change name, scopes, limit, budget and end of a key, as far as the patch names them.

    Raises:
        NotFoundError: there is no such key, or it is another tenant's.
        PreconditionFailedError: it is not in the version that was asked for.
        InsufficientScopeError: it has, or would have, a scope that the caller does not have.
        InvalidInputError: as for a new key.
        LastAdminKeyError: nobody could manage keys any more.
        ConflictError: it is revoked, or others kept changing it.
    """
    instant = to_instant(now)
    fields: dict[str, object] = {name: getattr(patch, name) for name in patch.model_fields_set}

    def changed(key: ApiKey) -> ApiKey:
        if key.revoked_at is not None:
            raise ConflictError("the key is revoked")
        if "scopes" in fields:
            _check_scopes(key.kind, patch.scopes)
            _check_reach(caller, patch.scopes)
        if "expires_at" in fields:
            _check_end(caller, patch.expires_at, instant)
        return key.model_copy(update=fields)

    return _change(key_id, changed, precondition, caller=caller, keys=keys, now=instant)


def rotate_key(
    key_id: str,
    request: RotateRequest,
    *,
    precondition: Precondition,
    caller: Principal,
    keys: KeyStore,
    token: Token,
    now: datetime,
) -> MintedKey:
    """Give a key a new secret and return it; the old one stays good for the overlap.

    The id stays, and so do scopes and end. A secret that was replaced before is good no more. A
    repeat of the request, whose ``token`` gives the same again, returns the same secret.

    Raises:
        NotFoundError, PreconditionFailedError, InsufficientScopeError: as for a change.
        ConflictError: the key is revoked or expired, or others kept changing it.
    """
    instant = to_instant(now)
    secret = token(credentials.SECRET_LENGTH)

    def text_of(key: ApiKey) -> str:
        return credentials.format_key(key.kind, key.env, key.key_id, secret)

    def rotated(key: ApiKey) -> ApiKey:
        new = credentials.hash_key(text_of(key))
        if key.hash == new:
            return key
        if not key.alive(instant):
            raise ConflictError("the key is not in use any more")
        until = instant + request.overlap_seconds * 1000
        if key.expires_at is not None:
            until = min(until, key.expires_at)
        return key.model_copy(
            update={
                "hash": new,
                "last4": text_of(key)[-4:],
                "previous_hash": key.hash if until > instant else None,
                "previous_until": until if until > instant else None,
                "rotated_at": instant,
            }
        )

    key = _change(key_id, rotated, precondition, caller=caller, keys=keys, now=instant)
    return MintedKey(key=key, text=text_of(key))


def revoke_key(
    key_id: str,
    *,
    precondition: Precondition,
    caller: Principal,
    keys: KeyStore,
    now: datetime,
) -> None:
    """Make a key good for nothing, for ever; it stays listed. Revoking it again changes nothing.

    Raises:
        NotFoundError, PreconditionFailedError, InsufficientScopeError: as for a change.
        LastAdminKeyError: nobody could manage keys any more.
        ConflictError: others kept changing it.
    """
    instant = to_instant(now)

    def revoked(key: ApiKey) -> ApiKey:
        return key if key.revoked_at else key.model_copy(update={"revoked_at": instant})

    _change(key_id, revoked, precondition, caller=caller, keys=keys, now=instant)


def show(key: ApiKey, marks: KeyMarks | None, *, now: Instant) -> KeyView:
    """Return a key as its tenant reads it."""
    seen = marks or KeyMarks()
    until = key.previous_until
    return KeyView(
        id=key.key_id,
        name=key.name,
        kind=key.kind,
        env=key.env,
        prefix=credentials.prefix_of(key),
        last4=key.last4,
        scopes=key.scopes,
        rate_limit=key.rate_limit,
        daily_credits=key.daily_credits,
        status=_status(key, now),
        created_at=key.created_at,
        created_by=key.created_by,
        expires_at=key.expires_at,
        rotated_at=key.rotated_at,
        overlap_until=until if until is not None and until > now else None,
        revoked_at=key.revoked_at,
        last_used_at=seen.last_used_at,
        flagged=seen.exposed_at is not None,
        exposed_at=seen.exposed_at,
    )


def show_new(minted: MintedKey, *, now: Instant) -> NewKeyView:
    """Return a key with its secret, which is shown this once."""
    view = show(minted.key, None, now=now)
    return NewKeyView(**dict(view), key=minted.text)


def show_all(page: Page[ApiKey], *, usage: KeyUsageStore, now: Instant) -> Page[KeyView]:
    """Return a page of keys as their tenant reads them."""
    marks = usage.marks([key.key_id for key in page.data])
    return page.shown(lambda key: show(key, marks.get(key.key_id), now=now))


def show_one(key: ApiKey, *, usage: KeyUsageStore, now: Instant) -> KeyView:
    """Return one key as its tenant reads it."""
    return show(key, usage.marks([key.key_id]).get(key.key_id), now=now)


def usage_of(
    key_id: str,
    listing: Listing,
    *,
    first: str | None,
    last: str | None,
    keys: KeyStore,
    usage: KeyUsageStore,
) -> Page[UsageDay]:
    """Return one page of the days on which a key was used, newest first.

    ``first`` and ``last`` are UTC days (``YYYY-MM-DD``), both included: by default the last 30.
    From a day on that is after the last there are none.

    Raises:
        NotFoundError: there is no such key, or it is another tenant's.
        InvalidInputError: they are no days.
        MalformedInputError: the cursor is not one of this list.
    """
    key = find(key_id, keys=keys)
    days = read_days(first, last, now=listing.now)
    scope = f"keys/{key.key_id}/usage?from={days.first}&to={days.last}"
    before = listing.position(scope) or days.end
    first_day = days.first.isoformat()
    rows = (
        ()
        if days.empty
        else usage.days(key.key_id, listing.limit + 1, first=first_day, before=before)
    )
    return listing.page(scope, [_usage_day(*row) for row in rows], lambda row: row.day)


def list_roles(listing: Listing) -> Page[RoleView]:
    """Return one page of the roles, the one that may do most first.

    Raises:
        MalformedInputError: the cursor is not one of this list.
    """
    places = {name: str(place) for place, name in enumerate(ROLES)}
    position = listing.position("roles")
    rest = [role for name, role in ROLES.items() if position is None or places[name] > position]
    return listing.page("roles", rest, lambda role: places[role.name])


def _usage_day(day: str, counts: Mapping[str, int]) -> UsageDay:
    by_route: dict[str, dict[str, int]] = {}
    for name, number in sorted(counts.items()):
        route, _, status = name.rpartition(" ")
        by_route.setdefault(route, {})[status] = number
    routes = tuple(
        RouteUsage(route=route, requests=sum(by_status.values()), by_status=by_status)
        for route, by_status in by_route.items()
    )
    return UsageDay(day=day, requests=sum(counts.values()), routes=routes)


def _status(key: ApiKey, now: Instant) -> KeyStatus:
    if key.alive(now):
        return "active"
    return "revoked" if key.revoked_at is not None else "expired"


def _change(
    key_id: str,
    change: Callable[[ApiKey], ApiKey],
    precondition: Precondition,
    *,
    caller: Principal,
    keys: KeyStore,
    now: Instant,
) -> ApiKey:
    """Return the key with a change stored, tried again while others change it, or the key that
    keeps it from being the last one that manages keys."""
    for _ in range(ATTEMPTS):
        key = find(key_id, keys=keys)
        _check_reach(caller, key.scopes)
        precondition.check(key.version)
        changed = change(key)
        if changed == key:
            return key
        lost = key.administers(now) and not changed.administers(now)
        beside = _other_administrator(key, keys=keys, now=now) if lost else None
        try:
            return keys.save(changed, beside=beside)
        except ConflictError:
            continue
    raise ConflictError("others kept changing the key")


def _other_administrator(key: ApiKey, *, keys: KeyStore, now: Instant) -> ApiKey:
    others = (other for other in keys.all() if other.key_id != key.key_id)
    found = next((other for other in others if other.administers(now)), None)
    if found is None:
        raise LastAdminKeyError
    return found


def _check_scopes(kind: KeyKind, scopes: tuple[str, ...]) -> None:
    if kind == "wk" and scopes:
        detail = "a write key carries no scopes: it reaches the track routes alone"
        raise InvalidInputError((FieldProblem("/scopes", "not-for-write-keys", detail),))
    if kind == "sk" and not scopes:
        detail = "a secret key needs a role or scopes"
        raise InvalidInputError((FieldProblem("/scopes", "missing", detail),))


def _check_reach(caller: Principal, scopes: tuple[str, ...]) -> None:
    """Let nobody make, change or get hold of a key that may do more than they may themselves."""
    missing = beyond(caller.scopes, scopes)
    if missing is not None:
        raise InsufficientScopeError(missing)


def _check_end(caller: Principal, expires_at: Instant | None, now: Instant) -> None:
    if expires_at is not None and expires_at <= now:
        detail = "must be in the future"
        raise InvalidInputError((FieldProblem("/expires_at", "not-in-the-future", detail),))
    latest = caller.expires_at
    if latest is not None and (expires_at is None or expires_at > latest):
        detail = "a key that expires makes no key that lives longer"
        raise InvalidInputError((FieldProblem("/expires_at", "too-late", detail),))


def _place(key: ApiKey) -> str:
    """Return the place of a key in the order of creation."""
    return f"{key.created_at:013d}/{key.key_id}"
