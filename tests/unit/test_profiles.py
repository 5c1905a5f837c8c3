"""A lead's members put together as one person."""

from typing import Any

import pytest

from leadsignal.domain.profiles import profile_of
from leadsignal.models.leads import Lead
from leadsignal.models.profiles import Profile
from tests.fakes.events import AT, GAP, MINUTE, World, event, page


def profile(*sent: Any, country: str | None = None) -> Profile:
    """Return the one person whom these events make."""
    world = World()
    world.apply(sent)
    [lead] = world.found()
    return profile_of(lead, gap_ms=GAP, country=country)


def test_counts_and_instants_are_those_of_all_members() -> None:
    made = profile(
        event("m1", minutes=0, anonymous_id="a", email="e@acme.com"),
        event("m2", minutes=20, anonymous_id="b", email="e@acme.com"),
        event("m3", minutes=90, anonymous_id="a"),
    )
    assert (made.event_count, len(made.sessions)) == (3, 2)
    assert (made.first_seen_at, made.last_seen_at) == (AT, AT + 90 * MINUTE)
    assert made.created_at == AT + 1_000
    assert [(i.kind, i.value) for i in made.identifiers] == [
        ("email", "e@acme.com"), ("anonymous_id", "a"), ("anonymous_id", "b"),
    ]  # fmt: skip


def test_the_email_is_the_one_seen_first() -> None:
    made = profile(
        event("m2", minutes=5, email="second@acme.com", trusted=True),
        event("m1", minutes=1, email="first@acme.com", trusted=True),
    )
    assert made.email == "first@acme.com"
    assert made.is_known


def test_an_identifier_is_verified_when_any_member_has_a_trusted_word_for_it() -> None:
    made = profile(
        event("m1", minutes=0, anonymous_id="a", email="e@acme.com"),
        event("m2", minutes=9, anonymous_id="b", email="e@acme.com", trusted=True),
    )
    found = {i.value: i.verified for i in made.identifiers}
    assert found == {"e@acme.com": True, "a": False, "b": True}
    assert made.identifiers[0].first_seen_at == AT


@pytest.mark.parametrize(
    ("traits", "names"),
    [
        ({"first_name": "Ada", "last_name": "King"}, ("Ada", "King")),
        ({"firstName": " Ada "}, ("Ada", None)),
        ({"name": "Ada King Noel"}, ("Ada", "King Noel")),
        ({"name": "Ada"}, ("Ada", None)),
        ({"name": "X Y", "lastname": "King"}, (None, "King")),
        ({"name": 5}, (None, None)),
        ({"name": "van der Berg, Jan"}, ("Jan", "van der Berg")),
        ({"name": "Acme Sales Team"}, (None, None)),
        ({"first_name": "DR. ADA", "last_name": "KING PHD"}, ("Ada", "King")),
        ({}, (None, None)),
    ],
    ids=str,
)
def test_a_name_is_read_from_its_halves_or_as_a_whole(
    traits: dict[str, Any], names: tuple[str | None, str | None]
) -> None:
    made = profile(event(traits=traits))
    assert (made.first_name, made.last_name) == names


@pytest.mark.parametrize(
    ("traits", "phone"),
    [
        ({"phone": "+1 (415) 555-0132"}, "+14155550132"),
        ({"phone": "020 765 4321"}, "+31207654321"),
        ({"phone": "(415) 555-0132", "country": "United States"}, "+14155550132"),
        ({"phone": "(415) 555-0132", "address": {"country": "USA"}}, "+14155550132"),
        ({"phone": "0161 626162", "country": "Atlantis"}, "+31161626162"),
        ({"phone": "ask my mother"}, None),
        ({"phone": "ask my mother", "phoneNumber": "+31 20 765 4321"}, "+31207654321"),
        ({"phone": 31207654321}, None),
        ({}, None),
    ],
    ids=str,
)
def test_a_phone_is_shown_as_e164_or_not_at_all_and_the_trait_stays(
    traits: dict[str, Any], phone: str | None
) -> None:
    made = profile(event(traits=traits), country="NL")
    assert made.phone == phone
    assert made.traits == traits


def test_a_phone_of_a_group_member_is_one_of_the_groups_country() -> None:
    told = profile(
        event("m1", traits={"phone": "(415) 555-0132"}),
        event("m2", type="group", group_id="g", group_traits={"country": "USA"}),
    )
    assert told.phone == "+14155550132"


def test_consent_over_members_is_the_stricter() -> None:
    def says(number: int, device: str, minutes: float, allowed: bool) -> Any:
        context = page("/").model_copy(update={"consent": {"ads": allowed}})
        return event(
            f"m{number}", minutes=minutes, anonymous_id=device, email="e@acme.com", context=context
        )

    assert profile(says(1, "a", 1, False), says(2, "b", 9, True)).consent == {"ads": False}
    assert profile(says(1, "a", 1, False), says(2, "a", 9, True)).consent == {"ads": True}


def test_a_session_that_nothing_marks_is_a_direct_visit() -> None:
    made = profile(
        event("m1", minutes=0, context=page("/a")),
        event("m2", minutes=60, context=page("/?utm_source=google&utm_medium=cpc")),
        event("m3", minutes=120, context=page("/b")),
        event("m4", minutes=180, type="track", event="called"),
    )
    assert [touch.mark.channel for touch in made.touches] == ["direct", "paid_search", "direct"]
    assert made.first_touch == made.touches[0]
    assert made.last_touch == made.touches[1]  # the last that was not direct


def test_a_lead_that_crawlers_alone_made_is_a_bot() -> None:
    crawled = profile(event("m1", bot="Testbot", context=page("/a")))
    assert (crawled.is_bot, crawled.event_count, crawled.bot_count) == (True, 0, 1)
    assert (crawled.sessions, crawled.touches) == ((), ())
    assert profile(event("m1", bot="Testbot"), event("m2")).is_bot  # the same browser
    assert not profile(event("m1", bot="Testbot", user_id="u1"), event("m2", user_id="u1")).is_bot


def test_a_business_email_and_a_companys_network_name_the_company() -> None:
    def company(**changes: Any) -> Any:
        world = World()
        world.apply([event(**changes)])
        return world.found()[0].company

    own_network = page("/").model_copy(update={"ip": "8.8.8.8"})
    access = page("/").model_copy(update={"ip": "7.7.7.7"})
    assert company(email="a@mail.initech.com").domain == "initech.com"
    assert company(email="a@free.test") is None
    assert company(context=access) is None
    assert (company(context=own_network).domain, company(context=own_network).name) == (
        "acme.com", "Acme",
    )  # fmt: skip
    both = company(email="a@initech.com", context=own_network)
    assert (both.domain, both.name) == ("initech.com", None)


def test_a_lead_written_before_a_field_came_is_still_read() -> None:
    old = Lead.model_validate(
        {
            "lead_id": "lead_a",
            "members": {
                "lead_a": {
                    "kind": "anonymous_id",
                    "value": "a",
                    "first_received_at": AT,
                    "last_received_at": AT,
                }
            },
        }
    )
    assert profile_of(old, gap_ms=GAP, country=None).created_at == AT
