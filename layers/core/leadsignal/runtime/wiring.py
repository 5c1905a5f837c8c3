"""Builds what the handlers hand to services: lazily, once, and only what a function asks for.

Imports inside the factories keep each function's cold start to what it uses. They stand in this
order: time, ids and threads; clients; tables, the bucket and the queue of events; data files;
tenants, their keys and limits; leads and companies; webhooks, alerts and facts; failures. What
look-ups need is in ``lookup_wiring``, what changes how leads are measured in ``scoring_wiring``.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from leadsignal.adapters.dynamodb.config import DynamoApiKeys, DynamoSettings, DynamoTenants
from leadsignal.adapters.dynamodb.table import Table
from leadsignal.domain.credentials import ALPHABET
from leadsignal.errors import NotFoundError
from leadsignal.models.endpoints import Alert, Webhook
from leadsignal.models.facts import Fact
from leadsignal.models.providers import Provider
from leadsignal.models.tenants import Tenant
from leadsignal.ports import (
    DeliveryStore,
    EndpointStore,
    FailureStore,
    KeyStore,
    KeyUsageStore,
    LeadReader,
    ListObjects,
    Originals,
    Queue,
    SettingsStore,
    TimedQueue,
)
from leadsignal.runtime.cached import (
    CachedTenants,
    Remembered,
    RememberedKeys,
    RememberedProviders,
    RememberedSettings,
)
from leadsignal.runtime.metering import Meter
from leadsignal.runtime.observability import logger
from leadsignal.runtime.settings import (
    ActivitySettings,
    AlertQueueSettings,
    BusSettings,
    CacheSettings,
    ConfigSettings,
    DeadLetterSettings,
    DeliverQueueSettings,
    EnrichQueueSettings,
    EventsQueueSettings,
    LeadSettings,
    ListSettings,
    OriginalsSettings,
    OutboundSettings,
    RescoreQueueSettings,
    TrainQueueSettings,
    load,
)

if TYPE_CHECKING:
    from botocore.config import Config
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient

    from leadsignal.adapters.dynamodb.attributes import DynamoAttributes
    from leadsignal.adapters.dynamodb.buckets import DynamoBuckets
    from leadsignal.adapters.dynamodb.deals import DynamoDeals
    from leadsignal.adapters.dynamodb.leads import DynamoLeads
    from leadsignal.adapters.dynamodb.models import DynamoModels
    from leadsignal.adapters.dynamodb.rulesets import DynamoRuleSets
    from leadsignal.adapters.dynamodb.segments import DynamoSegmentSets
    from leadsignal.adapters.dynamodb.stream import StoredChange
    from leadsignal.adapters.embedded.companies import EmbeddedCompanies
    from leadsignal.adapters.embedded.crawlers import EmbeddedCrawlers
    from leadsignal.adapters.embedded.mail import EmbeddedMailDomains
    from leadsignal.adapters.embedded.networks import EmbeddedNetworks
    from leadsignal.adapters.embedded.referrers import EmbeddedReferrers
    from leadsignal.adapters.eventbridge import EventBridgeBus
    from leadsignal.adapters.http import GuardedHttp
    from leadsignal.domain.attributes import AttributeBook
    from leadsignal.domain.model.predictor import Predictor
    from leadsignal.domain.playbook import Playbook
    from leadsignal.domain.rulebook import Rulebook
    from leadsignal.domain.segments import SegmentBook
    from leadsignal.models.rules import Publication
    from leadsignal.services.alert import AlertDesk
    from leadsignal.services.companies import Register
    from leadsignal.services.company_lists import Shelf
    from leadsignal.services.deliver import Outbox
    from leadsignal.services.desk import Desk
    from leadsignal.services.edits import EditDesk
    from leadsignal.services.histories import Archive
    from leadsignal.services.idempotency import Ledger
    from leadsignal.services.leads import Library
    from leadsignal.services.limits import Purses
    from leadsignal.services.notes import Notebook
    from leadsignal.services.own_companies import ListMemory, OwnCompanies, TenantNetworks
    from leadsignal.services.quarantine import DeadQueue, Ward
    from leadsignal.services.replay import Dock
    from leadsignal.services.traces import Inquiry


WRITERS = 8
MAX_BOOKS = 200  # compiled rule sets that a worker remembers
MAX_LISTS = 64 * 1024 * 1024  # bytes of uploaded lists that a worker remembers
MAX_TENANTS = 1_000  # of which a worker remembers how full their buckets are


def now() -> datetime:
    """Return the current time. Handlers ask here so that tests can stop the clock."""
    return datetime.now(UTC)


def nanoseconds() -> int:
    """Return the current time in nanoseconds since 1970, to the microsecond."""
    return (now() - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1_000


def token(length: int) -> str:
    """Return ``length`` random base-62 characters."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def new_id(prefix: str) -> str:
    """Return a fresh opaque id with 143 random bits."""
    return f"{prefix}_{token(24)}"


