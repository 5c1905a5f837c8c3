"""A request that is sent again with its ``Idempotency-Key`` is done once and answered alike.

The first one claims the key, runs, and leaves its answer. What comes meanwhile is refused; what
comes after gets the answer. When a run dies, or fails in a way that may pass, the next one takes
its place *with its salt*: it makes the very same ids and secrets, so that what the dead one had
done already is found to be there and is not done twice.
"""

import hashlib
import hmac
import zlib
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from leadsignal.domain.secrets import derive, digest_of
from leadsignal.errors import ConflictError, KeyInUseError, KeyReusedError
from leadsignal.models.idempotency import Run
from leadsignal.models.instants import DAY_MS, to_instant
from leadsignal.models.tenants import Principal
from leadsignal.ports import Cipher, RunStore

KEPT_MS = 3 * DAY_MS
LEASE_MARGIN_MS = 5_000  # clocks of two workers differ, and an answer takes its way
MAX_ANSWER_BYTES = 350 * 1024  # sealed; an item has 400 KB
_MARK_LENGTH = 22


class Asked(NamedTuple):
    """A request with a key, as it is recognised: hashes under the tenant's secret alone."""

    place: str
    fingerprint: str
    secret: bytes


class Ledger(NamedTuple):
    """What keeping the runs of one tenant needs; ``token(n)`` gives n random characters."""

    runs: RunStore
    cipher: Cipher
    token: Callable[[int], str]


class Claim(NamedTuple):
    """A run that is under way; ``seed`` is what its ids and secrets are to be made from."""

    asked: Asked
    run: Run
    seed: bytes


def recognise(principal: Principal, key: str, *, route: str, content: str) -> Asked:
    """Return how a request is told from others.

    ``route`` is method and path; together with tenant and key it is the place. ``content``
    is all that was asked there; another one, or another API key, is another request.
    """
    tenant = principal.tenant
    place = digest_of(derive(tenant, "idempotency/place"), route, key)
    fingerprint = digest_of(
        derive(tenant, "idempotency/fingerprint"), place, principal.key_id, content
    )
    root = derive(tenant, "idempotency/secret")
    return Asked(place, fingerprint, hmac.digest(root, f"{place}/{key}".encode(), hashlib.sha256))


def begin(asked: Asked, *, ledger: Ledger, lease_ms: int, now: datetime) -> Claim | bytes:
    """Claim the key of a request; return the claim, or the answer that was given before.

    Raises:
        KeyInUseError: the first request still runs.
        KeyReusedError: the key belongs to another request.
        ConflictError: it was done before, and its answer was too large to be kept.
        TransientError: storage failed; nothing was begun.
    """
    instant = to_instant(now)
    run = Run(
        mark=ledger.token(_MARK_LENGTH),
        fingerprint=asked.fingerprint,
        salt=ledger.token(_MARK_LENGTH),
        lease_until=instant + lease_ms + LEASE_MARGIN_MS,
        expires_at=instant + KEPT_MS,
    )
    held = ledger.runs.claim(asked.place, run, now=instant)
    if held is None or held.mark == run.mark:
        return _claim(asked, run)
    same = hmac.compare_digest(held.fingerprint, asked.fingerprint)
    if not same and (held.done or held.lease_until):
        raise KeyReusedError("this Idempotency-Key came with another request before")
    if held.done:
        return _answer(held, asked, ledger)
    if held.lease_until > instant:
        raise KeyInUseError("the first request with this Idempotency-Key is still running")
    if same:
        run = run.model_copy(update={"salt": held.salt})
    if not ledger.runs.replace(asked.place, held, run):
        raise KeyInUseError("the first request with this Idempotency-Key is still running")
    return _claim(asked, run)


def _claim(asked: Asked, run: Run) -> Claim:
    parts = f"{run.fingerprint}/{run.salt}".encode()
    return Claim(asked, run, hmac.digest(asked.secret, b"mint/" + parts, hashlib.sha256))


def _answer(held: Run, asked: Asked, ledger: Ledger) -> bytes:
    if held.answer is None:
        raise ConflictError("this was done before, with an answer too large to be kept")
    opened = ledger.cipher.unseal(_cipher_key(asked), held.answer, asked.place.encode())
    return zlib.decompress(opened)


def keep(claim: Claim, answer: bytes, *, ledger: Ledger) -> None:
    """Keep the answer of a run for those who ask again. A run that was replaced leaves it.

    Raises:
        TransientError: storage failed; once the lease is over the next one runs again.
    """
    packed = zlib.compress(answer)
    sealed: bytes | None = None
    if len(packed) <= MAX_ANSWER_BYTES:
        sealed = ledger.cipher.seal(_cipher_key(claim.asked), packed, claim.asked.place.encode())
    _change(claim, ledger, done=True, answer=sealed)


def release(claim: Claim, *, ledger: Ledger) -> None:
    """Give up the key: the next request runs, whatever it asks for.

    Raises:
        TransientError: storage failed; once the lease is over the key is free all the same.
    """
    _change(claim, ledger, lease_until=0)


def _change(claim: Claim, ledger: Ledger, **change: object) -> None:
    mark = {"mark": ledger.token(_MARK_LENGTH)}
    ledger.runs.replace(claim.asked.place, claim.run, claim.run.model_copy(update=mark | change))


def _cipher_key(asked: Asked) -> bytes:
    return hmac.digest(asked.secret, b"cipher", hashlib.sha256)
