"""Leads found by their attributes: what the index says is what looking at each lead says."""

from functools import cache
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb import leads as dynamo_leads
from leadsignal.domain.attribute_search import MAX_SPANS, places_of
from leadsignal.domain.attributes import AttributeBook
from leadsignal.domain.conditions import fields
from leadsignal.domain.conditions.parse import parse
from leadsignal.models.edits import LeadInput
from leadsignal.models.lists import LeadOrder
from leadsignal.models.merges import MergeRequest
from leadsignal.models.preconditions import ANY_VERSION
from leadsignal.services import edits, merges
from leadsignal.services import search as searching
from leadsignal.services.deletion import delete_lead
from leadsignal.services.edits import Author
from leadsignal.services.leads import Library
from leadsignal.services.listing import Listing
from leadsignal.services.rescore import rescore
from leadsignal.services.search import Search, search_leads
from tests.fakes.clock import NOW
from tests.fakes.definitions import attributes
from tests.fakes.events import AT, World

BOOK = attributes(
    plan={"type": "text", "queryable": True},
    level={"type": "text", "queryable": True, "default": "basic"},
    seats={"type": "number", "queryable": True, "default": 1},
    mood={"type": "number", "queryable": True},
    vip={"type": "bool", "queryable": True},
    renewal={"type": "date", "queryable": True},
    topics={"type": "list", "queryable": True},
    plain="number",
)
TEXTS = ["", "a", "A", "ß", "SS", "free", "Pro", "1", "2026-03-01"]
NUMBERS = [-(2**60), -1.5, -0.0, 0, 1, 1.0, 5e-324, 2, 2**53, 2**53 + 1, 10**30]
DATES = ["0001-01-01", "2026-03-01", "2026-03-01T00:00:00.000Z", "2026-03-01T00:00:00.001Z",
         "9999-12-31T23:59:59.999Z"]  # fmt: skip
SCALARS: list[Any] = [*TEXTS, *NUMBERS, True, False, *DATES]
OF_TYPE: dict[str, list[Any]] = {
    "plan": TEXTS[1:], "level": TEXTS[1:], "seats": NUMBERS, "mood": NUMBERS, "plain": NUMBERS,
    "vip": [True, False], "renewal": DATES,
    "topics": [[], ["a"], ["A", 1], [True, "free"], list(range(12)), ["x"] * 20],
}  # fmt: skip


class Office:
    """A world whose leads have attributes."""

    def __init__(self) -> None:
        self.world = World()
        self._numbers = count(1)

    def define(self, book: AttributeBook) -> None:
        self.world.attributes["ten_one"] = book

    def create(self, said: dict[str, Any], **more: Any) -> str:
        number = next(self._numbers)
        given_ = {"identifiers": [{"kind": "crm_id", "value": f"c{number}"}], "attributes": said}
        edited = edits.create_lead(
            LeadInput.model_validate(given_ | more),
            desk=self.world.edit_desk(),
            author=Author("api", "key"),
            new_id=lambda prefix: f"{prefix}_{number}",
            now=NOW,
        )
        return edited.lead.lead_id

    def update(self, lead_id: str, said: dict[str, Any] | None) -> None:
        number = next(self._numbers)
        edits.update_lead(
            lead_id,
            LeadInput.model_validate({"attributes": said}),
            desk=self.world.edit_desk(),
            author=Author("api", "key"),
            new_id=lambda prefix: f"{prefix}_{number}",
            now=NOW,
        )

    def stored(self) -> set[tuple[str, str]]:
        """Return the entries that there are."""
        start = keys.attribute_value("ten_one", "", "", "").pk
        return {
            (item["pk"]["S"].removeprefix(start), item["sk"]["S"])
            for item in self.world.db.items("LeadTable")
            if item["pk"]["S"].startswith(start)
        }

    def meant(self) -> set[tuple[str, str]]:
        """Return the entries that there must be."""
        return {
            (index, f"{key}#{lead.lead_id}")
            for lead in self.world.found()
            for index, mine in lead.entries.attributes.items()
            for key in mine
        }

    def walk(self, condition: object, order: LeadOrder = "-score") -> tuple[list[str], int]:
        """Return the ids of the leads that are found, and how many were looked at for that."""
        stores = self.world.stores["ten_one"]
        shelf = Library(
            tenant=self.world.tenants["ten_one"],
            leads=stores.leads,
            lists=stores.lists,
            activity=stores.activity,
            snapshots=stores.snapshots,
            failures=stores.failures,
            alike=stores.leads,
            attributes=self.world.attributes["ten_one"],
        )
        listing = Listing(shelf.tenant, 200, None, AT)
        search = Search(clock=lambda: AT)
        read = parse(condition, fields.of_lead)
        found = search_leads(read, order, listing, library=shelf, search=search)
        return [view.id for view in found.page.data], found.examined


