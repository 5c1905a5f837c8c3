"""Leads that time alone brings forward: on the second, whatever breaks, and nobody else's cost."""

from typing import Any

from leadsignal.adapters.dynamodb.due import DynamoDueIndex
from leadsignal.adapters.dynamodb.table import Table
from leadsignal.adapters.sqs import SqsQueue
from leadsignal.domain.attributes import NO_ATTRIBUTES
from leadsignal.domain.profiles import profile_of
from leadsignal.domain.rulebook import Rulebook
from leadsignal.domain.scoring import score_lead, settled_tier
from leadsignal.models.events import Event
from leadsignal.models.instants import MINUTE_MS, Instant, to_datetime
from leadsignal.models.leads import Lead
from leadsignal.models.messages import DueRequest
from leadsignal.services.commit import fields_of
from leadsignal.services.ingest import ingest_messages
from leadsignal.services.sweep import AHEAD_MS, Swept, bring_up_to_date, sweep
from tests.fakes.clock import Clock
from tests.fakes.events import AT, GAP, World, event, message, tenant
from tests.fakes.rules import boost, rulebook
from tests.fakes.sqs import FakeSqs
from tests.proof.cloud import one_after_another

HOUR_MS = 60 * MINUTE_MS
FOR_AN_HOUR = rulebook(boost(within={"hours": 1}, points=60, max_times=1))
BOTH = (tenant("one"), tenant("two"))


class Time:
    """A world in which time goes on: sweeps come each minute, messages when they are due."""

    def __init__(self, rules: Rulebook = FOR_AN_HOUR) -> None:
        self.world = World(*BOTH, rules=rules)
        self.rules = rules
        self.clock = Clock()
        self.sqs = FakeSqs.from_template(self.world.calls, clock=self.clock)
        self.queue = SqsQueue(self.sqs.client, self.sqs.url("RescoreQueue"))
        client = self.world.db.client
        self.index = DynamoDueIndex(Table(client, "LeadTable"), Table(client, "ConfigTable"))

    def happen(self, *events: Event, tenant_id: str = "ten_one") -> None:
        """Let events be applied now."""
        told = message(*events, tenant_id=tenant_id)
        ingest_messages([told], desk_of=self.world.desk, now=self.clock.now)

    def sweep(self) -> Swept:
        return sweep(index=self.index, queue=self.queue, clock=self.clock.read)

    def work(self) -> int:
        """Let all be done that is visible on the queue; return how many messages there were."""
        done = 0
        while got := self.received():
            done += 1
            self.handle(got)
        return done

    def received(self) -> dict[str, Any] | None:
        url = self.sqs.url("RescoreQueue")
        answer = self.sqs.receive_message(QueueUrl=url, AttributeNames=["All"])
        return next(iter(answer.get("Messages", [])), None)

    def handle(self, got: dict[str, Any]) -> None:
        request = DueRequest.model_validate_json(got["Body"])
        bring_up_to_date(
            request,
            again=got["Attributes"]["ApproximateReceiveCount"] != "1",
            desk=self.world.desk(request.tenant_id)._replace(each=one_after_another),
            queue=self.queue,
            clock=self.clock.read,
        )
        url = self.sqs.url("RescoreQueue")
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=got["ReceiptHandle"])

    def lead(self, tenant_id: str = "ten_one") -> Lead:
        [lead] = self.world.found(tenant_id)
        return lead

    def at(self, instant: Instant) -> None:
        self.clock.now = to_datetime(instant)

    def until(self, end: Instant) -> None:
        """Go on until then: a sweep in each minute in which anything can be due, everything else
        when it is visible."""
        while True:
            visible = [m.visible_at for m in self.sqs._queues["RescoreQueue"].messages]
            due = [lead.due for lead in self.world.found() if lead.due is not None]
            minute = self.clock.instant // MINUTE_MS + 1
            if not visible:
                ahead = (min(due, default=end) - AHEAD_MS) // MINUTE_MS
                if ahead > minute:
                    minute = ahead
                    self.index.reach(self.index.start_of(minute * MINUTE_MS))
            at = min([minute * MINUTE_MS, *visible])
            if at > end:
                break
            self.at(max(at, self.clock.instant))
            if at == minute * MINUTE_MS:
                self.sweep()
            self.work()
        self.at(end)

    def now_told(self, lead: Lead, at: Instant) -> tuple[str, str]:
        """Return the tier that a lead has at an instant, and the one that the world holds."""
        owner = self.world.tenants["ten_one"]
        profile = profile_of(lead, gap_ms=GAP, country=None)
        fields = fields_of(lead, profile, tenant=owner, attributes=NO_ATTRIBUTES)
        score = score_lead(fields, self.rules, now=at)
        return score.tier, settled_tier(lead.fact_tier, score.score)


def test_a_lead_leaves_its_tier_at_the_second_with_no_event_and_not_before() -> None:
    time = Time()
    time.happen(event("m1"))
    due = AT + HOUR_MS + 1
    assert (time.lead().due, time.lead().score.tier) == (due, "warm")
    time.until(due - 1)
    assert time.lead().score.tier == "warm"
    time.until(due + 999)
    lead = time.lead()
    assert (lead.score.tier, lead.fact_tier, lead.due) == ("cold", "cold", None)
    assert lead.history[-1].cause == "time"
