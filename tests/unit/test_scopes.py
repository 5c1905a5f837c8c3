"""Roles and scopes: what a holder may do, and what they may hand on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.models.scopes import RESOURCES, ROLES, SCOPES, allows, beyond

GRANTS = st.one_of(
    st.sampled_from(list(ROLES)).map(lambda role: (role,)),
    st.lists(st.sampled_from(SCOPES), min_size=1, max_size=8).map(tuple),
)


@pytest.mark.parametrize(
    ("held", "scope", "allowed"),
    [
        (("owner",), "leads:write", True),
        (("owner",), "jobs:read", True),
        (("admin",), "keys:write", True),
        (("editor",), "deals:write", True),
        (("editor",), "keys:read", False),
        (("editor",), "settings:read", False),
        (("viewer",), "leads:read", True),
        (("viewer",), "leads:write", False),
        (("agent",), "leads:write", True),
        (("agent",), "companies:write", False),
        (("agent",), "deals:read", False),
        (("leads:write",), "leads:read", True),
        (("leads:read",), "leads:write", False),
        (("leads:read",), "jobs:read", False),
        ((), "leads:read", False),
    ],
)
def test_what_a_holder_may_do(held: tuple[str, ...], scope: str, allowed: bool) -> None:
    assert allows(held, scope) is allowed


def test_every_scope_of_a_role_is_of_a_resource() -> None:
    for role in ROLES.values():
        assert set(role.scopes) <= set(SCOPES)
        assert {scope.partition(":")[0] for scope in role.scopes} <= set(RESOURCES)


@given(held=GRANTS, asked=GRANTS)
def test_what_is_handed_on_allows_nothing_that_its_giver_may_not(
    held: tuple[str, ...], asked: tuple[str, ...]
) -> None:
    missing = beyond(held, asked)
    exceeding = [scope for scope in SCOPES if allows(asked, scope) and not allows(held, scope)]
    if missing is None:
        assert exceeding == []
        assert "owner" not in asked or "owner" in held
        assert "admin" not in asked or {"owner", "admin"} & set(held)
    else:
        assert missing in asked or missing in exceeding


@given(held=GRANTS)
def test_anybody_may_hand_on_what_they_have(held: tuple[str, ...]) -> None:
    assert beyond(held, held) is None
