"""Credits on the emulator: many who spend at once, and who is told that they run out."""

import statistics
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Lock

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from leadsignal.adapters.dynamodb.config import DynamoTenants
from leadsignal.adapters.dynamodb.table import Table
from leadsignal.errors import NoCreditsError, TransientError
from leadsignal.models.tenants import Tenant
from leadsignal.runtime import wiring
from leadsignal.services import credits
from leadsignal.services.tenants import create_tenant
from local.aws import client
from local.stack import Stack, TenantKeys
from tests.fakes.credits import CreditWorld, purchase
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


@pytest.mark.parametrize("processes", [1, 10, 100])
def test_of_a_hundred_look_ups_at_once_none_is_paid_with_a_credit_that_is_not_there(
    spender: Spender, processes: int, capsys: pytest.CaptureFixture[str]
) -> None:
    world = spender.world
    turns = [Lock() for _ in range(processes)]
    seconds: list[float] = []

    def buy(number: int) -> str:
        cashier = world.cashier._replace(turn=turns[number % processes])
        began, now = time.monotonic(), world.clock.now
        try:
            held = credits.reserve(purchase(f"a{number}"), cashier=cashier, now=now)
        except NoCreditsError:
            return "refused"
        except TransientError:
            return "gave up"
        seconds.append(time.monotonic() - began)
        try:
            credits.charge(held, 1, cashier=cashier, now=now)
        except TransientError:
            return "left open"
        return "bought"

    with ThreadPoolExecutor(max_workers=AT_ONCE) as workers:
        ends = Counter(workers.map(buy, range(AT_ONCE)))

    world.audit()
    account = world.account
    assert account.charged >= ends["bought"]
    assert account.charged + account.reserved <= ALLOWANCE
    if processes == 1:
        assert ends == {"bought": ALLOWANCE, "refused": AT_ONCE - ALLOWANCE}
    found = spender.api.get("/v1/credits").json()
    assert (found["balance"], found["charged"]) == (account.balance, account.charged)
    used = spender.api.get("/v1/usage").json()["data"]
    assert sum(row["credits"] for row in used) == account.charged
    with capsys.disabled():
        middle, last = statistics.median(seconds), max(seconds)
        times = f"reserved in {middle:.2f} s in the median, {last:.2f} s at most"
        print(f"\n{AT_ONCE} at once in {processes} processes: {dict(ends)}, {times}")


def test_a_webhook_hears_once_that_credits_run_low_and_once_that_they_are_gone(
    spender: Spender, receiver: Capture, unique: str
) -> None:
    asked = {"url": f"{receiver.url}/hook", "types": ["credits.low", "lead.created"]}
    made = spender.api.post("/v1/webhooks", asked)
    assert made.status_code == 201, made.text
    for number, price in enumerate((47, 1, 2, 10)):
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
