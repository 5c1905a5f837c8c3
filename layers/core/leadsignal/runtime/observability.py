"""The logger and the metrics of every function. Ids go in; bodies, addresses and names never."""

from aws_lambda_powertools import Logger, Metrics

logger = Logger()
metrics = Metrics(namespace="LeadSignal")
