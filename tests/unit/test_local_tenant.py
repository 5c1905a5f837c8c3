"""What whoever makes a tenant is shown."""

from datetime import UTC, datetime

import pytest

from leadsignal.adapters.dynamodb.config import DynamoSettings, DynamoTenants
from leadsignal.adapters.dynamodb.credits import DynamoCredits
from leadsignal.adapters.dynamodb.table import Table
from leadsignal.domain.signatures import identify_secret
from leadsignal.runtime import wiring
from leadsignal.services.tenants import authenticate
from local.tenant import main
from tests.fakes.dynamodb import FakeDynamoDB
from tests.fakes.stores import InMemoryTenants

NOW = datetime(2026, 1, 15, tzinfo=UTC)


@pytest.fixture
def tenants(monkeypatch: pytest.MonkeyPatch) -> InMemoryTenants:
    store = InMemoryTenants()
    monkeypatch.setattr(wiring, "tenant_store", lambda: store)
    return store


def shown(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    lines = capsys.readouterr().out.splitlines()
    return {line[:15].strip(): line[17:].split()[0] for line in lines}


def test_a_new_tenant_is_shown_with_its_keys_and_its_identify_secret(
    tenants: InMemoryTenants, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["Acme", "--env", "test"]) == 0
    out = shown(capsys)
    who = authenticate(out["secret key"], config=tenants, now=NOW)
    assert (who.tenant.tenant_id, who.tenant.name, who.env) == (out["tenant"], "Acme", "test")
    assert authenticate(out["write key"], config=tenants, now=NOW).tenant == who.tenant
    assert out["identify secret"] == identify_secret(who.tenant)


def test_the_identify_secret_can_be_shown_again(
    tenants: InMemoryTenants, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["Acme"])
    first = shown(capsys)
    assert main(["--of", first["tenant"]]) == 0
    assert shown(capsys) == {"identify secret": first["identify secret"]}


def test_a_tenant_is_moved_to_another_tier(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table = Table(FakeDynamoDB.from_template().client, "ConfigTable")
    monkeypatch.setattr(wiring, "tenant_store", lambda: DynamoTenants(table))
    monkeypatch.setattr(wiring, "tenant_settings", lambda tenant: DynamoSettings(table, tenant))
    main(["Acme"])
    tenant_id = shown(capsys)["tenant"]
    assert main(["--of", tenant_id, "--tier", "high"]) == 0
    assert shown(capsys)["tier"] == "high"
    moved = DynamoTenants(table).tenant(tenant_id)
    assert moved is not None
    assert moved.tier == "high"


def test_an_operator_sets_the_allowance_of_a_tenant_and_grants_extra_credits(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    client = FakeDynamoDB.from_template().client
    table = Table(client, "ConfigTable")
    monkeypatch.setattr(wiring, "tenant_store", lambda: DynamoTenants(table))
    monkeypatch.setattr(wiring, "tenant_settings", lambda tenant: DynamoSettings(table, tenant))
    monkeypatch.setattr(wiring, "lead_table", lambda: Table(client, "LeadTable"))
    main(["Acme"])
    tenant_id = shown(capsys)["tenant"]
    for _ in range(2):
        assert main(["--of", tenant_id, "--credits", "50"]) == 0
        assert "credits          50 left of 50 + 0" in capsys.readouterr().out
    assert main(["--of", tenant_id, "--grant", "7"]) == 0
    assert "credits          57 left of 50 + 7" in capsys.readouterr().out
    held = DynamoTenants(table).tenant(tenant_id)
    assert held is not None
    assert held.monthly_credits == 50
    account = DynamoCredits(Table(client, "LeadTable"), tenant_id).read().account
    assert (account.balance, account.allowance, account.granted) == (57, 50, 7)


@pytest.mark.parametrize("number", ["-1", "1000000001", "many"])
def test_what_is_no_number_of_credits_is_refused(number: str) -> None:
    with pytest.raises(SystemExit):
        main(["--of", "ten_one", "--credits", number])


def test_of_nobody_there_is_nothing_to_show(
    tenants: InMemoryTenants, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--of", "ten_nobody"]) == 1
    assert capsys.readouterr().out == ""
