"""List prices of AWS in us-east-1, without free tiers and volume discounts.

``source`` is the page below ``https://aws.amazon.com/`` that a price was taken from. They change:
read them again before you rely on a dollar here, and set ``COLLECTED_ON``.
"""

from typing import NamedTuple

COLLECTED_ON = "2026-11-21"


class Price(NamedTuple):
    """What a million units of something cost, and where that is written."""

    dollars_per_million: float
    unit: str
    source: str


HTTP_REQUEST = Price(1.00, "request to an HTTP API, 512 KB", "api-gateway/pricing")
LAMBDA_REQUEST = Price(0.20, "invocation", "lambda/pricing")
LAMBDA_GB_SECOND = Price(13.3334, "GB-second on arm64, the template's default", "lambda/pricing")
WRITE_UNIT = Price(0.625, "write request unit on demand, 1 KB", "dynamodb/pricing/on-demand")
READ_UNIT = Price(0.125, "read request unit on demand, 4 KB", "dynamodb/pricing/on-demand")
STORAGE_GB_MONTH = Price(250_000.0, "GB-month in DynamoDB", "dynamodb/pricing/on-demand")
SQS_REQUEST = Price(0.40, "request on a standard queue, 64 KB", "sqs/pricing")
SQS_FAIR_REQUEST = Price(0.50, "the same for messages with a group (fair queue)", "sqs/pricing")
BUS_ENTRY = Price(1.00, "custom event on a bus, 64 KB", "eventbridge/pricing")
LOG_GB = Price(500_000.0, "GB of logs taken in", "cloudwatch/pricing")
OUT_GB = Price(90_000.0, "GB sent out to the internet", "ec2/pricing/on-demand")

# What is modelled and not counted: how long an invocation waits for the services it calls. The
# public figures for DynamoDB and SQS are 3-6 ms at the median; Lambda bills the wait like work.
WAIT_MS_PER_CALL = 5.0
MEMORY_MB = 512  # of every function: the template's
FULL_CPU_MB = 1769  # memory at which Lambda gives one whole vCPU
GB = 10**9