def random_key() -> bytes:
    """Return 32 random bytes: a key to sign or derive with."""
    return secrets.token_bytes(32)


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=WRITERS)


def each[T, R](call: Callable[[T], R], values: Iterable[T]) -> Iterator[R]:
    """Call a function with all values, a few at once, and yield the results in their order.

    All calls have ended when this returns or raises: nothing writes on after the invocation.
    """
    calls = [_threads().submit(call, value) for value in values]
    wait(calls)
    return iter([done.result() for done in calls])


@cache
def _patience() -> "Config":
    """Return how every client of AWS waits: short timeouts, three attempts with jitter."""
    from botocore.config import Config

    return Config(
        connect_timeout=1, read_timeout=3, retries={"mode": "standard", "max_attempts": 3}
    )


@cache
def dynamodb() -> "DynamoDBClient":
    """Return the DynamoDB client."""
    import boto3

    return boto3.client("dynamodb", config=_patience())


@cache
def streams() -> "DynamoDBStreamsClient":
    """Return the client of DynamoDB's streams."""
    import boto3

    return boto3.client("dynamodbstreams", config=_patience())


@cache
def s3() -> "S3Client":
    """Return the S3 client."""
    import boto3

    return boto3.client("s3", config=_patience())


@cache
def sqs() -> "SQSClient":
    """Return the SQS client."""
    import boto3

    return boto3.client("sqs", config=_patience())


@cache
def ssm() -> "SSMClient":
    """Return the client of Parameter Store; a look-up waits for it, but not for long."""
    import boto3
    from botocore.config import Config

    hasty = Config(connect_timeout=0.5, read_timeout=1, retries={"total_max_attempts": 2})
    return boto3.client("ssm", config=hasty)


@cache
def bus() -> "EventBridgeBus":
    """Return the bus that carries facts."""
    import boto3

    from leadsignal.adapters.eventbridge import EventBridgeBus

    return EventBridgeBus(boto3.client("events", config=_patience()), load(BusSettings).bus_name)


@cache
def allowed_receivers() -> frozenset[str]:
    """Return the addresses that may be called in spite of the deny list; mostly none."""
    from leadsignal.domain.addresses import read_list

    return read_list(load(OutboundSettings).allowed_receivers)


@cache
def http() -> "GuardedHttp":
    """Return the one client for calls to somebody else."""
    from leadsignal.adapters.http import GuardedHttp

    return GuardedHttp(allowed=allowed_receivers())


@cache
def config_table() -> Table:
    """Return ConfigTable."""
    return Table(dynamodb(), load(ConfigSettings).config_table)


@cache
def lead_table() -> Table:
    """Return LeadTable."""
    return Table(dynamodb(), load(LeadSettings).lead_table)


@cache
def activity_table() -> Table:
    """Return ActivityTable."""
    return Table(dynamodb(), load(ActivitySettings).activity_table)


@cache
def cache_table() -> Table:
    """Return CacheTable."""
    return Table(dynamodb(), load(CacheSettings).cache_table)


@cache
def _hasty_cache_table() -> Table:
    """Return CacheTable for what may fail: it is waited for two seconds, and not tried again."""
    import boto3
    from botocore.config import Config

    hasty = Config(connect_timeout=0.5, read_timeout=2, retries={"total_max_attempts": 1})
    client = boto3.client("dynamodb", config=hasty)
    return Table(client, load(CacheSettings).cache_table)


