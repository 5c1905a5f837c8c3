"""A tenant that changes how its leads are measured, on stores over fakes of AWS."""

from leadsignal.adapters.dynamodb.attributes import DynamoAttributes
from leadsignal.adapters.dynamodb.config import DynamoSettings
from leadsignal.adapters.dynamodb.jobs import DynamoJobs
from leadsignal.adapters.dynamodb.rulesets import DynamoRuleSets
from leadsignal.adapters.dynamodb.segments import DynamoSegmentSets
from leadsignal.adapters.dynamodb.table import Table
from leadsignal.adapters.sqs import SqsQueue
from leadsignal.domain.playbook import Playbook, default_playbook
from leadsignal.domain.segments import SegmentBook
from leadsignal.models.attributes import AttributeRequest
from leadsignal.models.jobs import JobStep
from leadsignal.models.preconditions import ANY_VERSION
from leadsignal.models.segments import SegmentRequest
from leadsignal.models.tenants import Tenant
from leadsignal.services.attributes import Registrar, create_attribute
from leadsignal.services.jobs import SETTLING_SECONDS
from leadsignal.services.rulesets import Press, publish_ruleset
from leadsignal.services.segments import SegmentDesk, create_segment
from tests.fakes.clock import NOW
from tests.fakes.events import World, tenant
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
        self.registrar = Registrar(attributes, self.press, self.book)
        sets, lists = DynamoSegmentSets(config, "ten_one"), self.world.stores["ten_one"].lists
        self.segments = SegmentDesk(sets, self.settings, self.jobs, queue, lists)
        self.settings.save(tenant())
        draft = ruleset(boost(), version=0)
        rulesets.save(draft.model_copy(update={"id": "rs_draft", "status": "draft"}))

    def book(self, owner: Tenant) -> Playbook:
        """Return what leads are measured by: the default rules, and the segments."""
        return default_playbook(owner)._replace(
            segments=SegmentBook(self.segments.held(owner).segments)
        )

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
        said = {"name": "Known", "condition": {"field": "attributes.plan", "op": "exists"}}
        request = SegmentRequest.model_validate(said)
        create_segment(request, desk=self.segments, new_id=self.new_id, now=NOW)

    @property
    def is_changed(self) -> bool:
        now = self.settings.get()
        return any((now.published, now.attributes, now.segments))

    @property
    def is_defined(self) -> bool:
        """Whether the attribute is defined."""
        mark = self.settings.get().attributes
        found = self.registrar.attributes.get(mark.id) if mark else None
        return bool(found and found.attributes)

    def asked_for(self) -> list[JobStep]:
        sent = self.sqs.take("RescoreQueue")
        assert {one.delay_seconds for one in sent} <= {SETTLING_SECONDS}
        return [JobStep.model_validate_json(one.body) for one in sent]
