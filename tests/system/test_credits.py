"""Credits on the emulator: many who spend at once, and who is told that they run out."""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from leadsignal.adapters.dynamodb.config import DynamoTenants
from leadsignal.adapters.dynamodb.table import Table
from leadsignal.errors import NoCreditsError
from leadsignal.models.tenants import Tenant
from leadsignal.runtime import wiring
from leadsignal.services.tenants import create_tenant
from local.aws import client
from local.stack import Stack, TenantKeys
from tests.fakes.credits import CreditWorld
from tests.system.capture import Capture
from tests.system.conftest import Api, eventually

AT_ONCE = 100
ALLOWANCE = 60


class Spender:
    """A new tenant with few credits, who spends them by the service, and its API."""

    def __init__(self, stack: Stack, http: httpx.Client) -> None:
        config = DynamoTenants(Table(client("dynamodb"), stack.tables["config"]))
        made = create_tenant(
            "Spender",
            env="test",
            config=config,
            token=wiring.token,
            secret=wiring.random_key(),
            now=datetime.now(UTC),
        )
        tenant = config.tenant(made.tenant_id)
        assert tenant is not None
        self.tenant: Tenant = tenant.model_copy(update={"monthly_credits": ALLOWANCE})
        keys = TenantKeys(name="s", write_key=made.write_key, secret_key=made.secret_key)
        self.api = Api(http, keys)
        self.world = CreditWorld(
            self.tenant,
            client=client("dynamodb"),
            table_name=stack.tables["lead"],
            pause=time.sleep,
        )
        self.world.clock.now = datetime.now(UTC)


@pytest.fixture
def spender(stack: Stack, http: httpx.Client) -> Spender:
    return Spender(stack, http)


def test_of_a_hundred_look_ups_at_once_none_is_paid_with_a_credit_that_is_not_there(
    spender: Spender, capsys: pytest.CaptureFixture[str]
) -> None:
    world = spender.world
    seconds: list[float] = []

    def buy(number: int) -> bool:
        began = time.monotonic()
        try:
            held = world.reserve(f"a{number}")
        except NoCreditsError:
            return False
        finally:
            seconds.append(time.monotonic() - began)
        return world.charge(held) == 1

    with ThreadPoolExecutor(max_workers=AT_ONCE) as workers:
        bought = sum(workers.map(buy, range(AT_ONCE)))

    assert bought == ALLOWANCE
    world.audit()
    found = spender.api.get("/v1/credits").json()
    assert (found["balance"], found["reserved"], found["charged"]) == (0, 0, ALLOWANCE)
    used = spender.api.get("/v1/usage").json()["data"]
    assert sum(row["credits"] for row in used) == ALLOWANCE
    with capsys.disabled():
        middle, last = statistics.median(seconds), max(seconds)
        print(f"\n100 reservations at once: median {middle:.2f} s, the last {last:.2f} s")


def test_a_webhook_hears_once_that_credits_run_low_and_once_that_they_are_gone(
    spender: Spender, receiver: Capture, unique: str
) -> None:
    asked = {"url": f"{receiver.url}/hook", "types": ["credits.low", "lead.created"]}
    made = spender.api.post("/v1/webhooks", asked)
    assert made.status_code == 201, made.text
    for number, price in enumerate((47, 1, 2, 9)):
        spender.world.spend(f"a{number}", price)
    eventually(lambda: len(receiver.of("/hook")) >= 2)
    spender.world.grant(1)
    spender.world.spend("last")
    spender.api.track({"type": "page", "anonymousId": unique, "messageId": unique})
    eventually(lambda: b"lead.created" in receiver.of("/hook")[-1].body)

    verifier = Webhook(made.json()["secret"])
    heard = [verifier.verify(hook.body, hook.headers) for hook in receiver.of("/hook")]
    bodies = [body for body in heard if body["type"] == "credits.low"]
    told = sorted((body["sequence"], body["type"], body["data"]["level"]) for body in bodies)
    assert told == [(1, "credits.low", "low"), (2, "credits.low", "empty")]
    assert all("lead_id" not in body["data"] for body in bodies)
    assert {body["data"]["monthly_allowance"] for body in bodies} == {ALLOWANCE}