@cache
def office() -> Office:
    """Return an office with leads of all kinds of values, some from before there were types."""
    made = Office()
    made.define(AttributeBook((), key=b""))
    old = [made.create({name: value}) for name in OF_TYPE for value in SCALARS[::7]]
    made.define(BOOK)
    for lead_id in old:
        rescore(lead_id, desk=made.world.desk("ten_one"), now=NOW)
    for name, values in OF_TYPE.items():
        for value in values:
            made.create({name: value})
    made.create({})
    return made


OPERATORS = ("eq", "ne", "in", "not_in", "gt", "gte", "lt", "lte", "between", "contains",
             "not_contains", "exists", "not_exists", "before", "after", "starts_with")  # fmt: skip


@st.composite
def leaves(draw: st.DrawFn) -> dict[str, Any]:
    name = draw(st.sampled_from(list(OF_TYPE)))
    op = draw(st.sampled_from(OPERATORS))
    near = [value for value in OF_TYPE[name] if not isinstance(value, list)] or SCALARS
    value = st.one_of(st.sampled_from(near), st.sampled_from(SCALARS))
    said: dict[str, Any] = {"field": f"attributes.{name}", "op": op}
    if op in ("exists", "not_exists"):
        return said
    if op in ("in", "not_in"):
        return said | {"value": draw(st.lists(value, min_size=1, max_size=4))}
    if op == "between":
        return said | {"value": [draw(value), draw(value)]}
    if op in ("before", "after"):
        return said | {"value": draw(st.sampled_from(DATES))}
    return said | {"value": draw(st.sampled_from(TEXTS) if op == "starts_with" else value)}


CONDITIONS = st.one_of(
    leaves(),
    st.builds(lambda one, other: {"all": [one, other]}, leaves(), leaves()),
    st.builds(lambda one, other: {"all": [one, {"not": other}]}, leaves(), leaves()),
    st.builds(lambda one, other: {"any": [one, other]}, leaves(), leaves()),
)


@given(CONDITIONS, st.sampled_from(["-score", "created_at", "-last_seen_at"]))
def test_the_index_says_what_looking_at_every_lead_says(
    condition: dict[str, Any], order: LeadOrder
) -> None:
    made = office()
    expected, _ = made.walk({"any": [condition]}, order)  # nothing to look up by
    assert made.walk(condition, order)[0] == expected


def leaf(name: str, op: str, value: object) -> dict[str, Any]:
    return {"field": f"attributes.{name}", "op": op, "value": value}


