"""Buckets of tokens: exact under any interleaving, cheap, and never in the way of what works."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.buckets import PAUSE_NS, DynamoBuckets
from leadsignal.adapters.dynamodb.table import Table
from leadsignal.errors import RateLimitedError, TransientError
from leadsignal.models.limits import SECOND_NS, Quota
from leadsignal.models.tenants import Principal, Tenant, Tier
from leadsignal.ports import BucketStore
from leadsignal.services.limits import EVENTS, REQUESTS, Purses, quota_of, take_request
from tests.fakes.dynamodb import FakeDynamoDB
from tests.fakes.faults import Calls

AT = 1_768_478_400 * SECOND_NS
MINUTE = 60 * SECOND_NS
BUCKET = "key#REQUESTS"


def workers(number: int, calls: Calls | None = None) -> list[DynamoBuckets]:
    """Return the buckets of one tenant as several workers see them."""
    table = Table(FakeDynamoDB.from_template(calls).client, "CacheTable")
    made = [DynamoBuckets(table, "ten_one") for _ in range(number)]
    claimed: Sequence[BucketStore] = made
    assert len(claimed) == number
    return made


def caller(tier: Tier = "standard", rate_limit: int | None = None) -> Principal:
    tenant = Tenant(tenant_id="ten_one", name="one", secret="", tier=tier, created_at=0)
    return Principal(tenant=tenant, key_id="key", kind="sk", env="live", rate_limit=rate_limit)


@pytest.mark.parametrize("tokens", [1, 2, 7, 60, 999, 12_000, 700_001])
def test_a_bucket_holds_exactly_its_quota_and_has_it_again_after_a_minute(tokens: int) -> None:
    [buckets] = workers(1)
    quota = Quota(tokens)
    for at in (AT, AT + MINUTE, AT + 2 * MINUTE):
        assert not buckets.take(BUCKET, tokens + 1, quota, at=at).granted
        drawn = buckets.take(BUCKET, tokens, quota, at=at)
        assert drawn.granted
        assert quota.left(drawn.full_at, at) == 0
        refused = buckets.take(BUCKET, 1, quota, at=at)
        assert not refused.granted
        wait = quota.wait_seconds(1, refused.full_at, at)
        assert wait == -(-60 // tokens)
        assert quota.left(refused.full_at, at + wait * SECOND_NS) >= 1


STEPS = st.lists(
    st.tuples(
        st.integers(0, 2),  # the worker
        st.integers(1, 5),  # tokens
        st.sampled_from([0, 0, 0, 1, SECOND_NS // 3, SECOND_NS, 7 * SECOND_NS, 61 * SECOND_NS]),
    ),
    max_size=60,
)


@given(steps=STEPS, tokens=st.integers(1, 12))
def test_several_workers_decide_as_one_bucket_would(
    steps: list[tuple[int, int, int]], tokens: int
) -> None:
    shared, quota, at, full_at = workers(3), Quota(tokens), AT, 0
    granted: list[tuple[int, int]] = []
    for worker, wanted, pause in steps:
        at += pause
        expected = max(full_at, at) + wanted * quota.interval <= at + tokens * quota.interval
        drawn = shared[worker].take(BUCKET, wanted, quota, at=at)
        assert drawn.granted is expected
        if expected:
            full_at = max(full_at, at) + wanted * quota.interval
            granted.append((at, wanted))
    for first, (start, _) in enumerate(granted):
        total = 0
        for then, wanted in granted[first:]:
            total += wanted
            assert total <= tokens + (then - start) // quota.interval + 1


def test_a_hundred_at_once_get_what_there_is_and_no_more() -> None:
    shared = workers(8)
    with ThreadPoolExecutor(32) as threads:
        drawn = list(
            threads.map(
                lambda n: shared[n % 8].take(BUCKET, 1, Quota(50), at=AT).granted, range(100)
            )
        )
    assert drawn.count(True) == 50


def test_a_request_costs_one_update_be_the_bucket_full_or_filling() -> None:
    calls = Calls()
    [buckets] = workers(1, calls)
    at = AT
    for pause in (0, 0, 0, MINUTE, 0, 2 * MINUTE):
        at += pause
        before = calls.made
        assert buckets.take(BUCKET, 1, Quota(600), at=at).granted
        assert calls.log[before:] == ["UpdateItem"]


def test_who_has_to_wait_is_told_so_without_a_call() -> None:
    calls = Calls()
    one, other = workers(2, calls)
    assert one.take(BUCKET, 5, Quota(5), at=AT).granted
    before = calls.made
    assert not one.take(BUCKET, 1, Quota(5), at=AT).granted
    assert calls.made == before
    assert not other.take(BUCKET, 1, Quota(5), at=AT).granted
    assert not other.take(BUCKET, 1, Quota(5), at=AT).granted
    assert calls.made == before + 1


def test_a_worker_that_does_not_know_the_bucket_asks_twice_at_most() -> None:
    calls = Calls()
    one, other = workers(2, calls)
    one.take(BUCKET, 1, Quota(60), at=AT)
    assert other.take(BUCKET, 1, Quota(60), at=AT).granted
    assert calls.made == 3
    assert one.take(BUCKET, 1, Quota(60), at=AT + MINUTE).granted  # filling, as far as it knows
    assert other.take(BUCKET, 1, Quota(60), at=AT + 2 * MINUTE).granted
    assert calls.made == 5


def test_storage_that_fails_is_left_alone_for_a_while() -> None:
    calls = Calls()
    [buckets] = workers(1, calls)
    calls.throttle(at=1, times=1)
    for at in (AT, AT + PAUSE_NS - 1):
        with pytest.raises(TransientError):
            buckets.take(BUCKET, 1, Quota(5), at=at)
    assert calls.made == 1
    assert buckets.take(BUCKET, 1, Quota(5), at=AT + PAUSE_NS).granted


def test_a_bucket_that_keeps_changing_is_given_up() -> None:
    calls = Calls()
    fake = FakeDynamoDB.from_template(calls)
    table, aside = Table(fake.client, "CacheTable"), Table(fake.aside().client, "CacheTable")
    buckets = DynamoBuckets(table, "ten_one")

    def begin_anew() -> None:
        DynamoBuckets(aside, "ten_one").take(BUCKET, 1, Quota(60), at=AT)

    def forget() -> None:
        aside.delete(keys.bucket("ten_one", BUCKET))

    for at, change in enumerate((begin_anew, forget, begin_anew), 1):
        calls.interrupt(change, at=at)
    with pytest.raises(TransientError):
        buckets.take(BUCKET, 1, Quota(60), at=AT)
    assert buckets.take(BUCKET, 1, Quota(60), at=AT).granted


@pytest.mark.parametrize(
    ("tier", "own", "requests", "events"),
    [
        ("standard", None, REQUESTS["standard"], EVENTS["standard"]),
        ("high", None, REQUESTS["high"], EVENTS["high"]),
        ("standard", 60, 60, 60),
        ("standard", 10**9, REQUESTS["standard"], EVENTS["standard"]),
        ("unlimited", None, None, None),
        ("unlimited", 60, 60, 60),
    ],
)
def test_the_lower_limit_of_tenant_and_key_counts(
    tier: Tier, own: int | None, requests: int | None, events: int | None
) -> None:
    principal = caller(tier, own)
    for tiers, tokens in ((REQUESTS, requests), (EVENTS, events)):
        assert quota_of(principal, tiers) == (Quota(tokens) if tokens else None)


def test_a_request_is_told_what_is_left() -> None:
    [buckets] = workers(1)
    told = [take_request(caller(rate_limit=2), buckets=buckets, at=AT) for _ in range(3)]
    assert [t and (t.granted, t.left, t.wait_seconds) for t in told] == [
        (True, 1, 30),
        (True, 0, 30),
        (False, 0, 30),
    ]
    assert take_request(caller("unlimited"), buckets=buckets, at=AT) is None


# Events: a worker takes tokens in blocks


def spent(purses: Purses, buckets: DynamoBuckets, principal: Principal, *, at: int = AT) -> int:
    """Spend one event at a time until there are none left; return how many there were."""
    number = 0
    while True:
        try:
            purses.spend(principal, 1, buckets=buckets, at=at)
        except RateLimitedError:
            return number
        number += 1


def test_a_thousand_events_cost_one_call() -> None:
    calls = Calls()
    [buckets] = workers(1, calls)
    purses = Purses()
    for _ in range(1_200):
        purses.spend(caller(), 1, buckets=buckets, at=AT)
    assert calls.log == ["UpdateItem"]
    purses.spend(caller("unlimited"), 1, buckets=buckets, at=AT)
    assert len(calls.log) == 1


def test_several_workers_together_spend_no_more_than_there_is_and_all_of_it() -> None:
    shared, purses = workers(4), [Purses() for _ in range(4)]
    principal = caller(rate_limit=3_000)
    for worker in range(4):
        purses[worker].spend(principal, 700, buckets=shared[worker], at=AT)
    total = sum(spent(*each, principal) for each in zip(purses, shared, strict=True))
    assert 4 * 700 + total == 3_000


def test_a_batch_larger_than_the_quota_takes_the_whole_of_it() -> None:
    [buckets] = workers(1)
    purses = Purses()
    purses.spend(caller(rate_limit=10), 2_500, buckets=buckets, at=AT)
    with pytest.raises(RateLimitedError) as caught:
        purses.spend(caller(rate_limit=10), 2_500, buckets=buckets, at=AT + SECOND_NS)
    assert caught.value.retry_after_seconds == 59


def test_what_a_worker_holds_is_void_after_a_minute() -> None:
    calls = Calls()
    [buckets] = workers(1, calls)
    purses = Purses()
    for at in (AT, AT + MINUTE - 1, AT + MINUTE):
        purses.spend(caller(), 1, buckets=buckets, at=at)
    assert calls.made == 2


def test_a_refused_request_takes_nothing() -> None:
    [buckets] = workers(1)
    purses, principal = Purses(), caller(rate_limit=10)
    purses.spend(principal, 6, buckets=buckets, at=AT)
    with pytest.raises(RateLimitedError):
        purses.spend(principal, 5, buckets=buckets, at=AT)
    assert spent(purses, buckets, principal) == 4


def test_a_worker_forgets_buckets_and_purses_beyond_a_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("leadsignal.adapters.dynamodb.buckets.MAX_REMEMBERED", 2)
    monkeypatch.setattr("leadsignal.services.limits.MAX_PURSES", 2)
    calls = Calls()
    [buckets] = workers(1, calls)
    purses = Purses()
    keys = [caller().model_copy(update={"key_id": name}) for name in "abc"]
    for principal in (*keys, keys[2], keys[0]):
        purses.spend(principal, 1, buckets=buckets, at=AT)
    # the third forgot the first two; the first asks again, and guesses wrong
    assert calls.made == 5
