"""Alerts: once per crossing, whatever is repeated, late or broken."""

import json
from typing import Any

import pytest

from leadsignal.errors import ConflictError, LeadSignalError, PermanentError, TransientError
from leadsignal.models.endpoints import Alert
from leadsignal.models.facts import Fact, FactData
from leadsignal.models.instants import to_instant
from leadsignal.models.outbound import ALERT_MESSAGE, AlertLead, AlertRecord, AlertTask
from leadsignal.services.alert import LEASE_MS, MAX_ATTEMPTS, AlertDesk, alert_again, alert_all
from tests.fakes.clock import NOW, Clock
from tests.fakes.outbound import InMemoryAlertLog, InMemoryEndpoints, ScriptedChannel, ScriptedLeads
from tests.fakes.queues import InMemoryQueue

LEAD = AlertLead(lead_id="lead_1", name="Ada", score=86, tier="hot")


def fact(number: int = 1, **data: Any) -> Fact:
    fields = {"lead_id": "lead_1", "version": number, "tier": "hot", "previous_tier": "warm"}
    return Fact(
        id=f"msg_{number}",
        tenant_id="ten_1",
        type="lead.tier_changed",
        at=to_instant(NOW),
        sequence=number,
        data=FactData.model_validate(fields | data),
    )


def alert(number: int = 1, **changes: Any) -> Alert:
    fields = {
        "id": f"alr_{number}",
        "name": "Sales",
        "url": f"https://hooks.slack.com/services/{number}",
        "created_at": number,
    }
    return Alert.model_validate(fields | changes)


class World:
    """One tenant's alerts, a channel that follows a script, and a stopped clock."""

    def __init__(
        self, *alerts: Alert, outcomes: list[LeadSignalError | None] | None = None
    ) -> None:
        self.clock = Clock()
        self.channel = ScriptedChannel(*(outcomes or []))
        self.queue = InMemoryQueue()
        self.log = InMemoryAlertLog()
        self.alerts = InMemoryEndpoints(*(alerts or (alert(),)))
        self.desk = AlertDesk(self.alerts, self.log, ScriptedLeads(LEAD), self.channel, self.queue)

    def tell(self, told: Fact | None = None) -> list[AlertRecord]:
        return alert_all(told or fact(), desk=self.desk, now=self.clock.now)

    def wake(self) -> AlertRecord | None:
        """Hand over the one task that waits on the queue, after its delay."""
        [sent] = self.queue.take()
        self.clock.move(seconds=min(sent.delay_seconds, 900))
        task = ALERT_MESSAGE.validate_json(sent.body)
        assert isinstance(task, AlertTask)
        return alert_again(task, desk=self.desk, now=self.clock.now)

    def urls(self) -> list[str]:
        return [url for url, _ in self.channel.messages]


def test_a_crossing_is_told_once_per_alert_however_often_it_comes() -> None:
    world = World(alert(1), alert(2))
    for _ in range(3):
        records = world.tell()
    assert world.urls() == [f"https://hooks.slack.com/services/{n}" for n in (1, 2)]
    assert [record.status for record in records] == ["sent", "sent"]


def test_the_message_is_about_the_lead_as_it_is_now() -> None:
    world = World()
    world.tell()
    [(_, message)] = world.channel.messages
    assert json.loads(message)["text"] == "Hot lead: Ada, score 86"


def test_the_next_crossing_is_another_message() -> None:
    world = World()
    world.tell(fact(1))
    world.tell(fact(2))
    assert len(world.urls()) == 2


@pytest.mark.parametrize(
    "told",
    [
        fact(tier="warm", previous_tier="hot"),
        fact(tier=None),
        fact().model_copy(update={"type": "lead.score_changed"}),
    ],
    ids=["out of hot", "no tier", "another fact"],
)
def test_only_a_crossing_into_hot_is_told(told: Fact) -> None:
    world = World()
    assert world.tell(told) == []
    assert world.urls() == []


def test_no_alert_is_sent_of_a_lead_that_cannot_be_reached() -> None:
    world = World()
    unreachable = LEAD.model_copy(update={"reachable": False})
    desk = world.desk._replace(leads=ScriptedLeads(unreachable))
    [record] = alert_all(fact(), desk=desk, now=world.clock.now)
    assert (record.status, world.urls()) == ("skipped", [])


def test_a_lead_that_is_gone_is_not_told() -> None:
    world = World()
    [record] = world.tell(fact(lead_id="lead_gone"))
    assert record.status == "skipped"
    assert world.urls() == []


def test_within_the_cooldown_of_a_lead_nothing_more_is_said() -> None:
    world = World(alert(cooldown_minutes=60))
    world.tell(fact(1))
    world.clock.move(minutes=59)
    [record] = world.tell(fact(2))
    assert record.status == "skipped"
    world.clock.move(minutes=1)
    [record] = world.tell(fact(3))
    assert record.status == "sent"
    assert len(world.urls()) == 2


