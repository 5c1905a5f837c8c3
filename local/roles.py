"""Makes the roles of the template mean to MiniStack what they mean to AWS.

AWS authorizes a batch of messages as the single one; MiniStack holds the batch for an action of its
own, which no policy for AWS can name. So each role that may send gets that action here.
"""

import json
from typing import Any

from local.aws import client
from local.routes import physical_ids

SINGLE, BATCH = "sqs:SendMessage", "sqs:SendMessageBatch"
POLICY = "emulator"


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def allow_batches() -> int:
    """Let each role send in batches to the queues it may send to; return how many there are."""
    iam = client("iam")
    senders = 0
    for logical_id, role in physical_ids().items():
        if not logical_id.endswith("Role"):
            continue
        queues = [
            queue
            for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
            if name != POLICY
            for statement in _statements(iam, role, name)
            if SINGLE in _as_list(statement["Action"])
            for queue in _as_list(statement["Resource"])
        ]
        if queues:
            granted = {"Effect": "Allow", "Action": BATCH, "Resource": queues}
            iam.put_role_policy(RoleName=role, PolicyName=POLICY, PolicyDocument=_document(granted))
            senders += 1
    return senders


def _statements(iam: Any, role: str, name: str) -> list[dict[str, Any]]:
    document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    return _as_list(document["Statement"])


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
