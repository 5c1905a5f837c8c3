"""Settings of the functions, one class per capability; the only reader of the environment."""

import os
from functools import cache
from typing import Self

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Base for one capability's settings: one field per environment variable."""

    model_config = ConfigDict(frozen=True)

    @classmethod
    def from_env(cls) -> Self:
        """Read each field from the upper-case environment variable of the same name.

        Raises:
            pydantic.ValidationError: a variable is missing or malformed.
        """
        return cls.model_validate({name.lower(): value for name, value in os.environ.items()})


class ConfigSettings(Settings):
    """Where tenants, keys and endpoints are."""

    config_table: str


class LeadSettings(Settings):
    """Where leads and companies are."""

    lead_table: str


class ActivitySettings(Settings):
    """Where activity days, deliveries and records are."""

    activity_table: str


class CacheSettings(Settings):
    """Where short-lived things are: answers of providers, limits, runs of requests."""

    cache_table: str


class EventsQueueSettings(Settings):
    """Where accepted events go."""

    events_queue_url: str


class EnrichQueueSettings(Settings):
    """Where companies to be looked up go."""

    enrich_queue_url: str


class DeliverQueueSettings(Settings):
    """Where webhook attempts go."""

    deliver_queue_url: str


class AlertQueueSettings(Settings):
    """Where alerts go."""

    alert_queue_url: str


class RescoreQueueSettings(Settings):
    """Where steps of jobs go."""

    rescore_queue_url: str


class TrainQueueSettings(Settings):
    """Where trainings go."""

    train_queue_url: str


class OriginalsSettings(Settings):
    """Where large originals of failed events are."""

    originals_bucket: str


class ListSettings(Settings):
    """Where uploaded lists of companies are."""

    lists_bucket: str


class DeadLetterSettings(Settings):
    """Which dead-letter queue (by its ARN) is whose."""

    events_dlq: str
    enrich_dlq: str
    deliver_dlq: str
    alert_dlq: str
    rescore_dlq: str
    train_dlq: str
    bus_dlq: str
    stream_dlq: str


class BusSettings(Settings):
    """Where facts go."""

    bus_name: str


class OutboundSettings(Settings):
    """Receivers that may be reached in spite of the deny list: addresses, comma-separated."""

    allowed_receivers: str = ""


class SecretSettings(Settings):
    """Where the secrets of providers are: the path in Parameter Store, without a final slash."""

    secrets_path: str


class NameServerSettings(Settings):
    """Whom to ask whether domains take mail: addresses with ports (``192.0.2.1:53``),
    comma-separated; empty: the name servers of the machine; ``none``: nobody."""

    name_servers: str = ""


@cache
def load[S: Settings](settings: type[S]) -> S:
    """Return ``settings`` read from the environment, once per execution environment."""
    return settings.from_env()
