"""A tenant's credits with the real store over a table, and what must hold of them at any time."""

import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any

from leadsignal.adapters.dynamodb.credits import DynamoCredits
from leadsignal.adapters.dynamodb.table import Table
from leadsignal.models.credits import Account, Entry, LookupOutcome, Purchase, Reservation
from leadsignal.models.tenants import Tenant
from leadsignal.services import credits
from leadsignal.services.credits import Cashier
from tests.fakes.clock import Clock
from tests.fakes.dynamodb import FakeDynamoDB
from tests.fakes.faults import Calls

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ACME = "prv_acme"


def owner(**changes: Any) -> Tenant:
    fields = {"tenant_id": "ten_one", "name": "One", "secret": "", "created_at": 0}
    return Tenant.model_validate(fields | {"monthly_credits": 100} | changes)


def purchase(name: str, price: int = 1, **changes: Any) -> Purchase:
    fields = {"reservation_id": f"rsv_{name}", "credits": price, "provider": ACME, "kind": "domain"}
    return Purchase.model_validate(fields | changes)


class CreditWorld:
    """One tenant that buys look-ups; ``waits`` are the pauses that were made."""

    def __init__(
        self,
        tenant: Tenant | None = None,
        *,
        client: "DynamoDBClient | None" = None,
        table_name: str = "LeadTable",
        pause: Callable[[float], None] | None = None,
    ) -> None:
        self.calls = Calls()
        self.db = FakeDynamoDB.from_template(self.calls)
        self.clock = Clock()
        self.waits: list[float] = []
        table = Table(client or self.db.client, table_name)
        aside = Table(client or self.db.aside().client, table_name)
        self.tenant = tenant or owner()
        self.store = DynamoCredits(table, self.tenant.tenant_id)
        self.aside = DynamoCredits(aside, self.tenant.tenant_id)
        self.pause = pause or self.waits.append
        self.chance = random.Random(1).random
        self.turn: AbstractContextManager[object] = Lock()

    @property
    def cashier(self) -> Cashier:
        return Cashier(self.tenant, self.store, self.pause, self.chance, self.turn)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let what happens within be another worker's, whose calls are not counted or broken."""
        mine = self.store, self.turn
        self.store, self.turn = self.aside, Lock()
        yield
        self.store, self.turn = mine

    def reserve(self, name: str, price: int = 1, **changes: Any) -> Reservation:
        bought = purchase(name, price, **changes)
        return credits.reserve(bought, cashier=self.cashier, now=self.clock.now)

    def charge(self, reservation: Reservation, number: int | None = None) -> int:
        price = reservation.credits if number is None else number
        return credits.charge(reservation, price, cashier=self.cashier, now=self.clock.now)

    def refund(self, reservation: Reservation, outcome: LookupOutcome = "miss") -> None:
        credits.refund(reservation, outcome, cashier=self.cashier, now=self.clock.now)

    def grant(self, number: int) -> Account:
        return credits.grant(number, cashier=self.cashier, now=self.clock.now)

    def spend(self, name: str, price: int = 1, **changes: Any) -> int:
        return self.charge(self.reserve(name, price, **changes))

    @property
    def account(self) -> Account:
        return self.aside.read().account

    def ledger(self) -> list[Entry]:
        """Return the whole ledger, oldest entry first."""
        return list(reversed(self.aside.entries(100_000)))

    def audit(self) -> None:
        """Check what holds at any time: nothing below zero, and all sums agree."""
        account, ledger = self.account, self.ledger()
        assert account.balance >= 0
        assert account.charged >= 0
        total = account.balance + account.reserved + account.charged
        assert account.allowance + account.granted == total
        assert [entry.number for entry in ledger] == list(range(1, account.entries + 1))
        balance = reserved = 0
        for entry in ledger:
            taken = {"reserve": -1, "refund": 1, "grant": 1}.get(entry.kind, 0)
            held = {"reserve": 1, "refund": -1, "charge": -1}.get(entry.kind, 0)
            balance = entry.credits if entry.kind == "reset" else balance + taken * entry.credits
            reserved += held * entry.credits
            assert (entry.balance, entry.reserved) == (balance, reserved)
            assert min(balance, reserved) >= 0
        assert (account.balance, account.reserved) == (balance, reserved)
        charged = sum(entry.credits for entry in ledger if entry.kind == "charge")
        used = [usage for _, usage in self.aside.usage(100_000, first="", before="~")]
        assert sum(usage.credits for usage in used) == charged
        assert all(u.lookups == u.hits + u.misses + u.failures for u in used)
        assert min([number for u in used for number in (u.failures, u.credits)], default=0) >= 0
