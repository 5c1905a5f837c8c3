"""A tenant's providers of company data come into being, are changed, and go.

A secret is kept before a provider says that it has one, under a name of its own; so whatever fails
half-way leaves the provider as it was, and a secret that nobody asks with.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple

from leadsignal.domain import breaker as policy
from leadsignal.domain import provider_rules, url_templates
from leadsignal.domain.merge_patch import merge_patch
from leadsignal.errors import (
    ConflictError,
    FieldProblem,
    InvalidInputError,
    NotFoundError,
    PreconditionFailedError,
    TransientError,
)
from leadsignal.models.instants import to_instant
from leadsignal.models.pages import Page
from leadsignal.models.preconditions import Precondition
from leadsignal.models.providers import (
    EMBEDDED_ID,
    OURS,
    Breaker,
    Provider,
    ProviderForm,
    ProviderHealth,
    ProviderPatch,
    ProviderRequest,
    ProviderView,
)
from leadsignal.models.tenants import Tenant
from leadsignal.models.validation import read
from leadsignal.ports import NewId, ProviderStore, SecretStore
from leadsignal.services.breakers import breaker_name
from leadsignal.services.listing import Listing

MAX_PROVIDERS = 20
ATTEMPTS = 5

_ID = re.compile(r"prv_(?:[0-9A-Za-z]{24}|embedded|upload)", re.ASCII)


class Counter(NamedTuple):
    """Everything that setting up one tenant's providers needs.

    ``allowed`` are addresses that may be called by plain http and on any port.
    """

    tenant: Tenant
    providers: ProviderStore
    secrets: SecretStore
    allowed: frozenset[str]


def built_in(tenant: Tenant) -> Provider:
    """Return the provider that every tenant has without creating it."""
    return Provider(
        id=EMBEDDED_ID, name="Embedded data", kind="embedded", created_at=tenant.created_at
    )


def with_built_in(stored: Sequence[Provider], tenant: Tenant) -> Sequence[Provider]:
    """Return the providers that a tenant has: those it set up, and the built-in one."""
    if any(provider.id == EMBEDDED_ID for provider in stored):
        return stored
    return [built_in(tenant), *stored]


def waterfall(stored: Sequence[Provider], tenant: Tenant) -> Sequence[Provider]:
    """Return the providers to be asked, in order: by priority, the tenant's own list before others
    of the same, then by price, then by id."""
    enabled = [provider for provider in with_built_in(stored, tenant) if provider.enabled]

    def place(each: Provider) -> tuple[int, bool, int, str]:
        return each.priority, each.kind != "upload", each.credits, each.id

    return sorted(enabled, key=place)


def create_provider(
    request: ProviderRequest, *, counter: Counter, new_id: NewId, now: datetime
) -> Provider:
    """Store a provider with its secret, and return it.

    Raises:
        InvalidInputError: it is not valid, or there are too many, or one of its kind already.
        TransientError: nothing was made that anybody sees; try again.
    """
    _check(request, request, has_secret=request.secret is not None, counter=counter)
    provider_id = f"prv_{request.kind}" if request.kind in OURS else new_id("prv")
    ref = new_id("sec") if request.secret is not None else None
    held = {provider.id for provider in counter.providers.all()}
    if request.kind in OURS and provider_id in held:
        raise InvalidInputError((FieldProblem("/kind", "taken", "there is one already"),))
    if len(held - {provider_id}) >= MAX_PROVIDERS:
        detail = f"there are {MAX_PROVIDERS} already; delete one first"
        raise InvalidInputError((FieldProblem("", "too-many", detail),))
    if ref is not None and request.secret is not None:
        counter.secrets.put(f"{provider_id}/{ref}", request.secret)
    provider = Provider(
        id=provider_id,
        name=request.name,
        kind=request.kind,
        secret_ref=ref,
        created_at=to_instant(now),
    )
    try:
        return counter.providers.save(_formed(provider, request))
    except ConflictError:
        there = counter.providers.get(provider_id)
        if there is None:
            raise
        return there  # an earlier run of the same request made it


def find(provider_id: str, *, counter: Counter) -> Provider:
    """Return the tenant's provider of that id; the built-in one is always there.

    Raises:
        NotFoundError: there is none, or it is another tenant's.
    """
    found = counter.providers.get(provider_id) if _ID.fullmatch(provider_id) else None
    if found is None and provider_id == EMBEDDED_ID:
        return built_in(counter.tenant)
    if found is None:
        raise NotFoundError("provider")
    return found


def change_provider(
    provider_id: str,
    patch: ProviderPatch,
    *,
    demand: Precondition,
    counter: Counter,
    new_id: NewId,
    now: datetime,
) -> Provider:
    """Apply a merge patch to the tenant's provider of that id, and return what came of it.

    Another secret is kept beside the one before, which goes when the provider has the new one.

    Raises:
        NotFoundError: there is none, or it is another tenant's.
        PreconditionFailedError: it is in no version that is demanded.
        InvalidInputError: what would come of it is not valid.
        ConflictError: others kept changing it meanwhile.
        TransientError: it is as it was, or as it was to be; try again.
    """
    renewal = _Renewal(patch.secret, new_id("sec")) if patch.secret is not None else None
    try:
        return _change(provider_id, patch, renewal, demand=demand, counter=counter, now=now)
    except (NotFoundError, PreconditionFailedError, ConflictError):
        if renewal is not None and renewal.kept:
            _forget_unused(provider_id, renewal.ref, counter)
        raise


class _Renewal:
    """Another secret, to be kept once under a name of its own."""

    def __init__(self, secret: str, ref: str) -> None:
        self._secret = secret
        self.ref = ref
        self.kept = False

    def keep(self, provider_id: str, secrets: SecretStore) -> None:
        if not self.kept:
            secrets.put(f"{provider_id}/{self.ref}", self._secret)
        self.kept = True


def _change(
    provider_id: str,
    patch: ProviderPatch,
    renewal: _Renewal | None,
    *,
    demand: Precondition,
    counter: Counter,
    now: datetime,
) -> Provider:
    for _ in range(ATTEMPTS):
        found = find(provider_id, counter=counter)
        demand.check(found.version)
        wanted = _patched(found, patch, renewal.ref if renewal else None, counter)
        if wanted == found:
            if renewal is not None:  # its answer was lost, and the write was made again
                _forget_retired(found, counter)
            return found
        for retired in found.retired_refs:
            counter.secrets.delete(f"{found.id}/{retired}")
        if renewal is not None:
            renewal.keep(found.id, counter.secrets)
        with suppress(ConflictError):
            wanted = wanted.model_copy(update={"updated_at": to_instant(now)})
            saved = counter.providers.save(wanted)
            _forget_retired(saved, counter)
            return saved
    raise ConflictError("the provider kept changing meanwhile")


def _patched(found: Provider, patch: ProviderPatch, ref: str | None, counter: Counter) -> Provider:
    """Return what a patch makes of a provider, with the new secret under ``ref``."""
    before = {name: value for name, value in found if name in ProviderForm.model_fields}
    changes = patch.model_dump(exclude_unset=True, exclude={"secret"})
    form = read(ProviderForm, merge_patch(before, changes))
    moved = _origins(form.endpoints) - _origins(found.endpoints)
    if found.has_secret and "secret" not in patch.model_fields_set and moved:
        detail = "send the secret again: it was not given for another host"
        raise InvalidInputError((FieldProblem("/secret", "missing", detail),))
    kept_ref = ref if "secret" in patch.model_fields_set else found.secret_ref
    _check(form, found, has_secret=kept_ref is not None, counter=counter)
    retired = {found.secret_ref, kept_ref} - {kept_ref, None}
    wanted = _formed(found, form)
    if kept_ref == found.secret_ref and wanted == found:
        return found
    return wanted.model_copy(
        update={"secret_ref": kept_ref, "retired_refs": tuple(str(each) for each in retired)}
    )


def _origins(endpoints: Mapping[Any, str]) -> frozenset[str]:
    return frozenset(url_templates.origin(template) for template in endpoints.values())


def _check(
    form: ProviderForm,
    of: Provider | ProviderRequest,
    *,
    has_secret: bool,
    counter: Counter,
) -> None:
    problems = provider_rules.problems(
        form, of.kind, has_secret=has_secret, allowed=counter.allowed
    )
    if found := tuple(problems):
        raise InvalidInputError(found)


def _formed(provider: Provider, form: ProviderForm) -> Provider:
    """Return a provider with what its owner may set."""
    set_by_owner = {name: getattr(form, name) for name in ProviderForm.model_fields}
    set_by_owner["fields"] = tuple(dict.fromkeys(form.fields))
    return provider.model_copy(update=set_by_owner)


def _forget_retired(provider: Provider, counter: Counter) -> None:
    """Remove the secrets that a provider had; what fails is done with its next change."""
    with suppress(TransientError):
        for ref in provider.retired_refs:
            counter.secrets.delete(f"{provider.id}/{ref}")


def _forget_unused(provider_id: str, ref: str, counter: Counter) -> None:
    """Remove a secret that was kept for a change which did not come about."""
    there = counter.providers.get(provider_id)
    if there is None or there.secret_ref != ref:
        counter.secrets.delete(f"{provider_id}/{ref}")


def remove(provider_id: str, *, demand: Precondition, counter: Counter) -> None:
    """Delete the tenant's provider of that id with its secrets; the built-in one stays.

    It is disabled and without its secret before the secret goes, and goes last: done again after
    a failure, it ends.

    Raises:
        NotFoundError: there is none, or it is another tenant's.
        PreconditionFailedError: it is in no version that is demanded.
        ConflictError: it is the built-in one, or others kept changing it meanwhile.
        TransientError: try again.
    """
    for _ in range(ATTEMPTS):
        found = find(provider_id, counter=counter)
        demand.check(found.version)
        if found.id == EMBEDDED_ID:
            raise ConflictError("the built-in provider cannot be deleted: disable it")
        with suppress(ConflictError):
            bare = _without_secrets(found, counter)
            counter.providers.delete(found.id, version=bare.version)
            return
    raise ConflictError("the provider kept changing meanwhile")


def _without_secrets(found: Provider, counter: Counter) -> Provider:
    refs = (*found.retired_refs, *([found.secret_ref] if found.secret_ref else []))
    if not refs:
        return found
    changes = {"enabled": False, "secret_ref": None, "retired_refs": refs}
    bare = counter.providers.save(found.model_copy(update=changes))
    for ref in refs:
        counter.secrets.delete(f"{found.id}/{ref}")
    return bare


def list_providers(listing: Listing, *, counter: Counter) -> Page[Provider]:
    """Return one page of the tenant's providers, oldest first.

    Raises:
        MalformedInputError: the cursor is not one of this list.
    """
    position = listing.position("providers")
    known = with_built_in(counter.providers.all(), counter.tenant)
    rest = sorted((p for p in known if position is None or _place(p) > position), key=_place)
    return listing.page("providers", rest, _place)


def _place(provider: Provider) -> str:
    return f"{provider.created_at:013d}/{provider.id}"


def view(provider: Provider, breakers: Mapping[str, Breaker], *, now: datetime) -> ProviderView:
    """Return a provider as its owner reads it."""
    at = to_instant(now)
    breaker = breakers.get(breaker_name(provider), Breaker())
    health = ProviderHealth(
        state=policy.state(breaker, at),
        failures=breaker.failures,
        retry_at=breaker.retry_at,
        last_error=breaker.last_error,
    )
    shown = provider.model_dump(include=set(ProviderView.model_fields))
    return ProviderView(
        **shown,
        built_in=provider.id == EMBEDDED_ID,
        has_secret=provider.has_secret,
        health=health,
    )
