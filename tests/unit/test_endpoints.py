"""Endpoints while others change them, too."""

from typing import Any

import pytest

from leadsignal.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PreconditionFailedError,
)
from leadsignal.models.endpoints import Webhook, WebhookPatch, WebhookRequest
from leadsignal.models.preconditions import ANY_VERSION, Precondition
from leadsignal.services.endpoints import (
    ATTEMPTS,
    MAX_ENDPOINTS,
    change_webhook,
    create_webhook,
    remove,
)
from tests.fakes.clock import NOW
from tests.fakes.outbound import InMemoryEndpoints

WEBHOOK = Webhook(
    id="whe_1", url="https://a.test/", types=("lead.created",), secret="whsec_x", created_at=0
)


class Contested(InMemoryEndpoints[Webhook]):
    """Webhooks that somebody else changes, or deletes, just before a write."""

    def __init__(self, rounds: int, *, gone: bool = False) -> None:
        super().__init__(WEBHOOK)
        self.rounds = rounds
        self._gone = gone

    def _interfere(self) -> None:
        held = self.get("whe_1")
        assert held is not None
        if self._gone:
            super().delete("whe_1")
        elif self.rounds:
            self.rounds -= 1
            super().save(held.model_copy(update={"headers": {f"x-{self.rounds}": "1"}}))

    def save(self, endpoint: Webhook) -> Webhook:
        if endpoint.version:
            self._interfere()
        return super().save(endpoint)

    def delete(self, endpoint_id: str, *, version: int | None = None) -> None:
        self._interfere()
        super().delete(endpoint_id, version=version)


def change(webhooks: Contested, demand: Precondition = ANY_VERSION) -> Webhook:
    patch = WebhookPatch(status="disabled")
    return change_webhook("whe_1", patch, demand=demand, webhooks=webhooks, allowed=frozenset())


def test_a_change_is_made_to_what_others_left() -> None:
    after = change(Contested(ATTEMPTS - 1))
    assert (after.status, after.headers) == ("disabled", {"x-0": "1"})


def test_a_deletion_goes_on_over_the_changes_of_others() -> None:
    webhooks = Contested(ATTEMPTS - 1)
    remove("whe_1", endpoints=webhooks)
    assert webhooks.get("whe_1") is None


def test_who_is_always_late_gives_up() -> None:
    for attempt in (change, lambda webhooks: remove("whe_1", endpoints=webhooks)):
        webhooks = Contested(ATTEMPTS)
        with pytest.raises(ConflictError, match="kept changing"):
            attempt(webhooks)
        held = webhooks.get("whe_1")
        assert held is not None
        assert held.status == "enabled"


def test_a_version_that_was_demanded_is_demanded_again() -> None:
    only_first = Precondition(versions=frozenset({1}))
    calls: list[Any] = [
        lambda webhooks: change(webhooks, only_first),
        lambda webhooks: remove("whe_1", demand=only_first, endpoints=webhooks),
    ]
    for call in calls:
        with pytest.raises(PreconditionFailedError):
            call(Contested(1))


def test_what_somebody_else_deleted_is_not_there() -> None:
    with pytest.raises(NotFoundError):
        change(Contested(0, gone=True))


# Created again by a second run of the same request

REQUEST = WebhookRequest(url="https://a.test/", types=("lead.created",))


def create(webhooks: InMemoryEndpoints[Webhook], identifier: str = "1") -> Webhook:
    return create_webhook(
        REQUEST,
        webhooks=webhooks,
        allowed=frozenset(),
        secret=bytes(32),
        new_id=lambda prefix: f"{prefix}_{identifier}",
        now=NOW,
    )


def test_what_an_earlier_run_created_is_returned_as_it_is() -> None:
    webhooks = InMemoryEndpoints(WEBHOOK)
    assert create(webhooks) == webhooks.get("whe_1") != create(webhooks, "2")


def test_the_last_one_that_fits_is_created_again_and_no_other() -> None:
    held = (WEBHOOK.model_copy(update={"id": f"whe_{n}"}) for n in range(1, MAX_ENDPOINTS + 1))
    webhooks = InMemoryEndpoints(*held)
    assert create(webhooks).id == "whe_1"
    with pytest.raises(InvalidInputError):
        create(webhooks, "new")


class Vanishing(InMemoryEndpoints[Webhook]):
    """Webhooks of which a taken id is free again at once."""

    def get(self, endpoint_id: str) -> Webhook | None:
        return None


def test_what_was_deleted_meanwhile_is_in_conflict() -> None:
    with pytest.raises(ConflictError):
        create(Vanishing(WEBHOOK))
