"""Sample events, made out to this stack: the keys and the tenant in them become real ones."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from leadsignal.adapters.dynamodb.config import DynamoTenants
from leadsignal.adapters.dynamodb.table import Table
from leadsignal.domain.credentials import parse_key
from local.aws import client
from local.layout import ROOT, STATE
from local.stack import Stack

EVENTS = ROOT / "events"
KEY = re.compile(r"ls_(wk|sk)_(?:test|live)_[0-9A-Za-z]{12}_[0-9A-Za-z]+")
TENANT = re.compile(r"ten_[0-9A-Za-z]{16}")


class Sample(NamedTuple):
    """One event of one function."""

    function: str
    case: str
    file: Path

    @property
    def logical_id(self) -> str:
        """The function in the template."""
        return "".join(part.capitalize() for part in self.function.split("_")) + "Function"


def samples() -> Iterator[Sample]:
    """Yield every sample in the repository."""
    for file in sorted(EVENTS.glob("*/*.json")):
        yield Sample(file.parent.name, file.stem, file)


def tenant_id(stack: Stack) -> str:
    """Return the id of the first demo tenant."""
    tenants = DynamoTenants(Table(client("dynamodb"), stack.tables["config"]))
    key = tenants.key(parse_key(stack.tenants[0].secret_key).key_id)
    if key is None:
        raise LookupError("the demo tenant's key is gone; `make up` makes another")
    return key.tenant_id


def made_out(text: str, stack: Stack, tenant: str) -> str:
    """Return an event with this stack's keys and tenant in the place of the sample's."""
    keys = {"wk": stack.tenants[0].write_key, "sk": stack.tenants[0].secret_key}
    return TENANT.sub(tenant, KEY.sub(lambda found: keys[found[1]], text))


def write_for(stack: Stack) -> list[Sample]:
    """Write every sample, made out to ``stack``, under `.local/` and return where."""
    tenant = tenant_id(stack)
    written = []
    for sample in samples():
        target = STATE / "events" / sample.function / sample.file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        event = made_out(sample.file.read_text(), stack, tenant)
        json.loads(event)
        target.write_text(event)
        written.append(sample._replace(file=target))
    return written
