"""What changes for all leads has a job that brings them in line, wherever asking for it broke."""

from collections.abc import Callable

import pytest

from leadsignal.adapters.dynamodb.attributes import DynamoAttributes
from leadsignal.adapters.dynamodb.config import DynamoSettings
from leadsignal.adapters.dynamodb.jobs import DynamoJobs
from leadsignal.adapters.dynamodb.rulesets import DynamoRuleSets
from leadsignal.adapters.dynamodb.segments import DynamoSegmentSets
from leadsignal.adapters.dynamodb.table import Table
from leadsignal.adapters.sqs import SqsQueue
from leadsignal.domain.playbook import default_playbook
from leadsignal.models.attributes import AttributeRequest
from leadsignal.models.jobs import JobStep
from leadsignal.models.preconditions import ANY_VERSION
from leadsignal.models.segments import SegmentRequest
from leadsignal.services.attributes import Registrar, create_attribute
from leadsignal.services.jobs import SETTLING_SECONDS
from leadsignal.services.rulesets import Press, publish_ruleset
from leadsignal.services.segments import SegmentDesk, create_segment
from tests.fakes.clock import NOW
from tests.fakes.events import World, tenant
from tests.fakes.faults import KilledError
from tests.fakes.rules import boost, ruleset
from tests.fakes.sqs import FakeSqs


class Office:
    """A tenant with a draft of rules, and everything that changing how it measures leads needs."""

    def __init__(self) -> None:
        self.world = World()
        self.calls = self.world.calls
        config = Table(self.world.db.client, "ConfigTable")
        self.sqs = FakeSqs.from_template(self.calls)
        queue = SqsQueue(self.sqs.client, self.sqs.url("RescoreQueue"))
        self.settings = DynamoSettings(config, "ten_one")
        self.jobs = DynamoJobs(config, "ten_one")
        rulesets = DynamoRuleSets(config, "ten_one")
        self.press = Press(rulesets, self.settings, self.jobs, queue)
        attributes = DynamoAttributes(config, "ten_one")
        self.registrar = Registrar(attributes, self.press, default_playbook)
        sets, lists = DynamoSegmentSets(config, "ten_one"), self.world.stores["ten_one"].lists
        self.segments = SegmentDesk(sets, self.settings, self.jobs, queue, lists)
        self.settings.save(tenant())
        draft = ruleset(boost(), version=0)
        rulesets.save(draft.model_copy(update={"id": "rs_draft", "status": "draft"}))

    def new_id(self, prefix: str) -> str:
        return f"{prefix}_{'a' * 24}"

    def publish(self) -> None:
        publish_ruleset(
            "rs_draft", demand=ANY_VERSION, press=self.press, new_id=self.new_id, now=NOW
        )

    def define(self) -> None:
        request = AttributeRequest(name="plan", type="text", queryable=True)
        create_attribute(request, registrar=self.registrar, new_id=self.new_id, now=NOW)

    def sort(self) -> None:
        said = {"name": "Known", "condition": {"field": "email", "op": "exists"}}
        request = SegmentRequest.model_validate(said)
        create_segment(request, desk=self.segments, new_id=self.new_id, now=NOW)

    @property
    def is_changed(self) -> bool:
        now = self.settings.get()
        return any((now.published, now.attributes, now.segments))

    def asked_for(self) -> list[JobStep]:
        sent = self.sqs.take("RescoreQueue")
        assert {one.delay_seconds for one in sent} <= {SETTLING_SECONDS}
        return [JobStep.model_validate_json(one.body) for one in sent]


@pytest.mark.parametrize("change", [Office.publish, Office.define, Office.sort])
def test_a_change_that_was_killed_at_any_call_has_its_job_if_it_came_to_be(
    change: Callable[[Office], None],
) -> None:
    whole = Office()
    begun = whole.calls.made
    change(whole)
    seen = set()
    for call in range(1, whole.calls.made - begun + 1):
        for after in (False, True):
            office = Office()
            office.calls.kill(at=call, after=after)
            with pytest.raises(KilledError):
                change(office)
            office.calls.stop()
            steps = office.asked_for()
            jobs = [office.jobs.get(step.job_id) for step in steps]
            assert all(job is not None and job.status == "queued" for job in jobs)
            assert steps or not office.is_changed
            seen.add(office.is_changed)
    assert seen == {False, True}
