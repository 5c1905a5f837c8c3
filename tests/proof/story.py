"""A story of a few requests in which all that can happen to an event happens once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from leadsignal.domain.signatures import sign, signed_text
from leadsignal.domain.slots import Identifier, slot_id
from leadsignal.domain.wire import CALL_TYPES, fingerprint
from leadsignal.models.leads import Pointer
from leadsignal.services.tenants import CreatedTenant
from tests.proof.cloud import Cloud
from tests.proof.state import EventName, Holdings

START = datetime(2026, 1, 15, 12, tzinfo=UTC)
HOST = "one.test"
MINUTE = 60_000


@dataclass
class Narrator:
    """Tells the story of one tenant to an account; keeps what was answered ``accepted``."""

    cloud: Cloud
    tenant: CreatedTenant
    accepted: set[EventName] = field(default_factory=set)
    rejected: int = 0

    @property
    def write(self) -> str:
        return self.tenant.write_key

    @property
    def secret(self) -> str:
        return self.tenant.secret_key

    def send(self, key: str, *items: dict[str, Any], path: str = "batch") -> None:
        """Send items in one request."""
        body: object = {"batch": items} if path == "batch" else items[0]
        status, answer = self.cloud.request("POST", f"/v1/{path}", key, body)
        assert status == 200, answer
        for item, verdict in zip(items, answer["results"], strict=True):
            if verdict["status"] == "accepted":
                kind = path if path in CALL_TYPES else item["type"]
                mark = fingerprint({**item, "type": kind})
                self.accepted.add((verdict["messageId"], mark))
            else:
                self.rejected += 1

    def once(self, path: str, body: object) -> Any:
        """Do what creates something once, whatever becomes of the first try; return the answer."""
        headers = {"idempotency-key": path}
        status, answer = self.cloud.request("POST", path, self.secret, body, headers=headers)
        if status == 409:  # the worker died, and nobody knows yet
            self.cloud.clock.move(seconds=60)
            status, answer = self.cloud.request("POST", path, self.secret, body, headers=headers)
        assert status == 201, answer
        return answer

    def outage(self, operation: str) -> None:
        """Let an operation be throttled for longer than any function tries."""
        self.cloud.calls.outages[operation] = self.cloud.clock.instant + 20 * MINUTE

    def lead(self, kind: Any, value: str) -> str:
        """Return the id of the lead that an identifier leads to."""
        holdings = Holdings(self.cloud)
        slots = holdings.slots(self.tenant.tenant_id)
        found = slots[
            slot_id(holdings.identity_key(self.tenant.tenant_id), Identifier(kind, value))
        ]
        while isinstance(found, Pointer):
            found = slots[found.into]
        return found.lead_id


def at(minutes: float) -> str:
    return (START + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


def view(message_id: str, browser: str, minutes: float, path: str = "/", **more: Any) -> Any:
    url = f"https://www.acme.test{path}"
    return {
        "type": "page",
        "messageId": message_id,
        "anonymousId": browser,
        "timestamp": at(minutes),
        "properties": {"url": url, "path": path.partition("?")[0]},
    } | more


def form(message_id: str, browser: str, minutes: float, email: str, **more: Any) -> Any:
    return {
        "type": "track",
        "event": "form_submitted",
        "messageId": message_id,
        "anonymousId": browser,
        "timestamp": at(minutes),
        "properties": {"email": email, "form": "demo"} | more,
    }


def anonymous_views(tell: Narrator) -> None:
    source = "/?utm_source=google&utm_medium=cpc"
    views = (view("m1", "b1", 0, source), view("m2", "b1", 1, "/pricing"), view("m3", "b3", 2))
    tell.send(tell.write, *views)


def a_form_with_a_company(tell: Narrator) -> None:
    said = {"first_name": "Ada", "title": "CTO", "phone": "+49 30 1"}
    tell.send(tell.write, form("m4", "b1", 5, "ada@siemens.com", **said))


def a_log_in_and_a_view_without_a_time(tell: Narrator) -> None:
    traits = {"email": "ada@siemens.com", "title": "CEO"}
    log_in = {"type": "identify", "messageId": "m5", "anonymousId": "b1", "userId": "u1"}
    timeless = view("m6", "b1", 0, "/demo")
    del timeless["timestamp"]
    tell.send(tell.write, log_in | {"timestamp": at(9), "traits": traits}, timeless)


def a_hot_lead(tell: Narrator) -> None:
    paths = ("/pricing", "/pricing", "/demo", "/contact", "/pricing")
    days = (60, 1500, 1510, 2900, 2910)
    views = [view(f"h{n}", "b1", days[n], path) for n, path in enumerate(paths)]
    signed_up = {"type": "track", "event": "signed_up", "messageId": "h9", "userId": "u1"}
    again = form("h8", "b1", 2920, "ada@siemens.com")
    tell.send(tell.write, *views, signed_up | {"timestamp": at(2915)}, again)


def a_shared_browser(tell: Narrator) -> None:
    tell.send(tell.write, view("m7", "b2", 20), form("m8", "b2", 21, "bob@free.test"))
    tell.send(tell.write, form("m9", "b2", 25, "eve@initech.com"), view("m10", "b2", 30))


def a_trusted_join_of_two_known(tell: Narrator) -> None:
    known = form("m11", "b3", 40, "carl@initech.com")
    tell.send(tell.write, known)
    user = {"type": "track", "event": "bought", "messageId": "m12", "userId": "u9"}
    tell.send(tell.secret, user | {"timestamp": at(41)})
    joined = {"type": "identify", "messageId": "m13", "userId": "u9", "timestamp": at(42)}
    tell.send(tell.secret, joined | {"traits": {"email": "carl@initech.com", "plan": "pro"}})


def a_signed_log_in(tell: Narrator) -> None:
    text = signed_text(user_id="u7", crm_id=None, email="fay@initech.com")
    signature = sign(tell.tenant.identify_secret, text)
    call = {"type": "identify", "messageId": "m14", "anonymousId": "b4", "userId": "u7"}
    more = {"traits": {"email": "fay@initech.com"}, "context": {"signature": signature}}
    tell.send(tell.write, call | more | {"timestamp": at(50)})


def a_conflict_and_a_copy(tell: Narrator) -> None:
    tell.cloud.clock.move(seconds=10)
    tell.send(tell.write, view("m2", "b1", 1, "/other"), view("m1", "b1", 0, "/"))
    copy = view("m3", "b3", 2)
    tell.send(tell.write, copy)


def refused_items(tell: Narrator) -> None:
    large = view("m15", "b1", 60, "/" + "x" * 40_000)
    nobody = {"type": "track", "event": "x", "messageId": "m16"}
    tell.send(tell.write, large, nobody, view("m17", "b1", 61))


def a_group_and_a_late_event(tell: Narrator) -> None:
    group = {"type": "group", "messageId": "m18", "userId": "u9", "groupId": "g1"}
    traits = {"name": "Initech", "domain": "initech.com", "employee_count": 300}
    tell.send(tell.secret, group | {"traits": traits, "timestamp": at(70)})
    tell.send(tell.write, view("m19", "b1", -3000, "/blog"))


def a_crawler(tell: Narrator) -> None:
    agent = {
        "userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    }
    tell.send(tell.write, view("m20", "b9", 80, context=agent))


def an_alias(tell: Narrator) -> None:
    call = {"type": "alias", "messageId": "m21", "userId": "u1", "previousId": "b5"}
    tell.send(tell.write, view("m22", "b5", 89), call | {"timestamp": at(90)})


def a_deal_that_is_won(tell: Narrator) -> None:
    ids = [tell.lead("user_id", "u9"), tell.lead("email", "bob@free.test")]
    asked = {"name": "Forty seats", "lead_ids": ids, "amount": 480_000, "currency": "EUR"}
    deal = tell.once("/v1/deals", asked)
    won = {"outcome": "won", "closed_at": at(95)}
    status, answer = tell.cloud.request("PATCH", f"/v1/deals/{deal['id']}", tell.secret, won)
    assert status == 200, answer


def a_lead_that_is_lost(tell: Narrator) -> None:
    path = f"/v1/leads/{tell.lead('user_id', 'u1')}/outcome"
    lost = {"outcome": "lost", "at": at(95)}
    status, answer = tell.cloud.request("POST", path, tell.secret, lost)
    assert status == 200, answer


def a_merge_by_hand(tell: Narrator) -> None:
    ids = (tell.lead("user_id", "u9"), tell.lead("email", "bob@free.test"))
    asked = {"survivor_id": ids[0], "merged_id": ids[1], "reason": "same person"}
    status, answer = tell.cloud.request("POST", "/v1/merges", tell.secret, asked)
    assert status in (200, 201), answer


def a_view_after_the_merge(tell: Narrator) -> None:
    tell.send(tell.write, form("m23", "b6", 100, "bob@free.test"), view("m24", "b6", 101))


def its_undo(tell: Narrator) -> None:
    holdings = Holdings(tell.cloud)
    slots = holdings.slots(tell.tenant.tenant_id).values()
    [merged] = [s for s in slots if isinstance(s, Pointer) and s.rule == "merged_by_hand" and s.was]
    name = f"mrg_{merged.lead_id.removeprefix('lead_')}_{merged.version}"
    status, answer = tell.cloud.request("POST", f"/v1/merges/{name}/undo", tell.secret)
    assert status == 200, answer


def a_message_that_nobody_can_read(tell: Narrator) -> None:
    named = f'{{"v":1,"tenant_id":"{tell.tenant.tenant_id}","nonsense":true}}'
    tell.cloud.poller.send_message(QueueUrl=tell.cloud.sqs.url("EventsQueue"), MessageBody=named)


def an_outage_of_storage(tell: Narrator) -> None:
    tell.outage("BatchGetItem")
    tell.send(tell.write, view("m25", "b7", 110), view("m26", "b7", 111, "/pricing"))


def an_outage_of_the_bus(tell: Narrator) -> None:
    tell.outage("PutEvents")
    tell.send(tell.write, form("m27", "b8", 120, "gil@free.test"))


def a_replay_of_all_that_failed(tell: Narrator) -> None:
    for code in ("apply_failed", "announce_failed"):
        asked = {"code": code}
        status, answer = tell.cloud.request("POST", "/v1/failed-events/replay", tell.secret, asked)
        assert status == 202, answer


def a_last_view(tell: Narrator) -> None:
    tell.send(tell.write, view("m28", "b2", 130), view("m29", "b1", 3000, "/pricing"))


STORY: tuple[Callable[[Narrator], None], ...] = (
    anonymous_views,
    a_form_with_a_company,
    a_log_in_and_a_view_without_a_time,
    a_hot_lead,
    a_shared_browser,
    a_trusted_join_of_two_known,
    a_signed_log_in,
    a_conflict_and_a_copy,
    refused_items,
    a_group_and_a_late_event,
    a_crawler,
    an_alias,
    a_deal_that_is_won,
    a_lead_that_is_lost,
    a_merge_by_hand,
    a_view_after_the_merge,
    its_undo,
    a_message_that_nobody_can_read,
    an_outage_of_storage,
    an_outage_of_the_bus,
    a_replay_of_all_that_failed,
    a_last_view,
)
