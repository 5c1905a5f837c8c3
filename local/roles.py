"""Makes the roles of the template mean to MiniStack what they mean to AWS.

AWS authorizes a batch of messages as the single one; MiniStack holds the batch for an action of its
own, which no policy for AWS can name. And MiniStack does not see which stream is read, so a policy
that names one allows nothing. Each role that may send or read a stream gets here what it lacks.
"""

import json
from collections.abc import Iterator
from typing import Any

from local.aws import client
from local.routes import physical_ids

SINGLE, BATCH = "sqs:SendMessage", "sqs:SendMessageBatch"
READS = ("dynamodb:GetRecords", "dynamodb:GetShardIterator")
POLICY = "emulator"


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def complete_roles() -> int:
    """Let each role send in batches to the queues it may send to, and read the streams it may read;
    return how many roles there are."""
    iam = client("iam")
    completed = 0
    for logical_id, role in physical_ids().items():
        if not logical_id.endswith("Role"):
            continue
        written = [
            statement
            for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
            if name != POLICY
            for statement in _statements(iam, role, name)
        ]
        if lacking := [granted for statement in written for granted in _lacking(statement)]:
            document = json.dumps({"Version": "2012-10-17", "Statement": lacking})
            iam.put_role_policy(RoleName=role, PolicyName=POLICY, PolicyDocument=document)
            completed += 1
    return completed


def _lacking(statement: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what MiniStack must be told beside a statement of the template."""
    actions = _as_list(statement["Action"])
    if SINGLE in actions:
        yield {"Effect": "Allow", "Action": BATCH, "Resource": statement["Resource"]}
    if set(READS) <= set(actions):
        yield {"Effect": "Allow", "Action": READS, "Resource": "*"}


def _statements(iam: Any, role: str, name: str) -> list[dict[str, Any]]:
    document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    return _as_list(document["Statement"])
