"""Each call on the way of a lead that time alone moves is broken in each way: it is told once."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from leadsignal.models.leads import Lead
from tests.fakes.faults import KilledError
from tests.proof.cloud import Cloud
from tests.proof.mishaps import KINDS, Kind
from tests.proof.state import Holdings
from tests.proof.story import HOST, Narrator, view

MINUTES = 8  # after which all is done, whatever broke: a message is hidden for three
WITHIN = {"hours": 1}
RULE = {"name": "View", "kind": "boost", "event": "page_view", "points": 60, "within": WITHIN}


class Hour:
    """An account with a lead that is warm for an hour, some seconds before that is over."""

    def __init__(self) -> None:
        self.cloud = Cloud(cold=True)
        with self.cloud.installed():
            self.tenant = self.cloud.tenant("one", 1)
            self.cloud.listen(self.tenant.tenant_id, HOST, types=("lead.tier_changed",))
            said = {"name": "Views", "rules": [RULE | {"max_times": 1}]}
            made = self._ask("/v1/scoring/rulesets", said)
            self._ask(f"/v1/scoring/rulesets/{made['id']}/publish")
            tell = Narrator(self.cloud, self.tenant)
            tell.send(tell.write, view("m1", "b1", 0))
            self.cloud.drain()
            assert self.lead().score.tier == "warm"
            due = self.lead().due
            assert due is not None
            self.cloud.clock.move(milliseconds=due - self.cloud.clock.instant - 30_000)
            self.before = self.cloud.snapshot()
            made_before = self.cloud.calls.made
            assert self.problems(MINUTES) == []
            self.calls = self.cloud.calls.made - made_before

    def _ask(self, path: str, body: object = None) -> Any:
        status, answer = self.cloud.request("POST", path, self.tenant.secret_key, body)
        assert status in (201, 202), answer
        return answer

    def lead(self) -> Lead:
        slots = Holdings(self.cloud).slots(self.tenant.tenant_id).values()
        [lead] = [slot for slot in slots if isinstance(slot, Lead)]
        return lead

    def broken(self, number: int, kind: Kind) -> list[str]:
        """Break one call, and return what is wrong some minutes later."""
        with self.cloud.installed():
            self.cloud.restore(self.before)
            struck = self.cloud.calls.struck
            self.cloud.calls.strike_at(number, kind)
            problems = self.problems(MINUTES)
            return problems if self.cloud.calls.struck > struck else ["nothing was broken"]

    def problems(self, minutes: int) -> list[str]:
        """Let so many minutes go by, with a sweep in each, and return what is wrong then."""
        cloud = self.cloud
        posted = len(cloud.receiver.got)
        for _ in range(minutes):
            next_minute = cloud.clock.now + timedelta(minutes=1)
            with suppress(Exception, KilledError):
                cloud.invoke("sweep", {})
            cloud.drain()
            cloud.clock.now = max(cloud.clock.now, next_minute)
        lead = self.lead()
        told = {post.webhook_id for post in cloud.receiver.got[posted:]}
        problems = [f"left on queues: {cloud.left()}"] if cloud.left() else []
        if (lead.score.tier, lead.fact_tier, lead.due) != ("cold", "cold", None):
            problems.append(f"not moved: {lead.score.tier}, {lead.fact_tier}, {lead.due}")
        if len(told) != 1:
            problems.append(f"told {len(told)} times")
        return problems


@pytest.fixture(scope="module")
def hour() -> Hour:
    return Hour()


@pytest.mark.parametrize("kind", KINDS)
def test_a_call_that_fails_on_the_way_changes_nothing_in_the_end(hour: Hour, kind: Kind) -> None:
    found = {number: hour.broken(number, kind) for number in range(1, hour.calls + 1)}
    assert {number: problems for number, problems in found.items() if problems} == {}
    assert hour.calls > 30
