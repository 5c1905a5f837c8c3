"""AES-256 in Galois/counter mode: what it seals can neither be read nor changed unnoticed."""

from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


class AesGcm:
    """Seals with keys of 32 bytes; ``random(n)`` gives n random bytes."""

    def __init__(self, random: Callable[[int], bytes]) -> None:
        self._random = random

    def seal(self, key: bytes, content: bytes, context: bytes) -> bytes:
        """Return the content sealed; only the same key and context open it."""
        nonce = self._random(NONCE_BYTES)
        return nonce + AESGCM(key).encrypt(nonce, content, context)

    def unseal(self, key: bytes, sealed: bytes, context: bytes) -> bytes:
        """Return what was sealed.

        Raises:
            cryptography.exceptions.InvalidTag: with another key or context, or it was changed.
        """
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)
