"""Providers that fail are left alone for a while, by all workers, and tried again by one at a time.

What is known is kept in storage and in memory: as long as all is well nothing is written, and a
worker reads once in a few seconds. Where storage fails, memory alone decides, so that no look-up
waits for it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple, NoReturn

from leadsignal.domain import breaker as policy
from leadsignal.errors import ConflictError, ProviderError, TransientError
from leadsignal.models.enrichment import Answer, Lookup, LookupKind
from leadsignal.models.instants import Instant, to_instant
from leadsignal.models.providers import Breaker, Provider
from leadsignal.ports import BreakerStore, Source

FRESH_MS = 5_000
FRESH_PROBE_MS = 500  # while somebody else tries a provider
PAUSE_MS = 5_000  # after a failure storage is left alone for so long
PROBE_MARGIN_MS = 2_000
PATIENT_MS = 1_000  # who waits less may not say that a provider is slow
ATTEMPTS = 4
MAX_REMEMBERED = 1_000


class _Seen(NamedTuple):
    breaker: Breaker
    at: Instant


class Breakers:
    """The breakers of one tenant as one worker sees them; ``share`` gives a number from 0 to 1."""

    def __init__(
        self,
        store: BreakerStore,
        *,
        now: Callable[[], datetime],
        share: Callable[[], float],
    ) -> None:
        self._store = store
        self._now = now
        self._share = share
        self._seen: dict[str, _Seen] = {}
        self._paused_until: Instant = 0

    def admit(self, name: str, *, lease_ms: int) -> None:
        """Let a call pass if it may be made now; of a half-open breaker it is the one probe.

        Raises:
            ProviderError: ``unreachable``, with the seconds until it is worth asking again.
        """
        at = to_instant(self._now())
        breaker = self._read(name, at, FRESH_MS)
        for _ in range(ATTEMPTS):
            state = policy.state(breaker, at)
            if state == "closed":
                return
            if state == "open":
                _refuse(breaker.retry_at, at)
            if policy.is_being_probed(breaker, at):
                breaker = self._read(name, at, FRESH_PROBE_MS)
                if policy.is_being_probed(breaker, at):
                    _refuse(breaker.probe_until, at)
                continue
            claim = breaker.model_copy(update={"probe_until": at + lease_ms})
            if self._save(name, claim, at):
                return
            breaker = self._read(name, at, 0)
        _refuse(breaker.probe_until, at)

    def succeeded(self, name: str) -> None:
        """Take note of an answer."""
        self._change(name, lambda breaker, at: policy.after_success(breaker, at=at))

    def failed(self, name: str, error: ProviderError) -> None:
        """Take note of a failure."""

        def change(breaker: Breaker, at: Instant) -> Breaker:
            return policy.after_failure(
                breaker,
                error.reason,
                retry_after_seconds=error.retry_after_seconds,
                at=at,
                share=self._share(),
            )

        self._change(name, change)

    def _change(self, name: str, change: Callable[[Breaker, Instant], Breaker]) -> None:
        at = to_instant(self._now())
        seen = self._seen.get(name)
        breaker = seen.breaker if seen else self._read(name, at, 0)
        for _ in range(ATTEMPTS):
            changed = change(breaker, at)
            if changed == breaker or self._save(name, changed, at):
                return
            breaker = self._read(name, at, 0)

    def _read(self, name: str, at: Instant, fresh_ms: int) -> Breaker:
        """Return what is known, at most so old; ``fresh_ms`` 0 asks for what is there by now."""
        seen = self._seen.get(name)
        known = seen.breaker if seen else Breaker()
        if at < self._paused_until or (seen and at - seen.at < fresh_ms):
            return known
        try:
            known = self._store.get(name, consistent=fresh_ms == 0) or Breaker()
        except TransientError:
            self._paused_until = at + PAUSE_MS
        self._remember(name, known, at)
        return known

    def _save(self, name: str, breaker: Breaker, at: Instant) -> bool:
        """Return whether a change holds: it was written, or nothing can be written just now."""
        saved = breaker
        if at >= self._paused_until:
            try:
                saved = self._store.save(name, breaker)
            except ConflictError:
                return False
            except TransientError:
                self._paused_until = at + PAUSE_MS
        self._remember(name, saved, at)
        return True

    def _remember(self, name: str, breaker: Breaker, at: Instant) -> None:
        if len(self._seen) >= MAX_REMEMBERED:
            self._seen.clear()
        self._seen[name] = _Seen(breaker, at)


def _refuse(until: Instant | None, at: Instant) -> NoReturn:
    wait_ms = (until or at) - at
    raise ProviderError("unreachable", retry_after_seconds=max(1, -(-wait_ms // 1_000)))


class BreakingSource:
    """A provider behind its breaker. ``timeout_ms`` covers what the breaker itself takes."""

    def __init__(
        self,
        source: Source,
        provider: Provider,
        breakers: Breakers,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._source = source
        self._breakers = breakers
        self._name = breaker_name(provider)
        self._patient_ms = min(provider.timeout_ms, PATIENT_MS)
        self._now = now

    @property
    def kinds(self) -> frozenset[LookupKind]:
        """The look-ups that the provider has an answer to."""
        return self._source.kinds

    def ask(self, lookup: Lookup, *, timeout_ms: int) -> Answer:
        """Return what the provider answers.

        That it is still working on it is a sign of life. That it took longer than a caller in a
        hurry would wait, or that its secret could not be read, says nothing of it.

        Raises:
            ProviderError: it gave none, or is left alone for now.
        """
        if lookup.kind not in self.kinds:
            return Answer()
        began = self._now()
        self._breakers.admit(self._name, lease_ms=timeout_ms + PROBE_MARGIN_MS)
        left_ms = timeout_ms - (self._now() - began) // timedelta(milliseconds=1)
        if left_ms <= 0:
            raise ProviderError("timeout")
        try:
            answer = self._source.ask(lookup, timeout_ms=left_ms)
        except ProviderError as error:
            if error.reason == "pending":
                self._breakers.succeeded(self._name)
            elif error.reason != "timeout" or timeout_ms >= self._patient_ms:
                self._breakers.failed(self._name, error)
            raise
        except TransientError as error:
            raise ProviderError("unreachable") from error
        self._breakers.succeeded(self._name)
        return answer


def breaker_name(provider: Provider) -> str:
    """Return what names the breaker of a provider; a provider that is changed begins anew."""
    return f"{provider.id}#{provider.version}"
