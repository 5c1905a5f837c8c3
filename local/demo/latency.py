"""How long it takes from the POST that makes a lead hot to the webhook that says so."""

import time
import uuid
from datetime import UTC, datetime
from typing import Any, NamedTuple

from local.demo.client import Api
from local.demo.people import DOMAINS
from local.demo.receiver import Receiver
from local.demo.subscriptions import webhook
from local.steps import StepFailedError

ROUNDS = 20
PATH = "/latency"
TIMEOUT_SECONDS = 30.0


class Latency(NamedTuple):
    """Milliseconds from the start of the POST to the arrival of the webhook."""

    p50_ms: float
    p95_ms: float
    rounds: int


def measure(api: Api, write: Api, receiver: Receiver, rounds: int = ROUNDS) -> Latency:
    """Make one lead after another hot, with nothing else going on, and return the quantiles.

    Raises:
        StepFailedError: a webhook did not come, or is about another lead.
    """
    took: list[float] = []
    told: set[str] = set()
    with webhook(api, receiver, PATH, ["lead.tier_changed"]):
        for number in range(rounds):
            batch = hot_visit(str(uuid.uuid4()), DOMAINS[number % len(DOMAINS)])
            start = time.perf_counter()
            write.call("POST", "/v1/batch", {"batch": batch})
            heard = receiver.wait_for(PATH, told, TIMEOUT_SECONDS)
            if heard is None:
                raise StepFailedError(f"no webhook {TIMEOUT_SECONDS:.0f} s after a lead became hot")
            stored = api.event(batch[-1]["messageId"])
            if stored is None or stored["lead_id"] != heard.data["lead_id"]:
                raise StepFailedError("a webhook came that is about another lead")
            told.add(heard.data["lead_id"])
            took.append((heard.arrived - start) * 1000)
    return Latency(quantile(took, 0.5), quantile(took, 0.95), rounds)


def hot_visit(visitor: str, domain: str) -> list[dict[str, Any]]:
    """Return the events of a new visitor that make a hot lead: two pages and a form."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    pages: list[dict[str, Any]] = [
        {"type": "page", "context": {"page": {"url": f"https://example.com{path}", "path": path}}}
        for path in ("/pricing", "/demo")
    ]
    form: dict[str, Any] = {
        "type": "track",
        "event": "form_submitted",
        "properties": {"email": f"{visitor}@{domain}", "title": "Head of Measuring"},
    }
    return [
        message | {"messageId": f"latency-{visitor}-{n}", "anonymousId": visitor, "timestamp": now}
        for n, message in enumerate([*pages, form])
    ]


def quantile(values: list[float], share: float) -> float:
    """Return the smallest value that at least this share of the values do not exceed."""
    ordered = sorted(values)
    rank = -int(-share * len(ordered) // 1)
    return ordered[max(rank, 1) - 1]
