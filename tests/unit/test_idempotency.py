"""A request with an ``Idempotency-Key`` runs once, whoever asks again and whatever dies."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.adapters.aes import AesGcm
from leadsignal.adapters.dynamodb.idempotency import DynamoRuns
from leadsignal.adapters.dynamodb.table import Table
from leadsignal.domain.credentials import ALPHABET
from leadsignal.domain.secrets import derived_text
from leadsignal.errors import (
    ConflictError,
    KeyInUseError,
    KeyReusedError,
    MalformedInputError,
    TransientError,
)
from leadsignal.models.tenants import Principal, Tenant
from leadsignal.ports import Cipher, RunStore
from leadsignal.runtime.idempotency import key_of
from leadsignal.runtime.minting import DerivedMint
from leadsignal.services.idempotency import (
    KEPT_MS,
    LEASE_MARGIN_MS,
    MAX_ANSWER_BYTES,
    Asked,
    Claim,
    Ledger,
    begin,
    keep,
    recognise,
    release,
)
from tests.fakes.clock import Clock
from tests.fakes.dynamodb import FakeDynamoDB
from tests.fakes.faults import Calls

LEASE = 29_000
ROUTE = "POST /v1/things"


class Bench:
    """One tenant's ledger on the fake of DynamoDB, and a clock."""

    def __init__(self, tenant: str = "ten_one") -> None:
        self.calls = Calls()
        self.fake = FakeDynamoDB.from_template(self.calls)
        self.clock = Clock()
        numbers = count(1)
        runs: RunStore = DynamoRuns(Table(self.fake.client, "CacheTable"), tenant)
        cipher: Cipher = AesGcm(lambda length: next(numbers).to_bytes(length, "big"))
        self.ledger = Ledger(runs, cipher, lambda length: f"{next(numbers):0{length}d}")

    def begin(self, asked: Asked) -> Claim | bytes:
        return begin(asked, ledger=self.ledger, lease_ms=LEASE, now=self.clock.now)

    def claim(self, asked: Asked) -> Claim:
        claim = self.begin(asked)
        assert isinstance(claim, Claim)
        return claim

    def move(self, milliseconds: int) -> None:
        self.clock.move(milliseconds=milliseconds)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def caller(tenant: str = "ten_one", key_id: str = "key") -> Principal:
    secret = base64.b64encode(tenant.encode()).decode()
    made = Tenant(tenant_id=tenant, name="", secret=secret, created_at=0)
    return Principal(tenant=made, key_id=key_id, kind="sk", env="live")


def asked(content: str = "{}", key: str = "k1", route: str = ROUTE, **who: str) -> Asked:
    return recognise(caller(**who), key, route=route, content=content)


def test_who_asks_again_gets_the_answer_of_the_first(bench: Bench) -> None:
    keep(bench.claim(asked()), b"the answer", ledger=bench.ledger)
    bench.move(KEPT_MS - 1)
    assert bench.begin(asked()) == b"the answer"


def test_the_key_comes_with_one_request_only(bench: Bench) -> None:
    claim = bench.claim(asked())
    for _ in range(2):
        with pytest.raises(KeyReusedError):
            bench.begin(asked('{"a":1}'))
        keep(claim, b"", ledger=bench.ledger)
    with pytest.raises(KeyReusedError):
        bench.begin(asked(key_id="other"))


@pytest.mark.parametrize(
    "other", [{"route": "POST /v1/others"}, {"key": "k2"}, {"tenant": "ten_two"}], ids=str
)
def test_another_route_key_or_tenant_is_another_request(bench: Bench, other: Any) -> None:
    first = bench.claim(asked())
    second = bench.claim(asked(**other))
    assert first.asked.place != second.asked.place
    assert first.seed != second.seed


def test_while_the_first_runs_others_are_told_so(bench: Bench) -> None:
    bench.claim(asked())
    bench.move(LEASE + LEASE_MARGIN_MS - 1)
    with pytest.raises(KeyInUseError):
        bench.begin(asked())


