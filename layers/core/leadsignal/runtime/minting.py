"""New ids and secrets for what a request creates."""

from aws_lambda_powertools.event_handler.api_gateway import BaseRouter

from leadsignal.runtime import wiring


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


def mint(router: BaseRouter) -> Mint:
    """Return what makes the ids of the request being answered."""
    return Mint()
