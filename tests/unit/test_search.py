"""Filtered lists of leads: complete whichever way they are looked for, bounded, always going on."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain.conditions import fields
from leadsignal.domain.conditions.evaluate import compiled
from leadsignal.domain.conditions.narrow import bounds_of, equal_to
from leadsignal.domain.conditions.parse import parse
from leadsignal.domain.conditions.selectors import Selector
from leadsignal.domain.playbook import Playbook
from leadsignal.domain.rulebook import default_rules
from leadsignal.domain.scoring import tier_of
from leadsignal.domain.segments import SegmentBook
from leadsignal.errors import MalformedInputError
from leadsignal.models.conditions import Condition
from leadsignal.models.instants import DAY_MS, Instant, rfc3339
from leadsignal.models.lists import Bounds, LeadOrder
from leadsignal.models.views import LeadView
from leadsignal.services import search as searching
from leadsignal.services.leads import Library, list_leads
from leadsignal.services.listing import Listing
from leadsignal.services.search import Search, search_leads
from tests.fakes.events import AT, MINUTE, World, event, page, tenant
from tests.fakes.rules import segment

ORDERS: tuple[LeadOrder, ...] = (
    "score", "-score", "created_at", "-created_at", "last_seen_at", "-last_seen_at",
)  # fmt: skip
NEVER_TIRED = Search(clock=lambda: AT)


def library(world: World, tenant_id: str = "ten_one") -> Library:
    stores = world.stores[tenant_id]
    return Library(
        tenant=world.tenants[tenant_id],
        leads=stores.leads,
        lists=stores.lists,
        activity=stores.activity,
        snapshots=stores.snapshots,
        failures=stores.failures,
        alike=stores.leads,
    )


def read(condition: object) -> Condition:
    return parse(condition, fields.of_lead)


def leaf(field: str, op: str, *value: object) -> dict[str, object]:
    return {"field": field, "op": op} | ({"value": value[0]} if value else {})


def walk(
    world: World,
    condition: object,
    order: LeadOrder = "-score",
    *,
    limit: int = 100,
    search: Search = NEVER_TIRED,
    now: Instant = AT,
    tenant_id: str = "ten_one",
) -> list[LeadView]:
    """Return all that is found, page by page."""
    shelf, found, cursor = library(world, tenant_id), list[LeadView](), None
    for _ in range(200):
        listing = Listing(shelf.tenant, limit, cursor, now)
        part = search_leads(read(condition), order, listing, library=shelf, search=search)
        assert len(part.page.data) <= limit
        assert part.examined <= search.most
        found += part.page.data
        cursor = part.page.next_cursor
        assert part.page.has_more is (cursor is not None)
        if cursor is None:
            return found
    raise AssertionError("the list never ends")


def names(found: list[LeadView]) -> list[str]:
    return [view.identifiers[0].value for view in found]


def visitors(count: int = 40) -> World:
    """Return a world with visitors of different scores, hours and companies."""
    world = World()
    events = []
    for number in range(count):
        who: dict[str, Any] = {"anonymous_id": f"v{number:02d}", "minutes": number * 25}
        events.append(event(f"p{number}", context=page("/pricing" if number % 3 else "/"), **who))
        if number % 4 == 0:
            domain = "acme.com" if number % 8 == 0 else "other.com"
            traits = {"title": f"CTO {number}", "plan": "pro" if number % 8 else "free"}
            who |= {"email": f"p{number}@{domain}", "traits": traits}
            events.append(event(f"i{number}", type="identify", event="identify", **who))
        if number % 5 == 0:
            events.append(event(f"f{number}", type="track", event="form_submitted", **who))
    world.apply(events)
    return world


WORLD = visitors()
CONDITIONS = [
    leaf("email", "exists"),
    leaf("email", "eq", "P8@ACME.com"),
    leaf("email", "in", ["p8@acme.com"]),
    leaf("email", "eq", "nobody@acme.com"),
    leaf("email", "eq", "no address"),
    leaf("company.domain", "eq", "Acme.com"),
    leaf("company.domain", "eq", "none.com"),
    leaf("company.id", "eq", "cmp_"),
    {"all": [leaf("company.domain", "eq", "acme.com"), leaf("score", "gte", 40)]},
    leaf("score", "between", [20, 60]),
    leaf("score", "gt", 19.5),
    leaf("score", "lt", "50"),
    leaf("score", "in", [27, 47]),
    leaf("tier", "eq", "cold"),
    leaf("tier", "in", ["qualified", "warm"]),
    leaf("tier", "ne", "cold"),
    leaf("created_at", "after", rfc3339(AT + 200 * MINUTE)),
    leaf("last_seen_at", "lte", rfc3339(AT + 200 * MINUTE)),
    leaf("traits.plan", "eq", "PRO"),
    leaf("title", "matches_glob", "cto ?"),
    leaf("session_count", "gte", 1),
    leaf("source", "eq", "direct"),
    leaf("first_touch.channel", "eq", "direct"),
    leaf("first_touch.at", "after", rfc3339(AT + 200 * MINUTE)),
    leaf("first_touch.click_id.network", "exists"),
    leaf("is_known", "eq", True),
    leaf("consent.analytics", "not_exists"),
    {"performed": {"event": "form_submitted"}},
    {"not": {"performed": {"event": "form_submitted"}}},
    {
        "performed": {
            "event": "page_view",
            "where": leaf("page.path", "starts_with", "/pricing"),
        },
        "within": {"minutes": 300},
    },
]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("condition", CONDITIONS, ids=repr)
def test_every_lead_that_is_meant_is_found_once_and_in_order(
    condition: object, order: LeadOrder
) -> None:
    """What an index or a look-up finds is what looking at each lead finds."""
    now = AT + 1000 * MINUTE
    listing = Listing(WORLD.tenants["ten_one"], 100, None, now)
    every = list_leads(order, listing, library=library(WORLD)).data
    expected = walk(WORLD, {"any": [condition]}, order, now=now)  # nothing to look up by
    assert len(every) == 40
    assert [view for view in every if view in expected] == expected
    for limit in (100, 7):
        assert walk(WORLD, condition, order, limit=limit, now=now) == expected


def test_the_conditions_above_tell_leads_apart() -> None:
    now = AT + 1000 * MINUTE
    counts = [len(walk(WORLD, condition, now=now)) for condition in CONDITIONS]
    assert counts[:9] == [10, 1, 1, 0, 0, 5, 0, 0, 5]
    assert counts[-3:] == [8, 32, 8]


def examined(world: World, condition: object, **more: Any) -> tuple[int, list[str]]:
    """Return how many leads a page is looked for in, and the calls of that."""
    shelf, before = library(world), world.calls.made
    listing = Listing(shelf.tenant, 100, None, AT + 1000 * MINUTE)
    page = search_leads(read(condition), "-score", listing, library=shelf, search=NEVER_TIRED)
    assert not more
    return page.examined, world.calls.log[before:]


@pytest.mark.parametrize(
    ("condition", "looked_at", "calls"),
    [
        (leaf("email", "eq", "p8@acme.com"), 1, ["BatchGetItem"]),
        (leaf("company.domain", "eq", "acme.com"), 5, ["Query", "BatchGetItem"]),
        ({"all": [{"all": [leaf("company.domain", "eq", "acme.com")]}]}, 5, None),
        (leaf("tier", "eq", "qualified"), None, ["Query", "BatchGetItem"]),
        (leaf("score", "gt", 99), 0, ["Query"]),
        (leaf("tier", "eq", "hot"), 1, ["Query", "BatchGetItem"]),
    ],
    ids=repr,
)
def test_what_can_be_looked_up_is_not_looked_for(
    condition: object, looked_at: int | None, calls: list[str] | None
) -> None:
    count, made = examined(WORLD, condition)
    assert count < 15
    assert looked_at in (None, count)
    assert calls in (None, made)


def test_days_are_read_only_of_leads_whose_summaries_leave_it_open() -> None:
    path = leaf("page.path", "eq", "/pricing")
    for never in (
        {"performed": {"event": "bought"}},
        {"performed": {"event": "form_submitted"}, "within": {"minutes": 1}},
    ):
        assert not walk(WORLD, never, now=AT + 2000 * MINUTE)
        _, calls = examined(WORLD, never)
        assert calls == ["Query", "BatchGetItem"]
    _, calls = examined(WORLD, {"performed": {"event": "form_submitted", "where": path}})
    assert calls.count("BatchGetItem") == 1 + 8  # those who submitted a form


def test_a_page_ends_when_enough_was_looked_at_and_the_next_goes_on() -> None:
    few = Search(clock=lambda: AT, most=7)
    for condition in (leaf("email", "eq", "none"), leaf("title", "eq", "cto 8")):
        assert walk(WORLD, condition, search=few) == walk(WORLD, condition)
    shelf = library(WORLD)
    listing = Listing(shelf.tenant, 100, None, AT)
    nothing = read(leaf("title", "eq", "none"))
    part = search_leads(nothing, "score", listing, library=shelf, search=few)
    assert (part.page.data, part.examined, part.page.has_more) == ((), 7, True)


def test_a_page_ends_when_it_takes_too_long_but_never_without_going_further() -> None:
    ticking = iter(range(AT, AT + 10**9, 6_000))  # each look at the clock is six seconds later
    slow = Search(clock=lambda: next(ticking))
    assert walk(WORLD, leaf("title", "eq", "cto 8"), search=slow) == walk(
        WORLD, leaf("title", "eq", "cto 8")
    )


def test_leads_that_come_meanwhile_move_nobody() -> None:
    world = visitors(20)
    shelf, cursor, found = library(world), None, list[str]()
    before = names(walk(world, leaf("title", "exists"), "created_at"))
    late = 0
    while True:
        listing = Listing(shelf.tenant, 1, cursor, AT)
        part = search_leads(
            read(leaf("title", "exists")), "created_at", listing, library=shelf, search=NEVER_TIRED
        )
        found += names(list(part.page.data))
        cursor = part.page.next_cursor
        if cursor is None:
            break
        late += 1
        who: dict[str, Any] = {
            "user_id": f"late{late}",
            "traits": {"title": "new"},
            "minutes": 25 * 20 + late,
        }
        world.apply([event(f"late{late}", type="identify", event="identify", **who)])
        if late > 40:
            break
    assert [name for name in found if name in before] == before


def test_a_cursor_is_good_for_its_filter_and_order_alone() -> None:
    shelf = library(WORLD)
    first = Listing(shelf.tenant, 1, None, AT)
    condition = read(leaf("title", "exists"))
    cursor = search_leads(
        condition, "-score", first, library=shelf, search=NEVER_TIRED
    ).page.next_cursor
    again = Listing(shelf.tenant, 1, cursor, AT)
    search_leads(condition, "-score", again, library=shelf, search=NEVER_TIRED)
    before = WORLD.calls.made
    for other, order in (
        (leaf("title", "not_exists"), "-score"),
        (leaf("title", "exists"), "score"),
    ):
        with pytest.raises(MalformedInputError):
            search_leads(
                read(other),
                "score" if order == "score" else "-score",
                again,
                library=shelf,
                search=NEVER_TIRED,
            )
    with pytest.raises(MalformedInputError):
        list_leads("-score", again, library=shelf)
    assert WORLD.calls.made == before


def test_a_company_of_too_many_leads_is_looked_for_along_the_list(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    of_acme = leaf("company.domain", "eq", "acme.com")
    expected = walk(WORLD, of_acme, "created_at")
    monkeypatch.setattr(searching, "SMALL", 3)
    assert walk(WORLD, of_acme, "created_at") == expected
    assert examined(WORLD, of_acme)[0] == 40


def test_tenants_do_not_find_each_others_leads() -> None:
    world = World(tenant(), tenant("two"))
    person = event(type="identify", event="identify", email="ann@acme.com", anonymous_id=None)
    world.apply([person])
    for condition in (leaf("email", "eq", "ann@acme.com"), leaf("company.domain", "exists")):
        assert len(walk(world, condition)) == 1
        assert walk(world, condition, tenant_id="ten_two") == []
    [view] = walk(world, leaf("email", "exists"))
    assert view.company
    assert walk(world, leaf("company.id", "eq", view.company.id), tenant_id="ten_two") == []


def test_a_crawler_that_names_an_address_is_not_found_by_it() -> None:
    world = World()
    world.apply([event(bot="Testbot", email="bot@acme.com")])
    assert walk(world, leaf("email", "eq", "bot@acme.com")) == []


# Behaviour: what counts.


def performed(name: str = "page_view", **more: Any) -> dict[str, Any]:
    return {"performed": {"event": name}} | more


def exactly(count: int, **more: Any) -> dict[str, Any]:
    return performed(count={"op": "eq", "value": count}, **more)


def found(world: World, condition: object, now: Instant = AT) -> int:
    return len(walk(world, condition, now=now))


def test_crawlers_and_scanners_have_done_nothing() -> None:
    world = World()
    click = {"type": "track", "event": "email_clicked", "email": "ann@acme.com"}
    burst = [
        event(f"c{n}", minutes=n / 60, properties={"url": f"https://x.test/{n}"}, **click)
        for n in range(3)
    ]
    by_hand = event("hand", minutes=60, properties={"url": "https://x.test/9"}, **click)
    crawled = event("bot", minutes=61, bot="Testbot", email="ann@acme.com", anonymous_id=None)
    world.apply([one.model_copy(update={"anonymous_id": None}) for one in (*burst, by_hand)])
    world.apply([crawled])
    now = AT + DAY_MS
    clicked = {"performed": {"event": "email_clicked"}, "count": {"op": "eq", "value": 1}}
    assert found(world, clicked, now) == 1
    assert found(world, performed(), now) == 0


def test_a_browser_that_a_scanner_used_has_done_nothing() -> None:
    world = World()
    world.apply([event("m", type="track", event="honeypot_clicked", email="e@acme.com")])
    world.apply([event("person", minutes=5, user_id="u1", email="e@acme.com", trusted=True)])
    now = AT + DAY_MS
    assert found(world, performed("honeypot_clicked"), now) == 0


def test_on_a_shared_browser_everybody_has_done_their_own() -> None:
    world = World()
    world.apply(
        [
            event("anne", user_id="anne", minutes=0),
            event("before", minutes=1),
            event("bob", user_id="bob", minutes=2),
            event("bob2", user_id="bob", minutes=3),
            event("after", minutes=4),
        ]
    )
    now = AT + DAY_MS
    by_name = {
        name: walk(world, exactly(count), now=now) for name, count in (("one", 1), ("two", 2))
    }
    assert len(by_name["one"]) == 1  # what nobody did afterwards
    assert sorted(names(by_name["two"])) == ["anne", "bob"]


def test_days_of_long_ago_are_read_too() -> None:
    world = World(tenant(window_days=1))
    days = [0, 3, 3.01, 50, 400]
    events = [
        event(f"m{n}", minutes=-day * 24 * 60, email="e@acme.com") for n, day in enumerate(days)
    ]
    for one in events:
        world.apply([one])
    assert found(world, exactly(5)) == 1
    for within, count in ((1, 1), (4, 3), (51, 4), (401, 5)):
        assert found(world, exactly(count, within={"days": within})) == 1, within
    assert found(world, exactly(4, within={"hours": 51 * 24})) == 1


def test_a_name_that_is_only_counted_among_others_is_read() -> None:
    world = World()
    world.apply(
        [event(f"m{n}", minutes=n / 60, type="track", event=f"name-{n:03d}") for n in range(60)]
    )
    now = AT + DAY_MS
    assert found(world, performed("name-059"), now) == 1
    assert found(world, performed("name-060"), now) == 0
    assert found(world, performed("name-059", within={"minutes": 1}), now) == 0


# Narrowing: a bound may let too much through, never too little.

NUMBERS = st.one_of(st.integers(-5, 110), st.sampled_from([39.5, 40.0, 1e300, -1e300, 10**400]))
TIMES = st.integers(-3, 3).map(lambda n: rfc3339(AT + n))


def comparisons(field: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    some = values | st.sampled_from(["soon", True])
    return st.one_of(
        st.builds(
            leaf, st.just(field), st.sampled_from(["eq", "ne", "gt", "gte", "lt", "lte"]), some
        ),
        st.builds(
            leaf, st.just(field), st.sampled_from(["in", "not_in"]), st.lists(some, min_size=1)
        ),
        st.builds(leaf, st.just(field), st.just("between"), st.lists(some, min_size=2, max_size=2)),
        st.builds(leaf, st.just(field), st.sampled_from(["exists", "not_exists"])),
    )


def combined(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=3)}),
            st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
            st.fixed_dictionaries({"not": inner}),
        ),
        max_leaves=3,
    )


class Valued:
    """A subject with the values of a map, who did nothing."""

    def __init__(self, **values: object) -> None:
        self.value: Callable[[str], object] = values.get

    def times(self, what: Selector, since: Instant | None, until: Instant) -> int:
        return 0


def within(bounds: Bounds, value: int) -> bool:
    least = bounds.least is None or bounds.least <= value
    return least and (bounds.greatest is None or value <= bounds.greatest)


TIERS = comparisons("tier", st.sampled_from(["hot", "WARM", "qualified", "cold", "x"]))


@given(condition=combined(comparisons("score", NUMBERS) | TIERS), score=st.integers(0, 100))
def test_no_lead_that_is_meant_is_beyond_the_bounds_of_its_score(
    condition: object, score: int
) -> None:
    tree = read(condition)
    if compiled(tree)(Valued(score=score, tier=tier_of(score)), AT):
        assert within(bounds_of(tree, "score"), score)


@given(condition=combined(comparisons("last_seen_at", TIMES)), seen=st.integers(AT - 4, AT + 4))
def test_no_lead_that_is_meant_is_beyond_the_bounds_of_its_time(
    condition: object, seen: int
) -> None:
    tree = read(condition)
    if compiled(tree)(Valued(last_seen_at=seen), AT):
        assert within(bounds_of(tree, "last_seen_at"), seen)


@given(condition=combined(comparisons("email", st.sampled_from(["a@x.test", "A@x.test", "b"]))))
def test_what_is_looked_up_by_is_what_must_be(condition: object) -> None:
    tree = read(condition)
    wanted = equal_to(tree, "email")
    for email in ("a@x.test", "b", "c"):
        if wanted is not None and compiled(tree)(Valued(email=email), AT):
            assert wanted == email


def test_members_of_a_segment_are_looked_up_and_too_many_are_looked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = leaf("title", "exists")
    world = World(rules=Playbook(default_rules(tenant()), SegmentBook([segment("seg_a", said)])))
    world.apply(
        event(f"m{n}", anonymous_id=f"b{n}", minutes=n, traits={"title": "CTO"} if n % 3 else {})
        for n in range(9)
    )
    inside = leaf("segments", "contains", "seg_a")
    for order in ORDERS:
        expected = walk(world, {"any": [inside]}, order)
        assert len(expected) == 6
        for limit in (100, 4):
            assert walk(world, inside, order, limit=limit) == expected
            assert walk(world, {"all": [inside, said]}, order, limit=limit) == expected
    assert examined(world, inside)[0] == 6
    assert walk(world, {"all": [inside, {"not": said}]}) == []
    monkeypatch.setattr(searching, "SMALL", 5)
    assert examined(world, inside)[0] == 9
    assert len(walk(world, inside)) == 6
