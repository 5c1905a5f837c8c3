"""What the functions of the running stack wrote to their log groups."""

from local.aws import client
from tests.fakes.leaks import leaks


def read_all() -> tuple[int, list[str]]:
    """Return how many lines there are, and those that hold a secret or tell of a person."""
    logs = client("logs")
    read = 0
    found = []
    for group in logs.get_paginator("describe_log_groups").paginate().search("logGroups[]"):
        name = group["logGroupName"]
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=name)
        for message in pages.search("events[].message"):
            for line in message.splitlines():
                read += 1
                if kinds := leaks(line):
                    found.append(f"{name}: {', '.join(kinds)}: {line}")
    return read, found