def test_the_cooldown_of_one_lead_does_not_silence_another() -> None:
    world = World(alert(cooldown_minutes=60))
    other = LEAD.model_copy(update={"lead_id": "lead_2"})
    world.desk = world.desk._replace(leads=ScriptedLeads(LEAD, other))
    world.tell(fact(1))
    [record] = world.tell(fact(2, lead_id="lead_2"))
    assert record.status == "sent"


def test_a_message_that_failed_does_not_run_into_its_own_cooldown() -> None:
    world = World(alert(cooldown_minutes=60), outcomes=[TransientError("down"), None])
    [record] = world.tell()
    assert record.status == "waiting"
    sent = world.wake()
    assert sent is not None
    assert sent.status == "sent"
    assert len(world.urls()) == 1


def test_one_broken_channel_does_not_hold_up_the_others() -> None:
    world = World(alert(1), alert(2), outcomes=[TransientError("down"), None, None])
    world.tell()
    assert world.urls() == ["https://hooks.slack.com/services/2"]

    world.wake()
    assert world.urls() == [f"https://hooks.slack.com/services/{n}" for n in (2, 1)]


def test_a_pause_that_slack_asks_for_is_kept_without_blocking_the_queue() -> None:
    busy = TransientError("busy", retry_after_seconds=2_000)
    world = World(outcomes=[busy, None])
    [record] = world.tell()
    assert record.status == "waiting"

    started = world.clock.instant
    assert world.wake() is None  # 15 minutes
    assert world.wake() is None  # 30 minutes
    assert world.urls() == []
    sent = world.wake()
    assert sent is not None
    assert sent.status == "sent"
    assert world.clock.instant - started == 2_000_000
    assert world.queue.sent == []


def test_a_channel_that_refuses_is_not_asked_again() -> None:
    world = World(outcomes=[PermanentError("no such channel")])
    [record] = world.tell()
    assert record.status == "refused"
    [record] = world.tell()
    assert record.status == "refused"
    assert world.urls() == []


def test_each_failure_is_followed_by_twice_the_wait() -> None:
    world = World(outcomes=[TransientError("down")] * 3 + [None])
    world.tell()
    seconds = []
    for _ in range(3):
        before = world.clock.instant
        world.wake()
        seconds.append((world.clock.instant - before) // 1000)
    assert seconds == [30, 60, 120]
    assert len(world.urls()) == 1


@pytest.mark.parametrize("seconds", [None, 60])
def test_after_ten_attempts_it_is_given_up(seconds: int | None) -> None:
    busy = TransientError("busy", retry_after_seconds=seconds)
    world = World(outcomes=[busy] * MAX_ATTEMPTS)
    world.tell()
    record: AlertRecord | None = None
    while world.queue.sent:
        record = world.wake()
    assert record is not None
    assert (record.status, record.attempts) == ("refused", MAX_ATTEMPTS)


def test_an_alert_deleted_while_it_waited_is_not_sent() -> None:
    world = World(outcomes=[TransientError("busy", retry_after_seconds=60)])
    world.tell()
    world.alerts.delete("alr_1")
    assert world.wake() is None
    assert world.urls() == []


class KilledError(Exception):
    """The process dies here."""


class Killing(ScriptedChannel):
    def send(self, *args: Any, **kwargs: Any) -> None:
        raise KilledError


def test_a_crash_while_sending_is_made_good_after_the_lease() -> None:
    world = World()
    healthy, world.desk = world.desk, world.desk._replace(channel=Killing())
    with pytest.raises(KilledError):
        world.tell()

    world.desk = healthy
    [record] = world.tell()  # at once: somebody may still be at it
    assert record.status == "sending"
    assert world.urls() == []
    assert world.queue.sent[0].delay_seconds == LEASE_MS // 1000

    sent = world.wake()
    assert sent is not None
    assert (sent.status, sent.attempts) == ("sent", 2)
    assert len(world.urls()) == 1


def test_of_two_workers_with_one_crossing_only_one_sends() -> None:
    world = World()

    class Racing(InMemoryAlertLog):
        def record(self, alert_id: str, fact_id: str) -> AlertRecord | None:
            return None  # both looked before either wrote

    world.desk = world.desk._replace(log=Racing())
    world.tell()
    with pytest.raises(ConflictError):
        world.tell()
    assert len(world.urls()) == 1


def test_the_message_of_the_bus_is_told_from_a_task() -> None:
    envelope = {"source": "leadsignal", "detail": fact().model_dump(exclude_none=True)}
    message = ALERT_MESSAGE.validate_json(json.dumps(envelope))
    assert not isinstance(message, AlertTask)
    assert message.detail == fact()
