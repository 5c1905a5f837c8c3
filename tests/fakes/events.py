"""Events, tenants and whole worlds of them, for tests of what is done with them."""

import base64
from collections.abc import Iterable, Sequence
from typing import Any

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.leads import decode_slot
from leadsignal.adapters.dynamodb.table import decode
from leadsignal.adapters.sqs import SqsQueue
from leadsignal.domain.attributes import NO_ATTRIBUTES
from leadsignal.domain.lead_views import lead_view, score_view, touch_view
from leadsignal.domain.playbook import Playbook
from leadsignal.domain.profiles import profile_of
from leadsignal.domain.rulebook import Rulebook, default_rules
from leadsignal.domain.segments import SegmentBook
from leadsignal.models.activity import ActivityDay
from leadsignal.models.events import Context, Event, EventsMessage, Page
from leadsignal.models.instants import to_instant
from leadsignal.models.leads import Lead, Slot
from leadsignal.models.records import FailedEvent
from leadsignal.models.tenants import Tenant
from leadsignal.services.desk import Desk
from leadsignal.services.edits import EditDesk
from leadsignal.services.ingest import Ingested, ingest_messages
from tests.fakes.clock import NOW
from tests.fakes.dynamodb import FakeDynamoDB
from tests.fakes.faults import Calls
from tests.fakes.queues import Sent
from tests.fakes.sqs import FakeSqs
from tests.fakes.stores import (
    ScriptedMail,
    ScriptedNetworks,
    ScriptedReferrers,
    Stores,
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
    """Some tenants with the real stores over fakes of AWS, all calls counted by ``calls``.

    What looks at the outcome (``found``, ``days``, ``slots`` …) does not count, and is never late.
    """

    def __init__(
        self,
        *tenants: Tenant,
        calls: Calls | None = None,
        rules: Rulebook | Playbook | None = None,
    ) -> None:
        self.calls = calls or Calls()
        self.db = FakeDynamoDB.from_template(self.calls)
        self.queue = EnrichQueue(FakeSqs.from_template(self.calls))
        self.tenants = {t.tenant_id: t for t in tenants or (tenant(),)}
        self.stores = {t: Stores.of(self.db.client, t) for t in self.tenants}
        self.leads = {t: stores.leads for t, stores in self.stores.items()}
        self.activity = {t: stores.activity for t, stores in self.stores.items()}
        book = Playbook(rules) if isinstance(rules, Rulebook) else rules
        self.rules = dict.fromkeys(self.tenants, book.rules) if book else {}  # that are published
        self.segments = dict.fromkeys(self.tenants, book.segments) if book else {}
        self.attributes = dict.fromkeys(self.tenants, book.attributes) if book else {}
        self.aside = {t: Stores.of(self.db.aside().client, t) for t in self.tenants}

    def desk(self, tenant_id: str) -> Desk:
        stores = self.stores[tenant_id]
        return Desk(
            tenant=self.tenants[tenant_id],
            snapshots=stores.snapshots,
            leads=stores.leads,
            candidates=stores.candidates,
            notes=stores.notes,
            deals=stores.deals,
            companies=stores.leads,
            activity=stores.activity,
            failures=stores.failures,
            networks=ScriptedNetworks(),
            referrers=ScriptedReferrers(),
            mail=ScriptedMail(),
            enrich_queue=self.queue,
            books=self.book,
        )

    def book(self, owner: Tenant) -> Playbook:
        """Return what a tenant's leads are measured by."""
        rules = self.rules.get(owner.tenant_id) or default_rules(owner)
        return Playbook(
            rules,
            self.segments.get(owner.tenant_id, SegmentBook()),
            self.attributes.get(owner.tenant_id, NO_ATTRIBUTES),
        )

    def edit_desk(self, tenant_id: str = "ten_one") -> EditDesk:
        stores = self.stores[tenant_id]
        return EditDesk(desk=self.desk(tenant_id), edits=stores.edits, alike=stores.leads)

    def ingest(self, *messages: EventsMessage) -> Ingested:
        return ingest_messages(messages, desk_of=self.desk, now=NOW)

    def apply(self, events: Iterable[Event], *, tenant_id: str = "ten_one") -> Ingested:
        return self.ingest(message(*events, tenant_id=tenant_id))

    def settle(self) -> None:
        """Let every read see the last write."""
        self.db.settle()

    def slots(self, tenant_id: str = "ten_one") -> dict[str, Slot]:
        """Return every identity slot with what it holds."""
        start = keys.lead(tenant_id, "").pk
        found = self._items("LeadTable", start)
        return {
            item["pk"].removeprefix(start): decode_slot(item)
            for item in found
            if item["sk"] == keys.LEAD_SK
        }

    def found(self, tenant_id: str = "ten_one") -> list[Lead]:
        """Return every lead there is."""
        return [slot for slot in self.slots(tenant_id).values() if isinstance(slot, Lead)]

    def days(self, tenant_id: str = "ten_one") -> list[ActivityDay]:
        """Return every day there is."""
        start = keys.day(tenant_id, "", "").pk
        items = self._items("ActivityTable", start)
        activity = self.aside[tenant_id].activity
        members = sorted({item["pk"].removeprefix(start) for item in items})
        return [day for name in members for day in activity.member_days(name).values()]

    def failed(self, tenant_id: str = "ten_one") -> Sequence[FailedEvent]:
        """Return every failed event there is."""
        return self.aside[tenant_id].failures.newest(100_000)

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
                    for failed in self.failed(tenant_id)
                ),
            }
        )

    def _items(self, table: str, pk_start: str) -> list[dict[str, Any]]:
        """Return the items of a table whose partition keys begin so."""
        items = self.db.items(table)
        return [decode(item) for item in items if item["pk"]["S"].startswith(pk_start)]


class EnrichQueue(SqsQueue):
    """The queue of lookups, which a test may read."""

    def __init__(self, sqs: FakeSqs) -> None:
        super().__init__(sqs.client, sqs.url("EnrichQueue"))
        self._sqs = sqs

    def take(self) -> list[Sent]:
        """Return what was asked of companies since the last time."""
        return [sent for sent in self.take_all() if '"kind":"mail"' not in sent.body]

    def take_all(self) -> list[Sent]:
        """Return what was sent since the last time."""
        return self._sqs.take("EnrichQueue")


def _visible(lead: Lead) -> dict[str, Any]:
    profile = profile_of(lead, gap_ms=GAP, country=None)
    view = lead_view(lead, profile, now=to_instant(NOW)).model_dump(mode="json", exclude=_CHANGING)
    return view | {
        "sessions": [session.model_dump() for session in profile.sessions],
        "touches": [touch_view(touch).model_dump(mode="json") for touch in profile.touches],
        "score": score_view(lead.score, at=0).model_dump(mode="json"),
        "pages": profile.model_dump(mode="json", include={"pages", "names", "bot_count"}),
    }
