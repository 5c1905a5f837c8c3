"""New ids and secrets for what a request creates."""

from collections import Counter
from typing import cast

from aws_lambda_powertools.event_handler.api_gateway import BaseRouter

from leadsignal.domain.credentials import ALPHABET
from leadsignal.domain.secrets import derived_text
from leadsignal.runtime import wiring

ID_LENGTH = 24
KEY_BYTES = 32


class Mint:
    """Makes the ids and secrets of one request."""

    def new_id(self, prefix: str) -> str:
        """Return a fresh opaque id with 143 random bits."""
        return wiring.new_id(prefix)

    def token(self, length: int) -> str:
        """Return ``length`` random base-62 characters."""
        return wiring.token(length)

    def random_key(self) -> bytes:
        """Return 32 random bytes: a key to sign or derive with."""
        return wiring.random_key()


class DerivedMint(Mint):
    """Makes the ids and secrets that follow from a seed: each run of a request makes the same.

    They follow from the seed and from how many of their kind were made before, so a run that leaves
    some out, because they are there already, makes the others alike.
    """

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._made: Counter[str] = Counter()

    def new_id(self, prefix: str) -> str:
        """Return the next id of that prefix."""
        return f"{prefix}_{self._next(ALPHABET, ID_LENGTH, f'id/{prefix}')}"

    def token(self, length: int) -> str:
        """Return the next ``length`` base-62 characters."""
        return self._next(ALPHABET, length, f"token/{length}")

    def random_key(self) -> bytes:
        """Return the next 32 bytes."""
        return bytes.fromhex(self._next("0123456789abcdef", 2 * KEY_BYTES, "key"))

    def _next(self, alphabet: str, length: int, kind: str) -> str:
        self._made[kind] += 1
        return derived_text(self._seed, alphabet, length, kind, str(self._made[kind]))


def mint(router: BaseRouter) -> Mint:
    """Return what makes the ids of the request being answered.

    With an ``Idempotency-Key`` they follow from the request. So a service that finds an id of its
    own minting taken has met what an earlier run of the very same request left, and returns it.
    """
    return cast(Mint, router.context.get("mint") or Mint())