@cache
def swift_cache_table() -> Table:
    """Return CacheTable for what a look-up can do without: it waits a quarter of a second."""
    import boto3
    from botocore.config import Config

    swift = Config(connect_timeout=0.2, read_timeout=0.25, retries={"total_max_attempts": 1})
    client = boto3.client("dynamodb", config=swift)
    return Table(client, load(CacheSettings).cache_table)


@cache
def originals() -> Originals:
    """Return the bucket of large originals; nothing is made for it before its first use."""
    from leadsignal.adapters.s3 import S3Originals

    return S3Originals(s3, load(OriginalsSettings).originals_bucket)


@cache
def events_queue() -> Queue:
    """Return the queue of accepted events."""
    from leadsignal.adapters.sqs import SqsQueue

    return SqsQueue(sqs(), load(EventsQueueSettings).events_queue_url)


@cache
def crawlers() -> "EmbeddedCrawlers":
    """Return the list of crawlers."""
    from leadsignal.adapters.embedded.crawlers import EmbeddedCrawlers

    return EmbeddedCrawlers()


@cache
def networks() -> "EmbeddedNetworks":
    """Return the networks by address."""
    from leadsignal.adapters.embedded.networks import EmbeddedNetworks

    return EmbeddedNetworks()


def own_companies(tenant_id: str) -> "OwnCompanies":
    """Return what one tenant's own lists say."""
    from leadsignal.services.own_companies import OwnCompanies

    return OwnCompanies(
        tenant_id,
        providers=provider_store(tenant_id),
        objects=_list_objects(tenant_id),
        memory=_list_memory(),
        lost=lambda provider_id: logger.error("a list is lost", provider_id=provider_id),
    )


def tenant_networks(tenant_id: str) -> "TenantNetworks":
    """Return the networks by address, one tenant's own before all others."""
    from leadsignal.services.own_companies import TenantNetworks

    return TenantNetworks(own_companies(tenant_id), networks())


@cache
def _list_memory() -> "ListMemory":
    from leadsignal.services.own_companies import ListMemory

    return ListMemory(max_bytes=MAX_LISTS)


def _list_objects(tenant_id: str) -> ListObjects:
    from leadsignal.adapters.s3 import S3Lists

    return S3Lists(s3, load(ListSettings).lists_bucket, tenant_id)


def list_shelf(tenant_id: str) -> "Shelf":
    """Return what keeping one tenant's lists of companies needs."""
    from leadsignal.services.company_lists import Shelf

    return Shelf(provider_store(tenant_id), _list_objects(tenant_id), mail_domains())


@cache
def data_version() -> str:
    """Return the version of the address and company data shipped with the code."""
    import leadsignal_data

    return leadsignal_data.version()


@cache
def referrers() -> "EmbeddedReferrers":
    """Return the referring sites."""
    from leadsignal.adapters.embedded.referrers import EmbeddedReferrers

    return EmbeddedReferrers()


@cache
def mail_domains() -> "EmbeddedMailDomains":
    """Return the kinds of mail domains."""
    from leadsignal.adapters.embedded.mail import EmbeddedMailDomains

    return EmbeddedMailDomains()


@cache
def company_provider() -> "EmbeddedCompanies":
    """Return the embedded provider of firmographics."""
    from leadsignal.adapters.embedded.companies import EmbeddedCompanies

    return EmbeddedCompanies()


@cache
def tenant_store() -> CachedTenants:
    """Return the tenants and keys, remembered for at most 30 seconds."""
    return CachedTenants(DynamoTenants(config_table()), now=now)


def tenant_of(tenant_id: str) -> Tenant:
    """Return the tenant that a message names.

    Raises:
        NotFoundError: there is none.
    """
    tenant = tenant_store().tenant(tenant_id)
    if tenant is None:
        raise NotFoundError("tenant")
    return tenant


def tenant_now(tenant_id: str) -> Tenant:
    """Return a tenant as it is now: what it has published holds at once.

    Raises:
        NotFoundError: there is none.
    """
    tenant = tenant_store().tenant_now(tenant_id)
    if tenant is None:
        raise NotFoundError("tenant")
    return tenant


def tenant_settings(tenant_id: str) -> SettingsStore:
    """Return the settings of one tenant, as they are now."""
    return RememberedSettings(DynamoSettings(config_table(), tenant_id), tenant_store())


def api_keys(tenant_id: str) -> KeyStore:
    """Return the keys of one tenant, as they are now."""
    return RememberedKeys(DynamoApiKeys(config_table(), tenant_id), tenant_store())


