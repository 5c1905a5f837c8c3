"""The tables of referrers."""

from local.data.referrers import Referrers


def test_referrer_addresses_go_into_the_table_of_their_shape() -> None:
    tables = Referrers()
    tables.add("social", "Yammer!", "yammer.com")
    for address in ("www.find.com", "find.{}", "{}.find.net", "a.{}.find.org", "find.com/x"):
        tables.add("search", "Find", address)
    tables.add("search", "Other", "yammer.com")
    assert tables.hosts == {"find.com": ("search", "Find")}
    assert tables.any_suffix == {"find": ("search", "Find")}
    assert tables.domains == {
        "yammer.com": ("social", "Yammer"),
        "find.net": ("search", "Find"),
        "find.org": ("search", "Find"),
    }
