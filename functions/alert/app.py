"""AlertQueue consumer: a crossing into hot becomes one message per alert."""

from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from leadsignal.models.outbound import ALERT_MESSAGE, AlertRecord, BusEvent
from leadsignal.runtime import wiring
from leadsignal.runtime.observability import logger, metrics
from leadsignal.services.alert import alert_again, alert_all

processor = BatchProcessor(event_type=EventType.SQS)


def alert_record(record: SQSRecord) -> None:
    message = ALERT_MESSAGE.validate_json(record.body)
    now = wiring.now()
    if isinstance(message, BusEvent):
        desk = wiring.alert_desk(message.detail.tenant_id)
        handled = alert_all(message.detail, desk=desk, now=now)
    else:
        desk = wiring.alert_desk(message.fact.tenant_id)
        again = alert_again(message, desk=desk, now=now)
        handled = [] if again is None else [again]
    for alert in handled:
        _report(alert)


def _report(alert: AlertRecord) -> None:
    metrics.add_metric(name=f"Alert{alert.status.title()}", unit="Count", value=1)
    logger.info(
        "alert handled", alert_id=alert.alert_id, lead_id=alert.lead_id, status=alert.status
    )


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(
        event=event, record_handler=alert_record, processor=processor, context=context
    )
