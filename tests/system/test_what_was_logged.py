"""After everything else: the functions' logs tell nothing of a person, and no secret."""

from local.aws import client
from tests.fakes.leaks import leaks


def test_no_function_logged_a_secret_or_a_personal_datum() -> None:
    logs = client("logs")
    read = 0
    found = []
    for group in logs.get_paginator("describe_log_groups").paginate().search("logGroups[]"):
        name = group["logGroupName"]
        for event in (
            logs.get_paginator("filter_log_events")
            .paginate(logGroupName=name)
            .search("events[].message")
        ):
            for line in event.splitlines():
                read += 1
                if kinds := leaks(line):
                    found.append(f"{name}: {', '.join(kinds)}: {line}")
    assert read > 0
    assert not found, "\n".join(found[:20])