def test_when_the_first_died_the_next_makes_the_very_same(bench: Bench) -> None:
    first = bench.claim(asked())
    bench.move(LEASE + LEASE_MARGIN_MS)
    with pytest.raises(KeyReusedError):
        bench.begin(asked('{"a":1}'))
    second = bench.claim(asked())
    assert second.seed == first.seed
    with pytest.raises(KeyInUseError):
        bench.begin(asked())
    keep(first, b"late", ledger=bench.ledger)  # not dead after all
    with pytest.raises(KeyInUseError):
        bench.begin(asked())
    keep(second, b"the answer", ledger=bench.ledger)
    assert bench.begin(asked()) == b"the answer"


def _other(bench: Bench) -> None:
    bench.claim(asked())


def test_only_one_takes_the_place_of_a_dead_run(bench: Bench) -> None:
    bench.claim(asked())
    bench.move(LEASE + LEASE_MARGIN_MS)
    bench.calls.interrupt(lambda: _other(bench), at=2)
    with pytest.raises(KeyInUseError):
        bench.begin(asked())


def test_a_key_that_was_released_is_free_for_any_request(bench: Bench) -> None:
    first = bench.claim(asked())
    release(first, ledger=bench.ledger)
    again = bench.claim(asked())
    assert again.seed == first.seed
    release(again, ledger=bench.ledger)
    corrected = bench.claim(asked('{"a":1}'))
    assert corrected.seed != first.seed
    keep(corrected, b"the answer", ledger=bench.ledger)
    assert bench.begin(asked('{"a":1}')) == b"the answer"
    with pytest.raises(KeyReusedError):
        bench.begin(asked())


def test_after_72_hours_the_key_is_new_and_what_it_makes_too(bench: Bench) -> None:
    first = bench.claim(asked())
    keep(first, b"the answer", ledger=bench.ledger)
    bench.move(KEPT_MS)
    assert bench.claim(asked('{"a":1}')).seed != first.seed


def test_of_fifty_at_once_one_runs(bench: Bench) -> None:
    def ask(_: int) -> str:
        try:
            begun = bench.begin(asked())
        except KeyInUseError:
            return "in use"
        if isinstance(begun, Claim):
            keep(begun, b"the answer", ledger=bench.ledger)
            return "ran"
        return begun.decode()

    for _ in range(20):
        with ThreadPoolExecutor(50) as threads:
            said = list(threads.map(ask, range(50)))
        assert set(said) <= {"ran", "in use", "the answer"}
        assert said.count("ran") == 1
        bench.move(KEPT_MS)


@pytest.mark.parametrize("operation", ["begin", "keep", "release"])
def test_a_write_that_is_repeated_by_the_client_is_one(bench: Bench, operation: str) -> None:
    if operation == "begin":
        bench.calls.repeat(at=1)
    claim = bench.claim(asked())
    if operation != "begin":
        bench.calls.repeat(at=1)
    if operation == "release":
        release(claim, ledger=bench.ledger)
        assert bench.claim(asked()).seed == claim.seed
    else:
        keep(claim, b"the answer", ledger=bench.ledger)
        assert bench.begin(asked()) == b"the answer"


@pytest.mark.parametrize("lost", [True, False], ids=["answer lost", "not reached"])
def test_storage_that_fails_at_the_beginning_begins_nothing(bench: Bench, lost: bool) -> None:
    bench.calls.fail(at=1, after=lost)
    with pytest.raises(TransientError):
        bench.begin(asked())
    bench.move(LEASE + LEASE_MARGIN_MS)
    bench.claim(asked())