def key_usage(tenant_id: str) -> KeyUsageStore:
    """Return what the keys of one tenant were used for."""
    from leadsignal.adapters.dynamodb.key_usage import DynamoKeyUsage

    return DynamoKeyUsage(cache_table(), tenant_id)


@cache
def meter() -> Meter:
    """Return what counts the use of keys in this process."""
    from leadsignal.adapters.dynamodb.key_usage import DynamoKeyUsage

    return Meter(lambda tenant_id: DynamoKeyUsage(_hasty_cache_table(), tenant_id), now=now)


@lru_cache(maxsize=MAX_TENANTS)
def buckets(tenant_id: str) -> "DynamoBuckets":
    """Return the buckets of one tenant's keys, with what this worker knows of them."""
    from leadsignal.adapters.dynamodb.buckets import DynamoBuckets

    return DynamoBuckets(_hasty_cache_table(), tenant_id)


@cache
def purses() -> "Purses":
    """Return what this worker took out of buckets."""
    from leadsignal.services.limits import Purses

    return Purses()


def ledger(tenant_id: str) -> "Ledger":
    """Return what keeping one tenant's runs of idempotent requests needs."""
    from leadsignal.adapters.aes import AesGcm
    from leadsignal.adapters.dynamodb.idempotency import DynamoRuns
    from leadsignal.services.idempotency import Ledger

    return Ledger(
        runs=DynamoRuns(cache_table(), tenant_id),
        cipher=AesGcm(secrets.token_bytes),
        token=token,
    )


def leads(tenant_id: str) -> "DynamoLeads":
    """Return the leads and companies of one tenant."""
    from leadsignal.adapters.dynamodb.leads import DynamoLeads

    return DynamoLeads(lead_table(), tenant_id)


def library(tenant: Tenant) -> "Library":
    """Return what reading one tenant's leads needs."""
    from leadsignal.adapters.dynamodb.activity import DynamoActivity
    from leadsignal.adapters.dynamodb.lead_lists import DynamoLeadLists
    from leadsignal.adapters.dynamodb.snapshots import DynamoSnapshots
    from leadsignal.services.leads import Library

    stored = leads(tenant.tenant_id)
    activity = DynamoActivity(activity_table(), tenant.tenant_id)
    return Library(
        tenant=tenant,
        leads=stored,
        lists=DynamoLeadLists(lead_table(), tenant.tenant_id),
        activity=activity,
        snapshots=DynamoSnapshots(stored, activity),
        failures=failures(tenant.tenant_id),
        alike=stored,
        attributes=attribute_book(tenant),
    )


def library_now(tenant_id: str) -> "Library":
    """Return what reading one tenant's leads needs, by the definitions of this moment.

    Raises:
        NotFoundError: there is no such tenant.
    """
    return library(tenant_now(tenant_id))


def register(tenant: Tenant) -> "Register":
    """Return what reading one tenant's companies needs."""
    from leadsignal.adapters.dynamodb.company_lists import DynamoCompanyLists
    from leadsignal.services.companies import Register

    return Register(
        library=library(tenant),
        companies=leads(tenant.tenant_id),
        lists=DynamoCompanyLists(lead_table(), tenant.tenant_id),
    )


def rulesets(tenant_id: str) -> "DynamoRuleSets":
    """Return the rule sets of one tenant."""
    from leadsignal.adapters.dynamodb.rulesets import DynamoRuleSets

    return DynamoRuleSets(config_table(), tenant_id)


def attribute_sets(tenant_id: str) -> "DynamoAttributes":
    """Return the definitions of attributes of one tenant."""
    from leadsignal.adapters.dynamodb.attributes import DynamoAttributes

    return DynamoAttributes(config_table(), tenant_id)


@lru_cache(maxsize=MAX_BOOKS)
def _attribute_book(tenant_id: str, mark_id: str, key: bytes) -> "AttributeBook":
    from leadsignal.domain.attributes import AttributeBook

    found = attribute_sets(tenant_id).get(mark_id)
    if found is None:
        raise NotFoundError("attributes")
    return AttributeBook(found.attributes, key=key)


