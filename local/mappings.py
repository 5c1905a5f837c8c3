"""Bounds how many batches of a queue are worked on at once.

Here each of them is a process. The template's own parameters reach MiniStack as text, which its
poller cannot compare, so the bound is set on the mapping.
"""

from local.aws import client

AT_ONCE = 2  # the least that AWS knows, and the cores of a small laptop


def bound_concurrency() -> int:
    """Set the bound on every mapping of a queue; return how many there are."""
    functions = client("lambda")
    mappings = [
        mapping
        for mapping in functions.list_event_source_mappings()["EventSourceMappings"]
        if ":sqs:" in mapping["EventSourceArn"]
    ]
    for mapping in mappings:
        functions.update_event_source_mapping(
            UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": AT_ONCE}
        )
    return len(mappings)