def test_an_answer_too_large_to_keep_is_not_given_again_but_nothing_is_done_twice(
    bench: Bench,
) -> None:
    noise = derived_text(bytes(32), "".join(map(chr, range(256))), 400_000, "noise")
    keep(bench.claim(asked()), noise.encode("latin-1"), ledger=bench.ledger)
    with pytest.raises(ConflictError):
        bench.begin(asked())
    fits = noise[: MAX_ANSWER_BYTES - 1_000].encode("latin-1")
    keep(bench.claim(asked(key="k2")), fits, ledger=bench.ledger)
    assert bench.begin(asked(key="k2")) == fits


def test_nothing_of_key_request_and_answer_is_stored_in_clear(bench: Bench) -> None:
    content = json.dumps({"email": "ada@example.com"})
    keep(
        bench.claim(asked(content, key="my-own-key-1")),
        b'{"secret":"whsec_abc"}',
        ledger=bench.ledger,
    )
    [item] = bench.fake.items("CacheTable")
    shown = repr(item)
    for word in ("my-own-key", "ada", "whsec", "secret", "things"):
        assert word not in shown
    assert set(item) == {
        "pk", "sk", "mark", "fingerprint", "salt", "lease_until", "done", "answer", "expires_at",
    }  # fmt: skip


def test_only_key_and_tenant_together_open_an_answer(bench: Bench) -> None:
    cipher = bench.ledger.cipher
    sealed = cipher.seal(bytes(32), b"the answer", b"place")
    assert cipher.unseal(bytes(32), sealed, b"place") == b"the answer"
    for key, content, context in (
        (bytes([1] * 32), sealed, b"place"),
        (bytes(32), sealed, b"elsewhere"),
        (bytes(32), sealed[:-1] + bytes([sealed[-1] ^ 1]), b"place"),
    ):
        with pytest.raises(InvalidTag):
            cipher.unseal(key, content, context)
    assert asked().secret != asked(tenant="ten_two").secret != asked(key="k2").secret


# What a run makes


def test_ids_and_secrets_follow_from_the_seed_and_their_place(bench: Bench) -> None:
    made = []
    for seed in (b"a", b"a", b"b"):
        mint = DerivedMint(seed)
        made.append(
            [mint.new_id("whe"), mint.new_id("whe"), mint.new_id("alr"), mint.token(32)]
            + [mint.token(32), mint.token(12), mint.random_key().hex(), mint.random_key().hex()]
        )
    assert made[0] == made[1]
    assert len(set(made[0] + made[2])) == 16
    assert [len(each) for each in made[0]] == [28, 28, 28, 32, 32, 12, 64, 64]


def test_what_a_run_leaves_out_does_not_change_the_rest() -> None:
    whole, partial = DerivedMint(b"a"), DerivedMint(b"a")
    whole.new_id("alr")
    whole.random_key()
    assert whole.new_id("whe") == partial.new_id("whe")


@given(length=st.integers(0, 100))
def test_a_derived_text_has_the_wanted_length_and_characters(length: int) -> None:
    text = derived_text(b"key", ALPHABET, length, "part")
    assert len(text) == length
    assert set(text) <= set(ALPHABET)


# The header


@pytest.mark.parametrize(
    ("sent", "key"),
    [
        (None, None),
        ("k", "k"),
        ('"k"', "k"),
        ("  k\t", "k"),
        ("x" * 255, "x" * 255),
        (f'"{"x" * 255}"', "x" * 255),
        ('a"b', 'a"b'),
        (r'"a\"b\\c"', r'a"b\c'),
        ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
    ],
)
def test_a_key_is_the_same_with_and_without_quotes(sent: str | None, key: str | None) -> None:
    assert key_of({} if sent is None else {"idempotency-key": sent}) == key


@pytest.mark.parametrize(
    "sent", ["", '""', " ", "x" * 256, "a b", "a\x00", "a\n", "é", "😀", "a\x7f"]
)
def test_what_is_no_key_is_refused(sent: str) -> None:
    with pytest.raises(MalformedInputError) as caught:
        key_of({"idempotency-key": sent})
    assert caught.value.slug == "invalid-header"