def attribute_book(tenant: Tenant) -> "AttributeBook":
    """Return the definitions of a tenant's attributes, made ready once.

    Raises:
        NotFoundError: what it has defined is gone.
    """
    from leadsignal.domain.attributes import NO_ATTRIBUTES
    from leadsignal.domain.secrets import derive

    if tenant.attributes is None:
        return NO_ATTRIBUTES
    key = derive(tenant, "attributes")
    return _attribute_book(tenant.tenant_id, tenant.attributes.id, key)


def rescore_queue() -> TimedQueue:
    """Return the queue of steps of jobs, and of leads that are due."""
    from leadsignal.adapters.sqs import SqsQueue

    return SqsQueue(sqs(), load(RescoreQueueSettings).rescore_queue_url)


def train_queue() -> Queue:
    """Return the queue of trainings."""
    from leadsignal.adapters.sqs import SqsQueue

    return SqsQueue(sqs(), load(TrainQueueSettings).train_queue_url)


def segment_sets(tenant_id: str) -> "DynamoSegmentSets":
    """Return the sets of segments of one tenant."""
    from leadsignal.adapters.dynamodb.segments import DynamoSegmentSets

    return DynamoSegmentSets(config_table(), tenant_id)


def models(tenant_id: str) -> "DynamoModels":
    """Return the models of one tenant."""
    from leadsignal.adapters.dynamodb.models import DynamoModels

    return DynamoModels(config_table(), tenant_id)


@lru_cache(maxsize=MAX_BOOKS)
def _predictor(tenant_id: str, model_id: str) -> "Predictor":
    from leadsignal.domain.model.predictor import Predictor

    model = models(tenant_id).get(model_id)
    if model is None:
        raise NotFoundError("model")
    return Predictor(model.id, model.intercept, model.features)


@lru_cache(maxsize=MAX_BOOKS)
def _segment_book(tenant_id: str, mark: str) -> "SegmentBook":
    from leadsignal.domain.segments import SegmentBook

    held = segment_sets(tenant_id).get(mark)
    if held is None:
        raise NotFoundError("segments")
    return SegmentBook(held.segments)


@lru_cache(maxsize=MAX_BOOKS)
def _rulebook(tenant_id: str, published: "Publication | None", mark: str | None) -> "Rulebook":
    from leadsignal.domain.default_rules import DEFAULT_RULES
    from leadsignal.domain.rulebook import Rulebook

    also = _segment_book(tenant_id, mark).selectors if mark else ()
    if published is None:
        return Rulebook(DEFAULT_RULES, also=also)
    ruleset = rulesets(tenant_id).version(published.id, published.version)
    if ruleset is None:
        raise NotFoundError("rule set")
    return Rulebook(ruleset, also=also)


def playbook(tenant: Tenant) -> "Playbook":
    """Return what a tenant's leads are measured by, compiled once: what it has published, else the
    default rules, its segments, the definitions of its attributes, and the model that runs.

    Raises:
        NotFoundError: what it has published is gone.
    """
    from leadsignal.domain.playbook import default_playbook

    published, mark, attributes = tenant.published, tenant.segments, attribute_book(tenant)
    book = default_playbook(tenant)._replace(attributes=attributes)
    if published is not None or mark is not None:
        book = book._replace(rules=_rulebook(tenant.tenant_id, published, mark))
    if mark is not None:
        book = book._replace(segments=_segment_book(tenant.tenant_id, mark))
    if tenant.model is not None:
        book = book._replace(model=_predictor(tenant.tenant_id, tenant.model))
    return book


def archive(tenant: Tenant, book: "Playbook") -> "Archive":
    """Return what folding one tenant's stored events anew needs."""
    from leadsignal.adapters.dynamodb.activity import DynamoActivity
    from leadsignal.services.histories import Archive

    return Archive(
        tenant=tenant,
        days=DynamoActivity(activity_table(), tenant.tenant_id),
        companies=leads(tenant.tenant_id),
        networks=tenant_networks(tenant.tenant_id),
        referrers=referrers(),
        mail=mail_domains(),
        book=book,
    )


