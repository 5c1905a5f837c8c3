"""Events, tenants and whole worlds of in-memory stores, for tests of what is done with them."""

import base64
from collections.abc import Iterable
from typing import Any

from leadsignal.domain.lead_views import lead_view, score_view, touch_view
from leadsignal.domain.profiles import profile_of
from leadsignal.models.activity import ActivityDay
from leadsignal.models.events import Context, Event, EventsMessage, Page
from leadsignal.models.instants import to_instant
from leadsignal.models.leads import Lead
from leadsignal.models.records import FailedEvent
from leadsignal.models.tenants import Tenant
from leadsignal.services.ingest import Desk, Ingested, ingest_messages
from tests.fakes.clock import NOW
from tests.fakes.queues import InMemoryQueue
from tests.fakes.stores import (
    Calls,
    InMemoryActivity,
    InMemoryLeadTable,
    InMemorySnapshots,
    ScriptedMail,
    ScriptedNetworks,
    ScriptedReferrers,
    canonical,
)

AT = to_instant(NOW)
MINUTE = 60_000
GAP = 30 * MINUTE
_CHANGING = {"id", "version", "merged_from", "updated_at"}  # what order may change


def tenant(name: str = "one", **changes: Any) -> Tenant:
    fields = {
        "tenant_id": f"ten_{name}",
        "name": name,
        "secret": base64.b64encode(name.encode().ljust(32, b".")).decode(),
        "created_at": AT,
    }
    return Tenant.model_validate(fields | changes)


def event(message_id: str = "m1", *, minutes: float = 0, **changes: Any) -> Event:
    """Return a page view by browser ``a``, a second before it is received, with changes."""
    at = AT + round(minutes * MINUTE)
    fields: dict[str, Any] = {
        "message_id": message_id,
        "type": "page",
        "event": "page_view",
        "at": at,
        "client_at": at,
        "received_at": at + 1_000,
        "fingerprint": message_id,
        "anonymous_id": "a",
    }
    return Event.model_validate(fields | changes)


def page(path: str, **changes: Any) -> Context:
    return Context(page=Page(url=f"https://www.acme.test{path}", path=path, **changes))


def message(*events: Event, tenant_id: str = "ten_one", env: str = "live") -> EventsMessage:
    return EventsMessage.model_validate(
        {"tenant_id": tenant_id, "key_id": "key", "env": env, "events": events}
    )


class World:
    """In-memory stores of some tenants, all counted by ``calls``."""

    def __init__(self, *tenants: Tenant, calls: Calls | None = None) -> None:
        self.calls = calls or Calls()
        self.tenants = {t.tenant_id: t for t in tenants or (tenant(),)}
        self.leads = {t: InMemoryLeadTable(self.calls) for t in self.tenants}
        self.activity = {t: InMemoryActivity(self.calls) for t in self.tenants}
        self.queue = InMemoryQueue()

    def desk(self, tenant_id: str) -> Desk:
        leads, activity = self.leads[tenant_id], self.activity[tenant_id]
        return Desk(
            tenant=self.tenants[tenant_id],
            snapshots=InMemorySnapshots(leads, activity),
            leads=leads,
            companies=leads,
            activity=activity,
            networks=ScriptedNetworks(),
            referrers=ScriptedReferrers(),
            mail=ScriptedMail(),
            enrich_queue=self.queue,
        )

    def ingest(self, *messages: EventsMessage) -> Ingested:
        return ingest_messages(messages, desk_of=self.desk, now=NOW)

    def apply(self, events: Iterable[Event], *, tenant_id: str = "ten_one") -> Ingested:
        return self.ingest(message(*events, tenant_id=tenant_id))

    def settle(self) -> None:
        """Let every read see the last write."""
        for tenant_id in self.tenants:
            self.leads[tenant_id].rows.settle()
            self.activity[tenant_id].open.settle()

    def found(self, tenant_id: str = "ten_one") -> list[Lead]:
        return self.leads[tenant_id].leads()

    def days(self, tenant_id: str = "ten_one") -> list[ActivityDay]:
        store = self.activity[tenant_id]
        keys = [key.split("/") for key in store.open.all()]
        days = [store.peek((member, day), consistent=True) for member, day in keys]
        return [day for day in days if day is not None]

    def state(self, tenant_id: str = "ten_one") -> str:
        """Return everything a client could see, but for what the order of arrival may change."""
        return canonical(
            {
                "leads": sorted(canonical(_visible(lead)) for lead in self.found(tenant_id)),
                "events": sorted(
                    canonical([day.day, stored.model_dump(mode="json")])
                    for day in self.days(tenant_id)
                    for stored in day.events
                ),
                "failed": sorted(
                    canonical([failed.message_id, failed.code, failed.event | {"received_at": 0}])
                    for text in self.activity[tenant_id].failed.values()
                    for failed in (FailedEvent.model_validate_json(text),)
                ),
            }
        )


def _visible(lead: Lead) -> dict[str, Any]:
    profile = profile_of(lead, gap_ms=GAP)
    view = lead_view(lead, profile).model_dump(mode="json", exclude=_CHANGING)
    return view | {
        "sessions": [session.model_dump() for session in profile.sessions],
        "touches": [touch_view(touch).model_dump(mode="json") for touch in profile.touches],
        "score": score_view(lead).model_dump(mode="json"),
        "pages": profile.model_dump(mode="json", include={"pages", "names", "bot_count"}),
    }