@pytest.mark.parametrize(
    ("condition", "by_index"),
    [
        (leaf("plan", "eq", "pro"), True),
        (leaf("plan", "ne", "pro"), False),
        (leaf("plan", "contains", "pr"), False),
        (leaf("plan", "in", ["x"] * MAX_SPANS), True),
        (leaf("plan", "in", [f"x{n}" for n in range(MAX_SPANS + 1)]), False),
        (leaf("level", "eq", "Basic"), False),  # the default, which has no entries
        (leaf("level", "eq", "gold"), True),
        (leaf("seats", "gt", 1), True),
        (leaf("seats", "gte", 1), False),
        (leaf("seats", "between", [2, 9]), True),
        (leaf("mood", "before", "2026-01-01"), False),
        (leaf("renewal", "before", "2026-01-01"), True),
        (leaf("renewal", "lte", "2026-01-01"), True),
        (leaf("topics", "contains", "a"), True),
        (leaf("topics", "eq", "a"), False),
        (leaf("plain", "eq", 1), False),
        (leaf("other", "eq", 1), False),
        ({"any": [leaf("plan", "eq", "pro")]}, False),
        ({"not": leaf("plan", "eq", "pro")}, False),
        ({"all": [{"all": [leaf("plan", "eq", "pro")]}]}, True),
        ({"field": "attributes.vip", "op": "exists"}, True),
        ({"field": "attributes.seats", "op": "exists"}, False),
    ],
)
def test_the_index_is_used_where_it_tells(condition: dict[str, Any], by_index: bool) -> None:
    assert bool(places_of(parse(condition, fields.of_lead), BOOK)) is by_index


def test_one_value_is_looked_at_before_a_stretch_of_them() -> None:
    both = {"all": [leaf("mood", "gt", 0), leaf("plan", "eq", "pro")]}
    first, second = places_of(parse(both, fields.of_lead), BOOK)
    assert (first.index_id, second.index_id) == ("ax_plan", "ax_mood")


def test_where_too_many_have_a_value_all_are_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    made = office()
    few = leaf("vip", "eq", True)
    found, looked_at = made.walk(few)
    assert len(found) == looked_at
    monkeypatch.setattr(searching, "SMALL", 0)
    again, looked_at = made.walk(few)
    assert (again, looked_at) == (found, len(made.world.found()))


def test_nothing_is_found_by_an_index_that_is_not_complete() -> None:
    plan = BOOK.by_name["plan"].model_copy(update={"indexed": False})
    condition = parse(leaf("plan", "eq", "pro"), fields.of_lead)
    assert not places_of(condition, AttributeBook([plan], key=b""))


@pytest.mark.parametrize("together", [100, 3])
def test_entries_follow_every_way_to_change_a_lead(
    together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one transaction with the lead, or too many for that."""
    monkeypatch.setattr(dynamo_leads, "TRANSACTION_LIMIT", together)
    made = Office()
    made.define(BOOK)
    desk = made.world.desk("ten_one")
    one = made.create({"plan": "pro", "topics": ["a", "b"], "seats": 3})
    other = made.create({"plan": "max", "topics": ["c"], "vip": True})
    assert len(made.stored()) == 7
    assert made.stored() == made.meant()
    made.update(one, {"plan": "free", "topics": ["b"], "seats": None})
    assert made.stored() == made.meant()
    before = made.stored()
    request = MergeRequest(survivor_id=one, merged_id=other, reason="the same")
    done = merges.merge(request, desk=desk, dry_run=False, now=NOW)
    assert made.stored() == made.meant() != before
    merges.undo(done.id or "", desk=desk, now=NOW)
    assert made.stored() == made.meant() == before
    delete_lead(other, precondition=ANY_VERSION, desk=desk, now=NOW)
    made.update(one, None)
    assert made.stored() == set()
    made.define(attributes(plan="text"))
    made.create({"plan": "pro"})
    assert made.stored() == set()


def test_a_long_list_is_found_by_each_of_its_items() -> None:
    made = Office()
    made.define(BOOK)
    long, short = made.create({"topics": [*range(12), "a"]}), made.create({"topics": ["a"]})
    assert made.walk(leaf("topics", "contains", 11))[0] == [long]
    assert sorted(made.walk(leaf("topics", "contains", "A"))[0]) == sorted([long, short])
    assert made.walk(leaf("topics", "contains", 12)) == ([], 1)