def inquiry(tenant: Tenant) -> "Inquiry":
    """Return what tracing one tenant's events needs."""
    from leadsignal.adapters.dynamodb.deliveries import DynamoAlertLog, DynamoDeliveries
    from leadsignal.services.traces import Inquiry

    return Inquiry(
        library=library(tenant),
        archive=archive(tenant, playbook(tenant)),
        deliveries=DynamoDeliveries(activity_table(), tenant.tenant_id),
        alerts=DynamoAlertLog(activity_table(), tenant.tenant_id),
    )


def desk(tenant_id: str) -> "Desk":
    """Return what applying one tenant's events needs: its settings may be 30 seconds old, what it
    reads together with leads brings the tenant along."""
    return _desk(tenant_of(tenant_id))


def desk_now(tenant_id: str) -> "Desk":
    """Return what changing one tenant's leads needs, by the rules of this moment."""
    return _desk(tenant_now(tenant_id))


def _desk(tenant: Tenant) -> "Desk":
    from leadsignal.adapters.dynamodb.activity import DynamoActivity
    from leadsignal.adapters.dynamodb.candidates import DynamoCandidates
    from leadsignal.adapters.dynamodb.notes import DynamoNotes
    from leadsignal.adapters.dynamodb.snapshots import DynamoSnapshots
    from leadsignal.services.desk import Desk

    stored = leads(tenant.tenant_id)
    activity = DynamoActivity(activity_table(), tenant.tenant_id)
    return Desk(
        tenant=tenant,
        snapshots=DynamoSnapshots(stored, activity, config=config_table()),
        leads=stored,
        candidates=DynamoCandidates(lead_table(), tenant.tenant_id),
        notes=DynamoNotes(lead_table(), tenant.tenant_id),
        deals=deals(tenant.tenant_id),
        companies=stored,
        activity=activity,
        failures=failures(tenant.tenant_id),
        networks=tenant_networks(tenant.tenant_id),
        referrers=referrers(),
        mail=mail_domains(),
        enrich_queue=enrich_queue(),
        each=each,
        books=playbook,
    )


def edit_desk(tenant_id: str) -> "EditDesk":
    """Return what creating and changing one tenant's leads needs."""
    from leadsignal.adapters.dynamodb.activity import DynamoActivity
    from leadsignal.adapters.dynamodb.edits import DynamoEdits
    from leadsignal.services.edits import EditDesk

    stored = leads(tenant_id)
    activity = DynamoActivity(activity_table(), tenant_id)
    return EditDesk(desk=desk_now(tenant_id), edits=DynamoEdits(stored, activity), alike=stored)


def deals(tenant_id: str) -> "DynamoDeals":
    """Return the deals of one tenant."""
    from leadsignal.adapters.dynamodb.deals import DynamoDeals

    return DynamoDeals(lead_table(), tenant_id)


def notebook(tenant_id: str) -> "Notebook":
    """Return what notes on one tenant's leads need."""
    from leadsignal.adapters.dynamodb.notes import DynamoNotes
    from leadsignal.services.notes import Notebook

    return Notebook(leads=leads(tenant_id), notes=DynamoNotes(lead_table(), tenant_id))


@cache
def enrich_queue() -> Queue:
    """Return the queue of companies that are to be asked for."""
    from leadsignal.adapters.sqs import SqsQueue

    return SqsQueue(sqs(), load(EnrichQueueSettings).enrich_queue_url)


@cache
def _known_providers() -> Remembered[tuple[Provider, ...]]:
    return Remembered(now=now)


def provider_store(tenant_id: str) -> RememberedProviders:
    """Return the providers that one tenant set up."""
    from leadsignal.adapters.dynamodb.providers import DynamoProviders

    store = DynamoProviders(config_table(), tenant_id)
    return RememberedProviders(store, tenant_id, _known_providers())


def webhooks(tenant_id: str) -> EndpointStore[Webhook]:
    """Return the webhooks of one tenant."""
    from leadsignal.adapters.dynamodb.endpoints import DynamoEndpoints

    return DynamoEndpoints(config_table(), tenant_id, Webhook)


def alerts(tenant_id: str) -> EndpointStore[Alert]:
    """Return the alerts of one tenant."""
    from leadsignal.adapters.dynamodb.endpoints import DynamoEndpoints

    return DynamoEndpoints(config_table(), tenant_id, Alert)


def deliveries(tenant_id: str) -> DeliveryStore:
    """Return the deliveries of one tenant."""
    from leadsignal.adapters.dynamodb.deliveries import DynamoDeliveries

    return DynamoDeliveries(activity_table(), tenant_id)


