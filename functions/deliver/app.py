"""DeliverQueue consumer: facts become deliveries, and deliveries are attempted when due."""

from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from leadsignal.models.outbound import DELIVER_MESSAGE, BusEvent
from leadsignal.runtime import wiring
from leadsignal.runtime.observability import logger, metrics
from leadsignal.services.deliver import deliver, fan_out

processor = BatchProcessor(event_type=EventType.SQS)


def deliver_record(record: SQSRecord) -> None:
    message = DELIVER_MESSAGE.validate_json(record.body)
    if isinstance(message, BusEvent):
        outbox = wiring.outbox(message.detail.tenant_id)
        told = fan_out(message.detail, webhooks=outbox.webhooks, queue=outbox.queue)
        logger.info("fact fanned out", fact_id=message.detail.id, webhooks=told)
        return
    outbox = wiring.outbox(message.fact.tenant_id)
    delivery = deliver(message, outbox=outbox, now=wiring.now())
    if delivery is None:
        logger.debug("delivery parked", fact_id=message.fact.id, webhook_id=message.webhook_id)
        return
    metrics.add_metric(name=f"Delivery{delivery.status.title()}", unit="Count", value=1)
    logger.info(
        "delivery handled",
        delivery_id=delivery.id,
        webhook_id=delivery.webhook_id,
        attempt=message.attempt,
        status=delivery.status,
    )


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(
        event=event, record_handler=deliver_record, processor=processor, context=context
    )
