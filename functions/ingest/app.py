"""EventsQueue consumer: apply accepted events to days, leads and scores."""

from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import (
    PartialItemFailureResponse,
    PartialItemFailures,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import ValidationError

from leadsignal.errors import ConflictError, LeadSignalError, TransientError
from leadsignal.models.events import EventsMessage
from leadsignal.runtime import wiring
from leadsignal.runtime.observability import logger, metrics
from leadsignal.services.ingest import ingest_messages

processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def ingest_bodies(bodies: list[str]) -> None:
    messages = [EventsMessage.model_validate_json(body) for body in bodies]
    done = ingest_messages(messages, desk_of=wiring.desk, now=wiring.now())
    metrics.add_metric(name="EventsApplied", unit="Count", value=done.applied)
    metrics.add_metric(name="EventsDuplicate", unit="Count", value=done.duplicates)
    metrics.add_metric(name="EventsInConflict", unit="Count", value=done.conflicts)
    metrics.add_metric(name="EventsTooMany", unit="Count", value=done.failed)
    logger.info("events ingested", **done._asdict())


def ingest_record(record: SQSRecord) -> None:
    ingest_bodies([record.body])


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Fold what comes for the first time together; alone what came back, or has a bad neighbour."""
    records = event["Records"]
    alone = [r for r in records if r["attributes"]["ApproximateReceiveCount"] != "1"]
    fresh = [record for record in records if record not in alone]
    failures: list[PartialItemFailures] = []
    try:
        ingest_bodies([record["body"] for record in fresh])
    except (ConflictError, TransientError) as error:
        logger.warning("batch comes back", error=type(error).__name__)
        failures += [{"itemIdentifier": record["messageId"]} for record in fresh]
    except (LeadSignalError, ValidationError) as error:
        logger.warning("batch holds a bad message", error=type(error).__name__)
        alone += fresh
    if alone:
        settled = process_partial_response({"Records": alone}, ingest_record, processor, context)
        failures += settled["batchItemFailures"]
    return {"batchItemFailures": failures}