def outbox(tenant_id: str) -> "Outbox":
    """Return what deliveries of one tenant need."""
    from leadsignal.adapters.sqs import SqsQueue
    from leadsignal.services.deliver import Outbox

    return Outbox(
        webhooks=webhooks(tenant_id),
        deliveries=deliveries(tenant_id),
        queue=SqsQueue(sqs(), load(DeliverQueueSettings).deliver_queue_url),
        http=http(),
    )


def lead_reader() -> LeadReader:
    """Return leads in the few words of an alert."""
    from leadsignal.services.leads import LeadSummaries

    return LeadSummaries(tenant_store(), leads)


def alert_desk(tenant_id: str) -> "AlertDesk":
    """Return what alerts of one tenant need."""
    from leadsignal.adapters.dynamodb.deliveries import DynamoAlertLog
    from leadsignal.adapters.slack import SlackChannel
    from leadsignal.adapters.sqs import SqsQueue
    from leadsignal.services.alert import AlertDesk

    return AlertDesk(
        alerts=alerts(tenant_id),
        log=DynamoAlertLog(activity_table(), tenant_id),
        leads=lead_reader(),
        channel=SlackChannel(http(), allowed=allowed_receivers()),
        queue=SqsQueue(sqs(), load(AlertQueueSettings).alert_queue_url),
    )


def wanted_facts(tenant_id: str) -> frozenset[str]:
    """Return the fact types that a tenant's webhooks and alerts listen to.

    Read each time: a fact that happens right after a webhook was created must not be missed.
    """
    from leadsignal.adapters.dynamodb.endpoints import listened_to

    return listened_to(config_table(), tenant_id)


def stored_change(record: Mapping[str, Any]) -> "StoredChange":
    """Return the change behind one record of LeadTable's stream."""
    from leadsignal.adapters.dynamodb.stream import stored_change

    return stored_change(record)


def facts_of(change: Mapping[str, Any]) -> Sequence[Fact]:
    """Return the facts of one stored change (the part ``dynamodb`` of a stream record)."""
    from leadsignal.services.announce import facts_to_tell

    changes = [stored_change({"dynamodb": change})]
    return facts_to_tell(changes, tenant=tenant_store().tenant, wanted=wanted_facts)


def failures(tenant_id: str) -> FailureStore:
    """Return the failed events of one tenant."""
    from leadsignal.adapters.dynamodb.failures import DynamoFailures

    return DynamoFailures(activity_table(), tenant_id, now=now)


@cache
def dead_queues() -> "Mapping[str, DeadQueue]":
    """Return whose dead letters a queue holds, by its ARN."""
    dlqs = load(DeadLetterSettings)
    return {
        dlqs.events_dlq: "events",
        dlqs.enrich_dlq: "enrich",
        dlqs.deliver_dlq: "deliver",
        dlqs.alert_dlq: "alert",
        dlqs.rescore_dlq: "rescore",
        dlqs.train_dlq: "train",
        dlqs.bus_dlq: "bus",
        dlqs.stream_dlq: "stream",
    }


@cache
def ward() -> "Ward":
    """Return what quarantining dead letters needs."""
    from leadsignal.adapters.dynamodb.stream_reader import DynamoStreamReader
    from leadsignal.services.quarantine import Ward

    return Ward(
        tenant=tenant_store().tenant,
        failures=failures,
        originals=originals(),
        stream=DynamoStreamReader(streams),
    )


def dock(tenant: Tenant) -> "Dock":
    """Return what replaying failures of one tenant needs."""
    from leadsignal.adapters.sqs import SqsQueue
    from leadsignal.services.replay import Dock

    return Dock(
        tenant=tenant,
        failures=failures(tenant.tenant_id),
        originals=originals(),
        queues={
            "ingest": events_queue(),
            "enrich": enrich_queue(),
            "deliver": SqsQueue(sqs(), load(DeliverQueueSettings).deliver_queue_url),
            "alert": SqsQueue(sqs(), load(AlertQueueSettings).alert_queue_url),
            "rescore": rescore_queue(),
            "train": train_queue(),
        },
        facts_of=facts_of,
        tell=bus().tell,
        crawlers=crawlers(),
    )
