"""Consumer of every dead-letter queue: what nobody could do becomes a failed event."""

from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from leadsignal.runtime import wiring
from leadsignal.runtime.observability import logger, metrics
from leadsignal.services.quarantine import DeadLetter, quarantine

processor = BatchProcessor(event_type=EventType.SQS)


def quarantine_record(record: SQSRecord) -> None:
    target = record.message_attributes["TARGET_ARN"]
    letter = DeadLetter(
        queue=wiring.dead_queues()[record.event_source_arn],
        body=record.body,
        sent_at=int(record.attributes.sent_timestamp),
        target=(target.string_value if target else None) or "",
    )
    done = quarantine(letter, ward=wiring.ward(), now=wiring.now())
    metrics.add_metric(name="FailuresKept", unit="Count", value=done.kept)
    metrics.add_metric(name="FailuresWithoutTenant", unit="Count", value=done.strays)
    logger.warning("dead letter kept", queue=letter.queue, kept=done.kept, strays=done.strays)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(
        event=event, record_handler=quarantine_record, processor=processor, context=context
    )
