"""EnrichQueue consumer: fill companies, bring them to their leads; check e-mails."""

from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from leadsignal.models.messages import ENRICH_MESSAGE, CompanyRequest, MailRequest, SpreadRequest
from leadsignal.runtime import lookup_wiring, wiring
from leadsignal.runtime.observability import logger, metrics
from leadsignal.services.enrich import complete, enrich, spread
from leadsignal.services.mail_checks import check_mail

processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def enrich_record(record: SQSRecord) -> None:
    request = ENRICH_MESSAGE.validate_json(record.body)
    if isinstance(request, MailRequest):
        check_mail_record(request)
        return
    bench = lookup_wiring.enrichment(request)
    count = 1
    if isinstance(request, SpreadRequest):
        count = spread(request, bench=bench)
    elif isinstance(request, CompanyRequest):
        complete(request, bench=bench)
    else:
        count = int(enrich(request, bench=bench) is not None)
    metrics.add_metric(name="LeadsEnriched", unit="Count", value=count)
    logger.info("company enriched", kind=request.kind, company_id=request.company_id, leads=count)


def check_mail_record(request: MailRequest) -> None:
    lead = check_mail(request, desk=lookup_wiring.mail_desk(request.tenant_id), now=wiring.now)
    metrics.add_metric(name="MailChecked", unit="Count", value=int(lead is not None))
    logger.info("e-mail checked", lead_id=request.lead_id)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(
        event=event, record_handler=enrich_record, processor=processor, context=context
    )
