"""Sample events, made out to this stack: keys, tenant and dead-letter queues become real ones."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from leadsignal.adapters.dynamodb.config import DynamoTenants
from leadsignal.adapters.dynamodb.table import Table
from leadsignal.domain.credentials import parse_key
from local.aws import ACCOUNT, REGION, client
from local.layout import ROOT, STATE
from local.stack import Stack, TenantKeys

EVENTS = ROOT / "events"
KEY = re.compile(r"ls_(wk|sk)_(?:test|live)_[0-9A-Za-z]{12}_[0-9A-Za-z]+")
STATUS = re.compile(r"_(\d{3})$")
DEAD_LETTERS = re.compile(r"arn:aws:sqs:us-east-1:123456789012:(\w+)Dlq\"")
TENANT = re.compile(r"ten_[0-9A-Za-z]{16}")


class Sample(NamedTuple):
    """One event of one function."""

    function: str
    case: str
    file: Path

    @property
    def status(self) -> int | None:
        """The HTTP status that the answer must have, named by the file (`…_404`)."""
        named = STATUS.search(self.case)
        return int(named[1]) if named else None

    @property
    def logical_id(self) -> str:
        """The function in the template."""
        return "".join(part.capitalize() for part in self.function.split("_")) + "Function"


def samples() -> Iterator[Sample]:
    """Yield every sample in the repository."""
    for file in sorted(EVENTS.glob("*/*.json")):
        yield Sample(file.parent.name, file.stem, file)


def tenant_id(keys: TenantKeys, config_table: str) -> str:
    """Return the id of the tenant behind two keys."""
    tenants = DynamoTenants(Table(client("dynamodb"), config_table))
    key = tenants.key(parse_key(keys.secret_key).key_id)
    if key is None:
        raise LookupError(f"the key of {keys.name} is gone; `make up` makes another")
    return key.tenant_id


def made_out(text: str, keys: TenantKeys, tenant: str, queues: dict[str, str]) -> str:
    """Return an event with these keys, this tenant and these queues in place of the sample's."""
    by_kind = {"wk": keys.write_key, "sk": keys.secret_key}

    def arn(found: re.Match[str]) -> str:
        name = queues[f"{found[1].lower()}_dlq"].rpartition("/")[2]
        return f'arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"'

    text = DEAD_LETTERS.sub(arn, text)
    return TENANT.sub(tenant, KEY.sub(lambda found: by_kind[found[1]], text))


def write_for(stack: Stack) -> list[Sample]:
    """Write every sample, made out to the last demo tenant, under `.local/` and return where."""
    keys = stack.tenants[-1]
    tenant = tenant_id(keys, stack.tables["config"])
    written = []
    for sample in samples():
        target = STATE / "events" / sample.function / sample.file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        event = made_out(sample.file.read_text(), keys, tenant, stack.queues)
        json.loads(event)
        target.write_text(event)
        written.append(sample._replace(file=target))
    return written
