"""What a client of the laptop stack needs to know: `.local/stack.json`."""

from pydantic import BaseModel, ConfigDict

from local.aws import REGION
from local.layout import API_URL, AWS_URL, STATE

FILE = STATE / "stack.json"


class TenantKeys(BaseModel):
    """A demo tenant and its two keys."""

    model_config = ConfigDict(frozen=True)

    name: str
    write_key: str
    secret_key: str


class Stack(BaseModel):
    """Addresses and names of a running stack; ``api_url`` is without ``/v1``."""

    model_config = ConfigDict(frozen=True)

    api_url: str
    aws_endpoint: str
    region: str
    tenants: tuple[TenantKeys, ...]
    tables: dict[str, str]
    queues: dict[str, str]
    bus: str


def describe(outputs: dict[str, str], tenants: tuple[TenantKeys, ...]) -> Stack:
    """Return the stack with these outputs; tables and queues by short names (`events_dlq`)."""
    tables = {
        name.removesuffix("TableName").lower(): value
        for name, value in outputs.items()
        if name.endswith("TableName")
    }
    queues = {
        name.removesuffix("QueueUrl").lower(): value
        for name, value in outputs.items()
        if name.endswith("QueueUrl")
    } | {
        f"{name.removesuffix('DlqUrl').lower()}_dlq": value
        for name, value in outputs.items()
        if name.endswith("DlqUrl")
    }
    return Stack(
        api_url=API_URL,
        aws_endpoint=AWS_URL,
        region=REGION,
        tenants=tenants,
        tables=tables,
        queues=queues,
        bus=outputs["FactsBusName"],
    )


def load() -> Stack | None:
    """Return the stack as it was last up, or nothing."""
    return Stack.model_validate_json(FILE.read_text()) if FILE.is_file() else None


def save(stack: Stack) -> None:
    """Write the file."""
    FILE.write_text(stack.model_dump_json(indent=2) + "\n")
